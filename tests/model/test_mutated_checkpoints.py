"""Checkpoints changed at random, with all hashes mended: none that answers otherwise loads and is verified."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from compiler.export.compiled import make_checkpoint
from compiler.export.files import (
    ARRAYS,
    CONFIG,
    TOKENIZER,
    Checkpoint,
    decode_files,
    encode_files,
)
from compiler.export.read_file import CheckpointError
from compiler.export.recompile import Standing, differences
from compiler.export.record_file import RECORD
from compiler.export.recorded_program import read_outputs, read_program
from compiler.export.records import encode_json
from compiler.model.runner import Answer, Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.differential import Check, verify_model
from compiler.verify.verdict import judge_model
from rasp.diagnostics import RaspError
from rasp.elaborate.program import Program, load_program
from rasp.source import Source
from tests.fuzz.checkpoints import mended

Files = dict[str, bytes]
#: A name → the files of a checkpoint with one random change, hashes not mended.
Change = Callable[[Random, Files], Files]

PROGRAMS: dict[str, tuple[str, dict[str, str], CompileOptions]] = {
    "letters": (
        "back = aggregate(select(indices, length - 1 - indices, ==), tokens);",
        {"back": "back"},
        CompileOptions(("a", "b"), 3),
    ),
    "causal": (
        "same = selector_width(select(tokens, tokens, ==));",
        {"count": "same", "first": "same == 1"},
        CompileOptions(("a", "b", "c"), 3, "causal"),
    ),
    "numbers": (
        "mean = aggregate(select(1, 1, ==), tokens_int);",
        {"out": "mean"},
        CompileOptions((0, 1), 3, level=1),
    ),
    "look-up": ("", {"sorted": "sort(tokens, tokens)"}, CompileOptions(("a", "b"), 3)),
    "no heads": ("", {"x": "tokens_int * 2 + 1"}, CompileOptions((1, 2, 3), 2)),
    "no value": ("", {"out": "1 / tokens_int"}, CompileOptions((0, 1, 2), 3, "causal", no_value=True)),
}
MUTANTS = 50
"""For each program and each kind of change: 6 * 5 * 50 = 1,500 in all, of which about a tenth change nothing."""
EXCUSED = {"weights": 0.0, "config": 0.0, "tokenizer": 0.0, "record": 0.1, "everywhere": 0.4}
"""The share of mutants that may be verified: a program's name, a class in another place, or a class for no value asked
for where there is none, changes no answer."""


@cache
def original(name: str) -> Checkpoint:
    text, outputs, options = PROGRAMS[name]
    return make_checkpoint(compile_program(load_program(Source(name, text)), outputs, options))


@cache
def answers(name: str) -> tuple[list[tuple[Any, ...]], list[Answer]]:
    """All inputs of a program's checkpoint, and its answers."""
    config = original(name).weights.config
    inputs = [word for n in range(1, config.max_length + 1) for word in product(config.vocabulary, repeat=n)]
    return inputs, Model(original(name).weights).answers(inputs)


def change_weights(random: Random, files: Files) -> Files:
    """One array: an entry by a little or much, a sign, a row or column with another, the type."""
    arrays = load(files[ARRAYS])
    name = random.choice([name for name, array in arrays.items() if array.size])
    array = arrays[name].copy()
    flat = array.reshape(-1)
    place = random.randrange(flat.size)
    axis = random.randrange(array.ndim)
    match random.randrange(7):
        case 0:
            flat[place] += random.choice([1e-3, -1e-3, 0.25, -1, 64])
        case 1:
            flat[place] = np.nextafter(flat[place], np.inf, dtype=array.dtype)
        case 2:
            flat[place] = -flat[place]
        case 3:
            flat[place] = 0
        case 4:
            array = np.roll(array, 1, axis)
        case 5:
            array = np.delete(array, random.randrange(array.shape[axis]), axis)
        case _:
            array = array.astype(random.choice([np.float16, np.float32, np.float64, np.int32]))
    return files | {ARRAYS: save(arrays | {name: np.ascontiguousarray(array)}, metadata={"format": "rasp"})}


def change_json(random: Random, data: Any) -> Any:
    """The data with one change somewhere in it."""
    data = copy.deepcopy(data)
    places = list(walk(data))
    holder, key = random.choice(places)
    value = holder[key]
    match random.randrange(6):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 0:
            holder.append(copy.deepcopy(value))
        case 1 if isinstance(holder, list):
            random.shuffle(holder)
        case 1:
            holder[f"{key}s"] = holder.pop(key)
        case 2:
            holder[key] = random.choice(
                [0, 1, -1, 10**6, 1.5, True, None, "", "a", [], {}, [0], "full", "causal"]
            )
        case _ if isinstance(value, bool):
            holder[key] = not value
        case _ if isinstance(value, int | float):
            holder[key] = value + random.choice([1, -1, 0.5])
        case _ if isinstance(value, str):
            holder[key] = random.choice(
                ["", value + "x", value[::-1], value[1:], "b", "x = 1;", "length", "causal"]
            )
        case _ if isinstance(value, list):
            holder[key] = random.choice([value[::-1], value[1:], value * 2])
        case _:
            holder[key] = {}
    return data


