"""Uniform weights in the names, transposes and settings of a family. One table; a family is a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from compiler.options import Dialect
from compiler.stock.uniform import UniformWeights
from compiler.targets.rotary import SCALING, THETA, choose_frequency, choose_frequency_base, describe_scaling
from compiler.targets.target import TARGETS
from compiler.targets.uniform_shape import UniformShape

Arrays = dict[str, np.ndarray]
Settings = dict[str, object]
TYPES = 2
"""Types of tokens, of which nothing depends: some software gives each token one."""


@dataclass(frozen=True, eq=False)
class Family:
    """What makes a folder one of a family: its arrays by their names there, and its settings."""

    architecture: str
    name_arrays: Callable[[UniformWeights], Arrays]
    settings: Callable[[UniformShape], Settings]


def name_gpt2(weights: UniformWeights) -> Arrays:
    """`GPT2LMHeadModel`: matrices as (in, out); query, key and value side by side."""
    a, none = weights.arrays, np.zeros(weights.shape.hidden, np.float32)
    found = {
        "transformer.wte.weight": a["tokens"],
        "transformer.wpe.weight": a["positions"],
        "transformer.ln_f.weight": a["last_gain"],
        "transformer.ln_f.bias": a["last_bias"],
        "lm_head.weight": a["head"].T,
    }
    for n in range(weights.shape.layers):
        parts = {
            "ln_1.weight": a["gain"],
            "ln_1.bias": none,
            "attn.c_attn.weight": np.concatenate([a[f"{n}.query"], a[f"{n}.key"], a[f"{n}.value"]], axis=1),
            "attn.c_attn.bias": np.zeros(3 * weights.shape.hidden, np.float32),
            "attn.c_proj.weight": a[f"{n}.output"],
            "attn.c_proj.bias": none,
            "ln_2.weight": a["gain"],
            "ln_2.bias": none,
            "mlp.c_fc.weight": a[f"{n}.up"],
            "mlp.c_fc.bias": a[f"{n}.up_bias"],
            "mlp.c_proj.weight": a[f"{n}.down"],
            "mlp.c_proj.bias": none,
        }
        found |= {f"transformer.h.{n}.{name}": array for name, array in parts.items()}
    return found


def set_gpt2(shape: UniformShape) -> Settings:
    """Sizes, and what `GPT2Config` would take otherwise."""
    return {
        "model_type": "gpt2",
        "n_positions": shape.positions,
        "n_embd": shape.hidden,
        "n_layer": shape.layers,
        "n_head": shape.heads,
        "n_inner": shape.units,
        "activation_function": TARGETS["gpt2"].activation,
        "layer_norm_epsilon": TARGETS["gpt2"].eps,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
    }


def name_opt(weights: UniformWeights) -> Arrays:
    """`OPTForCausalLM`: matrices as (out, in); the first two rows of the positions' table are never read."""
    a, none = weights.arrays, np.zeros(weights.shape.hidden, np.float32)
    unread = np.zeros((2, weights.shape.hidden), np.float32)
    found = {
        "model.decoder.embed_tokens.weight": a["tokens"],
        "model.decoder.embed_positions.weight": np.concatenate([unread, a["positions"]]),
        "model.decoder.final_layer_norm.weight": a["last_gain"],
        "model.decoder.final_layer_norm.bias": a["last_bias"],
        "lm_head.weight": a["head"].T,
    }
    for n in range(weights.shape.layers):
        parts = {
            "self_attn_layer_norm.weight": a["gain"],
            "self_attn_layer_norm.bias": none,
            "final_layer_norm.weight": a["gain"],
            "final_layer_norm.bias": none,
            "fc1.weight": a[f"{n}.up"].T,
            "fc1.bias": a[f"{n}.up_bias"],
            "fc2.weight": a[f"{n}.down"].T,
            "fc2.bias": none,
        }
        for theirs, ours in (("q", "query"), ("k", "key"), ("v", "value"), ("out", "output")):
            parts |= {
                f"self_attn.{theirs}_proj.weight": a[f"{n}.{ours}"].T,
                f"self_attn.{theirs}_proj.bias": none,
            }
        found |= {f"model.decoder.layers.{n}.{name}": array for name, array in parts.items()}
    return found


