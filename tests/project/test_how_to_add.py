"""Each change of docs/how-to-add.md applies to the sources as they are, and does what the page says.

Slow: that is tried in processes of their own. `make check` does it.
"""

import re
import runpy
import shutil
from pathlib import Path

import pytest

from tests.places import DOCS, ROOT
from tests.project.how_to_add import CHANGES, apply_patch, copy_sources, names, try_change

#: How to mend a patch stands there.
MEND = "see tests/project/how_to_add.py"
#: What a trial needs besides what the tests do.
NEEDS = {"target": "transformers"}


def test_the_page_tells_them_all() -> None:
    page = (DOCS / "how-to-add.md").read_text(encoding="utf-8")
    told = set(re.findall(r"\]\(how-to-add/(\w+\.(?:patch|py))\)", page))
    assert told == {path.name for path in CHANGES.iterdir() if path.suffix in (".patch", ".py")}
    assert told == {f"{name}{suffix}" for name in names() for suffix in (".patch", ".py")}


@pytest.fixture(autouse=True)
def needs_git() -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed: it applies the patches")


@pytest.mark.parametrize("name", names())
def test_a_change_applies(name: str) -> None:
    assert apply_patch(name, ROOT, "--check") == "", MEND


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_a_change_works(name: str, tmp_path: Path) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason="the extra `stock` is not installed")
    with pytest.raises(Exception, match=r"^"):  # if it works without the patch, it shows nothing
        runpy.run_path(str(CHANGES / f"{name}.py"))
    copy_sources(tmp_path)
    apply_patch(name, tmp_path)
    assert try_change(name, tmp_path) == "", MEND
