"""Next-token generation: the program's value at the last position is appended, and so on.

The prompt runs once (prefill) and fills the cache; then one position a step. Greedy: compiled answers are
certain.
"""

from dataclasses import dataclass

import torch

from compiler.config import Config, Output
from compiler.model.answers import comparable
from compiler.model.problem import ModelError
from compiler.model.runner import Model, Tokens, as_items, problem
from rasp.diagnostics import Diagnostic
from rasp.values import Atom, show


@dataclass(frozen=True)
class Generation:
    """What was generated after which prompt. `note` says why it ended early, or is empty."""

    prompt: tuple[Atom, ...]
    new: tuple[Atom, ...]
    note: str = ""


@torch.inference_mode()
def generate(model: Model, prompt: Tokens, count: int, output: str | None = None) -> Generation:
    """Up to `count` new tokens from one output (the first unless named), fewer at the maximum length.

    Raises `ModelError` when attention is not causal, the prompt does not fit, or a value is no token.
    """
    if count < 0:
        raise problem(f"cannot generate {count} tokens", "give a number of at least 0", "bad-count")
    cache = model.module.new_cache()
    number = output_number(model.config, output)
    chosen = model.config.outputs[number]
    step = torch.tensor([model.encode(prompt)], device=model.module.embed.device)  # (1, prompt + 1)
    room = model.config.max_length - (step.shape[1] - 1)
    new: list[int] = []
    while len(new) < min(count, room):
        logits = model.module(step, cache=cache)[number]  # (1, step, class)
        new.append(token_of(model.config, chosen, int(logits[0, -1].argmax())))
        step = step.new_tensor([new[-1:]])
    note = f"stopped at the maximum length of {model.config.max_length}" if len(new) < count else ""
    return Generation(tuple(as_items(prompt)), tuple(model.config.vocabulary[i] for i in new), note)


def output_number(config: Config, name: str | None) -> int:
    """Which output a name means. Raises `ModelError` for an unknown one."""
    names = [output.name for output in config.outputs]
    if name is None:
        return 0
    if name not in names:
        hint = f"the outputs are {', '.join(names)}"
        raise ModelError(Diagnostic(f"the model has no output {name}", hint=hint, code="unknown-output"))
    return names.index(name)


def token_of(config: Config, output: Output, number: int) -> int:
    """The id of the token that equals a class. Raises `ModelError` when none does."""
    value = output.classes[number]
    for i, token in enumerate(config.vocabulary):
        if comparable(token) == comparable(value):
            return i
    raise problem(
        f"{output.name} answers {show(value)}, which is not a token of the vocabulary",
        "generation needs a program whose values are tokens",
        "not-a-token",
    )
