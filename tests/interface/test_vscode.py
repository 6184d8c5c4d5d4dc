"""The extension for Visual Studio Code: its files fit together, its grammar colours what it should, and its
client starts the server.

The grammar's regular expressions are of the part of Oniguruma's language that Python has too, so that a small
interpreter of TextMate grammars can run them here.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rasp.editor import server
from rasp.notation import pygments_lexer
from tests.places import ROOT

FOLDER = ROOT / "editors" / "vscode"
PROGRAMS = sorted([*(ROOT / "programs").rglob("*.rasp"), ROOT / "rasp" / "library" / "std.rasp"])
Rule = dict[str, Any]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


GRAMMAR: Rule = read("syntaxes/rasp.tmLanguage.json")
SETTINGS: Rule = read("language-configuration.json")


def rules(patterns: list[Rule]) -> list[Rule]:
    """The rules that patterns stand for, includes resolved, in order."""
    found: list[Rule] = []
    for pattern in patterns:
        included = GRAMMAR["repository"][pattern["include"][1:]] if "include" in pattern else pattern
        is_group = "match" not in included and "begin" not in included
        found += rules(included["patterns"]) if is_group else [included]
    return found


def captured(match: re.Match[str], captures: Rule) -> list[tuple[str, str]]:
    return [(match[int(group)], rule["name"]) for group, rule in captures.items() if match[int(group)]]


def scopes(line: str) -> list[tuple[str, str]]:
    """The parts of a line that have a scope. A rule that begins something ends with the line, as ours do."""
    found: list[tuple[str, str]] = []
    active, place = rules(GRAMMAR["patterns"]), 0
    while place < len(line):
        tried = [
            (re.compile(rule.get("match") or rule["begin"]).search(line, place), rule) for rule in active
        ]
        matches = [(match, rule) for match, rule in tried if match and match.end() > match.start()]
        if not matches:
            break
        match, rule = min(matches, key=lambda pair: pair[0].start())
        if "begin" in rule:
            assert rule["end"] == "$"
            found += captured(match, rule["beginCaptures"])
            active = rules(rule["patterns"])
        elif "name" in rule:
            found.append((match.group(), rule["name"]))
        else:
            found += captured(match, rule["captures"])
        place = match.end()
    return [(text, name.removesuffix(".rasp")) for text, name in found]


def test_statement() -> None:
    assert scopes('x = sort(length, 1.5) if not "a" in tokens; # why') == [
        ("x", "variable.other"),
        ("=", "keyword.operator.assignment"),
        ("sort", "support.function"),
        ("(", "punctuation.bracket"),
        ("length", "support.variable"),
        (",", "punctuation.separator"),
        ("1.5", "constant.numeric.float"),
        (")", "punctuation.bracket"),
        ("if", "keyword.control"),
        ("not", "keyword.operator.logical"),
        ('"a"', "string.quoted.double"),
        ("in", "keyword.operator.logical"),
        ("tokens", "variable.language.input"),
        (";", "punctuation.terminator.statement"),
        ("# why", "comment.line.number-sign"),
    ]


def test_functions_and_forms() -> None:
    assert scopes("def select_it(a) { return select(a, 1, !=); }")[:2] == [
        ("def", "storage.type.function"),
        ("select_it", "entity.name.function"),
    ]
    assert ("select", "support.function.form") in scopes("return select (a, 1, !=);")
    assert ("!=", "keyword.operator.comparison") in scopes("return select(a, 1, !=);")
    assert scopes("select;")[0] == ("select", "variable.other")
    assert scopes("sorted(x)")[0] == ("sorted", "entity.name.function.call")


def test_directives() -> None:
    found = scopes('# example (causal): x("a#") = [1, "b"]')
    assert found[:5] == [
        ("#", "punctuation.definition.comment"),
        ("example", "keyword.other.directive"),
        ("causal", "constant.language.attention"),
        (":", "punctuation.separator.directive"),
        ("x", "entity.name.function.call"),
    ]
    assert ('"a#"', "string.quoted.double") in found
    assert ("vocab", "variable.parameter.setting") in scopes('#compile: x vocab="a"')
    assert scopes("# an example: x") == [("# an example: x", "comment.line.number-sign")]


def test_commands_and_mistakes() -> None:
    assert scopes('set s-op example "a"')[:3] == [
        ("set", "keyword.other.command"),
        ("s-op", "keyword.other.command"),
        ("example", "keyword.other.command"),
    ]
    assert scopes("full seq display on")[0] == ("full seq display", "keyword.other.command")
    assert scopes("s-op;")[0] == ("s", "variable.other")
    assert scopes('x = "open;')[-1] == ('"open;', "invalid.illegal.unclosed-string")
    assert ("&&", "invalid.illegal.operator") in scopes("a && b")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_are_coloured_completely(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        found = scopes(line)
        assert not [scope for _, scope in found if scope.startswith("invalid")], line
        if not line.lstrip().startswith("#"):
            assert "".join(text for text, _ in found) == re.sub(
                r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', "", line
            ) or ("#" in line)


def test_names_are_those_of_the_other_lexer() -> None:
    for text in (*pygments_lexer.LIBRARY, *pygments_lexer.INPUTS):
        assert scopes(text)[0][1].startswith(("support", "variable.language")), text
    for text in pygments_lexer.FORMS:
        assert scopes(f"{text}(x)")[0] == (text, "support.function.form")
    for text in (*pygments_lexer.STATEMENT_WORDS, *pygments_lexer.COMMAND_WORDS):
        assert scopes(text)[0][1].startswith(("keyword", "storage", "constant")), text


def test_regular_expressions_of_the_settings() -> None:
    indents = SETTINGS["indentationRules"]
    opens, closes = re.compile(indents["increaseIndentPattern"]), re.compile(indents["decreaseIndentPattern"])
    assert all(opens.search(line) for line in ["def f(x) {", "x = [ # a", 'y = f("{", ('])
    assert not any(opens.search(line) for line in ["x = 1;", "# {", 'x = "{";', "f(x) }"])
    assert closes.search("  }") and closes.search("];") and not closes.search("x }")
    assert re.fullmatch(SETTINGS["wordPattern"], "full_s")


def test_files_fit_together() -> None:
    package = read("package.json")
    (language,), (grammar,) = package["contributes"]["languages"], package["contributes"]["grammars"]
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert grammar["language"] == language["id"] == "rasp"
    for name in (package["main"], language["configuration"], grammar["path"]):
        assert (FOLDER / name).is_file()
    assert "vscode-languageclient" in package["dependencies"]


def test_its_text_links_nothing_outside_of_the_extension() -> None:
    """`vsce package` refuses such links where no repository is known."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("https:")] == []


