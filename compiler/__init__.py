"""The compiler's face: `compile_program`, `CompileOptions`, `CompileError`, `save`, `load`, `Model`, `write_export`.

    from compiler import CompileOptions, compile_program, load, save

    compiled = compile_program(program, {"out": "sort(tokens, tokens)"}, CompileOptions(tuple("abc"), 8))
    save(compiled, "sorted")
    load("sorted")("cab")  # ["a", "b", "c"]

Names are imported when first used, so that importing `compiler` does not import torch. It imports nothing at all: while
it does, the command `rasp` cannot be interrupted quietly yet (`compiler/start.py`).
"""

#: As in `typing`, which takes ten times as long to import as all of this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from compiler.export.compiled import save
    from compiler.formats.write_export import write_export
    from compiler.model.runner import Model
    from compiler.opening import load
    from compiler.options import CompileError, CompileOptions
    from compiler.pipeline import Compiled, compile_program

PLACES = {
    "CompileError": "compiler.options",
    "CompileOptions": "compiler.options",
    "Compiled": "compiler.pipeline",
    "Model": "compiler.model.runner",
    "compile_program": "compiler.pipeline",
    "load": "compiler.opening",
    "save": "compiler.export.compiled",
    "write_export": "compiler.formats.write_export",
}

__all__ = [
    "CompileError",
    "CompileOptions",
    "Compiled",
    "Model",
    "compile_program",
    "load",
    "save",
    "write_export",
]


def __getattr__(name: str) -> object:
    if name not in PLACES:
        raise AttributeError(f"module 'compiler' has no attribute {name!r}")
    return getattr(__import__(PLACES[name], fromlist=[name]), name)
