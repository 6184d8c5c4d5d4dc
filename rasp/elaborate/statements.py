"""Statements: what each does to the scope around it.

A statement that fails leaves no trace in the scope. At top level the failure is collected and the next
statement runs; the names that the failed one would have bound are marked, so that their users do not complain
again.
"""

from dataclasses import replace
from typing import assert_never

from rasp.diagnostics import RaspError
from rasp.elaborate.binding import check_bindable, spread_values, unpack_element
from rasp.elaborate.elaboration_effort import spend_steps
from rasp.elaborate.expressions import elaborate_expression, list_elements
from rasp.elaborate.scope import (
    CallSite,
    Exhausted,
    FollowUp,
    Function,
    Missing,
    Result,
    Scope,
    Static,
    Surroundings,
)
from rasp.graph.nodes import Node
from rasp.library.load import find_text
from rasp.limits import TEXT_STEPS
from rasp.recursion import allow_deep_recursion
from rasp.source import Span
from rasp.syntax import syntax_tree
from rasp.syntax.parser import parse_tolerantly
from rasp.values import ValueProblem


def execute_statement(around: Surroundings, statement: syntax_tree.Statement) -> Static | None:
    """Carry out one statement; the value, if it is an expression. Raises `RaspError`."""
    match statement:
        case syntax_tree.ExpressionStatement(value):
            return elaborate_expression(around, value)
        case syntax_tree.Assign():
            assign(around, statement)
        case syntax_tree.FunctionDefinition():
            define(around, statement)
        case syntax_tree.For():
            repeat(around, statement)
        case syntax_tree.Load():
            load(around, statement)
        case syntax_tree.Broken(names):
            mark_missing(around, names)
        case (
            syntax_tree.SetExample()
            | syntax_tree.ShowExample()
            | syntax_tree.SwitchExamples()
            | syntax_tree.FullDisplay()
            | syntax_tree.Exit()
            | syntax_tree.Draw()
        ):
            around.workshop.asides.append((around, statement))  # carried out by rasp/prompt/session.py
        case _:
            assert_never(statement)
    return None


def at_top(around: Surroundings) -> bool:
    """Do names bound here belong to a file or to the prompt (and not to a function)?"""
    return around.call is None


def bind(around: Surroundings, name: str, value: Static) -> None:
    """Bind a name. A node gets the first name that it is given at top level, or else the first one at all."""
    around.scope.values[name] = value
    if not isinstance(value, Node):
        return
    graph, named = around.workshop.graph, around.workshop.top_names
    if at_top(around) and value not in named:
        named.add(value)
        graph.names[value] = name
    else:
        graph.names.setdefault(value, name)


def assign(around: Surroundings, statement: syntax_tree.Assign) -> None:
    check_bindable(around, statement.names, at_top(around))
    values = [elaborate_expression(around, value) for value in statement.values]
    right = Span(statement.values[0].span.start, statement.values[-1].span.end)
    for name, value in zip(
        statement.names, spread_values(around, statement.names, values, right), strict=True
    ):
        bind(around, name.text, value)


def repeat(around: Surroundings, statement: syntax_tree.For) -> None:
    check_bindable(around, statement.names, at_top(around))
    for item in list_elements(around, statement.iterable, "`for`"):
        spend_steps(around, statement.iterable.span)
        for name, value in unpack_element(around, statement.names, item, statement.iterable.span).items():
            bind(around, name, value)
        for inner in statement.body:
            execute_statement(around, inner)


def define(around: Surroundings, definition: syntax_tree.FunctionDefinition) -> None:
    check_bindable(around, [definition.name], at_top(around))
    check_bindable(around, definition.parameters)
    parameters = tuple([parameter.text for parameter in definition.parameters])

    def apply(caller: Surroundings, arguments: list[Static], span: Span) -> Static:
        inner = entered(around, caller, definition.name.text, span)
        inner.scope.values.update(zip(parameters, arguments, strict=True))
        for statement in definition.body:
            execute_statement(inner, statement)
        results = [elaborate_expression(inner, result) for result in definition.results]
        return results[0] if len(results) == 1 else results

    function = Function(definition.name.text, parameters, apply, around.home, definition.doc)
    bind(around, function.name, function)


