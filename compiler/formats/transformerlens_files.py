"""Plain weights for TransformerLens 4: what `TransformerBridge.boot_native` takes, and the arrays that it then loads.

    bridge = TransformerBridge.boot_native(json.load(open("config.json")))
    bridge.load_state_dict(safetensors.torch.load_file("model.safetensors"), strict=False)

Heads are filled up with zeros to one size, and hidden units to one number. The scale of scores is 2, which the queries take
back to the last bit. The unembedding has no bias: a column that every token writes a 1 into stands for it. Heads, hidden
units and residual columns have the numbers of `rasp info`.
"""

import numpy as np

from compiler.audit.bounds import audit_plan
from compiler.config import LayerShape
from compiler.emit.weights import Weights
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import FLOAT32
from compiler.pipeline import Compiled
from compiler.stock.uniform import center_logits
from compiler.strict_json.check_json import Record
from compiler.targets.rounding_in_transformers import Noise
from compiler.transformer.problem import make_model_error

SCALE = 2.0


def check_single_logits(compiled: Compiled) -> None:
    """Raise `ModelError` for a model that is not exact where logits are float32 and a bias may be added first."""
    precision = Precision(compiled.options.max_length)
    noise = Noise(logits=FLOAT32.unit, summed=True, rotated=compiled.options.rotation is not None)
    bounds = audit_plan(compiled.plan, compiled.layout, precision, noise)
    if bounds.unsafe:
        worst = max(bounds.unsafe, key=lambda decision: decision.excess)
        message = (
            f"TransformerLens computes logits in float32, where an error of {worst.error:.1e} "
            f"can turn a decision of margin {worst.margin:.1e}"
        )
        raise make_model_error(message, "use a smaller maximum length, or fewer values", "format")
    if any(block.is_anchored for layer in compiled.plan.layers for block in layer.lookups):
        message = "this model rounds sums by a number that is added last, which TransformerLens may add first"
        raise make_model_error(message, "export it to onnx, or use a smaller maximum length", "format")


def measure_bridge(weights: Weights) -> dict[str, int]:
    """Its sizes, as the config names them."""
    config = weights.config
    heads = [head for layer in config.layers for head in layer.heads]
    return {
        "d_model": config.d_model + 1,
        "n_layers": max(1, len(config.layers)),
        "n_heads": max([1, *(len(layer.heads) for layer in config.layers)]),
        "d_head": max([2, *(max(head.d_key, head.d_value) for head in heads)]),
        "d_mlp": max([1, *(layer.d_mlp for layer in config.layers)]),
        "n_ctx": config.max_length + 1,
        "d_vocab": config.bos + 1,
        "d_vocab_out": len(config.outputs[0].classes),
    }


def describe_bridge(weights: Weights) -> Record:
    """The config: sizes, and what is computed with them."""
    return {
        **measure_bridge(weights),
        "act_fn": "relu",
        "normalization_type": None,
        "positional_embedding_type": "standard",
        "attention_dir": "causal" if weights.config.attention == "causal" else "bidirectional",
        "use_attn_scale": True,
        "attn_scale": SCALE,
    }


def name_bridge_arrays(weights: Weights, middle: int | None) -> dict[str, np.ndarray]:
    """Arrays by their names there, of one layer at least. `middle`: the class whose logit is taken from all others'; None:
    none is."""
    sizes, arrays = measure_bridge(weights), weights.arrays
    width = sizes["d_model"]
    tokens = np.ones((sizes["d_vocab"], width))
    tokens[:, :-1] = arrays["embedding.tokens"]
    found = {
        "embed.weight": tokens,
        "pos_embed.weight": fill(arrays.get("embedding.positions", np.zeros((0, 0))), sizes["n_ctx"], width),
    }
    for number in range(sizes["n_layers"]):
        found |= name_layer(weights, number, sizes)
    weight, bias = center_logits(weights, middle)
    found["unembed.weight"] = np.concatenate([weight, bias[None]]).T
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in found.items()}


def name_layer(weights: Weights, number: int, sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """A layer's arrays: (out, in), with biases."""
    arrays, layers, prefix = weights.arrays, weights.config.layers, f"blocks.{number}"
    layer = layers[number] if layers else LayerShape((), 0)
    width, heads, size, units = (sizes[name] for name in ("d_model", "n_heads", "d_head", "d_mlp"))
    found: dict[str, np.ndarray] = {}
    for name, scale in (("query", SCALE), ("key", 1.0), ("value", 1.0)):
        whole = np.zeros((heads * size, width))
        for h in range(len(layer.heads)):
            own = arrays[f"layers.{number}.attention.heads.{h}.{name}"] * scale
            whole[h * size : h * size + own.shape[1], :-1] = own.T
        found[f"{prefix}.attn.{name[0]}.weight"] = whole
        found[f"{prefix}.attn.{name[0]}.bias"] = np.zeros(heads * size)
    out = np.zeros((width, heads * size))
    for h in range(len(layer.heads)):
        own = arrays[f"layers.{number}.attention.heads.{h}.output"]
        out[:-1, h * size : h * size + len(own)] = own.T
    mlp, none = f"layers.{number}.mlp", np.zeros((0, 0))
    bias = np.zeros(units)
    bias[: layer.d_mlp] = arrays.get(f"{mlp}.bias", np.zeros(0))
    return found | {
        f"{prefix}.attn.o.weight": out,
        f"{prefix}.attn.o.bias": np.zeros(width),
        f"{prefix}.mlp.in.weight": fill(arrays.get(f"{mlp}.up", none), width, units).T,
        f"{prefix}.mlp.in.bias": bias,
        f"{prefix}.mlp.out.weight": fill(arrays.get(f"{mlp}.down", none), units, width).T,
        f"{prefix}.mlp.out.bias": np.zeros(width),
    }


def fill(array: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The array with zeros behind it."""
    found = np.zeros((rows, columns))
    found[: array.shape[0], : array.shape[1]] = array
    return found
