"""Model: compiled weights, called on token sequences, answering with the program's values.

The value of RASP position i is read at model position i + 1, since BOS stands first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compiler.config import Config
from compiler.emit.weights import Weights
from compiler.json_forms.model_forms import SymbolMap
from compiler.model.given_inputs import Tokens, check_batch, list_elements
from compiler.model.inspection import Run, build_run, measure_margins
from compiler.model.intervention_requests import Opened, list_patches, list_removals
from compiler.model.judge_prompt import check_prompt, check_written
from compiler.model.read_logits import Answer, Reading, count_logits, judge_reading, list_mixed, read_scores
from compiler.model.token_ids import list_token_ids
from compiler.options import Prompts
from compiler.report.known_values import KnownValue, list_known_values
from compiler.transformer.arithmetic import check_choice, find_device
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.interventions import Change, apply_changes
from compiler.transformer.problem import ModelError, make_model_error
from compiler.transformer.record_activations import Activations, record_activations
from rasp.arguments import name_value
from rasp.values import Atom, find_kind, is_atom, show_count, show_value

#: Numbers of one batch's largest intermediate tensors; larger requests run in several batches.
BATCH_NUMBERS = 8_000_000
#: Numbers that take as long as beginning another batch does: a quarter of a millisecond.
PADDED_NUMBERS = 100_000
SHOWN_TOKENS = 40

if TYPE_CHECKING:
    from networkx import DiGraph

    from compiler.pipeline import Compiled


class Model:
    """A callable program: `model("hello")` gives the list of values, or a dict by name of several outputs. A model that was
    compiled with `no_value` answers `None` where the program has no value.
    A list that holds lists is a batch (`model([["a"], ["b"]])`); for a batch of strings use `batch`. Raises `ModelError`
    for an input without answer. `module` is the torch module, `prompts` what a decoder is asked, where it was loaded."""

    prompts: Prompts | None = None

    def __init__(
        self,
        weights: Weights,
        dtype: torch.dtype | None = None,
        device: str | torch.device = "cpu",
        symbols: SymbolMap | None = None,
        recompile: "Callable[[], Compiled] | None" = None,
    ) -> None:
        place = find_device(device)
        check_choice(weights.config.dtype, dtype, place)
        self.weights = weights
        self.symbols = symbols
        self.recompile = recompile
        self.config = weights.config
        self.module = ExactDecoder(weights).to(place).eval()
        self.ids = list_token_ids(self.config)

    def __repr__(self) -> str:
        outputs = ", ".join(output.name for output in self.config.outputs)
        layers = show_count(len(self.config.layers), "layer")
        return f"<model of {outputs}: {layers}, at most {show_count(self.config.max_length, 'token')}>"

    def __call__(self, tokens: Tokens | Sequence[Sequence[Atom]]) -> object:
        """The values for one input (a string or a list of tokens), or a list of them for a list of lists."""
        if isinstance(tokens, list | tuple) and any(isinstance(token, list | tuple) for token in tokens):
            return self.batch(cast(Sequence[Tokens], tokens))
        return self.batch([cast(Tokens, tokens)])[0]

    @property
    def circuit(self) -> "DiGraph[str]":
        """Embedding, heads, hidden units and outputs, and who reads what of whom (`compiler/report/circuit.py`). Only who
        asks for it waits for networkx. Raises `ModelError` for a model that does not know its symbol map."""
        if self.symbols is None:
            message = "this model was made of weights alone, which do not say what their parts are for"
            raise make_model_error(
                message, "`load` gives a model that knows; or ask `compiled.circuit`", "no-symbols"
            )
        weights = self.compiled.unrotated if "directions" in self.symbols else self.weights
        return import_module("compiler.report.circuit").build_circuit(weights, self.symbols)

    @cached_property
    def compiled(self) -> "Compiled":
        """What the model's program compiles to, which says what every number in it is for. A model that was loaded
        compiles it again, once. Raises `ModelError` for one that does not know its program, or is not what that gives.
        """
        if self.recompile is None:
            message = "this model was made of weights alone, which do not say what their numbers stand for"
            raise make_model_error(message, "`load` gives a model that knows its program", "no-program")
        return self.recompile()

    @cached_property
    def mixed(self) -> frozenset[str]:
        """The outputs whose answers may mix strings with other values."""
        return list_mixed(self.config.outputs)

    @cached_property
    def known(self) -> "Mapping[str, KnownValue]":
        """The values that its residual stream carries, by name."""
        of = self.compiled
        return list_known_values(of.plan, of.layout, of.analysis, of.bounds, of.directions)

    def run(self, tokens: Tokens) -> Run:
        """Everything that goes on for one input, by name (`compiler/model/inspection.py`). Raises `ModelError`."""
        known, ids = self.known, self.encode(tokens)
        seen = self.activations(tokens)
        [answers] = self.decode(seen.logits, [len(ids)])
        run = build_run(list_elements(tokens), answers, seen, known, self.compiled.symbols)
        return replace(run, margins=measure_margins(self.config.outputs, run.logits))

    def without(self, *, head: object = None, value: object = None) -> "Model":
        """This model without a head (layer, head), or without whatever writes a value: heads and hidden units then add
        nothing, the embedding of tokens or indices adds for each what it adds on average. Raises `ModelError`."""
        return self.changed(list_removals(self.opened, head, value))

    def patched(self, source: Tokens | None = None, *, head: object = None, value: object = None) -> "Model":
        """This model with something else in place of what a part of it writes: `value={"length": 3}` or a list of values
        by position; or what a `head` or `value` is in this model's run on `source`. Raises `ModelError`, also when it is
        called on an input of another length than the patch has.
        """
        return self.changed(list_patches(self.opened, source, head, value))

    @property
    def opened(self) -> Opened:
        """What patches need of a model, asked for only where they do."""
        return Opened(self.config, lambda: self.known, self.activations)

    def changed(self, changes: Sequence[Change]) -> "Model":
        """A copy with hooks added to those that its module has. This one stays as it is."""
        other = copy(self)
        other.module = deepcopy(self.module)
        apply_changes(other.module, changes)
        return other

    def batch(self, sequences: Iterable[Tokens]) -> list[object]:
        """The values for each input of a batch, whose lengths may differ."""
        only = self.config.outputs[0].name if len(self.config.outputs) == 1 else None
        return [answer if only is None else answer[only] for answer in self.answers(sequences)]

    def answers(self, sequences: Iterable[Tokens]) -> list[Answer]:
        """For each input, the values of every output by name."""
        outcomes = self.outcomes(sequences)
        for outcome in outcomes:
            if isinstance(outcome, ModelError):
                raise outcome
        return cast(list[Answer], outcomes)

    def outcomes(self, sequences: Iterable[Tokens]) -> list[Answer | ModelError]:
        """For each input, the values of every output by name, or why it has no answer."""
        rows = [self.encoded(tokens) for tokens in check_batch(sequences)]
        readings = iter(self.readings([row for row in rows if not isinstance(row, ModelError)]))
        return [row if isinstance(row, ModelError) else self.judge(row, next(readings)) for row in rows]

    def judge(self, row: Sequence[int], reading: Reading) -> Answer | ModelError:
        """What was read of a row of ids as an answer, if it is one: a decoder has none behind what it would not write."""
        strange = None
        if self.prompts is not None:
            said = next(iter(reading.values()))
            strange = check_written([self.config.vocabulary[t] for t in row[1:]], said, self.prompts)
        return strange or judge_reading(reading, self.mixed, self.config.attention == "causal")

    def encoded(self, tokens: Tokens) -> list[int] | ModelError:
        """What `encode` gives or raises, or why a decoder has no answer to it: it is no input of its program."""
        try:
            row = self.encode(tokens)
        except ModelError as error:
            return error
        if self.prompts is None:
            return row
        return check_prompt([self.config.vocabulary[t] for t in row[1:]], self.prompts) or row

    def readings(self, rows: Sequence[list[int]]) -> list[Reading]:
        """For each row of ids, what `decode` reads off its logits. Rows of like lengths run together."""
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        lengths = [len(rows[i]) for i in order]
        found: dict[int, Reading] = {}
        for start, end in split_rows(self.config, lengths):
            logits = self.logits([rows[i] for i in order[start:end]])
            found |= zip(order[start:end], self.decode(logits, lengths[start:end]), strict=True)
        return [found[i] for i in range(len(rows))]

    def encode(self, tokens: Tokens) -> list[int]:
        """Token ids with BOS in front. Raises `ModelError` for anything the model was not compiled for."""
        items = list_elements(tokens)
        if not items:
            raise make_model_error("the input is empty", "give at least one token", "empty-input")
        if len(items) > self.config.max_length:
            message = f"the input has {show_count(len(items), 'token')}; this model takes at most {self.config.max_length}"
            raise make_model_error(
                message, f"compile with a maximum length of {len(items)} or more", "input-too-long"
            )
        row = self.find_ids(items)
        if None in row:
            position = row.index(None)
            raise self.unknown_token(items[position], position)
        return [self.config.bos, *cast(list[int], row)]

    def find_ids(self, items: Sequence[Atom]) -> list[int | None]:
        """The id of each element; None for one that is no token, of another kind for instance."""
        kinds = set(map(type, items))
        if len(kinds) > 1:
            return [found for item in items for found in self.find_ids([item])]
        kind = kinds.pop()
        known = self.ids.get(kind)
        if known is None:
            return [None] * len(items)
        return [*map(known.get, map(repr, items) if kind is float else items)]  # repr tells 0.0 from -0.0

    @torch.inference_mode()
    def logits(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """Logits (batch, position, class) of every output for rows of ids; shorter rows are padded."""
        longest = max(map(len, rows))
        padded = np.array([row + [self.config.bos] * (longest - len(row)) for row in rows])
        device = self.module.device
        lengths = torch.tensor([len(row) for row in rows], device=device)
        even = all(len(row) == longest for row in rows)
        return self.module(torch.from_numpy(padded).to(device), None if even else lengths)

    @torch.no_grad()
    def activations(self, tokens: Tokens) -> Activations:
        """What goes on in the model for one input: tensors of batch size 1, in which position 0 is BOS.

        Raises `ModelError` for an input that it has no answer for.
        """
        return record_activations(self.module, torch.tensor([self.encode(tokens)], device=self.module.device))

    def residuals(self, tokens: Tokens) -> NDArray[np.float64]:
        """The residual of one input, (step, position, column): the first one, then after each half-layer.

        Position 0 is BOS.
        """
        return torch.cat(self.activations(tokens).residuals).double().cpu().numpy()

    def decode(self, logits: Sequence[Tensor], lengths: Sequence[int]) -> list[Reading]:
        """What the logits of each row say: by output, the value of the likeliest class, or the one nearest to a number, at
        each position but BOS's.

        `lengths` are those of the rows, BOS included. `UNDECIDED` stands where no class is the likeliest, or where a logit
        is not finite: neither happens where the program has a value.
        """
        found: list[Reading] = [{} for _ in lengths]
        for output, scores in zip(self.config.outputs, logits, strict=True):
            for reading, row, length in zip(found, read_scores(output, scores), lengths, strict=True):
                reading[output.name] = row[1:length]
        return found

    def unknown_token(self, token: object, position: int) -> ModelError:
        """What to say about an element that is not in the vocabulary."""
        vocabulary = self.config.vocabulary
        alike = [known for known in vocabulary if str(known) == str(token) or known == token]
        if alike and is_atom(token):
            message = f"the token {show_value(token)} at position {position} is a {find_kind(token)}"
            hint = f"the vocabulary has the {find_kind(alike[0])} {show_value(alike[0])}, which is a different token"
            return make_model_error(message, hint, "unknown-token")
        if not is_atom(token):
            message = f"the token {show_value(token)} at position {position} is {name_value(token)}"
            hint = "a token is an int, float, str or bool of Python; the `.tolist()` of an array holds such"
            return make_model_error(message, hint, "unknown-token")
        shown = ", ".join(map(show_value, vocabulary[:SHOWN_TOKENS]))
        more = f" and {len(vocabulary) - SHOWN_TOKENS} more" if len(vocabulary) > SHOWN_TOKENS else ""
        message = f"the token {show_value(token)} at position {position} is not in the model's vocabulary"
        return make_model_error(message, f"the vocabulary is {shown}{more}", "unknown-token")


def split_rows(config: Config, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges (start, end) of rows, the shortest first, that run together without using too much memory, or more time for
    what they are padded with than another batch takes."""
    heads = max((len(layer.heads) for layer in config.layers), default=1)
    widest = config.d_model + max((layer.d_mlp for layer in config.layers), default=0)
    widest += 2 * sum(map(count_logits, config.outputs))  # they are float64
    start, needed = 0, 0
    for i, length in enumerate(lengths):
        own = length * (heads * length + widest)
        whole = (i + 1 - start) * own
        if i > start and (whole > BATCH_NUMBERS or whole - needed - own > PADDED_NUMBERS):
            yield start, i
            start, needed = i, 0
        needed += own
    if start < len(lengths):
        yield start, len(lengths)
