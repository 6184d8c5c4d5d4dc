"""Every stage of small programs as text: what the compiler does to them, kept in tests/golden/stages/.

`make snapshots` accepts what it does now. Whether that is right, other tests say.
"""

import os
from difflib import unified_diff
from functools import cache

import pytest

from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.report.graph_text import parse_outputs, print_outputs
from compiler.report.stage_names import GRAPH_STAGES, STAGES
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import read_directives
from rasp.syntax.parser import parse
from tests.places import ROOT

GOLDEN = ROOT / "tests" / "golden" / "stages"
WRITE = "RASP_WRITE_STAGES"
"""Environment variable under which snapshots are written instead of compared."""
PROGRAMS = (
    "arithmetic/addition",
    "arithmetic/binary_negate",
    "arithmetic/parity",
    "arithmetic/rounded_mean",
    "basics/every_second",
    "basics/fizzbuzz",
    "basics/reverse",
    "basics/shift",
    "brackets/depth",
    "brackets/dyck1",
    "counting/histogram",
    "counting/mean",
    "counting/running_count",
    "counting/variance",
    "formal/flip_flop",
    "language/induction",
    "language/two_hop",
    "sorting/is_sorted",
    "sorting/sort",
    "strings/bigrams",
)
LONGEST = 5


@cache
def compiled(name: str) -> Compiled:
    """The program by its first `# compile:` line, for short inputs."""
    source = Source(f"{name}.rasp", (ROOT / "programs" / f"{name}.rasp").read_text(encoding="utf-8"))
    line = read_directives(source).compiles[0]
    options = CompileOptions(line.vocabulary or (), min(line.max_length or 0, LONGEST), line.attention)
    return compile_program(load_program(source), {line.name or "out": line.expression}, options)


@pytest.mark.parametrize("name", PROGRAMS)
def test_stages_are_as_they_were(name: str) -> None:
    model = compiled(name)
    text = "".join(f"== {stage} ==\n{model.emit(stage)}\n\n" for stage in STAGES)
    path = GOLDEN / f"{name.replace('/', '-')}.txt"
    if WRITE in os.environ:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    changes = unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm="", n=2)
    assert kept == text, "\n".join([f"{name}; if that is meant: make snapshots", *changes])


def test_no_other_snapshots_are_kept() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {name.replace("/", "-") for name in PROGRAMS}


@pytest.mark.parametrize("name", PROGRAMS)
def test_stages_parse_back(name: str) -> None:
    """Graphs to the same text; the tree to the tree."""
    model = compiled(name)
    for stage in GRAPH_STAGES:
        found = parse_outputs(Source(stage, text := model.emit(stage)))
        assert print_outputs(found.graph, found.outputs, model.options).strip() == text
    tree = model.emit("tree")
    assert parse(Source("tree", tree)).statements and "\n" not in tree[-1]
