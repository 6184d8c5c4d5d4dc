"""Training: cross-entropy by AdamW, with a warm-up, gradients clipped, and stopped early.

Every step's batch and rate hang on the seed and the step's number alone, so that a training that was interrupted goes on
to the same weights. The best weights are those of the least validation loss.

Where training goes on from compiled weights, a weight moves by a share of itself, and one that is zero stays so. Heads that
count give all but e^-20 of their attention to BOS and multiply the rest by e^20: there, a step of 1e-5 away from zeros
makes answers wrong, while shares of 1e-4 do no harm.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from compiler.config import Config
from compiler.emit.weights import Weights
from compiler.export.records import encode_config
from compiler.json_forms.training_forms import MomentRecord
from compiler.training.examples import IGNORED, Examples, Split
from compiler.transformer.decoder import Decoder

#: Examples that are run at once when nothing is learnt.
CHUNK = 512
#: A whole answer is right or wrong: below this loss, with all of them right, there is nothing left to learn.
LEARNT = 1e-3


@dataclass(frozen=True)
class Settings:
    """How to train. `patience`: how many evaluations, one each `every` steps, may pass without a lower validation loss.
    `relative`: the rate is the share of itself by which a weight moves in a step; `weight_decay` then does nothing."""

    steps: int = 5000
    batch: int = 128
    rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: int = 100
    every: int = 100
    patience: int = 10
    seed: int = 0
    relative: bool = False


@dataclass(frozen=True)
class Moment:
    """Where training is after a step: losses in nats a position, and the share of validation positions that are right."""

    step: int
    train_loss: float
    validation_loss: float
    accuracy: float

    def as_json(self) -> MomentRecord:
        """Plain data."""
        return {
            "step": self.step,
            "train_loss": self.train_loss,
            "validation_loss": self.validation_loss,
            "accuracy": self.accuracy,
        }


def find_decoder_loss(decoder: Decoder, examples: Examples) -> Tensor:
    """Cross-entropy of a decoder's answers."""
    return find_loss(read_logits_of(decoder, examples))


@dataclass(eq=False)
class Training:
    """A decoder being trained, and what is needed to go on. `measure` is what is made small."""

    decoder: Decoder
    optimizer: torch.optim.AdamW
    settings: Settings
    measure: Callable[[Decoder, Examples], Tensor] = find_decoder_loss
    history: list[Moment] = field(default_factory=list[Moment])
    best: dict[str, Tensor] = field(default_factory=dict[str, Tensor])

    @property
    def step(self) -> int:
        return self.history[-1].step if self.history else 0

    @property
    def reason_to_stop(self) -> str:
        """Why it is over, or nothing."""
        if not self.history:
            return ""
        last, losses = self.history[-1], [moment.validation_loss for moment in self.history]
        if last.accuracy == 1.0 and last.validation_loss < LEARNT:
            return "everything is learnt"
        if len(losses) - 1 - losses.index(min(losses)) >= self.settings.patience:
            return f"no lower validation loss in {self.settings.patience * self.settings.every:,} steps"
        return "all steps are done" if last.step >= self.settings.steps else ""


def make_decoder(weights: Weights) -> Decoder:
    """Weights in a decoder that may be opened, and trained on request."""
    decoder = Decoder(encode_config(weights.config))
    decoder.load_state_dict({name: torch.tensor(array) for name, array in weights.arrays.items()})
    return decoder


def begin_training(
    config: Config, settings: Settings, device: torch.device, start: dict[str, Tensor] | None = None
) -> Training:
    """A decoder with random weights, or with `start`, ready to be trained."""
    decoder = Decoder(encode_config(config))
    if start is None:
        initialise(decoder, torch.Generator().manual_seed(settings.seed))
    else:
        decoder.load_state_dict(start)
    decoder.to(device).requires_grad_()
    optimizer = torch.optim.AdamW(
        decoder.parameters(), settings.rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
    )
    return Training(decoder, optimizer, settings)


def initialise(decoder: Decoder, generator: torch.Generator) -> None:
    """Normal weights that keep the size of what passes through; what writes to the residual shares it among all writers.

    Scores are not divided by sqrt(d_key) in this decoder, so queries are.
    """
    writers = max(1, 2 * len(decoder.layers))
    for name, weight in decoder.named_parameters():
        match name.rsplit(".", 1)[-1]:
            case "bias":
                continue
            case "tokens" | "positions":
                spread = 0.5**0.5
            case "query":
                spread = (weight.shape[0] * weight.shape[1]) ** -0.5
            case "output" | "down":
                spread = (weight.shape[0] * writers) ** -0.5
            case _:
                spread = weight.shape[0] ** -0.5
        with torch.no_grad():
            weight.copy_(torch.randn(weight.shape, generator=generator) * spread)


