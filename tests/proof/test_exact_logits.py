"""The bound of what logits round, against exact fractions: each part of it where that part is nearly all there is."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.audit.logits import bound_logit_noise
from compiler.blocks.block import Readout
from compiler.blocks.form import Form
from compiler.numerics.dtypes import FLOAT32
from compiler.numerics.rounding import find_middle
from compiler.options import DTYPES, Dtype
from compiler.targets.rounding_in_transformers import PLAIN
from rasp.graph.nodes import Graph, Tokens
from tests.proof.any_order import added, product

LOOSE = 10.0
TOKENS = Graph().add(Tokens())
UNITS: dict[Dtype, float] = {"float32": FLOAT32.unit, "float64": PLAIN.logits}
Numbers = NDArray[np.float64]


def find_bound(centers: Numbers, size: float, grain: float, terms: int, dtype: Dtype) -> float:
    readout = Readout("out", TOKENS, Form({}, 0.0), centers, np.arange(len(centers)), 0.0)
    return bound_logit_noise(readout, size, grain, terms, UNITS[dtype])


def add_forwards(terms: NDArray[np.floating]) -> NDArray[np.floating]:
    return added(terms, np.arange)


def compute_logits(centers: Numbers, columns: Numbers, dtype: Dtype) -> tuple[Numbers, list[Fraction]]:
    """The logits of a number that is the sum of columns: as that arithmetic has them, and exactly."""
    middle = find_middle(centers) if dtype == "float32" else 0.0
    matrix = np.append(np.tile(2 * (centers - middle), (len(columns), 1)), [middle**2 - centers**2], axis=0)
    found = product(np.append(columns, 1.0)[None], matrix, add_forwards, dtype)[0]
    total = sum(map(Fraction, columns.tolist()), Fraction(0))
    away = Fraction(middle)
    return found.astype(float), [
        2 * (c - away) * total - (c**2 - away**2) for c in map(Fraction, centers.tolist())
    ]


def find_error(centers: Numbers, columns: Numbers, dtype: Dtype) -> float:
    """How far the boundary between two centers is from where it should be."""
    found, exact = compute_logits(centers, columns, dtype)
    low, high = (Fraction(a) - b for a, b in zip(found.tolist(), exact, strict=True))
    return float(abs(high - low) / (2 * Fraction(float(centers[1] - centers[0]))))


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_of_large_products_round_by_nearly_what_is_said(dtype: Dtype) -> None:
    """One term far above all others, which are as small as half of its last place: each addition takes one of them away, or
    makes it twice as large."""
    centers, terms, worst = np.array([1.0, 1.25]), 60, 0.0
    columns = np.full(terms, 1024 * UNITS[dtype])
    columns[0] = 1024.0
    noise = find_bound(centers, 1024.1, 0.0, terms, dtype)
    for share in (1 - 2.0**-8, 1 + 2.0**-8):
        columns[1:] = 1024 * UNITS[dtype] * share
        worst = max(worst, find_error(centers, columns, dtype))
    assert worst <= noise <= 2 * worst


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_biases_round_by_no_more_than_said(dtype: Dtype) -> None:
    """Beside small numbers a logit is its center's square: that rounds when it is stored, and when it is added."""
    rng, closest = np.random.default_rng(0), 0.0
    for _ in range(500):
        centers = np.sort(rng.uniform(1024, 1100, 2))
        columns = rng.uniform(-1, 1, 1).astype(np.float32).astype(float)
        share = find_error(centers, columns, dtype) / find_bound(centers, 1.0, 0.0, 1, dtype)
        assert share <= 1
        closest = max(closest, share)
    assert closest >= 1 / LOOSE


@pytest.mark.parametrize("dtype, largest", [("float32", 2**11 - 1), ("float64", 2**26 - 1)])
def test_whole_logits_are_called_exact_up_to_where_they_are(dtype: Dtype, largest: int) -> None:
    """Of an odd square, to which even products are added: all numbers up to 1/unit are there, and no odd one beyond."""
    centers, most = np.array([0.0, float(largest)]), int(1 / UNITS[dtype])
    bound = partial(find_bound, centers, grain=1.0, terms=1, dtype=dtype)
    held = (most - largest**2) // (2 * largest)
    for size, exact in ((held, True), (held + 1, False), (held + largest // 8, False)):
        found, wanted = compute_logits(centers, np.array([-float(size)]), dtype)
        assert ([*map(Fraction, found.tolist())] == wanted) == exact == (bound(float(size)) == 0)
