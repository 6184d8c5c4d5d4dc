"""What the language server does with whole variables and texts: references, renaming, repairs, calls, colours, values."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.interface.language_client import Client, Text, offset

SHARED = "# Helper.\ndef twice(x) { return x * 2; }\nunit = 1;\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    root = tmp_path_factory.mktemp("folder")
    (root / "shared.rasp").write_text(SHARED)
    (root / "user.rasp").write_text('load "shared";\ny = twice(unit);\n')
    (root / "stranger.rasp").write_text("twice = 1;\n")
    (root / "both.rasp").write_text('load "shared";\nload "other";\nz = twice(1) + thrice;\n')
    (root / "other.rasp").write_text("thrice = 3;\n")
    client = Client(root)
    yield client
    assert client.close() == 0
    assert "Traceback" not in client.log


def marks(text: Text, found: list[dict[str, Any]]) -> str:
    """The text with brackets around ranges in it."""
    marked = text.text
    here = [each["range"] for each in found if each.get("uri", text.uri) == text.uri]
    for span in sorted(here, key=lambda span: -offset(text.text, span["start"])):
        start, end = (offset(text.text, span[side]) for side in ("start", "end"))
        marked = f"{marked[:start]}[{marked[start:end]}]{marked[end:]}"
    return marked


#: Text with the place of the question → the same with all occurrences of the variable marked.
VARIABLES = [
    ("x| = 1;\ny = x;\nx = x + 1;", "[x] = 1;\ny = [x];\n[x] = [x] + 1;"),
    ("x = 1;\ndef f(x) { return x|; }\ny = f(x);", "x = 1;\ndef f([x]) { return [x]; }\ny = f(x);"),
    ("x = 1;\ndef f(a) { return x + a; }\ny = x|;", "[x] = 1;\ndef f(a) { return [x] + a; }\ny = [x];"),
    ("x = 1;\ndef f(a) { x = a; return x; }\ny = x|;", "[x] = 1;\ndef f(a) { x = a; return x; }\ny = [x];"),
    ("x = [1];\nl = [x for x in x|];", "[x] = [1];\nl = [x for x in [x]];"),
    ("x = [1];\nl = [x| for x in x];", "x = [1];\nl = [[x] for [x] in x];"),
    ("def f() { return g|(); }\ndef g() { return 1; }", "def f() { return [g](); }\ndef [g]() { return 1; }"),
    ("for i| in [1] { y = i; }\nz = i;", "for [i] in [1] { y = [i]; }\nz = [i];"),
    ("def f(a) { sort = sort(a, a); return sort|; }", "def f(a) { [sort] = sort(a, a); return [sort]; }"),
    (
        "def f(a) { g = 1; def h(b) { return g| + b; } return h; }",
        "def f(a) { [g] = 1; def h(b) { return [g] + b; } return h; }",
    ),
    (
        '# compile: x| vocab="ab" max_length=2 name=x\n# example: x + 1("ab") = [1, 2]\nx = indices;',
        '# compile: [x] vocab="ab" max_length=2 name=x\n# example: [x] + 1("ab") = [1, 2]\n[x] = indices;',
    ),
    ('s = "😀"; x| = s;\ny = "😀é" + x;', 's = "😀"; [x] = s;\ny = "😀é" + [x];'),
]


@pytest.mark.parametrize("marked, expected", VARIABLES)
def test_occurrences(client: Client, marked: str, expected: str) -> None:
    """References, highlights and what renaming replaces are the same places."""
    text = Text(client, "a.rasp", marked)
    assert marks(text, text.ask("references", context={"includeDeclaration": True})) == expected
    highlights = text.ask("documentHighlight")
    assert marks(text, highlights) == expected
    (edits,) = text.ask("rename", newName="renamed")["changes"].values()
    assert marks(text, edits) == expected
    assert {each["newText"] for each in edits} == {"renamed"}


@pytest.mark.parametrize(
    "marked, expected",
    [
        ("x = indices| + 1;\ny = shift(indices, 1, 0);", "x = [indices] + 1;\ny = shift([indices], 1, 0);"),
        (
            '# compile: tokens| + tokens vocab="ab"\nx = tokens;',
            '# compile: [tokens] + [tokens] vocab="ab"\nx = [tokens];',
        ),
        ("x = nosuch|;\ny = nosuch + 1;", "x = [nosuch];\ny = [nosuch] + 1;"),
        ("x = 1|;", "x = 1;"),
    ],
)
def test_names_of_the_language_have_occurrences_too(client: Client, marked: str, expected: str) -> None:
    text = Text(client, "a.rasp", marked)
    assert marks(text, text.ask("references", context={"includeDeclaration": True})) == expected
    assert marks(text, text.ask("documentHighlight")) == expected


def test_bindings_and_readings_are_told_apart(client: Client) -> None:
    text = Text(client, "a.rasp", "x| = 1;\ny = x;\nx = 2;")
    assert [each["kind"] for each in text.ask("documentHighlight")] == [3, 2, 3]
    found = text.ask("references", context={"includeDeclaration": False})
    assert marks(text, found) == "x = 1;\ny = [x];\nx = 2;"


def test_variables_go_across_loads(client: Client) -> None:
    uris = {name: (client.root / name).as_uri() for name in ("shared.rasp", "user.rasp", "both.rasp")}
    text = Text(client, "b.rasp", 'load "shared";\na = twice|(1);\n')
    found = text.ask("references", context={"includeDeclaration": True})
    assert {each["uri"] for each in found} == {text.uri, *uris.values()}
    changes = text.ask("rename", newName="double")["changes"]
    assert {uri: len(edits) for uri, edits in changes.items()} == dict.fromkeys([text.uri, *uris.values()], 1)
    assert text.edited(changes[text.uri]) == 'load "shared";\na = double(1);\n'


@pytest.mark.parametrize(
    "marked, name, reason",
    [
        ("x| = 1;", "1x", "is not a name"),
        ("x| = 1;", "if", "is not a name"),
        ("x| = 1;", "a b", "is not a name"),
        ("x| = 1;", "indices", "is a reserved name"),
        ("x| = 1;", "sort", "is a name of the standard library"),
        ("x = sort|(tokens, tokens);", "y", "is a name of the standard library"),
        ("x = indices|;", "y", "no name that this program defines"),
        ("x| = 1;\ny = 2;\nz = x + y;", "y", "already means something"),
        ("y = 1;\ndef f(x|) { return x + y; }", "y", "already means something"),
        ("x| = 1;\ndef f(y) { return x + y; }", "y", "already means something"),
        ("x| = [1];\nl = [y + x[0] for y in [2]];", "y", "already means something"),
        ("def f|(a) { return a; }\nx = f(f(1));", "len", "is a reserved name"),
        ("def f|(a, b, c) { return a; }\nx = f(1, 2, 3);", "select", "already means something"),
        ("x| = 1;\ny = ;", "z", "cannot be read"),
        ('load "shared";\na = twice|(1);', "_twice", "already means something"),
        ('load "shared";\na = twice|(1);', "thrice", "already means something in"),
    ],
)
def test_what_cannot_be_renamed(client: Client, marked: str, name: str, reason: str) -> None:
    assert reason in Text(client, "c.rasp", marked).refusal("rename", newName=name)


def test_renaming_says_first_what_is_renamed(client: Client) -> None:
    text = Text(client, "d.rasp", "first = 1;\ny = fir|st;")
    found = text.ask("prepareRename")
    assert found["placeholder"] == "first" and text.part(found["range"]) == "first"
    text.change("y = 1|;")
    assert "no name" in text.refusal("prepareRename")


def test_a_parameter_may_hide_a_library_name(client: Client) -> None:
    text = Text(client, "e.rasp", "def f(a|) { return a + 1; }")
    (edits,) = text.ask("rename", newName="sort")["changes"].values()
    assert text.edited(edits) == "def f(sort) { return sort + 1; }"


#: Text → titles of the repairs, and the text after the first.
REPAIRS = [
    ("x = tokns;", "write `tokens` instead", "x = tokens;"),
    ("x = 1\ny = 2;", "insert `;`", "x = 1;\ny = 2;"),
    ("x = 1", "insert `;`", "x = 1;"),
    ('x = tokens != "a" && True;', "write `and` instead", 'x = tokens != "a" and True;'),
    ("x = indices ! = 2;", "write `!=` instead", "x = indices != 2;"),
    ("x = indices ≤ 2;", "write `<=` instead", "x = indices <= 2;"),
    ("x = true;", "write `True` instead", "x = True;"),
    ("x = 'a';", 'write `"a"` instead', 'x = "a";'),
    ("def f() { return 1; };", "remove it", "def f() { return 1; }"),
    (
        '# example: x("ab") = [0, 7]\nx = indices;',
        "write the answer [0, 1]",
        '# example: x("ab") = [0, 1]\nx = indices;',
    ),
    (
        '# compile: x vocabb="ab"\nx = indices;',
        "write `vocab` instead",
        '# compile: x vocab="ab"\nx = indices;',
    ),
    (
        "x = 2 < indices < 4;",
        "write `(2 < indices) and (indices < 4)` instead",
        "x = (2 < indices) and (indices < 4);",
    ),
    (
        "x = 1 < 2 < 3 <= 4;",
        "write `(1 < 2) and (2 < 3) and (3 <= 4)` instead",
        "x = (1 < 2) and (2 < 3) and (3 <= 4);",
    ),
    ("x = 2 < indices < 4;", "keep what it means: `(2 < indices) < 4`", "x = (2 < indices) < 4;"),
    ("x = -indices ^ 2;", "write `-(indices ^ 2)` instead", "x = -(indices ^ 2);"),
    ("x = -indices ^ 2;", "write `(-indices) ^ 2` instead", "x = (-indices) ^ 2;"),
    ("x = not 1 in [1];", "write `not (1 in [1])` instead", "x = not (1 in [1]);"),
    ("x = 7 % 4 * 2;", "keep what it means: `7 % (4 * 2)`", "x = 7 % (4 * 2);"),
    ("x = 7 % 4 * 2;", "write `(7 % 4) * 2` instead", "x = (7 % 4) * 2;"),
    ('x = not tokens == "a";', 'write `not (tokens == "a")` instead', 'x = not (tokens == "a");'),
    (
        "x = True or False and True;",
        "write `True or (False and True)` instead",
        "x = True or (False and True);",
    ),
    (
        'x = "a" in tokens and True;',
        'write `("a" in tokens) and True` instead',
        'x = ("a" in tokens) and True;',
    ),
    (
        "x = 1 if True else 2 in [2];",
        "write `1 if True else (2 in [2])` instead",
        "x = 1 if True else (2 in [2]);",
    ),
    ("x = 2 ^ 3 ^ 2;", "write `2 ^ (3 ^ 2)` instead", "x = 2 ^ (3 ^ 2);"),
    ("def f(a) {\n    b = a;\n    return 1;\n}\n", "remove it", "def f(a) {\n    return 1;\n}\n"),
    ("def f(a) { b = 1; b = 2; return a; }", "call it `_b`", "def f(a) { _b = 1; _b = 2; return a; }"),
    ("def f(a) { def g() { return 1; } return a; }", "remove it", "def f(a) {  return a; }"),
    ("def f(sort) { return sort + 1; }", "call it `sort_`", "def f(sort_) { return sort_ + 1; }"),
    ("for indices in [1] { y = indices; }", "call it `indices_`", "for indices_ in [1] { y = indices_; }"),
    (
        "x = 1 / indices;",
        "write `1 / indices if indices != 0 else 0` instead",
        "x = 1 / indices if indices != 0 else 0;",
    ),
    (
        "x = 1 + 1 / indices;",
        "write `(1 / indices if indices != 0 else 0)` instead",
        "x = 1 + (1 / indices if indices != 0 else 0);",
    ),
    ("x = 1;\nx += 2;", "write `x = x + 2;` instead", "x = 1;\nx = x + 2;"),
    ("x = 1;\nx *= 2 + x;", "write `x = x * (2 + x);` instead", "x = 1;\nx = x * (2 + x);"),
    ("x = indices // 2;", "write `x = quotient(indices, 2);` instead", "x = quotient(indices, 2);"),
    ("let x = 1;", "write `x = 1;` instead", "x = 1;"),
    ("x = tokens == “a”;", 'write `x = tokens == "a";` instead', 'x = tokens == "a";'),
    ('x = "a;', 'write `"a";` instead', 'x = "a";'),
    ("x = [1, 2;", "insert `]`", "x = [1, 2];"),
    (
        "x = select(indices, ==, indices);",
        "write `select(indices, indices, ==)` instead",
        "x = select(indices, indices, ==);",
    ),
    ("x = select(indices, 1);", "write `select(indices, 1, ==)` instead", "x = select(indices, 1, ==);"),
    (
        'x = full_s and (tokens == "a");',
        'write `select(tokens == "a", True, ==)` instead',
        'x = full_s and select(tokens == "a", True, ==);',
    ),
    ("x = 1 if full_s else 2;", "write `has_focus(full_s)` instead", "x = 1 if has_focus(full_s) else 2;"),
    ("x = aggregate(indices, full_s);", "put the selector first", "x = aggregate(full_s, indices);"),
    ("x = len(tokens);", "write `length` instead", "x = length;"),
    ('x = len("abc");', 'write `string_length("abc")` instead', 'x = string_length("abc");'),
    (
        "x = tokens[indices];",
        "write `load_from_location(tokens, indices)` instead",
        "x = load_from_location(tokens, indices);",
    ),
    ('x = indices in "ab";', 'write `["a", "b"]` instead', 'x = indices in ["a", "b"];'),
    ("x = tokens([]);", 'write `"[]"` instead', 'x = tokens("[]");'),
    ("x = tokens == a;", 'write `"a"` instead', 'x = tokens == "a";'),
]


@pytest.mark.parametrize("before, title, after", REPAIRS)
def test_repairs(client: Client, before: str, title: str, after: str) -> None:
    text = Text(client, "f.rasp", before)
    found = text.ask("codeAction", range=text.whole(), context={"diagnostics": []})
    repair = next(each for each in found if each["title"] == title)
    assert repair["kind"] == "quickfix"
    assert repair["diagnostics"][0]["message"]
    assert text.edited(repair["edit"]["changes"][text.uri]) == after


def test_what_does_not_help_is_not_offered(client: Client) -> None:
    """A hint may show code that is an example only: `a if c else b`."""
    for wrong in (
        "größe = 1;",
        "x = range(10 ^ 12);",
        "x = full_s + 1;",
        "x = ;",
        "if x { y = 1; }",
        "x = blub(tokens);",
        "x = 1 / 0;",
        "while True { }",
    ):
        text = Text(client, "f.rasp", wrong)
        assert text.ask("codeAction", range=text.whole(), context={"diagnostics": []}) == [], wrong
    text = Text(client, "f.rasp", "x = tokns;\ny = tokns;")
    nowhere = {side: {"line": 1, "character": 9} for side in ("start", "end")}
    (only,) = text.ask("codeAction", range=nowhere, context={"diagnostics": []})
    assert text.edited(only["edit"]["changes"][text.uri]) == "x = tokns;\ny = tokens;"


@pytest.mark.parametrize(
    "marked, label, argument",
    [
        ("x = sort(|", "sort(seq, key)", "seq"),
        ("x = sort(tokens, |);", "sort(seq, key)", "key"),
        ("x = sort(f(1, 2), |", "sort(seq, key)", "key"),
        ("x = select(tokens, [1, 2], |", "select(key, query, ==)", "=="),
        ("x = aggregate(full_s, 1, |", "aggregate(selector, value, default)", "default"),
        ("def f(a, b) { return a; }\nx = f(1, |", "f(a, b)", "b"),
        ("def f() { def g(inner) { return inner; } return g(|); }", "g(inner)", "inner"),
        ("h = indices;\nh(|", "h(input)", "input"),
        ("x = (1 + sort(|", "sort(seq, key)", "seq"),
    ],
)
def test_signatures(client: Client, marked: str, label: str, argument: str) -> None:
    found = Text(client, "g.rasp", marked).ask("signatureHelp")
    active = found["signatures"][found["activeSignature"]]
    assert active["label"] == label
    assert active["parameters"][found["activeParameter"]]["label"] == argument


@pytest.mark.parametrize("marked", ["x = |1;", "x = (|", "x = sort(1, 2)|;", "sort(1;\n|", "[1, |", "1(|"])
def test_no_call_no_signature(client: Client, marked: str) -> None:
    assert Text(client, "g.rasp", marked).ask("signatureHelp") is None


PROMPT_WORDS = {"set", "show", "example", "examples", "on", "off", "selector", "exit", "quit", "help", "draw"}


@pytest.mark.parametrize(
    "marked, first, absent",
    [
        ("|", "def", {"if", "return"}),
        ("x = 1;\nde|", "def", {"if", "return"}),
        ("def f() { |", "def", {"if"}),
        ("m = full_s;\na = indices;\nx = aggregate(|", "m", {"def", "if"}),
        ("m = full_s;\na = indices;\nx = aggregate(m, |", "a", {"def", "if"}),
        ("m = full_s;\na = indices;\nx = selector_width(|", "m", {"def"}),
        ("m = full_s;\na = indices;\nx = select(|", "a", {"def"}),
        ("m = full_s;\na = indices;\nx = sort(|", "a", {"def"}),
        ("a = 1;\nx = a |", "and", {"def", "load"}),
        ("a = 1;\nx = (a) |", "and", {"def", "load"}),
        ("a = 1;\nx = |", "a", {"def", "load", "if"}),
        ("a = 1;\ndef f(b) { return |", "b", {"def", "load", "if"}),
    ],
)
def test_what_fits_is_offered_first(client: Client, marked: str, first: str, absent: set[str]) -> None:
    items = Text(client, "m.rasp", marked).ask("completion")["items"]
    found = [each["label"] for each in sorted(items, key=lambda each: each["sortText"])]
    assert found[0] == first
    assert not set(found) & (absent | PROMPT_WORDS)


@pytest.mark.parametrize("marked", ["def |", "def f|", "for |", "for i|"])
def test_new_names_are_made_up(client: Client, marked: str) -> None:
    assert Text(client, "m.rasp", marked).ask("completion")["items"] == []


def test_drawing(client: Client) -> None:
    text = Text(client, "n.rasp", 'set example "abca"\nhis|t = selector_width(select(tokens, tokens, ==));\n')
    given = {"textDocument": {"uri": text.uri}, "position": text.place}
    request = {"command": "rasp.svg", "arguments": [given]}
    drawn = client.ask("workspace/executeCommand", request)
    assert drawn["title"] == "hist" and drawn["svg"].startswith("<svg") and "abca" in drawn["svg"]
    assert client.capabilities["executeCommandProvider"]["commands"] == ["rasp.svg"]
    for marked, reason in [("x = 1|;", "no s-op or selector here"), ("x| = 1 / indices;", "divi")]:
        text.change(marked)
        request["arguments"] = [given | {"position": text.place}]
        assert reason in client.failure("workspace/executeCommand", request)["message"]


def coloured(client: Client, text: Text) -> list[tuple[str, str, tuple[str, ...]]]:
    """Names with their type and modifiers."""
    legend = client.capabilities["semanticTokensProvider"]["legend"]
    data = text.ask("semanticTokens/full")["data"]
    found, line, column = [], 0, 0
    for i in range(0, len(data), 5):
        down, across, length, kind, modifiers = data[i : i + 5]
        line, column = line + down, across + (0 if down else column)
        ends = {
            "start": {"line": line, "character": column},
            "end": {"line": line, "character": column + length},
        }
        names = tuple(name for bit, name in enumerate(legend["tokenModifiers"]) if modifiers >> bit & 1)
        found.append((text.part(ends), legend["tokenTypes"][kind], names))
    return found


def test_colours(client: Client) -> None:
    text = Text(
        client,
        "h.rasp",
        's = "😀"; def f(a) { return sort(a, s); }\nm = select(tokens, tokens, ==); v = f(m) + no;',
    )
    assert coloured(client, text) == [
        ("s", "enumMember", ("declaration",)),
        ("f", "function", ("declaration",)),
        ("a", "parameter", ("declaration",)),
        ("sort", "function", ("defaultLibrary",)),
        ("a", "parameter", ()),
        ("s", "enumMember", ()),
        ("m", "property", ("declaration",)),
        ("tokens", "variable", ("defaultLibrary",)),
        ("tokens", "variable", ("defaultLibrary",)),
        ("v", "variable", ("declaration",)),
        ("f", "function", ()),
        ("m", "property", ()),
    ]


def test_values_behind_definitions(client: Client) -> None:
    text = Text(
        client,
        "i.rasp",
        'set example "ab"\nx = indices;\nm = select(1, 1, ==); one = 1;\na, b = tokens, 1 / indices;\n',
    )
    found = text.ask("inlayHint", range=text.whole())
    assert [(each["position"]["line"], each["label"]) for each in found] == [
        (1, "[0, 1]"),
        (3, "[a, b], no value"),
    ]
    assert found[0]["position"] == {"line": 1, "character": 12}
    assert found[0]["tooltip"] == "on ab"
    nothing = {side: {"line": 0, "character": 0} for side in ("start", "end")}
    assert text.ask("inlayHint", range=nothing) == []
    text.change(f'set example "{"ab" * 60}"\nx = indices;')
    assert text.ask("inlayHint", range=text.whole())[0]["label"].endswith("…")


def test_folding(client: Client) -> None:
    text = Text(
        client,
        "j.rasp",
        "# one\n# two\n\n# alone\ndef f(a) {\n    b = a;\n    for i in [1] {\n        c = i;\n    }\n    return b;\n}\n"
        "d = {\n    1: 2,\n};\nx = 1; # behind\ny = 2; # behind\n",
    )
    found = [(each["startLine"], each["endLine"], each.get("kind")) for each in text.ask("foldingRange")]
    assert found == [(0, 1, "comment"), (4, 9, None), (6, 7, None), (11, 12, None)]


def test_broken_texts_have_answers(client: Client) -> None:
    whole = (
        'load "shared";\n# example: y("ab") = [1]\n'
        'def f(a, b) { return [a for a in {1: b}][0](2); }\ny = f(indices, "é");\n'
    )
    text = Text(client, "k.rasp", "")
    for end in range(0, len(whole), 7):
        text.change(whole[:end] + "|")
        for method in ("documentHighlight", "signatureHelp", "semanticTokens/full", "foldingRange"):
            text.ask(method)
        text.ask("inlayHint", range=text.whole())
        text.ask("references", context={"includeDeclaration": True})
        text.ask("codeAction", range=text.whole(), context={"diagnostics": []})


def test_the_server_says_what_it_can(client: Client) -> None:
    wanted = (
        "references",
        "documentHighlight",
        "rename",
        "signatureHelp",
        "codeAction",
        "semanticTokens",
        "inlayHint",
    )
    assert all(f"{name}Provider" in client.capabilities for name in (*wanted, "foldingRange"))


def test_a_text_that_is_no_file(client: Client) -> None:
    text = Text(client, "l.rasp", "x| = 1;\ny = x;")
    text.uri = "untitled:Untitled-1"
    document = {"uri": text.uri, "languageId": "rasp", "version": 1, "text": text.text}
    client.tell("textDocument/didOpen", {"textDocument": document})
    (edits,) = text.ask("rename", newName="z")["changes"].values()
    assert text.edited(edits) == "z = 1;\ny = z;"


def test_an_open_text_may_be_empty(client: Client) -> None:
    text = Text(client, "shared.rasp", "|")
    assert text.ask("semanticTokens/full")["data"] == []
    client.tell("textDocument/didClose", {"textDocument": {"uri": text.uri}})
    assert text.ask("semanticTokens/full")["data"] != []
