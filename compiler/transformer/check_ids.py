"""What a decoder is given by hand: ids that are none of its own would get logits like any others, so they are refused."""

import torch
from torch import Tensor

from compiler.config import Config
from compiler.transformer.decoder import Cache
from compiler.transformer.problem import ModelError, make_model_error

CODE = "ids"
INTEGERS = (torch.int64, torch.int32)  # torch takes uint8 and bool for masks


def check_ids(config: Config, ids: Tensor, lengths: Tensor | None, cache: Cache | None) -> None:
    """Raises `ModelError` unless `ids` (batch, position) are BOS and then tokens, no more than the model takes, up to
    `lengths` (batch,); or, behind what a cache has seen, tokens for each of its sequences.
    """
    check_shapes(config, ids, lengths, cache)
    start = 0 if cache is None else cache.length
    if ids.device.type == "meta":
        return
    if lengths is not None and not bool(((lengths >= 1) & (lengths <= ids.shape[1])).all()):
        raise wrong(f"lengths have to be between 1 and {ids.shape[1]}, BOS included")
    if start == 0 and not bool((ids[:, 0] == config.bos).all()):
        raise wrong(f"every sequence has to begin with BOS, id {config.bos}")
    tokens = ids[:, 1:] if start == 0 else ids
    known = (tokens >= 0) & (tokens < config.bos)
    if lengths is not None:
        places = torch.arange(ids.shape[1] - tokens.shape[1], ids.shape[1], device=ids.device)
        known |= places >= lengths[:, None]
        known &= (tokens >= 0) & (tokens <= config.bos)
    if not bool(known.all()):
        raise wrong(
            f"behind BOS every id has to be that of a token, 0 to {config.bos - 1}; padding is told by lengths"
        )


def check_shapes(config: Config, ids: Tensor, lengths: Tensor | None, cache: Cache | None) -> None:
    """Raises `ModelError` unless these belong together, whatever numbers are in them."""
    if ids.ndim != 2 or ids.dtype not in INTEGERS or 0 in ids.shape:
        raise wrong(
            f"ids are integers of shape (batch, position), not {ids.dtype} of shape {tuple(ids.shape)}"
        )
    start = 0 if cache is None else cache.length
    if start + ids.shape[1] > config.max_length + 1:
        longest = config.max_length + 1
        raise wrong(
            f"the positions are {start + ids.shape[1]}; the model has {longest}, that of BOS included"
        )
    if cache is not None and cache.batch != ids.shape[0]:
        raise wrong(f"there are ids for {ids.shape[0]} sequences, and a cache for {cache.batch}")
    if cache is not None and lengths is not None:
        raise wrong("a cache holds no padding: give it sequences of one length, and no lengths")
    if lengths is not None and lengths.shape != ids.shape[:1]:
        raise wrong(f"lengths have shape {tuple(lengths.shape)} instead of {tuple(ids.shape[:1])}")


def wrong(message: str) -> ModelError:
    return make_model_error(message, "Model.encode makes ids of tokens, and Model.logits pads them", CODE)