def walk(data: Any) -> Any:
    """All places in JSON data, as (what holds it, key)."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield data, key
        if isinstance(value, dict | list):
            yield from walk(value)


def change_config(random: Random, files: Files) -> Files:
    return files | {CONFIG: encode_json(change_json(random, json.loads(files[CONFIG])))}


def change_tokenizer(random: Random, files: Files) -> Files:
    return files | {TOKENIZER: encode_json(change_json(random, json.loads(files[TOKENIZER])))}


def change_record(random: Random, files: Files) -> Files:
    return files | {RECORD: encode_json(change_json(random, json.loads(files[RECORD])))}


def change_everywhere(random: Random, files: Files) -> Files:
    """What is said twice, in both places: a change of which the checkpoint itself shows nothing."""
    config, record = json.loads(files[CONFIG]), json.loads(files[RECORD])
    options, output = record["options"], random.choice(config["outputs"])
    match random.randrange(7):
        case 0:
            config["attention"] = "full" if config["attention"] == "causal" else "causal"
        case 1:
            random.shuffle(config["vocabulary"])
        case 2:
            random.shuffle(output["classes"])
        case 3:
            place = random.randrange(len(output["classes"]))
            output["classes"][place] = random.choice([0, 1, 2.5, "z", True, None])
        case 4:
            name = random.choice(list(record["expressions"]))
            record["expressions"][name] = random.choice(
                ["length", "indices", "tokens", "1 / indices", "nothing"]
            )
        case 5:
            options["no_value"] = not options.get("no_value", False)
        case _:
            program = record["program"]
            program["text"] = random.choice(
                [program["text"].replace("==", "!="), program["text"].replace("1", "2"), "sort = 1;", "x ="]
            )
    options |= {name: config[name] for name in ("attention", "max_length", "vocabulary")}
    tokenizer = files[TOKENIZER]
    if all(isinstance(token, str) for token in config["vocabulary"]):
        words = json.loads(tokenizer)
        bos = len(config["vocabulary"])
        words["model"]["vocab"] = {t: i for i, t in enumerate(config["vocabulary"])} | {"<bos>": bos}
        tokenizer = encode_json(words)
    return files | {CONFIG: encode_json(config), RECORD: encode_json(record), TOKENIZER: tokenizer}


CHANGES: dict[str, Change] = {
    "weights": change_weights,
    "config": change_config,
    "tokenizer": change_tokenizer,
    "record": change_record,
    "everywhere": change_everywhere,
}


class Verifier:
    """`rasp verify`, compiling each program only once."""

    def __init__(self) -> None:
        self.compiled: dict[object, Compiled | str] = {}

    def verdict(self, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint is verified. Raises `RaspError` as the command does."""
        program = read_program(checkpoint)
        outputs = read_outputs(program, checkpoint)
        again = self.compile_again(program, checkpoint)
        found = (again,) if isinstance(again, str) else tuple(differences(checkpoint, again))
        if found:  # then running the model cannot save it
            return False
        config = checkpoint.weights.config
        selection = choose_inputs(len(config.vocabulary), config.max_length, 50, 0)
        report = verify_model(Check(Model(checkpoint.weights), outputs), selection)
        return judge_model(report, Standing(None, found)).passed

    def compile_again(self, program: Program, checkpoint: Checkpoint) -> Compiled | str:
        expressions, options = checkpoint.expressions, checkpoint.options
        key = repr((checkpoint.program, list(expressions.items()), options))
        if key not in self.compiled:
            try:
                self.compiled[key] = compile_program(program, expressions, options)
            except CompileError as error:
                self.compiled[key] = str(error)
        return self.compiled[key]


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier()


def fate(verifier: Verifier, files: Files) -> tuple[str, Checkpoint | None]:
    """What happens to a checkpoint: it is refused at load, or refuted, or verified."""
    try:
        checkpoint = decode_files(Path("m"), lambda name, digest, most: files[name])
    except CheckpointError as error:
        assert error.diagnostics[0].message.startswith("m")
        return "refused", None
    try:
        return "verified" if verifier.verdict(checkpoint) else "refuted", checkpoint
    except RaspError:
        return "refuted", checkpoint


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("what", CHANGES)
def test_no_mutant_that_answers_otherwise_passes(verifier: Verifier, name: str, what: str) -> None:
    files = encode_files(original(name))
    assert fate(verifier, files)[0] == "verified"
    fates: Counter[str] = Counter()
    for seed in range(MUTANTS):
        mutant = mended(CHANGES[what](Random(f"{name} {what} {seed}"), files))
        if mutant == files:
            continue
        found, checkpoint = fate(verifier, mutant)
        fates[found] += 1
        if found == "verified":
            assert checkpoint is not None
            inputs, wanted = answers(name)
            assert repr(Model(checkpoint.weights).answers(inputs)) == repr(wanted), (seed, checkpoint)
    assert fates.total() > MUTANTS / 2 and fates["verified"] <= EXCUSED[what] * fates.total(), fates