def set_opt(shape: UniformShape) -> Settings:
    """Sizes, and what `OPTConfig` would take otherwise."""
    return {
        "model_type": "opt",
        "max_position_embeddings": shape.positions,
        "hidden_size": shape.hidden,
        "word_embed_proj_dim": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "ffn_dim": shape.units,
        "activation_function": TARGETS["opt"].activation,
        "do_layer_norm_before": True,
        "enable_bias": True,
        "layer_norm_elementwise_affine": True,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "layerdrop": 0.0,
    }


def name_llama(weights: UniformWeights) -> Arrays:
    """`LlamaForCausalLM`: matrices as (out, in); what a unit makes is the gate's."""
    a = weights.arrays
    found = {
        "model.embed_tokens.weight": a["tokens"],
        "model.norm.weight": a["gain"],
        "lm_head.weight": a["head"].T,
    }
    for n in range(weights.shape.layers):
        parts = {
            "input_layernorm.weight": a["gain"],
            "post_attention_layernorm.weight": a["gain"],
            "mlp.gate_proj.weight": a[f"{n}.up"].T,
            "mlp.up_proj.weight": a[f"{n}.factor"].T,
            "mlp.down_proj.weight": a[f"{n}.down"].T,
        }
        for theirs, ours in (("q", "query"), ("k", "key"), ("v", "value"), ("o", "output")):
            parts[f"self_attn.{theirs}_proj.weight"] = a[f"{n}.{ours}"].T
        found |= {f"model.layers.{n}.{name}": array for name, array in parts.items()}
    return found


def set_llama(shape: UniformShape) -> Settings:
    """Sizes, and what `LlamaConfig` would take otherwise; rotation in the words of older and of newer software."""
    base, scaling = THETA, SCALING
    if shape.turns:
        base, scaling = (
            choose_frequency_base(shape.d_head),
            describe_scaling(choose_frequency(shape.positions - 1)),
        )
    return {
        "model_type": "llama",
        "max_position_embeddings": shape.positions,
        "hidden_size": shape.hidden,
        "head_dim": shape.d_head,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "intermediate_size": shape.units,
        "hidden_act": TARGETS["llama"].activation,
        "rms_norm_eps": TARGETS["llama"].eps,
        "rope_theta": base,
        "rope_scaling": dict(scaling),
        "rope_parameters": {**scaling, "rope_theta": base},
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
    }


def name_bert(weights: UniformWeights) -> Arrays:
    """`BertForTokenClassification`: matrices as (out, in); there is one type of token."""
    a, none = weights.arrays, np.zeros(weights.shape.hidden, np.float32)
    found = {
        "bert.embeddings.word_embeddings.weight": a["tokens"],
        "bert.embeddings.position_embeddings.weight": a["positions"],
        "bert.embeddings.token_type_embeddings.weight": np.zeros((TYPES, weights.shape.hidden), np.float32),
        "bert.embeddings.LayerNorm.weight": a["gain"],
        "bert.embeddings.LayerNorm.bias": none,
        "classifier.weight": a["head"].T,
        "classifier.bias": a["head_bias"],
    }
    for n in range(weights.shape.layers):
        parts = {
            "attention.output.LayerNorm.weight": a["gain"],
            "attention.output.LayerNorm.bias": none,
            "intermediate.dense.weight": a[f"{n}.up"].T,
            "intermediate.dense.bias": a[f"{n}.up_bias"],
            "output.dense.weight": a[f"{n}.down"].T,
            "output.dense.bias": none,
            "output.LayerNorm.weight": a["gain"],
            "output.LayerNorm.bias": none,
        }
        for theirs, ours in (
            ("self.query", "query"),
            ("self.key", "key"),
            ("self.value", "value"),
            ("output.dense", "output"),
        ):
            parts |= {f"attention.{theirs}.weight": a[f"{n}.{ours}"].T, f"attention.{theirs}.bias": none}
        found |= {f"bert.encoder.layer.{n}.{name}": array for name, array in parts.items()}
    return found


