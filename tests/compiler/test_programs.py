"""The library of programs: documented, listed, and right, interpreted and compiled.

Every `# example:` line holds in the interpreter and on the model of each `# compile:` line it fits, and each
model answers what the interpreter answers on a small sample of inputs of all lengths.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from compiler.commands.examples import agrees, fits
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from compiler.verify.differential import Check, batch_size
from compiler.verify.mismatch import Mismatch
from rasp.diagnostics import RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate
from rasp.lint.doubts import lint_program
from rasp.source import Source
from rasp.syntax.directives import Directives, Example, read_directives
from tests.kept import check_row, rows, size
from tests.places import PROGRAMS

FILES = sorted(PROGRAMS.rglob("*.rasp"))
FEWEST_EXAMPLES = 3
SAMPLE = 60
#: Lines of prose that the shortest description has: what it computes, a blank, and how.
SHORTEST_HEADER = 3


@dataclass(frozen=True)
class Compilation:
    """A `# compile:` line carried out."""

    options: CompileOptions
    node: Node
    model: Model
    size: str


@dataclass(frozen=True)
class Subject:
    """A program of the library, named as in `load`, with its models."""

    name: str
    program: Program
    directives: Directives
    compilations: tuple[Compilation, ...]

    def node(self, example: Example) -> Node:
        """The s-op, or the selector, that an example is about."""
        try:
            return self.program.sop(example.expression)
        except RaspError:
            value = self.program.expression(example.expression)
            assert isinstance(value, Node), example.expression
            return value


def read(file: Path) -> Source:
    return Source(str(file), file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """The models are tiny: a second thread only waits, and on a busy machine for long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=FILES, ids=[file.stem for file in FILES])
def subject(request: pytest.FixtureRequest) -> Subject:
    """One program after the other: pytest runs all tests of one before it makes the next."""
    source = read(request.param)
    program, directives = load_program(source), read_directives(source)
    compilations: list[Compilation] = []
    for line in directives.compiles:
        assert line.vocabulary is not None and line.max_length is not None
        options = CompileOptions(line.vocabulary, line.max_length, line.attention)
        compiled = compile_program(program, {"out": line.expression}, options)
        compilations.append(
            Compilation(options, program.sop(line.expression), Model(compiled.weights), size(compiled))
        )
    name = str(request.param.relative_to(PROGRAMS).with_suffix(""))
    return Subject(name, program, directives, tuple(compilations))


def test_examples_interpreted(subject: Subject) -> None:
    for example in subject.directives.examples:
        outcome = evaluate([subject.node(example)], [example.input], example.attention)[0][0]
        assert agrees(outcome, example.answer), (example, outcome)


def test_examples_compiled(subject: Subject) -> None:
    """Each example runs on some model, unless it says that there is no answer."""
    for example in subject.directives.examples:
        node = subject.node(example)
        able = [one for one in subject.compilations if one.node is node and fits(example, one.options)]
        assert able or example.answer is None, f"no model fits {example}"
        for one in able:
            answer = one.model.answers([example.input])[0]["out"]
            assert agrees(answer, example.answer), (example, answer)


def test_models_agree_with_the_interpreter(subject: Subject) -> None:
    for one in subject.compilations:
        vocabulary, longest = one.options.vocabulary, one.options.max_length
        check = Check(one.model, {"out": one.node})
        found = [
            outcome
            for inputs in batch_inputs(
                vocabulary, choose_inputs(len(vocabulary), longest, SAMPLE, 1), batch_size
            )
            for outcome in check.compare(inputs)
        ]
        wrong = [outcome for outcome in found if isinstance(outcome, Mismatch)]
        assert not wrong, wrong[0]
        assert None in found, "there is no input with a value"


def test_sizes(subject: Subject) -> None:
    for number, one in enumerate(subject.compilations, start=1):
        check_row("programs", f"{subject.name} {number}", one.size)


def test_sizes_are_of_programs() -> None:
    kept = {name.split()[0] for name in rows("programs")}
    assert kept == {str(file.relative_to(PROGRAMS).with_suffix("")) for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_documented(file: Path) -> None:
    source = read(file)
    header = source.text.split("\n\n")[0].splitlines()
    assert len(header) >= SHORTEST_HEADER and all(line.startswith("#") for line in header)
    assert "#" in header, "what it computes and how are paragraphs of their own"
    directives = read_directives(source)
    assert not directives.diagnostics
    assert directives.compiles and len(directives.examples) >= FEWEST_EXAMPLES
    assert not lint_program(load_program(source))


def test_the_list_is_complete() -> None:
    links = re.findall(r"^- \[(\w+)\]\(([\w/]+\.rasp)\): \S", read(PROGRAMS / "README.md").text, re.MULTILINE)
    assert all(Path(path).stem == name for name, path in links)
    assert sorted(path for _, path in links) == sorted(str(file.relative_to(PROGRAMS)) for file in FILES)


def test_the_table_names_programs() -> None:
    rows = re.findall(
        r"^\| .* \| `([\w/]+)`.* \| `(\w+)` \|$", read(PROGRAMS / "README.md").text, re.MULTILINE
    )
    assert rows
    for path, expression in rows:
        load_program(read(PROGRAMS / f"{path}.rasp")).sop(expression)


def test_names_are_unique() -> None:
    """Elsewhere a program may be called by its name alone."""
    assert not [name for name, times in Counter(file.stem for file in FILES).items() if times > 1]
