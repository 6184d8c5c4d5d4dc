"""LIMITS of what one program or input may ask for: work and memory are counted, never timed, so that what is refused does
not depend on the machine.

A count that would go beyond its limit is refused before the work is done. The numbers are such that everything below them
is over in seconds and fits into about a gibibyte.
"""

from dataclasses import dataclass

from rasp.diagnostics import Diagnostic, RaspError

CODE = "limit"


@dataclass(frozen=True)
class Limit:
    """The most of something that there may be: `what` is its unit in the user's words, `hint` what to do about more."""

    most: int
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.most:,} {self.what}"

    def refusal(self, message: str) -> RaspError:
        """The error to raise where no place in a program is known; `message` says what would be more."""
        return RaspError(Diagnostic(message, hint=self.hint, code=CODE))


STEPS = Limit(
    500_000,
    "steps",
    "loops and calls run before there is any input: let them do less, or let s-ops do it, for all positions at once",
)
"""Expressions worked out while a program is elaborated: some microseconds each."""
NODE_STEPS = 4
"""What a new s-op or selector counts beside its expression."""
TEXT_STEPS = 2
"""A character of a file that is loaded."""
HANDLED = 50
"""Elements of lists that are copied, compared or searched in the time of one step."""
MEBIBYTES = Limit(512, "MiB", "keep shorter lists and strings, or make them where they are needed")
"""What the lists and strings take that one elaboration makes, in all, whether they are still in use or not."""
ELEMENT_BYTES = 40
"""An element of a list, with a number that is its own."""
NODES = Limit(
    100_000,
    "s-ops and selectors",
    "what a loop or a function builds is kept for every round and call: let it go through less",
)
LEVELS = Limit(10_000, "expressions inside each other", "does a function call itself forever?")
"""Expressions, with the bodies of functions that they call, that are being worked out at a time."""
ELEMENTS = Limit(1_000_000, "elements", "use a shorter list")
"""Elements of a list, those of lists inside it included where all of it has to be looked at."""
NESTING = Limit(200, "lists inside each other", "keep values side by side in one list")
MATRIX = Limit(4_000, "elements", "give a shorter input, or count with selector_width")
"""The longest input for which a selector's whole matrix is made."""
DRAWN_CELLS = Limit(100_000, "cells", "draw it for a shorter input, or draw a part of it")
"""Of all selectors and s-ops of a drawing: ten megabytes of SVG."""
CELLS = Limit(2**26, "values", "give a shorter input, or evaluate a part of the program")
"""Values that the s-ops of one evaluation have on one input: half a gibibyte of numbers."""
BATCH_CELLS = 2**25
"""Values that are worked out at a time; a longer list of inputs is cut."""
CHARACTERS = Limit(2**28, "characters", "give a shorter input, or make shorter strings")
"""Of the strings that one elementwise operation makes."""
PAIRS = Limit(
    2**33,
    "pairs of positions",
    "give a shorter input, or select by equalities and one order, which need no look at every pair",
)
"""Pairs that an evaluation looks at one by one, for selectors that have no faster form: some seconds."""
