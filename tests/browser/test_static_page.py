"""The static playground in headless Chromium, from a server of files: a program, a lesson, what it says it cannot do."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from compiler.playground.write_static import write_static
from tests.browser.chromium import find_chromium, open_browser
from tests.browser.take_playground_picture import open_playground, write_program

if find_chromium() is None:
    pytest.skip("there is no Chromium, or no Playwright", allow_module_level=True)

NAMES = ["programs/basics/reverse", "programs/language/induction"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is told of what is asked."""


@dataclass(frozen=True)
class Files:
    address: str


@contextmanager
def serve_files(folder: Path) -> Generator[Files]:
    """A folder's files at an address, and nothing else."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Files(f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()
            thread.join()


def test_the_static_page_shows_what_was_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("compiler.playground.write_static", "rasp.page_answers.answer_question"):
        monkeypatch.setattr(f"{place}.list_shipped", lambda: NAMES)
    write_static(tmp_path / "page")
    with serve_files(tmp_path / "page") as files, open_browser() as browser:
        with open_playground(browser, files, "programs/basics/reverse") as page:
            assert page.locator('#values tr[data-name="reverse"] td').count() == len(
                page.input_value("#input")
            )
            write_program(page, "mine = 1;")
            page.wait_for_selector("#values >> text=has no interpreter")
            page.click("#tab-compile")
            page.fill("#expression", "mine")
            page.click("#start")
            page.wait_for_selector("#result >> text=has no interpreter")
        with open_playground(browser, files, "gallery") as page:
            for name in NAMES:
                shot = page.locator(f'.shot[data-name="{name}"] img')
                shot.scroll_into_view_if_needed()
                page.wait_for_function("image => image.naturalWidth > 50", arg=shot.element_handle())
            page.fill("#search", "most recent earlier occurrence of my token")
            assert page.locator("#gallery li:visible b").all_inner_texts() == ["induction"]
            page.click("#gallery li:visible a")
            page.wait_for_selector('#values tr[data-name="induction"]')
            assert page.input_value("#attention") == "causal"
        window = {"viewport": {"width": 400, "height": 800}}
        with open_playground(browser, files, "programs/basics/reverse", **window) as page:
            page.evaluate("location.hash = 'lesson/positions'")
            page.wait_for_selector("#lesson >> text=Number the positions")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.click("#check")
            page.wait_for_selector("#verdict >> text=has no interpreter")