def entered(around: Surroundings, caller: Surroundings, name: str, span: Span) -> Surroundings:
    """The surroundings of a call's body: the text and names of the definition, the place of the caller."""
    source, shown = caller.where(span)
    site = CallSite(name, source, shown, caller.call)
    place = caller.where(span) if around.is_library else None
    return replace(around, scope=Scope({}, around.scope), call=site, place=place, home=around.home + "'")


def load(around: Surroundings, statement: syntax_tree.Load) -> None:
    """Read a file in a scope of its own; bind here what it binds, except names that start with `_`."""
    workshop = around.workshop
    workshop.failed_loads.add(statement.path)
    try:
        source = find_text(workshop.loader, statement.path, around.source.name)
    except ValueProblem as problem:
        raise around.error(statement.path_span, str(problem), code="load") from None
    if source is None:
        hint = "looked beside this file, in the working directory and in programs/"
        raise around.error(
            statement.path_span,
            f"there is no file {statement.path.removesuffix('.rasp')}.rasp",
            hint=hint,
            code="load",
        )
    if source.name in around.loading:
        circle = " → ".join([*around.loading[around.loading.index(source.name) :], source.name])
        raise around.error(statement.path_span, f"files load each other in a circle: {circle}", code="load")
    spend_steps(around, statement.path_span, TEXT_STEPS * len(source.text))
    workshop.failed_loads.discard(statement.path)
    workshop.loaded[source.name] = source.text
    loading = (*around.loading, source.name)
    inner = Surroundings(workshop, source, Scope({}, workshop.base), loading=loading, home=statement.path)
    run_text(inner, parse_tolerantly(source))
    for name, value in inner.scope.values.items():
        if not name.startswith("_") and name != "out":
            around.scope.values[name] = value


def run_text(around: Surroundings, module: syntax_tree.Module) -> list[Result]:
    """A whole text at top level. What is wrong with it joins the workshop's problems; the rest takes
    effect.
    """
    problems = around.workshop.problems
    problems.extend(module.problems)
    results: list[Result] = []
    for statement in module.statements:
        if isinstance(statement, syntax_tree.Exit):
            break
        try:
            value = attempt_statement(around, statement)
        except FollowUp:
            continue
        except Exhausted as error:
            if around.loading[1:]:
                raise  # the text that loads this one has no more to spend either
            problems.extend(error.diagnostics)
            break
        except RaspError as error:
            problems.extend(error.diagnostics)
            continue
        if value is not None:
            results.append(Result("out", value, around.source, statement.span))
        if isinstance(statement, syntax_tree.Assign):
            results += assigned(around, statement)
    return results


def assigned(around: Surroundings, statement: syntax_tree.Assign) -> list[Result]:
    """What an assignment has just bound."""
    values = [(name.text, around.scope.values[name.text]) for name in statement.names]
    return [Result(n, v, around.source, statement.span) for n, v in values if not isinstance(v, Missing)]


def attempt_statement(around: Surroundings, statement: syntax_tree.Statement) -> Static | None:
    """`execute_statement`, but a failing statement leaves no trace, except that names it would have newly bound are
    marked.

    Raises `RaspError`; `FollowUp` when the only reason is an earlier failure.
    """
    before, depth, asides = dict(around.scope.values), around.workshop.depth, len(around.workshop.asides)
    try:
        with allow_deep_recursion():
            return execute_statement(around, statement)
    except RaspError:
        around.scope.values.clear()
        around.scope.values.update(before)
        around.workshop.depth = depth
        del around.workshop.asides[asides:]
        mark_missing(around, bound_by(statement))
        raise


def mark_missing(around: Surroundings, names: tuple[syntax_tree.Name, ...]) -> None:
    for name in names:
        if around.scope.find(name.text) is None:
            around.scope.values[name.text] = Missing()


def bound_by(statement: syntax_tree.Statement) -> tuple[syntax_tree.Name, ...]:
    """The names that a statement would bind, as far as its text tells."""
    match statement:
        case syntax_tree.Assign(names):
            return names
        case syntax_tree.FunctionDefinition(name):
            return (name,)
        case syntax_tree.For(names, _, body):
            return (*names, *[name for inner in body for name in bound_by(inner)])
        case _:
            return ()
