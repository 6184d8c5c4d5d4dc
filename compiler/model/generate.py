"""Next-token generation: the program's value at the last position is appended, and so on.

The prompt runs once (prefill) and fills the cache; then one position a step. Greedy unless a `Sampling` says otherwise:
compiled answers are certain. Prompts of one length run together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, cast

import torch

from compiler.config import Config, Output
from compiler.model.answers import compare_key, show_label
from compiler.model.given_inputs import Tokens, check_batch
from compiler.model.read_logits import explain_no_answer
from compiler.model.runner import Model, split_rows
from compiler.model.sampling import GREEDY, Sampling, sample_classes
from compiler.transformer.problem import ModelError, make_model_error
from rasp.values import Atom

NO_MORE = "stopped where the program has no value"


@dataclass(frozen=True)
class Generation:
    """What was generated after which prompt. `note` says why it ended early, or is empty; `no_value`: because the program
    has none there; `ended`: the model itself ended the text.
    """

    prompt: tuple[Atom, ...]
    new: tuple[Atom, ...]
    note: str = ""
    no_value: bool = False
    ended: bool = False


@dataclass
class Continuation:
    """A row at work: ids of its prompt with BOS, where it draws from, ids added, and why it stopped, if it did."""

    prompt: list[int]
    stream: Random
    new: list[int] = field(default_factory=list[int])
    stopped: ModelError | Literal["no value", "end"] | None = None

    def outcome(self, config: Config, count: int) -> Generation | ModelError:
        """What came of asking for `count` tokens."""
        if isinstance(self.stopped, ModelError):
            return self.stopped
        prompt, new = (tuple(config.vocabulary[t] for t in ids) for ids in (self.prompt[1:], self.new))
        if self.stopped == "no value":
            return Generation(prompt, new, NO_MORE, no_value=True)
        if self.stopped == "end":
            return Generation(prompt, new, ended=True)
        full = len(new) < count and len(prompt) + len(new) == config.max_length
        return Generation(
            prompt, new, f"stopped at the maximum length of {config.max_length}" if full else ""
        )


def generate(
    model: Model, prompt: Tokens, count: int, output: str | None = None, sampling: Sampling = GREEDY
) -> Generation:
    """Up to `count` new tokens from one output (the first unless named), fewer at the maximum length.

    Raises `ModelError` when attention is not causal, the prompt does not fit, or a value is no token.
    """
    found = generate_batch(model, [prompt], count, output, sampling)[0]
    if isinstance(found, ModelError):
        raise found
    return found


def generate_steps(
    model: Model, prompt: Tokens, count: int, output: str | None = None, sampling: Sampling = GREEDY
) -> Iterator[Generation]:
    """What `generate` gives, as far as it is after no, one, two … tokens. Raises `ModelError` where that does."""
    number, rows = prepare(model, [prompt], count, output, sampling)
    for row in rows:
        if isinstance(row, ModelError):
            raise row
        yield Generation(tuple(model.config.vocabulary[t] for t in row.prompt[1:]), ())
        for _ in continue_rows(model, [row], count, number, sampling):
            so_far = row.outcome(model.config, count)
            if isinstance(so_far, ModelError):
                raise so_far
            yield so_far


def generate_batch(
    model: Model,
    prompts: Iterable[Tokens],
    count: int,
    output: str | None = None,
    sampling: Sampling = GREEDY,
) -> list[Generation | ModelError]:
    """For each prompt what `generate` gives or raises. Raises `ModelError` for what is wrong with all."""
    number, rows = prepare(model, prompts, count, output, sampling)
    groups: dict[int, list[Continuation]] = {}
    for row in rows:
        if isinstance(row, Continuation):
            groups.setdefault(len(row.prompt), []).append(row)
    for group in groups.values():
        for start, end in split_rows(model.config, [model.config.max_length + 1] * len(group)):
            for _ in continue_rows(model, group[start:end], count, number, sampling):
                pass
    return [row.outcome(model.config, count) if isinstance(row, Continuation) else row for row in rows]


def prepare(
    model: Model, prompts: Iterable[Tokens], count: int, output: str | None, sampling: Sampling
) -> tuple[int, list[Continuation | ModelError]]:
    """The output's number, and the rows to begin with. Raises `ModelError` for what is wrong with all prompts."""
    if count < 0:
        raise make_model_error(f"cannot generate {count} tokens", "give a number of at least 0", "bad-count")
    number = output_number(model.config, output)
    check_tokens(model.config.outputs[number])
    model.module.new_cache(0)  # complains unless attention is causal
    encoded = encode_prompts(model, check_batch(prompts))
    streams = sampling.make_streams(len(encoded))
    return number, [
        row if isinstance(row, ModelError) else Continuation(row, stream)
        for row, stream in zip(encoded, streams, strict=True)
    ]


