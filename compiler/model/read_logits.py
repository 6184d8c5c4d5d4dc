"""What logits say: the likeliest class, and when a reading of them is an answer."""

from collections.abc import Container, Iterable, Sequence
from functools import cache
from math import isnan
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compiler.config import Output
from compiler.fraction_set import FractionSet
from compiler.joined_texts import JoinedTexts
from compiler.model.answers import UNDECIDED, Label, Undecided
from compiler.number_sums import NumberSum, Term
from compiler.transformer.problem import ModelError, make_model_error
from rasp.values import ValueProblem, classify_values

BLOCK = 2**18
"""Logits that are looked at at a time: two megabytes, which stay in the processor's cache."""
MIXED = "`rasp run` says for which part of the program; `rasp verify` for how many inputs"

Answer = dict[str, list[Label]]
Reading = dict[str, list[Label | Undecided]]


def choose_classes(scores: Tensor) -> list[list[int]]:
    """The class with the largest logit, of logits (batch, position, class); -1 where that is no single one, or where a
    logit is not finite."""
    positions, classes = scores.flatten(0, -2), scores.shape[-1]
    step = max(1, BLOCK // classes)
    found = [choose_sure(positions[start : start + step]) for start in range(0, len(positions), step)]
    return cast(list[list[int]], torch.cat(found).view(scores.shape[:-1]).tolist())


def choose_sure(scores: Tensor) -> Tensor:
    """The same of logits (position, class), as a tensor."""
    high, chosen = scores.max(dim=-1)
    sure = (scores == high[..., None]).sum(dim=-1) == 1  # NaN equals nothing
    sure &= torch.isfinite(scores.amin(dim=-1)) & torch.isfinite(high)
    return torch.where(sure, chosen, -1)


def count_logits(output: Output) -> int:
    """How many logits an output has at a position: one for each class, or a number alone."""
    listed = isinstance(output.classes, tuple)
    return len(output.classes) if listed else output.columns


def read_scores(output: Output, scores: Tensor) -> list[list[Label | Undecided]]:
    """The value that logits (batch, position, class), or numbers (batch, position, 1), say at each position."""
    if isinstance(output.classes, FractionSet) and scores.shape[-1] == 1:
        nearest = cache(output.classes.find_nearest)
        rows = cast(list[list[float]], scores[..., 0].tolist())
        return [[UNDECIDED if (found := nearest(x)) is None else found for x in row] for row in rows]
    if isinstance(output.classes, JoinedTexts):
        return join_texts(output.classes, scores)
    if isinstance(output.classes, NumberSum):
        rows = cast(list[list[float]], add_terms(output.classes, scores).tolist())
        return [[UNDECIDED if isnan(value) else value for value in row] for row in rows]
    values: list[Label | Undecided] = [*output.classes, UNDECIDED]
    return [[values[c] for c in row] for row in choose_classes(scores)]


def join_texts(classes: JoinedTexts, scores: Tensor) -> list[list[Label | Undecided]]:
    """The texts of the likeliest classes of all parts, one behind the other; nothing where one part is undecided."""
    chosen: list[list[list[int]]] = []
    first = 0
    for part in classes.parts:
        chosen.append(choose_classes(scores[..., first : first + len(part)]))
        first += len(part)
    return [
        [join_classes(classes, numbers) for numbers in zip(*rows, strict=True)]
        for rows in zip(*chosen, strict=True)
    ]


def join_classes(classes: JoinedTexts, numbers: Sequence[int]) -> str | Undecided:
    """The text of a class of each part, of which -1 is none."""
    if min(numbers) < 0:
        return UNDECIDED
    return "".join([part[c] for part, c in zip(classes.parts, numbers, strict=True)])


def add_terms(classes: NumberSum, scores: Tensor) -> NDArray[np.float64]:
    """The sums of what all terms say at each position; NaN where one is undecided."""
    total = np.zeros(scores.shape[:-1])
    first = 0
    for term in classes.terms:
        said = read_term(term, scores[..., first : first + term.columns])
        total = total - said if term.minus else total + said
        first += term.columns
    return total


def read_term(term: Term, scores: Tensor) -> NDArray[np.float64]:
    """The number that a term's own logits say at each position; NaN for none."""
    if isinstance(term.values, NumberSum):
        return add_terms(term.values, scores)
    if term.nearest:
        return term.find_nearest(scores[..., 0].double().cpu().numpy())
    values = np.array([*map(float, term.values), np.nan])
    return values[np.array(choose_classes(scores), dtype=np.int64)]


def list_mixed(outputs: Iterable[Output]) -> frozenset[str]:
    """The names of outputs that have strings and other values: only their answers can mix them."""
    listed = {output.name: output.classes for output in outputs if isinstance(output.classes, tuple)}
    kinds = {
        name: {isinstance(value, str) for value in classes if value is not None}
        for name, classes in listed.items()
    }
    return frozenset(name for name, found in kinds.items() if len(found) > 1)


def judge_reading(reading: Reading, mixed: Container[str], causal: bool) -> Answer | ModelError:
    """A reading as an answer, if it is one everywhere; under causal attention up to where kinds are mixed. `mixed`: the
    outputs where they can be."""
    answer: Answer = {}
    for name, values in reading.items():
        if UNDECIDED in values:
            return explain_no_answer(name, values.index(UNDECIDED))
        answer[name] = labels = cast(list[Label], values)
        if name not in mixed:
            continue
        try:
            classify_values(value for value in labels if value is not None)
        except ValueProblem as problem:
            if not causal:
                return make_model_error(
                    f"the program has no value here for {name}: {problem}", MIXED, "no-value"
                )
            answer[name] = unmixed(labels)
    return answer


def unmixed(values: Sequence[Label]) -> list[Label]:
    """The values up to the first position that sees strings beside other values; no value from there on."""
    first = next(value for value in values if value is not None)
    other = next(
        i
        for i, value in enumerate(values)
        if isinstance(value, str) != isinstance(first, str) and value is not None
    )
    return [*values[:other], *[None] * (len(values) - other)]


def explain_no_answer(output: str, position: int) -> ModelError:
    """What to say about logits that decide nothing."""
    return make_model_error(
        f"the model has no answer at position {position} of {output}: no value is the likeliest",
        "the program may have no value there; `rasp verify` finds out whether the model is damaged",
        "no-answer",
    )
