"""The page of `rasp inspect` in a browser: clicks, keys, another input, dark and narrow windows."""

from collections.abc import Generator
from typing import Any

import pytest

from compiler.limits import PAGE_BYTES
from rasp.interpret.evaluate import evaluate
from rasp.values import show_value
from tests.browser.chromium import find_chromium, open_browser, open_page
from tests.browser.pages import SHOWN, build_shown, compile_shown
from tests.browser.take_pictures import PICTURES, take_pictures

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="Chromium or Playwright for Python is not here"
)


@pytest.fixture(scope="module")
def browser() -> Generator[Any]:
    with open_browser() as found:
        yield found


def answers_of(name: str) -> list[list[str]]:
    """The interpreter's answers, a row for each position."""
    of = compile_shown(name)
    rows = evaluate([*of.meaning.values()], [SHOWN[name].input], of.options.attention)
    return [list(row) for row in zip(*([show_value(v) for v in values] for [values] in rows), strict=True)]


def cells(page: Any, part: str) -> list[list[str]]:
    """The text of a table's body."""
    script = "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent))"
    return page.locator(f"{part} table:not(.map)").first.evaluate(script)


def map_of(figure: Any) -> list[list[bool]]:
    """Which cells of a heat-map are more than half shaded."""
    script = (
        "figure => [...figure.querySelectorAll('tr')].slice(1).map(row => [...row.querySelectorAll('.cell')]"
        ".map(cell => parseFloat(cell.style.getPropertyValue('--share')) > 50))"
    )
    return figure.evaluate(script)


