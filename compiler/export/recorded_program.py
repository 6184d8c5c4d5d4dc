"""A checkpoint's program, elaborated again from the texts it holds; the file system is not asked."""

from compiler.completions.plan_decoder import find_meaning
from compiler.export.files import Checkpoint
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.library.load import Texts
from rasp.source import Source


def read_program(checkpoint: Checkpoint) -> Program:
    """The program. Raises `RaspError`."""
    text = checkpoint.program
    return load_program(Source(text.name, text.text), Texts(text.loaded))


def read_outputs(program: Program, checkpoint: Checkpoint) -> dict[str, Node]:
    """Output name → s-op, in the order of the model's outputs. Raises `RaspError`, `CompileError`."""
    outputs = checkpoint.weights.config.outputs
    expressions = {output.name: checkpoint.expressions[output.name] for output in outputs}
    return find_meaning(program, expressions, checkpoint.options)
