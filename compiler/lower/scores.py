"""Selectors to scores: the query and key forms of a head."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compiler.analysis.formula import Comparison, Junction, Pick, conjuncts
from compiler.analysis.infer import Analysis
from compiler.analysis.refusal import refuse
from compiler.analysis.selectors import distinct, unique
from compiler.emit.precision import SHARPNESS, UNIT
from compiler.lower.blocks import Scores
from compiler.lower.form import Form, Vector, added, scaled
from compiler.lower.relations import Factoring, Matching, factorings, is_trivial, matching
from compiler.lower.values import Reader
from rasp.graph import Indices, Node

EXACT = 2.0**24
WEIGHT_ERROR = 0.02
"""Relative error of attention weights that a count or mean tolerates, times the number of positions."""
TABLE_PRICE = 6

Demand = Callable[[Node, Vector, float | None], Form]


@dataclass(frozen=True)
class Column:
    """One product of a score: a query form and a key form with what they may be at BOS still open."""

    query: Form
    key: Form
    constant_query: float | None = None
    key_range: tuple[float, float] = (0.0, 0.0)


class Scorer:
    """Builds scores; `demand` provides forms of features."""

    def __init__(self, analysis: Analysis, reader: Reader, demand: Demand) -> None:
        self.analysis = analysis
        self.reader = reader
        self.demand = demand

    def score(self, selector: Node, mode: str) -> Scores:
        """Forms for one selector. Modes as in `Scores`."""
        parts = conjuncts(selector)
        pick = next((p for p in parts if isinstance(p, Pick)), None)
        if pick is not None:
            assert len(parts) == 1, "a best inside a selector has been replaced before lowering"
            return self.best(pick.node, mode)
        return self.assemble(self.conjunction(selector, mode), mode, SHARPNESS, 0.0)

    def best(self, node: Node, mode: str) -> Scores:
        """Selected positions score their rank; an unselected one loses more than all ranks together."""
        selector, score = node.args
        ranks = self.analysis.domain(score).numbers()
        if not (ranks == np.round(ranks)).all():
            ranks = np.arange(len(ranks), dtype=float)
        ranks = ranks - ranks.min()
        tie = 0 if distinct(self.analysis, score) else self.analysis.max_length
        top = float(ranks.max()) * max(tie, 1) + tie
        sharpness = SHARPNESS * (top + 2)
        if sharpness * 4 > EXACT:
            raise refuse(
                self.analysis.graph, score, f"`best` would have to rank {top:.3g} combinations of score and position",
                "use a score with fewer values, or compile for a shorter length",
            )
        rank = self.demand(score, ranks * max(tie, 1), None)
        if tie:
            indices = self.analysis.graph.add(Indices())
            rank = added(rank, self.demand(indices, np.arange(tie, dtype=float), None))
        order = Column(Form({}, SHARPNESS), rank, None)
        return self.assemble([*self.conjunction(selector, mode, sharpness), order], mode, sharpness, top * SHARPNESS)

    def conjunction(self, selector: Node, mode: str, sharpness: float = SHARPNESS) -> list[Column]:
        """Columns of all parts side by side: their scores add."""
        strict = not unique(self.analysis, selector)
        columns: list[Column] = []
        for part in conjuncts(selector):
            assert isinstance(part, Comparison | Junction)
            match = matching(self.analysis, part)
            if is_trivial(match):
                continue
            factoring = self.cheapest(match, with_bos=mode != "excluded", strict=strict)
            columns += self.columns(match, factoring, sharpness)
        return columns

    def cheapest(self, match: Matching, *, with_bos: bool, strict: bool) -> Factoring:
        """The factoring with the fewest columns, a table counting as several."""
        domains = self.analysis.domain(match.query), self.analysis.domain(match.key)
        numbers = (domains[0].numbers(), domains[1].numbers())
        allowed = [
            f for f in factorings(match, numbers, with_bos=with_bos) if self.accurate(match, f, strict=strict)
        ]
        return min(allowed, key=lambda f: self.price(match, f))

    def price(self, match: Matching, factoring: Factoring) -> float:
        tables = sum(
            any(self.reader.read(node, vector) is None for vector in vectors)
            for node, vectors in (
                (match.query, [f.query for f in factoring.factors]),
                (match.key, [f.key for f in factoring.factors]),
            )
        )
        return len(factoring.factors) + TABLE_PRICE * tables

    def accurate(self, match: Matching, factoring: Factoring, *, strict: bool) -> bool:
        """Whether rounding leaves a quadratic score good enough: equal logits for `strict` heads, a gap for others."""
        if not factoring.quadratic:
            return True
        reach = factoring.reach
        query, key = self.form_noise(match.query), self.form_noise(match.key)
        rounding = 4 * reach**2 * UNIT * SHARPNESS
        if strict:
            error = SHARPNESS * 2 * reach * (query + key) + (rounding if query + key or rounding > 1 else 0.0)
            return error * self.analysis.max_length < WEIGHT_ERROR
        # A wrong query moves the scores of k and k + 1 apart by twice its error; a wrong key by that times the query.
        return SHARPNESS * (2 * query + 4 * reach * key) + rounding < SHARPNESS / 4

    def form_noise(self, node: Node) -> float:
        form = self.reader.form(node)
        if form is not None:
            return form.noise
        leaves = self.analysis.leaves(node)
        if len(leaves) == 1 and self.reader.is_free(leaves[0]):
            return 0.0
        return self.reader.table_noise(node, self.analysis.domain(node).numbers())

    def columns(self, match: Matching, factoring: Factoring, sharpness: float) -> list[Column]:
        """Forms for a factoring; every column is 0 at BOS's key."""
        found: list[Column] = []
        for factor in factoring.factors:
            constant = float(factor.query[0]) if np.ptp(factor.query) == 0 else None
            query = scaled(self.demand(match.query, factor.query, None), sharpness)
            key = self.demand(match.key, factor.key, None)
            span = (float(factor.key.min()), float(factor.key.max()))
            found.append(Column(query, key, None if constant is None else constant * sharpness, span))
        return found

    def assemble(self, columns: list[Column], mode: str, sharpness: float, top: float) -> Scores:
        """Add BOS: by a column of its own, or in a column whose query is constant, where there is one."""
        target = self.bos_score(columns, mode, sharpness, top)
        own = None if self.analysis.causal else 0.0
        for place, column in enumerate(columns):
            folded = self.fold(column, target)
            if folded is None:
                continue
            rest = [c for k, c in enumerate(columns) if k != place]
            queries = [c.query.at_bos(own) for c in rest] + [folded[0]]
            keys = [c.key.at_bos(0.0) for c in rest] + [folded[1]]
            return Scores(tuple(queries), tuple(keys), mode)
        attend = None if self.analysis.causal else 2 * sharpness
        queries = [c.query.at_bos(own) for c in columns] + [Form({}, target, attend)]
        keys = [c.key.at_bos(0.0) for c in columns] + [Form({}, 0.0, 1.0)]
        return Scores(tuple(queries), tuple(keys), mode)

    def bos_score(self, columns: list[Column], mode: str, sharpness: float, top: float) -> float:
        match mode:
            case "count":
                return self.reader.precision.count_logit
            case "default":
                return self.reader.precision.bos_default
            case _:
                widest = sum(max(abs(low), abs(high)) for c in columns for low, high in [c.key_range])
                return -(2.0 ** np.ceil(np.log2(sharpness * (4 * widest + 4) + top)))

    def fold(self, column: Column, target: float) -> tuple[Form, Form] | None:
        """BOS's score through a column whose query is the same everywhere: the key at BOS is chosen to give it.

        Under full attention BOS's own row has to select BOS too (its results have to be known constants), so BOS's
        key must lie outside the range of the others.
        """
        if column.constant_query is None:
            return None
        at_bos = target / column.constant_query
        if self.analysis.causal:
            return column.query, column.key.at_bos(at_bos)
        low, high = column.key_range
        away = max(low - at_bos, at_bos - high)
        if away < 0.5:
            return None
        pull = 2 * SHARPNESS / away * (-1.0 if at_bos < low else 1.0)
        return column.query.at_bos(pull), column.key.at_bos(at_bos)
