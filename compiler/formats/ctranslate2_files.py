"""A folder for a family as CTranslate2 reads it, by CTranslate2's own converter."""

from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from compiler.export.files import CONFIG
from compiler.export.records import decode_json, encode_json
from compiler.formats.import_library import take_library
from compiler.strict_json.check_json import check_mapping, check_number
from compiler.targets.rotary import LONGEST, LOW

FILES = ("config.json", "model.bin", "vocabulary.json")
FACTORS = "low_freq_factor", "high_freq_factor"
"""Of a context, which waves are how far scaled."""
INSTALL = "ctranslate2: it is of the extra `engines` of this project"


def convert_to_ctranslate2(folder: Path) -> dict[str, bytes]:
    """The files. Raises `ModelError` where ctranslate2 is not installed."""
    converters = take_library("ctranslate2.converters", "this format", INSTALL)
    with TemporaryDirectory() as scratch:
        made, source = Path(scratch) / "model", Path(scratch) / "source"
        copytree(folder, source)
        scale_frequencies(source / CONFIG)
        converters.TransformersConverter(str(source)).convert(str(made))
        files = {name: (made / name).read_bytes() for name in FILES}
    config = decode_json(files["config.json"])
    # What a text's unknown words are taken for: no id of ours is for them, but a folder without one is not opened.
    config["unk_token"] = config["unk_token"] or config["eos_token"]
    return files | {"config.json": encode_json(config)}


def scale_frequencies(path: Path) -> None:
    """Where the first pair of a head turns, say so by the context that CTranslate2 takes for granted."""
    config = decode_json(path.read_bytes())
    if (
        "rope_scaling" in config
        and (scaling := check_mapping(config["rope_scaling"]))["low_freq_factor"] == LOW
    ):
        scaled = {name: check_number(scaling[name]) * LONGEST for name in FACTORS}
        path.write_bytes(encode_json({**config, "rope_scaling": {**scaling, **scaled}}))
