"""The documents as a site, in build/website/site: `python -m website.build_site CIRCUITS`, the folder of a set of circuits.

Everything is written anew from the documents, the programs and their models; nothing on the site is made by hand. The same
documents and programs give the same bytes.
"""

import json
import os
import re
import shutil
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.commands.build import build
from mkdocs.config import load_config

from tests.places import DOCS, ROOT
from website.gallery import draw_program, list_program_pages, write_gallery, write_program

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "website"
#: Documents that stand elsewhere than in docs/, and their names on the site.
ELSEWHERE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
#: Notebooks, and the pages that they become.
NOTEBOOKS = {"look-inside.ipynb": "notebook.md", "other-libraries.ipynb": "other-libraries.md"}
#: A time that is no part of what is built.
EPOCH = "946684800"
LINK = re.compile(r"(!?)\[([^\]\n]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(rasp|python) \S.*$", re.MULTILINE)


def write_pages(circuits: Path, pages: Path) -> None:
    """All pages as Markdown, with their pictures."""
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    texts = {file.name: read_document(file) for file in sorted(DOCS.glob("*.md"))}
    texts |= {page: read_document(ROOT / name) for name, page in ELSEWHERE.items()}
    programs = list_program_pages()
    texts["gallery.md"] = write_gallery(programs)
    texts |= {page.path: write_program(page, circuits) for page in programs}
    shutil.copytree(DOCS / "pictures", pages / "pictures")
    shutil.copy(HERE / "site.css", pages)
    texts |= {page: write_notebook(DOCS / name, pages / "pictures") for name, page in NOTEBOOKS.items()}
    for page in programs:
        write(pages / page.picture, draw_program(page))
    for name, text in texts.items():
        write(pages / name, text)
    drop_lost_links(pages)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read_document(path: Path) -> str:
    """A document with links as they are on the site: it lies beside those of docs/ there."""
    return relink_text(FENCE.sub(r"```\1", path.read_text(encoding="utf-8")))


def relink_text(text: str) -> str:
    """Links to documents and notebooks as they are on the site."""

    def relink(found: re.Match[str]) -> str:
        target, mark, place = found[3].partition("#")
        known = {**ELSEWHERE, **NOTEBOOKS, "programs/README.md": "gallery.md"}
        bare = target.removeprefix("../").removeprefix("docs/")
        return f"{found[1]}[{found[2]}]({known.get(bare, bare)}{mark}{place})"

    return LINK.sub(relink, text)


def write_notebook(path: Path, pictures: Path) -> str:
    """An executed notebook as a page; its pictures are written beside the others."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = [
        part
        for number, cell in enumerate(cells)
        for part in show_cell(cell, pictures / f"{path.stem}-{number}")
    ]
    return "\n\n".join(parts) + "\n"


def show_cell(cell: dict[str, Any], drawn: Path) -> Iterator[str]:
    """A cell's text, then what it gave; `drawn` is how the names of its pictures begin."""
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield relink_text(text)
        return
    yield f"```python\n{text}\n```"
    for k, output in enumerate(cell["outputs"]):
        data = output.get("data", {})
        if "image/png" in data:
            picture = drawn.with_name(f"{drawn.name}-{k}.png")
            picture.write_bytes(b64decode("".join(data["image/png"])))
            yield f"![What the cell above draws](pictures/{picture.name})"
        elif said := "".join(output.get("text", data.get("text/plain", ()))):
            yield f"```text\n{said.rstrip()}\n```"


def drop_lost_links(pages: Path) -> None:
    """Links to files that are not on the site are what they say, and no links."""
    for file in sorted(pages.rglob("*.md")):

        def keep(found: re.Match[str], folder: Path = file.parent) -> str:
            target = found[3].partition("#")[0]
            there = not target or "://" in target or (folder / target).is_file()
            return found[0] if there else found[2]

        file.write_text(LINK.sub(keep, file.read_text(encoding="utf-8")), encoding="utf-8")


def build_site(circuits: Path, folder: Path) -> Path:
    """The site in a folder; where its first page is."""
    write_pages(circuits, folder / "pages")
    shutil.copy(HERE / "mkdocs.yml", folder)
    os.environ.setdefault("SOURCE_DATE_EPOCH", EPOCH)
    build(load_config(str(folder / "mkdocs.yml")))
    for compressed in (folder / "site").glob("*.gz"):  # has the time in it
        compressed.unlink()
    return folder / "site" / "index.html"


if __name__ == "__main__":
    print(build_site(Path(sys.argv[1]), BUILD))
