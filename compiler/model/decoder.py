"""The transformer that runs compiled weights: one file, top to bottom.

In: token ids (batch, position), BOS first. Out: one tensor of logits (batch, position, class) per output.
A residual stream of `d_model` columns starts as embedding + position; each layer adds what its heads and then
what its MLP write; an output reads logits off the last residual. No norms: x + heads(x), then x + mlp(x).

Letters in shapes: b batch, p position, q query position, t key position, h head, d d_model, k d_key,
v d_value.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from compiler.config import Config, HeadShape, LayerShape
from compiler.emit.weights import Weights
from compiler.model.arithmetic import LOGITS, exact_arithmetic, refuse_conversion
from compiler.model.cache import Cache, SlotShape
from compiler.model.check_ids import check_ids
from compiler.model.problem import problem

Make = Callable[[NDArray[np.float64]], nn.Parameter]
Arrays = Mapping[str, NDArray[np.float64]]


def head_groups(layer: LayerShape) -> dict[HeadShape, list[int]]:
    """A layer's head numbers by shape: heads of one shape run as one product."""
    groups: dict[HeadShape, list[int]] = {}
    for number, shape in enumerate(layer.heads):
        groups.setdefault(shape, []).append(number)
    return groups


class Heads(nn.Module):
    """Heads of one shape in one layer, stacked along h. `slot` is their place in a cache."""

    def __init__(self, arrays: Arrays, prefixes: list[str], slot: int, make: Make) -> None:
        super().__init__()
        self.slot = slot
        self.query, self.key, self.value, self.output = (  # (h, d, k) twice, (h, d, v), (h, v, d)
            make(np.stack([arrays[f"{prefix}.{part}"] for prefix in prefixes]))
            for part in ("query", "key", "value", "output")
        )

    def forward(self, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        query = torch.einsum("bpd,hdk->bhpk", x, self.query)
        key = torch.einsum("bpd,hdk->bhpk", x, self.key)
        value = torch.einsum("bpd,hdv->bhpv", x, self.value)
        if cache is not None:
            key, value = cache.store(self.slot, key, value)
        scores = query @ key.transpose(-1, -2)  # (b, h, q, t); the scale is in the query
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        mixed = torch.softmax(scores, dim=-1) @ value  # (b, h, q, v)
        return torch.einsum("bhqv,hvd->bqd", mixed, self.output)


class Mlp(nn.Module):
    """relu(x @ in + bias) @ out."""

    def __init__(self, arrays: Arrays, prefix: str, make: Make) -> None:
        super().__init__()
        self.enter, self.bias, self.leave = (
            make(arrays[f"{prefix}.{part}"]) for part in ("in", "bias", "out")
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x @ self.enter + self.bias) @ self.leave


class Layer(nn.Module):
    """All heads read the same residual; then the MLP reads what they wrote. Either part may be absent."""

    def __init__(self, arrays: Arrays, shape: LayerShape, number: int, first_slot: int, make: Make) -> None:
        super().__init__()
        groups = head_groups(shape).values()
        self.groups = nn.ModuleList(
            Heads(arrays, [f"layers.{number}.heads.{h}" for h in heads], first_slot + i, make)
            for i, heads in enumerate(groups)
        )
        self.mlp = Mlp(arrays, f"layers.{number}.mlp", make) if shape.d_mlp else None

    def attend(self, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        return x + sum(heads(x, mask, cache) for heads in self.groups) if len(self.groups) else x

    def transform(self, x: Tensor) -> Tensor:
        return x if self.mlp is None else x + self.mlp(x)


class Unembedding(nn.Module):
    """Logits of one output: residual @ unembed + bias."""

    def __init__(self, arrays: Arrays, prefix: str, make: Make) -> None:
        super().__init__()
        self.unembed, self.bias = (make(arrays[f"{prefix}.{part}"]) for part in ("unembed", "bias"))

    def forward(self, x: Tensor) -> Tensor:
        return x.to(self.unembed.dtype) @ self.unembed + self.bias


class Decoder(nn.Module):
    """Compiled weights as a torch module: float32, with logits in float64.

    Another dtype is for experiments: no error bound holds there (`compiler/model/arithmetic.py`), and `Model`
    refuses it. The arithmetic chosen here stays, or `ModelError` is raised: `.half()`, TF32 and the like do not get
    in unnoticed.
    """

    def __init__(
        self, weights: Weights, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu"
    ) -> None:
        super().__init__()
        config, arrays = weights.config, weights.arrays
        self.config = config
        make = parameter_maker(dtype, device)
        self.embed = make(arrays["embed"])  # (V + 1, d)
        self.position = make(arrays["position"]) if config.has_positions else None  # (N + 1, d)
        self.slots = [
            SlotShape(len(heads), shape.d_key, shape.d_value)
            for layer in config.layers
            for shape, heads in head_groups(layer).items()
        ]
        layers: list[Layer] = []
        first_slot = 0
        for number, shape in enumerate(config.layers):
            layers.append(Layer(arrays, shape, number, first_slot, make))
            first_slot += len(head_groups(shape))
        self.layers = nn.ModuleList(layers)
        # Nearest-value logits 2xv - v^2 of close values differ by less than float32 can hold for large v.
        self.outputs = nn.ModuleList(
            Unembedding(arrays, f"outputs.{k}", parameter_maker(LOGITS, device))
            for k in range(len(config.outputs))
        )
        self.arithmetic = tuple((parameter, parameter.dtype) for parameter in self.parameters())

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Decoder":
        """What `.to`, `.half` and the like do: devices may change, dtypes not. Raises `ModelError`."""
        refuse_conversion(fn, {dtype for _, dtype in self.arithmetic})
        return super()._apply(fn, recurse)

    def forward(
        self,
        ids: Tensor,
        lengths: Tensor | None = None,
        cache: Cache | None = None,
        keep: list[Tensor] | None = None,
    ) -> list[Tensor]:
        """Logits (batch, position, class) of every output.

        `ids` (batch, position) starts with BOS, or continues what `cache` has seen. `lengths` (batch,) says
        how many ids of each row (BOS included) are real; the rest is padding on the right, which no position
        sees. `keep` collects the first residual and those after each half-layer. Raises `ModelError` for other ids,
        and where the arithmetic is not the model's own.
        """
        check_ids(self.config, ids, lengths, cache)
        with exact_arithmetic(self.arithmetic):
            residual = self.residual(ids, lengths, cache, [] if keep is None else keep)
            return [unembedding(residual) for unembedding in self.outputs]

    def residual(
        self, ids: Tensor, lengths: Tensor | None, cache: Cache | None, keep: list[Tensor]
    ) -> Tensor:
        """The last residual (b, p, d); `keep` collects the first and those after each half-layer."""
        start = 0 if cache is None else cache.length
        x = self.embed[ids]
        if self.position is not None:
            x = x + self.position[start : start + ids.shape[1]]
        mask = visible(self.config, ids, lengths, start)
        keep.append(x)
        for layer in cast(Iterable[Layer], self.layers):
            x = layer.attend(x, mask, cache)
            keep.append(x)
            x = layer.transform(x)
            keep.append(x)
        if cache is not None:
            cache.advance(ids.shape[1])
        return x

    def new_cache(self, batch: int = 1) -> Cache:
        """An empty cache for `batch` sequences. Raises `ModelError` unless attention is causal."""
        if self.config.attention != "causal":
            message = f"a model with {self.config.attention} attention cannot run token by token"
            hint = "every new token changes what earlier positions see; compile with --attention causal"
            raise problem(message, hint, "not-causal")
        return Cache(self.slots, batch, self.config.max_length + 1, self.embed)


def parameter_maker(dtype: torch.dtype, device: str | torch.device) -> Make:
    """A function from numpy arrays to frozen parameters of one dtype and device."""

    def make(array: NDArray[np.float64]) -> nn.Parameter:
        return nn.Parameter(torch.tensor(array, dtype=dtype, device=device), requires_grad=False)

    return make


def visible(config: Config, ids: Tensor, lengths: Tensor | None, start: int) -> Tensor | None:
    """Which keys a query sees, (batch or 1, 1, q, t); None when every query sees every key."""
    total = start + ids.shape[1]
    key = torch.arange(total, device=ids.device)
    mask: Tensor | None = None
    if config.attention == "causal":
        mask = (key <= key[start:, None])[None, None]
    if lengths is not None:
        real = (key < lengths[:, None])[:, None, None]  # (b, 1, 1, t)
        mask = real if mask is None else mask & real
    return mask
