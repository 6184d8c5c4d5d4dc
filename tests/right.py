"""Whether a compiled model answers what its program, as written, means."""

from compiler.model.runner import Model
from compiler.pipeline import Compiled
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.differential import Check, verify_model


def assert_right(compiled: Compiled, budget: int, seed: int = 0) -> None:
    """On as many inputs as `budget` says, of all lengths, read in every way that there is."""
    inputs = choose_inputs(len(compiled.options.vocabulary), compiled.options.max_length, budget, seed)
    report = verify_model(Check(Model(compiled.weights), compiled.meaning), inputs)
    assert report.passed, report.smallest or report.readers
