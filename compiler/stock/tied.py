"""Uniform weights whose head is their embedding, as nanoGPT's are: each id has one row, which is written and read.

A row W[id] cannot both write what a token is and read what an answer is, unless in different columns. So each column c
that the head reads gets a *copy* b(c), to which whatever writes to c writes too, and which alone the last norm lets
through: its gain is 0 elsewhere. There W[id, b(c)] is the head's weight, times a power of two so small that it is nothing
beside what the norm's eps allows. That is what the token writes there, too, and it is wrong: two units of the first layer
add x_c - x_b(c), which is what the token ought to have written less what it has. (GELU and ReLU have
f(z) - f(-z) = z.) The head's bias is a column whose gain is 0 and whose bias in the last norm is 1.

Columns: those of the uniform weights, the copies, the bias, and such as nobody writes.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from compiler.stock.identity_norms import balance_reads, balance_writes
from compiler.stock.uniform import UniformWeights
from compiler.targets.uniform_shape import UniformShape

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Copying:
    """Which columns are copied, and from which shape to which."""

    old: UniformShape
    shape: UniformShape
    columns: list[int]

    @property
    def own(self) -> slice:
        """Where the copies stand; the head's bias is behind them."""
        return slice(self.old.hidden, self.old.hidden + len(self.columns))

    def widen(self, array: Array) -> Array:
        """What is written, with the copies."""
        found = np.zeros((len(array), self.shape.hidden), np.float32)
        found[:, : self.old.hidden] = array
        found[:, self.own] = array[:, self.columns]
        return balance_writes(found, self.shape.balance)

    def lengthen(self, array: Array) -> Array:
        """What is read: nothing of the new columns."""
        found = np.zeros((self.shape.hidden, array.shape[1]), np.float32)
        found[: self.old.hidden] = array
        return found

    def spread(self, array: Array) -> Array:
        """Columns of heads (k, heads · d_head) at their places among larger heads."""
        old, new = self.old.d_head, self.shape.d_head
        found = np.zeros((len(array), self.shape.hidden), np.float32)
        for h in range(self.old.heads):
            found[:, h * new : h * new + old] = array[:, h * old : (h + 1) * old]
        return found


def tie_head(weights: UniformWeights, scale: float, shrink: float) -> UniformWeights:
    """The same model without a head of its own. `scale`: of a hidden unit's input; `shrink`: of writes to the residual."""
    old, a = weights.shape, weights.arrays
    head, gain = a["head"].astype(np.float64), float(a["gain"][0])
    assert old.balance is not None, "a copy needs a mean that is 0"
    columns = [int(c) for c in np.flatnonzero(np.abs(head).sum(axis=1)) if c != old.balance]
    copying = Copying(old, choose_tied_shape(old, len(columns)), columns)
    shape, own = copying.shape, copying.own
    small, small_bias = choose_small(head[columns], shrink), choose_small(head[[old.balance]], shrink)
    tokens = np.zeros((old.ids, shape.hidden), np.float32)
    tokens[:, : old.hidden] = a["tokens"]
    tokens[:, own] = head[columns].T * small
    tokens[:, own.stop] = head[old.balance] * small_bias
    last_gain, last_bias = np.zeros((2, shape.hidden), np.float32)
    last_gain[own], last_bias[own.stop] = gain / small, 1 / small_bias
    arrays = {
        "tokens": balance_writes(tokens, shape.balance),
        "positions": copying.widen(a["positions"]),
        "gain": np.full(shape.hidden, gain, np.float32),
        "last_gain": last_gain,
        "last_bias": last_bias,
    }
    for n in range(old.layers):
        layer = {name.partition(".")[2]: array for name, array in a.items() if name.startswith(f"{n}.")}
        arrays |= {f"{n}.{k}": v for k, v in tie_layer(layer, copying).items()}
    arrays |= correct_copies(arrays, copying, scale, shrink)
    for n in range(old.layers):
        arrays |= fill_units(arrays, n, shape.units)
    return UniformWeights(shape, weights.class_ids, arrays, weights.zeros)


def choose_small(rows: Array, shrink: float) -> float:
    """A power of two that makes the sum of what an id has in these rows no larger than a 1 in the residual is."""
    largest = float(np.abs(rows).sum(axis=0).max(initial=0.0))
    return 2.0 ** -math.ceil(math.log2(max(1.0, largest / shrink)))


def tie_layer(layer: dict[str, Array], copying: Copying) -> dict[str, Array]:
    """A layer's arrays in the new shape."""
    found = {name: copying.spread(copying.lengthen(layer[name])) for name in ("query", "key", "value")}
    larger = math.sqrt(copying.shape.d_head / copying.old.d_head)
    return found | {
        "query": balance_reads((found["query"] * larger).astype(np.float32)),
        "output": copying.widen(copying.spread(layer["output"].T).T),
        "up": copying.lengthen(layer["up"]),
        "up_bias": layer["up_bias"],
        "down": copying.widen(layer["down"]),
    }


def correct_copies(
    arrays: dict[str, Array], copying: Copying, scale: float, shrink: float
) -> dict[str, Array]:
    """The first layer's hidden units, with two more for each copy."""
    count, shape = len(copying.columns), copying.shape
    each, copies = np.arange(count), np.arange(shape.hidden)[copying.own]
    reads = np.zeros((shape.hidden, count), np.float32)
    reads[copying.columns, each] = scale
    reads[copies, each] = -scale
    writes = np.zeros((count, shape.hidden), np.float32)
    writes[each, copies] = shrink / scale
    return {
        "0.up": np.concatenate([arrays["0.up"], reads, -reads], axis=1),
        "0.up_bias": np.concatenate([arrays["0.up_bias"], np.zeros(2 * count, np.float32)]),
        "0.down": np.concatenate(
            [arrays["0.down"], *(balance_writes(w, shape.balance) for w in (writes, -writes))]
        ),
    }


def fill_units(arrays: dict[str, Array], layer: int, units: int) -> dict[str, Array]:
    """A layer's hidden units, with such that do nothing behind them."""
    spare = units - len(arrays[f"{layer}.up_bias"])
    return {
        f"{layer}.up": np.pad(arrays[f"{layer}.up"], ((0, 0), (0, spare))),
        f"{layer}.up_bias": np.pad(arrays[f"{layer}.up_bias"], (0, spare)),
        f"{layer}.down": np.pad(arrays[f"{layer}.down"], ((0, spare), (0, 0))),
    }


def choose_tied_shape(old: UniformShape, copies: int) -> UniformShape:
    """nanoGPT has four hidden units for each column of the residual."""
    units = old.units + 2 * copies
    columns = max(old.hidden + copies + 1, math.ceil(units / 4))
    d_head = math.ceil(columns / old.heads)
    return replace(old, d_head=d_head, units=4 * d_head * old.heads)
