"""The shape of the code: what may import what, how long things are, what may not stand at a module's top."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Every module, from the bottom up: an import goes to a module that stands earlier. The names of a row are in
#: the folder that stands first; `.` is the folder itself, if its `__init__` holds code.
LEVELS = (
    (
        "rasp",
        "version source depth values inputs diagnostics limits arguments write_whole tokens forms topics comments "
        "syntax foreign mistakes",
    ),
    ("rasp", "build complaints grammar lexer parser chunks walk readings directives"),
    ("rasp.pretty", "document remarks expressions statements"),
    (
        "rasp",
        "style console input_options input_lines progress answering svg format format_command pygments_lexer",
    ),
    ("rasp", "prims graph graph_text check_graph layers library.load"),
    (
        "rasp",
        "column distinct selection counting dense choosing elementwise averaging run selecting evaluate trace",
    ),
    (
        "rasp.elaborate",
        "names scope effort static binding failure lift apply index builtins expressions statements",
    ),
    ("rasp.elaborate", "prelude"),
    ("rasp", "program lint"),
    (
        "rasp",
        "naming sequences matrix formula events moments session changes show help commands asking keeping",
    ),
    (
        "rasp",
        "picture draw_text draw_svg draw_dot draw_html draw_file face drawing repl completion highlight terminal",
    ),
    (
        "rasp.language_server",
        "patience protocol positions document names complaints describe signature complete outline variables",
    ),
    (
        "rasp.language_server",
        "rename repairs draw inlays semantic_tokens folding open_texts server",
    ),
    ("rasp", ". run_command draw_command cli __main__"),
    ("compiler", "options config"),
    (
        "compiler.analysis",
        "domain formula means rows refusal effort facts matching orders selectors alike divide leaf_values occurring",
    ),
    ("compiler.analysis", "infer defined kinds"),
    (
        "compiler.optimise",
        "rewrite make_total fold_positional own_position one_selector place_best default_apart mean_of_constant "
        "flags_as_sum count_of_mean split_width split_or count_before .",
    ),
    ("compiler.emit", "precision rounding weights"),
    (
        "compiler.lower",
        "form staircase basis blocks plan layout reuse values candidates lookup readouts relations scores choose",
    ),
    ("compiler.emit", "decisions anchors tables logits bounds assemble"),
    ("compiler.lower", "search"),
    ("compiler.report", "describe certificate parts columns stages summary explain"),
    ("compiler", "pipeline"),
    ("compiler.export", "folder read_file records tokenizer consistency files checkpoint compiled"),
    ("compiler.model", "problem answers arithmetic cache check_ids decoder runner generate"),
    ("compiler", "opening"),
    ("compiler.verify", "inputs lookahead readers differential source recompile verdict columns blame"),
    ("compiler", "."),
    ("compiler.commands", "sizes threads compile examples info model verify known_lines repl_actions repl"),
    ("compiler", "cli __main__"),
)
PLACES = [folder if name == "." else f"{folder}.{name}" for folder, names in LEVELS for name in names.split()]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("rasp", "compiler")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
#: Starts a command and only then imports what that needs, so that `rasp run` need not wait for torch.
LATE = {"compiler.cli", "rasp.cli"}
#: Modules that run models; everything else has to work, and start, without torch.
WITH_TORCH = (
    "compiler.model.",
    "compiler.opening",
    "compiler.commands.threads",
    "compiler.verify.readers",
    "compiler.verify.differential",
)
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "tools"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 60
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MAKERS = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict", "bytearray"}
CHANGES = {
    "append", "add", "update", "pop", "popitem", "clear", "setdefault", "extend", "insert", "remove",
    "discard", "sort", "reverse", "appendleft", "popleft",
}  # fmt: skip


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def targets(node: ast.AST) -> Iterator[str]:
    """The modules that an import statement names: `from a.b import c` names a.b.c if that is a module."""
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            for alias in names:
                yield f"{module}.{alias.name}" if f"{module}.{alias.name}" in FILES else module
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case _:
            return


def imports(module: str) -> set[str]:
    """Every module that `module` imports anywhere, also inside functions and for types only."""
    return {target for node in ast.walk(tree(module)) for target in targets(node)} - {module}


def has_code(module: str) -> bool:
    """Whether there is more in a module than a docstring."""
    body = tree(module).body
    return len(body) > 1 or any(not isinstance(statement, ast.Expr) for statement in body)


def test_every_module_has_one_place() -> None:
    assert len(PLACES) == len(set(PLACES)), "a module stands twice in LEVELS"
    written = {module for module in FILES if has_code(module)}
    assert written - set(PLACES) == set(), "add these to LEVELS in tests/test_architecture.py"
    assert set(PLACES) - written == set(), "these stand in LEVELS but are gone"


@pytest.mark.parametrize("module", FILES)
def test_imports_go_down(module: str) -> None:
    ours = {target for target in imports(module) if target.split(".")[0] in ("rasp", "compiler")}
    place = {name: i for i, name in enumerate(PLACES)}
    wrong = [target for target in sorted(ours) if place.get(target, -1) >= place.get(module, -1)]
    assert not wrong, f"{module} may not import {', '.join(wrong)}"


def test_the_language_knows_nothing_of_the_compiler() -> None:
    for module in FILES:
        if module.split(".")[0] == "rasp":
            assert not {target for target in imports(module) if target.split(".")[0] in ("compiler", "torch")}


def test_only_the_model_imports_torch() -> None:
    users = [module for module in FILES if "torch" in {target.split(".")[0] for target in imports(module)}]
    assert [module for module in users if not module.startswith(WITH_TORCH)] == []


@pytest.mark.parametrize("module", ["rasp", "rasp.cli", "compiler", "compiler.cli", "compiler.pipeline"])
def test_starts_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("module", sorted(set(FILES) - LATE))
def test_imports_stand_at_the_top(module: str) -> None:
    inside = [
        node.lineno
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inside, f"imports inside functions, lines {inside}"


def functions(module: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("module", FILES)
def test_files_and_functions_are_short(module: str) -> None:
    lines = len(FILES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{lines} lines: split it along its docstring"
    for function in functions(module):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{function.name} has {length} lines"


@pytest.mark.parametrize("module", FILES)
def test_names_say_what_is_inside(module: str) -> None:
    words = {word for part in module.split(".") for word in part.split("_")}
    assert not words & BANNED


@pytest.mark.parametrize("module", FILES)
def test_modules_are_documented(module: str) -> None:
    assert ast.get_docstring(tree(module)) or not has_code(module)


@pytest.mark.parametrize("module", FILES)
def test_no_state_in_modules(module: str) -> None:
    """Lists, dicts and sets at the top of a module are tables: named in capitals and never changed."""
    for name in mutable_globals(tree(module)):
        assert name.isupper() or name == "__all__", (
            f"{name} is module-level state, or a constant in small letters"
        )
    for node in ast.walk(tree(module)):
        assert not isinstance(node, ast.Global), f"line {node.lineno}: global"
        changed = changed_name(node)
        assert not changed.isupper(), f"{changed} is changed"


def mutable_globals(module: ast.Module) -> Iterator[str]:
    for statement in module.body:
        match statement:
            case ast.Assign(targets=names, value=value):
                pass
            case ast.AnnAssign(target=name, value=ast.expr() as value):
                names = [name]
            case _:
                continue
        made = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in MAKERS
        if made or isinstance(value, MUTABLE):
            yield from (name.id for name in names if isinstance(name, ast.Name))


def changed_name(node: ast.AST) -> str:
    """The name that a statement or call changes in place, if it changes one."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name)), *_]):
            return name
        case ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name)):
            return name
        case ast.Delete(targets=[ast.Subscript(value=ast.Name(id=name)), *_]):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in CHANGES:
            return name
        case _:
            return ""
