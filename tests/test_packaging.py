"""What is installed is enough: data files are packaged, imported packages are declared, commands can be found."""

import ast
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("rasp", "compiler")
#: Distributions that are imported by another name, or come with one that is declared.
PROVIDED_BY = {"lsprotocol": "pygls"}


def test_data_files_are_packaged() -> None:
    packaged = {
        path
        for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }
    files = {path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert {path for path in files if path.suffix not in (".py", ".pyc")} == packaged


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
    assert {PROVIDED_BY.get(name, name) for name in outside} == declared


def test_packages_are_found() -> None:
    """Every folder with code is a package, else a wheel would lack it."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), path.parent


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="rasp")
    assert command.value == PROJECT["project"]["scripts"]["rasp"]
