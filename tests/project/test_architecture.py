"""The shape of the code: what may import what, how long things are, what may not stand at a module's top."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import networkx
import pytest

from tests.places import ROOT

#: The house, from the bottom up. A name is a package with all that is in it, or a module that stands alone;
#: an import goes to what stands earlier, or stays inside of its package, where no two modules need each other.
ORDER = (
    "rasp.values rasp.source rasp.diagnostics rasp.limits rasp.recursion rasp.arguments rasp.inputs",
    "rasp.write_whole rasp.version rasp.library",
    "rasp.syntax",
    "rasp.graph",
    "rasp.interpret",
    "rasp.elaborate",
    "rasp.lint rasp.notation rasp.format",
    "rasp.drawing",
    "rasp.command_line",
    "rasp.prompt",
    "rasp.language_features",
    "rasp.editor",
    "rasp.api rasp.cli rasp rasp.__main__",
    "rasp.page_answers",
    "compiler.limits compiler.options compiler.fraction_set compiler.joined_texts compiler.number_sums compiler.config",
    "compiler.refusal",
    "compiler.effort",
    "compiler.numerics compiler.targets compiler.domains",
    "compiler.selector_facts",
    "compiler.analysis",
    "compiler.rewrite.order_rules compiler.rewrite.tried_rules compiler.blocks",
    "compiler.rewrite.rules",
    "compiler.rewrite",
    "compiler.factorings",
    "compiler.reading",
    "compiler.lowering compiler.plan",
    "compiler.audit",
    "compiler.search compiler.emit",
    "compiler.json_forms",
    "compiler.strict_json",
    "compiler.report compiler.completions",
    "compiler.advice",
    "compiler.pipeline",
    "compiler.stock",
    "compiler.export compiler.transformer",
    "compiler.model",
    "compiler.trained",
    "compiler.opening",
    "compiler.formats",
    "compiler.engines",
    "compiler.verify",
    "compiler.cluster",
    "compiler.circuits compiler.golden compiler.explorer compiler.training",
    "compiler.playground",
    "compiler",
    "compiler.command_options",
    "compiler.inside_commands",
    "compiler.commands",
    "compiler.export_commands compiler.training_commands",
    "compiler.lazy_commands",
    "compiler.cli",
    "compiler.start",
    "compiler.__main__",
)
LEVEL = {room: level for level, room in enumerate(" ".join(ORDER).split())}
MOST_MODULES = 15
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("rasp", "compiler")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
#: Starts a command and only then imports what that needs, so that `rasp run` need not wait for torch.
LATE = {"compiler.lazy_commands", "rasp.cli"}
#: Modules that run models; everything else has to work, and start, without torch.
WITH_TORCH = (
    "compiler.transformer.",
    "compiler.model.",
    "compiler.opening",
    "compiler.commands.opened_model",
    "compiler.verify.readers",
    "compiler.verify.differential",
    "compiler.training.",
    "compiler.training_commands.",
    "compiler.trained.trained_model",
    "compiler.verify.stock_folder",
    "compiler.verify.verify_completions",
    "compiler.formats.stock_onnx",
    "compiler.formats.nanogpt_files",
    "compiler.engines.",
    "compiler.golden.answer_golden",
    "compiler.cluster.",
)
#: Rooms and modules whose numbers say how much of something is shown, or done at a time.
SHOWING = {
    *("rasp.command_line", "rasp.drawing", "rasp.elaborate.failure", "rasp.inputs", "rasp.language_features"),
    *(
        "rasp.lint",
        "rasp.notation",
        "rasp.page_answers",
        "rasp.prompt",
        "compiler.commands",
        "compiler.inside_commands",
        "compiler.report",
        "compiler.verify",
    ),
}
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
    """The modules that a node names: `from a.b import c` is a.b.c if that is a module, and so is a string that
    is a module's name, since `import_module` is given such."""
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            for alias in names:
                yield f"{module}.{alias.name}" if f"{module}.{alias.name}" in FILES else module
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.Constant(value=str(name)) if "." in name and name in FILES:
            yield name
        case _:
            return


@cache
def imports(module: str) -> frozenset[str]:
    """Every module that `module` imports anywhere, also inside functions and for types only."""
    return frozenset(target for node in ast.walk(tree(module)) for target in targets(node)) - {module}


def room(module: str) -> str:
    """The package of `ORDER` that a module is in, or the module itself where it stands alone."""
    return module if module in LEVEL else module.rpartition(".")[0]


