"""What is fuzzed: for each target cases, and a function that tries one and returns all that its user would see.

Cases are JSON data, so that each can be kept in a file. An exception that escapes is a finding, and so is a message
of Python's in what is returned (`tests/fuzz/contained.py`).
"""

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from click.testing import CliRunner
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from compiler.cli import main
from compiler.commands.repl import make_repl
from compiler.model.stock_model import take_transformers
from compiler.verify import differential
from rasp.diagnostics import Diagnostic, RaspError
from rasp.editor import open_texts, server
from rasp.elaborate.program import load_program
from rasp.format.format_text import format_source
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.lint.doubts import lint_program
from rasp.notation.style import strip_style as plain_text
from rasp.prompt.repl import run_piped
from rasp.recursion import allow_deep_recursion
from rasp.source import Source
from rasp.syntax.parser import parse, parse_expression, parse_tolerantly
from tests.fuzz import checkpoints, data, texts
from tests.fuzz.messages import sessions
from tests.generate import s_ops
from tests.generate_syntax import plain

Case = Any
assert differential, torch  # what children need is imported before they are forked


@dataclass(frozen=True)
class Target:
    """`attempt` returns what was seen; `slow` ones are tried less often. `needs`: a library that may not be there."""

    name: str
    cases: SearchStrategy[Case]
    attempt: Callable[[Case], str]
    slow: bool = False
    needs: str = ""

    @property
    def missing(self) -> str:
        """The library that is not there."""
        return self.needs if self.needs and find_spec(self.needs) is None else ""


def prepare(names: Iterable[str]) -> None:
    """Read the grammar and the library once, before the first child is forked, and what these targets need, which is
    there."""
    formatted("x = sort(tokens, tokens);")
    elaborated("x = sort(tokens, tokens);")
    for number in (*OURS, *(FAMILIES if "family" in names else ())):
        checkpoints.files(number)
    if "family" in names:
        transformers = take_transformers()
        assert transformers.LlamaForCausalLM and transformers.PreTrainedTokenizerFast


def rendered(diagnostics: Iterable[Diagnostic]) -> str:
    return "\n".join(f"{each.render()}\n{json.dumps(each.as_json())}" for each in diagnostics)


def parsed(text: str) -> str:
    """A text is read as a program and as an expression."""
    source = Source("fuzz.rasp", text)
    module = parse_tolerantly(source)
    for problem in module.problems:
        assert problem.span is None or 0 <= problem.span.start <= problem.span.end <= len(text), problem
    try:
        parse_expression(source)
    except RaspError as error:
        return rendered([*module.problems, *error.diagnostics])
    return rendered(module.problems)


def elaborated(text: str) -> str:
    """A program is elaborated and checked, and its values are worked out on an input."""
    program = load_program(Source("fuzz.rasp", text), tolerate_errors=True)
    told = [rendered(program.diagnostics), rendered(lint_program(program))]
    nodes = [result.value for result in program.results if isinstance(result.value, Node)]
    outcomes = [found[0] for found in evaluate(nodes, [tuple("ab12")])] if nodes else []
    told += [outcome.message for outcome in outcomes if isinstance(outcome, EvaluationError)]
    return "\n".join(told)


def formatted(text: str) -> str:
    """A text is formatted: that means the same, and formatting it again changes nothing."""
    source = Source("fuzz.rasp", text)
    try:
        once = format_source(source)
    except RaspError as error:
        return rendered(error.diagnostics)
    assert format_source(Source("fuzz.rasp", once)) == once, "formatting twice is not formatting once"
    with allow_deep_recursion():
        same = plain(parse(Source("fuzz.rasp", once))) == plain(parse(source))
    assert same, "formatting changes the meaning"
    return ""


