"""Refuse what has no value for any input: a model of it would be right about nothing.

Only expressions that ignore the tokens can be decided by trying every length; for others, inputs on which the
interpreter has no value are don't-cares like any.
"""

from collections.abc import Mapping

from compiler.analysis.infer import Analysis
from compiler.limits import TRIED_LENGTHS
from compiler.refusal import NeverDefined
from rasp.graph.nodes import Node, list_reachable
from rasp.interpret.evaluate import EvaluationError, evaluate


def check_defined(analysis: Analysis, outputs: Mapping[str, Node]) -> None:
    """Raises `CompileError` for an output that needs an expression without a value at every length (of `TRIED_LENGTHS`)."""
    nodes = [n for n in list_reachable(outputs.values()) if not n.is_selector and not analysis.sees_tokens(n)]
    token = analysis.options.vocabulary[0]
    inputs = [[token] * n for n in range(1, min(analysis.max_length, TRIED_LENGTHS.most) + 1)]
    if not nodes or analysis.max_length > TRIED_LENGTHS.most:
        return
    for node, outcomes in zip(nodes, evaluate(nodes, inputs, analysis.options.attention), strict=True):
        first = outcomes[0]
        if isinstance(first, EvaluationError) and all(isinstance(o, EvaluationError) for o in outcomes):
            hint = "every input is an error in the interpreter, too"
            raise NeverDefined(analysis.graph, node, first.message, hint)
