"""Where a wrong answer comes from: in the model, and in the program.

In the model it is the first residual column that does not hold what it should, or what reads the last residual. In
the program it is the first name that is wrong by itself when it is compiled again, which finds faults of the compiler;
the names before it are right.
"""

from compiler.model.answers import show_label
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.verify.differential import Check
from compiler.verify.first_wrong_column import find_wrong_column
from compiler.verify.mismatch import Mismatch
from rasp.elaborate.program import Program
from rasp.graph.nodes import Node, list_reachable


def find_culprits(
    check: Check, program: Program, options: CompileOptions, compiled: Compiled | None, mismatch: Mismatch
) -> tuple[str, ...]:
    """What is known about where a mismatch comes from, in sentences. `compiled` is what the program compiles to."""
    found = [in_the_model(check.model, compiled, mismatch)]
    blamed = first_wrong_name(program, options, check.outputs[mismatch.output], mismatch)
    if blamed is not None:
        values = f"{show_label(blamed.got)} for {show_label(blamed.expected)} at position {blamed.position}"
        found.append(f"the first name that is wrong on this input by itself is {blamed.output}: {values}")
    return tuple(sentence for sentence in found if sentence)


def in_the_model(model: Model, compiled: Compiled | None, mismatch: Mismatch) -> str:
    """The first part of the model that is wrong. Nothing can be said about one that is laid out in another way."""
    if compiled is None or compiled.weights.config != model.config:
        return ""
    wrong = find_wrong_column(compiled, model, mismatch.tokens)
    if wrong is not None:
        return str(wrong)
    return f"all residual columns hold what they should: look at the unembedding of {mismatch.output}"


def first_wrong_name(
    program: Program, options: CompileOptions, output: Node, mismatch: Mismatch
) -> Mismatch | None:
    """The mismatch of the first named s-op behind `output` that is wrong on the same input by itself."""
    needed = set(list_reachable([output]))
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
    check = Check(Model(compiled.weights), {name: program.sop(name)}, options.no_value)
    found = check.compare([mismatch.tokens])[0]
    return found if isinstance(found, Mismatch) else None
