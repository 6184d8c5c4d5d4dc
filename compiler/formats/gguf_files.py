"""A compilation for llama as a GGUF file, which llama.cpp runs: written by llama.cpp's own library for that.

What llama.cpp computes is what the family does: RMSNorm by an inverse root, SiLU, heads turned by the position. It turns
neighbouring dimensions as a pair, where the family turns those half a head apart: rows of queries and keys are in another
order. Words are told from words by the blanks before them.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from compiler.export.stock_files import assemble_uniform
from compiler.export.stock_tokenizer import name_ids
from compiler.formats.import_library import take_library
from compiler.pipeline import Compiled
from compiler.stock.array_names import Arrays, name_llama
from compiler.stock.uniform import UniformWeights
from compiler.targets.rotary import FACTOR, THETA, choose_frequency
from compiler.targets.target import find_target
from compiler.transformer.problem import make_model_error

GGUF = "model.gguf"
INSTALL = "gguf: it is of the extra `engines` of this project"
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "model.layers": "blk",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""The family's names of parts, and GGUF's."""
BLANK = "\u2581"
"""What stands for the blank before a word."""


def encode_gguf(compiled: Compiled) -> dict[str, bytes]:
    """The file. Raises `ModelError` where gguf is not installed."""
    library: Any = take_library("gguf", "this format", INSTALL)
    weights = assemble_uniform(compiled)
    with TemporaryDirectory() as folder:
        path = Path(folder) / GGUF
        writer = library.GGUFWriter(path, "llama")
        set_sizes(writer, weights, find_target(compiled.options).eps, library.RopeScalingType)
        set_tokenizer(writer, library, compiled, weights)
        for name, array in (name_gguf(weights) | name_turns(weights)).items():
            writer.add_tensor(name, array)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return {GGUF: path.read_bytes()}


def set_sizes(writer: Any, weights: UniformWeights, eps: float | None, scaling: Any) -> None:
    """What llama.cpp asks of a model of this kind; `scaling` are gguf's words for how rotation is scaled."""
    shape = weights.shape
    writer.add_vocab_size(shape.ids)
    writer.add_context_length(shape.positions + 1)  # the last answer has a place there, too
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.units)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_key_length(shape.d_head)
    writer.add_value_length(shape.d_head)
    writer.add_layer_norm_rms_eps(eps)
    writer.add_rope_dimension_count(shape.d_head)
    writer.add_rope_freq_base(THETA)
    if shape.turns:
        writer.add_rope_scaling_type(scaling.NONE)  # but by numbers of its own (`name_turns`)
        return
    writer.add_rope_scaling_type(scaling.LINEAR)
    writer.add_rope_scaling_factor(FACTOR)


def set_tokenizer(writer: Any, library: Any, compiled: Compiled, weights: UniformWeights) -> None:
    """The words of all ids. A word that is not known is taken for what ends a text, as there is no id for it."""
    config = compiled.weights.config
    if any(str(token).isspace() for token in config.vocabulary):
        message = "GGUF's tokenizer parts words at blanks, and a token of this model is a blank"
        raise make_model_error(message, "compile it for a vocabulary without blanks", "format")
    answers = dict(zip(weights.class_ids, config.outputs[0].classes, strict=True))
    words, bos = name_ids(config, answers), config.bos
    kinds = [library.TokenType.NORMAL] * len(words)
    kinds[bos], kinds[bos + 1] = library.TokenType.CONTROL, library.TokenType.UNKNOWN
    writer.add_tokenizer_model("t5")
    writer.add_token_list([word if k in (bos, bos + 1) else BLANK + word for k, word in enumerate(words)])
    writer.add_token_scores([0.0] * len(words))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(bos)
    writer.add_eos_token_id(bos + 1)
    writer.add_unk_token_id(bos + 1)
    writer.add_pad_token_id(bos + 1)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)


def name_gguf(weights: UniformWeights) -> Arrays:
    """Arrays by GGUF's names."""
    found: Arrays = {}
    for name, array in name_llama(weights).items():
        for theirs, ours in NAMES.items():
            if theirs in name:
                name = name.replace(theirs, ours)
        turned = "attn_q" in name or "attn_k" in name
        found[name] = np.ascontiguousarray(pair_neighbours(array, weights.shape.heads) if turned else array)
    return found


def name_turns(weights: UniformWeights) -> Arrays:
    """What the frequency of each pair is divided by, where the first pair turns."""
    shape = weights.shape
    if not shape.turns:
        return {}
    divisors = np.full(shape.d_head // 2, FACTOR, np.float32)
    divisors[0] = 1 / choose_frequency(shape.positions - 1)
    return {"rope_freqs.weight": divisors}


def pair_neighbours(array: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key matrix, those half a head apart brought together."""
    rows, columns = array.shape
    halves = array.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)
