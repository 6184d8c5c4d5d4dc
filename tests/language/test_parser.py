"""Reading: precedence, spans, whole-input parsing, commands of the prompt, and going on after mistakes."""

import json
import logging
import string
from collections.abc import Iterator
from pathlib import Path

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Shift

from rasp.diagnostics import RaspError
from rasp.source import Source
from rasp.syntax import grammar, syntax_tree
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.mistakes import MISTAKES
from rasp.syntax.parser import parse, parse_expression, parse_tolerantly
from rasp.syntax.precedence import LEVELS
from rasp.syntax.walk import Tree, walk_trees
from rasp.syntax.whole_statements import is_blank
from tests.places import CONFORMANCE


def programs() -> Iterator[str]:
    for name in ("values.jsonl", "errors.jsonl"):
        for line in (CONFORMANCE / name).read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["program"]


def place(tree: syntax_tree.Index | syntax_tree.Slice) -> str:
    """What stands in the brackets."""
    parts = (tree.index,) if isinstance(tree, syntax_tree.Index) else (tree.start, tree.end, tree.step)
    return ":".join("" if part is None else shape(part) for part in parts)


def shape(tree: Tree) -> str:
    """An expression with every operation in parentheses and everything else as it is in the text."""
    match tree:
        case syntax_tree.Operation(operands, operators):
            text = shape(operands[0])
            for operator, operand in zip(operators, operands[1:], strict=True):
                text = f"({text} {operator} {shape(operand)})"
            return text
        case syntax_tree.Prefix(operator, operand):
            return f"({operator} {shape(operand)})"
        case syntax_tree.Conditional(then, condition, otherwise):
            return f"({shape(then)} if {shape(condition)} else {shape(otherwise)})"
        case syntax_tree.Index() | syntax_tree.Slice():
            return f"{shape(tree.target)}[{place(tree)}]"
        case syntax_tree.Call(function, arguments):
            return f"{shape(function)}({', '.join(map(shape, arguments))})"
        case syntax_tree.Group(inner):
            return shape(inner)
        case syntax_tree.Name(text):
            return text
        case syntax_tree.Literal(value):
            return repr(value)
        case _:
            return type(tree).__name__


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("7 % 4 * 2", "(7 % (4 * 2))"),
        ("2 * 7 % 4", "((2 * 7) % 4)"),
        ("10 - 7 % 4", "(10 - (7 % 4))"),
        ("2 ^ 3 ^ 2", "((2 ^ 3) ^ 2)"),
        ("2 ^ -1", "(2 ^ (- 1))"),
        ("-x ^ 2", "((- x) ^ 2)"),
        ("-x[0]", "(- x[0])"),
        ("x[1:]", "x[1::]"),
        ("x[:-1][::2]", "x[:(- 1):][::2]"),
        ("x[a if b else c:f(1):]", "x[(a if b else c):f(1):]"),
        ("not f(x)[1]", "(not f(x)[1])"),
        ("not a == b", "((not a) == b)"),
        ("1 + not 0", "(1 + (not 0))"),
        ("- - 5", "(- (- 5))"),
        ("a<-1", "(a < (- 1))"),
        ("3 > 2 == True", "((3 > 2) == True)"),
        ("a or b and c", "((a or b) and c)"),
        ("a == b and c != d", "((a == b) and (c != d))"),
        ("a if b else c if d else e", "((a if b else c) if d else e)"),
        ("a if b in c else d", "(a if (b in c) else d)"),
        ("a in b and c", "(a in (b and c))"),
        ("1 in a if b else c", "(1 in (a if b else c))"),
        ("1 in a in b", "((1 in a) in b)"),
        ("s-op", "(s - op)"),
        ("f (x) (y) [1]", "f(x)(y)[1]"),
        ("select", "select"),
        ("select (a, b, ==)", "SelectCall"),
        ("aggregate(a, b, 0,)", "AggregateCall"),
        ("len ([1, 2,],)", "BuiltinCall"),
        ("007", "7"),
    ],
)
def test_readings(text: str, reading: str) -> None:
    assert shape(parse_expression(Source("<test>", text))) == reading


def test_levels_are_those_of_the_grammar() -> None:
    for first, tight in LEVELS.items():
        for second, loose in LEVELS.items():
            whole = parse_expression(Source("<test>", f"a {first} b {second} c"))
            assert isinstance(whole, syntax_tree.Operation)
            one_level = (first, second) if tight == loose else (second,) if tight > loose else (first,)
            assert whole.operators == one_level


