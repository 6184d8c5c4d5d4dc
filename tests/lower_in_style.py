"""A program's model built in a style that the search would not choose."""

from dataclasses import replace

from compiler.analysis.infer import Analysis
from compiler.emit.assemble import assemble_weights
from compiler.pipeline import Compiled
from compiler.reading.building_style import Style
from compiler.search.attempts import attempt_lowering
from rasp.recursion import allow_deep_recursion


def lower_in_style(model: Compiled, style: Style) -> Compiled:
    """The same model in a style. Raises what `attempt_lowering` raises."""
    with allow_deep_recursion():
        analysis = Analysis(model.program.graph, model.options)
        lowered = attempt_lowering(analysis, model.outputs, style)
    return replace(
        model, lowered=lowered, weights=assemble_weights(lowered.plan, lowered.layout, analysis, {})
    )
