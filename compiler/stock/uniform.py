"""Plain weights made uniform: as a transformer with a norm in front of each half-layer and equal heads wants them.

In: plain weights and how large all columns are together. Out: arrays of equal shapes for all layers, from which a family
only needs names and transposes (`compiler/stock/array_names.py`). Nothing is computed otherwise than in the plain model:

- *The norm is an identity.* Every write to the residual is scaled by 2^-s, so small that the variance is nothing beside
  the norm's eps; the norm then divides by sqrt(eps), and its gain 2^s·sqrt(eps) gives the number back. A norm that the
  residual itself goes through has the gain sqrt(eps), and 2^s is in the weights of what reads.
- *The mean is 0*: the balance column takes minus the sum of what all others get. What rounding leaves of a mean cancels,
  for all weights of a reader sum up to 0: the weight of the column of zeros is minus the sum of the others. Where what
  a mean rounds can be borne, there is no balance column, and all of it cancels so (`Layout.balanced`). Large columns are
  then stored smaller, so that the mean is less beside the small ones (`Layout.shrinking`).
- *There is a 1*: the last norm's gain is 0 and its bias 1 at the balance column, or another that no answer is read from. So
  an unembedding without a bias has one. A head of labels has a bias anyway.
- *Units are ReLUs*: others get their input times 2^20 and give their output times 2^-20.
- *The scale* 1/sqrt(d_head) is undone in the queries. Heads are filled up with zeros, and so are hidden units.
- *A gate* can square what a hidden unit reads: one unit then stands for all that plain weights have for it.
- *Without biases* each is the weight of a column that every id writes 1 to. Where the norm takes no mean away, nothing
  has to be balanced. A gate's other sum is that column.
- *Queries and keys that are turned* are turned by nothing, or score a distance so (`compiler/stock/turned_heads.py`).

Columns of the uniform residual: zeros, or the one that is 1; then those of the plain one, then such as nobody writes, and
last the balance. Without a column of zeros, or of 1, plain ones stand in for it (`compiler/plan/proxies.py`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from compiler.config import Config
from compiler.emit.weights import Array, Weights, spread_unembedding
from compiler.stock.identity_norms import choose_shrinkage, make_norms, store_smaller
from compiler.stock.placing import Placing, list_halves
from compiler.stock.turned_heads import TurnedHeads
from compiler.stock.uniform_heads import arrange_heads
from compiler.targets.target import TargetModel
from compiler.targets.uniform_shape import ONE, PlainSizes, UniformShape, choose_uniform_shape
from rasp.values import Atom, Kind, find_kind, make_typed_key

Squares = Mapping[int, tuple[range, ...]]
SPECIAL = 2
"""Ids behind the vocabulary's that are no class: BOS, and one that pads and ends, which only decoders answer."""


@dataclass(frozen=True, eq=False)
class UniformWeights:
    """`class_ids[c]` is the id that class c of the output is answered by. Arrays, in float32 already:

    tokens (ids, hidden)      positions (positions, hidden)
    L.query, L.key, L.value (hidden, hidden), L.output (hidden, hidden)
    L.up (hidden, units), L.up_bias (units,), L.down (units, hidden)
    gain, last_gain, last_bias (hidden,)      head (hidden, ids), head_bias (ids,)

    Without biases there is L.factor (hidden, units), the gate's other sum; where heads are rotary, there are no positions.
    In a target of labels, class c is label c, and the head has them in place of ids. `zeros`: the column that is 0, or 1,
    for each half-layer and the head.
    """

    shape: UniformShape
    class_ids: tuple[int, ...]
    arrays: Mapping[str, np.ndarray]
    zeros: tuple[int, ...]

    def parameters(self) -> int:
        """How many numbers the layers and the embedding hold, those of the head not counted."""
        norms = (2 * self.shape.layers) * self.arrays["gain"].size
        apart = ("gain", "head", "head_bias")
        return norms + sum(a.size for name, a in self.arrays.items() if name not in apart)


@dataclass(frozen=True, eq=False)
class Making:
    """`reach`: the sum of the sizes that all columns can have. `middle`: the class whose logit is taken from all others',
    for nearest-value logits; None: none is. `margin`: how far ids that are no class are below all others at least.
    `balanced`: whether a column keeps the mean at 0. `scales`: how many times smaller each column is stored. `proxies`: the
    plain columns that stand in for that of zeros, or of 1, for each half-layer and the unembedding. `squares`: by layer,
    hidden units that square what the first of them reads. `turned`: what heads score by turning, which plain weights do not
    say any more."""

    reach: float
    middle: int | None
    margin: float = 0.0
    balanced: bool = True
    scales: Array | None = None
    proxies: tuple[int, ...] = ()
    squares: Squares = field(default_factory=dict[int, tuple[range, ...]])
    turned: TurnedHeads | None = None


