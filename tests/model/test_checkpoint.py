"""Checkpoints: what is read is what was written, and nothing damaged or foreign is ever taken for one."""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import compiler
from compiler.emit.weights import Weights
from compiler.export import checkpoint as checkpoint_module
from compiler.export import folder as folder_module
from compiler.export.checkpoint import read_checkpoint, write_checkpoint
from compiler.export.compiled import make_checkpoint
from compiler.export.files import FILES, VERSION, Checkpoint, ProgramText, encode_files
from compiler.export.read_file import CheckpointError
from compiler.export.recorded_program import read_outputs, read_program
from compiler.export.records import encode_json
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.report.summary import count_sizes
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.library.load import Texts
from rasp.source import Source
from rasp.values import Atom, make_typed_key
from tests.model.random_models import random_weights

CERTIFICATE = {"dtype": "float32", "max_length": 6, "values": [], "decisions": []}
PART = {
    "where": "everywhere",
    "computes": "all",
    "columns": [0, 9],
    "error_bound": 0.5,
}


def checkpoint(vocabulary: tuple[Atom, ...] = ("a", "b", "c"), bound: int = 3) -> Checkpoint:
    weights = random_weights(vocabulary=vocabulary)
    return Checkpoint(
        weights=weights,
        program=ProgramText("p.rasp", 'load "q";\nx = tokens; # ü "\n', {"q": "y = 1;\n"}),
        expressions={"letters": "x", "numbers": "y"},
        options=CompileOptions(vocabulary, 6),
        symbols={"parts": [PART | {"parameters": weights.parameters()}], "columns": []},
        summary=count_sizes(weights) | {"lower_bound_layers": bound, "certificate": CERTIFICATE},
    )


def message(error: pytest.ExceptionInfo[CheckpointError]) -> str:
    return error.value.diagnostics[0].message


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    write_checkpoint(checkpoint(), path)
    return path


@pytest.mark.parametrize(
    "vocabulary",
    [
        ("a", "b", "c"),
        (1, 2, -3),
        (0.1, 1e300, 2.0),
        (True, False),
        ("", "two words", "é\ud800"),
        (2**70, 1, 0.5),
    ],
)
def test_reads_back_what_was_written(tmp_path: Path, vocabulary: tuple[Atom, ...]) -> None:
    original = checkpoint(vocabulary)
    write_checkpoint(original, tmp_path / "new" / "model")
    found = read_checkpoint(tmp_path / "new" / "model")
    assert vars(found) | {"weights": original.weights} == vars(original)
    assert found.weights.config == original.weights.config
    assert list(map(make_typed_key, found.options.vocabulary)) == list(map(make_typed_key, vocabulary))
    for one, two in zip(found.weights.config.outputs, original.weights.config.outputs, strict=True):
        assert list(map(make_typed_key, one.classes)) == list(map(make_typed_key, two.classes))
    for name, array in original.weights.arrays.items():
        np.testing.assert_array_equal(found.weights.arrays[name], array)


@pytest.mark.parametrize(
    "text", ["indices * 0", "True", '"a"', "tokens == tokens", "-aggregate(full_s, tokens_int * 0)"]
)
def test_reads_back_what_nothing_decides(tmp_path: Path, text: str) -> None:
    """An output of one value has no boundary that an error could cross, and so no tightest decision."""
    model = compile_program(load_program(Source("<test>", "")), {"out": text}, CompileOptions((0, 1), 2))
    write_checkpoint(make_checkpoint(model), tmp_path / "model")
    found = read_checkpoint(tmp_path / "model")
    assert "tightest" not in found.summary["certificate"] and found.summary["certificate"]["decisions"]
    assert len(found.weights.config.outputs[0].classes) == 1


def test_same_checkpoint_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_checkpoint(checkpoint(), tmp_path / name)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


