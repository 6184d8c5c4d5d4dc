"""KV cache: the keys and values of the positions a causal decoder has seen, in tensors allocated once.

Only causal attention can use one: with full attention every new token changes what earlier positions see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class SlotShape:
    """Sizes of one slot: heads of one shape in one layer."""

    heads: int
    d_key: int
    d_value: int


class Cache:
    """Room for `capacity` positions of `batch` sequences; `length` of them are filled, the same in each slot.

    A forward pass stores the new positions of every slot, then calls `advance` once.
    """

    def __init__(self, shapes: Sequence[SlotShape], batch: int, capacity: int, like: Tensor) -> None:
        self.keys = [like.new_zeros(batch, s.heads, capacity, s.d_key) for s in shapes]
        self.values = [like.new_zeros(batch, s.heads, capacity, s.d_value) for s in shapes]
        self.batch = batch
        self.capacity = capacity
        self.length = 0

    def store(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Put the new positions (batch, head, new, size) behind the old ones; returns all those so far."""
        end = self.length + keys.shape[2]
        assert end <= self.capacity, f"{end} positions in a cache for {self.capacity}"
        self.keys[slot][:, :, self.length : end] = keys
        self.values[slot][:, :, self.length : end] = values
        return self.keys[slot][:, :, :end], self.values[slot][:, :, :end]

    def advance(self, count: int) -> None:
        """Count the positions that every slot has stored."""
        self.length += count

    def rewind(self, length: int) -> None:
        """Forget all positions from `length` on; what they held is overwritten by the next `store`."""
        assert 0 <= length <= self.length
        self.length = length
