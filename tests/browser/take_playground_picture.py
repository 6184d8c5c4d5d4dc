"""The playground in a browser, and the pictures of it in its document.

python -m tests.browser.take_playground_picture
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.browser.chromium import open_browser
from tests.interface.playground_server import Server, run_server
from tests.places import DOCS

FOLDER = DOCS / "pictures"
PICTURE, GALLERY = "playground.png", "playground-gallery.png"


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


def take_pictures_of_playground(browser: Any, server: Server, folder: Path) -> None:
    """A lesson on the way to its solution, and programs found in the gallery."""
    folder.mkdir(exist_ok=True)
    window = {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5}
    with open_playground(browser, server, "lesson/histogram", **window) as page:
        write_program(page, "same = select(tokens, tokens, ==);\n\nanswer = selector_width(same);\n")
        page.click("#check")
        page.wait_for_selector("#verdict.solved")
        page.wait_for_selector(".t-property >> text=same")
        page.mouse.move(0, 0)
        page.screenshot(path=folder / PICTURE)
    window = {"viewport": {"width": 1000, "height": 620}}
    with open_playground(browser, server, "gallery", **window) as page:
        page.fill("#search", "most")
        for shot in page.locator("#gallery li:visible .shot").all():
            shot.scroll_into_view_if_needed()
            shot.locator("img").wait_for()
        page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
        page.screenshot(path=folder / GALLERY)


if __name__ == "__main__":
    with run_server() as running, open_browser() as opened:
        take_pictures_of_playground(opened, running, FOLDER)
