"""The server of the playground: what it answers, whom it refuses, and what stops a program that would go on."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from compiler.cli import main
from compiler.limits import ASKED_BYTES
from rasp.limits import PLAYED_TEXT
from tests.interface.playground_server import Server, run_server

HISTOGRAM = "how_often = selector_width(select(tokens, tokens, ==));"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with run_server() as running:
        yield running


def test_the_page_asks_nothing_of_the_network(server: Server) -> None:
    names = [path.name for path in files("compiler.playground").joinpath("page").iterdir()]
    for name in ("", *(name for name in names if name != "codemirror.LICENSE")):
        answer = server.request("GET", f"/{name}")
        assert answer.status == 200, name
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert b"https:" not in answer.body.replace(b"https://codemirror.net", b""), name


def test_a_program_is_looked_at(server: Server) -> None:
    found = server.ask("look", text=f"# é𝄞\n{HISTOGRAM} same = select(tokens, tokens, ==);", input="abca")
    how_often, same = found["values"]
    assert how_often["cells"] == ["2", "1", "1", "2"] and how_often["kind"] == "s-op of ints"
    assert same["rows"] == ["1001", "0100", "0010", "1001"] and same["line"] == 1
    assert [0, 0, 5, "comment"] in found["colours"]  # in units of UTF-16
    assert [1, 12, 14, "function library"] in found["colours"]
    assert found["problems"] == []


def test_what_is_wrong_has_a_place(server: Server) -> None:
    found = server.ask("look", text="x = 1 / indices;\ny = nothing;", input="ab")
    assert [problem["range"] for problem in found["problems"]] == [[1, 4, 1, 11]]
    assert found["values"][0]["cells"] == [None, "1.0"]
    assert "division by zero" in found["values"][0]["problem"]["message"]


def test_names_are_completed_and_explained(server: Server) -> None:
    items = server.ask("complete", text="mine = 1;\nx = m", line=1, column=5)["items"]
    assert "mine" in {item["label"] for item in items}
    text = server.ask("hover", text=HISTOGRAM, input="a", line=0, column=13)["text"]
    assert "selector_width" in text
    assert server.ask("format", text="x=1;")["text"] == "x = 1;\n"


def test_pictures_and_programs(server: Server) -> None:
    names = [program["name"] for program in server.ask("gallery")["programs"]]
    assert "programs/language/induction" in names and len(names) > 100
    opened = server.ask("program", name="programs/brackets/dyck3")
    look = server.ask(
        "look", **opened, home="programs/brackets/dyck3"
    )  # which loads one that stands beside it
    assert look["problems"] == []
    picture = server.ask("picture", name="programs/counting/histogram", dark=True)["svg"]
    assert picture.startswith("<svg") and "<style" not in picture
    assert picture != server.ask("picture", name="programs/counting/histogram")["svg"]
    assert "<svg" in server.ask("draw", text=HISTOGRAM, input="ab", expression="how_often")["svg"]


def test_compiling_tells_how_far_it_is_and_shows_the_model(server: Server) -> None:
    question = {
        "text": HISTOGRAM,
        "input": "ab",
        "expression": "how_often",
        "vocabulary": "ab",
        "max_length": 4,
    }
    answer = server.post("/compile", question)
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert lines[0] == {"progress": "compiling"}
    found = lines[-1]["answer"]
    assert found["summary"]["layers"] == 1 and "head 0" in found["explain"]
    page = server.request("GET", f"/{found['page']}")
    assert page.status == 200 and b'id="model"' in page.body
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert server.request("GET", "/inside/another").status == 404
    refused = server.post("/compile", question | {"expression": "nothing"})
    assert "nothing" in refused.record["diagnostics"][0]["message"]


#: Method, path, body, headers; the status and the code of what is told.
REFUSED = {
    "another name that leads here": ("GET", "/", b"", {"Host": "playground.example"}, 403, "host"),
    "the name without its port": ("GET", "/", b"", {"Host": "127.0.0.1"}, 403, "host"),
    "another site": ("POST", "/ask/look", b"{}", {"Origin": "https://example.org", **JSON}, 403, "origin"),
    "a page without an origin": ("POST", "/ask/look", b"{}", {"Origin": "null", **JSON}, 403, "origin"),
    "a form": ("POST", "/ask/look", b"{}", {"Content-Type": "text/plain"}, 415, "content-type"),
    "no type": ("POST", "/compile", b"{}", {}, 415, "content-type"),
    "no JSON": ("POST", "/ask/look", b"{", JSON, 400, "question"),
    "no UTF-8": ("POST", "/ask/look", b'{"text": "\xff"}', JSON, 400, "question"),
    "too deep": ("POST", "/ask/look", b"[" * 100_000, JSON, 400, "question"),
    "no object": ("POST", "/ask/look", b"[1]", JSON, 400, "question"),
    "no text": ("POST", "/ask/look", b'{"text": 1, "input": "a"}', JSON, 422, "question"),
    "no input": ("POST", "/ask/look", b'{"text": "", "input": ""}', JSON, 422, "input"),
    "no attention": ("POST", "/ask/look", b'{"text": "", "input": "a", "attention": "x"}', JSON, 422, "argument"),
    "too many bytes": ("POST", "/ask/look", b" " * (ASKED_BYTES.most + 1), JSON, 422, "limit"),
    "nothing to ask": ("POST", "/ask/format_disk", b"{}", JSON, 404, "question"),
    "no program": ("POST", "/ask/program", b'{"name": "programs/../pyproject"}', JSON, 422, "no-program"),
    "no lesson": ("POST", "/ask/check", b'{"text": "", "lesson": "x"}', JSON, 422, "no-lesson"),
}  # fmt: skip


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_refused(server: Server, row: str) -> None:
    method, path, body, headers, status, code = REFUSED[row]
    answer = server.request(method, path, body, headers)
    assert (answer.status, answer.code) == (status, code)


def test_a_site_that_asks_first_is_told_nothing(server: Server) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    answer = server.request("OPTIONS", "/ask/look", b"", headers)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


OUTSIDE = (
    "/../pyproject.toml",
    "/page/index.html",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/inside/..%2f..%2fetc",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_other_file_is_served(server: Server, path: str) -> None:
    assert server.request("GET", path).status == 404


@pytest.mark.parametrize("path", ["../../README", "/etc/hostname", "programs/../README", "rasp/library/std"])
def test_no_other_file_is_loaded(server: Server, path: str) -> None:
    found = server.ask("look", text=f'load "{path}";', input="a")
    assert any("there is no" in problem["message"] for problem in found["problems"]), found["problems"]
    start = f'load "{path.rpartition("/")[0]}/'
    if not start.startswith(('load "programs/..', 'load "rasp')):
        assert server.ask("complete", text=start, line=0, column=len(start))["items"] == []


#: Programs that would go on, or grow; and a word of what is said of them.
ENDLESS = {
    "loops": ("x = [k for k in range(1000) for j in range(100000)];", "limit"),
    "a long list": ("x = range(10000000000);", "limit"),
    "strings that double": ('x = "a"; ' + "x = x + x; " * 60, "limit"),
    "itself": ("def f(n) { return f(n + 1); } x = f(0);", "limit"),
}


@pytest.mark.parametrize("row", ENDLESS)
def test_no_program_goes_on_forever(server: Server, row: str) -> None:
    found = server.ask("look", text=ENDLESS[row][0], input="ab")
    assert found["problems"], row
    assert server.ask("look", text="y = 1;", input="a")["values"][0]["text"] == "1"


def test_a_program_that_is_too_long_is_refused(server: Server) -> None:
    answer = server.post("/ask/look", {"text": "#" * (PLAYED_TEXT.most + 1), "input": "a"})
    assert (answer.status, answer.code) == (422, "limit")


def test_a_port_that_is_taken_and_an_interrupt() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = CliRunner().invoke(main, ["serve", "--port", f"{port}"])
        assert done.exit_code == 2
        assert f"port {port} cannot be used: something else listens there" in done.stderr
    with run_server() as running:
        running.ask("look", text="", input="a")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=30) == 0
        assert running.process.stderr is not None and running.process.stderr.read() == ""


def test_a_missing_library_is_said() -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from compiler.cli import main; main(['serve'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "served by the library uvicorn, which is not installed here" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_as_files_has_what_the_server_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["programs/basics/reverse", "programs/language/induction"]
    monkeypatch.setattr("compiler.playground.write_static.list_shipped", lambda: names)
    found = CliRunner().invoke(main, ["serve", "--static", str(tmp_path / "page")])
    assert found.exit_code == 0 and "not answered" in found.output
    page = tmp_path / "page"
    assert "no interpreter" in (page / "ask.js").read_text()
    assert json.loads((page / "answers" / "gallery.json").read_text())["programs"]
    for name in names:
        told = json.loads((page / "answers" / f"{name}.json").read_text())
        assert (
            told["light"]["svg"].startswith("<svg")
            and told["look"]["values"]
            and not told["look"]["problems"]
        )
    again = CliRunner().invoke(main, ["serve", "--static", str(page)])
    assert again.exit_code == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text("mine")
    refused = CliRunner().invoke(main, ["serve", "--static", str(tmp_path / "other")])
    assert refused.exit_code and "exists and is no playground" in refused.output
    assert (tmp_path / "other" / "index.html").read_text() == "mine"
    for flag in (["--open"], ["--port", "8137"]):
        both = CliRunner().invoke(main, ["serve", "--static", str(page), *flag])
        assert both.exit_code == 2 and f"{flag[0]} has no meaning beside it" in both.output
