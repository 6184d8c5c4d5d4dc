"""Offsets of a text ↔ lines and columns as the Language Server Protocol counts them.

Both count from 0. Columns are code units of the encoding that editor and server have agreed on, mostly
UTF-16, in which a character beyond U+FFFF takes two.
"""

from dataclasses import dataclass

from lsprotocol import types

from rasp.source import Source, Span

#: Encoding → Python's name for it, and bytes a unit.
UNITS: dict[str, tuple[str, int]] = {
    "utf-8": ("utf-8", 1),
    "utf-16": ("utf-16-le", 2),
    "utf-32": ("utf-32-le", 4),
}


@dataclass(frozen=True)
class Positions:
    """The positions of one text."""

    source: Source
    encoding: str = "utf-16"

    def units(self, text: str) -> int:
        """How many code units a text takes."""
        codec, size = UNITS[self.encoding]
        return len(text.encode(codec, "surrogatepass")) // size

    def position(self, offset: int) -> types.Position:
        line, column = self.source.position(offset)
        return types.Position(line - 1, self.units(self.source.line(line)[: column - 1]))

    def range(self, span: Span) -> types.Range:
        return types.Range(self.position(span.start), self.position(span.end))

    def offset(self, position: types.Position) -> int:
        """The offset of a position. One behind the end of its line or of the text is taken for that end."""
        starts = self.source.starts
        if position.line >= len(starts):
            return len(self.source.text)
        line = self.source.line(position.line + 1)
        left = position.character
        for column, character in enumerate(line):
            if left <= 0:
                return starts[position.line] + column
            left -= self.units(character)
        return starts[position.line] + len(line)

    def whole(self) -> types.Range:
        """All of the text."""
        return self.range(Span(0, len(self.source.text)))
