"""A folder for a family as CTranslate2 reads it, by CTranslate2's own converter."""

from pathlib import Path
from tempfile import TemporaryDirectory

from compiler.export.records import decode_json, encode_json
from compiler.formats.import_library import take_library
from compiler.model.stock_model import hide_progress_bars, take_transformers

FILES = ("config.json", "model.bin", "vocabulary.json")
INSTALL = "ctranslate2: it is of the extra `engines` of this project"


def convert_to_ctranslate2(folder: Path) -> dict[str, bytes]:
    """The files. Raises `ModelError` where ctranslate2 is not installed."""
    converters = take_library("ctranslate2.converters", "this format", INSTALL)
    with TemporaryDirectory() as scratch, hide_progress_bars(take_transformers()):
        made = Path(scratch) / "model"
        converters.TransformersConverter(str(folder)).convert(str(made))
        files = {name: (made / name).read_bytes() for name in FILES}
    config = decode_json(files["config.json"])
    # What a text's unknown words are taken for: no id of ours is for them, but a folder without one is not opened.
    config["unk_token"] = config["unk_token"] or config["eos_token"]
    return files | {"config.json": encode_json(config)}
