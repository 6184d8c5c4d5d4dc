"""How much work and memory one compilation may take: counted, not timed, so that what is refused does not depend on the
machine.

Whoever goes through many numbers says so before: `spend` counts them over all attempts of a compilation, `reserve` refuses
arrays that would not fit beside each other. The search for a hint has a small effort of its own.
"""

import math
from collections import Counter
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from typing import Literal, TypeVar

from compiler.limits import BYTES, CELLS, DECODER_CELLS, LONGER, SIZE_CELLS, SMALL_CELLS
from compiler.options import HIGHEST_LEVEL, CompileError, CompileOptions
from compiler.refusal import make_refusal
from rasp.graph.nodes import Graph, Node, list_reachable

VALUE_BYTES = 800
Kept = Literal["found", "known", "described", "listed"]
KEEPING: dict[Kept, tuple[float, float]] = {
    "found": (500, VALUE_BYTES),  # objects that are looked up, sorted and turned into numbers
    "known": (50, VALUE_BYTES),  # those that need not be found: of a range, or of a domain that is moved
    "described": (10, 100),  # numbers of a described domain: in several arrays, some of them sorted
    "listed": (4, 24),  # numbers with repeats: as they are, beside the others and sorted
}
"""What each of the values that are kept takes, in cells and bytes."""
INPUT_WORK, STEP_WORK, POSITION_WORK, CONTEXT_BYTES = 12_000, 5_000, 1, 160
"""Evaluating one expression on one input: in cells, for itself, for each s-op and selector in it, and for each of these at
each position; bytes of a position."""
CACHED, UNCACHED = 100_000, 1.6
"""Numbers of an array that a processor's cache holds, and how many times as long each takes in a larger one."""
OPTIONAL_SHARE = 1 / 3
T = TypeVar("T")
Work = Literal[
    "inputs", "values", "sums", "rows", "pairs", "scores", "reading", "look-up", "basis", "layout", "ways"
]
WORDS: dict[Work, str] = {
    "inputs": "evaluating it on an input of each length",
    "values": "keeping all of its values apart",
    "sums": "adding each value of one part to each of the other",
    "rows": "listing what it depends on: all combinations of values that can occur together",
    "pairs": "comparing each of its values with each value that it is compared with",
    "scores": "scoring each of its values against each value that it is compared with",
    "ways": "splitting what it counts by digits",
    "reading": "finding out which of the values behind it tell it",
    "look-up": "making a look-up of all combinations of values that it depends on",
    "basis": "finding the columns of which the numbers for its values are sums",
    "layout": "giving all numbers of the model a place",
}
"""What is counted, in words that follow the name of an expression."""


def limit_work(options: CompileOptions) -> float:
    """The most that a compilation may look at: of a model in proportion to its tokens and positions, so that a small one is
    refused in a second or two; more where it is to search longer."""
    size = len(options.vocabulary) + options.max_length
    usual = min(CELLS.most, max(SMALL_CELLS.most, SIZE_CELLS.most * size))
    if options.prompts is not None:
        usual = DECODER_CELLS.most
    return usual * (LONGER.most if options.level == HIGHEST_LEVEL else 1)


def weigh_numbers(numbers: int) -> float:
    """What it takes to go through an array of so many, in numbers of a small one."""
    return numbers * (UNCACHED if numbers > CACHED else 1)


class TooMuch(CompileError):
    """A step would take more work or memory than there is: no need to begin it again with no more than `left` cells."""

    def __init__(self, error: CompileError, left: float) -> None:
        super().__init__(*error.diagnostics)
        self.left = left


class TooMuchWork(TooMuch):
    """A compilation has looked at more numbers than it may; `node` is what it was about."""

    def __init__(self, error: CompileError, left: float, node: Node, work: Work) -> None:
        super().__init__(error, left)
        self.node = node
        self.work: Work = work


