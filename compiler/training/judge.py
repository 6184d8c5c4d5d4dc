"""What a trained transformer can do: its accuracy by length, and how far noise in its weights may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from compiler.json_forms.training_forms import AccuracyRecord
from compiler.training.examples import Examples
from compiler.training.learn import (
    CHUNK,
    count_right,
    count_told,
    find_right,
    measure_accuracy,
    read_logits_of,
)
from compiler.transformer.decoder import Decoder


@dataclass(frozen=True)
class Accuracy:
    """Of inputs of one length: the share of positions that are right, and of inputs that are right at all of them."""

    length: int
    inputs: int
    positions_right: float
    inputs_right: float

    def as_json(self) -> AccuracyRecord:
        """Plain data."""
        return {
            "length": self.length,
            "inputs": self.inputs,
            "positions_right": self.positions_right,
            "inputs_right": self.inputs_right,
        }


@torch.no_grad()
def judge_lengths(decoder: Decoder, examples: Examples) -> list[Accuracy]:
    """The accuracy on each length that there is, shortest first."""
    found: list[Accuracy] = []
    for length in examples.list_lengths():
        same = examples.take((examples.lengths == length).nonzero()[:, 0])
        told = right = whole = 0
        for part in same.chunks(CHUNK):
            each = find_right(read_logits_of(decoder, part))
            told += count_told(part)
            right += count_right(each, part)
            whole += int(reduce(torch.logical_and, each).all(-1).sum())
        found.append(Accuracy(length - 1, len(same), right / max(1, told), whole / len(same)))
    return found


def sum_up(found: Sequence[Accuracy]) -> tuple[float, float]:
    """Shares of positions and of inputs over all lengths together."""
    inputs = sum(row.inputs for row in found)
    positions = sum(row.inputs * row.length for row in found)
    return (
        sum(row.positions_right * row.inputs * row.length for row in found) / positions,
        sum(row.inputs_right * row.inputs for row in found) / inputs,
    )


def judge_noise(
    decoder: Decoder, weights: Mapping[str, Tensor], examples: Examples, sizes: Sequence[float], seed: int
) -> dict[float, float]:
    """Size of the noise → accuracy, with each weight multiplied by 1 + size · a standard normal number.

    Leaves the decoder with `weights`.
    """
    found: dict[float, float] = {}
    for size in sizes:
        generator = torch.Generator().manual_seed(seed)
        factors = {
            name: 1 + size * torch.randn(weight.shape, generator=generator)
            for name, weight in weights.items()
        }
        decoder.load_state_dict({name: weight * factors[name].to(weight) for name, weight in weights.items()})
        found[size] = measure_accuracy(decoder, examples)[1]
    decoder.load_state_dict(dict(weights))
    return found
