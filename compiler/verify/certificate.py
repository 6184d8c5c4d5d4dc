"""Whether a checkpoint's certificate is about its weights, from the checkpoint alone.

The bounds were derived for the weights that the compiler makes of the program. Compiling is deterministic, so compiling
the recorded program again derives them again, and gives the same weights unless somebody has changed them since.
"""

from dataclasses import dataclass

import numpy as np

from compiler.export.checkpoint import Checkpoint, stored_arrays
from compiler.options import CompileError
from compiler.pipeline import compile_program
from rasp.program import Program


@dataclass(frozen=True)
class Standing:
    """`holds`: the weights are those of the certificate. Otherwise `reason` says what speaks against it."""

    holds: bool
    reason: str = ""


def standing(checkpoint: Checkpoint, program: Program) -> Standing:
    """Derive the certificate again and compare everything that it is about."""
    try:
        again = compile_program(program, checkpoint.expressions, checkpoint.options)
    except CompileError as error:
        return Standing(False, f"this version refuses the program: {error.diagnostics[0].message}")
    if again.weights.config != checkpoint.weights.config:
        return Standing(False, "this version compiles the program to a model of another shape")
    wanted, found = stored_arrays(again.weights), stored_arrays(checkpoint.weights)
    changed = [name for name in wanted if not np.array_equal(wanted[name], found[name])]
    if changed:
        return Standing(False, f"{changed[0]} differs from what this version compiles the program to")
    if again.certificate != checkpoint.summary["certificate"]:
        return Standing(False, "this version derives other bounds")
    return Standing(True)