def make_uniform(weights: Weights, target: TargetModel, making: Making) -> UniformWeights:
    """The uniform arrays of a plain model with one output."""
    assert target.eps is not None, "plain weights are uniform enough"
    weights = store_smaller(weights, making.scales)
    tokens = len(weights.config.vocabulary) + SPECIAL
    class_ids = number_labels(weights) if target.labels else number_classes(weights)
    ids = tokens if target.labels else max(*class_ids, tokens - 1) + 1
    shape = choose_shape(weights, target, ids, making)
    shrink = 2.0 ** -choose_shrinkage(making.reach, target.eps)
    placing = Placing(
        shape.hidden, shrink, shrink if target.after else 1.0, target.centred, shape.balance, shape.first
    )
    halves = list_halves(placing, weights, target, making.proxies)
    alike = {} if target.labels else find_alike(weights.config, class_ids)
    arrays = embed(weights, target, shape, placing, alike)
    for number in range(shape.layers):
        units = take_units(weights, number, making.squares.get(number, ()))
        own = arrange_heads(weights, number, shape, halves[2 * number], making.turned)
        own |= look_up(units, shape, halves[2 * number + 1], target)
        arrays |= {f"{number}.{k}": v for k, v in own.items()}
    placing = halves[-1]
    matrix, bias = center_logits(weights, making.middle)
    if target.centred:
        matrix, bias = placing.make_good(matrix, bias)
    one = choose_one(shape, target, matrix, placing)
    arrays |= make_norms(target, shape, math.sqrt(target.eps) * placing.scale / shrink, one)
    if target.labels:
        arrays |= {"head": placing.read(matrix, len(class_ids)), "head_bias": bias.astype(np.float32)}
    else:
        answers = Answers(class_ids, shape.ids, one, 1.0 if target.centred else placing.number)
        head = unembed((matrix, bias), placing, answers, making.reach)
        arrays["head"] = lower_others(head, answers, making.margin)
    return UniformWeights(shape, class_ids, arrays, tuple(half.special for half in halves))


def number_classes(weights: Weights) -> tuple[int, ...]:
    """The id of each class: the token's own where a class is a token, that which ends a text for a decoder's end, else one
    of its own."""
    config = weights.config
    [output] = config.outputs
    free = len(config.vocabulary) + SPECIAL
    tokens = {make_typed_key(token): i for i, token in enumerate(config.vocabulary)}
    if config.end is not None:
        tokens[make_typed_key(config.end)] = free - 1
    found: list[int] = []
    for value in output.classes:
        # A second class of a value is extra.
        known = None if value is None else tokens.pop(make_typed_key(value), None)
        found.append(free if known is None else known)
        free += known is None
    return tuple(found)


def number_labels(weights: Weights) -> tuple[int, ...]:
    """The label of each class: its own number."""
    return tuple(range(len(weights.config.outputs[0].classes)))


def choose_shape(weights: Weights, target: TargetModel, ids: int, making: Making) -> UniformShape:
    """The smallest residual that holds all columns and is heads times their size."""
    config = weights.config
    layers = [
        (layer.heads, layer.d_mlp - sum(len(own) - 1 for own in making.squares.get(number, ())))
        for number, layer in enumerate(config.layers)
    ]
    return choose_uniform_shape(
        PlainSizes(
            config.d_model,
            layers,
            config.max_length + 1,
            making.balanced,
            apart=not making.proxies,
            turns=making.turned is not None,
        ),
        target,
        ids,
    )


def find_alike(config: Config, class_ids: Sequence[int]) -> dict[int, int]:
    """Ids of classes that equal a token but have an id of their own, with that token's: a number of another kind (1.0 and
    1), or a second class of a value. A text goes on behind either in the same way."""
    tokens = {make_number_key(token): i for i, token in enumerate(config.vocabulary)}
    values = zip(class_ids, config.outputs[0].classes, strict=True)
    known = [(i, tokens.get(make_number_key(value))) for i, value in values if value is not None]
    return {i: token for i, token in known if token is not None and i >= len(config.vocabulary)}


def make_number_key(value: Atom) -> tuple[Kind, object]:
    """A key that is equal for the same value, and for equal numbers."""
    kind = find_kind(value)
    return ("float" if kind == "int" else kind), value  # 1 and 1.0 are one key


