"""What an editor might send to the language server: Hypothesis strategies of whole sessions.

A message is JSON data, or a text that stands for bytes (Latin-1) which need not even be a message.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from rasp.editor.server import make_server
from tests.fuzz import data
from tests.fuzz.texts import programs

#: Requests that the server answers, and some that it doesn't.
REQUESTS = (
    *sorted(name for name in make_server().protocol.fm.features if name.startswith("textDocument/")),
    "workspace/symbol", "workspace/executeCommand", "completionItem/resolve", "nothing/atAll",
)  # fmt: skip
URIS = (
    "file:///a.rasp",
    "file:///folder/b%20c.rasp",
    "untitled:Untitled-1",
    "",
    "file:",
    "nonsense",
    "file:///%FF",
)
ODD_BYTES = (
    "Content-Length: 2\r\n\r\n{}", "Content-Length: 5\r\n\r\n[1,2]", "Content-Length: 4\r\n\r\nnull", "\r\n\r\n",
    "Content-Length: x\r\n\r\n{}", "Content-Length: 3\r\n\r\n\xff\xfe{", "Content-Length: 0\r\n\r\n",
    'Content-Length: 40\r\n\r\n{"jsonrpc": "2.0", "id": {}, "method": 7}', "GET / HTTP/1.1\r\n\r\n",
    "content-length: 2\r\n\r\n{}", "Content-Length: 18\r\n\r\n[[[[[[[[[[[[[[[[[[",
)  # fmt: skip
numbers = st.integers(0, 5) | st.integers(-2, 10**6)
places = st.fixed_dictionaries({"line": numbers, "character": numbers})
uris = st.sampled_from(URIS[:1] * 8 + URIS)


def notification(method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def initialize(options: Any) -> dict[str, Any]:
    return {
        "id": 0,
        **notification("initialize", {"processId": None, "rootUri": None, "capabilities": options}),
    }


OPTIONS = (
    {},
    {"general": {"positionEncodings": ["utf-8"]}},
    {"general": {"positionEncodings": ["utf-32", "x"]}},
)


@st.composite
def texts(draw: DrawFn) -> dict[str, Any]:
    """A text is opened, changed or closed."""
    uri, text = draw(uris), draw(programs)
    match draw(st.integers(0, 4)):
        case 0:
            changes = [{"text": text}]
            return notification(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes},
            )
        case 1:
            return notification("textDocument/didClose", {"textDocument": {"uri": uri}})
        case _:
            document = {"uri": uri, "languageId": "rasp", "version": 1, "text": text}
            return notification("textDocument/didOpen", {"textDocument": document})


@st.composite
def requests(draw: DrawFn) -> dict[str, Any]:
    """A question about a place. Its parameters are those of every question together."""
    given = {
        "textDocument": {"uri": draw(uris)},
        "position": draw(places),
        "range": {"start": draw(places), "end": draw(places)},
        "options": {"tabSize": 4, "insertSpaces": True},
        "newName": draw(st.sampled_from(("y", "tokens", "", "1", "if", "sort", "é", "a b"))),
        "context": {"includeDeclaration": draw(st.booleans()), "diagnostics": []},
        "positions": [draw(places)],
        "query": "",
    }
    method = draw(st.sampled_from(REQUESTS))
    return {"id": draw(st.integers(1, 9)), **notification(method, given)}


messages = st.one_of(texts(), requests(), requests(), requests())
mangled = messages.flatmap(data.mangled)
odd = st.sampled_from(ODD_BYTES) | st.text(st.characters(max_codepoint=255), max_size=20)


@st.composite
def sessions(draw: DrawFn) -> list[Any]:
    """Messages after a beginning that is mostly a proper one."""
    beginning = [initialize(draw(st.sampled_from(OPTIONS))), notification("initialized", {})]
    kept = beginning if draw(st.integers(0, 9)) else beginning[draw(st.integers(0, 2)) :]
    opening = notification(
        "textDocument/didOpen",
        {"textDocument": {"uri": URIS[0], "languageId": "rasp", "version": 1, "text": draw(programs)}},
    )
    rest = st.one_of(messages, messages, messages, mangled, odd)
    return [*kept, opening, *draw(st.lists(rest, min_size=1, max_size=8))]
