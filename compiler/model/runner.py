"""Model: compiled weights, called on token sequences, answering with the program's values.

The value of RASP position i is read at model position i + 1, since BOS stands first.
"""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compiler.config import Config
from compiler.emit.weights import Weights
from compiler.model.decoder import Decoder
from compiler.model.problem import ModelError
from rasp.diagnostics import Diagnostic
from rasp.values import KINDS, Atom, is_atom, kind_of, show, typed

#: Numbers of one batch's largest intermediate tensors; larger requests run in several batches.
BATCH_NUMBERS = 8_000_000
SHOWN_TOKENS = 40

Tokens = str | Sequence[Atom]
Answer = dict[str, list[Atom]]


class Model:
    """A callable program: `model("hello")` gives the list of values, or a dict by name of several outputs.

    A list that holds lists is a batch (`model([["a"], ["b"]])`); for a batch of strings use `batch`. Raises
    `ModelError` for an input it has no answer for. `module` is the torch module.
    """

    def __init__(
        self, weights: Weights, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu"
    ) -> None:
        self.config = weights.config
        self.module = Decoder(weights, dtype, device).eval()
        self.ids = {typed(token): i for i, token in enumerate(self.config.vocabulary)}

    def __call__(self, tokens: Tokens | Sequence[Sequence[Atom]]) -> object:
        """The values for one input (a string or a list of tokens), or a list of them for a list of lists."""
        if isinstance(tokens, list | tuple) and any(isinstance(token, list | tuple) for token in tokens):
            return self.batch(cast(Sequence[Tokens], tokens))
        return self.batch([cast(Tokens, tokens)])[0]

    def batch(self, sequences: Sequence[Tokens]) -> list[object]:
        """The values for each input of a batch, whose lengths may differ."""
        only = self.config.outputs[0].name if len(self.config.outputs) == 1 else None
        return [answer if only is None else answer[only] for answer in self.answers(sequences)]

    def answers(self, sequences: Sequence[Tokens]) -> list[Answer]:
        """For each input, the values of every output by name."""
        rows = [self.encode(tokens) for tokens in sequences]
        found: list[Answer] = []
        for start, end in chunks(self.config, [len(row) for row in rows]):
            logits = self.logits(rows[start:end])
            values = self.decode(logits)
            for i, row in enumerate(rows[start:end]):
                found.append({name: sequence[i][: len(row) - 1] for name, sequence in values.items()})
        return found

    def encode(self, tokens: Tokens) -> list[int]:
        """Token ids with BOS in front. Raises `ModelError` for anything the model was not compiled for."""
        items = as_items(tokens)
        if not items:
            raise problem("the input is empty", "give at least one token", "empty-input")
        if len(items) > self.config.max_length:
            message = f"the input has {len(items)} tokens; this model takes at most {self.config.max_length}"
            raise problem(message, f"compile with a maximum length of {len(items)} or more", "input-too-long")
        for place, token in enumerate(items):
            if not is_atom(token) or typed(token) not in self.ids:
                raise self.unknown_token(token, place)
        return [self.config.bos, *(self.ids[typed(token)] for token in items)]

    @torch.inference_mode()
    def logits(self, rows: Sequence[list[int]]) -> list[Tensor]:
        """Logits (batch, position, class) of every output for rows of ids; shorter rows are padded."""
        longest = max(map(len, rows))
        padded = [row + [self.config.bos] * (longest - len(row)) for row in rows]
        device = self.module.embed.device
        lengths = torch.tensor([len(row) for row in rows], device=device)
        even = all(len(row) == longest for row in rows)
        return self.module(torch.tensor(padded, device=device), None if even else lengths)

    @torch.inference_mode()
    def residuals(self, tokens: Tokens) -> NDArray[np.float64]:
        """The residual of one input, (step, position, column): the first one, then after each half-layer.

        Position 0 is BOS.
        """
        keep: list[Tensor] = []
        ids = torch.tensor([self.encode(tokens)], device=self.module.embed.device)
        self.module.residual(ids, keep=keep)
        return torch.cat(keep).double().cpu().numpy()

    def decode(self, logits: Sequence[Tensor]) -> dict[str, list[list[Atom]]]:
        """Output name → values (batch, position) of the likeliest classes, BOS's position left out."""
        values: dict[str, list[list[Atom]]] = {}
        for output, scores in zip(self.config.outputs, logits, strict=True):
            rows = cast(list[list[int]], scores.argmax(dim=-1).tolist())
            values[output.name] = [[output.classes[c] for c in row[1:]] for row in rows]
        return values

    def unknown_token(self, token: object, place: int) -> ModelError:
        """What to say about an element that is not in the vocabulary."""
        vocabulary = self.config.vocabulary
        alike = [known for known in vocabulary if str(known) == str(token) or known == token]
        if alike and is_atom(token):
            message = f"the token {show(token)} at position {place} is a {kind_of(token)}"
            hint = f"the vocabulary has the {kind_of(alike[0])} {show(alike[0])}, which is a different token"
            return problem(message, hint, "unknown-token")
        shown = ", ".join(map(show, vocabulary[:SHOWN_TOKENS]))
        more = f" and {len(vocabulary) - SHOWN_TOKENS} more" if len(vocabulary) > SHOWN_TOKENS else ""
        message = f"the token {show(token)} at position {place} is not in the model's vocabulary"
        return problem(message, f"the vocabulary is {shown}{more}", "unknown-token")


def problem(message: str, hint: str, code: str) -> ModelError:
    """A `ModelError` of one diagnostic."""
    return ModelError(Diagnostic(message, hint=hint, code=code))


def as_items(tokens: object) -> list[Atom]:
    """The elements of an input. Raises `ModelError` unless it is a string or a sequence."""
    if isinstance(tokens, Sequence) and not isinstance(tokens, bytes | bytearray):
        return list(tokens)  # pyright: ignore[reportUnknownArgumentType]
    got = KINDS.get(type(tokens), type(tokens).__name__)
    raise problem(
        f"an input is a string or a list of tokens, not a {got}",
        'write "abc" or ["a", "b", "c"]; for an array of numbers pass its list',
        "not-a-sequence",
    )


def chunks(config: Config, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges (start, end) of rows that run together without using too much memory."""
    heads = max((len(layer.heads) for layer in config.layers), default=1)
    widest = config.d_model + max((layer.d_mlp for layer in config.layers), default=0)
    widest += 2 * sum(len(output.classes) for output in config.outputs)  # logits are float64
    start, longest = 0, 0
    for i, length in enumerate(lengths):
        longest = max(longest, length)
        if i > start and (i + 1 - start) * longest * (heads * longest + widest) > BATCH_NUMBERS:
            yield start, i
            start, longest = i, length
    if start < len(lengths):
        yield start, len(lengths)
