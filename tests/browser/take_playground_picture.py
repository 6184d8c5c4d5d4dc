"""The playground in a browser, and the picture of it in its document.

python -m tests.browser.take_playground_picture
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.browser.chromium import open_browser
from tests.interface.playground_server import Server, run_server
from tests.places import DOCS

PICTURE = DOCS / "pictures" / "playground.png"


class Addressed(Protocol):
    """Whatever serves the page."""

    @property
    def address(self) -> str: ...


@contextmanager
def open_playground(browser: Any, server: Addressed, fragment: str = "", **window: Any) -> Generator[Any]:
    """The page, in a browser that knows nothing yet. Errors in it, and requests elsewhere, fail at the end."""
    context, wrong = browser.new_context(**window), list[str]()
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    page.on(
        "request",
        lambda asked: asked.url.startswith((server.address, "data:")) or wrong.append(asked.url),
    )
    try:
        page.goto(f"{server.address}#{fragment}")
        page.wait_for_selector("table.values, #gallery .card", state="attached")
        yield page
    finally:
        context.close()
    assert not wrong, wrong


def write_program(page: Any, text: str) -> None:
    page.click(".cm-content")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def take_picture(browser: Any, server: Server, path: Path) -> None:
    """A lesson on the way to its solution."""
    window = {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5}
    with open_playground(browser, server, "lesson/histogram", **window) as page:
        write_program(page, "same = select(tokens, tokens, ==);\n\nanswer = selector_width(same);\n")
        page.click("#check")
        page.wait_for_selector("#verdict.solved")
        page.wait_for_selector(".t-property >> text=same")
        page.mouse.move(0, 0)
        page.screenshot(path=path)


if __name__ == "__main__":
    with run_server() as running, open_browser() as opened:
        PICTURE.parent.mkdir(exist_ok=True)
        take_picture(opened, running, PICTURE)
