"""What was found, in a folder: a file for each batch, written whole, so that a verification that was broken off goes on.

FOLDER/verification.json     what was verified: bytes of the model, how it was run, which inputs
FOLDER/batch-000012.json     what was found on one batch (`compiler/verify/tally.py`)
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compiler.strict_json.check_json import Record, check_mapping
from compiler.verify.chosen_inputs import Selection
from compiler.verify.differential import Batches, Check, Runner
from compiler.verify.tally import Tally, read_tally
from rasp.diagnostics import Diagnostic, RaspError
from rasp.write_whole import CHECK_PATH, explain_reason, make_folder, write_text

INDEX, FORMAT, VERSION = "verification.json", "rasp-verification", 1
BATCH = "batch-{:06}.json"


@dataclass(frozen=True)
class KeptTallies:
    """A folder, and what is in it by the number of its batch."""

    folder: Path
    found: Mapping[int, Tally]

    @property
    def checked(self) -> int:
        """On how many inputs it was found."""
        return sum(tally.checked for tally in self.found.values())


def open_kept(folder: Path, model: str, selection: Selection) -> KeptTallies:
    """What is kept of a verification of a model (by its hash) on some inputs; nothing where the folder is new, which is
    made. Raises `RaspError` for a folder that holds something else, or cannot be used."""
    counts = {str(length): count for length, count in selection.counts.items()}
    wanted = {"format": FORMAT, "version": VERSION, "model": model, "seed": selection.seed, "inputs": counts}
    try:
        with make_folder(folder):
            taken = any(folder.iterdir())
            if taken and read_json(folder / INDEX) != wanted:
                hint = "give the same model and options to go on with it, else another folder"
                message = f"{folder} holds something else than results of this verification"
                raise RaspError(Diagnostic(message, hint=hint, code="usage"))
            if not taken:
                write_text(folder / INDEX, json.dumps(wanted, indent=1) + "\n")
        return KeptTallies(folder, dict(read_batches(folder)))
    except OSError as error:
        message = f"{folder} cannot be used: {explain_reason(error)}"
        raise RaspError(Diagnostic(message, hint=CHECK_PATH, code="usage")) from None
    except ValueError:
        message = f"{str(folder)!r} is not a path that can be"
        raise RaspError(Diagnostic(message, hint=CHECK_PATH, code="usage")) from None


def read_batches(folder: Path) -> Iterator[tuple[int, Tally]]:
    """What is kept; a damaged file is none, and is made again."""
    for path in sorted(folder.glob("batch-*.json")):
        try:
            yield int(path.stem.removeprefix("batch-")), read_tally(read_json(path) or {})
        except (LookupError, TypeError, ValueError, AttributeError):
            continue


def read_json(path: Path) -> Record | None:
    """An object in a file; None where there is none."""
    try:
        return check_mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def run_and_keep(run: Runner, kept: KeptTallies) -> Runner:
    """A runner that has only those batches run that are not there yet, and keeps what is found. Raises `RaspError` where it
    cannot be kept."""

    def resumed(check: Check, batches: Batches) -> Iterator[tuple[int, Tally]]:
        yield from kept.found.items()
        rest = ((number, inputs) for number, inputs in batches if number not in kept.found)
        for number, tally in run(check, rest):
            write_text(kept.folder / BATCH.format(number), json.dumps(tally.as_json()) + "\n")
            yield number, tally

    return resumed
