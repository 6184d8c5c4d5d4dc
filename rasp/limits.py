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
    """The most of something that there may be: `what` is its unit in the user's words, `reason` why there is a limit and
    why this one, `hint` what to do about more."""

    most: int
    what: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.most:,} {self.what}"

    def refusal(self, message: str) -> RaspError:
        """The error to raise where no place in a program is known; `message` says what would be more."""
        return RaspError(Diagnostic(message, hint=self.hint, code=CODE))


STEPS = Limit(
    500_000,
    "steps",
    "expressions worked out while a program is elaborated: some microseconds each",
    "loops and calls run before there is any input: let them do less, or let s-ops do it, for all positions at once",
)
NODE_STEPS = 4
"""What a new s-op or selector counts beside its expression."""
TEXT_STEPS = 2
"""A character of a file that is loaded."""
HANDLED = 50
"""Elements of lists that are copied, compared or searched in the time of one step."""
MEBIBYTES = Limit(
    512,
    "MiB",
    "what the lists and strings take that one elaboration makes, in all, whether still in use or not",
    "keep shorter lists and strings, or make them where they are needed",
)
ELEMENT_BYTES = 40
"""An element of a list, with a number that is its own."""
NODES = Limit(
    100_000,
    "s-ops and selectors",
    "each is evaluated, named and perhaps drawn: some seconds",
    "what a loop or a function builds is kept for every round and call: let it go through less",
)
LEVELS = Limit(
    10_000,
    "expressions inside each other",
    "with the bodies of functions that they call: what Python's stack has room for",
    "does a function call itself forever?",
)
DEPTH = Limit(200, "expressions inside each other", "in one expression of a text", "give parts of it names")
DIGITS = Limit(4_000, "digits", "Python reads no longer numbers quickly")
STRING = Limit(1_000_000, "characters of a string", "and there may be many of them", "make shorter strings")
BITS = Limit(14_000, "bits of an integer", "larger ones could not be written in decimal")
ELEMENTS = Limit(
    1_000_000,
    "elements",
    "of a list, those of lists inside it included where all of it has to be looked at",
    "use a shorter list",
)
NESTING = Limit(
    200,
    "lists inside each other",
    "they are looked through recursively",
    "keep values side by side in one list",
)
MATRIX = Limit(
    4_000,
    "elements",
    "the longest input for which a selector's whole matrix is made",
    "give a shorter input, or count with selector_width",
)
DRAWN_CELLS = Limit(
    100_000,
    "cells",
    "of all selectors and s-ops of a drawing: ten megabytes of SVG",
    "draw it for a shorter input, or draw a part of it",
)
RENDERED = Limit(
    500_000,
    "characters of SVG",
    "that become a PNG or a PDF: some seconds, and 300 megabytes",
    "write it as .svg or .html, which browsers show, or draw it for a shorter input",
)
CELLS = Limit(
    2**26,
    "values",
    "that the s-ops of one evaluation have on one input: half a gibibyte of numbers",
    "give a shorter input, or evaluate a part of the program",
)
BATCH_CELLS = 2**25
"""Values that are worked out at a time; a longer list of inputs is cut."""
CHARACTERS = Limit(
    2**28,
    "characters",
    "of the strings that one elementwise operation makes",
    "give a shorter input, or make shorter strings",
)
PAIRS = Limit(
    2**33,
    "pairs of positions",
    "looked at one by one, for selectors that have no faster form: some seconds",
    "give a shorter input, or select by equalities and one order, which need no look at every pair",
)
FIXED_WIDTH = Limit(
    32,
    "characters of a string",
    "of an array of equally wide ones, which would pad every element to the longest",
)
TERMS = Limit(8, "products", "of comparisons: a selector that needs more is evaluated cell by cell")
PLAYED_TEXT = Limit(
    100_000,
    "characters",
    "of a program in the playground, which is read again at every pause in typing",
    "run larger programs with `rasp run`",
)
PLAYED_TOKENS = Limit(
    100,
    "tokens",
    "of an input in the playground: what a page can show beside each other",
    "give a shorter input, or run the program with `rasp run`",
)
WORKER_MEBIBYTES = Limit(
    3_072,
    "MiB",
    "of addresses that a process of the playground may have: what all other limits leave a program, and the libraries",
    "as the refusal says",
)