def has_code(module: str) -> bool:
    """Whether there is more in a module than a docstring."""
    body = tree(module).body
    return len(body) > 1 or any(not isinstance(statement, ast.Expr) for statement in body)


def test_every_module_has_a_room() -> None:
    rooms = " ".join(ORDER).split()
    assert len(rooms) == len(set(rooms)), "something stands twice in ORDER"
    assert {room(module) for module in FILES} - set(rooms) == set(), "add these to ORDER"
    assert set(rooms) - {room(module) for module in FILES} == set(), "these stand in ORDER but are gone"


@pytest.mark.parametrize("module", FILES)
def test_imports_go_down(module: str) -> None:
    ours = {target for target in imports(module) if target.split(".")[0] in ("rasp", "compiler")}
    others = {target for target in ours if room(target) != room(module)}
    wrong = [target for target in sorted(others) if LEVEL[room(target)] >= LEVEL[room(module)]]
    assert not wrong, f"{module} may not import {', '.join(wrong)}"


def test_no_module_needs_itself() -> None:
    """No circles among the modules of a package (between packages `ORDER` leaves none)."""
    house = networkx.DiGraph(
        (module, target) for module in FILES for target in imports(module) if target in FILES
    )
    circles = [sorted(part) for part in networkx.strongly_connected_components(house) if len(part) > 1]
    assert circles == []


@pytest.mark.parametrize("package", sorted({room(module) for module in FILES if module not in LEVEL}))
def test_packages_are_small(package: str) -> None:
    inside = [module for module in FILES if room(module) == package and module != package]
    assert len(inside) <= MOST_MODULES, f"{len(inside)} modules: two subjects, two packages"


def test_names_of_modules_are_unique() -> None:
    """One name, one subject; a command is named as the package that does its work. Each package has limits."""
    names = [
        module.rpartition(".")[2]
        for module in FILES
        if room(module) not in ("compiler.commands", "compiler.cli")
        and not module.endswith(("__main__", ".limits"))
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_the_language_knows_nothing_of_the_compiler() -> None:
    for module in FILES:
        if module.split(".")[0] == "rasp":
            assert not {target for target in imports(module) if target.split(".")[0] in ("compiler", "torch")}


def test_only_the_model_imports_torch() -> None:
    users = [module for module in FILES if "torch" in {target.split(".")[0] for target in imports(module)}]
    assert [module for module in users if not module.startswith(WITH_TORCH)] == []


#: What takes long to import, and code that must not wait for it: that which is behind `import rasp`, `rasp run`,
#: the prompt, the language server.
SLOW_LIBRARIES = {
    "torch": ("compiler.pipeline", "compiler.commands.compile"),
    "networkx": ("compiler.opening",),
    "pygls": ("rasp.prompt.terminal",),
}
QUICK = (
    "import rasp, rasp.cli, compiler, compiler.cli",
    "import rasp.command_line.run_command, rasp.command_line.draw_command",
    "from compiler.commands.repl import make_repl; make_repl()",
)


@pytest.mark.parametrize("library", SLOW_LIBRARIES)
def test_starts_without(library: str) -> None:
    imports = [*QUICK, *(f"import {module}" for module in SLOW_LIBRARIES[library])]
    code = "; ".join([*imports, f"import sys; sys.exit({library!r} in sys.modules)"])
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("module", [module for module in FILES if room(module) not in LATE])
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


@pytest.mark.parametrize("module", FILES)
def test_no_case_is_passed_over_in_silence(module: str) -> None:
    """The last case of a `match` takes the rest: by `assert_never` where there is none."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Match):
            last = node.cases[-1]
            rest = (
                isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
            )
            assert rest, f"line {node.lineno}: add `case _:`"


@pytest.mark.parametrize("module", FILES)
def test_limits_stand_in_one_file(module: str) -> None:
    """What there may be the most of is a row of its package's table; what is shown of something is no limit."""
    if module in SHOWING or room(module) in SHOWING:
        return
    for name in constants(tree(module)):
        assert not name.startswith(("MOST_", "LONGEST_", "DEEPEST")), f"{name} belongs into limits.py"


def constants(module: ast.Module) -> Iterator[str]:
    """The names that a module gives to numbers."""
    for statement in module.body:
        if isinstance(statement, ast.Assign):
            yield from (
                name.id
                for target in statement.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            )


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


def test_tests_stand_in_folders() -> None:
    """By what they test; what several folders share stands above them."""
    assert not list((ROOT / "tests").glob("test_*.py"))
