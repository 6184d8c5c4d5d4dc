"""A compilation for gpt2 as a checkpoint of nanoGPT: what its `sample.py --init_from=resume` loads into its `model.py`.

    ckpt.pt     {"model": arrays, "model_args": sizes, "config": {"dataset": NAME}, "iter_num": 0}
    meta.pkl    which id is which text, for data/NAME/: BOS is the end of a line, where `sample.py` starts

Its head is its embedding (`compiler/stock/tied.py`), it has four hidden units for each column, and its GELU is the exact
one, which is as far from a ReLU as gpt2's.
"""

import io
import pickle
from dataclasses import replace

import numpy as np
import torch

from compiler.audit.bounds import audit_plan
from compiler.export.stock_files import assemble_uniform
from compiler.export.stock_tokenizer import name_ids
from compiler.numerics.count_precision import Precision
from compiler.numerics.dtypes import FLOAT32
from compiler.pipeline import Compiled
from compiler.plan.layout import drop_constant, weigh_form
from compiler.stock.array_names import name_gpt2
from compiler.stock.identity_norms import choose_shrinkage
from compiler.stock.tied import tie_head
from compiler.stock.uniform import UniformWeights
from compiler.targets.activation_functions import BEND, UNIT_SCALE
from compiler.targets.target import find_target
from compiler.transformer.problem import make_model_error

CHECKPOINT, META = "ckpt.pt", "meta.pkl"
MATRICES = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
"""What GPT-2 has the other way round."""
ROOM = 4.0
"""The residual with its copies, and what tokens write into these, is at most so many times as large as without."""


def encode_nanogpt(compiled: Compiled) -> dict[str, bytes]:
    """The files. Raises `ModelError` for a model that is not sure enough for what the tied head costs in exactness."""
    check_tied(compiled)
    tied = tie_compilation(compiled)
    shape, name = tied.shape, next(iter(compiled.expressions))
    sizes = {
        "n_layer": shape.layers,
        "n_head": shape.heads,
        "n_embd": shape.hidden,
        "block_size": shape.positions,
        "vocab_size": shape.ids,
        "bias": True,
        "dropout": 0.0,
    }
    arrays = {key: torch.from_numpy(np.ascontiguousarray(a)) for key, a in name_nanogpt(tied).items()}
    record = {"model": arrays, "model_args": sizes, "iter_num": 0, "config": {"dataset": name}}
    file = io.BytesIO()
    torch.save(record, file)
    config = compiled.weights.config
    words = name_ids(config, dict(zip(tied.class_ids, config.outputs[0].classes, strict=True)))
    bos = config.bos
    texts = {i: "\n" if i == bos and "\n" not in words else word for i, word in enumerate(words)}
    meta = {"vocab_size": shape.ids, "itos": texts, "stoi": {word: i for i, word in texts.items()}}
    return {CHECKPOINT: file.getvalue(), META: pickle.dumps(meta, protocol=4)}


def tie_compilation(compiled: Compiled) -> UniformWeights:
    """The tied weights of a compilation for gpt2."""
    target = find_target(compiled.options)
    assert target.eps is not None
    reach = ROOM * (float(compiled.bounds.sizes.sum()) + 1)
    return tie_head(
        assemble_uniform(compiled, reach, balanced=True),
        target.scale,
        2.0 ** -choose_shrinkage(reach, target.eps),
    )


def check_tied(compiled: Compiled) -> None:
    """Raise `ModelError` where the bounds do not hold with a tied head. A copy is added up in another order than its
    column, and what corrects it passes two norms' readings and two units; the mean is that of three times as many."""
    noise = find_target(compiled.options).noise
    bounds = audit_plan(
        compiled.plan,
        replace(compiled.layout, balanced=True, proxies=()),
        Precision(compiled.options.max_length),
        replace(noise, reading=3 * noise.reading),
    )
    roundings = 6 * noise.reading + noise.passing + 2 * len(compiled.plan.layers) + 8
    off = roundings * FLOAT32.unit * (2 * bounds.sizes + 1) + 2 * BEND / UNIT_SCALE
    [readout], [found] = compiled.plan.readouts, [d for d in bounds.decisions if d.kind == "output"]
    layout = compiled.layout
    added = max(float(np.abs(weigh_form(drop_constant(form), layout)) @ off) for form in readout.forms)
    if bounds.unsafe or found.error + added >= found.margin:
        message = "with its head tied to its embedding, as nanoGPT has it, this model is not exact"
        raise make_model_error(message, "use a smaller maximum length, or fewer values", "format")


def name_nanogpt(tied: UniformWeights) -> dict[str, np.ndarray]:
    """Arrays by nanoGPT's names, which are GPT-2's: but matrices are (out, in)."""
    whole = replace(tied, arrays={**tied.arrays, "head": tied.arrays["tokens"].T})
    return {name: array.T if name.endswith(MATRICES) else array for name, array in name_gpt2(whole).items()}
