"""The formatter: meaning and comments are kept, formatting twice is formatting once, and files are safe."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.cli import main
from rasp.diagnostics import RaspError
from rasp.elaborate.program import Program, load_program
from rasp.format.format_text import format_source, print_module
from rasp.graph.nodes import Node
from rasp.graph.text import print_graph
from rasp.library.load import Texts
from rasp.lint.doubts import lint_program
from rasp.source import Source
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.parser import parse
from rasp.syntax.syntax_tree import Module
from tests.generate import numbers
from tests.generate_syntax import modules, plain, scattered, statements
from tests.places import CONFORMANCE, GOLDEN, PROGRAMS, ROOT

TEXTS = GOLDEN / "format"
FILES = sorted([*PROGRAMS.rglob("*.rasp"), ROOT / "rasp" / "library" / "std.rasp"])
CASES = [json.loads(line) for line in (CONFORMANCE / "values.jsonl").read_text().splitlines()]


def formatted(text: str) -> str:
    """The text, formatted; formatting it again changes nothing."""
    once = format_source(Source("<text>", text))
    assert format_source(Source("<text>", once)) == once
    return once


def graph_of(program: Program) -> str:
    """All that a program makes, as text."""
    made = {f"v{i}": result.value for i, result in enumerate(program.results)}
    return print_graph({name: value for name, value in made.items() if isinstance(value, Node)})


def comments(text: str) -> list[str]:
    return sorted(comment.text for comment in tokenize_text(Source("<text>", text))[1])


@settings(max_examples=150, deadline=None)
@given(modules)
def test_printing_a_tree_and_parsing_it_gives_the_tree(module: Module) -> None:
    text = print_module(module)
    again = parse(Source("<text>", text))
    assert plain(again) == plain(module)
    assert formatted(text) == text or "(" in text  # printing writes parentheses that the text may not need
    assert all(line == line.rstrip(" ") for line in text.split("\n"))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_comments_and_blanks_anywhere(data: st.DataObject) -> None:
    trees = data.draw(st.lists(statements, min_size=1, max_size=3))
    text = data.draw(scattered(print_module(Module(Source("<tree>", ""), tuple(trees)))))
    result = formatted(text)
    assert plain(parse(Source("<text>", result))) == plain(parse(Source("<text>", text)))
    assert comments(result) == comments(text)


@settings(max_examples=60, deadline=None)
@given(numbers(12))
def test_formatting_a_random_program_keeps_its_graph(expression: str) -> None:
    text = f"x = {expression};"
    before = load_program(Source("<p>", text), tolerate_errors=True)
    after = load_program(Source("<p>", formatted(text)), tolerate_errors=True)
    assert graph_of(before) == graph_of(after)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_programs_are_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text, f"run `rasp fmt {path}`"


def test_formatting_keeps_the_graph_and_the_warnings() -> None:
    programs = sorted({case["program"] + f"\n{case['query']};" for case in CASES})
    for text in programs:
        source = Source("<p>", text)
        before = load_program(source, Texts({}), tolerate_errors=True)
        if before.module.problems:
            continue
        after = load_program(Source("<p>", formatted(text)), Texts({}), tolerate_errors=True)
        assert graph_of(after) == graph_of(before), text
        assert [d.message for d in after.diagnostics] == [d.message for d in before.diagnostics]
        assert [d.message for d in lint_program(after)] == [d.message for d in lint_program(before)]


@pytest.mark.parametrize("name", sorted(path.stem for path in TEXTS.glob("*.rasp")))
def test_golden(name: str) -> None:
    program, expected = TEXTS / f"{name}.rasp", TEXTS / f"{name}.out"
    found = formatted(program.read_text(encoding="utf-8"))
    if os.environ.get("RASP_UPDATE_TEXTS") == "1":
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_line_ends_of_windows_are_kept() -> None:
    assert format_source(Source("<p>", "x=1 ;  # a\r\n\r\n\r\ny=2;")) == "x = 1;  # a\r\n\r\ny = 2;\r\n"


def test_what_cannot_be_parsed_is_not_formatted() -> None:
    with pytest.raises(RaspError):
        format_source(Source("<p>", "x = (1;\ny = 2;"))


def test_empty_text() -> None:
    assert formatted("") == ""
    assert formatted("\n\n  ") == ""
    assert formatted("\n\n# only a comment") == "# only a comment\n"


def test_deep_and_long_expressions() -> None:
    assert formatted(f"x = {'-(' * 150}1 + 1{')' * 150};")
    assert formatted(f"x = {' + '.join(['a'] * 5000)};").count("\n") == 5000
    assert formatted(f"x = [{', '.join(['1'] * 5000)}];")


def rasp(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["fmt", *map(str, arguments)], input=given)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a program to format, one that is formatted, and one with a mistake."""
    (tmp_path / "messy.rasp").write_text("x=1 ;\n")
    (tmp_path / "tidy.rasp").write_text("x = 1;\n")
    (tmp_path / "broken.rasp").write_text("x=(1 ;\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_command_formats_in_place(folder: Path) -> None:
    os.chmod(folder / "messy.rasp", 0o640)
    result = rasp("messy.rasp", "tidy.rasp")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "formatted messy.rasp\n2 files, 1 changed\n"
    assert (folder / "messy.rasp").read_text() == "x = 1;\n"
    assert (folder / "messy.rasp").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["broken.rasp", "messy.rasp", "tidy.rasp"]


def test_command_follows_links(folder: Path) -> None:
    (folder / "link.rasp").symlink_to("messy.rasp")
    assert rasp("link.rasp").exit_code == 0
    assert (folder / "link.rasp").is_symlink()
    assert (folder / "messy.rasp").read_text() == "x = 1;\n"


def test_command_leaves_mistakes_alone(folder: Path) -> None:
    result = rasp(".")
    assert result.exit_code == 1
    assert "expected `)`" in result.stderr
    assert "3 files, 1 changed, 1 with mistakes" in result.stderr
    assert (folder / "broken.rasp").read_text() == "x=(1 ;\n"
    assert (folder / "messy.rasp").read_text() == "x = 1;\n"


def test_check_and_diff_write_nothing(folder: Path) -> None:
    assert rasp("messy.rasp", "--check").exit_code == 1
    assert rasp("tidy.rasp", "--check").exit_code == 0
    result = rasp("messy.rasp", "--diff")
    assert result.exit_code == 0
    assert "-x=1 ;\n+x = 1;\n" in result.stdout
    assert rasp("messy.rasp", "--diff", "--check").exit_code == 1
    assert (folder / "messy.rasp").read_text() == "x=1 ;\n"


def test_standard_input(folder: Path) -> None:
    result = rasp("-", given="x=1 ;")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "x = 1;\n", "")
    assert rasp("-", "--check", given="x=1 ;").exit_code == 1
    broken = rasp("-", given="x=(1 ;")
    assert (broken.exit_code, broken.stdout) == (1, "")


def test_wrong_path_changes_nothing(folder: Path) -> None:
    result = rasp("messy.rasp", "nothing.rasp")
    assert result.exit_code == 2
    assert "there is no file nothing.rasp" in result.stderr
    assert (folder / "messy.rasp").read_text() == "x=1 ;\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(folder: Path) -> None:
    folder.chmod(0o555)
    try:
        result = rasp("messy.rasp")
    finally:
        folder.chmod(0o755)
    assert result.exit_code == 1
    assert "messy.rasp cannot be written: Permission denied" in result.stderr
