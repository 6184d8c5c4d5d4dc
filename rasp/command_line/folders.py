"""What a folder holds that a command was given: programs, a compiled model, neither."""

import os
from pathlib import Path

#: The file that only a checkpoint has.
RECORD = "rasp.json"
FEW = 5


def is_checkpoint(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, RECORD))


def list_programs(folder: str) -> list[str]:
    """The paths of all programs in it, sorted."""
    return sorted(str(path) for path in Path(folder).rglob("*.rasp") if path.is_file())


def advise_on_folder(folder: str) -> str:
    """What to do with a folder where a program has to be."""
    if is_checkpoint(folder):
        return f"it is a compiled model: `rasp apply {folder} INPUT` runs it, `rasp info {folder}` shows it"
    programs = list_programs(folder)
    if not programs:
        return "give the path of a file"
    more = f" and {len(programs) - FEW} more" if len(programs) > FEW else ""
    return f"give one of the programs in it: {', '.join(programs[:FEW])}{more}"
