"""The built-in forms and functions: `select`, `aggregate`, `range` …, each from values to a value or node.

`FORMS` are the words that are special when called, `make_base_scope` the names that exist before the library.
"""

from collections.abc import Callable

from rasp.elaborate.elaboration_effort import keep_list
from rasp.elaborate.lift import MAKES_SELECTOR, SELECTOR_FIRST, check_selector, lift_value
from rasp.elaborate.scope import Function, Scope, SpannedValue, Static, Surroundings
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Aggregate, Best, Graph, Indices, Map, Node, Select, Tokens, Width
from rasp.graph.primitive_names import PrimName
from rasp.graph.primitives import apply_prim
from rasp.limits import CODE, ELEMENTS
from rasp.source import Span
from rasp.values import Test, ValueProblem, is_atom, make_const, show_count

UNKNOWN_HERE = "lists are made before there is an input; what is done to an s-op is done at every position"

POSITIONS = "each position's own place is called `indices`; "


def build_select(
    around: Surroundings, key: SpannedValue, query: SpannedValue, test: Test, span: Span
) -> Node:
    """`select(key, query, test)`"""
    left, right = (
        lift_value(around, key, "the key of `select`"),
        lift_value(around, query, "the query of `select`"),
    )
    return around.add(span, Select(test), left, right)


def build_aggregate(
    around: Surroundings, over: SpannedValue, value: SpannedValue, default: SpannedValue | None, span: Span
) -> Node:
    """`aggregate(over, value[, default])`"""
    swapped = isinstance(value.value, Node) and value.value.is_selector
    hint = SELECTOR_FIRST if swapped else MAKES_SELECTOR
    rows = check_selector(around, over, "the first argument of `aggregate`", hint)
    values = lift_value(around, value, "the value of `aggregate`")
    if default is None:
        return around.add(span, Aggregate(), rows, values)
    if not is_atom(default.value):
        kind = describe_value(default.value)
        message = f"the default of `aggregate` has to be a number, string or boolean, got {kind}"
        raise around.error(default.span, message, f"this is {kind}", code="kind")
    return around.add(span, Aggregate(make_const(default.value)), rows, values)  # type: ignore[arg-type]


def no_list(given: SpannedValue) -> str:
    """A hint for an s-op where a list is made."""
    return UNKNOWN_HERE if isinstance(given.value, Node) else ""


def make_range(around: Surroundings, arguments: list[SpannedValue], span: Span) -> Static:
    for given in arguments:
        if not isinstance(given.value, int):
            message = f"`range` takes integers, got {describe_value(given.value)}"
            hint = POSITIONS + no_list(given) if isinstance(given.value, Node) else ""
            raise around.error(given.span, message, f"this is {describe_value(given.value)}", hint, "kind")
    numbers = [int(given.value) for given in arguments]  # type: ignore[arg-type]
    if len(numbers) == 3 and numbers[2] == 0:
        raise around.error(arguments[2].span, "the step of `range` cannot be 0")
    found = range(*numbers)
    # A length beyond the machine's integers has no len().
    if not -ELEMENTS.most <= (found.stop - found.start) // found.step <= ELEMENTS.most:
        message = f"this `range` has more than {ELEMENTS}"
        raise around.error(
            span, message, hint="`indices` goes through all positions, however many", code=CODE
        )
    keep_list(around, span, len(found))
    return list(found)


def make_zip(around: Surroundings, arguments: list[SpannedValue], span: Span) -> Static:
    lists: list[list[Static]] = []
    for given in arguments:
        if not isinstance(given.value, list):
            message = f"`zip` takes lists, got {describe_value(given.value)}"
            raise around.error(
                given.span, message, f"this is {describe_value(given.value)}", no_list(given), "kind"
            )
        lists.append(given.value)
    for given, items in zip(arguments, lists, strict=True):
        if len(items) != len(lists[0]):
            message = f"`zip` takes lists of the same length, got {len(lists[0])} and {show_count(len(items), 'element')}"
            raise around.error(given.span, message, f"this one has {len(items)}")
    keep_list(around, span, 2 * len(lists) * len(lists[0]))
    return [list(row) for row in zip(*lists, strict=True)]


def length_of_list(around: Surroundings, arguments: list[SpannedValue], span: Span) -> Static:
    given = arguments[0]
    if isinstance(given.value, list):
        return len(given.value)
    hint = "the length of the input is called `length`" if isinstance(given.value, Node) else ""
    hint = 'write `string_length("abc")`' if isinstance(given.value, str) else hint
    message = f"`len` takes a list, got {describe_value(given.value)}"
    raise around.error(given.span, message, f"this is {describe_value(given.value)}", hint, "kind")


