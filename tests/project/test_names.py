"""What other modules call: named verb + noun, once in its package. One-word functions are a module's own."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from compiler.rewrite import RULES
from compiler.rewrite.driver import Rule
from tests.places import DOCS, ROOT
from tests.project.test_architecture import FILES, tree

#: Of one word because users type them, or because the word is the field's.
KNOWN = {"main", "run", "check", "draw", "evaluate", "load", "parse", "save", "train"}
#: Where names are those that users type: the commands.
TYPED = {
    "rasp.cli",
    "compiler.cli",
    "compiler.start",
    *(module for module in FILES if module.startswith("compiler.lazy_commands.")),
}
#: Stands alone, in the words of its field: a layer and a head of a model, not of the plan that it is built from.
ALONE = {"compiler.transformer.decoder"}
QUESTIONS = {
    *("contains", "excludes", "follows", "has", "is", "lacks", "looks", "may", "needs", "passes", "reads"),
    *("selects", "shows", "takes", "wants"),
}
VERBS = {
    *("begin", "continue", "finish", "fit", "reopen", "resume", "rotate", "superpose", "train"),
    *(
        "add",
        "advise",
        "align",
        "allocate",
        "balance",
        "center",
        "allow",
        "answer",
        "apply",
        "arrange",
        "ask",
        "assemble",
        "attempt",
    ),
    *(
        "audit",
        "average",
        "batch",
        "bound",
        "build",
        "check",
        "choose",
        "classify",
        "clear",
        "colour",
        "combine",
    ),
    *(
        "compact",
        "compare",
        "compile",
        "complete",
        "continue",
        "convert",
        "count",
        "cut",
        "darken",
        "decode",
        "delete",
    ),
    *("describe", "divide", "draw", "drop", "elaborate", "emit", "encode", "evaluate", "execute", "explain"),
    *(
        "express",
        "export",
        "factor",
        "fill",
        "find",
        "flatten",
        "fold",
        "format",
        "found",
        "generate",
        "hash",
        "hide",
        "hold",
        "inherit",
        "interpret",
    ),
    *(
        "join",
        "judge",
        "keep",
        "layout",
        "lift",
        "lighten",
        "limit",
        "lint",
        "list",
        "load",
        "locate",
        "lock",
        "log",
        "look",
    ),
    *("lower", "make", "measure", "merge", "move", "name", "normalise", "number", "open", "operate", "order"),
    *(
        "pack",
        "parse",
        "place",
        "pose",
        "prepare",
        "print",
        "project",
        "quote",
        "rank",
        "read",
        "rebuild",
        "recognise",
    ),
    *(
        "recompile",
        "record",
        "refuse",
        "relate",
        "reload",
        "rename",
        "render",
        "replace",
        "report",
        "resolve",
    ),
    *("reuse", "rewrite", "run", "sample", "save", "say", "scale", "schedule", "seal"),
    *("select", "serve", "shorten"),
    *(
        "show",
        "shrink",
        "spend",
        "split",
        "store",
        "spread",
        "stack",
        "strip",
        "structure",
        "suggest",
        "sum",
        "sync",
        "take",
        "tell",
    ),
    *(
        "tie",
        "tokenize",
        "trace",
        "train",
        "try",
        "undo",
        "unpack",
        "verify",
        "walk",
        "warn",
        "weigh",
        "wrap",
        "write",
    ),
}


def definitions(module: str) -> dict[str, ast.stmt]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in tree(module).body if isinstance(node, kinds)}


def called(module: str) -> Iterator[tuple[str, str]]:
    """(module, name) of what a module takes from others: by `from m import name`, or by `m.name`."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.module, alias.name
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield aliases.get(node.value.id, ""), node.attr


PUBLIC = sorted(
    {
        (target, name)
        for module in FILES
        for target, name in called(module)
        if target in FILES and name in definitions(target)
    }
)


@pytest.mark.parametrize("module", sorted({module for module, _ in PUBLIC} - TYPED))
def test_functions_for_others_are_verb_and_noun(module: str) -> None:
    functions = [
        name
        for target, name in PUBLIC
        if target == module and isinstance(definitions(module)[name], ast.FunctionDef)
    ]
    first = {name: name.split("_")[0] for name in functions if name not in KNOWN}
    wrong = [name for name, verb in first.items() if name == verb or verb not in VERBS | QUESTIONS]
    assert not wrong, "what other modules call is verb + noun; a new verb goes into VERBS"


def test_names_for_others_are_unique_in_a_package() -> None:
    homes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for module, name in PUBLIC:
        if module not in TYPED | ALONE:
            homes[module.split(".")[0], name].add(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


@pytest.mark.parametrize("rule", [each.rule for each in RULES], ids=[each.name for each in RULES])
def test_a_rule_is_named_as_its_file(rule: Rule) -> None:
    assert rule.__module__.rpartition(".")[2] == rule.__name__


def test_the_words_of_the_glossary_are_the_codes() -> None:
    page = (DOCS / "compiler.md").read_text(encoding="utf-8")
    section = page.partition("\n## Words\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")][1:]
    words = [word for cell in cells for word in cell.split(", ")]
    code = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "compiler").rglob("*.py")).lower()
    assert len(words) > 30
    assert [word for word in words if not re.search(rf"\b{word.replace(' ', ' ?')}", code)] == []
