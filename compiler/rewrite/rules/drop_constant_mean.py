"""Read the mean of equal values off their number, where adding them up rounds.

    aggregate(s, 0.1, d)     becomes     [d, 0.1, 0.1, 0.10000000000000002, …][selector_width(s)]

The interpreter adds one after the other, as Python does, and 0.1 + 0.1 + 0.1 is not three times 0.1. Where nothing
rounds, the mean is the value itself and this rule leaves it alone. Falls: the number of aggregates.
"""

from compiler.analysis.infer import Analysis
from compiler.domains.means import is_own_average
from compiler.selector_facts.selectors import make_full_selector
from rasp.graph.nodes import Aggregate, Map, Node, Width
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom, make_const


def drop_constant_mean(analysis: Analysis, node: Node) -> Node | None:
    """The rule."""
    if not isinstance(node.op, Aggregate):
        return None
    selector, value = node.args
    values = analysis.domain(value).values
    if len(values) != 1 or isinstance(values[0], bool | str) or is_own_average(values, analysis.max_length):
        return None
    means = analysis.once("means of", analysis.graph.constant(values[0]), lambda n: equal_means(analysis, n))
    if all(mean == values[0] for mean in means):
        return None
    items = tuple(make_const(item) for item in (node.op.default.value, *means))
    return analysis.graph.add(Map("index_list", items), analysis.graph.add(Width(), selector))


def equal_means(analysis: Analysis, constant: Node) -> list[Atom]:
    """The mean of so many times one constant, for 1 … N; where there is none, any number will do."""
    mean = analysis.graph.add(Aggregate(make_const(0)), make_full_selector(analysis.graph), constant)
    inputs = [[analysis.options.vocabulary[0]] * n for n in range(1, analysis.max_length + 1)]
    outcomes = evaluate([mean], inputs)[0]
    return [0 if isinstance(outcome, EvaluationError) else outcome[0] for outcome in outcomes]  # type: ignore[misc]
