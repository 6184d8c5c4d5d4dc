"""A training on disk: weights that `compiler/transformer/decoder.py` loads, and what is needed to go on.

`state.pt` alone is what a training goes on from, and is written first: as a file is written whole or not at all, whatever
interrupts the others finds weights, optimiser and history of one step. The others are for readers: `config.json` and
`model.safetensors` are the best weights as a checkpoint has them; `training.json` is the record that `state.pt` has, too:
what was trained and how it went, and that nothing is certified.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal, cast

import torch
from safetensors.torch import save as save_arrays
from torch import Tensor

from compiler.config import Config
from compiler.export.records import encode_config, encode_json
from compiler.json_forms.training_forms import ResultsRecord, TaskRecord, TrainingRecord
from compiler.training.learn import Moment, Training
from rasp.diagnostics import Diagnostic, RaspError
from rasp.version import VERSION
from rasp.write_whole import make_folder, write_file

RECORD, STATE, CONFIG, ARRAYS = "training.json", "state.pt", "config.json", "model.safetensors"
FORMAT: Literal["rasp-training"] = "rasp-training"
#: To be raised with every change of what a training does or keeps that its task does not tell.
FORMAT_VERSION = 2
ELSEWHERE = "train into another folder"
#: What reading raises where `state.pt` is missing, damaged or something else.
UNREADABLE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError),
    *(RuntimeError, EOFError, UnpicklingError),
)


@dataclass(frozen=True)
class Task:
    """What is learnt, and how, as plain data: what has to be the same for a training to go on."""

    program: str
    outputs: dict[str, str]
    config: dict[str, Any]
    data: dict[str, Any]
    settings: dict[str, Any]
    start: str

    def as_json(self) -> TaskRecord:
        """Plain data."""
        return {
            "program": self.program,
            "outputs": self.outputs,
            "config": self.config,
            "data": self.data,
            "settings": self.settings,
            "start": self.start,
        }


@dataclass(frozen=True, eq=False)
class Kept:
    """What `state.pt` holds: the task as plain data, the history, and weights."""

    task: Mapping[str, Any]
    history: Sequence[Moment]
    decoder: dict[str, Tensor]
    optimizer: dict[str, Any]
    best: dict[str, Tensor]


def save_training(
    folder: Path, task: Task, config: Config, training: Training, results: ResultsRecord | None
) -> None:
    """Write all files. Raises `OSError`, `RaspError`."""
    best = {name: weight.cpu().contiguous() for name, weight in training.best.items()}
    record: TrainingRecord = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "written_by": f"rasp {VERSION}",
        "certified": False,
        "task": task.as_json(),
        "history": [moment.as_json() for moment in training.history],
        "results": {} if results is None else results,
    }
    state = io.BytesIO()
    torch.save(  # pyright: ignore[reportUnknownMemberType]
        {
            "record": encode_json(record).decode("ascii"),
            "decoder": training.decoder.state_dict(),
            "optimizer": training.optimizer.state_dict(),
            "best": best,
        },
        state,
    )
    with make_folder(folder):
        write_file(folder / STATE, state.getvalue())
        write_file(folder / ARRAYS, save_arrays(best))
        write_file(folder / CONFIG, encode_json(encode_config(config)))
        write_file(folder / RECORD, encode_json(record))


def has_training(folder: Path) -> bool:
    """Whether a training was written there."""
    return (folder / STATE).exists()


def resume_training(folder: Path, task: Task, training: Training) -> None:
    """Put a training where it was. Raises `RaspError` for another task's, and for files that are no training."""
    kept = read_kept(folder)
    now = json.loads(json.dumps(task.as_json()))
    different = [part for part in now if kept.task.get(part) != now[part]]
    if different:
        raise RaspError(
            Diagnostic(
                f"the training in {folder} was begun with other {different[0]}",
                hint=f"give the same program and options, or {ELSEWHERE}",
            )
        )
    training.decoder.load_state_dict(kept.decoder)
    training.optimizer.load_state_dict(kept.optimizer)
    training.history[:] = kept.history
    training.best = kept.best


def read_kept(folder: Path) -> Kept:
    """What a training goes on from. Raises `RaspError` for what is none, and for one of another version."""
    try:
        state = cast(dict[str, Any], torch.load(folder / STATE, map_location="cpu", weights_only=True))
        record: dict[str, Any] = json.loads(state["record"]) if "record" in state else {}
        check_version(folder, record)
        history = [Moment(**moment) for moment in record["history"]]
        return Kept(dict(record["task"]), history, state["decoder"], state["optimizer"], state["best"])
    except UNREADABLE:
        raise RaspError(Diagnostic(f"{folder} holds no training that could go on", hint=ELSEWHERE)) from None


def check_version(folder: Path, record: Mapping[str, Any]) -> None:
    """Raises `RaspError` unless a training is kept as this version keeps it; the first kept no record beside weights."""
    if record.get("version") == FORMAT_VERSION:
        return
    maker = record.get("written_by", "an earlier version of rasp")
    raise RaspError(
        Diagnostic(
            f"the training in {folder} was begun by {maker}, which goes on otherwise than rasp {VERSION}",
            hint=f"go on with that version, or {ELSEWHERE}",
        )
    )
