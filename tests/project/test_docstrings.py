"""What docstrings and comments name in backquotes is there: a function, class, argument or word of the language."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.places import ROOT

FILES = sorted(path for room in ("rasp", "compiler") for path in (ROOT / room).rglob("*.py"))
NAME = re.compile(r"`([a-z_][a-z0-9_]*|[A-Z][A-Z0-9_]+)(?:\(\))?`")
#: Names of other software, and words that stand for something in an example.
FOREIGN = {"atomicwrites", "has_value", "m0", "tokenizers", "typing"}


@cache
def parse_file(path: Path) -> tuple[str, ast.Module]:
    text = path.read_text(encoding="utf-8")
    return text, ast.parse(text)


def list_names(tree: ast.Module) -> Iterator[str]:
    """What a file defines, takes, reads and imports, and its short texts: options, kinds, keys."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Attribute(attr=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=other):
                yield (other or name).split(".")[-1]
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)) if len(name) < 60:
                yield name
            case _:
                pass


@cache
def list_known() -> frozenset[str]:
    """What any file defines or keeps in objects, and the words of the language."""
    found: set[str] = set()
    for path in FILES:
        for node in ast.walk(parse_file(path)[1]):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
                case ast.Name(id=name, ctx=ast.Store()) if name.isupper():
                    found.add(name)
                case ast.Constant(value=str(text)) if len(text) < 60:
                    found.add(text)
                case _:
                    pass
    words = [
        *(ROOT / "rasp").rglob("*.rasp"),
        ROOT / "rasp" / "syntax" / "grammar.lark",
        ROOT / "docs" / "language.md",
    ]
    return frozenset(found.union(*(re.findall(r"\w+", word.read_text(encoding="utf-8")) for word in words)))


def list_remarks(path: Path) -> Iterator[str]:
    """Comments, docstrings, and texts that stand by themselves."""
    text, tree = parse_file(path)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


@pytest.mark.parametrize(
    "room", sorted({path.parent for path in FILES}), ids=lambda path: str(path.relative_to(ROOT))
)
def test_what_remarks_name_is_there(room: Path) -> None:
    missing: list[str] = []
    for path in sorted(room.glob("*.py")):
        own = {*list_names(parse_file(path)[1])}
        named = {name for remark in list_remarks(path) for name in NAME.findall(remark)}
        missing += [f"{path.name}: {name}" for name in sorted(named - own - list_known() - FOREIGN)]
    assert not missing