def round_value(around: Surroundings, arguments: list[SpannedValue], span: Span) -> Static:
    given = arguments[0]
    if not is_atom(given.value):
        return around.add(span, Map("round"), lift_value(around, given, "the argument of `round`"))
    try:
        return apply_prim("round", (), given.value)  # type: ignore[arg-type]
    except ValueProblem as problem:
        if around.workshop.passed_over:
            return around.add(span, Map("round"), lift_value(around, given, "the argument of `round`"))
        raise around.error(span, str(problem)) from None


def indicator(around: Surroundings, arguments: list[SpannedValue], span: Span) -> Static:
    given = arguments[0]
    if is_atom(given.value):
        hint = "for one value write `1 if value else 0`"
        message = f"`indicator` takes an s-op, got {describe_value(given.value)}"
        raise around.error(given.span, message, f"this is {describe_value(given.value)}", hint, "kind")
    return around.add(span, Map("indicator"), lift_value(around, given, "the argument of `indicator`"))


FORMS: dict[str, Callable[[Surroundings, list[SpannedValue], Span], Static]] = {
    "range": make_range,
    "zip": make_zip,
    "len": length_of_list,
    "round": round_value,
    "indicator": indicator,
}


def selector_width(around: Surroundings, arguments: list[Static], span: Span) -> Static:
    given = SpannedValue(arguments[0], span)
    return around.add(span, Width(), check_selector(around, given, "the argument of `selector_width`"))


def best(around: Surroundings, arguments: list[Static], span: Span) -> Static:
    rows = check_selector(around, SpannedValue(arguments[0], span), "the first argument of `best`")
    score = lift_value(around, SpannedValue(arguments[1], span), "the score of `best`")
    return around.add(span, Best(), rows, score)


def elementwise(prim: PrimName) -> Callable[[Surroundings, list[Static], Span], Static]:
    """The function that applies a primitive to values, or at each position."""

    def apply(around: Surroundings, arguments: list[Static], span: Span) -> Static:
        try:
            if all(map(is_atom, arguments)):
                return apply_prim(prim, (), *arguments)  # type: ignore[arg-type]
        except ValueProblem as problem:
            if not around.workshop.passed_over:
                raise around.error(span, str(problem)) from None
        nodes = [
            lift_value(around, SpannedValue(value, span), f"an argument of `{prim}`") for value in arguments
        ]
        return around.add(span, Map(prim), *nodes)

    return apply


#: Functions that exist before the library: parameters, what they do, what they are for.
FUNCTIONS: dict[str, tuple[tuple[str, ...], Callable[[Surroundings, list[Static], Span], Static], str]] = {
    "selector_width": (("sel",), selector_width, "How many positions each row of the selector selects."),
    "best": (
        ("sel", "score"),
        best,
        "A selector: in each row, of the positions that sel selects, the one with the highest score\n"
        "(the last of several). A row in which sel selects nothing stays empty.",
    ),
    "quotient": (
        ("a", "b"),
        elementwise("quotient"),
        "Whole division: how many times b goes into a. (a / b is exact division, a % b what is left.)",
    ),
    "string_length": (
        ("text",),
        elementwise("string_length"),
        "How many characters a string has, at each position.",
    ),
    "string_reverse": (
        ("text",),
        elementwise("string_reverse"),
        "A string from its end to its start, at each position.",
    ),
    "string_slice": (
        ("text", "start", "end"),
        elementwise("string_slice"),
        "The characters of a string from start to before end, at each position; negative numbers count from the end.",
    ),
    "upper": (("text",), elementwise("upper"), "A string in upper case, at each position."),
    "lower": (("text",), elementwise("lower"), "A string in lower case, at each position."),
}

#: The input in its several readings, by the primitive that converts it.
READINGS: dict[str, PrimName] = {
    "tokens_str": "to_str",
    "tokens_int": "to_int",
    "tokens_float": "to_float",
    "tokens_bool": "to_bool",
}


def make_base_scope(graph: Graph) -> Scope:
    """What is there before the library: the input, `indices`, the booleans, and the functions above."""
    asis = graph.add(Tokens())
    nodes = {"tokens_asis": asis, "indices": graph.add(Indices())}
    nodes |= {name: graph.add(Map(prim), asis) for name, prim in READINGS.items()}
    graph.names |= {node: name for name, node in nodes.items()}
    functions = {
        name: Function(name, parameters, apply, "built-in", doc)
        for name, (parameters, apply, doc) in FUNCTIONS.items()
    }
    first = nodes["tokens_str"]
    graph.names[first] = "tokens"
    return Scope({**nodes, "True": True, "False": False, **functions, "tokens": first, "out": first})
