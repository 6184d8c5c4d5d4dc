"""The language server, asked by a client over standard input and output as editors do it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rasp.language_features.document import Buffers, read_document
from rasp.language_features.patience import TooSlow, limit_seconds
from rasp.source import Source
from tests.interface.language_client import Client, Text

HIST = """# How often each token occurs.
# example: hist("abca") = [2, 1, 1, 2]
hist = selector_width(same);
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A session with files in its folder; all tests share it."""
    root = tmp_path_factory.mktemp("folder")
    (root / "counts.rasp").write_text(
        "# How many.\ndef how_many(s) { return selector_width(s); }\n_own = 1;\n"
    )
    (root / "wrong.rasp").write_text("fine = 1;\nbad = nothing;\n")
    (root / "programs").mkdir()
    (root / "programs" / "deep.rasp").write_text('load "counts";\ntwo = 2;\n')
    client = Client(root)
    yield client
    assert client.close() == 0


def hover(text: Text) -> str:
    answer = text.ask("hover")
    return answer["contents"]["value"] if answer else ""


def labels(text: Text) -> dict[str, dict[str, object]]:
    return {item["label"]: item for item in text.ask("completion")["items"]}


def test_says_what_it_can(client: Client) -> None:
    can = client.capabilities
    wanted = ["hoverProvider", "completionProvider", "definitionProvider", "documentSymbolProvider"]
    assert all(name in can for name in [*wanted, "documentFormattingProvider"])
    assert can["textDocumentSync"]["change"] == 1
    assert can["positionEncoding"] == "utf-16"


def test_errors_and_warnings_as_one_types(client: Client) -> None:
    text = Text(client, "a.rasp", "x = 1\ny = tokns;\nz = not 1 == 2;\n")
    found = text.diagnostics()
    assert [each["code"] for each in found] == ["missing-semicolon", "unknown-name", "precedence"]
    assert [each["severity"] for each in found] == [1, 1, 2]
    assert text.marked_texts(found) == ["", "tokns", "not 1 == 2"]
    assert "hint: did you mean `tokens`?" in found[1]["message"]
    text.change("x = 1;\n")
    assert text.diagnostics() == []


def test_columns_are_utf_16(client: Client) -> None:
    text = Text(client, "b.rasp", 's = "😀é" + nothing; # 😀\nd = {"😀": 1}[|length];\n')
    found = text.diagnostics()
    assert text.marked_texts(found[:1]) == ["nothing"]
    assert found[0]["range"]["start"] == {"line": 0, "character": 12}
    assert "def" not in hover(text)
    assert text.part(text.ask("hover")["range"]) == "length"


def test_other_encodings(tmp_path: Path) -> None:
    client = Client(tmp_path, ("utf-8",))
    text = Text(client, "b.rasp", 's = "😀é" + nothing;')
    assert client.capabilities["positionEncoding"] == "utf-8"
    assert text.diagnostics()[0]["range"]["start"] == {"line": 0, "character": 15}
    assert client.close() == 0


def test_examples_and_directives_are_checked(client: Client) -> None:
    text = Text(client, "c.rasp", '# example: x("ab") = [0, 7]\n# compile: x vocabb="a"\nx = indices;\n')
    assert [each["code"] for each in text.diagnostics()] == ["example", "directive"]
    text.change('# compile: x + y vocab="a"\nx = indices;\n')
    found = text.diagnostics()
    assert [each["message"].splitlines()[0] for each in found] == ["there is nothing called `y`"]
    assert text.marked_texts(found) == ["y"]
    text.change('# example: x("ab") = [0, 7]\n# example: x("ab") = [0, 1]\nx = indices;\n')
    found = text.diagnostics()
    assert [each["message"] for each in found] == ["the answer is [0, 1]"]
    assert text.marked_texts(found) == ['x("ab") = [0, 7]']


def test_hover_shows_kind_value_and_documentation(client: Client) -> None:
    text = Text(client, "d.rasp", f"same = select(tokens, tokens, ==);\n{HIST}x = hi|st;\n")
    found = hover(text)
    assert "hist: s-op" in found
    assert "On `abca`:\n\n```rasp\n[2, 1, 1, 2] (ints)" in found
    assert "How often each token occurs." in found
    assert "example:" not in found
    assert "layer" in found
    assert text.part(text.ask("hover")["range"]) == "hist"


def test_hover_takes_the_running_example_before_it(client: Client) -> None:
    text = Text(client, "e.rasp", 'set example "ab"\nx| = tokens;\nset example [1, 2]\ny = tokens_int;\n')
    assert "[a, b] (strings)" in hover(text)
    text.change('set example "ab"\nx = tokens;\nset example [1, 2]\ny| = tokens_int;\n')
    assert "[1, 2] (ints)" in hover(text)
    text.change("y| = tokens_int;\n")
    assert "On `hello` it has no value" in hover(text)
    text.change('set selector example "xy"\nset s-op example "pq"\nf|s = select(1, 1, ==);\n')
    assert "x | 1 1" in hover(text)


def test_hover_of_everything_else(client: Client) -> None:
    text = Text(client, "f.rasp", "x = so|rt(tokens, tokens);\n")
    assert "def sort(seq, key)" in hover(text)
    assert "ascending order" in hover(text)
    assert "from the library" in hover(text)
    for marked, expected in [
        ("x = sel|ect(1, 1, ==);", "select(key, query, test)"),
        ("x = not| True;", "not x"),
        ("x = be|st(full_s, indices);", "highest score"),
        ("l = [1, 2];\ny = l|;", "[1, 2]"),
        ("def f(a, b) { return a| + b; }", "a: parameter of f"),
        ("# Adds.\ndef f(a) { c = a + 1; return c|; }", "c = a + 1;"),
        ("# Adds.\ndef f(a) { return a; }\ny = f|(1);", "Adds."),
        ("l = [i| for i in range(3)];", "loop variable"),
        ("x = 1;\nx = 2; y = x|;", "2"),
        ('load "counts";\nx = how|_many(full_s);', "How many"),
    ]:
        text.change(marked)
        assert expected in hover(text), marked
    text.change("x = nothing|;")
    assert hover(text) == ""


def test_completion_offers_what_is_in_scope(client: Client) -> None:
    text = Text(
        client, "g.rasp", "same = select(1, 1, ==);\ndef f(seq) { inner = 1; return |; }\nlater = 2;\n"
    )
    found = labels(text)
    assert {"same", "seq", "inner", "f", "later", "sort", "select", "indices", "not", "True"} <= found.keys()
    assert found["sort"]["detail"] == "function (seq, key)"
    assert "ascending order" in str(found["sort"]["documentation"])
    assert found["same"]["detail"] == "selector"
    text.change("def f(seq) { inner = 1; return inner |; }")
    assert labels(text)["seq"]["detail"] == "parameter of f"
    text.change("same = select(1, 1, ==);\ndef f(seq) { inner = 1; return 1; }\nx = |\nlater = 2;\n")
    found = labels(text)
    assert "same" in found
    assert not {"seq", "inner", "later", "x"} & found.keys()


def test_completion_elsewhere(client: Client) -> None:
    text = Text(client, "h.rasp", 'load "|')
    assert {"counts", "wrong", "deep", "programs/"} <= labels(text).keys()
    text.change('load "programs/|";')
    assert set(labels(text)) == {"deep"}
    for nothing in ['x = "so|";', "# so what|", "x = 12|;"]:
        text.change(nothing)
        assert labels(text) == {}, nothing
    text.change("# |")
    assert labels(text).keys() == {"compile", "example"}
    text.change("mine = 1;\n# compile: |")
    assert {"mine", "vocab", "sort"} <= labels(text).keys()


def test_definitions(client: Client) -> None:
    text = Text(client, "i.rasp", "x = 1;\nx = 2;\ny = x|;\nx = 3;\n")
    found = text.ask("definition")
    assert found["range"]["start"] == {"line": 1, "character": 0}
    for marked, line in [
        ("def f(a) {\n  b = a;\n  return b|;\n}", 1),
        ("def f() { return g|; }\ng = 1;", 1),
        ("a = 1;\nl = [a| for a in [1]];", 1),
        ("a = [1];\nl = [a for a in a|];", 0),
        ("x = 1;\ny = x| + ;", 0),
        ("x = 1;\ndef f(\nx) { y = x|", 2),
    ]:
        text.change(marked)
        found = text.ask("definition")
        assert (found["uri"], found["range"]["start"]["line"]) == (text.uri, line), marked
    text.change("y = ind|ices;")
    assert text.ask("definition") is None


def test_definitions_in_other_texts(client: Client) -> None:
    counts = (client.root / "counts.rasp").as_uri()
    text = Text(client, "j.rasp", 'load "deep";\nx = how_many|(full_s);\n')
    found = text.ask("definition")
    assert (found["uri"], found["range"]["start"]) == (counts, {"line": 1, "character": 4})
    text.change('load "cou|nts";')
    assert text.ask("definition")["uri"] == counts
    text.change("x = has_|focus(full_s);")
    assert text.ask("definition")["uri"].endswith("/rasp/library/std.rasp")


def test_texts_that_are_open_count_before_files(client: Client) -> None:
    text = Text(client, "k.rasp", 'load "fresh";\nx = new;\n')
    assert "fresh" in text.diagnostics()[0]["message"]
    fresh = Text(client, "fresh.rasp", "new = 1;\n")
    fresh.diagnostics()
    client.versions.clear()
    fresh.change("new = 2;\n")
    text.version = 1
    assert text.diagnostics() == []


def test_files_that_change_are_read_again(client: Client) -> None:
    file = client.root / "watched.rasp"
    text = Text(client, "q.rasp", 'load "watched";\nx = new;\n')
    assert len(text.diagnostics()) == 1
    file.write_text("new = 1;\n")
    client.versions.clear()
    client.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 1}]})
    assert text.diagnostics() == []


def test_mistakes_of_loaded_texts_stand_at_the_load(client: Client) -> None:
    text = Text(client, "l.rasp", 'x = 1;\nload "wrong";\n')
    found = text.diagnostics()
    assert text.marked_texts(found) == ['"wrong"']
    assert "wrong.rasp:2:7: there is nothing called `nothing`" in found[0]["message"]


def test_outline(client: Client) -> None:
    text = Text(
        client, "m.rasp", "# é\na, b = 1, 2;\na = 3;\ndef f(x) { y = x; def g() { return y; } return g; }\n"
    )
    found = text.ask("documentSymbol")
    assert [each["name"] for each in found] == ["a", "b", "f"]
    assert [each["name"] for each in found[2]["children"]] == ["y", "g"]
    assert text.part(found[2]["selectionRange"]) == "f"
    assert text.part(found[2]["range"]).startswith("def f(x)")


def test_formatting(client: Client) -> None:
    text = Text(client, "n.rasp", 'x  =  "😀" ;# c\ny=x;')
    (edit,) = text.ask("formatting")
    assert text.part(edit["range"]) == text.text
    assert edit["newText"] == 'x = "😀";  # c\ny = x;\n'
    text.change(edit["newText"])
    assert text.ask("formatting") == []
    text.change("x = (1;")
    assert text.ask("formatting") is None


def test_broken_texts_never_break_the_server(client: Client) -> None:
    whole = f'load "counts";\n{HIST}def f(a, b) {{ return [a for a in {{1: b}}][0](2) if not a else "é"; }}\n'
    text = Text(client, "o.rasp", "")
    for end in range(0, len(whole), 3):
        text.change(whole[:end] + "|")
        for method in ("hover", "completion", "definition", "documentSymbol", "formatting"):
            text.ask(method)
    assert text.diagnostics() is not None


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[1]",
        "{}",
        '{"jsonrpc": "2.0", "id": {}}',
        '{"jsonrpc": "2.0", "id": [1], "method": "a"}',
        "{",
        '"é"',
        "\\",
    ],
)
def test_what_is_no_message_is_passed_over(client: Client, body: str) -> None:
    client.send_bytes(body.encode())
    assert Text(client, "r.rasp", "x = 1;").diagnostics() == []


@pytest.mark.parametrize(
    "method, params, code",
    [
        ("textDocument/hover", {"textDocument": 3}, -32602),
        ("textDocument/hover", None, -32602),
        ("no/such", {}, -32601),
        (7, {}, -32600),
        ("workspace/executeCommand", {"command": "no"}, -32602),
        ("workspace/executeCommand", {"command": "rasp.svg"}, -32602),
        ("workspace/executeCommand", {"command": "rasp.svg", "arguments": [1]}, -32602),
        ("workspace/executeCommand", {"command": "rasp.svg", "arguments": [{"position": {}}]}, -32602),
    ],
)
def test_wrong_requests_are_answered_with_an_error(
    client: Client, method: Any, params: object, code: int
) -> None:
    error = client.failure(method, params)
    assert error["code"] == code and "data" not in error
    assert not re.search("Expected|structuring|exception", error["message"])


def test_questions_about_texts_that_are_not_open(client: Client) -> None:
    given = {
        "textDocument": {"uri": (client.root / "nowhere.rasp").as_uri()},
        "position": {"line": 9, "character": 9},
    }
    assert client.ask("textDocument/hover", given) is None
    client.tell("textDocument/didClose", given)
    client.tell("textDocument/didChange", given | {"contentChanges": [{"text": "x"}]})


def test_nothing_before_the_beginning(tmp_path: Path) -> None:
    client = Client(tmp_path, start=False)
    assert client.failure("textDocument/hover", {})["code"] == -32602
    given = {"textDocument": {"uri": "file:///a"}, "position": {"line": 0, "character": 0}}
    assert client.failure("textDocument/hover", given)["code"] == -32002
    assert client.close() == 0
    assert "Traceback" not in client.log and "jsonrpc" not in client.log


def test_introductions_come_once_and_nothing_after_the_end(tmp_path: Path) -> None:
    """What is open stays so; after `shutdown` a request has an answer, too."""
    client = Client(tmp_path)
    text = Text(client, "a.rasp", "x| = 1;")
    again = client.failure("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert (again["code"], again["message"]) == (-32600, "`initialize` comes once")
    assert "x" in hover(text)
    assert client.ask("shutdown") is None
    assert client.failure("textDocument/hover", text.given({}))["code"] == -32600
    client.tell("exit", None)
    assert client.process.wait() == 0


def test_endless_programs_are_given_up(client: Client) -> None:
    loops = "for i in range(1000000) { for j in range(1000000) { x = i + j; } }\n"
    text = Text(client, "p.rasp", loops)
    [told] = text.diagnostics()
    assert told["code"] in ("slow", "limit")  # whichever runs out first: time, or steps
    text.change("x = 1;")
    assert text.diagnostics() == []


def test_limit_of_time() -> None:
    with pytest.raises(TooSlow), limit_seconds(0.05):
        while True:
            pass
    with limit_seconds(5):
        pass


def test_text_that_is_no_file(tmp_path: Path) -> None:
    document = read_document(Source("untitled:Untitled-1", 'load "nothing";\nx = 1;'), Buffers(tmp_path, {}))
    assert [diagnostic.code for diagnostic in document.program.diagnostics] == ["load"]
