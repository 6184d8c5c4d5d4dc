"""Calls: a function with its arguments, or an s-op or selector applied to an input."""

from rasp.diagnostics import RaspError
from rasp.elaborate.elaboration_effort import spend_elements
from rasp.elaborate.failure import explain_failure
from rasp.elaborate.lift import advise_on
from rasp.elaborate.scope import Applied, Function, SpannedValue, Static, Surroundings
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Node, list_reachable
from rasp.inputs import QUOTED
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.limits import CODE, HANDLED, MATRIX
from rasp.source import Span
from rasp.syntax.foreign import JOINED, MISCOUNTED
from rasp.values import Atom, is_atom, show_count


def apply_value(
    around: Surroundings, function: SpannedValue, arguments: list[SpannedValue], span: Span
) -> Static:
    """`function(arguments)`"""
    value = function.value
    match value:
        case Function():
            return call_function(around, value, arguments, span)
        case Node():
            if len(arguments) != 1:
                message = f"{describe_value(value)} is applied to one input, got {show_count(len(arguments), 'argument')}"
                raise around.error(span, message, hint='as in tokens("abc")')
            return apply_node(around, SpannedValue(value, span), arguments[0])
        case _:
            kind = describe_value(value)
            message = f"{kind} cannot be called"
            raise around.error(function.span, message, f"this is {kind}", code="kind")


def call_function(
    around: Surroundings, function: Function, arguments: list[SpannedValue], span: Span
) -> Static:
    wanted = len(function.parameters)
    if len(arguments) != wanted:
        message = f"`{function.name}` takes {show_count(wanted, 'argument')}, got {len(arguments)}"
        usage = f"it is called as {function.name}({', '.join(function.parameters)})"
        lists = [advise_on(given.value) for given in arguments if isinstance(given.value, list)]
        meant = MISCOUNTED.get((function.name, len(arguments))) if function.home == "library" else None
        meant = lists[0] if meant and lists and len(arguments) == 1 else meant
        raise around.error(span, message, hint=meant or usage, code="arguments")
    values = [given.value for given in arguments]
    try:
        result = function.apply(around, values, span)
    except RaspError as error:
        raise blame_argument(around, function, arguments, error) from None
    if isinstance(result, Node):
        around.workshop.calls.setdefault(result, (function, values))
    return result


def blame_argument(
    around: Surroundings, function: Function, arguments: list[SpannedValue], error: RaspError
) -> RaspError:
    """What a function of the library could not do inside, told of the argument that is no s-op, if there is one."""
    told = error.diagnostics[0]
    wrong = [given for given in arguments if advise_on(given.value)]
    known = {"", JOINED, *(advise_on(given.value) for given in wrong)}
    outermost = function.home == "library" and around.place is None
    if not (outermost and wrong and told.code in ("kind", "value") and told.hint in known):
        return error
    kind = describe_value(wrong[0].value)
    message = f"`{function.name}` works on s-ops, got {kind}"
    return around.error(wrong[0].span, message, f"this is {kind}", advise_on(wrong[0].value), "kind")


def list_input_items(around: Surroundings, given: SpannedValue) -> list[Atom]:
    """The sequence that a value is as an input: a list's elements, a string's characters, a dict's keys."""
    value = given.value
    if not isinstance(value, str | list | dict):
        message = f"an input is a string, a list or a dict, got {describe_value(value)}"
        raise around.error(given.span, message, f"this is {describe_value(value)}", input_hint(value), "kind")
    items: list[Atom] = []
    for item in value:
        if not is_atom(item):
            message = f"the elements of an input are numbers, strings or booleans; this one has {describe_value(item)}"
            raise around.error(given.span, message, hint=QUOTED, code="kind")
        items.append(item)  # type: ignore[arg-type]
    if not items:
        hint = QUOTED if isinstance(value, list) else ""
        raise around.error(given.span, "an input cannot be empty", "this has no elements", hint)
    return items


def input_hint(value: Static) -> str:
    """What to write where an s-op was called with something that is no input."""
    if isinstance(value, Node):
        return "an s-op needs no call: its name alone is its value at every position"
    return "the value at one position is s[0]" if isinstance(value, int) else ""


def apply_node(around: Surroundings, subject: SpannedValue, given: SpannedValue) -> Applied:
    """What the s-op or selector gives for an input."""
    node = subject.value
    assert isinstance(node, Node)
    items = list_input_items(around, given)
    if node.is_selector and len(items) > MATRIX.most:
        message = f"a selector's matrix is shown for inputs of at most {MATRIX}"
        raise around.error(given.span, message, f"this has {len(items)}", MATRIX.hint, CODE)
    nodes = len(list_reachable([node]))
    spend_elements(around, given.span, nodes * (HANDLED + len(items)))
    outcome = evaluate([node], [items])[0][0]
    if isinstance(outcome, EvaluationError):
        graph = around.workshop.graph
        raise RaspError(explain_failure(graph, outcome, items, around.where(subject.span)))
    values: list[Static] = [
        [int(cell) for cell in item] if isinstance(item, list) else item for item in outcome
    ]
    return Applied(values, node, given.value)
