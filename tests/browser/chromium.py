"""A headless Chromium for pages: Playwright drives the one that is installed. Both may be missing; then tests skip."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: The page needs no network, and the browser is kept from asking anybody for anything.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--force-color-profile=srgb"),
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str | None:
    """The browser's program, if it is here and Playwright too."""
    if find_spec("playwright") is None:
        return None
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def open_browser() -> Generator[Any]:
    """A browser with a profile of its own, gone with it. Raises `FileNotFoundError` where there is none."""
    program = find_chromium()
    if program is None:
        raise FileNotFoundError("Chromium and Playwright for Python are needed (pip install playwright)")
    start = import_module("playwright.sync_api").sync_playwright
    with start() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Any, html: str, width: int = 1100, scheme: str = "light") -> Generator[Any]:
    """A page of this text in a window; every error in it, and every request but for its own file, raises at the end."""
    wrong = list[str]()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text))
        page.on("request", lambda asked: asked.url == file.as_uri() or wrong.append(asked.url))
        try:
            page.goto(file.as_uri())
            yield page
        finally:
            page.close()
    assert not wrong, wrong
