"""rasp.json, which every folder of ours has: sealed by a checksum of all that it says, and opened where that is right.

What it says besides is each kind of folder's own (`compiler/export/files.py`, `stock_files.py`, `superposed_files.py`).
"""

from pathlib import Path

from compiler.export.folder import hash_bytes, locate_part
from compiler.export.read_file import CheckpointError, read_file, report_damage
from compiler.export.records import decode_json, encode_json
from compiler.limits import JSON_BYTES
from compiler.strict_json.check_json import Record

RECORD = "rasp.json"
CHANGED = "is damaged: its contents have changed since it was written"


def read_kind(folder: Path) -> Record:
    """What a folder's record says, unchecked; nothing where it has none."""
    try:
        return decode_json(read_file(folder / RECORD, JSON_BYTES.most))
    except (CheckpointError, ValueError):
        return {}


def open_record(folder: Path, version: int, hint: str) -> Record:
    """What the record of a folder says that is no checkpoint, where it is whole and of this `version`; `hint`: what to do
    where it is of another. Raises `CheckpointError`."""
    path = folder / RECORD
    data = read_file(path, JSON_BYTES.most)
    try:
        record = decode_json(data)
    except ValueError:
        raise report_damage(path, "is damaged: it is not readable as JSON", hint) from None
    if record.get("version") != version:
        raise report_damage(path, "is of another version of this program", hint)
    check_whole(path, record, data)
    return record


def seal_record(record: Record) -> bytes:
    """A record as JSON, with a checksum of all that it says, which `check_whole` asks for."""
    return encode_json(record | {"checksum": hash_bytes(encode_json(record))})


def check_whole(path: Path, record: Record, data: bytes) -> None:
    """Raise `CheckpointError` unless a record has the checksum that it names, and hashes of other files."""
    content = {key: value for key, value in record.items() if key != "checksum"}
    # Comparing the bytes as well catches a changed blank, which the content does not show.
    whole = record.get("checksum") == hash_bytes(encode_json(content)) and data == encode_json(record)
    if not whole or not isinstance(record.get("sha256"), dict):
        raise report_damage(path, CHANGED)


def read_part(folder: Path, name: str, digest: str, most: int, hint: str) -> bytes:
    """A file of at most so many bytes that has the sha256 of the record. Raises `CheckpointError`."""
    found = read_file(locate_part(folder, name, digest), most)
    if hash_bytes(found) != digest:
        raise report_damage(folder / name, CHANGED, hint)
    return found