@pytest.mark.parametrize("name", FILES)
def test_every_changed_byte_is_noticed(written: Path, name: str) -> None:
    path = written / name
    data = bytearray(path.read_bytes())
    step = max(1, len(data) // 150)
    for place in range(0, len(data), step):
        for change in (1, 0x29):  # 0x29 turns a blank into a tab, which JSON ignores
            data[place] ^= change
            path.write_bytes(data)
            with pytest.raises(CheckpointError) as error:
                read_checkpoint(written)
            assert str(path) in message(error)
            data[place] ^= change
    path.write_bytes(data)
    read_checkpoint(written)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_truncated_files_are_noticed(written: Path, name: str, keep: int) -> None:
    (written / name).write_bytes((written / name).read_bytes()[:keep])
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(written)
    assert str(written / name) in message(error)


@pytest.mark.parametrize("name", FILES)
def test_missing_files_are_named(written: Path, name: str) -> None:
    (written / name).unlink()
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(written)
    assert name in message(error)


def test_places_that_are_no_checkpoint(tmp_path: Path, written: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        read_checkpoint(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="is a file"):
        read_checkpoint(written / "rasp.json")
    with pytest.raises(CheckpointError, match="is not a checkpoint"):
        read_checkpoint(tmp_path)
    (tmp_path / "rasp.json").write_text('{"format": "other"}')
    with pytest.raises(CheckpointError, match="not written by the RASP compiler"):
        read_checkpoint(tmp_path)
    (tmp_path / "rasp.json").write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="not readable as JSON"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("version", "hint"), [(1, "compile the program again"), (VERSION + 1, "update the program")]
)
def test_another_version_says_so(written: Path, version: int, hint: str) -> None:
    record = json.loads((written / "rasp.json").read_text())
    (written / "rasp.json").write_bytes(encode_json(record | {"version": version}))
    with pytest.raises(CheckpointError, match=f"format version {version}") as error:
        read_checkpoint(written)
    assert hint in error.value.diagnostics[0].hint
    write_checkpoint(checkpoint(), written)
    assert read_checkpoint(written)


def test_only_a_checkpoint_is_overwritten(tmp_path: Path, written: Path) -> None:
    changed = checkpoint(bound=1)
    write_checkpoint(changed, written)
    assert read_checkpoint(written).summary == changed.summary
    (tmp_path / "empty").mkdir()
    write_checkpoint(changed, tmp_path / "empty")
    (written / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for taken in (written, tmp_path, tmp_path / "file"):
        with pytest.raises(CheckpointError, match="exists and is not a checkpoint"):
            write_checkpoint(checkpoint(), taken)
    assert (written / "notes.txt").read_text() == "mine"
    assert read_checkpoint(written).summary["lower_bound_layers"] == 1


def test_a_failed_write_leaves_the_old_one(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "write_bytes", fail)
    with pytest.raises(CheckpointError, match="No space left"):
        write_checkpoint(checkpoint(bound=1), written)
    assert read_checkpoint(written).summary["lower_bound_layers"] == 3
    assert [path.name for path in written.parent.iterdir()] == ["model"]


def test_a_path_through_a_file_is_a_clear_error(written: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be written"):
        write_checkpoint(checkpoint(), written / "rasp.json" / "below")


def test_weights_too_large_for_the_file(tmp_path: Path) -> None:
    weights = random_weights()
    arrays = {**weights.arrays, "embedding.tokens": weights.arrays["embedding.tokens"] * 1e300}
    with pytest.raises(CheckpointError, match=r"embedding\.tokens holds a number that is too large"):
        write_checkpoint(replace(checkpoint(), weights=Weights(weights.config, arrays)), tmp_path / "m")


def test_the_tokenizer_file(written: Path) -> None:
    record = json.loads((written / "tokenizer.json").read_text())
    assert record["model"]["vocab"] == {"a": 0, "b": 1, "c": 2, "<bos>": 3}
    assert record["post_processor"]["special_tokens"]["<bos>"]["ids"] == [3]
    assert record["pre_tokenizer"]["type"] == "Split"


def test_the_face_saves_and_loads(tmp_path: Path) -> None:
    program = load_program(
        Source("test", "back = aggregate(select(indices, length - 1 - indices, ==), tokens);")
    )
    options = compiler.CompileOptions(("a", "b"), 4)
    compiler.save(compiler.compile_program(program, {"back": "back"}, options), tmp_path / "model")
    for _ in range(2):
        assert compiler.load(tmp_path / "model")("abb") == ["b", "b", "a"]
    kept = read_checkpoint(tmp_path / "model")
    assert (kept.program.text, kept.expressions) == (program.source.text, {"back": "back"})
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = compiler.nothing


def test_loaded_texts_are_kept(tmp_path: Path) -> None:
    program = load_program(
        Source("test", 'load "other"; x = 2 * y;'), Texts({"other.rasp": "y = indices + 1;\n"})
    )
    compiled = compiler.compile_program(program, {"x": "x"}, compiler.CompileOptions(("a",), 3))
    compiler.save(compiled, tmp_path / "model")
    again = read_checkpoint(tmp_path / "model")
    nodes = read_outputs(read_program(again), again)
    assert evaluate([nodes["x"]], ["aaa"]) == [[[2, 4, 6]]]


def old_and_new() -> tuple[Checkpoint, Checkpoint]:
    """Two checkpoints of which every file differs."""
    old, new = checkpoint(), checkpoint(("a", "b", "d"), bound=1)
    arrays = {name: array + 1 for name, array in new.weights.arrays.items()}
    return old, replace(new, weights=Weights(new.weights.config, arrays))


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Killed(BaseException):
    """Stands for the end of the program: what would be tidied up afterwards is not."""


def kill_at(step: int, patch: pytest.MonkeyPatch, *, dies: bool) -> list[str]:
    """Let the system fail when the `step`-th change of the disk is asked for; a list of what was asked for.

    With `dies`, everything later fails too, as it does for a program that is dead.
    """
    asked: list[str] = []

    def failing(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **options: object) -> object:
            if name == "open" and not (arguments[1] & os.O_CREAT):  # type: ignore[operator]
                return call(*arguments, **options)
            asked.append(name)
            if len(asked) == step or (dies and len(asked) > step):
                raise Killed
            return call(*arguments, **options)

        return wrapped

    for name in ("open", "write", "fsync", "link", "replace", "unlink", "chmod", "mkdir"):
        patch.setattr(os, name, failing(name, getattr(os, name)))
    return asked


@pytest.mark.parametrize("dies", [True, False], ids=["killed", "interrupted"])
@pytest.mark.parametrize("over", [True, False], ids=["over an old one", "into a new folder"])
def test_a_save_that_ends_anywhere_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: bool, dies: bool
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # the disk is not what is tested
    old, new = old_and_new()
    seen: set[int] = set()
    for step in count(1):
        folder = tmp_path / f"{step}" / "model"
        if over:
            write_checkpoint(old, folder)
        before = all_bytes(folder) if over else {}
        with pytest.MonkeyPatch.context() as patch:
            asked = kill_at(step, patch, dies=dies)
            try:
                write_checkpoint(new, folder)
            except Killed:
                pass
            else:
                break
        assert len(asked) >= step
        if over or (folder / "rasp.json").exists():
            seen.add(read_checkpoint(folder).summary["lower_bound_layers"])  # type: ignore[arg-type]
        elif dies and folder.exists():
            with pytest.raises(CheckpointError, match="it has no"):
                read_checkpoint(folder)
        if not dies:  # an interrupted save ends in one of two states, and leaves nothing
            assert not folder.exists() or all_bytes(folder) in (before, encode_files(new))
        write_checkpoint(new, folder)
        assert all_bytes(folder) == encode_files(new)
        assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert step > 30 and seen == ({1, 3} if over else {1})


def test_leftovers_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_checkpoint(checkpoint(), folder)
    for name in (".config.json.0123456789abcdef.next", ".rasp.json.01234567.partial"):
        (folder / name).touch()
    read_checkpoint(folder)
    assert write_checkpoint(checkpoint(), folder) == (
        ".config.json.0123456789abcdef.next",
        ".rasp.json.01234567.partial",
    )
    assert write_checkpoint(checkpoint(), folder) == ()


def test_a_reader_in_the_middle_of_a_save_sees_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = old_and_new()
    write_checkpoint(old, tmp_path)
    found: list[object] = []
    replace_name, files = os.replace, checkpoint_module.read_file

    def look(one: str, other: str) -> None:
        found.append(read_checkpoint(tmp_path).summary["lower_bound_layers"])
        replace_name(one, other)
        found.append(read_checkpoint(tmp_path).summary["lower_bound_layers"])

    def write_meanwhile(path: Path, most: int) -> bytes:
        data = files(path, most)
        monkeypatch.setattr(checkpoint_module, "read_file", files)
        write_checkpoint(old, tmp_path)
        return data

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", look)
        write_checkpoint(new, tmp_path)
    assert found == sorted(found, reverse=True) and set(found) == {3, 1}
    monkeypatch.setattr(checkpoint_module, "read_file", write_meanwhile)  # just after the manifest was read
    assert read_checkpoint(tmp_path).summary["lower_bound_layers"] == 3


def test_writers_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = old_and_new()
    write_checkpoint(old, tmp_path)
    with folder_module.lock_folder(tmp_path):
        assert read_checkpoint(tmp_path).summary["lower_bound_layers"] == 3
        monkeypatch.setattr(folder_module, "PATIENCE", 0)
        with pytest.raises(CheckpointError, match="is being written by another program"):
            write_checkpoint(new, tmp_path)
    released = threading.Event()

    def wait_for_it(_: float) -> None:
        released.set()
        other.join()

    def hold() -> None:
        with folder_module.lock_folder(tmp_path):
            ready.set()
            released.wait()

    monkeypatch.setattr(folder_module, "PATIENCE", 60)
    monkeypatch.setattr(folder_module.time, "sleep", wait_for_it)
    ready = threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    ready.wait()
    write_checkpoint(new, tmp_path)
    assert read_checkpoint(tmp_path).summary["lower_bound_layers"] == 1


def test_a_folder_may_be_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for one in old_and_new():
        write_checkpoint(one, Path("."))
        assert sorted(os.listdir(".")) == sorted(FILES)
        assert read_checkpoint(Path(".")).options == one.options
    assert Path.cwd() == tmp_path


def test_links_and_permissions_of_a_folder_stay(tmp_path: Path) -> None:
    old, new = old_and_new()
    write_checkpoint(old, tmp_path / "model")
    for name in FILES:
        (tmp_path / "model" / name).chmod(0o600)
    (tmp_path / "link").symlink_to("model")
    write_checkpoint(new, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "model").iterdir()} == {0o600}
