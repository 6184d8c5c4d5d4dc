"""Comments on their way from the old text to the new one.

Whoever prints a piece of text takes the comments in it, the innermost piece first, so that each comment is
taken once. What stands behind something on its line stays there; any other comment gets a line of its own
before what follows it.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from rasp.format.documents import Document, Fence, Hard, Join, Line, Remark, Text
from rasp.source import Source
from rasp.syntax.comments import Comment

BLANK = re.compile(r"(?:\s|\ufeff|#[^\n]*)*")


@dataclass(eq=False)
class Remarks:
    """The text that is being printed, and those of its comments that are not yet taken."""

    source: Source
    waiting: list[Comment]

    def take(self, start: int, end: int) -> list[Comment]:
        """The comments that start between two offsets, which are now taken."""
        first = bisect_left(self.waiting, start, key=offset)
        last = bisect_left(self.waiting, end, key=offset)
        found = self.waiting[first:last]
        del self.waiting[first:last]
        return found

    def line(self, place: int) -> int:
        """The number of the line that holds an offset."""
        return self.source.position(place)[0]

    def spelled(self, comment: Comment) -> str:
        """The comment as it is printed: with a blank behind its `#`."""
        text = self.source.text[comment.span.start : comment.span.end]
        return re.sub(r"^(#+)(?=[^\s#!])", r"\1 ", text)

    def next_token(self, place: int) -> int:
        """Where the next token at or behind an offset starts."""
        match = BLANK.match(self.source.text, place)
        return match.end() if match else place


def offset(comment: Comment) -> int:
    return comment.span.start


@dataclass(frozen=True)
class Part:
    """One of several things in a row: what is printed, and where it stood."""

    document: Document
    start: int
    end: int


@dataclass
class Slot:
    """A part with the comments on lines before it and the one behind it."""

    document: Document
    before: list[str] = field(default_factory=list[str])
    after: str = ""


def follows_on_line(remarks: Remarks, found: Sequence[Comment], place: int) -> bool:
    """Is the first of these comments on the line of what ends at an offset?"""
    return bool(found) and remarks.line(offset(found[0])) == remarks.line(place)


def arrange_remarks(
    remarks: Remarks, parts: Sequence[Part], start: int, end: int
) -> tuple[list[Slot], list[str]]:
    """The parts with the comments between `start` and `end`, and the comments behind the last part.

    The comments inside of parts that nobody has taken come before them.
    """
    slots = [Slot(part.document) for part in parts]
    place = start
    for number, part in enumerate(parts):
        found = remarks.take(place, part.start)
        if number and follows_on_line(remarks, found, place):
            slots[number - 1].after = remarks.spelled(found.pop(0))
        found += remarks.take(part.start, part.end)
        slots[number].before = [remarks.spelled(comment) for comment in found]
        place = part.end
    found = remarks.take(place, end)
    if parts and follows_on_line(remarks, found, place):
        slots[-1].after = remarks.spelled(found.pop(0))
    return slots, [remarks.spelled(comment) for comment in found]


def layout_rows(slots: Sequence[Slot], separator: str = "", dangling: Sequence[str] = ()) -> Document:
    """The slots, the separator and a `Line` between each two. A comment forces the lines of the `Choice`
    around.
    """
    parts: list[Document] = []
    for number, slot in enumerate(slots):
        parts += [Line()] if number else []
        for comment in slot.before:
            parts += [Text(comment), Hard()]
        parts.append(slot.document)
        if number < len(slots) - 1:
            parts.append(Text(separator))
        if slot.after:
            parts.append(Remark(slot.after))
    for comment in dangling:
        parts += [Hard(), Text(comment)] if parts else [Text(comment)]
    # Behind a comment at the end there has to be a line break.
    parts += [Fence()] if dangling else []
    return Join(tuple(parts))
