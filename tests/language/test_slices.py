"""Slices of strings and lists are those of Python."""

from hypothesis import given
from hypothesis import strategies as st

import rasp
from rasp.elaborate.program import load_program
from rasp.source import Source

PARTS = st.none() | st.integers(-9, 9)
STEPS = st.none() | st.integers(-4, 4).filter(bool)


@given(st.text("abcde", max_size=6) | st.lists(st.integers(0, 9), max_size=6), PARTS, PARTS, STEPS)
def test_slices_are_those_of_python(
    value: str | list[int], start: int | None, end: int | None, step: int | None
) -> None:
    written = f'"{value}"' if isinstance(value, str) else repr(value)
    parts = ":".join("" if part is None else str(part) for part in (start, end, step))
    shorter = parts[:-1] if step is None else parts
    for text in (parts, shorter):
        program = load_program(Source("slice", f"x = {written}[{text}];"))
        assert program.scope.values["x"] == value[start:end:step]


def test_a_slice_is_counted_before_it_is_made() -> None:
    """A loop of slices of a long list ends at the limit on memory."""
    text = "a = range(100000); kept = [a[:] for i in range(100000)];"
    try:
        rasp.load(text)
    except rasp.RaspError as error:
        assert "MiB" in error.diagnostics[0].message or "steps" in error.diagnostics[0].message
    else:
        raise AssertionError("nothing was refused")
