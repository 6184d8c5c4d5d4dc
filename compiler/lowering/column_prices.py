"""What a factoring of a comparison costs, in columns of the head: look-ups, and new columns of the residual stream, are so
many of them.

What it asks for is worked out once for all attempts that read alike; what of that is new depends on what heads read before.
"""

from dataclasses import dataclass

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.form import Form, Vector
from compiler.blocks.waves import count_units
from compiler.factorings.relations import Bit, Factoring
from compiler.lowering.read_columns import ReadColumns, ReadFeatures
from compiler.reading.carries import read_bit
from compiler.reading.reader import Reader
from compiler.selector_facts.matching import Matching, is_small
from rasp.graph.nodes import Node

LOOKUP_PRICE = 6
"""What features of an s-op cost that a look-up of few values writes, in columns of a head."""
FEW_NUMBERS = 48
"""Numbers of which a look-up's features are not told apart by what they cost."""
NEW_PRICE = 5
"""A column that a look-up writes, in columns of a head: it is one more in whatever reads the residual stream."""
TYPICAL_WIDTH = 24
"""Residual columns of a model, to compare what a column of the residual stream costs with what one of a head does."""
MANY_COLUMNS = 128
"""Columns of a head beyond which it isn't told any more which of them are new to the residual stream."""
TIES = 0.9
"""What errors that add up may cost at most: less than a column."""
TURNING_PRICE = 2.0
"""What scores by turning take: two columns."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What a factoring asks for: columns and look-ups, and features that cost as much as they are new."""

    columns: float
    features: tuple[ReadFeatures, ...]


class Prices:
    """The prices of one attempt, in which `columns` were read so far."""

    def __init__(self, analysis: Analysis, reader: Reader) -> None:
        self.analysis, self.reader = analysis, reader
        options = analysis.options
        self.residual_price = (len(options.vocabulary) + options.max_length) / (2 * TYPICAL_WIDTH)
        self.columns = ReadColumns(analysis, reader)

    def price(self, match: Matching, factoring: Factoring) -> float:
        """What a factoring costs."""
        if factoring.wave is not None:
            return TURNING_PRICE
        if len(factoring.factors) > MANY_COLUMNS:
            return float(3 * len(factoring.factors))
        key = self.reader.way, factoring
        asked = match.found.get(key)
        if asked is None:
            asked = self.ask(match, factoring)
            if is_small(match):
                match.found[key] = asked
        return asked.columns + self.residual_price * self.columns.count_new(asked.features)

    def ask(self, match: Matching, factoring: Factoring) -> Asked:
        """What a factoring asks for."""
        factors = [*factoring.factors]
        sides = (
            (match.query, [(factor.query, factor.bit) for factor in factors]),
            (match.key, [(factor.key, factor.bit) for factor in factors]),
        )
        lookups, forms = 0.0, list[Form]()
        for node, features in sides:
            read = [(vector, self.read_side(node, vector, bit)) for vector, bit in features]
            lookups += self.price_lookups(node, [vector for vector, form in read if form is None])
            forms += [form for _, form in read if form is not None]
        # How many columns' errors can add up, lest ties are random.
        keys = sum(np.abs(factor.key) for factor in factors)
        ties = min(float(np.max(keys, initial=0.0)) / 1024, TIES)
        return Asked(len(factors) + lookups + ties, self.columns.group_features(forms))

    def read_side(self, node: Node, vector: Vector, bit: Bit | None) -> Form | None:
        """One side of a column without a look-up but for carries; None where it takes one."""
        form = None if bit is None else read_bit(self.reader, node, bit, vector)
        return self.reader.read(node, vector) if form is None else form

    def price_lookups(self, node: Node, vectors: list[Vector]) -> float:
        """What these features of an s-op cost, from a look-up: hidden units as they are for a number, and a column each."""
        domain = self.analysis.domain(node)
        if len(domain) <= FEW_NUMBERS or not vectors or not domain.is_numeric:
            return float(LOOKUP_PRICE if vectors else 0)
        return float(
            count_units(domain.numbers(), np.stack(vectors, axis=1), self.reader.arithmetic)
            + NEW_PRICE * len(vectors)
        )
