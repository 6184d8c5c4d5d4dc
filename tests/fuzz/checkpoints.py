"""Checkpoints with something changed: a Hypothesis strategy, and the change itself.

A case says which checkpoint and what to change in it; it is carried out where the case is tried. With `mended`, the
hashes are those of the changed content, as an attacker would write them.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from safetensors.numpy import load, save

from compiler import CompileOptions, compile_program
from compiler.completions.plan_decoder import ask_for_decoder
from compiler.export.compiled import make_checkpoint
from compiler.export.files import ARRAYS, encode_files
from compiler.export.folder import hash_bytes
from compiler.export.record_file import RECORD
from compiler.export.records import encode_json
from compiler.export.stock_files import encode_stock_files
from compiler.pipeline import Compiled
from compiler.trained.superposed_files import encode_superposed
from compiler.training.learn import Settings
from compiler.training_commands.superpose_command import superpose_compiled
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.fuzz import data

REVERSED = {"out": "aggregate(select(indices, length - 1 - indices, ==), tokens)"}
COUNTED = {"n": "selector_width(select(tokens, tokens, ==))", "i": "indices * 2"}
PREVIOUS = {"out": 'aggregate(select(indices, indices - 1, ==), tokens, "a")'}
#: What is compiled: a look-up, counting, an aggregate with positions; full and causal; one output and two; and what
#: records of models say besides.
COMPILED: tuple[tuple[dict[str, str], CompileOptions], ...] = (
    (REVERSED, CompileOptions("abc", 5)),
    (COUNTED, CompileOptions((0, 1, 2.5), 5, "causal")),
    (REVERSED, CompileOptions("ab", 4, rotation=3)),
    (COUNTED, CompileOptions((0, 1), 4, dtype="float64", margin=2.0)),
)
DECODER, SUPERPOSED, FAMILY = len(COMPILED), len(COMPILED) + 1, len(COMPILED) + 2
LEARNT_WIDTH, TRAINED = 2, Settings(steps=2, batch=4, every=1, warmup=1)
KINDS = ("float32", "float64", "float16", "int64", "uint8", "bool")
NUMBERS = (0.0, 1e-3, -1.0, 1e30, float("nan"), float("inf"), float("-inf"), 1e-40)


@cache
def files(number: int) -> dict[str, bytes]:
    """The files of a checkpoint; of a decoder, of a model that was trained, and of a folder for a family."""
    if number == DECODER:
        options = ask_for_decoder(load_program(Source("fuzz.rasp", "")), REVERSED, CompileOptions("ab", 3))
        return dict(encode_files(make_checkpoint(compiled(REVERSED, options))))
    if number == SUPERPOSED:
        model = compiled(PREVIOUS, CompileOptions("ab", 4, "causal"))
        return encode_superposed(superpose_compiled(model, LEARNT_WIDTH, TRAINED))
    if number == FAMILY:
        return encode_stock_files(compiled(PREVIOUS, CompileOptions("ab", 4, "causal", "llama")))
    return dict(encode_files(make_checkpoint(compiled(*COMPILED[number]))))


def compiled(expressions: dict[str, str], options: CompileOptions) -> Compiled:
    return compile_program(load_program(Source("fuzz.rasp", "")), expressions, options)


@st.composite
def cases(draw: DrawFn, numbers: Sequence[int]) -> dict[str, Any]:
    """A checkpoint of those that `files` gives for these numbers, and what to change in it."""
    number = draw(st.sampled_from(numbers))
    changes = draw(
        st.lists(st.one_of(of_json(number), of_bytes(number), of_arrays(number)), min_size=1, max_size=3)
    )
    return {"checkpoint": number, "changes": changes, "mended": draw(st.booleans())}


@st.composite
def of_json(draw: DrawFn, number: int) -> list[Any]:
    """Of a file of JSON some part is different."""
    name = draw(st.sampled_from(sorted(name for name in files(number) if name.endswith(".json"))))
    return ["json", name, draw(data.mangled(json.loads(files(number)[name])))]


@st.composite
def of_bytes(draw: DrawFn, number: int) -> list[Any]:
    """A file is shorter, longer, or has other bytes somewhere."""
    name = draw(st.sampled_from(sorted(files(number))))
    place = draw(st.integers(0, len(files(number)[name])))
    return ["bytes", name, place, draw(st.integers(0, 8)), draw(st.binary(max_size=8)).hex()]


@st.composite
def of_arrays(draw: DrawFn, number: int) -> list[Any]:
    """An array has another number in it, another shape, kind or name, or is gone."""
    names = sorted(load(files(number)[ARRAYS]))
    what = draw(st.sampled_from(("number", "shape", "kind", "name", "gone", "empty")))
    detail = {
        "number": st.tuples(st.integers(0, 10_000), st.integers(0, len(NUMBERS) - 1)).map(list),
        "kind": st.sampled_from(KINDS),
        "name": st.sampled_from((*names, "other", "layers.0", "")),
    }.get(what, st.none())
    return ["array", draw(st.sampled_from(names)), what, draw(detail)]


def write(case: dict[str, Any], folder: Path) -> None:
    """The checkpoint of a case, in a new folder."""
    changed = dict(files(case["checkpoint"]))
    for change in case["changes"]:
        match change:
            case ["json", name, value]:
                changed[name] = json.dumps(value, indent=1).encode() + b"\n"
            case ["bytes", name, place, gone, added]:
                before = changed[name]
                changed[name] = before[:place] + bytes.fromhex(added) + before[place + gone :]
            case ["array", name, what, detail]:
                changed[ARRAYS] = with_array(changed[ARRAYS], name, what, detail)
            case _:
                raise AssertionError(change)
    folder.mkdir()
    for name, content in (mended(changed) if case["mended"] else changed).items():
        (folder / name).write_bytes(content)


def with_array(content: bytes, name: str, what: str, detail: Any) -> bytes:
    try:
        arrays = load(content)
        array = arrays.pop(name)
    except Exception:  # an earlier change has made it unreadable
        return content
    match what:
        case "number" if array.size:
            array = array.copy()
            array.flat[detail[0] % array.size] = NUMBERS[detail[1]]
        case "shape":
            array = array.reshape(-1)
        case "kind":
            with np.errstate(all="ignore"):
                array = array.astype(detail)
        case "name":
            name = detail
        case "empty":
            array = array[:0]
        case "gone":
            return bytes(save(arrays))
        case _:
            pass
    return bytes(save(arrays | {name: np.ascontiguousarray(array)}))


def mended(changed: dict[str, bytes]) -> dict[str, bytes]:
    """The files with hashes that fit their contents, where the record can be read."""
    try:
        record = json.loads(changed[RECORD])
        hashes = {name: hash_bytes(content) for name, content in changed.items() if name != RECORD}
        if "program" in record["sha256"]:
            hashes["program"] = hash_bytes(encode_json(record["program"]))
        record["sha256"] = hashes
        record.pop("checksum", None)
        return changed | {RECORD: encode_json(record | {"checksum": hash_bytes(encode_json(record))})}
    except (ValueError, TypeError, KeyError, AttributeError):
        return changed
