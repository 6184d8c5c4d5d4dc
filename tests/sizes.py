"""How large models are, as text that is kept: `python -m tests.sizes` writes down what they are now.

A rule that no longer fires, a cheaper construction that is no longer found, or an error bound that has become another shows
as a changed line; whether it is right, other tests say.
"""

from collections.abc import Iterator
from pathlib import Path

from compiler import pipeline
from compiler.optimise import rules_for
from compiler.optimise.rewrite import Rule
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.directives import read_directives
from rasp.program import load_program
from rasp.source import Source

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "programs"
GOLDEN = ROOT / "tests" / "golden" / "sizes"


def size(model: Compiled) -> str:
    """Layers, heads, parameters; and how many times smaller than its margin the error of the tightest decision is."""
    found = model.summary
    tightest = model.bounds.tightest
    room = "exact" if tightest is None or not tightest.error else f"{tightest.margin / tightest.error:.2g}"
    return f"{found['layers']:2} {found['heads']:3} {found['parameters']:7} {room:>8}"


def program_row(file: Path, number: int, model: Compiled) -> str:
    """The row of a program's compile line."""
    return f"{size(model)}  {file.relative_to(PROGRAMS).with_suffix('')} {number + 1}"


def program_rows(file: Path) -> Iterator[str]:
    source = Source(str(file), file.read_text(encoding="utf-8"))
    program = load_program(source)
    for number, line in enumerate(read_directives(source).compiles):
        assert line.vocabulary is not None and line.max_length is not None
        options = CompileOptions(line.vocabulary, line.max_length, line.attention)
        yield program_row(file, number, compile_program(program, {"out": line.expression}, options))


def rule_size(text: str, options: CompileOptions, without: Rule | None = None) -> str:
    """Layers, heads and parameters of an expression compiled with all rules, or all but one."""

    def rules(level: int, *, kinds: bool = False) -> list[Rule]:
        return [rule for rule in rules_for(level, kinds=kinds) if rule is not without]

    kept, pipeline.rules_for = pipeline.rules_for, rules
    try:
        found = compile_program(load_program(Source("<test>", "")), {"out": text}, options).summary
        return f"{found['layers']} {found['heads']} {found['parameters']:5}"
    except (CompileError, AssertionError):  # a best in the middle of a selector is put away by a rule
        return "no model"
    finally:
        pipeline.rules_for = kept


def read(name: str) -> list[str]:
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def write(name: str, rows: list[str]) -> None:
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / f"{name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write("programs", [row for file in sorted(PROGRAMS.rglob("*.rasp")) for row in program_rows(file)])
