"""The programs of `data/tracr.csv` as ours: which file or text, which vocabulary, which inputs.

A program of the repository's library is named by its file (`programs/**/STEM.rasp`); one that only a
comparison needs is written here.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import inputs
from benchmarks.inputs import Choose
from rasp.source import Source
from rasp.values import Atom

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"

Vocabulary = Callable[[int], tuple[Atom, ...]]


def letters(size: int) -> tuple[Atom, ...]:
    """Those of the alphabet, then accented ones."""
    return (*string.ascii_lowercase[:size], *(chr(0x100 + k) for k in range(size - 26)))


def numbers(size: int) -> tuple[Atom, ...]:
    return tuple(range(1, size + 1))


def bits(size: int) -> tuple[Atom, ...]:
    """Two digits, and letters to fill up."""
    return ("0", "1", *letters(size - 2))


def one_kind(size: int) -> tuple[Atom, ...]:
    """One kind of brackets, and letters to fill up."""
    return ("(", ")", *letters(size - 2))


def two_kinds(size: int) -> tuple[Atom, ...]:
    """Two kinds of brackets, and letters to fill up."""
    return ("(", ")", "[", "]", *letters(size - 4))


def digits_and_plus(size: int) -> tuple[Atom, ...]:
    return (*string.digits[: size - 1], "+")


@dataclass(frozen=True)
class Entry:
    """One program. `file` is a stem below `programs/`, or `text` is the program itself.

    `layers` is what the analysis of the RASP paper's interpreter gives, elementwise work free; 0 where it is
    not known.
    """

    expression: str
    file: str = ""
    text: str = ""
    vocabulary: Vocabulary = letters
    attention: str = "full"
    inputs: Choose = inputs.spread
    layers: int = 0

    @property
    def source(self) -> Source:
        """The program's text. Raises `FileNotFoundError` when the library has no such file."""
        if not self.file:
            return Source("<benchmark>", self.text)
        for path in sorted(PROGRAMS.rglob(f"{self.file}.rasp")):
            return Source(path.name, path.read_text(encoding="utf-8"))
        raise FileNotFoundError(f"no program is called {self.file}.rasp")


HIST2_BY_DIVISION = """
frequency = selector_width(select(tokens, tokens, ==));
hist2 = round(selector_width(select(frequency, frequency, ==)) / frequency);
"""

ENTRIES = {
    "length": Entry("tokens_in_all", file="length", layers=1),
    "length_numerical": Entry("tokens_in_all", file="length", layers=1),
    "reverse": Entry("reverse", file="reverse", layers=2),
    "hist": Entry("histogram", file="histogram", layers=1),
    "sort_unique": Entry("sorted_tokens", file="sort_unique", inputs=inputs.all_different, layers=2),
    "sort": Entry("sorted_tokens", file="sort", layers=2),
    "sort_freq": Entry("by_frequency", file="sort_by_frequency", layers=3),
    "pair_balance": Entry("pair_balance", file="pair_balance", vocabulary=one_kind, inputs=inputs.bracketed),
    "shuffle_dyck1": Entry(
        "shuffle_dyck1", file="shuffle_dyck1", vocabulary=one_kind, inputs=inputs.bracketed
    ),
    "shuffle_dyck2": Entry(
        "shuffle_dyck2", file="shuffle_dyck2", vocabulary=two_kinds, inputs=inputs.bracketed
    ),
    "frac_prevs": Entry("fraction_of_previous", file="fraction_of_previous"),
    "shift_by_1": Entry("previous", file="shift"),
    "detect_pattern_abc": Entry("detect_abc", file="detect_abc"),
    "count_less_freq_2": Entry("rare", file="count_less_frequent"),
    "count_a": Entry("how_many", file="count_a", layers=1),
    "nary_seqmap_x+y-z": Entry("tokens_int + tokens_int - indices", vocabulary=numbers),
    "causal_selector_width": Entry("tokens_in_all", file="length", attention="causal", layers=1),
    "hist2_double_histogram": Entry("double_histogram", file="double_histogram", layers=2),
    "hist2_by_division": Entry("hist2", text=HIST2_BY_DIVISION, layers=2),
    "most_frequent": Entry("most_frequent", file="most_frequent_token"),
    "dyck1_balanced_prefix": Entry(
        "dyck1", file="dyck1", vocabulary=one_kind, inputs=inputs.bracketed, layers=2
    ),
    "induction_unique_prev(causal)": Entry(
        "induction_unique", file="induction_unique", attention="causal", inputs=inputs.at_most_twice
    ),
    "induction_most_recent(causal)": Entry("induction", file="induction", attention="causal"),
    "addition_2digit": Entry(
        "addition", file="addition_2digit", vocabulary=digits_and_plus, inputs=inputs.sums_of_two
    ),
    "addition_2digit_maxlen9": Entry(
        "addition", file="addition_2digit", vocabulary=digits_and_plus, inputs=inputs.sums_of_two
    ),
}
