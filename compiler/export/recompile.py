"""Whether a checkpoint is what its program compiles to, from the checkpoint alone.

Compiling is deterministic: compiling the recorded program again derives its bounds again, and gives the same config,
the same weights to the last bit and the same records, unless somebody has changed them since or another version of
the compiler made them. Either way the bounds were not derived for these weights by this program.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import cast

from compiler.config import Config
from compiler.emit.weights import Weights
from compiler.export.files import Checkpoint, encode_arrays
from compiler.options import CompileError
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import Program

#: Bounds pass through exp and log, which processors round differently in the last digits.
LAST_DIGITS = 1e-9


@dataclass(frozen=True, eq=False)
class Standing:
    """The program compiled again (None if that is refused), and what in the checkpoint differs from it, in words."""

    again: Compiled | None
    differences: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.differences


def recompile_checkpoint(checkpoint: Checkpoint, program: Program) -> Standing:
    """Compile a checkpoint's program again and compare everything. Raises `RaspError`."""
    try:
        again = compile_program(program, checkpoint.expressions, checkpoint.options)
    except CompileError as error:
        return Standing(None, (f"this version refuses the program: {error.diagnostics[0].message}",))
    return Standing(again, tuple(differences(checkpoint, again)))


def differences(checkpoint: Checkpoint, again: Compiled) -> Iterator[str]:
    """What differs, in words, the worst first."""
    of_configs = [*config_differences(checkpoint.weights.config, again.weights.config)]
    yield from of_configs
    if not of_configs:
        yield from weight_differences(checkpoint.weights, again.weights)
    recorded = dict(checkpoint.summary)
    derived = dict(again.summary)
    if not alike(recorded.pop("certificate"), derived.pop("certificate")):
        yield "its error bounds are others than this version derives"
    if not alike(recorded, derived):
        yield "its sizes are not those that this version records"
    if not alike(checkpoint.symbols, again.symbols):
        yield "its symbol map is not the one that this version records"


def config_differences(found: Config, wanted: Config) -> Iterator[str]:
    """The parts of config.json that differ."""
    for name in (field.name for field in fields(Config)):
        one, other = getattr(found, name), getattr(wanted, name)
        if one != other or repr(one) != repr(other):  # 1, 1.0 and True are equal to Python
            words = name.replace("_", " ")
            yield f"its config.json differs from what this version compiles the program to, in its {words}"


def weight_differences(found: Weights, wanted: Weights) -> Iterator[str]:
    """How many weights differ, and where the first one is. Compares what a file holds."""
    one, other = encode_arrays(found), encode_arrays(wanted)
    changed = [name for name in other if one[name].tobytes() != other[name].tobytes()]
    if changed:
        yield (
            f"{len(changed)} of its {len(other)} arrays {'differs' if len(changed) == 1 else 'differ'} from what this "
            "version compiles the program to, "
            f"the first of them {changed[0]}"
        )


def alike(one: object, other: object) -> bool:
    """Whether two JSON values are the same, up to the last digits of floats."""
    match one, other:
        case dict(), dict():
            one, other = cast(dict[str, object], one), cast(dict[str, object], other)
            return list(one) == list(other) and all(alike(one[name], other[name]) for name in one)
        case list(), list():
            one, other = cast(list[object], one), cast(list[object], other)
            return len(one) == len(other) and all(map(alike, one, other))
        case float(), float():
            return math.isclose(one, other, rel_tol=LAST_DIGITS)
        case _:
            return type(one) is type(other) and one == other
