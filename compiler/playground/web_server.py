"""The server behind the page: files of the page, questions as JSON, pictures, and the pages of compiled models.

Nothing is read but what is packaged, and nothing is written. Work is done by three processes: one for what is asked while
typing, one for pictures and lessons, one that compiles; each has limits of time and memory (`compiler/playground/lane.py`).
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from importlib.resources import files
from secrets import token_urlsafe
from typing import Any, cast

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from compiler.limits import ANSWER_SECONDS, ASKED_BYTES, COMPILE_SECONDS, PLAYED_PAGES
from compiler.playground.guard import Guard
from compiler.playground.lane import Lane
from rasp.command_line.console import explain_error
from rasp.diagnostics import DiagnosedError, Diagnostic
from rasp.inputs import read_json_value
from rasp.page_answers.question import refuse_question
from rasp.values import ValueProblem

Record = dict[str, Any]
#: The files of the page, and what they are.
PAGE = {
    "index.html": "text/html",
    "page.css": "text/css",
    "main.js": "text/javascript",
    "ask.js": "text/javascript",
    "compile.js": "text/javascript",
    "editor.js": "text/javascript",
    "gallery.js": "text/javascript",
    "lessons.js": "text/javascript",
    "make.js": "text/javascript",
    "share.js": "text/javascript",
    "theme.js": "text/javascript",
    "values.js": "text/javascript",
    "codemirror.js": "text/javascript",
}
#: Questions that are asked at every pause in typing.
TYPING = ("look", "complete", "hover", "format")
SLOWER = ("draw", "check", "lessons", "gallery", "program", "picture")
#: A model's page works by itself: it may run its own script, and reach nothing.
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)


class Playground:
    """What the server knows while it runs: its workers, the pictures of the gallery, the last models' pages."""

    def __init__(self) -> None:
        self.pictures: dict[str, Record] = {}
        self.pages: dict[str, str] = {}
        self.compiling = Lane("compiler.playground", COMPILE_SECONDS)
        typing, slower = Lane("rasp.page_answers", ANSWER_SECONDS), Lane("rasp.page_answers", ANSWER_SECONDS)
        self.lanes = dict.fromkeys(TYPING, typing) | dict.fromkeys(SLOWER, slower)

    async def answer_question(self, request: Request) -> Response:
        """`POST /ask/NAME`."""
        name = request.path_params["name"]
        if name not in self.lanes:
            return tell_problems(
                [Diagnostic(f"there is nothing called {name} to ask for", code="question")], 404
            )
        question = await read_body(request)
        key = json.dumps([question.get("name"), question.get("dark")])
        if name == "picture" and key in self.pictures:
            return JSONResponse(self.pictures[key])
        record: Record = {}
        async for said in self.lanes[name].ask(name, question):
            record = said
        if name == "picture" and "answer" in record:
            self.pictures[key] = record
        return JSONResponse(record, 200 if "answer" in record else 422)

    async def compile_expression(self, request: Request) -> Response:
        """`POST /compile`: lines of JSON, the last with the answer."""
        question = await read_body(request)
        return StreamingResponse(self.tell_compiling(question), media_type="application/x-ndjson")

    async def tell_compiling(self, question: Record) -> AsyncIterator[str]:
        try:
            async with aclosing(self.compiling.ask("compile", question)) as said:
                async for record in said:
                    yield f"{json.dumps(self.keep_page(record))}\n"
        except DiagnosedError as error:
            yield f"{json.dumps({'diagnostics': [told.as_json() for told in error.diagnostics]})}\n"

    def keep_page(self, record: Record) -> Record:
        """The record with a name for its page instead of the page."""
        answer = record.get("answer")
        if answer is None or not answer["page"]:
            return record
        name = token_urlsafe(12)
        self.pages[name] = answer["page"]
        while len(self.pages) > PLAYED_PAGES.most:
            del self.pages[next(iter(self.pages))]
        return {"answer": answer | {"page": f"inside/{name}"}}

    async def show_model(self, request: Request) -> Response:
        """`GET /inside/NAME`."""
        page = self.pages.get(request.path_params["name"])
        if page is None:
            message = "this model is no longer here"
            return tell_problems([Diagnostic(message, hint="compile it again", code="page")], 404)
        return HTMLResponse(page, headers={"Content-Security-Policy": SANDBOX})

    async def start(self) -> None:
        """Start what the page asks at once. The compiler takes longer to start, and may never be asked."""
        for lane in {*self.lanes.values()}:
            await lane.started()

    async def stop(self) -> None:
        for lane in {self.compiling, *self.lanes.values()}:
            await lane.stop()


async def read_body(request: Request) -> Record:
    """The JSON object of a question. Raises `RaspError` for anything else, and for more bytes than there may be."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > ASKED_BYTES.most:
            raise ASKED_BYTES.refusal(f"the question has more than {ASKED_BYTES}")
    try:
        found = read_json_value(body.decode("utf-8"))
    except (ValueProblem, UnicodeDecodeError) as problem:
        why = "it is not UTF-8" if isinstance(problem, UnicodeDecodeError) else str(problem)
        raise refuse_question(f"the question cannot be read: {why}") from None
    if not isinstance(found, dict):
        raise refuse_question("a question has to be a JSON object")
    return cast("Record", found)


def tell_problems(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...], status: int) -> Response:
    return JSONResponse({"diagnostics": [told.as_json() for told in diagnostics]}, status)


async def tell_error(request: Request, error: Exception) -> Response:
    """What the page shows instead of an answer."""
    diagnostics = tuple(explain_error(error))
    status = 400 if diagnostics[0].code == "question" else 422 if isinstance(error, DiagnosedError) else 500
    return tell_problems(diagnostics, status)


def serve_file(name: str, kind: str) -> Callable[[Request], Response]:
    content = files("compiler.playground").joinpath("page", name).read_bytes()
    headers = {"Cache-Control": "no-cache"}
    return lambda request: Response(content, media_type=kind, headers=headers)


def make_app(port: int) -> Starlette:
    """The server for a page at a port of this machine."""
    playground = Playground()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        await playground.start()
        yield
        await playground.stop()

    return Starlette(
        routes=[
            Route("/", serve_file("index.html", "text/html")),
            *(Route(f"/{name}", serve_file(name, kind)) for name, kind in PAGE.items()),
            Route("/ask/{name}", playground.answer_question, methods=["POST"]),
            Route("/compile", playground.compile_expression, methods=["POST"]),
            Route("/inside/{name}", playground.show_model),
        ],
        middleware=[Middleware(Guard, port=port)],
        exception_handlers={Exception: tell_error, DiagnosedError: tell_error},
        lifespan=lifespan,
    )
