"""The paper's programs as one would write them in numpy: every selector an n × n matrix of booleans, rows for queries.

What the interpreter's speed on short inputs is measured against (`benchmarks/interpreter.py`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Tokens = list[str]


def select_equal(keys: Array, queries: Array) -> Array:
    return keys[None, :] == queries[:, None]


def average(selector: Array, values: Array) -> Array:
    return (selector * values[None, :]).sum(axis=1) / selector.sum(axis=1)


def histogram(given: Tokens) -> list[int]:
    tokens = np.array(given)
    return select_equal(tokens, tokens).sum(axis=1).tolist()


def reverse(given: Tokens) -> list[str]:
    tokens, indices, ones = np.array(given), np.arange(len(given)), np.ones(len(given))
    length = select_equal(ones, ones).sum(axis=1)
    selector = select_equal(indices, length - 1 - indices)
    return tokens[selector.argmax(axis=1)].tolist()


def sort(given: Tokens) -> list[str]:
    tokens, indices = np.array(given), np.arange(len(given))
    less = tokens[None, :] < tokens[:, None]
    before = less | (select_equal(tokens, tokens) & (indices[None, :] < indices[:, None]))
    selector = select_equal(before.sum(axis=1), indices)
    return tokens[selector.argmax(axis=1)].tolist()


def dyck_1(given: Tokens) -> list[str]:
    tokens, indices = np.array(given), np.arange(len(given))
    previous = indices[None, :] <= indices[:, None]
    opens = np.round(average(previous, tokens == "(") * (indices + 1))
    closes = np.round(average(previous, tokens == ")") * (indices + 1))
    balance = opens - closes
    bad = average(previous, balance < 0) > 0
    return np.where(bad, "F", np.where(balance == 0, "T", "P")).tolist()


PLAIN: dict[str, Callable[[Tokens], Any]] = {
    "histogram": histogram,
    "reverse": reverse,
    "sort": sort,
    "dyck-1": dyck_1,
}
