"""Next-token generation: the program's value at the last position is appended, and so on.

The prompt runs once (prefill) and fills the cache; then one position a step. Greedy: compiled answers are
certain. Prompts of one length run together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import torch

from compiler.config import Config, Output
from compiler.model.answers import compare_key, show_label
from compiler.model.problem import ModelError, make_model_error
from compiler.model.runner import Model, Tokens, check_batch, choose_classes, explain_no_answer, split_rows
from rasp.values import Atom

NO_MORE = "stopped where the program has no value"


@dataclass(frozen=True)
class Generation:
    """What was generated after which prompt. `note` says why it ended early, or is empty; `no_value`: because the program
    has none there.
    """

    prompt: tuple[Atom, ...]
    new: tuple[Atom, ...]
    note: str = ""
    no_value: bool = False


def generate(model: Model, prompt: Tokens, count: int, output: str | None = None) -> Generation:
    """Up to `count` new tokens from one output (the first unless named), fewer at the maximum length.

    Raises `ModelError` when attention is not causal, the prompt does not fit, or a value is no token.
    """
    found = generate_batch(model, [prompt], count, output)[0]
    if isinstance(found, ModelError):
        raise found
    return found


def generate_batch(
    model: Model, prompts: Iterable[Tokens], count: int, output: str | None = None
) -> list[Generation | ModelError]:
    """For each prompt what `generate` gives or raises. Raises `ModelError` for what is wrong with all."""
    if count < 0:
        raise make_model_error(f"cannot generate {count} tokens", "give a number of at least 0", "bad-count")
    number = output_number(model.config, output)
    model.module.new_cache(0)  # complains unless attention is causal
    rows = [model.encoded(prompt) for prompt in check_batch(prompts)]
    found: dict[int, Generation | ModelError] = {}
    groups: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        if isinstance(row, ModelError):
            found[i] = row
        else:
            groups.setdefault(len(row), []).append(i)
    for group in groups.values():
        for start, end in split_rows(model.config, [model.config.max_length + 1] * len(group)):
            part = [cast(list[int], rows[i]) for i in group[start:end]]
            found |= zip(group[start:end], continued(model, part, count, number), strict=True)
    return [found[i] for i in range(len(rows))]


@torch.inference_mode()
def continued(
    model: Model, rows: Sequence[list[int]], count: int, number: int
) -> list[Generation | ModelError]:
    """What the model appends to rows of ids of one length."""
    config, chosen = model.config, model.config.outputs[number]
    tokens = tokens_of(config, chosen)
    room = config.max_length + 1 - len(rows[0])
    cache = model.module.new_cache(len(rows))
    step = torch.tensor(rows, device=model.module.device)  # (b, prompt + 1)
    new: list[list[int]] = [[] for _ in rows]
    failed: dict[int, ModelError] = {}
    ended: dict[int, int] = {}  # after how many new tokens a row came to where there is no value
    for position in range(len(rows[0]) - 2, len(rows[0]) - 2 + min(count, room)):
        logits = model.module(step, cache=cache)[number]  # (b, step, class)
        classes = [column[0] for column in choose_classes(logits[:, -1:])]
        for i, c in enumerate(classes):
            token = None if c < 0 else tokens[c]
            if c >= 0 and chosen.classes[c] is None:
                ended.setdefault(i, len(new[i]))
            elif token is None and i not in ended:
                failed.setdefault(
                    i, explain_no_answer(chosen.name, position) if c < 0 else no_token(chosen, c)
                )
            new[i].append(token or 0)
        step = step.new_tensor([row[-1:] for row in new])
    note = f"stopped at the maximum length of {config.max_length}" if room < count else ""
    word = config.vocabulary
    return [
        failed.get(i)
        or Generation(
            tuple(word[t] for t in row[1:]),
            tuple(word[t] for t in new[i][: ended.get(i)]),
            NO_MORE if i in ended else note,
            i in ended,
        )
        for i, row in enumerate(rows)
    ]


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


def tokens_of(config: Config, output: Output) -> list[int | None]:
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
