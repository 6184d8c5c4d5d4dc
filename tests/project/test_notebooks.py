"""Notebooks stand as executed: no cell is missing its outputs, none failed, and running them again says the same."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.places import ROOT

LIBRARIES = ("ipykernel", "matplotlib", "nbclient", "nbformat")
MISSING = [library for library in LIBRARIES if find_spec(library) is None]
NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))
executing = pytest.mark.skipif(bool(MISSING), reason=f"not here: {', '.join(MISSING)}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_stand_as_executed(path: Path) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))  # also where no library of notebooks is
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert cells and [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    assert all(cell["outputs"] for cell in cells)
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert kinds <= {"stream", "execute_result", "display_data"}, "none failed"


@executing
@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_say_the_same_again(path: Path) -> None:
    writer = import_module("tests.project.write_notebook")
    if missing := writer.list_missing(path):
        pytest.skip(f"not here: {', '.join(missing)}")
    told = writer.read_texts(import_module("nbformat").read(path, as_version=4))
    assert writer.read_texts(writer.execute_notebook(path)) == told
