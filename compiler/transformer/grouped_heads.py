"""Attention as models run it: heads of one shape in one product, as long as nobody looks inside.

What it adds to the residual is that of `Attention`, up to the order of sums, for which error bounds hold anyway. Where
a hook is on a head or its pattern, or one of these was replaced, every head of the layer is called by itself, and a
cache that began one way goes on the other. Weights are stacked in each call, which is little beside the products that
it saves: so they may change at any time, and learn.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.nn.modules import module as every_module

from compiler.transformer.decoder import Attention, Cache, Head

BLOCK = 2**19
"""Scores at a time: two megabytes in float32."""
LONG = 512
"""Positions from which on a head by itself is worth blocks, too."""
READ = ("query", "key", "value")
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
#: Numbers in the widest vectors of a CPU, in float32; and scores below which widening takes longer than it saves.
VECTOR, WORTH_WIDENING = 16, 4_000
HOOKS_ON_ALL = tuple(f"_global{hooks}" for hooks in HOOKS)


class GroupedAttention(Attention):
    """The heads of a layer, which keep their numbers, parameters and hooks."""

    def __init__(self, heads: nn.ModuleList) -> None:
        super().__init__(0, ())
        self.heads = heads
        self.made = tuple((head, head.pattern) for head in cast(Iterable[Head], heads))
        shapes: dict[tuple[torch.Size, torch.Size], list[Head]] = {}
        for head, _ in self.made:
            shapes.setdefault((head.query.shape, head.value.shape), []).append(head)
        self.groups = [tuple(group) for group in shapes.values() if len(group) > 1]
        self.others = [group[0] for group in shapes.values() if len(group) == 1]

    def forward(self, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        alone = cache is None and x.shape[-2] >= LONG
        if not (self.groups or alone) or self.is_watched():
            if cache is not None:
                cache_apart(cache, self.groups)
            return super().forward(x, mask, cache)
        return reduce(
            torch.add,
            chain(
                (attend_together(group, x, mask, cache) for group in self.groups),
                (
                    attend_together((head,), x, mask, cache) if alone else head(x, mask, cache)
                    for head in self.others
                ),
            ),
        )

    def is_watched(self) -> bool:
        """Whether heads or patterns have hooks, or are others than those that were made."""
        heads = list(vars(self.heads)["_modules"].values())
        if len(heads) != len(self.made) or any(vars(every_module)[hooks] for hooks in HOOKS_ON_ALL):
            return True
        for found, (head, pattern) in zip(heads, self.made, strict=True):
            inside, within = vars(head), vars(pattern)
            if found is not head or inside["_modules"]["pattern"] is not pattern:
                return True
            if "forward" in inside or "forward" in within or type(head) is not Head:
                return True
            for hooks in HOOKS:
                if inside[hooks] or within[hooks]:
                    return True
        return False


def attend_together(group: tuple[Head, ...], x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
    """What the heads of a group add to the residual, (b, p, d). Letters as in `decoder.py`, and h head."""
    held: list[dict[str, Tensor]] = [
        vars(head)["_parameters"] for head in group
    ]  # much faster than head.query
    read = torch.cat([parameters[name] for name in READ for parameters in held], dim=1)
    sizes = [held[0][name].shape[1] for name in READ]
    parts: Sequence[Tensor] = torch.split(x @ read, [len(group) * size for size in sizes], dim=-1)
    query, key, value = (  # (b, h, p, k) twice, (b, h, p, v)
        part.view(*part.shape[:2], len(group), size).transpose(1, 2)
        for part, size in zip(parts, sizes, strict=True)
    )
    if cache is not None:
        cache_together(cache, group)
        key, value = cache.extend(group, key, value)
    if query.shape[:-1].numel() * key.shape[-2] <= BLOCK:
        mixed = mix(query, key, value, None if mask is None else mask.unsqueeze(-3))
    else:
        heads = zip(query.unbind(1), key.unbind(1), value.unbind(1), strict=True)
        mixed = torch.stack([mix_in_blocks(*head, mask) for head in heads], dim=1)
    return mixed.transpose(1, 2).flatten(2) @ torch.cat([parameters["output"] for parameters in held])


def mix(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Values (…, t, v) in the shares that queries (…, q, k) give to keys (…, t, k): (…, q, v)."""
    scores = query @ key.mT
    return share_among_keys(scores if mask is None else scores + mask) @ value


def mix_in_blocks(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """The same of one head, (b, p, k) twice and (b, p, v): for some inputs, or some queries of one, at a time, so that
    their scores stay in the processor's cache. What a query mixes does not depend on the others."""
    batch, length = query.shape[:2]
    inputs = max(1, BLOCK // (length * key.shape[1]))
    queries = length if inputs > 1 else max(1, BLOCK // key.shape[1])
    hidden = None if mask is None else mask.expand(batch, length, key.shape[1])

    def mix_block(some: slice, these: slice) -> Tensor:
        return mix(
            query[some, these], key[some], value[some], None if hidden is None else hidden[some, these]
        )

    blocks = [slice(q, q + queries) for q in range(0, length, queries)]
    rows = [slice(b, b + inputs) for b in range(0, batch, inputs)]
    return torch.cat([torch.cat([mix_block(some, these) for these in blocks], dim=1) for some in rows])


def share_among_keys(scores: Tensor) -> Tensor:
    """The softmax over keys. Torch goes through rows that are narrower than its vectors number by number, up to ten times
    as slowly: many such rows are widened by scores that take no share."""
    width = scores.shape[-1]
    narrow = width < VECTOR and scores.numel() >= WORTH_WIDENING
    if not narrow or scores.dtype != torch.float32 or scores.device.type != "cpu":
        return scores.softmax(dim=-1)
    return pad(scores, (0, VECTOR - width), value=-torch.inf).softmax(dim=-1)[..., :width]


def cache_together(cache: Cache, group: tuple[Head, ...]) -> None:
    """Stack what was cached for the heads one by one."""
    if group[0] in cache.seen:
        keys, values = zip(*(cache.seen.pop(head) for head in group), strict=True)
        cache.seen[group] = torch.stack(keys, dim=1), torch.stack(values, dim=1)


def cache_apart(cache: Cache, groups: Iterable[tuple[Head, ...]]) -> None:
    """Give each head its own of what was cached for its group."""
    for group in groups:
        if group in cache.seen:
            keys, values = cache.seen.pop(group)
            cache.seen |= zip(group, zip(keys.unbind(1), values.unbind(1), strict=True), strict=True)
