"""A sequence of values as lines: `[1, 0.333, T] (floats)`, `[2]*5 (ints)`, or aligned below its input."""

from collections.abc import Sequence

from rasp.notation.style import Line, Piece, align_right, make_line
from rasp.values import Atom, classify_values

DIGITS = 3


def show_sequence(items: Sequence[Atom], values: Sequence[Atom], full: bool) -> list[Line]:
    """The values for the input `items`. With `full`, each below the element it belongs to."""
    kind = f" ({classify_values(values)}s)"
    alike = all(value == values[0] for value in values)
    if alike and (full or len(values) > 1):
        note = " [skipped full display: identical values]" if full else ""
        return [make_line(Piece(f"[{show_short(values[0])}]*{len(values)}", "value"), kind + note)]
    if full:
        return full_lines(items, values, kind)
    return [make_line(Piece(f"[{', '.join(map(show_short, values))}]", "value"), kind)]


def show_short(value: Atom) -> str:
    """A value in a sequence: floats are rounded, strings bare."""
    match value:
        case bool():
            return "T" if value else "F"
        case float():
            return str(round(value, DIGITS))
        case _:
            return str(value)


def full_lines(items: Sequence[Atom], values: Sequence[Atom], kind: str) -> list[Line]:
    """Two lines with equally wide cells. Of booleans only the rarer one is shown."""
    outputs = rarer(values) if all(isinstance(value, bool) for value in values) else list(map(str, values))
    inputs = [str(item) for item in items]
    width = max(map(len, [*inputs, *outputs]))
    above, below = (" ".join(align_right(cell, width) for cell in row) for row in (inputs, outputs))
    return [
        (),
        make_line(Piece(" \t\tinput:   ", "label"), above, " \t (strings)"),
        make_line(Piece(" \t\toutput:  ", "label"), Piece(below, "value"), f" \t{kind}"),
    ]


def rarer(values: Sequence[Atom]) -> list[str]:
    """`T` for true while trues are no more than falses, `F` for false while falses are no more; else
    blank.
    """
    true = sum(map(bool, values))
    false = len(values) - true
    return [("T" if true <= false else "") if value else ("F" if false <= true else "") for value in values]
