"""The prompt as a user meets it: piped sessions against recorded ones, commands, and keys on a terminal."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from compiler.commands.repl import make_repl
from rasp.interpret.evaluate import evaluate
from rasp.notation.matrix import show_matrix
from rasp.notation.style import Line, Piece, colour_line, join_lines, strip_style
from rasp.prompt import terminal
from rasp.prompt.completion import RaspCompleter
from rasp.prompt.highlight import highlighted
from rasp.prompt.repl import Repl, run_piped
from rasp.prompt.session import Session
from rasp.syntax.whole_statements import lacks_only_semicolon
from tests.places import CONFORMANCE, ROOT

TRANSCRIPTS = CONFORMANCE / "transcripts.jsonl"

#: Where we print something else on purpose: the recorded text, ours, and why. Errors, banner and prompts are
#: left out on both sides.
DIFFERENCES: dict[str, list[tuple[str, str, str]]] = {
    "tr-03": [
        (
            "\t\t     one two\n \t\t\t one |   1\n \t\t\t two | 1  ",
            "\t\t       one two\n \t\t\t one |       1\n \t\t\t two |   1    ",
            "columns are as wide as their token",
        ),
        (
            "\t\t     10 200\n \t\t\t 10 | 1 1\n \t\t\t 200 | 1 1",
            "\t\t       10 200\n \t\t\t  10 |  1   1\n \t\t\t 200 |  1   1",
            "columns are as wide as their token",
        ),
    ],
    "tr-04": [("\t\t\t    value:  4", "\t\t\t 3 :    value:  4", "dicts keep their keys")],
    "tr-11": [
        (
            "    value: out =  1",
            '     s-op: out\n \t Example: out("hello") has no value\n'
            '     s-op: out\n \t Example: out("hello") has no value\n'
            '     s-op: tokens_int\n \t Example: tokens_int("hello") has no value\n'
            "    value: a =  1\n    value: b =  2\n    value: out =  1",
            "an s-op that fails on the example exists all the same; a line may hold several statements",
        )
    ],
    "tr-12": [
        (
            "    value: out =  1",
            "     list: out = [1]\n    value: out =  True\n    value: out =  1",
            "a trailing comma is fine; `!=` is an operator",
        )
    ],
    "tr-16": [
        (
            "",
            "     console function: f(a)\n    value: out =  1",
            "comments may stand anywhere, also at the prompt",
        )
    ],
    "tr-27": [
        (
            "\t =  [2, 3] (ints)",
            '     s-op: out\n \t Example: out("hello") has no value\n\t =  [2, 3] (ints)',
            "an s-op that fails on the example exists all the same",
        ),
        (
            '     s-op: indices\n \t Example: indices("ab")',
            '     s-op: x\n \t Example: x("ab") has no value\n     s-op: indices\n \t Example: indices("ab")',
            "an s-op that fails on the example exists all the same",
        ),
    ],
    "tr-28": [
        (
            "\t\t     s-op: b\n\t\t \t Example: b",
            "\t\t     s-op: a\n\t\t \t Example: a",
            "an alias does not rename",
        ),
        (
            "\t\t     s-op: ( indices * 2 )\n\t\t \t Example: ( indices * 2 )",
            "\t\t     s-op: a\n\t\t \t Example: a",
            "alike expressions are one s-op, which has a name already",
        ),
        ("selector: plain select", "selector: full_s", "alike expressions are one selector"),
    ],
    "tr-29": [
        (
            "[1, 0] (strings)\n\t =  [1, 0] (strings)",
            "[1, 0] (strings)\n\t =  [True, False] (strings)",
            "no stale cache",
        ),
        ("[1, 0] (ints)\n\t =  [1, 0] (ints)", "[1, 0] (ints)\n\t =  [T, F] (bools)", "no stale cache"),
    ],
    "tr-31": [
        (
            '     s-op: indices\n \t Example: indices("ok")',
            '     s-op: indices\n \t Example: indices("hello") = [0, 1, 2, 3, 4] (ints)\n'
            '     s-op: indices\n \t Example: indices("ok")',
            "an empty example is refused, and the one before stays",
        )
    ],
}

THEIR_ERRORS = re.compile(
    r"\t\t!!ignoring input:\n[^\n]*|something went wrong: [^\n]*|\t!! antlr exception: [^\n]*"
    r"|not implemented this command yet! ignoring"
)
OUR_ERRORS = re.compile(r"^(?:error|warning): .*(?:\n *(?:-->|\||\d+ \||=) ?.*)*", re.MULTILINE)
PROMPTS = re.compile(r"^(?:>> |\.\. +)+", re.MULTILINE)


def without_blanks(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if line)


def talk(*lines: str, repl: Repl | None = None) -> str:
    """What is printed for these lines."""
    rows: list[str] = []
    talking = repl or make_repl()
    talking.write = lambda row: rows.append(strip_style(row))
    run_piped(talking, (), lines)
    return "\n".join(rows)


def transcripts() -> list[Any]:
    cases = [json.loads(line) for line in TRANSCRIPTS.read_text(encoding="utf-8").splitlines()]
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", transcripts())
def test_piped_sessions_print_the_recorded_values(case: dict[str, str]) -> None:
    recorded = case["output"].split("\n", 2)[2]
    expected = without_blanks(THEIR_ERRORS.sub("", PROMPTS.sub("", recorded)))
    for theirs, ours, reason in DIFFERENCES.get(case["id"], []):
        assert theirs in expected, reason
        expected = expected.replace(theirs, ours) if theirs else ours + expected
    printed = OUR_ERRORS.sub("", talk(*case["input"].splitlines()))
    assert without_blanks(printed) == expected


def test_errors_point_into_the_line() -> None:
    assert talk("x = nosuch + 1;") == (
        "error: there is nothing called `nosuch`\n --> <prompt>:1:5\n  |\n1 | x = nosuch + 1;\n"
        '  |     ^^^^^^ unknown name\n  = hint: a text stands in quotes: "nosuch"'
    )


def test_a_line_without_its_semicolon_is_told_by_its_number_and_those_that_were_read_with_it() -> None:
    told = talk("a = 1;", "# about x", "x = a", "y = 2;", "z = nosuch;")
    assert " --> <prompt>:3:6\n  |\n3 | x = a\n" in told
    assert "= note: the line behind it is not carried out either" in told
    assert " --> <prompt>:5:5\n  |\n5 | z = nosuch;\n" in told
    told = talk(">> x = 1", ".. + 1;", "what it printed", ">> x = nosuch")
    assert " --> <prompt>:1:5\n" in told, "what a prompt has printed is repeated to the letter"


def test_commands_take_no_names() -> None:
    assert "value: help =  3" in talk("help = 3;")
    assert talk("help = 3;", "help;", "help + 1;").count("value:") == 3
    assert "value: out =  True" in talk("type = 1;", "type in [1];")
    assert "function of x" in talk("def type(x) { return x; }", "type(indices);", "vars")
    assert "an s-op of ints" in talk("type = 3;", "type indices")
    assert "an s-op of ints" in talk("type = 3;", ":type indices + 1")
    assert "commands" in talk("help = 3;", ":help")
    assert "value: a =  1" in talk("layers, a = 2, 1;")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("hlep", "did you mean `help`?"),
        ("laers tokens", "did you mean `layers`?"),
        (":foo", "lists the commands"),
    ],
)
def test_unknown_commands(line: str, hint: str) -> None:
    assert hint in talk(line)


def test_a_misspelt_name_is_no_command() -> None:
    assert "did you mean `length`?" in talk("lenght;")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["help"], "draw layers and heads"),
        (["help sort"], "reference: 2 layers with 2 + 1 heads for sort(tokens, tokens)"),
        (["help length"], "The length of the input"),
        (["help select"], "select(key, query, test)"),
        (["help quit"], "Ctrl-D"),
        (["help layers"], "layers EXPR"),
        (["? sort"], "ascending order"),
        (["sort?"], "ascending order"),
        (["help(sort)"], "ascending order"),
        (["help sort(tokens, tokens);"], "ascending order"),
        (["help =="], "tightest first"),
        (["help ="], "Gives a value a name"),
        (["==" + "?", "1;"], "value: out =  1"),
        (["help ==", "1;"], "value: out =  1"),
        (["help nosuch?"], "nothing is known about `nosuch`"),
        (["sort??"], "return aggregate(select(rank, indices, ==), seq);"),
        (["source length"], "length = selector_width(full_s);"),
        (["# Mine.", "x = 3;", "x??"], "# Mine.\nx = 3;"),
        (["for i in [1, 2] { z = i; }", "source z"], "for i in [1, 2] { z = i; }"),
        (["source select"], "not written in RASP"),
        (["source lenth"], "did you mean `length`?"),
        (["# Mine.", "x = 3;", "help x"], "  Mine."),
        (["help where"], "a choice at each position is written `1 if indices > 2 else 0`"),
        (["help cumsum"], "write `running_sum(indices)`"),
        (["source mean"], "write `average(indices)`"),
        (["x = sum(tokens_int);", "abs(tokens_int);"], "2 | abs(tokens_int);\n  |     ^^^^^^^^^^"),
        (
            ["def f(x) { return 1 / x; }", "a = f(indices);", "x = 5;", "c = f(indices) + 1 / x;"],
            "1 | def f(x) { return 1 / x; }\n  |                   ^^^^^",
        ),
        (
            ["def f(x) { return 1 / x; }", "a = f(indices);", "y = 1 / indices;"],
            "3 | y = 1 / indices;\n  |     ^^^^^^^^^^^",
        ),
        (
            ["x = indices;", "y = 1 / x;", "x = 5;", "c = y + 1 / x;"],
            "2 | y = 1 / x;\n  |     ^^^^^",
        ),
        (
            ["y = 1 / indices;", 'z = "1 / indices" if indices > 5 else 1 / indices;'],
            f"else 1 / indices;\n  | {' ' * 38}^^^^^^^^^^^",
        ),
        (["help nosuch"], "nothing is known about `nosuch`"),
        (["vars"], "nothing is bound yet"),
        (["x = [1, 2];", "vars"], "  x  list"),
        (["examples"], '  s-op     example  "hello"'),
        (["type sort"], "a function of seq, key"),
        (["type tokens_int"], 'an s-op without a value for "hello"'),
        (["type [1, 2]"], "a list of 2 entries"),
        (["type 1 2"], "error: "),
        (["type"], "as in `type"),
        (["graph length"], "# length"),
        (["reload"], "no file has been loaded"),
        (["undo"], "there is nothing to undo"),
        (["x = 1;", "x;", "undo", "vars"], "taken back: x = 1;\nnothing is bound yet"),
        (["x = 1;", "x = 2;", "undo", "x;"], "value: x =  1"),
        (["x = 1; y = 2;", "undo", "vars"], "nothing is bound yet"),
        (["x = 1;", "del x", "undo", "x;"], "back again: `x`\n    value: x =  1"),
        (["x = 1;", "y = x;", "clear", "undo", "vars"], "  x  1\n  y  1"),
        (['set example "ab"', "undo"], 's-op     example  "hello"'),
        (["examples off", "undo", "indices;"], "[0, 1, 2, 3, 4]"),
        (["del x"], "`x` was not bound here"),
        (["x = 1;", "y = x + 1;", "del x"], "since `y = x + 1;` needs it\n  = hint: `del x y` deletes both"),
        (["x = 1;", "y = x + 1;", "del x, y;", "vars"], "nothing is bound yet"),
        (["a, b = 1, 2;", "del a"], "`a, b = 1, 2;` has bound `b`, too"),
        (["tokens = indices;", "y = tokens + 1;", "del tokens"], "since `y = tokens + 1;` needs it"),
        (["tokens = indices;", "del tokens", "tokens;"], "[h, e, l, l, o]"),
        (["def f(y) { return y; }", "y = 1;", "del y", "f(2);"], "value: out =  2"),
        (["x = 1; # one", "history"], "  x = 1; # one"),
        (
            ["layers sort(tokens, tokens)"],
            "reference  2 layers with 2 + 1 heads\n  drawn      2 layers with 1 + 1 heads",
        ),
        (["layers full_s"], "a selector becomes a head"),
        (["layers selector_width(full_s)"], "compiled   1 layer with 1 head"),
        (["layers tokens * 0.5"], "not for "),
        (["layers tokens * 0.5"], "taking the vocabulary and the maximum length from the running example"),
        (["compile tokens"], "compiled tokens for inputs over helo up to length 5"),
        (['compile indices vocab="ab" max_length=3 attention=causal'], "over ab up to length 3 under causal"),
        (["compile tokens vocab="], "error: "),
        (["compile nosuch"], "there is nothing called `nosuch`"),
        (["verify"], "no model has been compiled yet"),
        (['apply "ab"'], "no model has been compiled yet"),
        (["compile"], "as in `compile"),
        (["compile tokens -o"], "max_length=6 -o DIR`"),
        (["compile -o"], "max_length=6 -o DIR`"),
        (['compile tokens -o ""'], "max_length=6 -o DIR`"),
        (["o = 1;", "layers indices -o"], "compiled   no attention"),
        (["compile nosuch"], "there is nothing called `nosuch`"),
        (["compile tokens", 'apply "hello"'], "hello -> [h, e, l, l, o] (strings)"),
        (["compile tokens", 'apply ["h"]'], "h -> [h] (strings)"),
        (["verify nosuch"], "nosuch does not exist"),
        (["apply"], "needs more"),
        (["apply nosuch"], "no model has been compiled yet"),
        (['apply nosuch "ab"'], "nosuch does not exist"),
    ],
)
def test_commands(lines: list[str], expected: str) -> None:
    assert expected in talk(*lines)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compile_and_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repl = make_repl()
    text = talk(
        *(
            "hist = selector_width(select(tokens, tokens, ==));",
            'compile hist vocab="ab" max_length=3 -o out',
        ),
        repl=repl,
    )
    assert "written to  out" in text
    for lines in (["verify out"], ["verify"], ['compile hist vocab="ab" max_length=2', "verify"]):
        talk(*lines, repl=repl)
        assert "verified" in capsys.readouterr().out
    assert "aba -> [2, 1, 2] (ints)" in talk('apply out "aba"', repl=repl)
    assert "at most 2" in talk('apply "aba"', repl=repl)
    assert talk('apply out "aba"', 'apply "out" ["b"]') == "aba -> [2, 1, 2] (ints)\nb -> [1] (ints)"
    assert "not in the model's vocabulary" in talk('apply out "xyz"')


SESSION = [
    "# Twice.", "def f(x) {", "  return x * 2;", "}", "y = f(indices);", 'y("abc");', "nosuch;", "vars", "undo", "y;",
    "x = (1 +;",
]  # fmt: skip


def test_what_was_typed_can_be_repeated(folder: Path) -> None:
    printed = talk(*SESSION, "history typed.txt")
    assert printed.endswith("\nwritten to typed.txt; `rasp < typed.txt` repeats it")
    typed = (folder / "typed.txt").read_text().splitlines()
    assert typed == SESSION
    assert printed.startswith(talk(*typed))
    assert "already a file" in talk("history typed.txt")


def test_what_the_prompt_printed_can_be_repeated() -> None:
    record = ['RASP. The running example is "hello". `help` tells what can be typed.']
    repl = make_repl()
    for typed in ("x = 1", "def f(y) {\n  return y;\n}", "f(x) # once", "x = (1", "vars"):
        first, *rest = typed.split("\n")
        record += [f">> {first}", *(f".. {line}" for line in rest)]
        rows: list[str] = []
        repl.write = lambda row, rows=rows: rows.append(strip_style(row))
        assert repl.take_whole(typed)
        record += rows
    told = [line for line in record[1:] if not line.startswith((">> ", ".. "))]
    assert talk(*record) == "\n".join(told)
    assert "expected `)`" in talk(*record)


def test_a_pasted_transcript_does_not_change_what_follows() -> None:
    repl = make_repl()
    talk(repl=repl)
    assert repl.take_whole(">> x = 1\n    value: x =  1\n>> y = (x\n..  + 1)\n")
    assert repl.take_whole("z = 3")
    assert repl.session.bindings == {"x": 1, "y": 2, "z": 3}


@pytest.mark.parametrize(
    "line",
    ['x = "\udcff";', "\udcff", "help \udcff", "# \udcff", 'set example "\udce4"', "save \udcff", "\udcff?"],
)
def test_bytes_that_are_no_text_are_refused(line: str, folder: Path) -> None:
    repl = make_repl()
    text = talk(line, "1;", repl=repl)
    assert "value: out =  1" in text
    assert "internal" not in text
    assert not list(folder.iterdir())
    assert "is not UTF-8" in text
    assert repl.failed
    talk("history all", repl=repl)


LINES = """
# compile: twice vocab=[0, 1] max_length=3
# compile: back( tokens )  vocab="xyz" max_length=4 attention=causal name=last
twice = tokens_int * 2;
def back(s) { return s; }
"""


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["compile twice"], ["the maximum length from file.rasp", "for inputs over [0, 1] up to length 3"]),
        (
            ["compile last"],
            ["and causal attention from file.rasp", "over xyz up to length 4 under causal attention"],
        ),
        (["compile back(tokens)"], ["over xyz up to length 4 under causal"]),
        (
            ["compile last attention=full max_length=2"],
            ["the vocabulary from file.rasp", "over xyz up to length 2"],
        ),
        (["compile twice + 1 vocab=[0]"], ["the maximum length from the running example", "up to length 5"]),
        (["twice = tokens;", "compile twice"], ["from the running example", "over helo up to length 5"]),
        (["layers twice"], ["for inputs over [0, 1] up to length 3", "from file.rasp"]),
        (['layers last vocab="a"'], ["for inputs over a up to length 4 under causal attention"]),
        (["compile"], ["several `# compile:` lines", "`twice`, `last`"]),
        (["undo", "compile twice"], ["there is nothing called `twice`"]),
        (
            ["clear", '# compile: indices vocab="q" max_length=2', "i = indices;", "compile"],
            ["over q up to length 2"],
        ),
    ],
)
def test_compile_lines_of_loaded_files_hold(lines: list[str], told: list[str], folder: Path) -> None:
    (folder / "file.rasp").write_text(LINES)
    text = talk('load "file";', *lines)
    assert all(part in text for part in told), text


def test_save_writes_a_program_with_its_examples(folder: Path) -> None:
    talk("# Twice.", "def f(x) { return x * 2; }", "y = f(indices);", 'y("abc");', "nosuch;", "save mine")
    text = (folder / "mine.rasp").read_text()
    assert text == '# example: y("abc") = [0, 2, 4]\n# Twice.\ndef f(x) { return x * 2; }\ny = f(indices);\n'
    assert "already a file" in talk("save mine")
    assert "nothing to write" in talk("save mine over")
    assert "y = f(indices);" in (folder / "mine.rasp").read_text()
    assert "saved" in talk("y = 2;", "save mine.rasp over")
    assert "value: y =  2" in talk('load "mine";')


def test_mistakes_in_a_loaded_file_stop_only_compiling(folder: Path) -> None:
    (folder / "lib.rasp").write_text("a = 1/0;\nb = indices;\n")
    repl = make_repl()
    talk('load "lib";', "c = b + 1;", repl=repl)
    assert "an s-op of ints" in talk("type c", repl=repl)
    assert "saved" in talk("save mine", repl=repl)
    assert "division by zero" in talk("compile c", repl=repl)


def test_draw_writes_files_and_says_where(folder: Path) -> None:
    text = talk('draw(indices, "ab");')
    assert "drawn in drawings/indices-ab.svg and drawings/indices-ab.dot" in text
    assert text.endswith("\t =  [0, 1] (ints)")
    assert (folder / "drawings" / "indices-ab.svg").read_text().startswith("<svg")


def test_every_drawing_has_its_own_files(folder: Path) -> None:
    given = [
        '"()"',
        '"[]"',
        '"[)"',
        '["ab"]',
        '"ab"',
        '"AB"',
        '["a", "b"]',
        '"a b"',
        '"a_b"',
        "[1]",
        "[1.0]",
        '"1"',
    ]
    given += ['"%s"' % ("x" * 300), '"%s"' % ("x" * 301), '"é"', '"e\u0301"', '"../x"', '"-"']
    lines = [f"draw({name}, {items});" for name in ("indices", "indices == 1") for items in given]
    assert "error" not in talk(*lines)
    found = list((folder / "drawings").iterdir())
    assert len(found) == 2 * 2 * (len(given) - 1)  # "ab" and ["a", "b"] are the same input
    assert len({path.name.lower() for path in found}) == len(found)
    assert all(path.name.isascii() and path.name.startswith("indices") for path in found)


LONG = "n" * 300


@pytest.mark.parametrize(
    "line",
    [
        *(f"save {LONG}", f"save {LONG} over", f"history {LONG}", f'load "{LONG}";', "save nosuch/folder"),
        *(
            "history .",
            "save .",
            "save ..",
            "save a/",
            "save ./.. over",
            'load ".";',
            'load "a\0b";',
            "save a\0b",
            "save",
            "save a b c",
            'save ""',
            'load "";',
        ),
    ],
)
def test_files_that_cannot_be(line: str, folder: Path) -> None:
    text = talk(line)
    assert text.startswith("error: ")
    assert "internal" not in text and "Errno" not in text
    assert not list(folder.iterdir())


def test_a_program_is_not_lost_when_saving_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talk("x = 1;", "save mine")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.write", full)
    repl = make_repl()
    text = talk("y = 2;", "save mine over", repl=repl)
    assert "mine.rasp cannot be written: No space left on device" in text
    monkeypatch.undo()
    assert (folder / "mine.rasp").read_text() == "x = 1;\n"
    assert [path.name for path in folder.iterdir()] == ["mine.rasp"]


def test_statements_over_several_lines() -> None:
    text = talk("def f(x) {", "  # twice", "  return x", "    * 2;", "}", "", "f(3);")
    assert text == "     console function: f(x)\n    value: out =  6"


def test_a_wrong_body_gives_no_further_errors() -> None:
    text = talk("def f(x) {", "  y = x +;", "  return y;", "}", "1;")
    assert text.count("error:") == 1
    assert text.endswith("value: out =  1")


def test_what_is_unfinished_at_the_end_is_told() -> None:
    assert "missing `;`" in talk("1;", "x = 2")


def test_an_interruption_keeps_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    repl = make_repl()
    talk("x = 1;", repl=repl)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("rasp.prompt.show.evaluate", interrupted)
        patched.setattr("rasp.elaborate.apply.evaluate", interrupted)
        assert "stays; `undo` takes it back" in talk("y = indices;", repl=repl)
        assert "interrupted" in talk('for i in [1, 2] { x = i; z = indices("ab"); }', repl=repl)
    assert repl.session.bindings["x"] == 1
    assert "value: x =  1" in talk("x;", repl=repl)
    assert evaluate([], []) == []


def test_our_own_mistakes_show_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("oh")

    monkeypatch.setattr(Session, "run", broken)
    assert talk("1;").startswith("error: internal error, please report it: ValueError: oh")


def test_pipes_have_no_prompts_no_colours_and_an_exit_code(tmp_path: Path) -> None:
    def rasp(text: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "compiler", "repl"]
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }
        return subprocess.run(
            command, input=text, capture_output=True, text=True, cwd=tmp_path, env=environment
        )

    good, bad = rasp("1;\nquit\n2;\n"), rasp("nosuch;\n1;\n")
    assert (good.stdout, good.stderr, good.returncode) == ("    value: out =  1\n", "", 0)
    assert bad.returncode == 1
    assert "Traceback" not in bad.stdout + bad.stderr


def test_the_prompt_starts_without_torch() -> None:
    code = "import sys, compiler.commands.repl, rasp.prompt.terminal; print({'torch', 'networkx'} & set(sys.modules))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    ).stdout == ("set()\n")


def complete(text: str, *before: str) -> dict[str, str]:
    repl = make_repl()
    talk(*before, repl=repl)
    found = RaspCompleter(repl).get_completions(Document(text), CompleteEvent())
    return {completion.text: completion.display_meta_text for completion in found}


def test_completion_of_names_with_their_kind() -> None:
    found = complete("x = se", "seen = full_s;", "sections = [1];", "def separate(x) { return x; }")
    assert found["seen"] == "selector"
    assert found["sections"] == "list"
    assert found["separate"] == "function of x"
    assert found["selector_width"] == "function of sel"
    assert "select" in found
    assert complete("ind")["indices"] == "s-op"


def test_completion_of_commands_and_topics() -> None:
    assert complete("lay") == {"layers": "command"}
    assert complete("x = lay") == {}
    assert "operators" in complete("help op")
    assert list(complete("set ")) == ["example", "s-op example", "selector example"]
    assert list(complete("examples o")) == ["on", "off"]
    assert complete('x = "se') == {}
    assert complete("# se") == {}


def test_completion_of_files(folder: Path) -> None:
    (folder / "programs").mkdir()
    (folder / "programs" / "sorted.rasp").touch()
    (folder / "song.rasp").touch()
    (folder / "song.txt").touch()
    assert complete('load "so') == {"song": "program", "sorted": "program"}
    assert complete('load "programs/') == {"sorted": "program"}
    assert complete("verify pro") == {"programs/": "folder"}


def styles(text: str) -> dict[str, str]:
    """The style of each character, by the character."""
    return {piece[1]: piece[0] for line in highlighted(make_repl(), text) for piece in line}


def test_highlighting_knows_kinds() -> None:
    assert styles("indices")["d"] == "class:s-op"
    assert styles("full_s")["u"] == "class:selector"
    assert styles("sort")["o"] == "class:function"
    assert styles('"a"')["a"] == "class:string"
    assert styles("1 @")["@"] == "class:wrong"
    assert styles("help x")["h"] == "class:command"
    assert styles("x = 3; # help")["#"] == "class:comment"


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("", True),
        ("x = 1;", True),
        ("x = 1", True),
        ("x = (1", False),
        ("x = 1 +", False),
        ("def f(x) {", False),
        ("def f(x) { return x; }", True),
        ("help", True),
        ("set example", True),
        ("set example [1,", False),
        ("# a comment", False),
        ("# a comment\n", True),
        ("x = 1 # one", True),
        ("x = ;", True),
        ("for x in [1] {\n  y = x\n}", True),
    ],
)
def test_enter_goes_on_where_something_is_missing(text: str, ready: bool) -> None:
    assert terminal.is_ready(make_repl(), text) is ready


def test_a_last_semicolon_may_be_left_out_on_a_terminal() -> None:
    repl = make_repl()
    assert repl.completed("x = 1 ") == "x = 1;"
    assert repl.completed("x = 1 # one") == "x = 1; # one"
    assert repl.completed("x = 1 # one\n# two") == "x = 1; # one\n# two"
    assert repl.completed("help") == "help"
    assert repl.completed("x = (1") == "x = (1"
    assert lacks_only_semicolon("tokens")
    assert not lacks_only_semicolon("x = 1;")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("x = 1\r", "x = 1"),
        ("def f(x) {\rreturn x;\r}\r", "def f(x) {\n  return x;\n}"),
        ("x = 1\x1b\r + 2;\r", "x = 1\n + 2;"),
        ("abc\x03", KeyboardInterrupt),
        ("\x04", EOFError),
    ],
)
def test_keys(typed: str, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with create_pipe_input() as keys:
        session = terminal.prompt_session(make_repl(), keys, DummyOutput())
        keys.send_text(typed)
        if isinstance(expected, str):
            assert session.prompt() == expected
        else:
            with pytest.raises(expected):
                session.prompt()


def test_history_is_kept_where_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    terminal.history().store_string("x = 1;")
    assert "x = 1;" in (tmp_path / "rasp" / "history").read_text()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "rasp" / "history"))
    terminal.history().store_string("lost")


def test_wide_matrices_are_cut_to_the_terminal() -> None:
    items = list(range(100, 160))
    rows = [[False] * 60 for _ in items]
    lines = show_matrix(items, rows, 60)
    widest: Line = max(lines, key=lambda row: len(strip_style(row).expandtabs()))
    assert len(strip_style(widest).expandtabs()) <= 60
    assert "48 more columns and 40 more rows" in join_lines(lines)


def test_long_lines_are_cut_on_a_terminal() -> None:
    repl = make_repl()
    repl.width = lambda: 60
    text = talk("set example [i for i in range(5000)]", "length;", "full_s;", repl=repl)
    assert "Example: length([0, 1, 2, 3, 4, 5, 6, 7, 8, 9…) = [5000]*5000 (ints)" in text
    assert "too long for a matrix" in text
    assert "at most 4,000 elements" in talk("full_s([i for i in range(5000)]);")
    kept, note = terminal.fitted((Piece("x" * 10_000),))
    assert strip_style(kept).endswith("x…")
    assert "left out" in strip_style(note)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_help_breaks_lines_between_words(width: int) -> None:
    repl = make_repl()
    words = talk("help", "help aggregate", "help operators", "sort?", repl=repl).split()
    repl.width = lambda: width
    text = talk("help", "help aggregate", "help operators", "sort?", repl=repl)
    assert text.split() == words
    assert max(map(len, text.splitlines())) <= width


def test_messages_break_lines_between_words() -> None:
    """But the text that they quote stays as it stands."""
    lines = (
        f"x = 2 < indices < 4 and indices < {'9' * 40};",
        "tokens[::-1];",
        "compile length",
        'load "nosuch";',
        "del nosuch",
    )
    words = talk(*lines).split()
    repl = make_repl()
    repl.width = lambda: 60
    text = talk(*lines, repl=repl)
    assert text.split() == words
    assert [row for row in text.splitlines() if len(row) > 60 and not row.startswith(("1 |", "  |"))] == []
    assert f"1 | {lines[0]}\n" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = [1,\n2", None),
        ("x = [1,\n2,\n3,\n", "`[` of line 1 is open; Ctrl-C drops all"),
        ("def f(x) {\n y = (x\n  + 1);\n z = (y\n", "`(` of line 4 is open; Ctrl-C drops all"),
        ("x =\n\n\n", "this is not complete; Ctrl-C drops all"),
    ],
)
def test_a_long_statement_says_how_to_get_out(text: str, told: str | None) -> None:
    assert terminal.way_out(text) == told


def test_who_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.has_colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.has_colours()


def test_colours() -> None:
    row = show_matrix(["a"], [[True]], 60)[1]
    assert "\x1b[1;36m1\x1b[0m" in colour_line(row)
