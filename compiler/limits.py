"""LIMITS of a compilation and of what is kept of it: counted, never timed, so that they do not depend on the machine.

Where a limit has something to advise, what is beyond it is refused; else the compiler goes another way, which may cost a
model some parameters.
"""

from rasp.limits import Limit

LENGTH = Limit(
    4_096, "tokens", "the arithmetic of counts is proved up to here", "compile for a shorter length"
)
MARGIN = Limit(
    10_000,
    "nats of margin",
    "logits stay far from what float32 cannot hold; 20 make an answer 485 million times as likely as any other",
    "ask for a smaller margin",
)
CELLS = Limit(
    7 * 10**8,
    "numbers looked at",
    "some three seconds, where most compilations need a hundredth of it",
    "compute it in smaller steps, or compile for fewer tokens or a shorter length",
)
SMALL_CELLS = Limit(2 * 10**8, "numbers looked at", "a second; the least that a small program may take")
SIZE_CELLS = Limit(
    10**6, "numbers looked at a token or position", "a program of 350 positions may take half of all there is"
)
DECODER_CELLS = Limit(
    4 * 10**8,
    "numbers looked at",
    "by a decoder of any size, which can be built in two ways, and whose numbers take longer",
)
LONGER = Limit(
    3,
    "times all that",
    "what `-O 3` may take: most that is refused is refused again, after some ten seconds",
)
HINT_ATTEMPTS = Limit(10, "attempts", "at each length, or in another arithmetic, to find out what to advise")
HINT_CELLS = Limit(6 * 10**7, "numbers looked at", "finding out what to advise may take half a second more")
BYTES = Limit(
    3 * 2**29,
    "bytes",
    "of the arrays that one step of an analysis makes at a time",
    "compute it in smaller steps, or compile for fewer tokens or a shorter length",
)
NUMBER = Limit(
    2**60, "in size", "products of larger numbers, or of their reciprocals, would leave float32's range"
)

# -- what is enumerated
ROWS = Limit(
    3_000_000,
    "rows of a table",
    "a few hundred megabytes, a second or two",
    "compute it in steps that each look at fewer values, or compile for a shorter length",
)
LARGE_ROWS = Limit(100_000, "rows of a table", "one of more is taken apart where that can be")
OCCURRING = Limit(
    100_000, "positions of all inputs", "where there are no more, all are run to see what can meet"
)
COMBINATIONS = Limit(20_000, "combinations of numbers", "a sum of more is one number, not looked into")
FLAG_COMBINATIONS = Limit(2_000, "combinations of flags", "a sum of more is one number, not looked into")
RELATION = Limit(
    60_000_000,
    "pairs of value and place",
    "with more, a value's link to positions and lengths is dropped",
    "",
)
PAIRS = Limit(
    17_000_000,
    "pairs of key and query value",
    "each is compared by the interpreter",
    "split the selector, or compile for a smaller vocabulary or length",
)
KEPT_PAIRS = Limit(
    100_000, "pairs of key and query value", "what is found out about more is not kept for other attempts"
)
SUMS = Limit(
    4_000_000,
    "sums of values",
    "the means of several positions are listed one by one",
    "average whole numbers of moderate size, or count with selector_width instead",
)
DESCRIBED = Limit(
    20_000, "means", "more of them are not listed, but described, where numbers are evenly spaced: N of 257"
)
SCALE = Limit(
    2**20,
    "parts of one",
    "means of finer fractions are too many, and too close",
    "average whole numbers of moderate size, or count with selector_width instead",
)
TRIED_LENGTHS = Limit(64, "lengths", "tried for whether an expression has a value at any of them")
TRIED_ARGUMENTS = Limit(
    100_000, "combinations of arguments", "tried for failures, without asking which can occur"
)

# -- what is tried
ATTEMPTS = Limit(
    16, "attempts", "each is one the audit refused: no program has needed half of them", "as the refusal says"
)
CARE = Limit(2, "levels of care", "each has sturdier constructions than the one before; there are no more")
ORDERS = Limit(24, "orders of digits", "of a look-up's leaves: the ways to read four")
KEPT_RUNS = Limit(
    4_000_000, "rows in the order of a form", "kept for attempts with more care: some hundred megabytes"
)
DIRECTIONS = Limit(8, "directions", "of a look-up's leaves that are read as one number")
REWRITES = Limit(1_000, "rewrites of one node", "rules that go on undo each other: our mistake")
SWEEPS = Limit(50, "sweeps of the rules", "rules that go on undo each other: our mistake")

# -- what is built
UNITS = Limit(20_000, "hidden units of a look-up", "a layer of more is larger than any model of ours")
MERGED_ROWS = Limit(300_000, "rows of a table", "of a larger one only six orders of digits are tried")
MERGED_CELLS = Limit(4_000_000, "cells of a table", "values of a larger one are not merged")
MERGED_COMPARISONS = Limit(100_000_000, "comparisons", "values that need more are not merged")
PAIRED_NUMBERS = Limit(10**6, "sums of two numbers", "whether any two are too close is found by listing them")
TERMS = Limit(1_000, "terms", "that an output may be told by; a sum of more is told as one")
COMPARED = Limit(
    2_000,
    "comparisons in a selector",
    "written out, with each selector that it names as often as it does",
    "name each selector once, or count with `selector_width` what several select together",
)
HOT_CLASSES = Limit(128, "classes", "that an output may have a residual column each for")
LEAF_KINDS = Limit(8, "kinds of values of a leaf", "that an output is told from where a table would do")
CENTERS = Limit(4_096, "combinations of kinds", "that an output is told from in any case")
COEFFICIENT = Limit(2**12, "in size", "larger multiples of a column would magnify its error")
DEFAULT = Limit(2**10, "in size", "a default beyond, or this close to 0, is put in apart")
COUNTED_VALUES = Limit(32, "different values", "that a sum may have a head each for")

WRITTEN = Limit(
    4_096,
    "values",
    "that a decoder has a word each for",
    "compile for a shorter length, or let the program count in smaller numbers",
)

# -- what is kept
MODULES = Limit(
    10_000, "layers and heads", "a decoder of more takes minutes to build", "use a smaller maximum length"
)
JSON_BYTES = Limit(
    2**24,
    "bytes of a JSON file",
    "read at once, and by hand too",
    "use a smaller vocabulary or maximum length",
)
ARRAY_BYTES = Limit(
    2**30,
    "bytes of weights",
    "what a machine without much memory can load and run",
    "use a smaller vocabulary or maximum length",
)
PAGE_BYTES = Limit(
    5 * 10**6, "bytes of a page", "what a browser opens at once", "inspect a model for a shorter length"
)

# -- the playground
WAITING = Limit(8, "questions", "that wait for one process of the playground", "wait until it has answered")
ASKED_BYTES = Limit(
    2**20, "bytes", "of a question to the playground, its program included", "use a smaller program"
)
PLAYED_BYTES = Limit(2**25, "bytes", "of an answer: some pages of a model")
PLAYED_PAGES = Limit(4, "pages", "of compiled models that the playground keeps: the oldest goes first")
ANSWER_SECONDS = Limit(
    10,
    "seconds",
    "a page that waits longer looks broken",
    "let the program do less, or give it a shorter input",
)
COMPILE_SECONDS = Limit(
    120,
    "seconds",
    "nobody waits longer before a page",
    "compile it with `rasp compile`, or for a shorter length",
)
