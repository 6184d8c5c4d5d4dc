"""The playground as somebody uses it, in headless Chromium: typing, pictures, lesson, gallery, link, dark, narrow."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from rasp.page_answers.lesson import find_lesson
from tests.browser.chromium import find_chromium, open_browser
from tests.browser.take_playground_picture import (
    GALLERY,
    PICTURE,
    open_playground,
    take_pictures_of_playground,
    write_program,
)
from tests.interface.playground_server import Server, run_server

if find_chromium() is None:
    pytest.skip("there is no Chromium, or no Playwright", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with run_server() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Generator[Any]:
    with open_browser() as opened:
        yield opened


def wait_until(page: Any, script: str, given: object = None) -> None:
    """Until a script says so: asked anew each time, since the page's policy lets it evaluate no text by itself."""
    for _ in range(600):
        if page.evaluate(script, given):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {script}")


def cells_of(page: Any, name: str) -> list[str]:
    """The values beside a name, once it is there."""
    page.wait_for_selector(f'#values tr[data-name="{name}"] td')
    return page.locator(f'#values tr[data-name="{name}"] td').all_inner_texts()


def wait_for_cells(page: Any, name: str, wanted: list[str]) -> None:
    script = """([name, wanted]) => [...document.querySelectorAll(`#values tr[data-name="${name}"] td`)]
        .map((cell) => cell.innerText).join() === wanted"""
    wait_until(page, script, [name, ",".join(wanted)])


def test_values_follow_what_is_typed(browser: Any, server: Server) -> None:
    with open_playground(browser, server) as page:
        write_program(page, "twice = indices * 2;\nback = select(indices, indices, <);")
        assert cells_of(page, "twice") == ["0", "2", "4", "6", "8"]
        page.fill("#input", "abc")
        wait_for_cells(page, "twice", ["0", "2", "4"])
        assert page.locator("#values .cell.on").count() == 3
        page.wait_for_selector(".t-property >> text=back")
        page.click("#values button >> text=back")
        page.wait_for_selector("#drawing svg")
        assert page.input_value("#drawn") == "back"
        page.click("#tab-values")
        write_program(page, "thrice = indices * 3;")
        wait_for_cells(page, "thrice", ["0", "3", "6"])
        assert page.input_value("#drawn") == "thrice"
        write_program(page, "twice = indicess * 2;")
        page.wait_for_selector(".cm-lintRange-error")
        assert "line 1: there is nothing called `indicess`" in page.inner_text("#problems")


@pytest.mark.slow
def test_names_are_completed_and_explained(browser: Any, server: Server) -> None:
    with open_playground(browser, server) as page:
        write_program(page, "")
        page.keyboard.type("x = selector_w")
        page.wait_for_selector(".cm-tooltip-autocomplete >> text=selector_width")
        page.keyboard.press("Enter")
        wait_until(page, "document.querySelector('.cm-content').innerText === 'x = selector_width'")
        page.wait_for_selector(".t-library")
        page.hover(".t-library")
        page.wait_for_selector(".hover >> text=How many positions")


def test_a_lesson_is_solved(browser: Any, server: Server) -> None:
    with open_playground(browser, server, "lesson/histogram") as page:
        page.click("#check")
        page.wait_for_selector("#verdict >> text=Not yet")
        page.click("#verdict button")
        wait_until(page, "document.querySelector('#input').value === 'b'")
        page.click("#lesson >> text=Hint")
        assert page.locator("#lesson .hints li").count() == 1
        write_program(page, find_lesson("histogram").solution)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#verdict.solved")
        page.click("nav >> text=Lessons")
        page.wait_for_selector("#lessons .done")
        assert "1 of" in page.inner_text("#lessons")


@pytest.mark.slow
def test_drafts_are_kept_apart(browser: Any, server: Server) -> None:
    with open_playground(browser, server) as page:
        write_program(page, "mine = 7;")
        page.wait_for_selector("#values >> text=mine")
        page.evaluate("location.hash = 'lesson/count'")
        page.wait_for_selector("#check")
        write_program(page, "answer = 1;")
        page.click("nav >> text=Write")
        page.wait_for_selector("#values >> text=mine")
        page.evaluate("location.hash = 'lesson/count'")
        wait_until(page, "document.querySelector('.cm-content').innerText === 'answer = 1;'")
        page.reload()
        wait_until(page, "document.querySelector('.cm-content').innerText === 'answer = 1;'")
        page.click("#restart")
        page.wait_for_selector("#values >> text=looks_at_b")


@pytest.mark.slow
def test_the_gallery_opens_programs(browser: Any, server: Server) -> None:
    with open_playground(browser, server, "gallery") as page:
        page.wait_for_selector(".shot img")
        page.fill("#search", "most recent earlier occurrence of my token")
        assert page.locator("#gallery li:visible b").all_inner_texts() == ["induction"]
        page.click("#gallery li:visible a")
        assert cells_of(page, "induction") == ["?", "?", "?", "b", "c"]
        assert page.input_value("#attention") == "causal"


def test_a_link_holds_the_program(browser: Any, server: Server) -> None:
    text = 'long = tokens + "é";  # 𝄞'
    with open_playground(browser, server) as page:
        write_program(page, text)
        page.fill("#input", "xyz")
        page.click("#share")
        wait_until(page, "location.hash.startsWith('#code=')")
        address = page.url
    with open_playground(browser, server, address.partition("#")[2]) as page:
        wait_until(page, "document.querySelector('#input').value === 'xyz'")
        assert page.inner_text(".cm-content") == text
    with open_playground(browser, server, address.partition("#")[2][:-9]) as page:
        page.wait_for_selector("#toast >> text=nothing at this address")


@pytest.mark.slow
def test_a_model_is_compiled_and_shown(browser: Any, server: Server) -> None:
    with open_playground(browser, server) as page:
        write_program(page, "same = selector_width(select(tokens, tokens, ==));")
        page.fill("#input", "sleeplessness")
        page.click("#tab-compile")
        wait_until(page, "document.querySelector('#length').value === '13'")
        page.fill("#expression", "same")
        page.click("#start")
        page.wait_for_selector("iframe", timeout=60_000)
        assert "1 layer 1 head" in " ".join(page.inner_text("#result .sizes").split())
        page.frame_locator("iframe").locator("text=Certificate").first.wait_for()
        write_program(page, "same = 1;")
        page.wait_for_selector("#progress >> text=has changed since")


@pytest.mark.parametrize(("width", "scheme"), [(1360, "dark"), (400, "light")])
def test_dark_and_narrow(browser: Any, server: Server, width: int, scheme: str) -> None:
    with open_playground(
        browser, server, color_scheme=scheme, viewport={"width": width, "height": 800}
    ) as page:
        paper = "getComputedStyle(document.body).backgroundColor"
        assert (page.evaluate(paper) == "rgb(20, 23, 31)") == (scheme == "dark")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.click("#theme")
        assert (page.evaluate(paper) == "rgb(20, 23, 31)") == (scheme == "light")


@pytest.mark.slow
def test_the_document_has_pictures(browser: Any, server: Server, tmp_path: Path) -> None:
    take_pictures_of_playground(browser, server, tmp_path)
    assert all((tmp_path / name).stat().st_size > 20_000 for name in (PICTURE, GALLERY))