class Effort:
    """Numbers that a compilation has looked at, over all of its attempts, of at most `most`, which is less than the `limit`
    where only a part may be used; `again`: a second time.
    `spent`: those of the first time, too. `ran_out`: once it was too much. `kept`: what was found in one attempt and holds
    in all."""

    def __init__(self, most: float, kept: dict[Hashable, dict[Hashable, object]] | None = None) -> None:
        self.cells = self.spent = 0.0
        self.most = self.limit = most
        self.again = self.ran_out = False
        self.kept = {} if kept is None else kept
        self.numbers: Counter[Work] = Counter()

    def facts(self, about: Hashable) -> dict[Hashable, object]:
        """What was found about the same in another attempt, to be added to."""
        return self.kept.setdefault(about, {})

    def number(self, about: Work) -> int:
        """How many times this was asked, over all attempts."""
        self.numbers[about] += 1
        return self.numbers[about]

    def share(self, found: T) -> T:
        """What was found before that is equal to it, or else itself."""
        return self.facts("shared").setdefault(found, found)  # type: ignore[return-value]

    @property
    def left(self) -> float:
        """What may still be looked at."""
        return self.most - self.cells

    def remember(self, memo: dict[Hashable, object], key: Hashable, compute: Callable[[], T]) -> T:
        """What is in the memo, or else is computed and kept there, also that it is too much. Raises what `compute`
        raises."""
        known = memo.get(key)
        if isinstance(known, TooMuch) and self.left <= known.left:
            raise known.with_traceback(None)
        if key not in memo or isinstance(known, TooMuch):
            try:
                memo[key] = compute()
            except TooMuch as much:
                memo[key] = much
                raise
        return memo[key]  # type: ignore[return-value]

    def spend(self, graph: Graph, node: Node, cells: float, work: Work) -> None:
        """Count them. Raises `CompileError` when it becomes too much."""
        self.foresee(graph, node, cells, work)
        self.cells += cells
        self.spent += cells

    def use(self, cells: float) -> float:
        """Count as much of them as is left: how much that is."""
        used = min(cells, self.left)
        self.cells += used
        self.spent += used
        return used

    def foresee(self, graph: Graph, node: Node, cells: float, work: Work) -> None:
        """To be called before several steps that take so many in all, so that what will be too much is not begun. Raises
        `CompileError` where it is."""
        if self.cells + cells > self.most:
            message = (
                f"{WORDS[work]} takes more work than is left for it (the limit is {self.limit:,.0f} numbers looked at, "
                "for all parts of the program and all the ways to build it that were tried)"
            )
            self.ran_out = True
            raise TooMuchWork(make_refusal(graph, node, message, CELLS.hint), self.left, node, work)

    def begin_again(self, cells: float) -> None:
        """From so many: what was looked at since then, for an expression that is now taken apart, does not count."""
        self.cells, self.again = cells, True

    def evaluate(self, graph: Graph, node: Node, longest: int) -> None:
        """To be called before an expression is evaluated on one input of each length. Raises `CompileError` when that is
        too much."""
        positions = longest * (longest + 1) / 2
        self.reserve(graph, node, CONTEXT_BYTES * positions)
        steps = len(list_reachable([node]))
        work = (INPUT_WORK + STEP_WORK * steps) * longest + POSITION_WORK * steps * positions
        self.spend(graph, node, work, "inputs")

    def keep(self, graph: Graph, node: Node, values: int, kind: Kept = "found") -> None:
        """To be called before so many values of an expression are kept, or listed. Raises `CompileError` when that is too
        much."""
        self.foresee_kept(graph, node, values, kind)
        self.spend(graph, node, KEEPING[kind][0] * weigh_numbers(values), "values")

    def foresee_kept(self, graph: Graph, node: Node, values: int, kind: Kept = "found") -> None:
        """To be called when there are so many values, of more to come. Raises `CompileError` where these are too many."""
        cells, taken = KEEPING[kind]
        self.reserve(graph, node, taken * values)
        self.foresee(graph, node, cells * weigh_numbers(values), "values")

    @contextmanager
    def optional(self, share: float = OPTIONAL_SHARE) -> Generator[None]:
        """For what only might make a program better: a part of what is left, so that enough stays for what it needs."""
        most, ran_out = self.most, self.ran_out
        self.most = self.cells + self.left * share
        try:
            yield
        finally:
            self.most, self.ran_out = most, ran_out

    def use_all(self) -> None:
        """What was set aside for where nothing holds may be used to make better what does."""
        self.most = self.limit

    def reserve(self, graph: Graph, node: Node, taken: float) -> None:
        """To be called before so many bytes are taken. Raises `CompileError` when that is too much."""
        if taken > BYTES.most:
            most = f"{BYTES.most / 2**30:.1f} GiB"
            message = f"this would take {taken / 2**30:.1f} GiB of memory at once (the limit is {most})"
            raise TooMuch(make_refusal(graph, node, message, BYTES.hint), math.inf)
