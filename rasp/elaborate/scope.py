"""Static values, lexical scopes, and the surroundings in which a piece of program is elaborated.

A static value is what an expression denotes at definition time: an atom, a list, a dict, a function, or a
node of the graph (an s-op or a selector). All but the nodes are gone when elaboration is done.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.names import FORM_NAMES, find_hint
from rasp.graph.nodes import Constant, Graph, Node, Op
from rasp.library.load import Loader
from rasp.limits import CODE, NODE_STEPS, NODES
from rasp.source import Source, Span
from rasp.syntax.syntax_tree import ConsoleStatement, Draw
from rasp.values import Atom, make_const, show_count


@dataclass(frozen=True, eq=False)
class Function:
    """A function: its name and parameters as defined, and what a call does.

    `home` is the text that defines it (with a `'` for each function around it); `apply` takes the surroundings of
    the caller, as many values as there are parameters, and the span of the call.
    """

    name: str
    parameters: tuple[str, ...]
    apply: "Callable[[Surroundings, list[Static], Span], Static]"
    home: str
    doc: str = ""


class Applied(list["Static"]):
    """What `E(input)` yields: an ordinary list (rows of 0 and 1 for a selector) that remembers how it came
    about.
    """

    def __init__(self, items: Sequence["Static"], node: Node, given: "Static") -> None:
        super().__init__(items)
        self.node = node
        self.given = given


Static = Atom | list["Static"] | dict[Atom, "Static"] | Function | Node


Aside = tuple["Surroundings", Draw | ConsoleStatement]
Called = tuple[Function, list[Static]]


class Missing:
    """Stands in a scope for a name whose definition failed."""


@dataclass(frozen=True, slots=True)
class SpannedValue:
    """A value and the expression's place it came from."""

    value: Static
    span: Span


@dataclass(frozen=True)
class Result:
    """The value of a statement at top level: of an expression (named `out`), or of one name of an
    assignment.
    """

    name: str
    value: Static
    source: Source
    span: Span


class Exhausted(RaspError):
    """The elaboration has taken all the steps or the memory that it may: nothing after it is worked out."""


class FollowUp(RaspError):
    """An error that only repeats an earlier one: a name is used whose definition failed."""


@dataclass(eq=False)
class Scope:
    """Names with values, and the scope around. Captured by reference: later bindings are seen."""

    values: dict[str, Static | Missing] = field(default_factory=dict[str, Static | Missing])
    parent: "Scope | None" = None

    def __repr__(self) -> str:
        return f"<scope of {show_count(len(self.values), 'name')}>"

    def chain(self) -> Iterator["Scope"]:
        """This scope and those around it, inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, name: str) -> Static | Missing | None:
        """The innermost binding of a name, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None

    def names(self) -> set[str]:
        """All names that can be seen from here."""
        return {name for scope in self.chain() for name in scope.values}


@dataclass(frozen=True)
class CallSite:
    """A call that is being carried out, and the call around it."""

    function: str
    source: Source
    span: Span
    outer: "CallSite | None"


@dataclass(eq=False)
class Workshop:
    """What one elaboration shares among all its texts and functions; the only part of it that changes.

    `passed_over` counts the choices at each position that elaboration is in a branch of (or on the right side of an
    `and` or `or` of s-ops). `asides` are the statements that are recorded and not carried out, with where they stand:
    drawings and commands of the prompt. `calls` says which call first gave a node. `steps` and `bytes` count what has
    been done (`rasp/elaborate/elaboration_effort.py`).
    """

    graph: Graph
    loader: Loader
    base: Scope
    protected: frozenset[str] = frozenset()
    depth: int = 0
    steps: int = 0
    bytes: int = 0
    passed_over: int = 0
    asides: list[Aside] = field(default_factory=list[Aside])
    calls: dict[Node, Called] = field(default_factory=dict[Node, Called])
    loaded: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Diagnostic] = field(default_factory=list[Diagnostic])
    failed_loads: set[str] = field(default_factory=set[str])
    top_names: set[Node] = field(default_factory=set[Node])

    def __repr__(self) -> str:
        return f"<workshop of {self.graph!r} and {len(self.loaded)} loaded texts>"

    def begin(self) -> None:
        """Count the work of something new, not nested in anything."""
        self.depth = self.steps = self.bytes = 0


