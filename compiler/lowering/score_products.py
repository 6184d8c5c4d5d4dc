"""What a score is the sum of, while BOS has no part in it yet: products of a query form and a key form."""

from dataclasses import dataclass

from compiler.blocks.block import GroupKind, SelectMode
from compiler.blocks.form import Form


@dataclass(frozen=True)
class SelectorUse:
    """What a head's selector is for. Modes as in `Scores`; `strict` ones need equal logits wherever they select. `alike`:
    of positions with the same score any may be picked, or all. `closed`: BOS has to select itself, for its results to be
    known."""

    mode: SelectMode
    strict: bool
    alike: bool = False
    closed: bool = False


@dataclass(frozen=True, eq=False)
class ScoreProduct:
    """One product of a score: a query form and a key form with what they may be at BOS still open."""

    query: Form
    key: Form
    constant_query: float | None = None
    constant_key: float | None = None
    key_range: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class ComparisonScore:
    """What one comparison adds to a score. `alone`: no two positions score alike by it."""

    kind: GroupKind
    products: tuple[ScoreProduct, ...]
    pair: float
    query: float
    key: float
    reward: float = 0.0
    alone: bool = False
    spread: float = 0.0
    edge: float = 0.0