COMMANDS = ("help", "help sort", "help ==", "?x", "vars", "examples", "type x", "layers x", "graph x", "reload", "undo",
    "save mine", "save mine over", 'load "mine";', "compile x -o model", 'compile x vocab="ab" max_length=3',
    "verify model", 'apply model "ab"', "hist = selector_width(select(tokens, tokens, ==));", "draw(hist);", "x = tokens",
    'set example "ab"', "set example [1, 2]", 'set example "[]()"', "examples off", "full seq display on", "history",
    "compile hist", "verify", "clear", "del x", "x?", ":type x", "show s-op example", 'tokens("ab");', "exit")  # fmt: skip


@st.composite
def prompt_lines(draw: DrawFn) -> list[str]:
    """Lines that are typed: commands of the prompt, mangled commands, parts of programs."""
    commands = st.sampled_from(COMMANDS)
    lines = st.one_of(commands, commands.flatmap(texts.mangled), texts.programs, st.text(max_size=30))
    # The files that a session writes stay in its folder.
    return [
        line.replace("/", " ").replace("..", " ") for line in draw(st.lists(lines, min_size=1, max_size=8))
    ]


def prompted(lines: list[str]) -> str:
    """Lines are carried out at the prompt."""
    seen: list[str] = []
    repl = make_repl()
    repl.write = lambda row: seen.append(plain_text(row))
    repl.width = lambda: 80
    run_piped(repl, [], [f"{part}\n" for line in lines for part in line.split("\n")])
    return "\n".join(seen)


