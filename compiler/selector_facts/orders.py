"""S-ops that have each value at one position only, and comparisons that order any two positions."""

from compiler.domains.facts import Facts
from compiler.selector_facts.selector_formula import Comparison, Formula, Junction, normalise_selector
from rasp.graph.nodes import Constant, Indices, Map, Node, Width


def has_distinct_values(analysis: Facts, node: Node) -> bool:
    """Whether the s-op's values at any two positions of one input differ (under RASP's ==)."""
    if has_every_index(analysis, node):
        return True
    changing = [arg for arg in node.args if not isinstance(arg.op, Constant)]
    if isinstance(node.op, Map) and len(changing) == 1 and has_distinct_values(analysis, changing[0]):
        return len(set(analysis.domain(node).values)) == len(analysis.domain(changing[0]))
    leaves = analysis.leaves(node)
    if len(leaves) != 1 or not has_every_index(analysis, leaves[0]):
        return False
    table = analysis.table(node)
    used = table.values[table.values >= 0]
    plain = set(analysis.domain(node).select(used))
    return bool((table.values >= 0).all()) and len(plain) == len(used)


def has_every_index(analysis: Facts, node: Node) -> bool:
    """Whether the s-op is a permutation of 0 … n-1: the indices, or the rank in a strict total order."""
    match node.op:
        case Indices():
            return True
        case Width():  # under causal attention a row sees only earlier positions, so ranks repeat
            return not analysis.causal and total_order(analysis, normalise_selector(node.args[0]))
        case Map("add") if all(isinstance(arg.op, Width) for arg in node.args):  # a rank counted in two parts
            parts = tuple(normalise_selector(arg.args[0]) for arg in node.args)
            return not analysis.causal and total_order(analysis, Junction(False, parts))
        case _:
            return False


def total_order(analysis: Facts, part: Formula) -> bool:
    """Whether a formula orders any two positions one way: lexicographic, ending in a key without ties."""
    match part:
        case Comparison("<" | ">", key, query):
            return key is query and has_distinct_values(analysis, key)
        case Junction(False, (first, second)):
            return lexicographic(analysis, first, second) or lexicographic(analysis, second, first)
        case _:
            return False


def lexicographic(analysis: Facts, first: Formula, second: Formula) -> bool:
    """`first` is key < key, and `second` is key == key and a total order."""
    match first, second:
        case Comparison("<" | ">", key, query), Junction(True, parts) if key is query:
            rest = tuple(p for p in parts if p != Comparison("==", key, key))
            if len(rest) == len(parts) or not rest:
                return False
            return total_order(analysis, rest[0] if len(rest) == 1 else Junction(True, rest))
        case _:
            return False


def is_strict_order(analysis: Facts, part: Formula) -> bool:
    """Whether a part orders any two positions; under causal attention, so that a position sees all that come before."""
    match part:
        case Comparison("<" | ">" as test, key, query) if key is query:
            return has_distinct_values(analysis, key) and (
                not analysis.causal or (test == "<" and isinstance(key.op, Indices))
            )
        case _:
            return False


def is_function_of(value: Node, score: Node) -> bool:
    """Whether an expression looks at nothing but another one. Each part is looked at once, however often it is used."""
    seen, left = {score}, [value]
    while left:
        node = left.pop()
        if node in seen or isinstance(node.op, Constant):
            continue
        if not isinstance(node.op, Map):
            return False
        seen.add(node)
        left += node.args
    return True
