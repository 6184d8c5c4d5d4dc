"""The syntax tree: a frozen dataclass per form, with its span. Sums are flat; parentheses are kept, for lint warnings."""

from dataclasses import dataclass

from rasp.diagnostics import Diagnostic
from rasp.source import Source, Span
from rasp.syntax.comments import Comment
from rasp.syntax.tokens import ExampleChoice, Operator, PrefixOperator
from rasp.values import Test


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or the binding occurrence of one."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """An integer, float or string as written. (`True` and `False` are names.)"""

    value: int | float | str
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """`( inner )`; the span includes the parentheses."""

    inner: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class ListDisplay:
    """`[a, b, c]`"""

    items: tuple["Expression", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DictDisplay:
    """`{key: value, …}`"""

    entries: tuple[tuple["Expression", "Expression"], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ListComprehension:
    """`[element for names in iterable]`"""

    element: "Expression"
    names: tuple[Name, ...]
    iterable: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class DictComprehension:
    """`{key: value for names in iterable}`"""

    key: "Expression"
    value: "Expression"
    names: tuple[Name, ...]
    iterable: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Prefix:
    """`not a`, `-a` or `+a`; binds tighter than every binary operator."""

    operator: PrefixOperator
    operand: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """`a op b op c …`, operators of one level, read from the left. One operator fewer than operands."""

    operands: tuple["Expression", ...]
    operators: tuple[Operator, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else otherwise`"""

    then: "Expression"
    condition: "Expression"
    otherwise: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`"""

    target: "Expression"
    index: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`target[start:end:step]`, of which each may be left out."""

    target: "Expression"
    start: "Expression | None"
    end: "Expression | None"
    step: "Expression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`: a function call, or the application of an s-op or selector to an input."""

    function: "Expression"
    arguments: tuple["Expression", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SelectCall:
    """`select(key, query, test)`; `test` is one of `== != < > <= >=`."""

    key: "Expression"
    query: "Expression"
    test: Test
    span: Span


@dataclass(frozen=True, slots=True)
class AggregateCall:
    """`aggregate(selector, value)` or `aggregate(selector, value, default)`"""

    selector: "Expression"
    value: "Expression"
    default: "Expression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class BuiltinCall:
    """`range(…)`, `zip(…)`, `len(…)`, `round(…)` or `indicator(…)`, with as many arguments as it can take."""

    name: str
    arguments: tuple["Expression", ...]
    span: Span


Expression = (
    Name
    | Literal
    | Group
    | ListDisplay
    | DictDisplay
    | ListComprehension
    | DictComprehension
    | Prefix
    | Operation
    | Conditional
    | Index
    | Slice
    | Call
    | SelectCall
    | AggregateCall
    | BuiltinCall
)


@dataclass(frozen=True, slots=True)
class ExpressionStatement:
    """`value;`"""

    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    """`names = values;`"""

    names: tuple[Name, ...]
    values: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """`def name(parameters) { body return results; }`; `doc` is the comment block right above it."""

    name: Name
    parameters: tuple[Name, ...]
    body: tuple["Statement", ...]
    results: tuple[Expression, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for names in iterable { body }`; the body has at least one statement."""

    names: tuple[Name, ...]
    iterable: Expression
    body: tuple["Statement", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Load:
    """`load "path";`"""

    path: str
    path_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Draw:
    """`draw(value);` or `draw(value, input);`"""

    value: Expression
    input: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class SetExample:
    """`set example E`; `what` is `both`, `s-op` or `selector`, as in the two forms below."""

    what: ExampleChoice
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class ShowExample:
    """`show example`"""

    what: ExampleChoice
    span: Span


@dataclass(frozen=True, slots=True)
class SwitchExamples:
    """`examples on` or `examples off`"""

    what: ExampleChoice
    on: bool
    span: Span


@dataclass(frozen=True, slots=True)
class FullDisplay:
    """`full seq display on` or `… off`"""

    on: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Exit:
    """`exit`, `quit`, `exit()` or `quit()`: the text ends here."""

    span: Span


@dataclass(frozen=True, slots=True)
class Broken:
    """A statement that could not be read, and the names that it would have bound."""

    names: tuple[Name, ...]
    span: Span


ConsoleStatement = SetExample | ShowExample | SwitchExamples | FullDisplay | Exit
Statement = ExpressionStatement | Assign | FunctionDefinition | For | Load | Draw | ConsoleStatement | Broken


@dataclass(frozen=True)
class Module:
    """A text as statements. `problems` is empty unless the text was parsed tolerantly."""

    source: Source
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"<tree of {self.source!r}>"
