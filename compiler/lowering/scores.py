"""Selectors to scores: the query and key forms of a head."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.block import Group, Scores
from compiler.blocks.form import TURNING, Form, Variable, Vector, add_forms, scale_form
from compiler.domains.domain import has_whole
from compiler.factorings.relations import Bit, Factoring
from compiler.factorings.turning import Wave, list_by_position, list_turns, make_order
from compiler.lowering.bos_scores import BosScorer
from compiler.lowering.choose_factoring import Factorer, Need
from compiler.lowering.score_products import ComparisonScore, ScoreProduct, SelectorUse
from compiler.numerics.count_precision import choose_sharpness
from compiler.numerics.largest_product import bound_products
from compiler.reading.building_style import Style
from compiler.reading.carries import read_bit
from compiler.reading.reader import Reader
from compiler.refusal import make_refusal
from compiler.selector_facts.matching import Matching, build_matching
from compiler.selector_facts.orders import has_distinct_values
from compiler.selector_facts.selector_formula import (
    Comparison,
    Pick,
    list_comparisons,
    list_conjuncts,
)
from compiler.selector_facts.selectors import bound_width
from compiler.targets.target import find_target
from rasp.graph.nodes import Indices, Node

COLUMN_WORK, PRODUCT_WORK = 12, 1 / 48
"""A number of a column of a head, and one of a product of two numbers, in cells (`compiler/effort.py`)."""
Demand = Callable[[Node, Vector, float | None], Form]
HEAD_WORK = 50_000
"""Choosing the scores of one selector, besides its values, in cells (`compiler/effort.py`)."""


class Scorer:
    """Builds scores; `demand` provides forms of features, `demand_form` those of forms."""

    def __init__(
        self,
        analysis: Analysis,
        reader: Reader,
        demand: Demand,
        demand_form: Callable[[Form], Form],
        style: Style,
    ) -> None:
        self.care, self.turning = style.care, style.turning
        self.demand_form = demand_form
        self.analysis = analysis
        self.reader = reader
        self.demand = demand
        self.full, self.whole = reader.arithmetic.sharpness, reader.arithmetic.whole
        self.factorer = Factorer(analysis, reader, style)
        apart = style.marked and not find_target(analysis.options).wide
        self.bos = BosScorer(self.full, reader.precision.count_logit, style.squares, apart, style.marked)

    def score(self, selector: Node, use: SelectorUse) -> Scores:
        """Forms for one selector."""
        self.analysis.effort.spend(self.analysis.graph, selector, HEAD_WORK, "scores")
        parts = list_conjuncts(selector)
        pick = next((p for p in parts if isinstance(p, Pick)), None)
        if pick is not None:
            assert len(parts) == 1, "a best inside a selector has been replaced before lowering"
            return self.best(pick.node, use)
        sharpness = self.sharpness(use, selector)
        compared, sharpness, top = self.conjunction(selector, use, sharpness, 0.0)
        return self.assemble(selector, compared, use, sharpness, top)

    def score_own_position(self, logits: Vector) -> Scores:
        """Forms for one's own position, which scores 0, and BOS, which scores `logits[i]` at position i: in a column of its
        own, to which nothing else is added."""
        indices = self.analysis.graph.add(Indices())
        itself = Comparison("==", indices, indices)
        match = build_matching(self.analysis, itself)
        factoring = self.factorer.cheapest(match, Need(strict=True, rewarded=False))
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

    def sharpness(self, use: SelectorUse, selector: Node) -> float:
        """Distance between the logits of selected and unselected positions.

        Twice as much where BOS has to stand half way between them. Less for counts: each unselected position then adds
        a little to the count, but errors of the logits weigh less, so less still with `care` where there are any, and where
        powers of two tell an order, which then take up less room.
        """
        match use.mode:
            case "default":
                return 2 * self.full
            case "count":
                careful = self.factorer.powers > 0 or (self.care and self.is_inexact(selector))
                return self.reader.precision.least_sharpness if careful else self.full / 2
            case "excluded":
                return self.full / 2 if self.factorer.powers and use.strict else self.full
            case _:
                assert_never(use.mode)

    def is_inexact(self, selector: Node) -> bool:
        """Whether a selector compares numbers that rounding has disturbed."""
        atoms = [atom for part in list_conjuncts(selector) for atom in list_comparisons(part)]
        return any(
            self.factorer.form_noise(atom.key) + self.factorer.form_noise(atom.query) > 0 for atom in atoms
        )

    def is_disturbed(self, matches: list[Matching]) -> bool:
        """Whether other parts of a conjunction would be too inexact at the scale that a threshold needs."""
        if any(map(self.factorer.is_carried, matches)):
            return True
        if not self.care or not self.reader.precision.reading:
            return False
        return any(
            self.factorer.form_noise(match.query) + self.factorer.form_noise(match.key) for match in matches
        )

    def best(self, node: Node, use: SelectorUse) -> Scores:
        """Selected positions score their rank; an unselected one loses more than all ranks together. Ties are broken by the
        position, unless those are too many ranks, and ties are `alike`."""
        selector, score = node.args
        domain = self.analysis.domain(score)
        ranks: Vector = domain.numbers() - domain.numbers().min()
        tie = 0 if has_distinct_values(self.analysis, score) else self.analysis.max_length
        step = self.sharpness(use, selector)
        different = len(np.unique(ranks)) == len(set(domain.values))
        faithful = domain.is_numeric and different and has_whole(ranks)
        if not faithful or step * 8 * float(ranks.max()) * max(tie, 1) > self.whole:
            ranks = domain.ranks()
        wave = self.find_wave(score, tied=bool(tie))
        times, spread = measure_ties(tie, wave)
        top = float(ranks.max()) * times + spread
        shared = bool(tie) and use.alike and choose_sharpness(step, top * step) * 4 > self.whole
        if shared:
            tie, wave, times, top = 0, None, 1, float(ranks.max())
        if choose_sharpness(step, top * step) * 4 > self.whole:
            raise make_refusal(
                self.analysis.graph,
                score,
                f"`best` would have to rank {top:.3g} combinations of score and position",
                "use a score with fewer values, or compile for a shorter length",
            )
        orders = [] if wave is None else [self.turn(wave, step)]
        if times:
            rank, most = self.demand(score, ranks * times, None), float(ranks.max()) * times
            if tie and wave is None:
                indices = self.analysis.graph.add(Indices())
                rank, most = add_forms(rank, self.demand(indices, np.arange(tie, dtype=float), None)), top
            product = ScoreProduct(Form({}, step), rank)
            alone = wave is None and not shared
            orders.append(ComparisonScore("order", (product,), most * step, step, most, alone=alone))
        compared, sharpness, whole = self.conjunction(selector, replace(use, strict=False), step, top * step)
        scores = self.assemble(selector, [*compared, *orders], use, sharpness, whole)
        return replace(scores, step=step, distinct=wave is None and not shared)

    def find_wave(self, score: Node, *, tied: bool) -> Wave | None:
        """By how far a position is away, what `best` goes by, or what breaks its ties, where heads turn; None where that
        is not the order of positions."""
        if not self.turning or not self.analysis.causal:
            return None
        ranks = np.arange(length := self.analysis.max_length)
        if not tied:
            codes = list_by_position(self.analysis, score)
            ranks = ranks[:0] if codes is None else self.analysis.domain(score).ranks()[codes]
        rises = np.diff(ranks)
        if len(ranks) < length or not ((rises > 0).all() or (rises < 0).all()):
            return None
        wave = make_order(length, latest=bool((rises > 0).all()))
        return wave if self.factorer.bound_turned(wave.size) < 1 / 4 else None

    def conjunction(
        self, selector: Node, use: SelectorUse, step: float, top: float
    ) -> tuple[list[ComparisonScore], float, float]:
        """Columns of all parts side by side (their scores add), how far a position falls that they reject, and how high
        one can score that they select.

        `top` is what `best` adds to that: it may not make up for a part that rejects. Without it, and unless `strict`, one
        order may be told by a threshold, whose score then counts as such; with care, and norms, not beside what is inexact.
        """
        matches = self.factorer.list_matches(selector)
        with_bos, strict = use.mode != "excluded", use.strict
        compared: list[ComparisonScore] = []
        thresholds = not (strict or top or self.is_disturbed(matches))
        if thresholds and (found := self.factorer.ordered(matches, with_bos=with_bos)):
            match, factoring = found
            if choose_sharpness(step, step * factoring.top) * 4 <= self.whole:
                alone = has_distinct_values(self.analysis, match.key) and factoring.injective
                compared.append(replace(self.score_comparison(match, factoring, step), alone=alone))
                top = step * factoring.top
                matches = [other for other in matches if other is not match]
        scale = choose_sharpness(step, top)
        rough = False
        for match in sorted(matches, key=lambda match: self.factorer.number_for_powers(match) is None):
            spread = self.bearable(match, use) / scale
            need = Need(scale / step, with_bos=with_bos, strict=strict, spread=spread, rough=rough)
            factoring = self.factorer.cheapest(match, need)
            rough = rough or factoring.kind == "powers"
            compared.append(self.score_comparison(match, factoring, scale))
        return compared, scale, top

    def bearable(self, match: Matching, use: SelectorUse) -> float:
        """How much less selected positions may score: in a count `powers` together, be it N of them or the only one with
        such a value; in a mean that part of what two differ by at least; otherwise they only have to win."""
        length, powers = self.analysis.max_length, self.factorer.powers
        alone = has_distinct_values(self.analysis, match.key)
        if use.mode == "count":
            return powers if alone else powers / length
        if use.strict:
            return (4 if alone else 1) * powers / length**2
        return powers

    def score_comparison(self, match: Matching, factoring: Factoring, sharpness: float) -> ComparisonScore:
        """Forms for a factoring."""
        if factoring.wave is not None:
            return self.turn(factoring.wave, sharpness)
        work = COLUMN_WORK * sum(match.shape) + PRODUCT_WORK * match.size
        self.analysis.effort.spend(self.analysis.graph, match.query, len(factoring.factors) * work, "scores")
        in_powers = factoring.kind == "powers"
        columns = self.factorer.prices.columns
        found: list[ScoreProduct] = []
        for factor in factoring.factors:
            query = scale_form(self.demand_side(match.query, factor.query, factor.bit), sharpness)
            key = self.demand_side(match.key, factor.key, factor.bit)
            columns.take(query)
            columns.take(key)
            # Whatever powers of two are, a selected pair gets nothing to speak of from them.
            span = (0.0, 0.0) if in_powers else (float(factor.key.min()), float(factor.key.max()))
            constants = find_constant(factor.query * sharpness), find_constant(factor.key)
            found.append(ScoreProduct(query, key, *constants, span))
        # (values, columns) and (columns, values)
        queries = np.abs(np.stack([f.query for f in factoring.factors], axis=1)) * sharpness
        keys = np.abs(np.stack([f.key for f in factoring.factors]))
        kind = "plain" if factoring.kind == "digits" else factoring.kind
        pair = sharpness if in_powers else bound_products(queries, keys)
        sizes = pair, queries.sum(axis=1).max(), keys.sum(axis=0).max()
        reward, spread, edge = factoring.reward * sharpness, factoring.spread * sharpness, 0.0
        if spread and has_distinct_values(self.analysis, match.key):
            spread, edge = 0.0, factoring.together * sharpness
        return ComparisonScore(
            kind, tuple(found), *map(float, sizes), reward=reward, spread=spread, edge=edge
        )

    def demand_side(self, node: Node, vector: Vector, bit: Bit | None) -> Form:
        """The form of one side of a column."""
        form = None if bit is None else read_bit(self.reader, node, bit, vector)
        return self.demand(node, vector, None) if form is None else self.demand_form(form)

    def turn(self, wave: Wave, sharpness: float) -> ComparisonScore:
        """Forms for what a distance scores."""
        indices, turns = self.analysis.graph.add(Indices()), list_turns(wave.length)
        own = [Variable(indices, role) for role in TURNING]
        found: list[ScoreProduct] = []
        for key, shares in zip(own, wave.queries, strict=True):
            parts = {v: share * sharpness * turns[v.role] for v, share in zip(own, shares, strict=True)}
            query = self.demand_form(Form(parts))
            found.append(ScoreProduct(query, self.demand_form(Form({key: turns[key.role]}))))
        size, length = wave.size * sharpness, math.sqrt(2)
        reward, alone = wave.least * sharpness, wave.most > wave.least
        return ComparisonScore("plain", tuple(found), size, length * size, length, reward=reward, alone=alone)

    def assemble(
        self, selector: Node, compared: list[ComparisonScore], use: SelectorUse, sharpness: float, top: float
    ) -> Scores:
        """All comparisons together, with BOS."""
        sharing = 1 if any(score.alone for score in compared) else bound_width(self.analysis, selector)
        return self.bos.assemble(compared, use, sharpness, top, sharing)


def find_constant(vector: Vector) -> float | None:
    """The number that all of a vector's are; None where they differ."""
    return None if np.ptp(vector) else float(vector[0])


def measure_ties(tie: int, wave: Wave | None) -> tuple[int, float]:
    """How far apart ranks are, and what all positions of one rank score more than the least at most; `tie`: positions that
    break ties, if there are such. The order of positions needs no ranks where a wave tells it."""
    if wave is None:
        return max(tie, 1), tie
    spread = wave.most - wave.least
    return math.ceil(spread + 1) if tie else 0, spread
