"""A playground that runs, and a client that says what it is told to say, wrong hosts and bodies too."""

import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from tests.places import ROOT


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def record(self) -> dict[str, Any]:
        """The last line as JSON."""
        return json.loads(self.body.splitlines()[-1])

    @property
    def code(self) -> str:
        return self.record["diagnostics"][0]["code"]


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[str]"
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def post(self, path: str, question: object) -> Answer:
        headers = {"Content-Type": "application/json"}
        return self.request("POST", path, json.dumps(question).encode(), headers)

    def ask(self, name: str, /, **question: object) -> dict[str, Any]:
        """The answer to a question that has one."""
        answer = self.post(f"/ask/{name}", question)
        assert answer.status == 200, answer.body
        return answer.record["answer"]


@contextmanager
def run_server() -> Generator[Server]:
    """`rasp serve` at a free port, until the block ends."""
    command = [sys.executable, "-m", "compiler", "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            told = process.stdout.readline()
            yield Server(process, int(told.partition("127.0.0.1:")[2].partition("/")[0]))
        finally:
            process.terminate()
