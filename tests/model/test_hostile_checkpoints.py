"""Folders that only look like checkpoints: whatever stands in one, each command says what is wrong, and ends."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load, save

from compiler.cli import main
from compiler.export.compiled import make_checkpoint
from compiler.export.files import ARRAYS, CONFIG, FILES, TOKENIZER, encode_files
from compiler.export.record_file import RECORD
from compiler.limits import MODULES
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.fuzz.checkpoints import mended

Files = dict[str, bytes]
COMMANDS = (
    ("info",),
    ("info", "--json"),
    ("apply", "-i", "ab"),
    ("verify",),
    ("generate", "-i", "a", "--max-new-tokens", "1"),
)


@pytest.fixture(scope="module")
def files() -> Files:
    program = load_program(Source("hist", "hist = selector_width(select(tokens, tokens, ==));"))
    options = CompileOptions(("a", "b"), 3, "causal")
    return encode_files(make_checkpoint(compile_program(program, {"hist": "hist"}, options)))


def edit(name: str, *path: object, to: object) -> Callable[[Files], Files]:
    """A change of one place in a file of JSON; `...` as the new value takes it out."""

    def change(files: Files) -> Files:
        data: Any = json.loads(files[name])
        holder = data
        for key in path[:-1]:
            holder = holder[key]
        if to is ...:
            del holder[path[-1]]
        else:
            holder[path[-1]] = to
        return files | {name: json.dumps(data, indent=1).encode() + b"\n"}

    return change


def both(*changes: Callable[[Files], Files]) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        for one in changes:
            files = one(files)
        return files

    return change


def with_bytes(name: str, data: bytes) -> Callable[[Files], Files]:
    return lambda files: files | {name: data}


def with_array(name: str, change: Callable[[Any], Any]) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        arrays = load(files[ARRAYS])
        return files | {ARRAYS: save(arrays | {name: change(arrays[name])}, metadata={"format": "rasp"})}

    return changed


NO_MODEL = "does not describe a model"
#: What is written into the files, all hashes right, and what is said about it.
CONTENTS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an attention nobody knows": (edit(CONFIG, "attention", to="sideways"), NO_MODEL),
    "in both places": (
        both(edit(CONFIG, "attention", to="sideways"), edit(RECORD, "options", "attention", to="sideways")),
        NO_MODEL,
    ),
    "another attention": (edit(CONFIG, "attention", to="full"), "differ in attention"),
    "another length": (edit(RECORD, "options", "max_length", to=4), "differ in maximum length"),
    "another dialect": (edit(CONFIG, "dialect", to="gpt2"), NO_MODEL),
    "another bos": (edit(CONFIG, "bos", to=0), "config.json is not what the rest of the checkpoint asks for"),
    "positions of another kind": (edit(CONFIG, "has_positions", to="no"), "is not what the rest"),
    "a vocabulary in another order": (edit(CONFIG, "vocabulary", to=["b", "a"]), "differ in vocabulary"),
    "numbers for booleans": (edit(CONFIG, "vocabulary", to=[1, True]), "differ in vocabulary"),
    "a vocabulary with repeats": (
        both(edit(CONFIG, "vocabulary", to=["a", "a"]), edit(RECORD, "options", "vocabulary", to=["a", "a"])),
        NO_MODEL,
    ),
    "a tokenizer without words": (edit(TOKENIZER, "model", "vocab", to={}), "tokenizer.json is not what"),
    "a tokenizer of other words": (
        edit(TOKENIZER, "model", "vocab", to={"b": 0, "a": 1, "<bos>": 2}),
        "tokenizer.json is not what",
    ),
    "an output renamed": (
        edit(CONFIG, "outputs", 0, "name", to="other"),
        "config.json and rasp.json differ in outputs",
    ),
    "no outputs": (edit(CONFIG, "outputs", to=[]), ""),
    "no classes": (edit(CONFIG, "outputs", 0, "classes", to=[]), ""),
    "classes that are no values": (edit(CONFIG, "outputs", 0, "classes", to=[[1], None, {}]), NO_MODEL),
    "a class for no value that nobody asked for": (
        edit(CONFIG, "outputs", 0, "classes", 1, to=None),
        "has a class for no value of hist, which rasp.json does not ask for",
    ),
    "no value asked for by a word": (edit(RECORD, "options", "no_value", to="yes"), NO_MODEL),
    "an empty summary": (edit(RECORD, "summary", to={}), NO_MODEL),
    "a summary of another model": (edit(RECORD, "summary", "d_model", to=77), "says d_model 77"),
    "no certificate": (edit(RECORD, "summary", "certificate", to=...), NO_MODEL),
    "a certificate for another type": (
        edit(RECORD, "summary", "certificate", "dtype", to="float16"),
        NO_MODEL,
    ),
    "a margin below its error": (
        edit(RECORD, "summary", "certificate", "decisions", 0, "margin", to=-1.0),
        "that errors can turn",
    ),
    "a tightest decision that is none": (
        edit(RECORD, "summary", "certificate", "tightest", "margin", to=1e9),
        "is none of its decisions",
    ),
    "an empty symbol map": (edit(RECORD, "symbols", to={}), NO_MODEL),
    "a part without a place": (edit(RECORD, "symbols", "parts", 0, "where", to=...), NO_MODEL),
    "a column beyond the model": (
        edit(RECORD, "symbols", "parts", 0, "columns", to=[1000]),
        "that the model does not have",
    ),
    "parameters nobody has": (edit(RECORD, "symbols", "parts", 0, "parameters", to=1), "more or fewer"),
    "a program that is none": (edit(RECORD, "program", "text", to=5), NO_MODEL),
    "something more": (edit(RECORD, "more", to=1), NO_MODEL),
    "version 0": (edit(RECORD, "version", to=0), "is damaged"),
    "an earlier version": (edit(RECORD, "version", to=1), "has format version 1"),
    "a later version": (edit(RECORD, "version", to=3), "has format version 3"),
    "true for a version": (edit(RECORD, "version", to=True), "is damaged"),
    "a width of 10^12": (edit(CONFIG, "d_model", to=10**12), "describes a model that is too large"),
    "a length of 10^12": (edit(CONFIG, "max_length", to=10**12), "differ in maximum length"),
    "a width below 0": (edit(CONFIG, "d_model", to=-1), NO_MODEL),
    "layers without end": (
        edit(CONFIG, "layers", to=[{"heads": [], "d_mlp": 0}] * (MODULES.most + 1)),
        "layers and heads, and at most",
    ),
    "weights in float16": (with_array("embedding.tokens", lambda a: a.astype(np.float16)), NO_MODEL),
    "an unembedding in float32": (
        with_array("unembeddings.0.weight", lambda a: a.astype(np.float32)),
        NO_MODEL,
    ),
    "weights that are not numbers": (with_array("embedding.tokens", lambda a: a * np.nan), NO_MODEL),
    "weights of another shape": (with_array("embedding.tokens", lambda a: a[:1]), NO_MODEL),
    "weights that are none": (with_bytes(ARRAYS, b"\xff" * 100), NO_MODEL),
    "a header without end": (with_bytes(ARRAYS, (2**62).to_bytes(8, "little") + b"{}"), NO_MODEL),
    "text that is not UTF-8": (with_bytes(CONFIG, b'{"dialect": "\xff"}'), NO_MODEL),
    "JSON that is deep": (with_bytes(CONFIG, b"[" * 100_000), NO_MODEL),
    "JSON that is deep in objects": (with_bytes(CONFIG, b'{"a":' * 100_000), NO_MODEL),
    "a list": (with_bytes(CONFIG, b"[]"), NO_MODEL),
    "nothing": (with_bytes(CONFIG, b""), NO_MODEL),
    "NaN": (edit(CONFIG, "d_model", to=float("nan")), NO_MODEL),
    "a number beyond all": (with_bytes(CONFIG, b'{"d_model": 1e999}'), NO_MODEL),
    "a number of many digits": (with_bytes(CONFIG, b'{"d_model": ' + b"9" * 5000 + b"}"), NO_MODEL),
}


def answers(folder: Path) -> Iterator[tuple[int, str]]:
    """Exit code and messages of every command that reads a checkpoint."""
    for command, *rest in COMMANDS:
        result = CliRunner().invoke(main, [command, str(folder), *rest])
        yield result.exit_code, result.stderr


def write(folder: Path, files: Files) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def check(folder: Path, expected: str) -> None:
    for code, message in answers(folder):
        assert code in (1, 2), message
        assert message.startswith("error: ") and expected in message
        shown = os.fsencode(folder)[:50].decode(errors="backslashreplace")
        assert shown in message
        assert "internal error" not in message and "Traceback" not in message


@pytest.mark.parametrize("change, expected", CONTENTS.values(), ids=CONTENTS)
def test_contents_that_are_no_model(
    tmp_path: Path, files: Files, change: Callable[[Files], Files], expected: str
) -> None:
    check(write(tmp_path / "m", mended(change(files))), expected)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "what, expected",
    {
        "a pipe": "is a pipe or a device",
        "an endless device": "is a pipe or a device",
        "a folder": "is a folder",
        "a ring of links": "",
        "a link to nowhere": "",
        "a file of 10 GB": "is larger than",
        "a link to another file": "",
    }.items(),
)
def test_things_that_are_no_files(tmp_path: Path, files: Files, name: str, what: str, expected: str) -> None:
    folder = write(tmp_path / "m", files)
    path = folder / name
    path.unlink()
    match what:
        case "a pipe":
            os.mkfifo(path)
        case "an endless device":
            path.symlink_to("/dev/zero")
        case "a folder":
            path.mkdir()
        case "a ring of links":
            path.symlink_to(name)
        case "a link to nowhere":
            path.symlink_to("nowhere")
        case "a file of 10 GB":
            with path.open("wb") as file:
                file.truncate(10 * 2**30)
        case _:
            path.symlink_to(__file__)
    check(folder, expected)


@pytest.mark.parametrize("name", ["n" * 300, "a/" * 3000, "m/config.json/below", "\udcff"])
def test_folders_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Files, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("m"), files)
    check(Path(name), "")
    if name != "\udcff":
        result = CliRunner().invoke(
            main, ["compile", "-e", "length", "--vocab", "ab", "--max-length", "2", "-o", name]
        )
        assert result.exit_code in (1, 2) and "cannot be written" in result.stderr


def test_a_checkpoint_whose_files_are_links_is_read(tmp_path: Path, files: Files) -> None:
    folder = write(tmp_path / "blobs", files)
    (tmp_path / "m").mkdir()
    for name in files:
        (tmp_path / "m" / name).symlink_to(folder / name)
    assert CliRunner().invoke(main, ["apply", str(tmp_path / "m"), "-i", "ab"]).exit_code == 0
