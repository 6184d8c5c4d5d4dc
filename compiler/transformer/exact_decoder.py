"""The decoder as models use it: it refuses whatever would make its answers others than those that were proved.

What it refuses are ids that are none of its own (`compiler/transformer/check_ids.py`), and any arithmetic but that which
the model was compiled for, with logits in float64 (`compiler/transformer/arithmetic.py`)."""

from collections.abc import Callable, Iterable
from typing import cast

import torch
from torch import Tensor

from compiler.emit.weights import Weights
from compiler.export.records import encode_config
from compiler.transformer.arithmetic import hold_exact_arithmetic, refuse_conversion
from compiler.transformer.check_ids import check_ids
from compiler.transformer.decoder import Cache, Decoder, Layer
from compiler.transformer.grouped_heads import GroupedAttention
from compiler.transformer.problem import make_model_error


class ExactDecoder(Decoder):
    """Compiled weights in a decoder, in the arithmetic that their bounds are proved for.

    Everything of `Decoder` works, and raises `ModelError` where an answer would mean nothing. What traces a decoder
    without running it (`torch.export`, `torch.fx`) takes the `plain` one.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__(encode_config(weights.config))
        self.config = weights.config
        for layer in cast(Iterable[Layer], self.layers):
            layer.attention = layer.attention and GroupedAttention(layer.attention.heads)
        self.load_state_dict({name: torch.tensor(array) for name, array in weights.arrays.items()})
        # Where each parameter stands, and its dtype: parameters may be replaced.
        self.arithmetic = tuple(
            (vars(module)["_parameters"], name, found.dtype)
            for module in self.modules()
            for name, found in module.named_parameters(recurse=False)
        )

    @property
    def device(self) -> torch.device:
        """Where it runs, and where ids have to be."""
        return self.embedding.tokens.device

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "ExactDecoder":
        """What `.to`, `.half` and the like do: devices may change, dtypes not. Raises `ModelError`."""
        refuse_conversion(fn, [dtype for _, _, dtype in self.arithmetic])
        return super()._apply(fn, recurse)

    def forward(self, ids: Tensor, lengths: Tensor | None = None, cache: Cache | None = None) -> list[Tensor]:
        """What `Decoder.forward` gives. Raises `ModelError` for ids that are none, and for another arithmetic."""
        check_ids(self.config, ids, lengths, cache)
        with hold_exact_arithmetic([(owner[name], dtype) for owner, name, dtype in self.arithmetic]):
            return super().forward(ids, lengths, cache)

    def plain(self) -> Decoder:
        """A decoder with a copy of the weights and without the checks, for tools that trace it."""
        decoder = Decoder(encode_config(self.config)).to(self.device)
        decoder.load_state_dict(self.state_dict())
        return decoder

    def new_cache(self, batch: int = 1) -> Cache:
        """An empty cache for `batch` sequences. Raises `ModelError` unless attention is causal."""
        if not self.causal:
            message = f"a model with {self.config.attention} attention cannot run token by token"
            hint = "every new token changes what earlier positions see; compile with --attention causal"
            raise make_model_error(message, hint, "not-causal")
        return Cache(batch)
