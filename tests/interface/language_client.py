"""An editor's side of the Language Server Protocol, as small as a test needs it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Message = dict[str, Any]


class Client:
    """A session with `rasp lsp`: its own process, spoken to over its standard input and output."""

    def __init__(self, root: Path, encodings: tuple[str, ...] = ("utf-16",), *, start: bool = True) -> None:
        command = [sys.executable, "-m", "compiler", "lsp"]
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
        )
        self.root = root
        self.count = 0
        self.diagnostics: dict[str, list[Message]] = {}
        self.versions: dict[str, int | None] = {}
        if start:
            self.introduce(encodings)

    def introduce(self, encodings: tuple[str, ...]) -> None:
        general = {"positionEncodings": list(encodings)}
        given = {"processId": None, "rootUri": self.root.as_uri(), "capabilities": {"general": general}}
        self.capabilities: Message = self.ask("initialize", given)["capabilities"]
        self.tell("initialized", {})

    def send(self, message: Message) -> None:
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_bytes(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self) -> Message:
        """The next message; diagnostics are kept."""
        stream, length = self.process.stdout, 0
        assert stream is not None
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has gone"
        message: Message = json.loads(stream.read(length))
        assert message.get("method") != "window/showMessage", message
        if message.get("method") == "textDocument/publishDiagnostics":
            uri = message["params"]["uri"]
            self.diagnostics[uri] = message["params"]["diagnostics"]
            self.versions[uri] = message["params"].get("version")
        return message

    def tell(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Any = None) -> Any:
        """The result of a request. Fails when the answer is an error."""
        message = self.answer(method, params)
        assert "error" not in message, message["error"]
        return message["result"]

    def failure(self, method: str, params: Any) -> Message:
        """The error that a request is answered with."""
        error: Message = self.answer(method, params)["error"]
        return error

    def answer(self, method: str, params: Any) -> Message:
        self.count += 1
        self.send({"id": self.count, "method": method, "params": params})
        while (message := self.receive()).get("id") != self.count:
            pass
        return message

    def close(self) -> int:
        """Say goodbye; the exit code of the server."""
        self.ask("shutdown")
        self.tell("exit", None)
        code = self.process.wait(timeout=20)
        self.errors.seek(0)
        self.log = self.errors.read()
        self.errors.close()
        return code


class Text:
    """A text that is open in the editor. In texts, `|` marks the place that questions are about."""

    def __init__(self, client: Client, name: str, marked: str) -> None:
        self.client, self.version = client, 1
        self.uri = (client.root / name).as_uri()
        self.text, self.place = unmarked(marked)
        document = {"uri": self.uri, "languageId": "rasp", "version": 1, "text": self.text}
        client.tell("textDocument/didOpen", {"textDocument": document})

    def change(self, marked: str) -> None:
        self.text, self.place = unmarked(marked)
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.client.tell(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": self.text}]}
        )

    def ask(self, method: str, **more: Any) -> Any:
        """A question about the marked place."""
        return self.client.ask(f"textDocument/{method}", self.given(more))

    def refusal(self, method: str, **more: Any) -> str:
        """The message of the error that a question is answered with."""
        message: str = self.client.failure(f"textDocument/{method}", self.given(more))["message"]
        return message

    def given(self, more: Message) -> Message:
        options = {"tabSize": 4, "insertSpaces": True}
        return {"textDocument": {"uri": self.uri}, "position": self.place, "options": options, **more}

    def whole(self) -> Message:
        """The range of all of the text."""
        lines = self.text.split("\n")
        end = {"line": len(lines) - 1, "character": len(lines[-1].encode("utf-16-le")) // 2}
        return {"start": {"line": 0, "character": 0}, "end": end}

    def edited(self, edits: list[Message]) -> str:
        """The text after edits of it."""
        text = self.text
        for edit in sorted(edits, key=lambda each: -offset(self.text, each["range"]["start"])):
            start, end = (offset(self.text, edit["range"][side]) for side in ("start", "end"))
            text = text[:start] + edit["newText"] + text[end:]
        return text

    def diagnostics(self) -> list[Message]:
        """What the server says about this version, once it does."""
        while self.client.versions.get(self.uri) != self.version:
            self.client.receive()
        return self.client.diagnostics[self.uri]

    def marked_texts(self, found: list[Message]) -> list[str]:
        """The parts of the text that ranges stand for."""
        return [self.part(each["range"]) for each in found]

    def part(self, span: Message) -> str:
        start, end = (offset(self.text, span[side]) for side in ("start", "end"))
        return self.text[start:end]


def unmarked(text: str) -> tuple[str, Message]:
    """The text without its mark, and where that was, in UTF-16."""
    before, _, after = text.partition("|")
    line = before.rpartition("\n")[2]
    place = {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}
    return before + after, place


def offset(text: str, position: Message) -> int:
    """The offset of a position in UTF-16."""
    lines = text.split("\n")
    line = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]]
    return sum(len(each) + 1 for each in lines[: position["line"]]) + len(line.decode("utf-16-le"))
