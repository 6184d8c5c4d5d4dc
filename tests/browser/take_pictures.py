"""Pictures of pages for the documents, taken in headless Chromium.

python -m tests.browser.take_pictures
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.chromium import open_browser, open_page
from tests.browser.pages import build_shown
from tests.places import ROOT

FOLDER = ROOT / "docs" / "pictures"


@dataclass(frozen=True)
class Picture:
    """Of the page of a model: the parts from `first` to `last`, with a name chosen before, or none."""

    name: str
    page: str
    first: str
    last: str
    chosen: str = ""
    width: int = 1000
    scheme: str = "light"


PICTURES = (
    Picture("inspect-induction", "induction", "header", "#heads", chosen="previous"),
    Picture("inspect-heads", "induction", "#h-program", "#heads", width=900),
    Picture("inspect-counting", "histogram", "#heads", "#heads", width=900),
    Picture("inspect-residual", "dyck1", "#h-residual", "#numbers", scheme="dark"),
    Picture("inspect-rotated", "rotated", "#h-residual", "#weights"),
    Picture("inspect-narrow", "reverse", "header", "#values", width=400),
)


def take_pictures(browser: Any, folder: Path) -> None:
    """Write them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        with open_page(browser, build_shown(picture.page), picture.width, picture.scheme) as page:
            if picture.chosen:
                page.locator("#source .name", has_text=picture.chosen).first.click()
            page.evaluate("document.querySelector('header').style.position = 'static'; scrollTo(0, 0)")
            first, last = (page.locator(part).first.bounding_box() for part in (picture.first, picture.last))
            top, bottom = first["y"], last["y"] + last["height"]
            clip = {"x": 0, "y": top - 6, "width": picture.width, "height": bottom - top + 16}
            clip["y"] = max(0, clip["y"])
            page.screenshot(path=folder / f"{picture.name}.png", full_page=True, clip=clip)


if __name__ == "__main__":
    with open_browser() as browser:
        take_pictures(browser, FOLDER)
