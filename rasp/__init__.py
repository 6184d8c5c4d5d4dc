"""RASP: programs whose meaning is what a transformer encoder can compute, parsed, elaborated and interpreted.

import rasp
program = rasp.load("sort.rasp")        # or the text itself
program["sort"]("cab")                  # a name
program("sort(tokens, tokens)")("cab")  # an expression
"""

from rasp.api import LoadedProgram, RaspWarning, Runnable, load
from rasp.diagnostics import RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Graph
from rasp.interpret.evaluate import evaluate
from rasp.syntax.parser import parse
from rasp.version import VERSION as __version__

__all__ = [
    "Graph",
    "LoadedProgram",
    "Program",
    "RaspError",
    "RaspWarning",
    "Runnable",
    "__version__",
    "evaluate",
    "load",
    "load_program",
    "parse",
]
