"""`rasp check` warns of divisions that nothing guards, at their place, with an input; and of no others."""

import pytest

from rasp.elaborate.program import load_program
from rasp.lint.divisions import find_divisions
from rasp.source import Source
from rasp.syntax.directives import read_directives

#: A program, the text that is warned of ("": none), and the input that is told.
PROGRAMS = [
    ("x = 10 / tokens_int;", "10 / tokens_int", '"0"'),
    ("x = 10 / tokens_int if tokens_int != 0 else 0;", "", ""),
    ("x = 10 % indices;", "10 % indices", '"a"'),
    ("x = quotient(10, indices);", "quotient(10, indices)", '"a"'),
    ("x = indices ^ -1;", "indices ^ -1", '"a"'),
    ("x = 10 / (indices + 1); y = 10 / length;", "", ""),
    ("y = 10 / indices; x = y if indices > 0 else 0;", "", ""),
    ("y = 10 / indices; x = y + 1 if indices != 1 else 0;", "10 / indices", '"a"'),
    (
        'x = 1 / selector_width(select(tokens, "q", ==));',
        '1 / selector_width(select(tokens, "q", ==))',
        '"a"',
    ),
    ("x = 1 / selector_width(select(tokens, tokens, ==));", "", ""),
    ("def f(a) { return 1 / a; }\nx = f(indices);", "1 / a", '"a"'),
    ('x = 1 / tokens_int;\n# compile: x vocab="123" max_length=4', "", ""),
    ('x = 1 / tokens_int;\n# compile: x vocab="1230" max_length=4', "1 / tokens_int", '"0"'),
    ('x = 1 / tokens_int;\n# compile: x vocab="10" max_length=4 no_value=true', "", ""),
    ('x = 1 / (indices - 1);\n# compile: x vocab="ab" max_length=1', "", ""),
    ('x = 1 / (indices - 3);\n# compile: x vocab="ab" max_length=9', "1 / (indices - 3)", '"aaaaaa"'),
    ('x = {"a": 1}[tokens];', "", ""),
]


@pytest.mark.parametrize("text, place, given", PROGRAMS)
def test_unguarded_divisions(text: str, place: str, given: str) -> None:
    source = Source("test.rasp", text)
    found = find_divisions(load_program(source), read_directives(source).compiles)
    assert [source.text[w.span.start : w.span.end] for w in found if w.span] == ([place] if place else [])
    for warning in found:
        assert warning.severity == "warning" and "by zero" in warning.message
        assert f"of the input {given}" in warning.notes[0] and "else 0" in warning.hint
