"""The documents as a site: every document and program has its page, and links lead somewhere."""

import re
from pathlib import Path

import pytest

from compiler.circuits.build_record import CircuitRequest
from compiler.circuits.circuit_set import SetRequest, make_member
from tests.places import DOCS

pytest.importorskip("mkdocs")

from website.build_site import ELSEWHERE, HERE, NOTEBOOKS, drop_lost_links, read_document, write_notebook
from website.gallery import draw_program, list_program_pages, write_gallery, write_program

PAGES = list_program_pages()


def test_every_document_is_in_the_navigation() -> None:
    text = (HERE / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w-]+\.md", text))
    written = {path.name for path in DOCS.glob("*.md")} | {
        *ELSEWHERE.values(),
        *NOTEBOOKS.values(),
        "gallery.md",
    }
    assert named | {"changelog.md"} == written


def test_every_program_is_in_the_gallery_and_has_its_lines() -> None:
    gallery = write_gallery(PAGES)
    assert all(f'href="{page.shipped.name}.html"' in gallery and page.picture in gallery for page in PAGES)
    assert all(page.members for page in PAGES)
    names = [member.name for page in PAGES for member in page.members]
    assert len(names) == len(set(names))


def test_a_program_s_page_tells_of_model_and_circuit(tmp_path: Path) -> None:
    [page] = [page for page in PAGES if page.title == "flip"]
    for member in page.members:
        make_member(tmp_path, member, SetRequest(CircuitRequest(50), 5))
    text = write_program(page, tmp_path)
    assert "flip.svg" in text and "tightest" in text and "| `input->" in text
    assert draw_program(page) == draw_program(page)
    assert draw_program(page).startswith("<svg")


def test_links_are_those_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("a", "b"):
        (tmp_path / "docs" / f"{name}.md").write_text(
            "[x](b.md#y) [z](../programs/sorting/sort.rasp) [r](../README.md)"
        )
    text = read_document(tmp_path / "docs" / "a.md")
    (tmp_path / "a.md").write_text(text)
    (tmp_path / "b.md").write_text("")
    (tmp_path / "index.md").write_text("")
    drop_lost_links(tmp_path)
    assert (tmp_path / "a.md").read_text() == "[x](b.md#y) z [r](index.md)"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_keep_what_their_cells_gave(name: str, tmp_path: Path) -> None:
    text = write_notebook(DOCS / name, tmp_path)
    pictures = re.findall(r"\(pictures/(.*?)\)", text)
    assert pictures and all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert "'?', 'b'" in text and "```python" in text
