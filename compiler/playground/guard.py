"""Who may speak to the server: the page that it has served itself, on this machine, and no other site in the same browser.

The server listens on the loopback interface alone. Behind that stand three checks: the `Host` is this machine's own name,
so that no other name that leads here is of use (DNS rebinding); a request with an `Origin` comes from this very page; and
a question is JSON, which other sites cannot send without asking first. Whatever is served tells the browser to load
nothing from elsewhere, and to show it in no other page.
"""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rasp.diagnostics import Diagnostic

NAMES = ("127.0.0.1", "localhost")
#: What the page may do; the inspected model has its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests that are not this page's own, and adds what the browser has to hold to."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in NAMES} | set(NAMES if port == 80 else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        problem = self.find_problem(Headers(scope=scope), scope["method"])
        answer = self.app if problem is None else refuse_request(problem)
        await answer(scope, receive, send_guarded)

    def find_problem(self, headers: Headers, method: str) -> Diagnostic | None:
        """What is wrong with where a request comes from; None if nothing is."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            known = " or ".join(sorted(self.hosts))
            return Diagnostic("this server answers to its own name only", hint=f"ask {known}", code="host")
        if origin is not None and origin not in {f"http://{name}" for name in self.hosts}:
            return Diagnostic("another site may not use this server", hint="open its own page", code="origin")
        kind = headers.get("content-type", "").partition(";")[0].strip()
        if method == "POST" and kind != "application/json":
            return Diagnostic(
                "a question has to be JSON", hint="Content-Type: application/json", code="content-type"
            )
        return None


def refuse_request(problem: Diagnostic) -> JSONResponse:
    """The answer to who may not ask."""
    return JSONResponse(
        {"diagnostics": [problem.as_json()]}, status_code=415 if problem.code == "content-type" else 403
    )
