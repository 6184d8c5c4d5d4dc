"""`docs/language.md` leaves nothing out: every form, operator, library function and primitive has an example there."""

import re
from pathlib import Path
from typing import get_args

from rasp.elaborate.builtins import FUNCTIONS
from rasp.source import Source
from rasp.syntax import syntax_tree
from rasp.syntax.parser import parse_tolerantly
from rasp.syntax.precedence import FORMS, LEVELS, TESTS
from rasp.syntax.tokens import KEYWORDS
from rasp.syntax.walk import Tree, walk_trees
from tests.places import DOCS

PAGE = (DOCS / "language.md").read_text(encoding="utf-8")
LIBRARY = Path(syntax_tree.__file__).parent.parent / "library" / "std.rasp"
PRIMITIVES = {
    "tokens",
    "tokens_int",
    "tokens_float",
    "tokens_bool",
    "tokens_asis",
    "indices",
    "True",
    "False",
    "out",
}


def typed() -> list[Tree]:
    """Everything that stands behind a prompt on the page, parsed; lines that are commands or wrong are left out."""
    inputs = re.findall(r"^>> (.*(?:\n\.\..*)*)", PAGE, re.MULTILINE)
    texts = [text.replace("\n..", "\n") for text in inputs]
    return [
        tree
        for text in texts
        for tree in walk_trees(*parse_tolerantly(Source("language.md", text)).statements)
    ]


def test_every_form_has_an_example() -> None:
    forms = {*get_args(syntax_tree.Expression), *get_args(syntax_tree.Statement)}
    wanted = {form.__name__ for form in forms if isinstance(form, type)} - {"Broken"}
    assert wanted - {type(tree).__name__ for tree in typed()} == set()


def test_every_operator_and_call_has_an_example() -> None:
    operators: set[str] = set()
    calls: set[str] = set()
    for tree in typed():
        match tree:
            case syntax_tree.Operation(operators=several):
                operators |= set(several)
            case syntax_tree.Prefix(operator=operator):
                operators.add(f"prefix {operator}")
            case syntax_tree.SelectCall(test=test):
                operators.add(f"select {test}")
                calls.add("select")
            case syntax_tree.AggregateCall():
                calls.add("aggregate")
            case syntax_tree.BuiltinCall(name=name):
                calls.add(name)
            case _:
                pass
    prefixes = {f"prefix {symbol}" for symbol in ("not", "+", "-")}
    assert {*LEVELS, "in", *prefixes, *(f"select {test}" for test in TESTS)} - operators == set()
    assert set(FORMS) - calls == set()


def test_reserved_words_are_listed() -> None:
    (listed,) = re.findall(r"The words of the language name nothing else: (.*?), of which", PAGE, re.DOTALL)
    assert re.findall(r"`(.*?)`", listed) == sorted(KEYWORDS)


def test_every_name_has_an_example_or_a_line() -> None:
    library = re.findall(r"^(?:def )?(\w+)(?: =|\()", LIBRARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name in (*library, *FUNCTIONS) if f"`{name}" not in PAGE} == set()
    assert {name for name in PRIMITIVES if not re.search(rf"\b{name}\b", PAGE)} == set()
