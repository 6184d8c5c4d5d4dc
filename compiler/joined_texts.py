"""Texts that are joined of parts, of which there are too many pairs to be listed: each part has classes of its own.

Two tokens of 50,000 make 2.5 billion texts. The model tells each part, and what it answers is the parts' texts one behind
the other: `tokens + shift(tokens, -1, "$")` has 100,001 logits at a position.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import overload


@dataclass(frozen=True)
class JoinedTexts(Sequence[str]):
    """Every text of the first part before every one of the second, and so on; the last part's vary the quickest. Raises
    `ValueError` for less than two parts, and for a part without texts."""

    parts: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or not all(self.parts):
            raise ValueError("texts are joined of two parts or more, each with texts of its own")

    @property
    def total(self) -> int:
        """How many texts there are: more than `len` can say, if need be."""
        return prod(map(len, self.parts))

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self[k] for k in range(*index.indices(self.total)))
        if not -self.total <= index < self.total:
            raise IndexError(index)
        rest, found = index % self.total, list[str]()
        for part in reversed(self.parts):
            rest, k = divmod(rest, len(part))
            found.append(part[k])
        return "".join(reversed(found))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and self._joins(value, 0)

    def _joins(self, text: str, first: int) -> bool:
        """Whether a text is joined of the parts from the first on."""
        if first == len(self.parts):
            return not text
        return any(
            text.startswith(begun) and self._joins(text[len(begun) :], first + 1)
            for begun in self.parts[first]
        )

    @property
    def columns(self) -> int:
        """Classes of all parts."""
        return sum(map(len, self.parts))

    def describe(self) -> str:
        """In words."""
        return f"texts joined of {' and '.join(f'one of {len(part):,}' for part in self.parts)}"

    def __repr__(self) -> str:
        return f"<{self.describe()}: {self.total:,}>"
