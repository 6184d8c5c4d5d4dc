"""Weights: every array of a compiled model by name, and its Config. numpy only: no reader of weights needs torch.

Names and shapes (d = d_model, V = vocabulary size, N = max_length, C = classes of an output):

    embedding.tokens                   (V + 1, d)    row V is BOS
    embedding.positions                (N + 1, d)    absent when config.has_positions is false; row 0 is BOS's
    layers.L.attention.heads.H.query   (d, d_key)    no 1/sqrt(d_key): the scale is in the query
    layers.L.attention.heads.H.key     (d, d_key)
    layers.L.attention.heads.H.value   (d, d_value)
    layers.L.attention.heads.H.output  (d_value, d)
    layers.L.mlp.up                    (d, d_mlp)    hidden = relu(x @ up + bias); all three absent when d_mlp is 0
    layers.L.mlp.bias                  (d_mlp,)
    layers.L.mlp.down                  (d_mlp, d)
    unembeddings.K.weight              (d, C)        logits = residual @ weight + bias; where the nearest value is the
    unembeddings.K.bias                (C,)          answer (`Output.nearest`), (d, 1) and (1,): the number itself

They are the names of the decoder's parameters (`compiler/transformer/decoder.py`), and L, H and K the numbers that
reports show.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.config import Config
from compiler.fraction_set import FractionSet
from compiler.joined_texts import JoinedTexts
from compiler.limits import ARRAY_BYTES
from compiler.number_sums import NumberSum
from compiler.options import CompileError
from rasp.diagnostics import Diagnostic
from rasp.values import show_count

Array = NDArray[np.float64]


def is_in_unembedding(name: str) -> bool:
    """Whether an array is of an unembedding: these are float64 in checkpoint and decoder, and counted apart."""
    return name.startswith("unembeddings.")


def list_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every array's shape, in the order in which checkpoints store them."""
    d = config.d_model
    shapes: dict[str, tuple[int, ...]] = {"embedding.tokens": (len(config.vocabulary) + 1, d)}
    if config.has_positions:
        shapes["embedding.positions"] = (config.max_length + 1, d)
    for number, layer in enumerate(config.layers):
        for h, head in enumerate(layer.heads):
            prefix = f"layers.{number}.attention.heads.{h}"
            shapes[f"{prefix}.query"] = shapes[f"{prefix}.key"] = (d, head.d_key)
            shapes[f"{prefix}.value"] = (d, head.d_value)
            shapes[f"{prefix}.output"] = (head.d_value, d)
        if layer.d_mlp:
            shapes[f"layers.{number}.mlp.up"] = (d, layer.d_mlp)
            shapes[f"layers.{number}.mlp.bias"] = (layer.d_mlp,)
            shapes[f"layers.{number}.mlp.down"] = (layer.d_mlp, d)
    for k, output in enumerate(config.outputs):
        shapes[f"unembeddings.{k}.weight"] = (d, output.columns)
        shapes[f"unembeddings.{k}.bias"] = (output.columns,)
    return shapes


@dataclass(frozen=True, eq=False)
class Weights:
    """Config and float64 arrays. Raises `ValueError` when an array is missing, extra, misshapen or not finite."""

    config: Config
    arrays: Mapping[str, Array]

    def __repr__(self) -> str:
        layers = show_count(len(self.config.layers), "layer")
        numbers = show_count(sum(array.size for array in self.arrays.values()), "number")
        return f"<weights of {layers}: {numbers} in {show_count(len(self.arrays), 'array')}>"

    def __post_init__(self) -> None:
        shapes = list_shapes(self.config)
        for name in sorted(shapes.keys() ^ self.arrays.keys()):
            raise ValueError(
                f"the array {name} is {'missing' if name in shapes else 'not part of this model'}"
            )
        for name, shape in shapes.items():
            if self.arrays[name].shape != shape:
                raise ValueError(f"the array {name} has shape {self.arrays[name].shape}, expected {shape}")
            if not np.isfinite(self.arrays[name]).all():
                raise ValueError(f"the array {name} holds a number that is not finite")

    def parameters(self, *, unembedding: bool = False) -> int:
        """How many numbers the arrays hold; those of the unembedding only on request."""
        counted = (a for n, a in self.arrays.items() if unembedding or not is_in_unembedding(n))
        return sum(array.size for array in counted)

    def nonzero(self, *, unembedding: bool = False) -> int:
        """How many of them are not zero."""
        counted = (a for n, a in self.arrays.items() if unembedding or not is_in_unembedding(n))
        return sum(int(np.count_nonzero(array)) for array in counted)


def check_listed(config: Config, what: str) -> None:
    """Raise `CompileError` where an output is joined of parts or added up, for what has one class for each value."""
    for output in config.outputs:
        if isinstance(output.classes, JoinedTexts | NumberSum):
            message = f"{output.name} has {output.classes.describe()}, and {what} needs a class for each of its values"
            hint = "use a smaller vocabulary or a shorter length, or an output for each part"
            raise CompileError(Diagnostic(message, hint=hint, code="too-large"))


def spread_unembedding(weights: Weights, number: int) -> tuple[Array, Array]:
    """The matrix (d, C) and bias (C,) of an output's logits; where the nearest value v to a number x is the answer, of
    2xv - v². Raises `CompileError` where these would be too large."""
    output = weights.config.outputs[number]
    weight, bias = (weights.arrays[f"unembeddings.{number}.{part}"] for part in ("weight", "bias"))
    if not output.nearest:
        return weight, bias
    classes = output.classes
    size = 8 * len(weight) * len(classes)
    if size > ARRAY_BYTES.most:
        message = f"a class for each of the {len(classes):,} values of {output.name} would take {size / 2**30:.1f} GiB"
        raise CompileError(Diagnostic(message, hint=ARRAY_BYTES.hint, code="too-large"))
    values = classes.numbers if isinstance(classes, FractionSet) else np.array(classes, dtype=np.float64)
    return weight * (2 * values), 2 * bias * values - values**2