def encode_prompts(model: Model, prompts: Iterable[Tokens]) -> list[list[int] | ModelError]:
    """Ids of each prompt with BOS, or why it has none; a decoder that knows its prompts continues no others."""
    given = list(prompts)
    rows = [model.encoded(prompt) for prompt in given]
    if model.prompts is None:
        return rows
    bar = model.config.vocabulary.index(model.prompts.bars[0])
    begun = [i for i, row in enumerate(rows) if not isinstance(row, ModelError) and bar in row[:-1]]
    for i, outcome in zip(begun, model.outcomes([given[i] for i in begun]), strict=True):
        rows[i] = outcome if isinstance(outcome, ModelError) else rows[i]
    return rows


def continue_rows(
    model: Model, rows: Sequence[Continuation], count: int, number: int, sampling: Sampling
) -> Iterator[None]:
    """Step by step a token more for each of the rows, whose prompts are of one length; until all have stopped, have `count`
    tokens, or there is no room.
    """
    config, output = model.config, model.config.outputs[number]
    tokens = list_class_tokens(config, output)
    length = len(rows[0].prompt)
    cache = model.module.new_cache(len(rows))
    step = torch.tensor([row.prompt for row in rows], device=model.module.device)  # (b, length), then (b, 1)
    for position in range(length - 2, length - 2 + min(count, config.max_length + 1 - length)):
        with torch.inference_mode():
            logits = model.module(step, cache=cache)[number][:, -1]  # (b, class)
        classes = sample_classes(logits, sampling, [row.stream for row in rows])
        for row, c in zip(rows, classes, strict=True):
            row.stopped = row.stopped or find_stop(config, tokens, position, c, number)
            if row.stopped is None:
                row.new.append(cast(int, tokens[c]))
        yield
        if all(row.stopped for row in rows):
            return
        # A row that has stopped goes on with any token, which nobody reads.
        step = torch.tensor([[0 if row.stopped else row.new[-1]] for row in rows], device=step.device)


def find_stop(
    config: Config, tokens: Sequence[int | None], position: int, c: int, number: int = 0
) -> ModelError | Literal["no value", "end"] | None:
    """Why a class (-1: none) of an output at a position does not go on as a token, if so."""
    output = config.outputs[number]
    if c < 0:
        return explain_no_answer(output.name, position)
    if output.classes[c] is None:
        return "no value"
    if config.end is not None and output.classes[c] == config.end:
        return "end"
    return no_token(output, c) if tokens[c] is None else None


def output_number(config: Config, name: str | None) -> int:
    """Which output a name means. Raises `ModelError` for an unknown one."""
    names = [output.name for output in config.outputs]
    if name is None:
        return 0
    if name not in names:
        raise make_model_error(
            f"the model has no output {name}", f"the outputs are {', '.join(names)}", "unknown-output"
        )
    return names.index(name)


def check_tokens(output: Output) -> None:
    """Raise `ModelError` for an output whose values are too many to be classes: no token is chosen among them."""
    if not isinstance(output.classes, tuple):
        raise make_model_error(
            f"{output.name} answers what is described alone: {output.classes.describe()}",
            "generation needs a program whose values are tokens",
            "not-a-token",
        )


def list_class_tokens(config: Config, output: Output) -> list[int | None]:
    """For each class of an output, the id of the token that equals it, if there is one."""
    ids = {compare_key(token): i for i, token in enumerate(config.vocabulary)}
    return [ids.get(compare_key(value)) for value in output.classes]


def no_token(output: Output, number: int) -> ModelError:
    """What to say about a class that is no token."""
    return make_model_error(
        f"{output.name} answers {show_label(output.classes[number])}, which is not a token of the vocabulary",
        "generation needs a program whose values are tokens",
        "not-a-token",
    )
