"""Golden models: small folders for a family, with inputs and the exact tokens that an engine has to answer.

    DIR/golden.json        the cases: name, feature of an engine, target, margin
    DIR/NAME/              the model, in the folder that `rasp compile --target` writes
    DIR/NAME.jsonl         a batch a line: {"prompts": [[id, …], …], "new_tokens": k, "expected": [[id, …], …]}
    DIR/check_golden.py    runs an engine's function against them (`compiler/golden/check_golden.py`); needs nothing of ours

Prompts start with BOS. Expected are the k ids that the interpreter says follow, one after the other; every answer is above
all others by the margin, so each that differs is a mistake of the engine, not of its rounding.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from compiler.export.compiled import save
from compiler.export.fill_folder import fill_folder, list_held
from compiler.export.read_file import CheckpointError, report_damage
from compiler.export.records import encode_json
from compiler.export.stock_files import assemble_uniform
from compiler.golden.altered_folders import encode_altered
from compiler.golden.golden_cases import GoldenCase, list_cases
from compiler.json_forms.answer_forms import BatchRecord, CaseRecord, GoldenIndex
from compiler.model.answers import compare_key
from compiler.options import CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate, evaluate_by_position
from rasp.source import Source
from rasp.write_whole import explain_reason, write_file

INDEX, CHECK = "golden.json", "check_golden.py"
VOCABULARY = ("a", "b", "c")
Ids = list[int]


@dataclass(frozen=True)
class GoldenOptions:
    """What golden models are made for: a family, how far answers are apart in nats, how many batches there are of each."""

    target: Dialect = "gpt2"
    margin: float = 20.0
    batches: int = 8
    seed: int = 0


def write_golden(folder: Path, options: GoldenOptions) -> list[str]:
    """Write all cases, into a hidden folder first; their names. Raises `CheckpointError` where the folder holds something
    else or cannot be written, and `CompileError` for a margin that there cannot be."""
    check_place(folder)
    try:
        with fill_folder(folder, INDEX) as unfinished:
            return write_cases(unfinished, options)
    except OSError as error:
        raise report_damage(folder, f"cannot be written: {explain_reason(error)}", "check the path") from None


def write_cases(folder: Path, options: GoldenOptions) -> list[str]:
    """Write all cases into an empty folder; their names. Raises `OSError`, `RaspError`."""
    names: list[str] = []
    for case in list_cases(options.target):
        compiled = compile_case(case, options)
        if case.altered is None:
            save(compiled, folder / case.name)
        else:
            write_altered(folder / case.name, encode_altered(compiled, case.altered))
        lines = write_lines(case, compiled, options)
        write_file(folder / f"{case.name}.jsonl", "".join(f"{line}\n" for line in lines).encode())
        names.append(case.name)
    index: GoldenIndex = {
        "format": "rasp-golden",
        "version": 1,
        "target": options.target,
        "margin": options.margin,
        "batches": options.batches,
        "seed": options.seed,
        "cases": describe_cases(options.target),
    }
    write_file(folder / CHECK, Path(__file__).with_name(CHECK).read_bytes())
    write_file(folder / INDEX, encode_json(index))
    return names


def describe_cases(target: Dialect) -> list[CaseRecord]:
    """The cases for golden.json."""
    return [{"name": case.name, "feature": case.feature, "program": case.text} for case in list_cases(target)]


def write_altered(folder: Path, files: Mapping[str, bytes]) -> None:
    """A folder without a record. Raises `OSError`, `RaspError`."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        write_file(folder / name, data)


def check_place(folder: Path) -> None:
    """Raise `CheckpointError` for a folder that holds something else."""
    try:
        taken = folder.exists() and (not folder.is_dir() or list_held(folder))
        if taken and not (folder / INDEX).is_file():
            raise not_golden(folder)
    except (OSError, ValueError):
        raise not_golden(folder) from None


def not_golden(folder: Path) -> CheckpointError:
    hint = "choose another folder, or remove it first"
    return report_damage(folder, "exists and is not one of golden models", hint, "usage")


def compile_case(case: GoldenCase, options: GoldenOptions) -> Compiled:
    """A case's model."""
    program = load_program(Source(case.name, case.text))
    chosen = CompileOptions(VOCABULARY, case.max_length, "causal", options.target, margin=options.margin)
    return compile_program(program, {"next": "next"}, chosen)


def write_lines(case: GoldenCase, compiled: Compiled, options: GoldenOptions) -> list[str]:
    """The lines of a case's inputs: the same for the same seed."""
    random, bos = Random(f"{case.name} {options.seed}"), len(VOCABULARY)
    longest = case.max_length - case.new + 1
    lines: list[str] = []
    for _ in range(options.batches):
        length = random.randint(case.shortest, longest)
        lengths = [
            random.randint(case.shortest, longest) if case.ragged else length for _ in range(case.batch)
        ]
        prompts = [random.choices(range(bos), k=length) for length in lengths]
        expected = continue_prompts(compiled, prompts, case.new)
        record: BatchRecord = {
            "prompts": [[bos, *ids] for ids in prompts],
            "new_tokens": case.new,
            "expected": expected,
        }
        lines.append(json.dumps(record))
    return lines


def continue_prompts(compiled: Compiled, prompts: Sequence[Ids], count: int) -> list[Ids]:
    """What the interpreter says comes after each prompt: at the last position, appended, again and again."""
    [output] = compiled.weights.config.outputs
    class_ids = assemble_uniform(compiled).class_ids
    known = {compare_key(value): found for value, found in zip(output.classes, class_ids, strict=True)}
    assert len(known) == len(class_ids), "of two ids for one answer an engine may take either"
    meant, found = list(compiled.meaning.values()), [list(prompt) for prompt in prompts]
    for _ in range(count):
        inputs = [tuple(VOCABULARY[i] for i in ids) for ids in found]
        [outcomes] = evaluate(meant, inputs, "causal")
        for ids, outcome in zip(found, outcomes, strict=True):
            ids.append(known[compare_key(evaluate_by_position(outcome)[-1])])
    return [ids[len(prompt) :] for ids, prompt in zip(found, prompts, strict=True)]
