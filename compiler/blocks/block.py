"""Blocks: what a layer is made of, before it has a layer. Heads and look-ups, reading forms and writing variables."""

import math
from dataclasses import dataclass
from typing import Literal

from compiler.blocks.basis import Basis
from compiler.blocks.form import TURNING, Form, Variable, Vector
from compiler.blocks.staircase import Staircase
from compiler.domains.domain import Ints
from rasp.graph.nodes import Node

MARK = Form({}, 1.0, 0.0)
"""What stands for all positions but BOS: queries and keys that turn are made of it (`compiler/stock/turned_heads.py`)."""

GroupKind = Literal["quadratic", "plain", "order", "powers", "bos"]
SelectMode = Literal["count", "default", "excluded"]
BosMode = Literal[SelectMode, "divide"]


@dataclass(frozen=True)
class Group:
    """Columns of a head that score one comparison, and how large their products get.

    `kind`: "quadratic" (columns 2q·k, -k², perhaps -q²), "plain" (one column for each kind of row or column), "order"
    (the rank that `best` goes by) or "bos". For the values that occur: `pair` is the largest sum of |query · key| over
    the columns, `query` and `key` the largest sum of |query| and of |key|. Of "powers" `pair` is what the least of the
    others score; `spread` is how much less any selected pair may score, `edge` all of one query together.
    """

    kind: GroupKind
    columns: tuple[int, ...]
    pair: float
    query: float
    key: float
    spread: float = 0.0
    edge: float = 0.0


@dataclass(frozen=True, eq=False)
class Scores:
    """Query and key forms of a head, column by column, and how BOS takes part.

    score(q, k) = sum of queries[c] at q times keys[c] at k: 0 for selected positions (up to a row's own constant),
    at most -sharpness for others. `mode`: "count" (BOS far above, to normalise), "default" (BOS wins only where
    nothing is selected), "excluded" (BOS never wins) or "divide" (BOS shares with one position, by a score of its own for
    each row, in the last column). `sharing`: how many positions can have the highest score of a row. Where `best` ranks
    positions two ranks are `step` apart, and no two positions share one if they are `distinct`.
    """

    queries: tuple[Form, ...]
    keys: tuple[Form, ...]
    groups: tuple[Group, ...]
    mode: BosMode
    sharpness: float
    sharing: int
    step: float = math.inf
    distinct: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether it is said what BOS's query is, so that what the head brings to BOS is known."""
        return any(form.bos is not None for form in self.queries)


@dataclass(frozen=True, eq=False)
class Head:
    """One attention head for one selector; `values[c]` goes, times `gains[c]`, to feature `targets[c]`."""

    selector: Node
    scores: Scores
    values: tuple[Form, ...]
    gains: tuple[float, ...]
    targets: tuple[tuple[Variable, int], ...]

    @property
    def forms(self) -> tuple[Form, ...]:
        """What it reads."""
        mark = (MARK,) if self.turning else ()
        return (*self.scores.queries, *self.scores.keys, *self.values, *mark)

    @property
    def turning(self) -> int:
        """How many of its columns score by how far a position is turned."""
        return sum(any(v.role in TURNING for v in form.parts) for form in self.scores.keys)


@dataclass(frozen=True, eq=False)
class LookupBlock:
    """Hidden units that write a look-up variable: relu(slope * form + offset), heights to the variable's features.

    With a `grain` the form's sum is rounded to multiples of it, by an anchor that is among its parts, and that its constant
    takes away again. `one` is 1 everywhere, for a staircase with shifts; then the form has no constant. Where it `squares`
    the form, which is 0 or more, its first unit stands for all, multiplied by what it reads.
    """

    variable: Variable
    form: Form
    stairs: Staircase
    grain: float = 0.0
    one: Form | None = None
    squares: bool = False

    @property
    def units(self) -> int:
        """Hidden units that it takes in its target."""
        return 1 if self.squares else self.stairs.units

    @property
    def forms(self) -> tuple[Form, ...]:
        """What it reads."""
        return (self.form,) if self.one is None else (self.form, self.one)

    @property
    def is_anchored(self) -> bool:
        """Whether its units round by an anchor, so that their bias has to be added last."""
        return bool(self.grain) or self.stairs.shifts is not None


@dataclass(frozen=True)
class Features:
    """The columns that carry a variable: vector k of the basis, by code of its domain, and what it holds at BOS."""

    basis: Basis
    at_bos: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Readout:
    """An output: the number `form`, decoded by the nearest of `centers`; `codes[k]` is the domain code that center k means.

    Several centers may mean the same value. With `hot`, form k of them is 1 for center k and 0 for all others, and
    the largest wins. `nearest`: the centers are the values, so that the number is all that the model has to give;
    `described`: they are too many to be listed.
    """

    name: str
    node: Node
    form: Form
    centers: Vector
    codes: Ints
    margin: float
    hot: tuple[Form, ...] = ()
    nearest: bool = False
    described: bool = False

    @property
    def forms(self) -> tuple[Form, ...]:
        """What is read at the end."""
        return self.hot or (self.form,)


@dataclass(frozen=True)
class Choice:
    """Something that could have been built in several ways: what each would cost, in hidden units for a look-up of `of`,
    in columns for a comparison of a key and a query, or at least, where its own are more than the best costs in all.
    None: it would not be exact.
    """

    kind: Literal["look-up", "comparison"]
    of: tuple[Node, ...]
    costs: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, eq=False)
class Blocks:
    """Everything a model consists of, unscheduled.

    `moved`: the aggregates whose heads deliver single values, or equal ones; `single`: those of them that never average.
    `needed`: the look-ups of what no linear form gives. `choices` tell what else was thought of. `carried`: look-ups carry
    digits, for which each reads columns of its own rather than sums of several.
    """

    heads: tuple[Head, ...]
    lookups: tuple[LookupBlock, ...]
    features: dict[Variable, Features]
    readouts: tuple[Readout, ...]
    moved: frozenset[Node]
    single: frozenset[Node]
    needed: frozenset[Variable]
    choices: tuple[Choice, ...] = ()
    carried: bool = False
