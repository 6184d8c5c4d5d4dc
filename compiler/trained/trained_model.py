"""A superposed model that can be called, opened and changed like a compiled one, and says that it is not certified."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from compiler.model.given_inputs import Tokens
from compiler.model.runner import Model
from compiler.trained.superposed import Direction, Superposed
from compiler.transformer.problem import make_model_error

if TYPE_CHECKING:
    from compiler.pipeline import Compiled


class TrainedModel(Model):
    """A model that was trained: its answers are what its weights give, right or not. `superposed` is what is known of it.

    Heads can be left out and patched (`without(head=...)`), and activations read; values have no columns of their own, so
    that `run` and what names values raise `ModelError`.
    """

    certified = False

    def __init__(
        self,
        superposed: Superposed,
        dtype: torch.dtype | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__(superposed.weights, dtype, device, None, refuse_recompiling)
        self.superposed = superposed

    def __repr__(self) -> str:
        return f"<trained, not certified: {self.superposed!r}>"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Where features of the compiled model lie."""
        return self.superposed.directions

    def read_features(self, tokens: Tokens) -> NDArray[np.float64]:
        """What the residual tells of each feature, (half-layer, position, feature), position 0 being BOS: as near to the
        number in the compiled column as its direction tells it, after those half-layers at which that stands there."""
        along = np.array([direction.along for direction in self.directions]).reshape(-1, self.config.d_model)
        return self.residuals(tokens) @ along.T + [direction.offset for direction in self.directions]


def refuse_recompiling() -> "Compiled":
    """There is nothing to compile again. Raises `ModelError`."""
    hint = "`directions` says along what its values lie, and `read_features` reads them"
    raise make_model_error(
        "this model was trained: nothing certifies what its numbers stand for", hint, "not-certified"
    )
