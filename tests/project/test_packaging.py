"""What is installed is enough: data files are packaged, imported packages are declared, commands can be found; and
what is built from a copy of the tree runs elsewhere.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest

from rasp.version import VERSION
from tests.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("rasp", "compiler")
#: Distributions that are imported by another name, or come with one that is declared.
PROVIDED_BY = {"lsprotocol": "pygls"}


SETUPTOOLS = PROJECT["tool"]["setuptools"]
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, sys.argv[1])(sys.argv[2]))
"""


def test_data_files_are_packaged() -> None:
    packaged = {
        path
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
        for path in folder_of(package).glob(pattern)
    }
    folders = (*FOLDERS, SETUPTOOLS["package-dir"]["rasp.programs"])
    files = {path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert {path for path in files if path.suffix not in (".py", ".pyc")} == packaged


def folder_of(package: str) -> Path:
    return ROOT / SETUPTOOLS["package-dir"].get(package, package.replace(".", "/"))


def test_dependencies_are_declared_and_used() -> None:
    declared = {requirement.split(">=")[0] for requirement in PROJECT["project"]["dependencies"]}
    imported: set[str] = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                    imported.add(node.module.split(".")[0])
    outside = imported - set(FOLDERS) - sys.stdlib_module_names
    extras = {
        row.split(">=")[0] for rows in PROJECT["project"]["optional-dependencies"].values() for row in rows
    }
    used = {PROVIDED_BY.get(name, name) for name in outside}
    assert declared <= used <= declared | extras


def test_packages_are_listed() -> None:
    """Every folder with code, else a wheel would lack it."""
    code = {path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
    assert all((folder / "__init__.py").exists() for folder in code)
    assert {folder_of(package) for package in SETUPTOOLS["packages"]} == code | {ROOT / "programs"}


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="rasp")
    assert command.value == PROJECT["project"]["scripts"]["rasp"]


def built(folder: Path, kind: str) -> Path:
    """A wheel or sdist of the tree in a folder, made without the network."""
    target = folder / kind
    target.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{kind}", str(target)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return target / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def source_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what packaging needs, so that building leaves nothing in the tree."""
    copy = tmp_path_factory.mktemp("clone")
    for name in (*FOLDERS, "programs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def installed(source_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel of the sdist puts into `site-packages`."""
    unpacked = tmp_path_factory.mktemp("sdist")
    with tarfile.open(built(source_tree, "sdist")) as archive:
        archive.extractall(unpacked, filter="data")
    (again,) = unpacked.iterdir()
    site = tmp_path_factory.mktemp("venv") / "lib" / PYTHON / "site-packages"
    with zipfile.ZipFile(built(again, "wheel")) as archive:
        archive.extractall(site)
    return site


def test_a_wheel_has_everything(installed: Path) -> None:
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    ours = {name for name in names if not name.startswith("rasp_compiler-")}
    tracked = {path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()}
    programs = {f"rasp/{path.relative_to(ROOT)}" for path in (ROOT / "programs").rglob("*") if path.is_file()}
    assert ours == programs | {str(path.relative_to(ROOT)) for path in tracked if path.suffix != ".pyc"}
    (metadata,) = installed.glob("*.dist-info/METADATA")
    assert f"\nVersion: {VERSION}\n" in metadata.read_text(encoding="utf-8")


def test_what_is_installed_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    program = 'load "programs/basics/reverse"; load "basics/length"; r = reverse;'
    code = f"import rasp; print(rasp.__version__, rasp.__file__, rasp.load({program!r}).r('abc'))"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{VERSION} {installed / 'rasp' / '__init__.py'} ['c', 'b', 'a']\n"


SNIPPET = """
import rasp
from compiler import CompileOptions, Model, compile_program, load, save

program: rasp.LoadedProgram = rasp.load("n = length;")
compiled = compile_program(program, {"n": "n"}, CompileOptions(tuple("ab"), 3))
save(compiled, "model")
model: Model = load("model")
version: str = rasp.__version__
wrong: int = rasp.load("n = length;")
"""


@pytest.mark.skipif(find_spec("pyright") is None, reason="pyright is not installed")
def test_types_are_seen_by_users(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(SNIPPET, encoding="utf-8")
    environment = installed.parents[2]
    torch = find_spec("torch")
    assert torch is not None and torch.origin is not None
    dependencies = [str(Path(torch.origin).parents[1])]
    settings = {
        "extraPaths": dependencies,
        "venvPath": str(environment.parent),
        "venv": environment.name,
        "typeCheckingMode": "strict",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "snippet.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [
        (row["range"]["start"]["line"], row["rule"]) for row in json.loads(done.stdout)["generalDiagnostics"]
    ]
    assert found == [
        (SNIPPET.splitlines().index('wrong: int = rasp.load("n = length;")'), "reportAssignmentType")
    ]


def test_nobody_is_told_to_install_what_is_on_no_index() -> None:
    """The package is installed from a clone."""
    told = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in told:
        if (
            Path(name).suffix in (".py", ".md", ".js", ".json", ".toml", ".txt")
            and name != "tests/project/test_packaging.py"
        ):
            text = (ROOT / name).read_text(encoding="utf-8")
            assert not re.search(r"(pip|pipx|uv tool|uv pip|uv) (install|add) +['\"]?rasp", text), name


def test_versions_to_develop_with_are_complete() -> None:
    """`make lock` has been run since a dependency was declared or pinned."""
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    project = PROJECT["project"]
    declared = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[\[>=<]", entry)[0].replace("_", "-") for entry in declared}
    assert names - {project["name"]} <= set(locked)
    pinned = re.findall(r"^([\w-]+)==(\S+)", (ROOT / "constraints.in").read_text(), re.MULTILINE)
    assert pinned
    assert set(pinned) <= set(locked.items())


def test_commits_are_checked_by_what_is_here() -> None:
    """Every hook runs a program of `.venv`: nothing is fetched, and the version is that of `make check`."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    entries = re.findall(r"entry: (\S+)", hooks)
    assert entries and set(entries) == {".venv/bin/ruff"}
    assert hooks.count("language: system") == len(entries)
