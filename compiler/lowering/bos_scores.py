"""How BOS takes part in a head's scores: in columns that are there already, where that can be.

A row's scores may all be shifted alike, so that BOS can score some number where others score 0, or 0 where the others score
less by as much. Whatever BOS's row gets is known (a head is *closed*) where it selects itself; nothing needs to be known of
it where nothing reads at BOS what the head writes, as is the case for most of what becomes an output.
"""

from dataclasses import dataclass
from typing import assert_never

import numpy as np

from compiler.blocks.block import Group, Scores
from compiler.blocks.form import Form, scale_form
from compiler.lowering.score_products import ComparisonScore, ScoreProduct, SelectorUse

FINE = 256
"""BOS's key is a multiple of 1/FINE: finer, and the products with it need not be exact."""

Folded = dict[int, tuple[Form, Form]]
"""Both forms of products, by number, as they are with BOS in them."""
Numbered = tuple[int, ScoreProduct]


@dataclass(frozen=True, eq=False)
class BosScorer:
    """`full` is the arithmetic's sharpness, `count_logit` what BOS scores where it normalises a count. Without `squares`
    BOS does not stand in those of an equality. `apart`: what tells BOS from all others has a column of its own anyway.
    `marked`: as in `Style`; where it is not, all others score what BOS would, and round no more than they must."""

    full: float
    count_logit: float
    squares: bool
    apart: bool
    marked: bool = True

    def assemble(
        self, compared: list[ComparisonScore], use: SelectorUse, sharpness: float, top: float, sharing: int
    ) -> Scores:
        """Scores of a head: BOS's key is 0 in every column but those that say what it scores. `top` is the most that a
        selected position scores beside what is the same for all, `sharing` how many can score most."""
        products = [product for score in compared for product in score.products]
        target = self.bos_score(products, use, sharpness, top) + sum(score.reward for score in compared)
        far = 2 * max(sharpness, self.full)
        own = 0.0 if use.closed else None
        forms = [(c.query.at_bos(own), c.key.at_bos(0.0)) for c in products]
        squares = find_squares(compared) if use.closed and self.squares else None
        shift = 0.0
        if squares is not None:
            shift = target + far
            folded = fold_squares(*squares, shift, far)
        else:
            folded = self.fold_constant(products, target, closed=use.closed)
        forms = [folded.get(number, pair) for number, pair in enumerate(forms)]
        groups = number_columns(compared, 0 if squares is None else squares[0][0], abs(shift))
        if not folded:
            groups.append(Group("bos", (len(forms),), abs(target), abs(target), 1.0))
            if use.closed or self.apart:
                forms.append((Form({}, target, far if use.closed else None), Form({}, 0.0, 1.0)))
            else:
                forms.append((Form({}, -target), Form({}, 1.0, 0.0)))
        queries, keys = zip(*forms, strict=True)
        return Scores(queries, keys, tuple(groups), use.mode, sharpness, sharing)

    def bos_score(
        self, products: list[ScoreProduct], use: SelectorUse, sharpness: float, top: float
    ) -> float:
        """What BOS scores where selected positions score 0."""
        match use.mode:
            case "count":
                return self.count_logit
            case "default":
                return -self.full
            case "excluded" if not products and not self.marked:
                return -max(sharpness, self.full)
            case "excluded":
                widest = sum(max(abs(low), abs(high)) for c in products for low, high in [c.key_range])
                return -(2.0 ** np.ceil(np.log2(sharpness * (4 * widest + 4) + top)))
            case _:
                assert_never(use.mode)

    def fold_constant(self, products: list[ScoreProduct], target: float, *, closed: bool) -> Folded:
        """BOS's score through a product whose query is the same everywhere: the key at BOS is chosen to give it. None where
        there is no such product.

        A closed head's BOS has to select itself, so BOS's key must lie outside the range of the others.
        """
        for number, product in enumerate(products):
            if not product.constant_query:
                continue
            at_bos = target / product.constant_query
            if at_bos * FINE != round(at_bos * FINE):
                continue
            if not closed:
                return {number: (product.query.at_bos(None), product.key.at_bos(at_bos))}
            low, high = product.key_range
            away = max(low - at_bos, at_bos - high)
            if away < 0.5:
                continue
            pull = float(2.0 ** np.ceil(np.log2(2 * self.full / away))) * (-1.0 if at_bos < low else 1.0)
            return {number: (product.query.at_bos(pull), product.key.at_bos(at_bos))}
        return {}


def number_columns(compared: list[ComparisonScore], shifted: int, shift: float) -> list[Group]:
    """A group for each comparison; the products of that with the column `shifted` are larger by a shift."""
    groups: list[Group] = []
    first = 0
    for score in compared:
        columns = tuple(range(first, first + len(score.products)))
        more = shift if shifted in columns else 0.0
        groups.append(
            Group(
                score.kind,
                columns,
                score.pair + more,
                score.query + more,
                score.key,
                score.spread,
                score.edge,
            )
        )
        first += len(columns)
    return groups


def find_squares(compared: list[ComparisonScore]) -> tuple[Numbered, Numbered] | None:
    """The products of a comparison that bring in the squares of the key, and of the query; None unless both are there."""
    first = 0
    for score in compared:
        own = list(enumerate(score.products, first))
        first += len(own)
        of_key = [row for row in own if row[1].constant_query and row[1].constant_query < 0]
        of_query = [row for row in own if row[1].constant_key and row[1].constant_key > 0]
        if of_key and of_query:
            assert of_key[0] is not of_query[0], "one column is not both"
            return of_key[0], of_query[0]
    return None


def fold_squares(of_key: Numbered, of_query: Numbered, shift: float, far: float) -> Folded:
    """BOS's score by the squares of both sides, -c·k² and -c·q²: at BOS both are those of a number `far` away, but what q²
    is multiplied by is 0. Against others that number loses by `far`, and their scores are made less by a `shift`, until it
    loses by as much as it has to; against itself it scores 0. So BOS stands in the same columns as all others."""
    (a, key_square), (b, query_square) = of_key, of_query
    assert key_square.constant_query and query_square.constant_key
    at_bos = far / -key_square.constant_query
    lowered = scale_form(query_square.query, 1.0, -shift / query_square.constant_key)
    return {
        a: (key_square.query.at_bos(0.0), key_square.key.at_bos(at_bos)),
        b: (lowered.at_bos(-far / query_square.constant_key), query_square.key.at_bos(0.0)),
    }
