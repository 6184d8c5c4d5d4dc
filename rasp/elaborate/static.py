"""Operations on static values without a node among them: what `+`, `==`, `and` … mean on atoms, lists and
dicts.

In: a symbol and values. Out: a value, or `ValueProblem` in the user's words. Atoms go to the primitives'
table; lists, dicts and functions behave as in Python where that makes sense.
"""

from collections.abc import Callable

from rasp.elaborate.failure import TEXT
from rasp.elaborate.scope import Function, Static
from rasp.graph.nodes import Node
from rasp.graph.primitive_names import PrimName
from rasp.graph.primitives import TESTS, apply_prim, check_filled
from rasp.limits import ELEMENTS
from rasp.syntax.foreign import JOINED
from rasp.syntax.tokens import Operator, PrefixOperator
from rasp.values import Atom, Test, ValueProblem, find_kind, is_atom

#: Elementwise operators and the primitives they are.
PRIM_OF: dict[Operator, PrimName] = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "%": "mod",
    "^": "pow",
    **TESTS,
}
PREFIX_PRIM: dict[PrefixOperator, PrimName] = {"-": "neg", "+": "pos", "not": "not"}

ORDERINGS: dict[str, Callable[[object, object], bool]] = {
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


def describe_value(value: Static) -> str:
    """What kind of thing a value is, with its article."""
    match value:
        case Node():
            return "a selector" if value.is_selector else "an s-op"
        case Function():
            return "a function"
        case list():
            return "a list"
        case dict():
            return "a dict"
        case _:
            kind = find_kind(value)
            return {"int": "an integer", "bool": "a boolean"}.get(kind, f"a {kind}")


def describe_pair(left: Static, right: Static) -> str:
    """`a list and an s-op`, or `two lists`."""
    one, other = describe_value(left), describe_value(right)
    return f"two {one.split(' ', 1)[1]}s" if one == other else f"{one} and {other}"


def advise_operands(*operands: Static) -> str:
    """What to do about operands that an operator does not work on, if that is known."""
    if any(isinstance(value, list) for value in operands):
        return JOINED
    return TEXT if any(isinstance(value, str) for value in operands) else ""


def holds_node(value: Static) -> bool:
    """Is there an s-op or selector in it, at any depth?"""
    match value:
        case Node():
            return True
        case list():
            return any([holds_node(item) for item in value])
        case dict():
            return any([holds_node(item) for item in value.values()])
        case _:
            return False


def operate_static(symbol: Operator, left: Static, right: Static) -> Static:
    """`left symbol right` for an arithmetic operator or comparison; neither operand is a node."""
    if is_atom(left) and is_atom(right):
        return apply_prim(PRIM_OF[symbol], (), left, right)  # type: ignore[arg-type]
    if symbol in ("==", "!="):
        if holds_node(left) or holds_node(right):
            raise ValueProblem("lists and dicts that hold s-ops or selectors cannot be compared")
        return (left == right) == (symbol == "==")
    match symbol, left, right:
        case "+", list(), list():
            return joined(left, right)
        case "*", list(), int():
            return repeat(left, right)
        case "*", int(), list():
            return repeat(right, left)
        case "%", str(), list() | dict():
            return fill_in(left, right)
        case (("<" | "<=" | ">" | ">="), list(), list()):
            return order(symbol, left, right)
        case _:
            raise ValueProblem(f"`{symbol}` does not work on {describe_pair(left, right)}")


def joined(left: list[Static], right: list[Static]) -> list[Static]:
    check_length(len(left) + len(right))
    return left + right


def repeat(items: list[Static], times: int) -> list[Static]:
    check_length(len(items) * times)
    return items * times


def check_length(length: int) -> None:
    """Raises `ValueProblem` for the length of a list that is not to be made."""
    if length > ELEMENTS.most:
        raise ValueProblem(f"the list would have more than {ELEMENTS}")


def fill_in(text: str, value: list[Static] | dict[Atom, Static]) -> str:
    """`"… %s …" % value`"""
    if holds_node(value):
        raise ValueProblem("`%` cannot put an s-op or selector into a string")
    check_filled(text, len(repr(value)))
    try:
        return text % value
    except (TypeError, ValueError, KeyError):
        raise ValueProblem(f"`%` cannot put {describe_value(value)} into this string") from None


def order(symbol: Test, left: list[Static], right: list[Static]) -> bool:
    """Lexicographic comparison of lists."""
    if holds_node(left) or holds_node(right):
        raise ValueProblem("lists that hold s-ops or selectors cannot be compared")
    try:
        return ORDERINGS[symbol](left, right)
    except TypeError:
        raise ValueProblem(
            f"`{symbol}` cannot order these lists: their elements are of different kinds"
        ) from None


def is_true(value: Static) -> bool:
    """Is a static value that is no node true? Zero and everything empty is false."""
    assert not isinstance(value, Node)
    return bool(value)


def operate_prefix(symbol: PrefixOperator, value: Static) -> Static:
    """`not value`, `-value` or `+value`; `value` is no node."""
    if symbol == "not":
        return not is_true(value)
    if not is_atom(value):
        raise ValueProblem(f"`{symbol}` does not work on {describe_value(value)}")
    return apply_prim(PREFIX_PRIM[symbol], (), value)  # type: ignore[arg-type]


def find_element(items: list[Static] | str, index: Static) -> Static:
    """`items[index]`"""
    kind = "list" if isinstance(items, list) else "string"
    if not isinstance(index, int):
        raise ValueProblem(
            f"an index into a {kind} has to be an integer or an s-op, got {describe_value(index)}"
        )
    if not -len(items) <= index < len(items):
        raise ValueProblem(f"index {index} is out of range: the {kind} has length {len(items)}")
    return items[index]


def contains_value(items: list[Static], value: Atom) -> bool:
    """`value in items`"""
    if holds_node(items):
        raise ValueProblem("a list that holds s-ops or selectors cannot be searched")
    return value in items