def continue_training(training: Training, split: Split) -> Iterator[Moment]:
    """Train until there is a reason to stop; what is yielded after each evaluation is the history's last row."""
    device = next(training.decoder.parameters()).device
    train, validation = split.train.to(device), split.validation.to(device)
    settings = training.settings
    while not training.reason_to_stop:
        begin = training.step
        end = min(begin + settings.every, settings.steps)
        losses = [train_step(training, train, step) for step in range(begin, end)]
        loss, accuracy = measure_accuracy(training.decoder, validation)
        if not training.history or loss < min(m.validation_loss for m in training.history):
            training.best = {
                name: weight.detach().clone() for name, weight in training.decoder.state_dict().items()
            }
        training.history.append(Moment(end, sum(losses) / len(losses), loss, accuracy))
        yield training.history[-1]


def train_step(training: Training, train: Examples, step: int) -> float:
    """One batch; its loss."""
    settings = training.settings
    for group in training.optimizer.param_groups:
        group["lr"] = rate_at(settings, step)
    part = train.take(choose_rows(len(train), settings, step).to(train.ids.device))
    training.optimizer.zero_grad()
    loss = training.measure(training.decoder, part)
    loss.backward()  # pyright: ignore[reportUnknownMemberType]
    if settings.relative:
        weigh_gradients(training)
    nn.utils.clip_grad_norm_(training.decoder.parameters(), 1.0)
    if settings.relative:
        step_relatively(training)
    else:
        training.optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    return loss.item()


@torch.no_grad()
def weigh_gradients(training: Training) -> None:
    """Of a weight's relative change. By the weights themselves gradients are as different in size as weights are: of
    powers of two the largest would leave nothing of all others where their norm is clipped."""
    for weight in training.decoder.parameters():
        if weight.grad is not None:
            weight.grad.mul_(weight.abs())


@torch.no_grad()
def step_relatively(training: Training) -> None:
    """A step of the optimiser from zero, of which each weight takes its own size times as much."""
    weights = list(training.decoder.parameters())
    before = [weight.clone() for weight in weights]
    for weight in weights:
        weight.zero_()
    training.optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    for weight, old in zip(weights, before, strict=True):
        weight.copy_(old + old.abs() * weight)


def rate_at(settings: Settings, step: int) -> float:
    """The learning rate rises to its height, and falls along a cosine to a tenth of it."""
    if step < settings.warmup:
        return settings.rate * (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.rate * (0.1 + 0.9 * (1 + math.cos(math.pi * done)) / 2)


def choose_rows(count: int, settings: Settings, step: int) -> Tensor:
    """The rows of a step's batch: epochs are permutations, each of its own seed."""
    batch = min(settings.batch, count)
    epoch, turn = divmod(step, count // batch)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch))
    return order[turn * batch : (turn + 1) * batch]


def read_logits_of(decoder: Decoder, examples: Examples) -> list[tuple[Tensor, Tensor]]:
    """For each output its logits (n, p - 1, class), without BOS's, and its targets (n, p - 1)."""
    logits = decoder(examples.ids, examples.lengths)
    return [(found[:, 1:], target) for found, target in zip(logits, examples.targets, strict=True)]


def find_loss(read: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Cross-entropy in nats a position, the mean over outputs."""
    losses = [
        cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED) for logits, target in read
    ]
    return torch.stack(losses).mean()


def find_right(read: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Where each output's likeliest class (n, p - 1) is the target, or there is none."""
    return [(logits.argmax(-1) == target) | (target == IGNORED) for logits, target in read]


@torch.no_grad()
def measure_accuracy(decoder: Decoder, examples: Examples) -> tuple[float, float]:
    """Loss in nats a position, and the share of positions that are right in every output that has a value there."""
    loss = right = counted = 0.0
    for part in examples.chunks(CHUNK):
        read = read_logits_of(decoder, part)
        told = count_told(part)
        loss += find_loss(read).item() * told
        counted += told
        right += count_right(find_right(read), part)
    return loss / max(1.0, counted), right / max(1.0, counted)


def count_told(examples: Examples) -> int:
    """At how many positions outputs have values."""
    return sum(int((target != IGNORED).sum()) for target in examples.targets)


def count_right(right: Sequence[Tensor], examples: Examples) -> int:
    """At how many of them they are right."""
    return sum(
        int((found & (target != IGNORED)).sum())
        for found, target in zip(right, examples.targets, strict=True)
    )
