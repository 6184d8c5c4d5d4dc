"""Which part of a program a wrong answer comes from: its names are compiled one by one, in their order.

The first name that is wrong by itself on the failing input is where to look; the ones before it are right.
"""

from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.verify.differential import Check, Mismatch
from rasp.graph import Node, reachable
from rasp.program import Program


def first_wrong_name(
    program: Program, options: CompileOptions, output: Node, mismatch: Mismatch
) -> Mismatch | None:
    """The mismatch of the first named s-op behind `output` that is wrong on the same input by itself."""
    needed = set(reachable([output]))
    for name, value in program.bindings.items():
        if isinstance(value, Node) and value in needed and not value.is_selector:
            found = alone(program, name, options, mismatch)
            if found is not None:
                return found
    return None


def alone(program: Program, name: str, options: CompileOptions, mismatch: Mismatch) -> Mismatch | None:
    """The mismatch of one name compiled alone, on the input of another mismatch."""
    try:
        compiled = compile_program(program, {name: name}, options)
    except CompileError:
        return None
    check = Check(Model(compiled.weights), {name: program.sop(name)})
    found = check.compare([mismatch.tokens])[0]
    return found if isinstance(found, Mismatch) else None