@dataclass(frozen=True)
class Surroundings:
    """Where elaboration stands: in which text, with which names, inside which call.

    `place` is set inside functions of the library: what they make and complain about is told at the user's
    call.
    `loading` names the files being loaded, outermost first; `home` is what messages call this text.
    """

    workshop: Workshop
    source: Source
    scope: Scope
    call: CallSite | None = None
    place: tuple[Source, Span] | None = None
    loading: tuple[str, ...] = ()
    home: str = "console"
    is_library: bool = False

    def inside(self, scope: Scope) -> "Surroundings":
        """The same, with other names."""
        return replace(self, scope=scope)

    def where(self, span: Span) -> tuple[Source, Span]:
        """The place to tell the user for something at `span`."""
        return self.place or (self.source, span)

    def error(
        self, span: Span, message: str, label: str = "", hint: str = "", code: str = "value"
    ) -> RaspError:
        """The error to raise for something wrong at `span`."""
        source, shown = self.where(span)
        if self.place is not None and self.call is not None:
            label = f"inside `{self.call.function}`"
        return RaspError(Diagnostic(message, source, shown, label, hint, code=code, notes=self.trail()))

    def trail(self) -> tuple[str, ...]:
        """Notes that say by which calls the program came here, innermost first; long ones without their
        middle.
        """
        notes: list[str] = []
        site = self.call
        while site is not None:
            line, column = site.source.position(site.span.start)
            if (site.source, site.span) != self.place:
                notes.append(f"in a call of `{site.function}` at {site.source.name}:{line}:{column}")
            site = site.outer
        return (
            tuple(notes) if len(notes) <= 4 else (*notes[:2], f"… {len(notes) - 3} more calls …", notes[-1])
        )

    def add(self, span: Span, op: Op, *args: Node) -> Node:
        """The node for `op`; its origin is here if it is new."""
        graph = self.workshop.graph
        before = len(graph.nodes)
        node = graph.add(op, *args)
        self.workshop.steps += NODE_STEPS * (len(graph.nodes) - before)
        if len(graph.nodes) > NODES.most:
            message = f"this program makes more than {NODES}"
            raise Exhausted(*self.error(span, message, "here are too many", NODES.hint, CODE).diagnostics)
        return self.noted(node, span)

    def noted(self, node: Node, span: Span) -> Node:
        """The node; if it has no origin yet, it is here. The library's own text is no place to tell
        anybody.
        """
        if not (self.is_library and self.place is None):
            self.workshop.graph.note_place(node, *self.where(span))
        return node

    def constant(self, span: Span, value: Atom) -> Node:
        return self.add(span, Constant(make_const(value)))

    def look_up(self, name: str, span: Span) -> Static:
        """The value of a name. Raises `RaspError` with a suggestion when there is none."""
        match self.scope.find(name):
            case None:
                raise self.unknown(name, span)
            case Missing():
                source, shown = self.where(span)
                message = f"`{name}` has no value, because its definition failed"
                raise FollowUp(Diagnostic(message, source, shown, code="follow-up"))
            case Node() as node:
                return self.noted(node, span)
            case value:
                return value

    def check_callee(self, name: str, span: Span) -> None:
        """Raises `RaspError` with a suggestion when there is nothing of that name to call."""
        if self.scope.find(name) is None:
            raise self.unknown(name, span, called=True)

    def unknown(self, name: str, span: Span, called: bool = False) -> RaspError:
        if self.workshop.failed_loads:
            raise FollowUp(
                Diagnostic(f"there is nothing called `{name}`", *self.where(span), code="follow-up")
            )
        known = {known for known in self.scope.names() if not called or self.can_be_called(known)}
        hint = find_hint(name, known | set(FORM_NAMES), called)
        return self.error(span, f"there is nothing called `{name}`", "unknown name", hint, "unknown-name")

    def can_be_called(self, name: str) -> bool:
        return isinstance(self.scope.find(name), Function)
