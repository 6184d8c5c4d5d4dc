"""Loss and accuracy over the steps of a training, as a picture. Needs matplotlib, which is an extra."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from compiler.training.learn import Moment

LIBRARY = "matplotlib"
INCHES = 7, 3


def has_matplotlib() -> bool:
    """Whether the library is there."""
    return find_spec(LIBRARY) is not None


def draw_curves(history: Sequence[Moment], path: Path) -> None:
    """Losses on the left, on a logarithmic scale; the share of right positions on the right. Raises `OSError`."""
    figure = import_module("matplotlib.figure").Figure(INCHES, layout="constrained")
    losses, shares = figure.subplots(1, 2)
    steps = [moment.step for moment in history]
    losses.plot(steps, [moment.train_loss for moment in history], label="training")
    losses.plot(steps, [moment.validation_loss for moment in history], label="validation")
    losses.set(xlabel="step", ylabel="loss (nats a position)", yscale="log")
    losses.legend()
    shares.plot(steps, [moment.accuracy for moment in history], color="C1")
    shares.set(xlabel="step", ylabel="validation positions right", ylim=(0, 1.02))
    figure.savefig(path, dpi=150, metadata={"Software": None})
