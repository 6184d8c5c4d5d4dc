"""Models whose pages are tried and pictured."""

from dataclasses import dataclass
from functools import cache

from compiler.explorer.build_page import build_page
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.arguments import Attention
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.places import PROGRAMS


@dataclass(frozen=True)
class Shown:
    """A program of `programs/`, or expressions alone; what it is compiled for, and the input of its page."""

    file: str
    outputs: tuple[str, ...]
    vocabulary: str
    length: int
    input: str
    attention: Attention = "full"
    rotation: int | None = None


SHOWN = {
    "reverse": Shown("basics/reverse", ("reverse",), "abcde", 10, "abcdeabc"),
    "histogram": Shown("counting/histogram", ("histogram",), "abcde", 10, "abcaab"),
    "sort": Shown("sorting/sort", ("sorted_tokens",), "abcde", 8, "decade"),
    "dyck1": Shown("brackets/dyck1", ("dyck1",), "()", 10, "(())())"),
    "induction": Shown("language/induction", ("induction",), "abcd", 8, "abcab", "causal"),
    "rotated": Shown("language/induction", ("induction",), "abcd", 8, "abcab", "causal", rotation=1),
    "shifts": Shown(
        "", tuple(f'shift(tokens, {k}, "")' for k in range(1, 11)), "ab", 20, "abbabaab" * 2 + "abba"
    ),
}


@cache
def compile_shown(name: str) -> Compiled:
    """One of them, compiled."""
    shown = SHOWN[name]
    text = (PROGRAMS / f"{shown.file}.rasp").read_text(encoding="utf-8") if shown.file else ""
    outputs = {
        output if output.isidentifier() else f"out{k}": output for k, output in enumerate(shown.outputs)
    }
    options = CompileOptions(tuple(shown.vocabulary), shown.length, shown.attention, rotation=shown.rotation)
    return compile_program(load_program(Source(f"{name}.rasp", text)), outputs, options)


@cache
def build_shown(name: str) -> str:
    """Its page."""
    return build_page(compile_shown(name), tuple(SHOWN[name].input), name)
