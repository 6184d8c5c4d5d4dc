"""Run the notebooks of the documents again, in place: `python -m tests.project.write_notebook`.

They run in an empty folder. What differs from one library to the next is left out: versions, and pictures as text. One
whose libraries are not here is left as it is.
"""

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests.places import ROOT

NOTEBOOKS = tuple(sorted((ROOT / "docs").glob("*.ipynb")))
#: What a notebook needs that `.[dev]` does not have.
NEEDED = {"other-libraries": ("nnsight", "transformer_lens")}


def list_missing(path: Path) -> list[str]:
    """The libraries that a notebook needs and that are not here."""
    return [library for library in NEEDED.get(path.stem, ()) if find_spec(library) is None]


def execute_notebook(path: Path) -> Any:
    """The notebook with what its cells give now. Raises `CellExecutionError`."""
    book = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(book, timeout=300, record_timing=False, resources=resources).execute()
    book.metadata.pop("widgets", None)
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output["data"].pop("text/plain", None)
    return book


def read_texts(book: Any) -> list[str]:
    """What each cell printed or gave, without pictures. A kernel cuts what is printed wherever it likes."""
    return ["".join(map(read_output, cell.get("outputs", ()))) for cell in book.cells]


def read_output(output: Any) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain") or "picture"


if __name__ == "__main__":
    for notebook in NOTEBOOKS:
        if missing := list_missing(notebook):
            print(f"{notebook.name} is left as it is: {', '.join(missing)} not here")
        else:
            nbformat.write(execute_notebook(notebook), notebook)