@pytest.mark.parametrize("name", SHOWN)
def test_pages_fit_their_window(browser: Any, name: str) -> None:
    """Nothing but frames of their own scrolls sideways; light is light and dark is dark; answers are the program's."""
    with open_page(browser, build_shown(name)) as page:
        assert [row[1::2] for row in cells(page, "#answers")] == answers_of(name)
        for width, scheme in ((1100, "light"), (400, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            colours = page.evaluate(
                "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
            )
            paper, ink = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
            assert (paper > 700 and ink < 200) if scheme == "light" else (paper < 200 and ink > 600)
    assert len(build_shown(name)) <= PAGE_BYTES.most


def test_a_name_that_is_clicked_is_told_and_marked(browser: Any) -> None:
    with open_page(browser, build_shown("dyck1")) as page:
        assert page.locator("#source .quiet .name").count() == 0, "comments have no names"
        page.locator("#source .name", has_text="opening").first.click()
        assert "written by layer 0 head 0, in 1 column" in page.inner_text("#told")
        assert cells(page, "#told") == [["1", "2", "2", "2", "3", "3", "3"]]
        marked = page.locator("#values tr.chosen, #timeline tr.chosen").all_inner_texts()
        assert len(marked) == 2 and all(row.startswith("opening") for row in marked)
        assert page.locator(".head.chosen h4").all_inner_texts() == ["layer 0 head 0"]
        page.locator("#source .name", has_text="balance").first.click()
        assert "no value of its own" in page.inner_text("#told")
        assert cells(page, "#told") == [["1", "2", "1", "0", "1", "0", "-1"]]
        page.locator("#source .name", has_text="up_to_me").first.click()
        assert "in the selector of layer 0 head 0, layer 0 head 1, layer 1 head 0" in page.inner_text("#told")
        assert map_of(page.locator("#told figure")) == [[k <= q for k in range(7)] for q in range(7)]
        page.locator("#source .name", has_text="up_to_me").first.click()
        assert page.locator(".chosen").count() == 0


def test_names_stand_for_the_heads_whose_selectors_read_them(browser: Any) -> None:
    """`previous` is what the first head writes, and what the second looks for, by way of another name."""
    with open_page(browser, build_shown("induction")) as page:
        page.locator("#source .name", has_text="previous").first.click()
        assert "; in the selector of layer 1 head 0." in page.inner_text("#told")
        assert page.locator(".head.chosen h4").all_inner_texts() == ["layer 0 head 0", "layer 1 head 0"]


def test_another_input_is_computed_and_wrong_ones_are_told(browser: Any) -> None:
    with open_page(browser, build_shown("induction")) as page:
        page.fill("#input", "dcbdc")
        assert [row[1] for row in cells(page, "#answers")] == ['"?"', '"?"', '"?"', '"c"', '"b"']
        values = {row[0]: row[1:6] for row in cells(page, "#values")}
        assert values["previous"] == ['""', '"d"', '"c"', '"b"', '"d"']
        assert "what wins, by the scores" in page.inner_text("#heads")
        for text, complaint in (("abx", '"x" at position 2'), ("a" * 9, "at most 8"), ("", "at least one")):
            page.fill("#input", text)
            assert complaint in page.inner_text("#problem")
            assert page.get_attribute("#input", "aria-invalid") == "true"
            assert [row[1] for row in cells(page, "#answers")] == ['"?"', '"?"', '"?"', '"c"', '"b"']
        page.fill("#input", '["a", "b", "a"]')
        assert page.inner_text("#problem") == ""
        assert [row[1] for row in cells(page, "#answers")] == ['"?"', '"?"', '"b"']


def test_heads_that_count_say_why_all_is_on_bos(browser: Any) -> None:
    with open_page(browser, build_shown("histogram")) as page:
        assert "Counts: BOS scores" in page.inner_text(".head")
        attention, without, selected = page.locator(".head figure").all()
        assert all(row == [True] + [False] * 6 for row in map_of(attention)[1:])
        assert "What BOS itself gets is read by nobody." in page.inner_text(".head")
        same = [[one == other for other in "abcaab"] for one in "abcaab"]
        assert map_of(without) == map_of(selected) == same
        page.fill("#input", "ba")
        assert map_of(page.locator(".head figure").last) == [[True, False], [False, True]]


def test_everything_is_reached_by_keys(browser: Any) -> None:
    with open_page(browser, build_shown("reverse")) as page:
        page.keyboard.press("/")
        page.keyboard.type("ab")
        assert page.input_value("#input") == "ab"
        order = list[str]()
        while "array" not in order and len(order) < 80:
            page.keyboard.press("Tab")
            order.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
            if page.evaluate("document.activeElement.textContent") == "reverse":
                page.keyboard.press("Enter")
                assert page.inner_text("#told b") == "reverse"
            if page.evaluate("document.activeElement.id") == "step":
                page.keyboard.press("End")
                assert page.input_value("#step") == "4"
        assert {"source", "name", "scroll", "step", "array"} <= {*order}


def test_weights_have_labels_and_large_ones_are_painted(browser: Any) -> None:
    with open_page(browser, build_shown("reverse")) as page:
        page.select_option("#array", "unembeddings.0.weight")
        head = page.locator("#weights th[scope=col]").all_inner_texts()
        assert head == [f'"{token}"' for token in "abcde"]
        page.evaluate(
            "document.querySelector('#weights').append(heatMap(Array.from({length: 90}, (_, r) => "
            "Array.from({length: 90}, (_, c) => r - c)), [...Array(90).keys()], [...Array(90).keys()], 'big'))"
        )
        canvas = page.locator("canvas")
        canvas.hover(position={"x": 15, "y": 4})
        assert page.evaluate("document.querySelector('canvas').title") == "0, 1: -1"


def test_weights_in_another_basis_bear_no_names(browser: Any) -> None:
    """A column of a rotated residual is a bit of each value; only directions, as the numbers are read, carry one."""
    with open_page(browser, build_shown("rotated")) as page:
        width = compile_shown("rotated").weights.config.d_model
        page.select_option("#array", "embedding.tokens")
        labels = page.locator("#weights th[scope=col]").all_inner_texts()
        assert labels == [f"{k}" for k in range(width)]
        assert any("previous" in label for label in page.locator("#numbers th[scope=col]").all_inner_texts())
        assert "directions" in page.inner_text("#values thead")


def test_pictures_of_the_documents_can_be_taken(browser: Any, tmp_path: Any) -> None:
    take_pictures(browser, tmp_path)
    for picture in PICTURES:
        assert (tmp_path / f"{picture.name}.png").stat().st_size > 5_000
