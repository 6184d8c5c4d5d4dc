"""What is printed for an object is one short line, however much is in it."""

from pathlib import Path
from typing import Any

import pytest

import rasp
from compiler import CompileOptions, compile_program, load, save
from compiler.export.checkpoint import read_checkpoint

TEXT = "".join(f"name_{i} = indices + {i};\n" for i in range(300))


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder: Path = tmp_path_factory.mktemp("models") / "model"
    program: Any = rasp.load(TEXT)
    plain = program.program
    long = " + ".join(["indices"] * 100)
    vocabulary = tuple(f"token {i}" for i in range(300))
    compiled = compile_program(plain, {"out": "name_7"}, CompileOptions(vocabulary, 3))
    save(compiled, folder)
    return {
        "program": plain,
        "loaded": program,
        "module": plain.module,
        "source": plain.source,
        "workshop": plain.workshop,
        "graph": plain.graph,
        "scope": plain.scope,
        "node": plain.sop("name_7"),
        "s-op": program(long),
        "function": program("sort"),
        "picture": program(long).picture("abc"),
        "compiled": compiled,
        "options": compiled.options,
        "config": compiled.weights.config,
        "weights": compiled.weights,
        "checkpoint": read_checkpoint(folder),
        "model": load(folder),
    }


@pytest.mark.parametrize(
    "name",
    [
        *("program", "loaded", "module", "source", "workshop", "graph", "scope", "node", "s-op", "function"),
        *("picture", "compiled", "options", "config", "weights", "checkpoint", "model"),
    ],
)
def test_what_is_printed_is_short(name: str, objects: dict[str, object]) -> None:
    text = repr(objects[name])
    assert len(text) <= 200 and "\n" not in text, text
    assert " at 0x" not in text
