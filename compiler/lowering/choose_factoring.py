"""Which factoring of a comparison a head takes: the cheapest of those that the arithmetic carries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.analysis.position_bounds import bound_number
from compiler.blocks.block import Choice
from compiler.blocks.form import Vector
from compiler.domains.ranked import Ranked
from compiler.factorings.powers import factor_by_powers
from compiler.factorings.relations import (
    Factoring,
    factor_by_carries,
    factor_by_threshold,
    list_by_codes,
    list_centred,
    list_factorings,
)
from compiler.factorings.turning import find_lag, make_lag
from compiler.factorings.value_codes import Codes, number_order
from compiler.lowering.column_prices import Prices
from compiler.reading.building_style import Style
from compiler.reading.carries import find_terms
from compiler.reading.reader import Reader
from compiler.selector_facts.matching import Matching, build_matching, check_pairs, is_small, is_trivial
from compiler.selector_facts.selector_formula import Comparison, Junction, list_conjuncts
from compiler.targets.rotary import bound_turning
from compiler.targets.target import find_target
from rasp.graph.nodes import Indices, Node, Tokens

WEIGHT_ERROR = 0.02
"""Relative error of attention weights that a count or mean tolerates, times the number of positions."""
ADDED = 4
"""Roundings of a sum of products, each of which is as large as all of them, as far as they are to be expected."""
ROUNDED = 8
"""How many times more than a product of integers rounds may be, is thought with each degree of care."""
SURE_KINDS = 64
"""Kinds of rows of an order, which take as many columns less one, beyond which a threshold is not held against those."""
MANY_KINDS = 512
"""Values beyond which a column for each kind is only tried where no codes hold."""
CODE_WORK = 200
"""Codes of a value, in all ways, in cells."""
TURNED = 12
"""Of a score by turning, in errors of a number: two columns of a query's number and a key's, the one weighted by two
others, for each of two positions."""
COLUMN_BYTES = 24
"""For each value of query and key in a column: two factorings at a time, and what compares them."""


class Listed(Protocol):
    """What lists some ways to score a matching."""

    def __call__(
        self, match: Matching, numbers: tuple[Vector, Vector], *, with_bos: bool
    ) -> Iterator[Factoring]: ...


@dataclass(frozen=True)
class Need:
    """What the scores of a comparison have to be: `scale` times as large as need be, compared `with_bos`, equal for all
    selected pairs where `strict`, or less by `spread` at most, where others score 1 less; 0 unless `rewarded`. `rough`:
    beside numbers that round them."""

    scale: float = 1.0
    with_bos: bool = True
    strict: bool = False
    rewarded: bool = True
    spread: float = 0.0
    rough: bool = False


class Factorer:
    """Chooses factorings; keeps what heads read so far, what was thought of, and the numbers of orders."""

    def __init__(self, analysis: Analysis, reader: Reader, style: Style) -> None:
        self.analysis = analysis
        self.reader = reader
        self.care, self.powers, self.room = style.care, style.powers, style.room
        self.turning, self.carried = style.turning, style.carried
        options = analysis.options
        self.shifts = find_target(options).noise.shifts  # then larger numbers are read less exactly
        self.prices = Prices(analysis, reader)
        self.choices: list[Choice] = []
        self.numbered: dict[Matching, Codes | None] = {}

    def list_matches(self, selector: Node) -> list[Matching]:
        """What the parts of a conjunction select, but for those that select everything; of few pairs as it was found in an
        earlier attempt."""
        known = self.analysis.notes("matches", selector)
        found = known.get("all")
        if found is None:
            parts = [part for part in list_conjuncts(selector) if isinstance(part, Comparison | Junction)]
            matches = [build_matching(self.analysis, part) for part in parts]
            found = [match for match in matches if not is_trivial(match)]
            if all(map(is_small, found)):
                known["all"] = found
        return found

    def ordered(self, matches: list[Matching], *, with_bos: bool) -> tuple[Matching, Factoring] | None:
        """The part for which a threshold saves most columns, if it does for any."""
        found: list[tuple[float, int, Factoring]] = []
        for number, match in enumerate(matches):
            factoring = factor_by_threshold(match, self.numbers(match))
            if factoring is not None:
                cost = self.prices.price(match, factoring)
                kinds = len(np.unique(factoring.factors[-1].query))
                if kinds > SURE_KINDS:
                    usual = "by rows", float(kinds - 1)
                else:
                    other = self.cheapest(match, Need(with_bos=with_bos))
                    usual = other.way, self.prices.price(match, other)
                saved = usual[1] - cost
                self.note(match, dict([usual, (factoring.way, cost)]))
                if saved > 0:
                    found.append((saved, -number, factoring))
        if not found:
            return None
        _, number, factoring = max(found, key=lambda row: row[:2])
        return matches[-number], factoring

    def numbers(self, match: Matching) -> tuple[Vector, Vector]:
        """The query's and the key's values as numbers."""
        return self.analysis.domain(match.query).numbers(), self.analysis.domain(match.key).numbers()

    def cheapest(self, match: Matching, need: Need) -> Factoring:
        """The factoring with the fewest columns, a look-up counting as several."""
        costs: dict[str, float | None] = {}
        best: tuple[float, int, Factoring] | None = None
        for listed in self.list_factorings(match, need):
            factorings = list(enumerate(listed))
            costs |= {factoring.way: None for _, factoring in factorings}
            usable = [row for row in factorings if need.rewarded or not row[1].reward]
            # Those of few columns first: what has more of them than the best costs is not looked into.
            for number, factoring in sorted(usable, key=lambda row: len(row[1].factors)):
                if best is not None and len(factoring.factors) > best[0]:
                    costs[factoring.way] = float(len(factoring.factors))
                elif self.accurate(match, factoring, need):
                    cost = costs[factoring.way] = self.prices.price(match, factoring)
                    if best is None or (cost, number) < best[:2]:
                        best = cost, number, factoring
            if best is not None:
                break
        assert best is not None, "one column for each kind of row is always accurate"
        self.note(match, costs)
        return best[2]

    def list_factorings(self, match: Matching, need: Need) -> Iterator[Iterator[Factoring]]:
        """Ways to score a matching; of those that are only for where none before holds, later."""
        analysis, kinds = self.analysis, min(match.shape)
        numbers = self.numbers(match)
        if self.turning:
            yield self.list_by_turning(match)
        if self.is_carried(match):
            sides = [bound_number(analysis, node) for node in (match.query, match.key)]
            ends = min(low for low, _ in sides), max(high for _, high in sides)
            found = factor_by_carries(match, numbers, ends)
            yield iter(() if found is None else (found,))
        if kinds > MANY_KINDS:
            analysis.effort.spend(analysis.graph, match.query, CODE_WORK * sum(match.shape), "scores")
            yield self.list_kept("codes", match, need, list_by_codes)
        check_pairs(analysis, match.query, match.shape)
        analysis.effort.reserve(analysis.graph, match.query, COLUMN_BYTES * kinds * sum(match.shape))
        analysis.effort.spend(analysis.graph, match.query, match.size, "scores")
        usual = self.list_kept("usual", match, need, list_factorings)
        centred = self.list_kept("centred", match, need, list_centred)
        first, then = (
            (centred, usual) if self.shifts and need.strict else (usual, centred if need.rough else ())
        )
        yield chain(first, then, self.list_by_powers(match, need.spread))

    def list_kept(self, name: str, match: Matching, need: Need, listed: Listed) -> Iterator[Factoring]:
        """Some of these ways, those of few pairs as they were in an earlier attempt."""
        key = name, need.with_bos
        if key in match.found:
            return iter(match.found[key])
        found = listed(match, self.numbers(match), with_bos=need.with_bos)
        if is_small(match):
            found = match.found[key] = tuple(found)
        return iter(found)

    def is_carried(self, match: Matching) -> bool:
        """Whether an equality is compared by bits that carries make."""
        sums = self.carried and any(find_terms(self.reader, node) for node in (match.query, match.key))
        return sums and isinstance(match.given, Ranked) and match.given.test == "=="

    def list_by_turning(self, match: Matching) -> Iterator[Factoring]:
        """One distance from the query's position."""
        wave = make_lag(self.analysis.max_length, 0)
        if self.bound_turned(wave.size) < 1 and (lag := find_lag(self.analysis, match)) is not None:
            wave = make_lag(self.analysis.max_length, lag)
            yield Factoring("by turning", (), reward=wave.size, wave=wave)

    def bound_turned(self, size: float) -> float:
        """How far the difference of two scores of a wave is off, at most."""
        return TURNED * size * bound_turning(self.analysis.max_length)

    def list_by_powers(self, match: Matching, spread: float) -> Iterator[Factoring]:
        """An order's powers of two, where scores may be uneven."""
        codes = self.number_for_powers(match) if spread else None
        if codes is not None and (factoring := factor_by_powers(*codes, spread, self.room)) is not None:
            yield factoring

    def number_for_powers(self, match: Matching) -> Codes | None:
        """The numbers of an order that powers of two may tell: both sides are read from the embedding, for no error may be
        multiplied by them."""
        if self.powers == 0 or not all(map(self.is_embedded, (match.query, match.key))):
            return None
        if match not in self.numbered:
            self.numbered[match] = number_order(match)
        return self.numbered[match]

    def is_embedded(self, node: Node) -> bool:
        """Whether the embedding has any feature of it."""
        leaves = self.analysis.leaves(node)
        return len(leaves) == 1 and isinstance(leaves[0].op, Tokens | Indices)

    def note(self, match: Matching, costs: Mapping[str, float | None]) -> None:
        """Keep what ways of comparing were thought of."""
        self.choices.append(Choice("comparison", (match.key, match.query), tuple(costs.items())))

    def accurate(self, match: Matching, factoring: Factoring, need: Need) -> bool:
        """Whether rounding leaves a quadratic score good enough: equal logits for `strict` heads, a gap for others."""
        arithmetic, sharpness = self.reader.arithmetic, self.reader.arithmetic.sharpness
        if factoring.wave is not None:
            off = need.scale * self.bound_turned(factoring.wave.size)
            return off * sharpness < WEIGHT_ERROR if need.strict else off < 1 / 4
        if factoring.kind in ("plain", "powers"):
            return True
        if need.rough and ADDED * arithmetic.unit * factoring.size > need.spread:
            return False
        if factoring.kind == "digits":
            return need.scale * sharpness * factoring.steps <= arithmetic.whole
        reach = factoring.reach
        query, key = self.form_noise(match.query), self.form_noise(match.key)
        inexact = query + key or (need.strict and self.reader.precision.reading)
        if inexact and self.care > 1:
            return False
        rounding = 4 * ROUNDED**self.care * reach**2 * arithmetic.unit * sharpness
        if need.strict:
            error = sharpness * 2 * reach * (query + key) + (rounding if query + key or rounding > 1 else 0.0)
            return error * self.analysis.max_length < WEIGHT_ERROR
        # A wrong query moves the scores of k and k + 1 apart by twice its error, and those of k and BOS by k times that; a
        # wrong key by that times the query.
        most = max(2.0, reach) if len(factoring.factors) == 3 else 2.0
        return need.scale * (sharpness * (most * query + 4 * reach * key) + rounding) < sharpness / 4

    def form_noise(self, node: Node) -> float:
        """Bound on the error of a feature of an s-op. A look-up that rounds what it reads has none; nothing is taken on
        trust with much care."""
        if self.care == 1 and self.reader.is_nearly_whole(node):
            return 0.0
        form = self.reader.form(node)
        if form is not None:
            return form.noise
        leaves = self.analysis.leaves(node)
        if len(leaves) == 1 and self.reader.is_free(leaves[0]):
            return 0.0
        return self.reader.lookup_noise(node, self.analysis.domain(node).numbers())
