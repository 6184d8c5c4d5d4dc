"""Folders for what a family can be and ours are not: a head that is the embedding, keys and values that query heads share.

Only what is laid out differs; the answers are those of the folder that was compiled. No record is beside it, for nobody
compiles such a folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, cast

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from compiler.export.files import ARRAYS, CONFIG, GENERATION, TOKENIZER, TOKENIZER_CONFIG
from compiler.export.records import decode_json, encode_json
from compiler.export.stock_files import encode_stock_files
from compiler.formats.nanogpt_files import check_tied, tie_compilation
from compiler.pipeline import Compiled
from compiler.stock.array_names import FAMILIES

Alteration = Literal["tied", "grouped"]
Files = dict[str, bytes]
FILES = (CONFIG, GENERATION, ARRAYS, TOKENIZER, TOKENIZER_CONFIG)
#: Query heads that share a key and value head.
GROUP = 2


def encode_altered(compiled: Compiled, how: Alteration) -> Files:
    """The files of an altered folder. Raises `ModelError` where the alteration is not exact."""
    files = encode_stock_files(compiled)
    return ALTERATIONS[how](compiled, {name: files[name] for name in FILES})


def tie(compiled: Compiled, files: Files) -> Files:
    """A folder for gpt2 without an array for its head (`compiler/stock/tied.py`)."""
    check_tied(compiled)
    tied, family = tie_compilation(compiled), FAMILIES["gpt2"]
    arrays = family.name_arrays(replace(tied, arrays={**tied.arrays, "head": tied.arrays["tokens"].T}))
    others = {name: array for name, array in arrays.items() if name != "lm_head.weight"}
    sizes = {**family.settings(tied.shape), "vocab_size": tied.shape.ids, "tie_word_embeddings": True}
    return files | encode_parts(decode_json(files[CONFIG]) | sizes, others)


def group(compiled: Compiled, files: Files) -> Files:
    """A folder for llama with twice as many query heads, of which the second of each pair writes nothing: who takes another
    key and value head for a query head than that of its pair has other answers. The residual is as wide as all heads."""
    settings, arrays = decode_json(files[CONFIG]), load_arrays(files[ARRAYS])
    heads = cast(int, settings["num_attention_heads"])
    hidden = cast(int, settings["hidden_size"])
    found = {name: widen(name, spread(name, array, heads), hidden) for name, array in arrays.items()}
    sizes = {"num_attention_heads": GROUP * heads, "hidden_size": GROUP * hidden}
    return files | encode_parts(settings | sizes, found)


def spread(name: str, array: np.ndarray, heads: int) -> np.ndarray:
    """Queries (heads · d, hidden), and what heads write (hidden, heads · d), with heads of zeros in between."""
    if name.endswith("q_proj.weight"):
        parts = array.reshape(heads, 1, -1, array.shape[1])
        return np.pad(parts, [(0, 0), (0, GROUP - 1), (0, 0), (0, 0)]).reshape(-1, array.shape[1])
    if name.endswith("o_proj.weight"):
        parts = array.reshape(len(array), heads, 1, -1)
        return np.pad(parts, [(0, 0), (0, 0), (0, GROUP - 1), (0, 0)]).reshape(len(array), -1)
    return array


def widen(name: str, array: np.ndarray, hidden: int) -> np.ndarray:
    """An array over residual columns with columns behind them that nobody writes or reads."""
    written = name.endswith(("o_proj.weight", "down_proj.weight", "norm.weight"))
    room = [(0, 0)] * array.ndim
    room[0 if written else -1] = (0, (GROUP - 1) * hidden)
    return np.pad(array, room)


def encode_parts(settings: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> Files:
    """Settings and arrays as files."""
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return {CONFIG: encode_json({**settings}), ARRAYS: save_arrays(whole, metadata={"format": "pt"})}


ALTERATIONS: Mapping[Alteration, Callable[[Compiled, Files], Files]] = {"tied": tie, "grouped": group}