def set_bert(shape: UniformShape) -> Settings:
    """Sizes, and what `BertConfig` would take otherwise."""
    return {
        "model_type": "bert",
        "max_position_embeddings": shape.positions,
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.units,
        "type_vocab_size": TYPES,
        "hidden_act": TARGETS["bert"].activation,
        "layer_norm_eps": TARGETS["bert"].eps,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }


def name_roberta(weights: UniformWeights) -> Arrays:
    """`RobertaForTokenClassification`: the names of BERT; positions are counted from the id behind the one that pads."""
    found = {name.replace("bert.", "roberta.", 1): array for name, array in name_bert(weights).items()}
    positions = weights.arrays["positions"]
    unread = np.zeros((weights.shape.ids, weights.shape.hidden), np.float32)
    return found | {"roberta.embeddings.position_embeddings.weight": np.concatenate([unread, positions])}


def set_roberta(shape: UniformShape) -> Settings:
    """Sizes, and what `RobertaConfig` would take otherwise."""
    positions = shape.ids + shape.positions
    return {**set_bert(shape), "model_type": "roberta", "max_position_embeddings": positions}


def name_distilbert(weights: UniformWeights) -> Arrays:
    """`DistilBertForTokenClassification`: matrices as (out, in); tokens have no types."""
    a, none = weights.arrays, np.zeros(weights.shape.hidden, np.float32)
    found = {
        "distilbert.embeddings.word_embeddings.weight": a["tokens"],
        "distilbert.embeddings.position_embeddings.weight": a["positions"],
        "distilbert.embeddings.LayerNorm.weight": a["gain"],
        "distilbert.embeddings.LayerNorm.bias": none,
        "classifier.weight": a["head"].T,
        "classifier.bias": a["head_bias"],
    }
    for n in range(weights.shape.layers):
        parts = {
            "sa_layer_norm.weight": a["gain"],
            "sa_layer_norm.bias": none,
            "ffn.lin1.weight": a[f"{n}.up"].T,
            "ffn.lin1.bias": a[f"{n}.up_bias"],
            "ffn.lin2.weight": a[f"{n}.down"].T,
            "ffn.lin2.bias": none,
            "output_layer_norm.weight": a["gain"],
            "output_layer_norm.bias": none,
        }
        for theirs, ours in (("q", "query"), ("k", "key"), ("v", "value"), ("out", "output")):
            parts |= {
                f"attention.{theirs}_lin.weight": a[f"{n}.{ours}"].T,
                f"attention.{theirs}_lin.bias": none,
            }
        found |= {f"distilbert.transformer.layer.{n}.{name}": array for name, array in parts.items()}
    return found


def set_distilbert(shape: UniformShape) -> Settings:
    """Sizes, and what `DistilBertConfig` would take otherwise; the norm's epsilon is no setting."""
    return {
        "model_type": "distilbert",
        "max_position_embeddings": shape.positions,
        "sinusoidal_pos_embds": False,
        "dim": shape.hidden,
        "n_layers": shape.layers,
        "n_heads": shape.heads,
        "hidden_dim": shape.units,
        "activation": TARGETS["distilbert"].activation,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "seq_classif_dropout": 0.0,
    }


FAMILIES: Mapping[Dialect, Family] = {
    "gpt2": Family("GPT2LMHeadModel", name_gpt2, set_gpt2),
    "opt": Family("OPTForCausalLM", name_opt, set_opt),
    "llama": Family("LlamaForCausalLM", name_llama, set_llama),
    "bert": Family("BertForTokenClassification", name_bert, set_bert),
    "roberta": Family("RobertaForTokenClassification", name_roberta, set_roberta),
    "distilbert": Family("DistilBertForTokenClassification", name_distilbert, set_distilbert),
}
