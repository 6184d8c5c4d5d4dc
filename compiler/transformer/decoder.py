"""The transformer in which compiled weights run: one file, torch only, top to bottom.

    decoder = Decoder(json.loads(Path("model/config.json").read_text()))
    decoder.load_state_dict(safetensors.torch.load_file("model/model.safetensors"))

In: token ids (batch, position), BOS first. Out: one tensor of logits (batch, position, class) per output.
A residual stream of `d_model` columns starts as embedding + position; each layer adds what its heads, then what its MLP
write; an output reads logits off the last residual. No norms, and no 1/sqrt(d_key): the scale is in the query.

What one may want to see or to replace is the output of a module. Numbers are those of `rasp info`, names a checkpoint's:
    embedding                              (b, p, d)   the first residual
    layers.L.attention.heads.H.pattern     (b, q, t)   how much of each key position a query position takes
    layers.L.attention.heads.H             (b, p, d)   what head H adds to the residual
    layers.L.attention                     (b, p, d)   what all heads of layer L add; absent without heads
    layers.L.middle                        (b, p, d)   the residual after the heads
    layers.L.mlp.hidden                    (b, p, u)   hidden units
    layers.L.mlp                           (b, p, d)   what they add to the residual; absent without hidden units
    layers.L                               (b, p, d)   the residual after layer L
    unembeddings.K                         (b, p, class)   logits of output K

Letters in shapes: b batch, p position, q query position, t key position, d d_model, k d_key, v d_value, u hidden unit.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn


def parameter(*shape: int, dtype: torch.dtype = torch.float32) -> nn.Parameter:
    """Room for weights. They are trained only on request: `decoder.requires_grad_()`."""
    return nn.Parameter(torch.zeros(shape, dtype=dtype), requires_grad=False)


class Cache:
    """Keys and values of the `length` positions that a causal decoder has seen, of `batch` sequences."""

    def __init__(self, batch: int) -> None:
        self.batch, self.length = batch, 0
        self.seen: dict[object, tuple[Tensor, Tensor]] = {}  # by head
        self.grown: dict[object, tuple[Tensor, Tensor]] = {}

    def extend(self, head: object, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values of all positions, given those of the new ones."""
        if head in self.seen:
            keys, values = self.seen[head]
            key, value = torch.cat((keys, key), dim=-2), torch.cat((values, value), dim=-2)
        self.grown[head] = key, value
        return key, value

    def advance(self, count: int) -> None:
        """Keep the new positions: all heads have seen them."""
        self.seen, self.grown = self.grown, {}
        self.length += count

    def rewind(self, length: int) -> None:
        """Forget all positions from `length` on."""
        self.seen = {head: (k[..., :length, :], v[..., :length, :]) for head, (k, v) in self.seen.items()}
        self.length = length


class Embedding(nn.Module):
    """Row of the token + row of the position, if there are any for positions."""

    def __init__(self, tokens: int, positions: int, d_model: int) -> None:
        super().__init__()
        self.tokens = parameter(tokens, d_model)
        self.positions = parameter(positions, d_model) if positions else None

    def forward(self, ids: Tensor, start: int) -> Tensor:
        x = self.tokens[ids]  # (b, p, d)
        return x if self.positions is None else x + self.positions[start : start + ids.shape[1]]


