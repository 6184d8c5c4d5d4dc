"""Selectors to scores: the query and key forms of a head."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.block import Group, Scores, SelectMode
from compiler.blocks.form import Form, Vector, add_forms, scale_form
from compiler.limits import PAIRS
from compiler.lowering.choose_factoring import Factorer
from compiler.lowering.reader import Reader
from compiler.lowering.relations import Factoring
from compiler.lowering.score_products import ComparisonScore, ScoreProduct
from compiler.numerics.count_precision import choose_sharpness
from compiler.refusal import make_refusal
from compiler.selector_facts.matching import Matching, build_matching, is_trivial
from compiler.selector_facts.orders import has_distinct_values
from compiler.selector_facts.selector_formula import (
    Comparison,
    Junction,
    Pick,
    list_comparisons,
    list_conjuncts,
)
from compiler.selector_facts.selectors import bound_width
from rasp.graph.nodes import Indices, Node

FINE = 256

Demand = Callable[[Node, Vector, float | None], Form]


class Scorer:
    """Builds scores; `demand` provides forms of features."""

    def __init__(self, analysis: Analysis, reader: Reader, demand: Demand, *, care: int) -> None:
        self.care = care
        self.analysis = analysis
        self.reader = reader
        self.demand = demand
        self.full, self.whole = reader.arithmetic.sharpness, reader.arithmetic.whole
        self.factorer = Factorer(analysis, reader, care=care)

    def score(self, selector: Node, mode: SelectMode, *, strict: bool, alike: bool = False) -> Scores:
        """Forms for one selector. Modes as in `Scores`; `strict` ones need equal logits wherever they select. `alike`: of
        positions with the same score any may be picked, or all."""
        parts = list_conjuncts(selector)
        pick = next((p for p in parts if isinstance(p, Pick)), None)
        if pick is not None:
            assert len(parts) == 1, "a best inside a selector has been replaced before lowering"
            return self.best(pick.node, mode, alike=alike)
        sharpness = self.sharpness(mode, selector)
        compared, sharpness, top = self.conjunction(selector, mode, sharpness, 0.0, strict=strict)
        return self.assemble(selector, compared, mode, sharpness, top)

    def score_own_position(self, logits: Vector) -> Scores:
        """Forms for one's own position, which scores 0, and BOS, which scores `logits[i]` at position i: in a column of its
        own, to which nothing else is added."""
        indices = self.analysis.graph.add(Indices())
        itself = Comparison("==", indices, indices)
        match = build_matching(self.analysis, itself)
        factoring = self.factorer.cheapest(match, 1.0, with_bos=True, strict=True, rewarded=False)
        compared = self.score_comparison(match, factoring, self.full)
        own, attend = (None, None) if self.analysis.causal else (0.0, 2 * self.full)
        queries = [product.query.at_bos(own) for product in compared.products]
        keys = [product.key.at_bos(0.0) for product in compared.products]
        bos, largest = self.demand(indices, logits, None).at_bos(attend), float(logits.max())
        groups = (
            Group(compared.kind, tuple(range(len(queries))), compared.pair, compared.query, compared.key),
            Group("bos", (len(queries),), largest, largest, 1.0),
        )
        return Scores((*queries, bos), (*keys, Form({}, 0.0, 1.0)), groups, "divide", self.full, 1)

    def sharpness(self, mode: SelectMode, selector: Node) -> float:
        """Distance between the logits of selected and unselected positions.

        Twice as much where BOS has to stand half way between them. Less for counts: each unselected position then adds
        a little to the count, but errors of the logits weigh less, so less still with `care` where there are any.
        """
        match mode:
            case "default":
                return 2 * self.full
            case "count":
                careful = self.care and self.is_inexact(selector)
                return self.reader.precision.least_sharpness if careful else self.full / 2
            case "excluded":
                return self.full
            case _:
                assert_never(mode)

    def is_inexact(self, selector: Node) -> bool:
        """Whether a selector compares numbers that rounding has disturbed."""
        atoms = [atom for part in list_conjuncts(selector) for atom in list_comparisons(part)]
        return any(
            self.factorer.form_noise(atom.key) + self.factorer.form_noise(atom.query) > 0 for atom in atoms
        )

    def best(self, node: Node, mode: SelectMode, *, alike: bool) -> Scores:
        """Selected positions score their rank; an unselected one loses more than all ranks together. Ties are broken by the
        position, unless those are too many ranks, and ties are `alike`."""
        selector, score = node.args
        domain = self.analysis.domain(score)
        ranks: Vector = domain.numbers() - domain.numbers().min()
        tie = 0 if has_distinct_values(self.analysis, score) else self.analysis.max_length
        step = self.sharpness(mode, selector)
        different = len(np.unique(ranks)) == len(set(domain.values))
        faithful = domain.is_numeric and different and bool((ranks == np.round(ranks)).all())
        if not faithful or step * 8 * float(ranks.max()) * max(tie, 1) > self.whole:
            ranks = domain.ranks()
        top = float(ranks.max()) * max(tie, 1) + tie
        shared = bool(tie) and alike and choose_sharpness(step, top * step) * 4 > self.whole
        if shared:
            tie, top = 0, float(ranks.max())
        if choose_sharpness(step, top * step) * 4 > self.whole:
            raise make_refusal(
                self.analysis.graph,
                score,
                f"`best` would have to rank {top:.3g} combinations of score and position",
                "use a score with fewer values, or compile for a shorter length",
            )
        rank = self.demand(score, ranks * max(tie, 1), None)
        if tie:
            indices = self.analysis.graph.add(Indices())
            rank = add_forms(rank, self.demand(indices, np.arange(tie, dtype=float), None))
        order = ComparisonScore(
            "order", (ScoreProduct(Form({}, step), rank),), top * step, step, top, alone=not shared
        )
        compared, sharpness, whole = self.conjunction(selector, mode, step, top * step, strict=False)
        return self.assemble(selector, [*compared, order], mode, sharpness, whole)

    def conjunction(
        self, selector: Node, mode: SelectMode, step: float, top: float, *, strict: bool
    ) -> tuple[list[ComparisonScore], float, float]:
        """Columns of all parts side by side (their scores add), how far a position falls that they reject, and how high
        one can score that they select.

        `top` is what `best` adds to that: it may not make up for a part that rejects. Without it, and unless `strict`, one
        order may be told by a threshold, whose score then counts as such.
        """
        matches: list[Matching] = []
        for part in list_conjuncts(selector):
            assert isinstance(part, Comparison | Junction)
            match = build_matching(self.analysis, part)
            if not is_trivial(match):
                matches.append(match)
        with_bos = mode != "excluded"
        compared: list[ComparisonScore] = []
        if not strict and not top and (found := self.factorer.ordered(matches, with_bos=with_bos)):
            match, factoring = found
            if choose_sharpness(step, step * factoring.top) * 4 <= self.whole:
                alone = has_distinct_values(self.analysis, match.key) and factoring.injective
                compared.append(replace(self.score_comparison(match, factoring, step), alone=alone))
                top = step * factoring.top
                matches = [other for other in matches if other is not match]
        scale = choose_sharpness(step, top)
        for match in matches:
            factoring = self.factorer.cheapest(match, scale / step, with_bos=with_bos, strict=strict)
            compared.append(self.score_comparison(match, factoring, scale))
        return compared, scale, top

    def score_comparison(self, match: Matching, factoring: Factoring, sharpness: float) -> ComparisonScore:
        """Forms for a factoring."""
        found: list[ScoreProduct] = []
        for factor in factoring.factors:
            constant = float(factor.query[0]) if np.ptp(factor.query) == 0 else None
            query = scale_form(self.demand(match.query, factor.query, None), sharpness)
            key = self.demand(match.key, factor.key, None)
            self.factorer.take(query)
            self.factorer.take(key)
            span = (float(factor.key.min()), float(factor.key.max()))
            found.append(ScoreProduct(query, key, None if constant is None else constant * sharpness, span))
        queries = (
            np.abs(np.stack([f.query for f in factoring.factors], axis=1)) * sharpness
        )  # (values, columns)
        keys = np.abs(np.stack([f.key for f in factoring.factors]))  # (columns, values)
        kind = "quadratic" if factoring.kind == "quadratic" else "plain"
        sizes = (bound_products(queries, keys), queries.sum(axis=1).max(), keys.sum(axis=0).max())
        return ComparisonScore(kind, tuple(found), *map(float, sizes), reward=factoring.reward * sharpness)

    def assemble(
        self, selector: Node, compared: list[ComparisonScore], mode: SelectMode, sharpness: float, top: float
    ) -> Scores:
        """Add BOS: by a column of its own, or in a column whose query is constant, where there is one.

        Every other column is 0 at BOS's key; under full attention also at its query, so that BOS selects itself and
        what heads deliver at BOS is a known constant.
        """
        products = [product for score in compared for product in score.products]
        target = self.bos_score(products, mode, sharpness, top) + sum(score.reward for score in compared)
        own = None if self.analysis.causal else 0.0
        queries = [c.query.at_bos(own) for c in products]
        keys = [c.key.at_bos(0.0) for c in products]
        groups: list[Group] = []
        first = 0
        for score in compared:
            numbers = tuple(range(first, first + len(score.products)))
            groups.append(Group(score.kind, numbers, score.pair, score.query, score.key))
            first += len(numbers)
        for number, product in enumerate(products):
            folded = self.fold(product, target)
            if folded is not None:
                queries[number], keys[number] = folded
                break
        else:
            attend = None if self.analysis.causal else 2 * max(sharpness, self.full)
            queries.append(Form({}, target, attend))
            keys.append(Form({}, 0.0, 1.0))
            groups.append(Group("bos", (first,), abs(target), abs(target), 1.0))
        sharing = 1 if any(score.alone for score in compared) else bound_width(self.analysis, selector)
        return Scores(tuple(queries), tuple(keys), tuple(groups), mode, sharpness, sharing)

    def bos_score(
        self, products: list[ScoreProduct], mode: SelectMode, sharpness: float, top: float
    ) -> float:
        match mode:
            case "count":
                return self.reader.precision.count_logit
            case "default":
                return -self.full
            case "excluded":
                widest = sum(max(abs(low), abs(high)) for c in products for low, high in [c.key_range])
                return -(2.0 ** np.ceil(np.log2(sharpness * (4 * widest + 4) + top)))
            case _:
                assert_never(mode)

    def fold(self, product: ScoreProduct, target: float) -> tuple[Form, Form] | None:
        """BOS's score through a product whose query is the same everywhere: the key at BOS is chosen to give it.

        Under full attention BOS's own row has to select BOS too (its results have to be known constants), so BOS's
        key must lie outside the range of the others.
        """
        if not product.constant_query:
            return None
        at_bos = target / product.constant_query
        if at_bos * FINE != round(at_bos * FINE):  # it would make the whole product too fine to stay exact
            return None
        if self.analysis.causal:
            return product.query, product.key.at_bos(at_bos)
        low, high = product.key_range
        away = max(low - at_bos, at_bos - high)
        if away < 0.5:
            return None
        pull = float(2.0 ** np.ceil(np.log2(2 * self.full / away))) * (-1.0 if at_bos < low else 1.0)
        return product.query.at_bos(pull), product.key.at_bos(at_bos)


def bound_products(queries: Vector, keys: Vector) -> float:
    """The largest product of a row and a column; of very many, a number that none exceeds."""
    if len(queries) * keys.shape[1] <= PAIRS.most:
        return float((queries @ keys).max())
    return float(queries.max(axis=0) @ keys.max(axis=1))
