"""Random syntax trees, and texts with comments and blanks between all tokens: Hypothesis strategies.

Trees have empty spans, since they come from no text. `plain` is what two trees that mean the same have in
common.
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from rasp.source import Source, Span
from rasp.syntax import syntax_tree
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.precedence import FORMS, TESTS
from rasp.syntax.syntax_tree import Expression, Group, Module, Name, Statement

NOWHERE = Span(0, 0)
LEVELS = (("in",), ("and", "or"), TESTS, ("+", "-"), ("%",), ("*", "/"), ("^",))
WORDS = ("a", "b", "tokens", "s", "op", "full", "seq", "display", "x_1", "_", "select", "len", "out")

names = st.sampled_from(WORDS).map(lambda text: Name(text, NOWHERE))
name_lists = st.lists(names, min_size=1, max_size=3).map(tuple)
strings = st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"]), max_size=8)
floats = st.floats(min_value=0, allow_infinity=False, allow_nan=False).map(abs)
literals = st.builds(syntax_tree.Literal, st.integers(0, 2000) | floats | strings, st.just(NOWHERE))


def tuples(
    element: SearchStrategy[Expression], least: int, most: int
) -> SearchStrategy[tuple[Expression, ...]]:
    return st.lists(element, min_size=least, max_size=most).map(tuple)


@st.composite
def operations(draw: DrawFn, inner: SearchStrategy[Expression]) -> Expression:
    """Operators of one level between operands of any."""
    operands = draw(tuples(inner, 2, 4))
    symbols = st.sampled_from(draw(st.sampled_from(LEVELS)))
    return syntax_tree.Operation(operands, tuple(draw(symbols) for _ in operands[1:]), NOWHERE)


@st.composite
def built_in_calls(draw: DrawFn, inner: SearchStrategy[Expression]) -> Expression:
    form = draw(st.sampled_from(["range", "zip", "len", "round", "indicator"]))
    fewest, most, _ = FORMS[form]
    return syntax_tree.BuiltinCall(form, draw(tuples(inner, fewest, min(most, 4))), NOWHERE)


def larger(inner: SearchStrategy[Expression]) -> SearchStrategy[Expression]:
    """Expressions made of smaller ones."""
    here = st.just(NOWHERE)
    entries = st.lists(st.tuples(inner, inner), max_size=3).map(tuple)
    signs = st.sampled_from(["not", "-", "+"])
    return st.one_of(
        operations(inner),
        built_in_calls(inner),
        st.builds(Group, inner, here),
        st.builds(syntax_tree.Prefix, signs, inner, here),
        st.builds(syntax_tree.Conditional, inner, inner, inner, here),
        st.builds(syntax_tree.Index, inner, inner, here),
        st.builds(syntax_tree.Slice, inner, *[st.none() | inner] * 3, here),
        st.builds(syntax_tree.Call, inner, tuples(inner, 0, 3), here),
        st.builds(syntax_tree.SelectCall, inner, inner, st.sampled_from(TESTS), here),
        st.builds(syntax_tree.AggregateCall, inner, inner, st.none() | inner, here),
        st.builds(syntax_tree.ListDisplay, tuples(inner, 0, 6), here),
        st.builds(syntax_tree.DictDisplay, entries, here),
        st.builds(syntax_tree.ListComprehension, inner, name_lists, inner, here),
        st.builds(syntax_tree.DictComprehension, inner, inner, name_lists, inner, here),
    )


expressions: SearchStrategy[Expression] = st.recursive(names | literals, larger, max_leaves=12)


def blocks(inner: SearchStrategy[Statement]) -> SearchStrategy[Statement]:
    """Functions and loops around other statements."""
    here, body = st.just(NOWHERE), st.lists(inner, max_size=3).map(tuple)
    full = st.lists(inner, min_size=1, max_size=3).map(tuple)
    parameters, results = st.lists(names, max_size=3).map(tuple), tuples(expressions, 1, 3)
    return st.one_of(
        st.builds(syntax_tree.FunctionDefinition, names, parameters, body, results, st.just(""), here),
        st.builds(syntax_tree.For, name_lists, expressions, full, here),
    )


def simple() -> SearchStrategy[Statement]:
    """Statements that end with `;`."""
    here = st.just(NOWHERE)
    return st.one_of(
        st.builds(syntax_tree.ExpressionStatement, expressions, here),
        st.builds(syntax_tree.Assign, name_lists, tuples(expressions, 1, 3), here),
        st.builds(syntax_tree.Load, strings, here, here),
        st.builds(syntax_tree.Draw, expressions, st.none() | expressions, here),
    )


def commands() -> SearchStrategy[Statement]:
    """Commands of the prompt."""
    here, what = st.just(NOWHERE), st.sampled_from(["both", "s-op", "selector"])
    return st.one_of(
        st.builds(syntax_tree.SetExample, what, expressions, here),
        st.builds(syntax_tree.ShowExample, what, here),
        st.builds(syntax_tree.SwitchExamples, what, st.booleans(), here),
        st.builds(syntax_tree.FullDisplay, st.booleans(), here),
        st.builds(syntax_tree.Exit, here),
    )


statements: SearchStrategy[Statement] = st.recursive(simple(), blocks, max_leaves=4)
modules = st.lists(statements | commands(), max_size=4).map(
    lambda found: Module(Source("<tree>", ""), tuple(found))
)


def plain(tree: object) -> object:
    """A tree without spans, comments and parentheses."""
    match tree:
        case Group(inner):
            return plain(inner)
        case Module(_, statements):
            return plain(statements)
        case tuple():
            return tuple(plain(part) for part in tree)
        case _ if is_dataclass(tree):
            kept = [field.name for field in fields(tree) if field.name not in ("span", "path_span", "doc")]
            return (type(tree).__name__, *[plain(getattr(tree, name)) for name in kept])
        case _:
            return (type(tree).__name__, tree)


FILLERS = ("", "", "", " ", "\t ", "\n", "\n\n\n", " # why\n", "\n#why \n", "\n\n  #  first\n # second\n\n")


@st.composite
def scattered(draw: DrawFn, text: str, fillers: Sequence[str] = FILLERS) -> str:
    """The tokens of a text of statements without commands, with something between each two."""
    tokens = [token for token in tokenize_text(Source("<text>", text))[0] if token.kind != "end"]
    pieces: list[str] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        filler = draw(st.sampled_from(fillers))
        touching = following is not None and following.start == token.end
        pieces += [token.text, filler if filler or touching or following is None else " "]
    return "".join(pieces)
