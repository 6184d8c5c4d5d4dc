"""What was found on some inputs, as counts that add up; as JSON, for those who keep or send it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.json_forms.answer_forms import ComparedRecord
from compiler.verify.mismatch import Mismatch, read_mismatch


@dataclass(frozen=True)
class Compared:
    """How much of an output was compared: inputs at all their positions, others at some, and all these positions."""

    inputs: int
    partly: int
    positions: int

    def as_json(self) -> ComparedRecord:
        """Plain data."""
        return {"inputs": self.inputs, "partly": self.partly, "positions": self.positions}

    def __add__(self, other: "Compared") -> "Compared":
        return Compared(
            self.inputs + other.inputs, self.partly + other.partly, self.positions + other.positions
        )


NOTHING = Compared(0, 0, 0)


@dataclass(frozen=True, eq=False)
class Tally:
    """`lengths`: how many inputs of each; `without_value`: on how many some output has no value at some position;
    `first`: the first wrong answer."""

    lengths: Mapping[int, int]
    by_output: Mapping[str, Compared]
    without_value: int
    mismatched: int
    first: Mismatch | None

    @property
    def checked(self) -> int:
        """How many inputs these are."""
        return sum(self.lengths.values())

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "lengths": {str(length): count for length, count in self.lengths.items()},
            "by_output": {name: found.as_json() for name, found in self.by_output.items()},
            "without_value": self.without_value,
            "mismatched": self.mismatched,
            "first": None if self.first is None else self.first.as_json(),
        }


def read_tally(record: Mapping[str, Any]) -> Tally:
    """A tally from its JSON. Raises `LookupError`, `TypeError`, `ValueError` for what is none."""
    return Tally(
        lengths={int(length): int(count) for length, count in record["lengths"].items()},
        by_output={name: Compared(**found) for name, found in record["by_output"].items()},
        without_value=int(record["without_value"]),
        mismatched=int(record["mismatched"]),
        first=None if record["first"] is None else read_mismatch(record["first"]),
    )


def add_tallies(tallies: Iterable[Tally]) -> Tally:
    """All together; the first wrong answer is that of the first that has one."""
    lengths: Counter[int] = Counter()
    by_output: dict[str, Compared] = {}
    without_value = mismatched = 0
    first: Mismatch | None = None
    for tally in tallies:
        lengths.update(tally.lengths)
        for name, found in tally.by_output.items():
            by_output[name] = by_output.get(name, NOTHING) + found
        without_value += tally.without_value
        mismatched += tally.mismatched
        first = first or tally.first
    return Tally(lengths, by_output, without_value, mismatched, first)


def count_compared(counts: Sequence[int], length: int) -> Compared:
    """How much of one output was compared, from the positions compared of each of some inputs of one length."""
    return Compared(counts.count(length), sum(0 < count < length for count in counts), sum(counts))
