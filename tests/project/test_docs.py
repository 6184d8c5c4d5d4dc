"""The documents are true: their examples run and give what stands there; the paths and links they name exist.

`python -m tests.project.test_docs FILE…` writes down what the examples give now.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.project.documents import replayed

DOCUMENTS = (
    "README.md",
    "docs/language.md",
    "docs/tutorial.md",
    "docs/compiler.md",
    "docs/sizes.md",
    "docs/command-line.md",
    "docs/stages.md",
    "docs/open-the-model.md",
    "docs/look-inside.md",
    "docs/disguise.md",
)
PROSE = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "programs/README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
PATH = re.compile(
    r"`((?:rasp|compiler|tests|programs|docs|benchmarks|editors|\.ci)/[\w./*-]*|[A-Z]\w+\.md|Makefile)`"
)
TARGET = re.compile(r"(?:`|^)make ([a-z]+)(?=`|\s+#|$)", re.MULTILINE)
#: A row of the README's table: program, layers, heads, parameters, wrong; the other compiler's layers and parameters.
ROW = re.compile(r"^\| `(\S+)` \| (\d+) \| (\d+) \| ([\d,]+) \| (\d+)% \| (\d+) \| ([\d,]+) \|", re.MULTILINE)
#: In the results of the benchmark: the size, and the mean below its table.
MEAN = re.compile(
    r"^## Vocabulary and length (\S+)$(?:(?!^##).)*?are ([\d.]+) times ours", re.MULTILINE | re.DOTALL
)
#: Seconds, and what depends on them, differ from run to run.
TIMES = re.compile(r"^ +time .*$", re.MULTILINE)


def in_its_folder(document: str) -> str:
    """The document replayed in the current folder, which gets the programs of the repository."""
    Path("programs").symlink_to(ROOT / "programs")
    return replayed((ROOT / document).read_text(encoding="utf-8"))


def same_but_time(text: str) -> str:
    return TIMES.sub("  time", text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_examples_give_what_stands_there(
    document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = (ROOT / document).read_text(encoding="utf-8")
    assert same_but_time(in_its_folder(document)) == same_but_time(written)


@pytest.mark.parametrize("document", PROSE)
def test_paths_links_and_targets_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for link in LINK.findall(text):
        assert ((ROOT / document).parent / link).exists(), link
    for path in PATH.findall(text):
        assert list(ROOT.glob(path.rstrip("/"))), path
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in TARGET.findall(text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


def test_modules_name_files_that_exist() -> None:
    """In docstrings and comments; names in capitals stand for others."""
    for folder in ("rasp", "compiler", "tests", "benchmarks"):
        for module in (ROOT / folder).rglob("*.py"):
            for path in PATH.findall(module.read_text(encoding="utf-8")):
                assert path != path.lower() or list(ROOT.glob(path.rstrip("/"))), f"{module}: {path}"


def test_the_table_of_sizes_is_measured() -> None:
    written = {row[0]: row[1:] for row in ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    script = str(ROOT / "benchmarks" / "compiler.py")
    options = ["--sizes", "10x20", "--programs", ",".join(written), "--inputs", "20", "--json"]
    done = subprocess.run([sys.executable, script, *options], cwd=ROOT, capture_output=True, check=True)
    rows = {row["program"]: row for row in json.loads(done.stdout)["10x20"]["rows"]}
    columns = ("layers", "heads", "parameters", "wrong", "Tracr layers", "Tracr parameters")
    for program, cells in written.items():
        assert tuple(f"{rows[program][column]:,}" for column in columns) == cells, program


def test_the_means_are_those_of_the_last_benchmark() -> None:
    results = (ROOT / "benchmarks" / "results" / "sizes.md").read_text(encoding="utf-8")
    means = {size: float(mean) for size, mean in MEAN.findall(results)}
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    claim = re.search(
        r"have (\d+) times as many parameters \(geometric mean\), and (\d+) times for 26", readme
    )
    assert claim is not None
    assert claim.groups() == (f"{means['10x20']:.0f}", f"{means['26x32']:.0f}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            (ROOT / name).write_text(in_its_folder(name), encoding="utf-8")
