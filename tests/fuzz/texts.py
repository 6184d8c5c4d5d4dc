"""Texts that might be programs: Hypothesis strategies. Programs that exist, mangled; random trees and expressions;
words in any order; deep nestings.
"""

import re

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from rasp.format.format_text import print_module
from rasp.syntax.precedence import FORMS, LEVELS
from rasp.syntax.tokens import KEYWORDS
from tests.fuzz.contained import ROOT
from tests.generate import s_ops
from tests.generate_syntax import modules

PROGRAMS = tuple(
    path.read_text(encoding="utf-8")
    for path in sorted([*(ROOT / "programs").rglob("*.rasp"), ROOT / "rasp" / "library" / "std.rasp"])
)
PIECE = re.compile(r"\w+|\s+|.", re.DOTALL)
SYMBOLS = (*LEVELS, "(", ")", "[", "]", "{", "}", ",", ";", ":", "=", "\n", " ", "#", '"', "'")
NAMES = (
    "tokens",
    "indices",
    "length",
    "x",
    "f",
    "out",
    "full_s",
    "sort",
    "best",
    "contains",
    "shift",
    "_",
    "s-op",
)
VALUES = ("0", "1", "-1", "2.5", "1000", "1000000", "99999999999999999999", "1e3", "0.0", "2^31", "True", "False",
    '"a"', '""', "[]", "{}", "[1]", '{"a": 1}', "[tokens]", "{tokens: 1}", "tokens_int", "[[1, 2], 3]")  # fmt: skip
ODD = ("\0", "\ufeff", "é", "😀", "\u202e", "\u00a0", "\t", "\r\n", "\x1b[31m", "\\", "\\n", "%s", "%d", "{}", "$",
    "# compile: ", "# example: ",
    'vocab="ab" ', "max_length=4 ", '("ab") = ', "?", "!", "lambda x: x", "1..2", "`")  # fmt: skip
WORDS = (*sorted(KEYWORDS), *FORMS, *SYMBOLS, *NAMES, *VALUES, *ODD)
#: What can be nested, with what closes it.
NESTINGS = (("(", ")"), ("[", "]"), ("{1: ", "}"), ("not ", ""), ("-", ""), ("f(", ")"), ("[x for x in ", "]"),
    ("1 if 1 else ", ""), ("tokens + ", "tokens"), ("def f() { ", " return 1; }"), ("for i in [1] { ", " }"),
    ("tokens[", "]"), ("select(", ", 1, ==)"), ("load ", ""), ("x = ", ""), ("draw(", ")"), ("x; ", ""), ("# ", ""),
    ("round(", ")"), ("(lambda", ")"), ("1 < ", "2"), ('"', '"'))  # fmt: skip

words = st.sampled_from(WORDS)


@st.composite
def mangled(draw: DrawFn, text: str) -> str:
    """A text with a few of its pieces gone, doubled, exchanged, or other words in their place."""
    pieces = PIECE.findall(text) or [""]
    places = st.integers(0, len(pieces) - 1)
    for _ in range(draw(st.integers(0, 6))):
        place = draw(places)
        match draw(st.integers(0, 4)):
            case 0:
                pieces[place] = draw(words)
            case 1:
                pieces[place] += draw(words)
            case 2:
                pieces[place] = ""
            case 3:
                pieces[place] *= 2
            case _:
                other = draw(places)
                pieces[place], pieces[other] = pieces[other], pieces[place]
    return "".join(pieces)


@st.composite
def nested(draw: DrawFn) -> str:
    """Up to some thousand openings, with their closings or without, and something in the middle."""
    opening, closing = draw(st.sampled_from(NESTINGS))
    depth = draw(st.sampled_from((1, 10, 200, 1000)) | st.integers(1, 1000))
    closings = depth if draw(st.booleans()) else draw(st.integers(0, 3))
    return f"{draw(st.sampled_from(('', 'x = ')))}{opening * depth}{draw(words)}{closing * closings};"


jumbles = st.lists(words, max_size=30).map(" ".join)
assignments = s_ops(20).map(lambda text: f"x = {text};\n")
existing = st.sampled_from(PROGRAMS)
#: Parts of programs, small enough to be tried by the thousand.
parts = existing.flatmap(
    lambda text: st.integers(0, max(0, len(text) - 1)).map(lambda start: text[start : start + 400])
)

programs: SearchStrategy[str] = st.one_of(
    existing.flatmap(mangled),
    parts.flatmap(mangled),
    modules.map(print_module).flatmap(mangled),
    st.lists(assignments, min_size=1, max_size=3).map("".join).flatmap(mangled),
    jumbles,
    nested(),
    st.text(max_size=60),
)
