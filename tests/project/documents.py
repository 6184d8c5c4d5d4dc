"""Markdown documents whose examples run: each code block gives the output that stands in it.

What a block is, its first word says: `console` holds a shell session (`$ rasp …`) or a prompt's (`>> …`);
`python` statements after `>>>`; `rasp` a program whose `# example:` lines hold, and `rasp NAME.rasp` also writes
it to a file that later blocks use; `sh` and `text` are not run. All blocks of a document share one folder,
one prompt and one Python.
"""

import code
import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from compiler.cli import main
from compiler.commands.examples import agrees
from compiler.commands.repl import make_repl
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate
from rasp.notation.style import Line, strip_style
from rasp.prompt.repl import Repl
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import ROOT

BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL_SIGNS = {"|", "<", ">", "&&", ";", ">>", "&"}


@dataclass(frozen=True)
class Block:
    """A code block: its first line's words, its text, and the number of the line where that begins."""

    words: tuple[str, ...]
    body: str
    line: int


def block_of(found: re.Match[str]) -> Block:
    line = found.string.count("\n", 0, found.start()) + 2
    return Block(tuple(found["info"].split()), found["body"], line)


@dataclass
class Place:
    """What the blocks of one document share. The working directory is the document's."""

    written: list[str] = field(default_factory=list[str])
    repl: Repl = field(default_factory=make_repl)
    names: dict[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        self.repl.write = self.write

    def write(self, row: Line) -> None:
        self.written.append(strip_style(row).rstrip())

    def replay(self, block: Block) -> str:
        """The block with the outputs that its inputs give now."""
        match block.words:
            case ("console",) if block.body.startswith("$ "):
                return "".join(f"$ {command}\n{shell(command)}" for command in commands(block.body))
            case ("console",):
                return "".join(self.prompt(line) for line in typed(block.body, (">>", "..")))
            case ("python",):
                return python(typed(block.body, (">>>", "...")), self.names)
            case ("rasp", *files):
                for file in files:
                    Path(file).write_text(block.body, encoding="utf-8")
                check_examples(block.body)
                return block.body
            case ("text",) | ("sh",):
                return block.body
            case _:
                raise AssertionError(f"line {block.line}: blocks are console, python, rasp, sh or text")

    def prompt(self, line: str) -> str:
        self.written.clear()
        self.repl.take(line[3:])
        return "".join(f"{row}\n" for row in (line, *self.written))


def typed(body: str, prompts: tuple[str, ...]) -> list[str]:
    """The lines that stand behind a prompt, with it."""
    return [
        line
        for line in body.splitlines()
        if line in prompts or line.startswith(tuple(f"{p} " for p in prompts))
    ]


def commands(body: str) -> Iterator[str]:
    """The commands of a shell session, continuation lines joined as they stand."""
    lines = iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            yield command


def shell(command: str) -> str:
    """What a command prints, errors included."""
    words = shlex.split(command)
    signs = set(shlex.shlex(command, posix=True, punctuation_chars=True))
    if words[0] == "rasp" and not SHELL_SIGNS & signs:
        return CliRunner().invoke(main, words[1:], prog_name="rasp").output
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode()


def python(lines: list[str], names: dict[str, object]) -> str:
    """A session with Python's prompt."""
    console = code.InteractiveConsole(names)
    found = ""
    for line in lines:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            console.push(line[4:])
        found += f"{line}\n{output.getvalue()}"
    return found


def check_examples(text: str) -> None:
    """Raises unless every `# example:` of a program holds, and there is one."""
    program = load_program(Source("<block>", text))
    directives = read_directives(program.source)
    assert directives.examples and not directives.diagnostics, text
    for example in directives.examples:
        node = program.expression(example.expression)
        assert isinstance(node, Node), example.expression
        (outcome,) = evaluate([node], [example.input], example.attention)[0]
        assert agrees(outcome, example.answer), (example, outcome)


def replayed(text: str) -> str:
    """The document with the output that its examples give now, in the working directory."""
    place = Place()

    return BLOCK.sub(lambda found: f"```{found['info']}\n{place.replay(block_of(found))}```", text)
