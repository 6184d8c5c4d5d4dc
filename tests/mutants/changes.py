"""Single changes of a module's text: another operator, comparison or constant, a condition or a case less.

In: a module's name and text. Out: every `Change` that the tables below know of, in the order of the text. Left out are
messages, annotations, assertions, defaults, and the fields of classes.
"""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

#: What an operator becomes, in turn.
OPERATORS: dict[type[ast.AST], tuple[ast.AST, ...]] = {
    ast.Add: (ast.Sub(),),
    ast.Sub: (ast.Add(),),
    ast.Mult: (ast.Add(), ast.Div()),
    ast.Div: (ast.Mult(),),
    ast.FloorDiv: (ast.Mult(),),
    ast.Mod: (ast.Mult(),),
    ast.Pow: (ast.Mult(),),
    ast.BitAnd: (ast.BitOr(),),
    ast.BitOr: (ast.BitAnd(),),
    ast.Lt: (ast.LtE(), ast.GtE()),
    ast.LtE: (ast.Lt(), ast.Gt()),
    ast.Gt: (ast.GtE(), ast.LtE()),
    ast.GtE: (ast.Gt(), ast.Lt()),
    ast.Eq: (ast.NotEq(),),
    ast.NotEq: (ast.Eq(),),
    ast.In: (ast.NotIn(),),
    ast.NotIn: (ast.In(),),
    ast.Is: (ast.IsNot(),),
    ast.IsNot: (ast.Is(),),
    ast.And: (ast.Or(),),
    ast.Or: (ast.And(),),
}
PAIRS = (("min", "max"), ("minimum", "maximum"), ("argmin", "argmax"), ("any", "all"), ("floor", "ceil"))
NAMES = dict(PAIRS) | {right: left for left, right in PAIRS}
SKIPPED = (ast.JoinedStr, ast.Assert, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Change:
    """`before` becomes `after` in a `function` (dotted, empty at the module's top); `nth` tells equal ones there apart.

    `start` and `end` are places in the module's UTF-8 bytes. `shape`: where, without a name.
    """

    module: str
    function: str
    line: int
    before: str
    after: str
    start: int
    end: int
    nth: int
    shape: str

    @property
    def name(self) -> str:
        """The same for as long as the function says so, wherever it stands."""
        return f"{self.module} {self.function}: {self.before} → {self.after} #{self.nth}"

    def apply(self, text: str) -> str:
        """The module's text with the change made."""
        data = text.encode()
        return (data[: self.start] + self.after.encode() + data[self.end :]).decode()


def find_changes(module: str, text: str) -> list[Change]:
    """Every change of a module."""
    lines = list(accumulated(text))
    counted: Counter[tuple[str, str, str]] = Counter()
    within: Counter[str] = Counter()
    found: list[Change] = []
    tree = ast.parse(text)
    shapes = {function: shape(node) for function, node in functions_of(tree, "")}
    for function, node, after in visit(tree, ""):
        start = lines[node.lineno - 1] + node.col_offset
        end = lines[node.end_lineno - 1] + node.end_col_offset
        before = text.encode()[start:end].decode()
        key = (function, before, after)
        place = f"{shapes.get(function, f'{before} → {after}')} {within[function]}"
        found.append(Change(module, function, node.lineno, before, after, start, end, counted[key], place))
        counted[key] += 1
        within[function] += 1
    return found


def functions_of(node: ast.AST, outer: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions below a node, by their dotted names."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name) | ast.ClassDef(name):
                inner = f"{outer}.{name}".lstrip(".")
                if isinstance(child, ast.FunctionDef):
                    yield inner, child
                yield from functions_of(child, inner)
            case _:
                yield from functions_of(child, outer)


def shape(function: ast.FunctionDef) -> str:
    """The kinds of its nodes: the same when names, messages or the layout change."""
    return " ".join(type(node).__name__ for node in ast.walk(function))


def sample(changes: Iterable[Change], seed: int, count: int) -> list[Change]:
    """So many of them by a seeded hash of their shapes: new names, and what changes elsewhere, leave the choice alone."""
    return sorted(changes, key=lambda c: (hashlib.sha256(f"{seed} {c.shape}".encode()).digest(), c.name))[
        :count
    ]


def accumulated(text: str) -> Iterator[int]:
    """Where each line begins, in bytes."""
    place = 0
    for line in text.encode().splitlines(keepends=True):
        yield place
        place += len(line)


def visit(node: ast.AST, function: str) -> Iterator[tuple[str, ast.expr, str]]:
    """Function, node that is replaced, and its new text; for everything below a node."""
    if isinstance(node, SKIPPED) or is_message(node):
        return
    for replaced, after in replacements(node):
        yield function, replaced, after
    match node:
        case ast.ClassDef(name, body=body):  # fields have no code of their own
            function, children = (
                f"{function}.{name}".lstrip("."),
                [n for n in body if isinstance(n, ast.FunctionDef)],
            )
        case ast.FunctionDef(name, body=body):
            function, children = f"{function}.{name}".lstrip("."), body
        case ast.AnnAssign(value=value):
            children = [value] if value is not None else []
        case _:
            children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from visit(child, function)


def is_message(node: ast.AST) -> bool:
    """What a refusal says, and what kinds a value is of: changed, they break at once or change words only."""
    match node:
        case ast.Raise() | ast.Call(func=ast.Name(id="isinstance" | "refuse")):
            return True
        case _:
            return False


def replacements(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """What a node alone can become."""
    match node:
        case ast.Constant(value):
            for other in other_constants(value):
                yield node, repr(other)
        case ast.Call(func=ast.Name(id=name) as called) if name in NAMES:
            yield called, NAMES[name]
        case ast.Call(func=ast.Attribute(owner, name) as called) if name in NAMES:
            yield called, f"{written(owner)}.{NAMES[name]}"
        case ast.match_case(body=[ast.Raise(), *_]) | ast.match_case(pattern=ast.MatchAs(), guard=None):
            return  # what cannot be, and `case _`, which is what remains
        case ast.match_case(pattern, None):
            yield pattern, f"{ast.unparse(pattern)} if False"
        case ast.match_case(_, ast.expr() as guard):
            yield guard, "False"
        case ast.expr():
            for other in operated(node):
                yield node, written(other)


def operated(node: ast.expr) -> Iterator[ast.expr]:
    """The same with another operator, or a condition less."""
    match node:
        case ast.BinOp(left, op, right):
            for other in OPERATORS.get(type(op), ()):
                yield ast.BinOp(left, other, right)
        case ast.Compare(left, ops, right):
            for place, op in enumerate(ops):
                for other in OPERATORS[type(op)]:
                    yield ast.Compare(left, [*ops[:place], other, *ops[place + 1 :]], right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(OPERATORS[type(op)][0], values)
            for place in range(len(values)):
                rest = values[:place] + values[place + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand


def written(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def other_constants(value: object) -> tuple[object, ...]:
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1)
        case float():
            return (value * 2, value / 2) if value else (1.0,)
        case _:
            return ()


def every_change(modules: dict[str, str]) -> list[Change]:
    """The changes of all modules, given their texts."""
    return list(chain.from_iterable(find_changes(module, text) for module, text in modules.items()))
