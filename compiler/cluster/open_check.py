"""What a folder holds, opened to be compared with its program, by whoever has the folder alone."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from compiler.engines.engine_table import ENGINES, EngineRequest, open_engine
from compiler.engines.recompile_folder import recompile_folder
from compiler.export.checkpoint import read_checkpoint
from compiler.export.recorded_program import read_outputs, read_program
from compiler.export.stock_files import is_stock
from compiler.model.runner import Model
from compiler.verify.differential import Check
from compiler.verify.run_engine import check_of
from compiler.verify.stock_folder import open_stock_folder


@contextmanager
def open_check(folder: Path, request: EngineRequest | None) -> Generator[Check]:
    """The check of a checkpoint, of a folder for a family, or of any folder in an engine; as `rasp verify` makes it.

    Raises `CheckpointError`, `ModelError`, `RaspError`, and `CompileError` where this version refuses the program.
    """
    if request is not None:
        found = recompile_folder(folder)
        own = folder if found.format == ENGINES[request.engine].format else None
        with open_engine(replace(request, folder=own), found.compiled) as model:
            yield check_of(model, found.compiled)
    elif is_stock(folder):
        opened = open_stock_folder(folder)
        yield check_of(opened.model, opened.compiled)
    else:
        checkpoint = read_checkpoint(folder)
        outputs = read_outputs(read_program(checkpoint), checkpoint)
        options = checkpoint.options
        yield Check(Model(checkpoint.weights), outputs, options.no_value, margin=options.margin)
