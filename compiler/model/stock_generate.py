"""Next-token generation by transformers' own `generate`, told as our decoder tells it (`compiler/model/generate.py`)."""

from collections.abc import Sequence
from random import Random
from typing import Any, cast

import torch

from compiler.model.generate import Continuation, Generation, encode_prompts, find_stop, list_class_tokens
from compiler.model.given_inputs import Tokens
from compiler.model.sampling import GREEDY, Sampling
from compiler.model.stock_model import StockModel
from compiler.transformer.problem import ModelError, make_model_error


def generate_in_transformers(
    model: StockModel, prompts: Sequence[Tokens], count: int, sampling: Sampling = GREEDY
) -> list[Generation | ModelError]:
    """For each prompt up to `count` new tokens; prompts of one length are a batch.

    Raises `ModelError` where attention is not causal.
    """
    if model.config.attention != "causal":
        message = "generating needs causal attention, and this model's is full"
        raise make_model_error(message, "compile it with --attention causal, or --decode", "not-causal")
    encoded = encode_prompts(model, prompts)
    rows = [row if isinstance(row, ModelError) else Continuation(row, Random()) for row in encoded]
    groups: dict[int, list[Continuation]] = {}
    for row in rows:
        if isinstance(row, Continuation):
            groups.setdefault(len(row.prompt), []).append(row)
    for length, group in groups.items():
        new = min(count, model.config.max_length + 1 - length)
        if new:
            for row, ids in zip(group, run_rows(model, group, length + new, sampling), strict=True):
                continue_row(model, row, ids)
    return [row if isinstance(row, ModelError) else row.outcome(model.config, count) for row in rows]


@torch.inference_mode()
def run_rows(
    model: StockModel, rows: Sequence[Continuation], most: int, sampling: Sampling
) -> list[list[int]]:
    """New ids behind each row of one length, up to `most` in all; the last may be one that ends it or is no token."""
    assert model.class_ids is not None
    tokens = list_class_tokens(model.config, model.config.outputs[0])
    others = {i for i, token in zip(model.class_ids, tokens, strict=True) if token is None}
    ends = sorted({model.config.bos + 1, *others})
    ids, mask = model.pad([row.prompt for row in rows], left=True)
    drawn: dict[str, Any] = {"do_sample": False}
    if sampling.temperature:
        torch.manual_seed(sampling.seed + sampling.first)
        drawn = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p}
        drawn["top_k"] = sampling.top_k or 0
    with model.as_it_is():
        found = model.module.generate(ids, attention_mask=mask, max_length=most, eos_token_id=ends, **drawn)
    return [[int(i) for i in row[ids.shape[1] :]] for row in found]


def continue_row(model: StockModel, row: Continuation, new: Sequence[int]) -> None:
    """Add ids to a row, up to where it stops."""
    assert model.class_ids is not None
    tokens = list_class_tokens(model.config, model.config.outputs[0])
    numbers = {t: c for c, t in enumerate(model.class_ids)}
    for position, number in enumerate(new, len(row.prompt) - 2):
        c = numbers.get(number, -1)
        row.stopped = find_stop(model.config, tokens, position, c)
        if row.stopped is not None:
            return
        row.new.append(cast(int, tokens[c]))