class Head(nn.Module):
    """One attention head. Sizes of key and value are its own."""

    def __init__(self, d_model: int, d_key: int, d_value: int) -> None:
        super().__init__()
        self.query = parameter(d_model, d_key)
        self.key = parameter(d_model, d_key)
        self.value = parameter(d_model, d_value)
        self.output = parameter(d_value, d_model)
        self.pattern = nn.Softmax(dim=-1)

    def forward(self, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        query, key, value = x @ self.query, x @ self.key, x @ self.value  # (b, p, k) twice, (b, p, v)
        if cache is not None:
            key, value = cache.extend(self, key, value)
        scores = query @ key.mT if mask is None else query @ key.mT + mask  # (b, q, t)
        return self.pattern(scores) @ value @ self.output


class Attention(nn.Module):
    """The heads of a layer, which all read the same residual."""

    def __init__(self, d_model: int, heads: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(d_model, d_key, d_value) for d_key, d_value in heads)

    def forward(self, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        return reduce(torch.add, [head(x, mask, cache) for head in self.heads])


class MLP(nn.Module):
    """relu(x @ up + bias) @ down."""

    def __init__(self, d_model: int, units: int) -> None:
        super().__init__()
        self.up = parameter(d_model, units)
        self.bias = parameter(units)
        self.hidden = nn.ReLU()
        self.down = parameter(units, d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.hidden(x @ self.up + self.bias) @ self.down


class Layer(nn.Module):
    """x + attention(x), then x + mlp(x). Either part may be absent."""

    def __init__(self, d_model: int, heads: Sequence[tuple[int, int]], units: int) -> None:
        super().__init__()
        self.attention = Attention(d_model, heads) if heads else None
        self.middle = nn.Identity()
        self.mlp = MLP(d_model, units) if units else None

    def forward(self, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        if self.attention is not None:
            x = x + self.attention(x, mask, cache)
        x = self.middle(x)
        return x if self.mlp is None else x + self.mlp(x)


def count_columns(output: Mapping[str, Any]) -> int:
    """Those of an output or a term: one where a number is read, one for each class, or all of its parts' or terms'."""
    if "terms" in output:
        return sum(map(count_columns, output["terms"]))
    classes = [*chain(*output["parts"])] if "parts" in output else output.get("classes")
    return 1 if classes is None or output.get("nearest") else len(classes)


class Unembedding(nn.Module):
    """Logits of one output, in float64: 2xv - v^2 of neighbouring values differ by little where v is large. `nearest`: the
    weights make a number x, and of the classes v the one nearest to x has the largest logit; where they are described
    (None), x itself stands in place of logits. Those of joined texts are each part's, one behind the other, as those of
    numbers that are added up are each term's: x itself where the nearest value is meant."""

    values: Tensor | None

    def __init__(self, d_model: int, output: Mapping[str, Any]) -> None:
        super().__init__()
        classes, nearest = output.get("classes"), output.get("nearest", False)
        columns = count_columns(output)
        self.weight = parameter(d_model, columns, dtype=torch.float64)
        self.bias = parameter(columns, dtype=torch.float64)
        values = torch.tensor(classes, dtype=torch.float64) if nearest and classes is not None else None
        self.register_buffer("values", values, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        read = x.to(self.weight.dtype) @ self.weight + self.bias
        return read if self.values is None else 2 * read * self.values - self.values**2


class Decoder(nn.Module):
    """A compiled transformer, made of the contents of a checkpoint's config.json; its weights are loaded into it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        d_model, shapes = config["d_model"], config["layers"]
        positions = config["max_length"] + 1 if config["has_positions"] else 0
        self.causal = config["attention"] == "causal"
        self.embedding = Embedding(config["bos"] + 1, positions, d_model)
        self.layers = nn.ModuleList(Layer(d_model, shape["heads"], shape["d_mlp"]) for shape in shapes)
        self.unembeddings = nn.ModuleList(Unembedding(d_model, output) for output in config["outputs"])
        if config.get("dtype") == "float64":
            for part in self.children():
                part.double()

    def forward(self, ids: Tensor, lengths: Tensor | None = None, cache: Cache | None = None) -> list[Tensor]:
        """Logits (batch, position, class) of every output; where classes are described, its number (batch, position, 1),
        or those of its terms.

        `ids` (batch, position) starts with BOS, or continues what `cache` has seen. `lengths` (batch,) says how many ids
        of each row (BOS included) are real; the rest is padding on the right, which no position sees.
        """
        assert self.causal or cache is None, "with full attention, new positions change what earlier ones see"
        start = 0 if cache is None else cache.length
        x = self.embedding(ids, start)
        mask = self.mask(x, lengths, start)
        for layer in self.layers:
            x = layer(x, mask, cache)
        if cache is not None:
            cache.advance(ids.shape[1])
        return [unembedding(x) for unembedding in self.unembeddings]

    def mask(self, x: Tensor, lengths: Tensor | None, start: int) -> Tensor | None:
        """What scores (b, q, t) are added to: -inf where a query does not see a key. None where all is seen."""
        new, total, mask = x.shape[1], start + x.shape[1], None
        if self.causal and not (start and new == 1):
            mask = x.new_full((new, total), -torch.inf).triu(start + 1)
        if lengths is not None:
            padding = x.new_ones(total).cumsum(0) > lengths[:, None, None]  # (b, 1, t)
            hidden = x.new_zeros(total).masked_fill(padding, -torch.inf)
            mask = hidden if mask is None else mask + hidden
        return mask
