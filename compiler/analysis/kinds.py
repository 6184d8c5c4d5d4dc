"""Whether a program shows if a number is an int or a float.

A mean is an int where one position was selected and a float where several were, even when the number is the same. A model
cannot tell, and an answer need not say; only text can, as in `"%s" % mean`. Programs that make such text are left alone by
the rewrites that keep numbers but not their kinds; the tables of their expressions are then checked with both
(`compiler/analysis/infer.py`).
"""

from collections.abc import Iterable
from typing import assert_never

from compiler.domains.facts import Facts
from compiler.refusal import make_refusal
from rasp.graph.nodes import (
    Aggregate,
    Constant,
    Indices,
    Map,
    Node,
    SelectorOp,
    Tokens,
    Width,
    list_reachable,
)
from rasp.graph.primitive_names import PrimName, make_total_name
from rasp.graph.primitives import WITHOUT_FAILURES
from rasp.values import Atom

SHOWING: frozenset[PrimName] = frozenset({"to_str", "mod", "mul", "mod_or", "mul_or"})
"""Primitives that make text of a number: `mul` repeats as often as an int says, and fails for a float."""
PLACING: frozenset[PrimName] = frozenset(
    {"index_list", "index_list_or", "index_dict", "index_dict_or", "string_slice", "string_slice_or"}
)
"""Primitives that have a value for an int and none, or another one, for the float."""
NUMERIC: frozenset[PrimName] = frozenset({"add", "sub", "mul", "mod", "pow", "neg", "pos", "if"})
ARITHMETIC = NUMERIC | {make_total_name(prim) for prim in NUMERIC - WITHOUT_FAILURES}
"""Primitives whose result is an int or a float as their operands are."""


def shows_kinds(outputs: Iterable[Node], vocabulary: Iterable[Atom]) -> bool:
    """Whether some text is made of a number that may be a mean, or something is looked up by one."""
    text: set[Node] = set()
    strings: set[Node] = set()
    mean: set[Node] = set()
    shown = False
    texts = [isinstance(token, str) for token in vocabulary]
    some, every = any(texts), all(texts)
    for node in list_reachable(outputs):
        if may_be_text(node, text, tokens_are_text=some):
            text.add(node)
        if is_text(node, strings, tokens_are_text=every):
            strings.add(node)
        match node.op:
            case Aggregate() if node.args[1] not in strings:
                mean.add(node)
            case Map(prim) if any(arg in mean for arg in node.args):
                if prim in ARITHMETIC:
                    mean.add(node)
                shown |= prim in PLACING or (prim in SHOWING and node in text)
            case _:
                pass
    return shown


def check_zeros(analysis: Facts, outputs: Iterable[Node]) -> None:
    """Raises `CompileError` where a head would bring a zero whose sign may show, to programs that show numbers."""
    for node in list_reachable(outputs):
        if isinstance(node.op, Aggregate) and analysis.domain(node.args[1]).minus_zero:
            message = "this averages -0.0 and 0.0, which text tells apart but a model cannot"
            raise make_refusal(analysis.graph, node, message, "add 0.0 to the values first")


def may_be_text(node: Node, text: set[Node], *, tokens_are_text: bool) -> bool:
    """Whether an s-op may have strings, if `text` are those of its arguments that may."""
    op = node.op
    if isinstance(op, SelectorOp):
        return False
    match op:
        case Indices() | Width():
            return False
        case Tokens():
            return tokens_are_text
        case Constant(value):
            return isinstance(value.value, str)
        case Aggregate(default):
            return node.args[1] in text or isinstance(default.value, str)
        case Map():
            return may_make_text(op, node.args, text)
        case _:
            assert_never(op)


def is_text(node: Node, strings: set[Node], *, tokens_are_text: bool) -> bool:
    """Whether an s-op has strings alone, if `strings` are those of its arguments that have."""
    match node.op:
        case Tokens():
            return tokens_are_text
        case Constant(value):
            return isinstance(value.value, str)
        case Aggregate():  # of strings there are no means; a number that is the default is always the same
            return node.args[1] in strings
        case Map("to_str" | "upper" | "lower" | "string_slice" | "string_reverse"):
            return True
        case Map("if"):
            return all(arg in strings for arg in node.args[1:])
        case Map("add"):
            return any(arg in strings for arg in node.args)
        case _:
            return False


def may_make_text(op: Map, args: tuple[Node, ...], text: set[Node]) -> bool:
    """The same of an elementwise op."""
    match op:
        case Map("to_str"):
            return True
        case Map("add" | "mul" | "if"):
            return any(arg in text for arg in args)
        case Map("mod"):
            return args[0] in text
        case Map("add_or" | "mul_or" | "mod_or", (default, *_)):
            return isinstance(default.value, str) or any(arg in text for arg in args)
        case Map("upper" | "lower" | "string_slice" | "string_reverse"):
            return True
        case Map("upper_or" | "lower_or" | "string_slice_or" | "string_reverse_or"):
            return True
        case Map("index_list" | "index_dict" | "index_list_or" | "index_dict_or", parameters):
            return any(isinstance(parameter.value, str) for parameter in parameters)
        case _:
            return False