def command(*arguments: str, given: bytes | None = None) -> str:
    """What a command prints. Of `--json` every line of the standard output is checked to be JSON."""
    result = CliRunner().invoke(main, arguments, input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (0, 1, 2), result.exit_code
    if "--json" in arguments:
        for line in result.stdout.splitlines() if result.stdout.startswith(("[", "{")) else ():
            json.loads(line)
    return result.output


OURS = range(checkpoints.SUPERPOSED + 1)
FAMILIES = (checkpoints.FAMILY,)


def checkpoint_read(case: Case) -> str:
    """A changed checkpoint is shown, run, continued and verified."""
    torch.set_num_threads(1)
    checkpoints.write(case, Path("model"))
    told = [command("info", "model"), command("apply", "model", "-i", '["a", "b"]', "-i", "[0, 1]", "--json")]
    if case["checkpoint"] >= checkpoints.DECODER:
        told.append(command("generate", "model", '["a", "b"]', "--max-new-tokens", "2", "--json"))
    return "\n".join([*told, command("verify", "model", "--budget", "30")])


#: How `rasp compile` may be asked for another model.
WAYS = ((), ("--disguise", "rotate"), ("--disguise", "rotate", "--seed", "7"), ("--dtype", "float64"), ("--decode",),
    ("--target", "llama"), ("--target", "gpt2"), ("--no-value",), ("--margin", "3"), ("-O", "0"), ("-O", "3"))  # fmt: skip
#: What may take more than ten seconds, and says so.
LONG = {("--decode",), ("-O", "3")}


@st.composite
def compilations(draw: DrawFn) -> dict[str, Any]:
    """A small program, and one or two ways to ask for its model."""
    ways = draw(
        st.lists(st.sampled_from(WAYS), min_size=1, max_size=2).filter(lambda ways: set(ways) != LONG)
    )
    return {
        "expression": draw(s_ops(8)),
        "attention": draw(st.sampled_from(("full", "causal"))),
        "ways": [part for way in ways for part in way],
    }


def compiled(case: Case) -> str:
    """A program is compiled; the model is shown, run, continued and verified, and has to be the program's."""
    torch.set_num_threads(1)
    settings = ("--vocab", "abc", "--max-length", "3", "--attention", case["attention"])
    told = [command("compile", "-e", case["expression"], *settings, *case["ways"], "-o", "model", "--json")]
    if "--target" in case["ways"] or not Path("model").exists():
        return "\n".join(told)
    told += [command("info", "model"), command("apply", "model", "-i", "ab", "-i", "cbd", "--json")]
    told += [command("generate", "model", "a", "--max-new-tokens", "2")]
    verified = command("verify", "model", "--budget", "60", "--json")
    verdict = json.loads(verified)  # of what has no value nothing is verified
    assert verdict["passed"] or not (verdict["positions_compared"] or verdict["mismatched"]), verified
    return "\n".join(told)


INPUT_COMMANDS = (
    ("run", "-e", "tokens"), ("run", "-e", "sort(tokens, tokens)"), ("run", "-e", "tokens == 1", "--json"),
    ("run", "-e", "select(tokens, tokens, <)"), ("apply", "model"), ("apply", "model", "--json"),
    ("generate", "model", "--max-new-tokens", "2"), ("run", "-e", "indices", "--input-format", "json"),
    ("apply", "model", "--input-format", "text", "--json"),
)  # fmt: skip
inputs = data.written() | texts.jumbles | st.text(max_size=12)


@st.composite
def input_cases(draw: DrawFn) -> dict[str, Any]:
    """A command with inputs."""
    given = draw(st.lists(inputs, min_size=1, max_size=3))
    chosen = draw(st.sampled_from(INPUT_COMMANDS))
    single = chosen[0] == "generate"
    return {
        "command": list(chosen),
        "inputs": given[:1] if single else given,
        "piped": not single and draw(st.booleans()),
    }


def inputs_read(case: Case) -> str:
    """Inputs are given to a command or piped into it, and are an example for `rasp test` and a vocabulary."""
    torch.set_num_threads(1)
    checkpoints.write({"checkpoint": 1, "changes": [], "mended": True}, Path("model"))
    if case["piped"]:
        lines = "\n".join(case["inputs"]).encode("utf-8", "surrogateescape")
        told = [command(*case["command"], "--inputs", "-", given=lines)]
    else:
        options = [part for text in case["inputs"] for part in ("-i", text)]
        told = [command(*case["command"], *options)]
    for text in case["inputs"]:
        Path("p.rasp").write_text(f"# example: x({text}) = {text}\nx = tokens;\n", "utf-8", "replace")
        told += [command("test", "p.rasp", "--json")]
        told += [command("compile", "-e", "indices", "--vocab", text, "--max-length", "2", "--json")]
    return "\n".join(told)


def framed(message: Case) -> bytes:
    """A message as it travels; a text is taken for its bytes."""
    if isinstance(message, str):
        return message.encode("latin-1", "replace")
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def served(session: list[Case]) -> str:
    """A session of an editor: what the server writes, and that it answers still when it is asked to stop."""
    goodbye = {"jsonrpc": "2.0", "id": "last", "method": "shutdown", "params": None}
    stream = io.BytesIO(b"".join(map(framed, [*session, goodbye])))
    answers = Kept()
    with patch.object(open_texts, "PAUSE", 0):
        server.serve_editor(stream, answers)
    told = answers.getvalue().decode("utf-8", "backslashreplace")
    proper = all(isinstance(message, dict) for message in session)
    assert not proper or '"id": "last"' in told or '"id":"last"' in told, (
        "the server does not answer any more"
    )
    return told


class Kept(io.BytesIO):
    """A stream whose contents outlive its end."""

    def close(self) -> None:
        pass


TARGETS = (
    Target("parser", texts.programs, parsed),
    Target("elaborator", texts.programs, elaborated),
    Target("formatter", texts.programs, formatted),
    Target("prompt", prompt_lines(), prompted, slow=True),
    Target("checkpoint", checkpoints.cases(OURS), checkpoint_read, slow=True),
    Target("family", checkpoints.cases(FAMILIES), checkpoint_read, slow=True, needs="transformers"),
    Target("compiler", compilations(), compiled, slow=True),
    Target("inputs", input_cases(), inputs_read, slow=True),
    Target("language-server", sessions(), served, slow=True),
)
