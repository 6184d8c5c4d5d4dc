"""The type checker tells whoever adds an op where it is missing: in all the places that CONTRIBUTING lists.

Slow: pyright checks all modules that know of nodes. `make check` runs it.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

NODES = "rasp/graph/nodes.py"
#: A new op by its name: the union that it joins, and its row in CONTRIBUTING.
NEW = {"Median": ("AttentionOp", "an s-op that attention computes"), "Xor": ("SelectorOp", "a selector")}
PYRIGHT = Path(sys.executable).with_name("pyright")


def add_op(nodes: str, name: str, union: str) -> str:
    """The text of the module of nodes with one more op."""
    definition = f'@dataclass(frozen=True, slots=True)\nclass {name}:\n    """New."""\n\n\n'
    changed = re.sub(rf"^{union} = (.*)$", rf"{union} = {name} | \1", nodes, flags=re.MULTILINE)
    assert changed != nodes, f"{NODES} has no union {union}"
    return changed.replace("AttentionOp = ", f"{definition}AttentionOp = ", 1)


def listed(change: str) -> set[str]:
    """The modules that CONTRIBUTING names for a change, the one with the op itself apart."""
    row = next(
        line
        for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines()
        if line.startswith(f"| {change} |")
    )
    return set(re.findall(r"`((?:rasp|compiler)/[\w/]+\.py)`", row)) - {NODES}


@pytest.mark.slow
def test_the_type_checker_names_what_a_new_op_needs(tmp_path: Path) -> None:
    if not PYRIGHT.exists():
        pytest.skip("pyright is not installed: make check installs it")
    for folder in ("rasp", "compiler"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    nodes = tmp_path / NODES
    for name, (union, _) in NEW.items():
        nodes.write_text(add_op(nodes.read_text(), name, union))
    knowing = [path for path in tmp_path.rglob("*.py") if "rasp.graph.nodes" in path.read_text()]
    command = [str(PYRIGHT), "--outputjson", "--pythonpath", sys.executable, *map(str, knowing)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found: dict[str, set[str]] = {name: set() for name in NEW}
    for complaint in json.loads(told.stdout)["generalDiagnostics"]:
        missing = [
            name for name in NEW if name in complaint["message"] and "assert_never" in complaint["message"]
        ]
        assert missing, complaint
        for name in missing:
            found[name].add(str(Path(complaint["file"]).relative_to(tmp_path.resolve())))
    assert found == {name: listed(row) for name, (_, row) in NEW.items()}
