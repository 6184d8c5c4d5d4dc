"""Whether a compiled model answers what its program, as written, means."""

import math
from typing import Any

from compiler.model.runner import Model
from compiler.pipeline import Compiled
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.differential import Check, Report, verify_model


def compare(compiled: Compiled, budget: int, seed: int = 0) -> Report:
    """Model and interpreter on as many inputs as `budget` says, of all lengths, read in every way that there is."""
    inputs = choose_inputs(len(compiled.options.vocabulary), compiled.options.max_length, budget, seed)
    return verify_model(Check(Model(compiled.weights), compiled.meaning), inputs)


def assert_right(compiled: Compiled, budget: int, seed: int = 0) -> None:
    """As `compare` finds it."""
    report = compare(compiled, budget, seed)
    assert report.passed, report.smallest or report.readers


def is_close(found: Any, expected: Any) -> bool:
    """Are two atoms equal, or floats that are so but for a rounding?"""
    return found == expected or (isinstance(found, float) and math.isclose(found, expected, rel_tol=1e-12))