def test_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    """Lark would settle them silently."""
    text = Path(grammar.__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    with caplog.at_level(logging.DEBUG, lark.logger.name):
        lark.Lark(text, parser="lalr", start=list(grammar.STARTS), postlex=grammar.AllTokens(), debug=True)
    assert not [record for record in caplog.records if "onflict" in record.getMessage()]


def described(part: Rule | TerminalDef) -> str:
    """All that a parser knows of a rule or terminal."""
    return json.dumps(part.serialize())


def test_kept_tables_are_the_grammar_s() -> None:
    """Those that are kept and those that this lark makes are the same but for the numbers of the states, which are
    given as sets happen to be sorted.
    """
    text = grammar.GRAMMAR.read_text(encoding="utf-8")
    kept, made = grammar.read_tables(text), grammar.make_parser(text)
    if kept is None:
        assert json.loads(grammar.TABLES.read_text(encoding="utf-8"))["of"][0] != lark.__version__, (
            "make tables"
        )
        pytest.skip("the kept tables are of another version of lark, and are not read with this one")
    assert [*map(described, kept.terminals)] == [*map(described, made.terminals)]
    assert [*map(described, kept.rules)] == [*map(described, made.rules)]
    assert kept.lexer_conf.ignore == made.lexer_conf.ignore
    ours, theirs = (parser.parser.parser._parse_table for parser in (kept, made))
    same = {ours.start_states[start]: theirs.start_states[start] for start in grammar.STARTS}
    same |= {ours.end_states[start]: theirs.end_states[start] for start in grammar.STARTS}
    left = list(same)
    while left:
        state = left.pop()
        actions, wanted = ours.states[state], theirs.states[same[state]]
        assert actions.keys() == wanted.keys()
        for token, (action, argument) in actions.items():
            if action is Shift:
                left += [argument] if argument not in same else []
                assert wanted[token] == (Shift, same.setdefault(argument, wanted[token][1]))
            else:
                assert wanted[token][0] is action
                assert described(wanted[token][1]) == described(argument)
    assert len(set(same.values())) == len(same) == len(theirs.states)


def test_tables_of_another_grammar_or_lark_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = grammar.GRAMMAR.read_text(encoding="utf-8")
    assert grammar.read_tables(text + "// changed\n") is None
    monkeypatch.setattr(lark, "__version__", "0")
    assert grammar.read_tables(text) is None


def test_whole_input() -> None:
    text = (
        "a = 1; b = 2; # one line\n# alone\nx = 1 + # in the middle\n  2;"
        "def f(x) { # here\n return x; # there\n}f(1);"
    )
    kinds = [type(statement).__name__ for statement in parse(Source("<test>", text)).statements]
    assert kinds == ["Assign", "Assign", "Assign", "FunctionDefinition", "ExpressionStatement"]


def test_commands_end_with_their_line() -> None:
    text = (
        'set example [1,\n 2]\nset s-op example "a" +\n "b"\n[3];\nshow selector example\n'
        "examples off\nfull seq display on\nquit()\n"
    )
    statements = parse(Source("<test>", text)).statements
    kinds = [type(statement).__name__ for statement in statements]
    assert kinds == [
        "SetExample",
        "SetExample",
        "ExpressionStatement",
        "ShowExample",
        "SwitchExamples",
        "FullDisplay",
        "Exit",
    ]
    assert [
        s.what for s in statements if isinstance(s, syntax_tree.SetExample | syntax_tree.ShowExample)
    ] == [
        "both",
        "s-op",
        "selector",
    ]


def test_doc_comments() -> None:
    text = "# Not this.\n\n# Adds one.\n# Twice.\ndef f(x) { return x + 1; }\n"
    (definition,) = parse(Source("<test>", text)).statements
    assert isinstance(definition, syntax_tree.FunctionDefinition)
    assert definition.doc == "Adds one.\nTwice."


@pytest.mark.parametrize("text", list(programs()))
def test_spans(text: str) -> None:
    """Every tree has a non-empty span within its parent's text, and starts with a token."""
    for tree in walk_trees(*parse_tolerantly(Source("<test>", text)).statements):
        assert 0 <= tree.span.start < tree.span.end <= len(text)
        assert not text[tree.span.start].isspace()


def test_several_mistakes_in_one_run() -> None:
    text = "a = ;\nb = 1\nc = (2;\ndef f(x) {\n y = ;\n z = 1\n return z;\n}\nd = 4;\ne = 'x';\n"
    module = parse_tolerantly(Source("<test>", text))
    lines = [module.source.position(p.span.start)[0] for p in module.problems if p.span]
    assert lines == [1, 2, 3, 5, 6, 10]
    assert [type(s).__name__ for s in module.statements] == [
        "Broken",
        "Assign",
        "Broken",
        "Broken",
        "Assign",
        "Broken",
    ]


@pytest.mark.parametrize(
    "text", ["x = 1", "x = (1 +", "def f(x) {", "def f(x) { y = 1;", "x = [1,", "set example"]
)
def test_unfinished_input_is_recognised(text: str) -> None:
    """The prompt asks for another line exactly when the first mistake is at the end."""
    assert parse_tolerantly(Source("<test>", text)).problems[0].code == "unfinished"


def test_the_end_of_the_text_is_one_mistake() -> None:
    module = parse_tolerantly(Source("<test>", "def f(x) {\n for i in [1] {\n  y = 1"))
    assert [problem.message for problem in module.problems] == ["missing `;`"]


def test_a_definition_at_the_start_of_a_line_ends_what_is_open() -> None:
    text = "def f(x) {\n y = (1 +\ndef g(x) { return x; }\nz = 1;\n"
    module = parse_tolerantly(Source("<test>", text))
    assert len(module.problems) == 1
    assert [type(s).__name__ for s in module.statements] == ["Broken", "FunctionDefinition", "Assign"]


def test_a_broken_part_breaks_a_definition_only() -> None:
    text = "def f(x) { return x +; }\nfor i in [1] { y = ; z = 1; }\na = 1;"
    module = parse_tolerantly(Source("<test>", text))
    assert [problem.message for problem in module.problems] == ["expected a value, found `;`"] * 2
    assert [type(s).__name__ for s in module.statements] == ["Broken", "Broken", "Assign"]


def test_a_comma_may_end_what_is_in_brackets() -> None:
    parse(Source("<test>", "def f(a, b,) { return a; } x = f(1, 2,) + len([1,],); y = {1: 2,}; draw(x,);"))


def test_table_of_mistakes_is_well_formed() -> None:
    """Its last row fits always, and no row stands behind one that asks for less."""
    assert (MISTAKES[-1].takes, MISTAKES[-1].found, MISTAKES[-1].within) == ("", "", "")
    needs = [[set(text.split()) for text in (row.takes, row.found, row.within)] for row in MISTAKES]
    for place, (takes, found, within) in enumerate(needs):
        for earlier_takes, earlier_found, earlier_within in needs[:place]:
            covers = not earlier_found or (found and found <= earlier_found)
            assert not (covers and earlier_takes <= takes and earlier_within <= within)


def test_long_sum_and_deep_nesting() -> None:
    parse(Source("<test>", "x = " + " + ".join(["indices"] * 3000) + ";"))
    for opening, closing in ("()", "[]"):
        with pytest.raises(RaspError, match="levels deep"):
            parse(Source("<test>", f"x = {opening * 5000}1{closing * 5000};"))
    parse(Source("<test>", f"x = {'(' * 150}1{')' * 150};"))


WORDS = [
    "x",
    "=",
    ";",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "1",
    '"a"',
    "+",
    "==",
    "not",
    "if",
    "else",
    "in",
    "for",
]
WORDS += [
    "def",
    "return",
    "select",
    "load",
    "set",
    "example",
    "\n",
    "#",
    "'",
    "&&",
    "é",
    "draw",
    "exit",
    "on",
    ".",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(string.printable, max_size=40))
def test_any_text_is_read(text: str) -> None:
    """Whatever stands there: an answer, with every problem at a place, and no statement lost."""
    module = parse_tolerantly(Source("<test>", text))
    for problem in module.problems:
        assert problem.message and problem.span is not None
        assert 0 <= problem.span.start <= len(text)
        problem.render()
    ends = [0, *[statement.span.end for statement in module.statements]]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    "text", ["", "  \n", "# a\n\n  # b", "\u00a0", "x", "# a\u2028b", "# a\nx", ";", "\f"]
)
def test_what_is_blank_has_no_tokens(text: str) -> None:
    assert is_blank(text) == (tokenize_text(Source("", text))[0][0].kind == "end")
