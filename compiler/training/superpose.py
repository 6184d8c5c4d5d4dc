"""A transformer of the compiled layers and heads, with a narrower residual, trained to answer the same.

Two losses are made small together: cross-entropy of the answers, and how badly a linear reading of the residual, after each
half-layer, tells what the compiled model keeps there (`features.py`). So what the compiled model has in columns of its own
lies along directions that are not orthogonal, as there are more of them than columns: in superposition (Elhage et al.
2022; Lindner et al. 2023 compress compiled models so). Weights begin at random: the compiled ones have scores and
thresholds too large to bear that features overlap.

The directions that are kept are fitted to the best weights at the end, by least squares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from compiler.config import Config
from compiler.pipeline import Compiled
from compiler.trained.superposed import Direction, Outcome
from compiler.training.examples import Examples, Split, split_examples
from compiler.training.features import Feature, find_told, fit_directions, list_features, read_steps
from compiler.training.judge import judge_lengths, sum_up
from compiler.training.learn import (
    Settings,
    Training,
    begin_training,
    continue_training,
    find_loss,
    make_decoder,
)
from compiler.training.shape import Widths, choose_shape
from compiler.transformer.decoder import Decoder
from compiler.transformer.record_activations import record_activations

#: What the reading of features counts beside cross-entropy.
WEIGHT = 0.3
#: Inputs that are asked for at most, and those on which features and directions are measured.
EXAMPLES, MEASURED = 16_000, 1000
CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Apprentice:
    """A training, its data, and what it is held against: the compiled model and its features."""

    training: Training
    config: Config
    split: Split
    teacher: Decoder
    features: tuple[Feature, ...]


@dataclass(frozen=True, eq=False)
class Reading:
    """Cross-entropy of answers, and the square of what a linear reading (`along` (column, feature), `offset` (feature)) of
    a residual leaves of the features."""

    teacher: Decoder
    features: tuple[Feature, ...]
    along: nn.Parameter
    offset: nn.Parameter

    def __call__(self, decoder: Decoder, examples: Examples) -> Tensor:
        seen = record_activations(decoder, examples.ids, examples.lengths)
        with torch.no_grad():
            wanted = read_steps(self.teacher, examples)
        told = find_told(examples)
        left = [
            self.measure_step(step, residual[told], number)
            for step, (residual, number) in enumerate(zip(seen.residuals, wanted, strict=True))
        ]
        answers = [
            (found[:, 1:], target) for found, target in zip(seen.logits, examples.targets, strict=True)
        ]
        return find_loss(answers) + WEIGHT * torch.cat(left).mean()

    def measure_step(self, step: int, residual: Tensor, wanted: Tensor) -> Tensor:
        """For each feature that stands after a half-layer the mean square of what is left (feature)."""
        live = [k for k, feature in enumerate(self.features) if feature.written <= step < feature.cleared]
        if not live:
            return residual.new_zeros(0)
        numbers = torch.stack([self.features[k].normalise(wanted) for k in live], -1).to(residual.dtype)
        return ((residual @ self.along[:, live] + self.offset[live] - numbers) ** 2).mean(0)


def begin_superposing(compiled: Compiled, width: int, settings: Settings) -> Apprentice:
    """A training of a model with so many columns. Raises `ValueError` where there are too few inputs."""
    plain = Widths()
    config = choose_shape(compiled.weights.config, None, None, Widths(width, plain.d_head, plain.d_mlp))
    split = split_examples(config, compiled.meaning, config.max_length, EXAMPLES, settings.seed)
    teacher = make_decoder(compiled.weights)
    features = tuple(list_features(compiled, teacher, take_sample(split.train)))
    training = begin_training(config, settings, CPU)
    random = torch.Generator().manual_seed(settings.seed)
    along = nn.Parameter(torch.randn(width, len(features), generator=random) * width**-0.5)
    offset = nn.Parameter(torch.zeros(len(features)))
    training.optimizer.add_param_group({"params": [along, offset]})
    training.measure = Reading(teacher, features, along, offset)
    return Apprentice(training, config, split, teacher, features)


def take_sample(examples: Examples) -> Examples:
    """The first of them, which are in random order."""
    return examples.take(torch.arange(min(MEASURED, len(examples))))


def finish_superposing(
    apprentice: Apprentice, advance: Callable[[int], None] = lambda count: None
) -> tuple[Outcome, Sequence[Direction]]:
    """Train to the end; the decoder then has the best weights. How right these are on inputs that were never seen, and
    where in their residual features lie."""
    training, split = apprentice.training, apprentice.split
    for _ in continue_training(training, split):
        advance(training.settings.every)
    training.decoder.load_state_dict(training.best)
    positions, inputs = sum_up(judge_lengths(training.decoder, split.test))
    outcome = Outcome(len(split.test), positions, inputs, training.step, training.reason_to_stop)
    sample = take_sample(split.train)
    with torch.no_grad():
        wanted, found = read_steps(apprentice.teacher, sample), read_steps(training.decoder, sample)
    return outcome, fit_directions(apprentice.features, wanted, found)
