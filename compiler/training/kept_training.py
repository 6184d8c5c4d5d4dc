"""A training on disk: weights that `compiler/transformer/decoder.py` loads, and what is needed to go on.

`config.json` and `model.safetensors` are the best weights as a checkpoint has them; `training.json` says what was trained
and how it went, and that nothing is certified; `state.pt` is the optimiser's. `training.json` is written last.
"""

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load as load_arrays
from safetensors.torch import save as save_arrays

from compiler.config import Config
from compiler.export.records import encode_config, encode_json
from compiler.training.learn import Moment, Training
from rasp.diagnostics import Diagnostic, RaspError
from rasp.write_whole import write_file

RECORD, STATE, CONFIG, ARRAYS = "training.json", "state.pt", "config.json", "model.safetensors"
FORMAT = "rasp-training"


@dataclass(frozen=True)
class Task:
    """What is learnt, and how, as plain data: what has to be the same for a training to go on."""

    program: str
    outputs: dict[str, str]
    config: dict[str, Any]
    data: dict[str, Any]
    settings: dict[str, Any]
    start: str


def save_training(
    folder: Path, task: Task, config: Config, training: Training, results: dict[str, Any]
) -> None:
    """Write all files. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    state = io.BytesIO()
    torch.save(  # pyright: ignore[reportUnknownMemberType]
        {"decoder": training.decoder.state_dict(), "optimizer": training.optimizer.state_dict()}, state
    )
    best = {name: weight.cpu().contiguous() for name, weight in training.best.items()}
    record = {
        "format": FORMAT,
        "certified": False,
        "task": asdict(task),
        "history": [asdict(moment) for moment in training.history],
        "results": results,
    }
    write_file(folder / STATE, state.getvalue())
    write_file(folder / ARRAYS, save_arrays(best))
    write_file(folder / CONFIG, encode_json(encode_config(config)))
    write_file(folder / RECORD, encode_json(record))


def has_training(folder: Path) -> bool:
    """Whether a training was written there."""
    return (folder / RECORD).exists()


def resume_training(folder: Path, task: Task, training: Training) -> None:
    """Put a training where it was. Raises `RaspError` for another task's, and for files that are no training."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
        state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
        history = [Moment(**moment) for moment in record["history"]]
        before = record["task"]
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, EOFError, UnpicklingError):
        raise RaspError(
            Diagnostic(f"{folder} holds no training that could go on", hint="train into another folder")
        ) from None
    now = json.loads(json.dumps(asdict(task)))
    different = [part for part in now if before.get(part) != now[part]]
    if different:
        raise RaspError(
            Diagnostic(
                f"the training in {folder} was begun with other {different[0]}",
                hint="give the same program and options, or train into another folder",
            )
        )
    training.decoder.load_state_dict(state["decoder"])
    training.optimizer.load_state_dict(state["optimizer"])
    training.history[:] = history
    training.best = load_arrays((folder / ARRAYS).read_bytes())
