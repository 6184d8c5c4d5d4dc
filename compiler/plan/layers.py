"""Plan: layers of heads and look-ups."""

from dataclasses import dataclass

from compiler.blocks.block import Blocks, Head, LookupBlock, Readout


@dataclass(frozen=True, eq=False)
class Layer:
    """Attention first, then the MLP: heads read what earlier layers wrote, look-ups also what this layer's heads did."""

    heads: tuple[Head, ...]
    lookups: tuple[LookupBlock, ...]


@dataclass(frozen=True)
class Depth:
    """What the program itself asks for: heads on its longest `chain` of attention, and `layers` with the look-ups that no
    linear form can stand in for."""

    chain: int
    layers: int


@dataclass(frozen=True, eq=False)
class Plan:
    """Layers, the fewest that would do if numbers were exact, and what is read at the end."""

    layers: tuple[Layer, ...]
    blocks: Blocks
    least: Depth

    @property
    def readouts(self) -> tuple[Readout, ...]:
        return self.blocks.readouts