def test_menus_commands_and_client_fit_together() -> None:
    """What a menu names is a command, and what is a command is registered by the client."""
    contributed = read("package.json")["contributes"]
    client = (FOLDER / "client.js").read_text(encoding="utf-8")
    commands = {each["command"] for each in contributed["commands"]}
    assert commands == {"rasp.run", "rasp.draw", "rasp.restart"}
    assert {each["command"] for menu in contributed["menus"].values() for each in menu} <= commands
    assert set(re.findall(r'registerCommand\("([^"]+)"', client)) == commands
    assert f'"{server.DRAW}"' in client


#: Runs commands of the client with modules in place of the editor's, and prints what it does. `answers` are what a
#: user types into input boxes; null is Escape.
STAGE = """
const Module = require("module");
const [, file, configured, names, answers] = process.argv;
const done = [], asked = [], typed = JSON.parse(answers);
const editor = {
  commands: { registerCommand: (name, run) => ({ name, run }) },
  window: {
    showErrorMessage: (text) => done.push(text),
    activeTextEditor: {
      selection: { active: { line: 1, character: 2 } },
      document: {
        uri: { fsPath: "/home/me/a.rasp", toString: () => "file:///home/me/a.rasp" },
        getWordRangeAtPosition: () => "hist",
        getText: (range) => range,
        save: async () => done.push("save"),
      },
    },
    showInputBox: async ({ value }) => { asked.push(value); return typed.shift() ?? undefined; },
    createWebviewPanel: (kind, title) => {
      const panel = { webview: {} };
      done.push(["panel", title, panel.webview]);
      return panel;
    },
  },
  workspace: {
    getConfiguration: () => ({ get: () => configured }),
    workspaceFolders: [{ uri: { fsPath: "/home/me" } }],
    createFileSystemWatcher: (pattern) => pattern,
    onDidChangeConfiguration: () => ({}),
  },
  tasks: { executeTask: async (task) => done.push(["run", ...task.words]) },
  ProcessExecution: class { constructor(command, words) { this.words = [command, ...words]; } },
  Task: class { constructor(kind, scope, name, source, execution) { this.words = execution.words; } },
  TaskScope: {},
  ViewColumn: {},
};
class LanguageClient {
  constructor(id, name, server) { this.server = server; }
  async start() {
    if (this.server.command === "missing") throw new Error("no such file");
    done.push(["start", this.server.command, ...this.server.args]);
  }
  async stop() { done.push("stop"); }
  async sendRequest(method, given) {
    done.push([method, given.command, given.arguments[0].position]);
    if (typed[0] === "wrong") throw new Error("nothing here");
    return { title: "hist", svg: "<svg></svg>" };
  }
}
const load = Module._load;
Module._load = (name, ...rest) =>
  name === "vscode" ? editor : name.startsWith("vscode-") ? { LanguageClient } : load(name, ...rest);
const extension = require(file);
const context = { subscriptions: [] };
const carryOut = (name) => context.subscriptions.find((each) => each.name === name).run();
(async () => {
  await extension.activate(context);
  for (const name of JSON.parse(names)) await carryOut(name);
  await extension.deactivate();
  console.log(JSON.stringify({ done, asked }));
})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize(
    "configured, command",
    [("rasp", "rasp"), (".venv/bin/rasp", "/home/me/.venv/bin/rasp"), ("/a/rasp", "/a/rasp")],
)
def test_client_starts_and_stops_the_server(configured: str, command: str) -> None:
    started = ["start", command, "lsp"]
    assert staged(configured, "rasp.restart")["done"] == [started, "stop", started, "stop"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_client_tells_when_there_is_no_server() -> None:
    (first,) = staged("missing")["done"]
    assert first.startswith("RASP: `missing lsp` does not start. Install it")


STARTED = ["start", "rasp", "lsp"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize(
    "answers, done, asked",
    [
        (["hist", "abca"], [["run", "rasp", "run", "/home/me/a.rasp", "-e", "hist", "-i", "abca"]], "hello"),
        (["", "abca"], [["run", "rasp", "run", "/home/me/a.rasp", "-i", "abca"]], "hello"),
        (["hist", None], [], "hello"),
        ([None], [], None),
    ],
)
def test_running(answers: list[str | None], done: list[Any], asked: str | None) -> None:
    found = staged("rasp", "rasp.run", answers=answers)
    assert found["done"] == [STARTED, *(["save", *done] if done else []), "stop"]
    assert found["asked"] == ["hist", asked][: len(answers)]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_last_input_is_offered_again() -> None:
    found = staged("rasp", "rasp.run", "rasp.run", answers=["x", "[1, 2]", "y", "[1, 2]"])
    assert found["asked"] == ["hist", "hello", "hist", "[1, 2]"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_drawing() -> None:
    request = ["workspace/executeCommand", "rasp.svg", {"line": 1, "character": 2}]
    _, asked, panel, _ = staged("rasp", "rasp.draw")["done"]
    assert asked == request
    assert panel[:2] == ["panel", "hist"] and "<svg></svg>" in panel[2]["html"]
    failed = staged("rasp", "rasp.draw", answers=["wrong"])["done"]
    assert failed == [STARTED, request, "RASP: nothing here", "stop"]


def staged(configured: str, *names: str, answers: Sequence[str | None] = ()) -> dict[str, Any]:
    """What the client does when it is started, commands are given, and it is stopped; and what it asked with."""
    arguments = [str(FOLDER / "client.js"), configured, json.dumps(names), json.dumps(answers)]
    command = ["node", "-e", STAGE, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(run.stdout)
