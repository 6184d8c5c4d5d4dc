"""The Pygments lexer: every program is covered without errors, and directives stand out."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments import highlight
from pygments.formatters import NullFormatter, TerminalFormatter
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String

from rasp.elaborate.builtins import FUNCTIONS
from rasp.elaborate.names import FORM_NAMES
from rasp.elaborate.prelude import load_standard_library
from rasp.format.format_text import print_module
from rasp.notation import pygments_lexer
from rasp.notation.pygments_lexer import RaspLexer
from rasp.syntax.syntax_tree import Assign, FunctionDefinition, Module
from rasp.syntax.tokens import KEYWORDS
from tests.generate_syntax import modules
from tests.places import ROOT

PROGRAMS = sorted([*(ROOT / "programs").rglob("*.rasp"), ROOT / "rasp" / "library" / "std.rasp"])


def tokens(text: str) -> list[tuple[object, str]]:
    found = list(RaspLexer().get_tokens_unprocessed(text))
    return [(kind, part) for _, kind, part in found if part.strip()]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_have_no_errors(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert Error not in [kind for kind, _ in tokens(text)]
    assert highlight(text, RaspLexer(), NullFormatter()) == text


@settings(max_examples=60, deadline=None)
@given(modules)
def test_random_programs_have_no_errors(module: Module) -> None:
    text = print_module(module)
    found = list(RaspLexer().get_tokens_unprocessed(text))
    assert "".join(part for _, _, part in found) == text
    assert Error not in [kind for _, kind, _ in found]


@given(st.text())
def test_any_text_is_covered(text: str) -> None:
    assert "".join(part for _, _, part in RaspLexer().get_tokens_unprocessed(text)) == text


def test_statement() -> None:
    assert tokens('x = f(length, 1.5) if not "a" in tokens; # why') == [
        (Name, "x"),
        (Operator, "="),
        (Name.Function, "f"),
        (Punctuation, "("),
        (Name.Builtin, "length"),
        (Punctuation, ","),
        (Number.Float, "1.5"),
        (Punctuation, ")"),
        (Keyword, "if"),
        (Operator.Word, "not"),
        (String.Double, '"a"'),
        (Operator.Word, "in"),
        (Name.Builtin.Pseudo, "tokens"),
        (Punctuation, ";"),
        (Comment.Single, "# why"),
    ]


def test_directives_stand_out() -> None:
    assert tokens('# compile: x vocab="ab" max_length=4\n# example (causal): x("a") = error\n# note: x') == [
        (Comment.Special, "# "),
        (Keyword.Pseudo, "compile"),
        (Punctuation, ":"),
        (Name, "x"),
        (Name.Attribute, "vocab"),
        (Operator, "="),
        (String.Double, '"ab"'),
        (Name.Attribute, "max_length"),
        (Operator, "="),
        (Number.Integer, "4"),
        (Comment.Special, "# "),
        (Keyword.Pseudo, "example"),
        (Comment.Special, "(causal)"),
        (Punctuation, ":"),
        (Name.Function, "x"),
        (Punctuation, "("),
        (String.Double, '"a"'),
        (Punctuation, ")"),
        (Operator, "="),
        (Keyword.Constant, "error"),
        (Comment.Single, "# note: x"),
    ]


def test_mistakes_are_errors_and_end_with_the_line() -> None:
    assert (Error, '"open;') in tokens('x = "open;\ny = 1;')
    assert (Name, "y") in tokens('x = "open;\ny = 1;')


def test_tables_are_complete() -> None:
    defined = [
        tree for tree in load_standard_library().statements if isinstance(tree, Assign | FunctionDefinition)
    ]
    names = [
        tree.name.text if isinstance(tree, FunctionDefinition) else tree.names[0].text for tree in defined
    ]
    assert {*names, *FUNCTIONS} == set(pygments_lexer.LIBRARY)
    assert set(pygments_lexer.FORMS) == set(FORM_NAMES)
    words = {*pygments_lexer.STATEMENT_WORDS, *pygments_lexer.COMMAND_WORDS, "and", "or", "not", "in"}
    assert words == KEYWORDS


def test_is_registered() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (point,) = project["entry-points"]["pygments.lexers"].values()
    assert point == f"{RaspLexer.__module__}:{RaspLexer.__name__}"
    assert "\x1b[" in highlight("def f(x) { return x; }", RaspLexer(), TerminalFormatter())
