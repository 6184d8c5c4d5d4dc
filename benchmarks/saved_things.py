"""What `benchmarks/kill_saves.py` saves again and again: a checkpoint and a program, each with two contents."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compiler.export.checkpoint import read_checkpoint, write_checkpoint
from compiler.export.compiled import make_checkpoint
from compiler.export.files import encode_files
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.write_whole import write_text


@dataclass(frozen=True)
class Saved:
    """Something that is saved: how to write its contents number 0 or 1 at a path, and which of them stands there.

    `read` raises, or gives another number, when it is neither.
    """

    name: str
    write: Callable[[Path, int], object]
    read: Callable[[Path], int]


def saved_things() -> tuple[Saved, Saved]:
    """A checkpoint and a program, each with two contents that differ in every file."""
    sort = load_program(Source("sort.rasp", ""))
    both = [
        make_checkpoint(compile_program(sort, {"out": text}, CompileOptions(tuple("abcdefgh"), 12)))
        for text in ("sort(tokens, tokens)", "selector_width(select(tokens, tokens, ==))")
    ]
    files = [encode_files(checkpoint) for checkpoint in both]
    texts = [f"# {letter}\n" * 5_000 for letter in "ab"]

    def read_folder(path: Path) -> int:
        return files.index(encode_files(read_checkpoint(path)))

    return (
        Saved("checkpoint", lambda path, which: write_checkpoint(both[which], path), read_folder),
        Saved(
            "program",
            lambda path, which: write_text(path, texts[which]),
            lambda path: texts.index(path.read_text()),
        ),
    )
