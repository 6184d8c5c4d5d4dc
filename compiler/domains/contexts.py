"""Contexts: the position and the length of the input, as far as a value depends on them; each listed in one order.

A row is a context: of both, those of the shorter inputs first.
"""

from dataclasses import dataclass
from enum import Flag

import numpy as np

from compiler.domains.domain import Ints
from rasp.interpret.atom_array import Array


class Context(Flag):
    """What a value may depend on besides the tokens: the position, the length of the input."""

    NOTHING = 0
    INDEX = 1
    LENGTH = 2
    BOTH = 3


@dataclass(frozen=True, eq=False)
class Contexts:
    """Positions and lengths, one row a context; a variable that does not matter stays 0."""

    i: Ints
    n: Ints

    @property
    def size(self) -> int:
        return len(self.i)

    def rows_of(self, depends: Context) -> Ints:
        """For each context, the row of `contexts(depends)` that it lies in."""
        match depends:
            case Context.NOTHING:
                return np.zeros(self.size, np.int64)
            case Context.INDEX:
                return self.i
            case Context.LENGTH:
                return self.n - 1
            case _:
                return self.i + self.n * (self.n - 1) // 2


def list_contexts(depends: Context, max_length: int) -> Contexts:
    """All contexts over what is given to vary."""
    match depends:
        case Context.NOTHING:
            return Contexts(np.zeros(1, np.int64), np.zeros(1, np.int64))
        case Context.INDEX:
            i = np.arange(max_length)
            return Contexts(i, np.zeros_like(i))
        case Context.LENGTH:
            n = np.arange(1, max_length + 1)
            return Contexts(np.zeros_like(n), n)
        case _:
            n = np.repeat(np.arange(1, max_length + 1), np.arange(1, max_length + 1))
            i = np.concatenate([np.arange(k) for k in range(1, max_length + 1)])
            return Contexts(i, n)


def locate_contexts(rows: Ints, depends: Context) -> Contexts:
    """Some of all contexts over what is given to vary, by their rows."""
    nothing = np.zeros_like(rows)
    match depends:
        case Context.NOTHING:
            return Contexts(nothing, nothing)
        case Context.INDEX:
            return Contexts(rows, nothing)
        case Context.LENGTH:
            return Contexts(nothing, rows + 1)
        case _:
            # Exact: these are roots of whole numbers below 2^53.
            n = ((1 + np.sqrt(8.0 * rows + 1)) // 2).astype(np.int64)
            return Contexts(rows - n * (n - 1) // 2, n)


def spread_array(array: Array, depends: Context, wanted: Context, max_length: int) -> Array:
    """What is given for the contexts over `depends`, for those over more."""
    match depends:
        case _ if depends == wanted:
            return array
        case Context.NOTHING:
            return np.repeat(array, count_contexts(wanted, max_length))
        case Context.LENGTH:
            return np.repeat(array, np.arange(1, max_length + 1))
        case _:
            return np.concatenate([array[:n] for n in range(1, max_length + 1)])


def count_contexts(depends: Context, max_length: int) -> int:
    """How many there are, without listing them."""
    match depends:
        case Context.NOTHING:
            return 1
        case Context.BOTH:
            return max_length * (max_length + 1) // 2
        case _:
            return max_length


def find_contexts(keep: Context, max_length: int) -> Ints | slice:
    """A context for each over `keep`, among those over more."""
    match keep:
        case Context.NOTHING:
            return slice(1)
        case Context.INDEX:  # those of the longest input, which come last
            return slice(-max_length, None)
        case _:  # the first position of each length
            return np.arange(max_length) * np.arange(1, max_length + 1) // 2


def is_spread(array: Array, narrow: Array, keep: Context, max_length: int) -> bool:
    """Whether what is given for all pairs of position and length is what is given for those over `keep`: looked at one
    length after another, without a list of all pairs. For `Context.NOTHING`, the same of any contexts."""
    if keep == Context.NOTHING:
        return bool((array == narrow).all())
    for n in range(1, max_length + 1):
        own = narrow[:n] if keep == Context.INDEX else narrow[n - 1 : n]
        if not (array[n * (n - 1) // 2 : n * (n + 1) // 2] == own).all():
            return False
    return True


def may_narrow(numbers: Ints, keep: Context, max_length: int) -> bool:
    """Whether numbers for all pairs of position and length might depend on no more than `keep`: most that depend on more
    show it among the two greatest lengths."""
    last, before = numbers[-max_length:], numbers[1 - 2 * max_length : -max_length]
    match keep:
        case Context.NOTHING:
            return bool((last == numbers[0]).all())
        case Context.INDEX:
            return bool((last[:-1] == before).all())
        case Context.LENGTH:
            return bool((last == last[0]).all())
        case _:
            return True
