"""Program text with a name, and spans of it. Offsets become lines and columns here and nowhere else."""

from bisect import bisect_right
from dataclasses import dataclass, field

from rasp.values import show_count


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets, `start <= end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A text and the name shown for it in messages (a path, or something like `<prompt>`). `first`: the number of its first
    line, where it is a part of something."""

    name: str
    text: str
    first: int = field(default=1, compare=False)
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, character in enumerate(self.text) if character == "\n")
        object.__setattr__(self, "starts", tuple(starts))

    def __repr__(self) -> str:
        return f"<source {self.name}: {show_count(len(self.starts), 'line')}>"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, lines from `first`."""
        line = bisect_right(self.starts, offset)
        return self.first + line - 1, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from `first`), without its end-of-line characters."""
        place = number - self.first
        start = self.starts[place]
        end = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")