def embed(
    weights: Weights, target: TargetModel, shape: UniformShape, placing: Placing, alike: Mapping[int, int]
) -> dict[str, np.ndarray]:
    """What ids and positions write; `alike`: ids that write what a token does."""
    plain = weights.arrays["embedding.tokens"]
    rows = np.zeros((shape.ids, plain.shape[1]), plain.dtype)
    rows[: len(plain)] = plain
    rows[[*alike]] = plain[[*alike.values()]]
    tokens = placing.write(rows, shape.ids)
    if not target.biased and placing.first:
        tokens[:, ONE] = placing.shrink
    if target.rotary:
        assert "embedding.positions" not in weights.arrays, "positions have been counted"
        return {"tokens": tokens}
    none = np.zeros((1, weights.config.d_model))
    positions = weights.arrays.get("embedding.positions", none)
    return {"tokens": tokens, "positions": placing.write(positions, shape.positions)}


@dataclass(frozen=True, eq=False)
class LayerUnits:
    """A layer's plain hidden units: arrays (d, u), (u,), (u, d), and the numbers of those that a gate makes squares."""

    up: Array
    bias: Array
    down: Array
    squaring: list[int]


def take_units(weights: Weights, number: int, squares: Sequence[range]) -> LayerUnits:
    """A layer's units, of each range that squares only the first."""
    arrays, prefix, d_model = weights.arrays, f"layers.{number}.mlp", weights.config.d_model
    up = arrays.get(f"{prefix}.up", np.zeros((d_model, 0)))
    bias, down = (
        arrays.get(f"{prefix}.bias", np.zeros(0)),
        arrays.get(f"{prefix}.down", np.zeros((0, d_model))),
    )
    kept = [unit for unit in range(len(bias)) if not any(unit in own[1:] for own in squares)]
    return LayerUnits(up[:, kept], bias[kept], down[kept], [kept.index(own.start) for own in squares])


def look_up(
    units: LayerUnits, shape: UniformShape, placing: Placing, target: TargetModel
) -> dict[str, np.ndarray]:
    """A layer's hidden units. A gate squares what the first of a range of units reads, which does for all of them."""
    up, down = units.up, units.down
    bias = np.zeros(shape.units, np.float32)
    bias[: up.shape[1]] = units.bias * target.scale
    found = {
        "up": placing.read(up * target.scale, shape.units),
        "down": placing.write(down / target.scale, shape.units),
    }
    if target.biased:
        return found | {"up_bias": bias}
    factor, one = np.zeros_like(found["up"]), placing.special
    found["up"][one] += bias / np.float32(placing.number)
    factor[one] = 1.0 / placing.number
    factor[:, units.squaring] = placing.read(up[:, units.squaring], len(units.squaring))
    return found | {"factor": factor}


def center_logits(weights: Weights, middle: int | None) -> tuple[Array, Array]:
    """Matrix and bias of the output, one class's logit taken from all."""
    matrix, bias = spread_unembedding(weights, 0)
    return (matrix, bias) if middle is None else (matrix - matrix[:, [middle]], bias - bias[middle])


@dataclass(frozen=True)
class Answers:
    """The id of each class, of so many ids, and the column that is 1, or another `number`, when answers are read."""

    class_ids: tuple[int, ...]
    ids: int
    one: int
    number: float = 1.0


def unembed(head: tuple[Array, Array], placing: Placing, answers: Answers, reach: float) -> np.ndarray:
    """Logits of the classes at their ids, and such as are far below all of them at the others."""
    (matrix, bias), classes = head, list(answers.class_ids)
    largest = float(np.abs(matrix).max(initial=0.0)) * reach + float(np.abs(bias).max(initial=0.0))
    found = np.zeros((placing.hidden, answers.ids), np.float32)
    found[answers.one] = (-4 * largest - 1) / answers.number
    found[:, classes] = placing.read(matrix, len(classes))
    found[answers.one, classes] += (bias / answers.number).astype(np.float32)
    return found


def choose_one(shape: UniformShape, target: TargetModel, matrix: Array, placing: Placing) -> int:
    """The column that is 1 when answers are read: the balance, or else the first that no answer is read from, of which
    what is compiled without a balance has one. A head of labels has no need of it."""
    if shape.balance is not None:
        return shape.balance
    if target.labels or not target.centred:
        return placing.special
    return shape.first + int(np.flatnonzero(~matrix.any(axis=1))[0])


def lower_others(head: np.ndarray, answers: Answers, margin: float) -> np.ndarray:
    """The same unembedding with the logits of ids that are no class lower by a margin."""
    others = np.ones(head.shape[1])
    others[list(answers.class_ids)] = 0
    head[answers.one] -= (others * margin / answers.number).astype(np.float32)
    return head
