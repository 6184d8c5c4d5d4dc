"""How large a product of a query and a key can be."""

import numpy as np
from numpy.typing import NDArray

from compiler.limits import PAIRS

AT_ONCE = 256
"""So many queries are multiplied by all keys at a time: some megabytes."""


def bound_products(queries: NDArray[np.float64], keys: NDArray[np.float64]) -> float:
    """The largest product of a row and a column; of very many, a number that none exceeds."""
    if len(queries) * keys.shape[1] <= PAIRS.most:
        products = (queries[first : first + AT_ONCE] @ keys for first in range(0, len(queries), AT_ONCE))
        return max(float(some.max()) for some in products)
    return float(queries.max(axis=0) @ keys.max(axis=1))
