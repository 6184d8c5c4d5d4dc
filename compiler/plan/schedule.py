"""Plan: layers of heads and tables. `schedule` puts every block into the earliest layer whose inputs are ready, except
that a head whose result is read later waits for another that scores alike."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from compiler.blocks.block import Blocks, Head, Readout, Scores, TableBlock
from compiler.blocks.form import Form, Variable


@dataclass(frozen=True, eq=False)
class Layer:
    """Attention first, then the MLP: heads read what earlier layers wrote, tables also what this layer's heads did."""

    heads: tuple[Head, ...]
    tables: tuple[TableBlock, ...]


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


def schedule(blocks: Blocks) -> Plan:
    """Earliest layer for every block; heads of one layer that score alike become one head with more values."""
    heads = {head.targets[0][0]: head for head in blocks.heads}
    tables = {table.variable: table for table in blocks.tables}
    half: dict[
        Variable, int
    ] = {}  # the half-layer that writes a variable: 2L-1 attention, 2L MLP of layer L; 0 embedding
    for variable in in_order(heads, tables):
        if variable in tables:
            half[variable] = next_mlp(latest([tables[variable].form], half))
        elif variable in heads:
            head = heads[variable]
            half[variable] = next_attention(
                latest([*head.scores.queries, *head.scores.keys, *head.values], half)
            )
        else:
            half[variable] = 0
    wait_for_twins(heads, tables, half)
    layers = [
        Layer(
            merged([head for v, head in heads.items() if half[v] == 2 * k - 1]),
            tuple(table for v, table in tables.items() if half[v] == 2 * k),
        )
        for k in range(1, layers_until(half) + 1)
    ]
    return Plan(tuple(layers), blocks, least_depth(heads, tables, blocks.needed))


def wait_for_twins(
    heads: dict[Variable, Head], tables: dict[Variable, TableBlock], half: dict[Variable, int]
) -> None:
    """Let a head wait for a later one that scores alike, if nothing reads it before: together they are one head."""
    read: dict[Variable, int] = {}  # the first half-layer that reads a variable
    for variable in half:
        for below in reads(variable, heads, tables):
            read[below] = min(half[variable], read.get(below, half[variable]))
    for variable, head in heads.items():
        twins = [
            half[v] for v, other in heads.items() if other.scores is head.scores and half[v] > half[variable]
        ]
        possible = [later for later in twins if variable not in read or later < read[variable]]
        half[variable] = min(possible, default=half[variable])


def latest(forms: Iterable[Form], half: dict[Variable, int]) -> int:
    return max((half[v] for form in forms for v in form.parts), default=0)


def in_order(heads: dict[Variable, Head], tables: dict[Variable, TableBlock]) -> list[Variable]:
    """Variables after everything that they are computed from."""
    order: dict[Variable, None] = {}
    stack: list[tuple[Variable, bool]] = [(v, False) for v in [*heads, *tables]]
    while stack:
        variable, ready = stack.pop()
        if variable in order:
            continue
        if ready:
            order[variable] = None
            continue
        stack.append((variable, True))
        stack.extend((v, False) for v in reads(variable, heads, tables) if v not in order)
    return list(order)


def reads(
    variable: Variable, heads: dict[Variable, Head], tables: dict[Variable, TableBlock]
) -> list[Variable]:
    """The variables that a variable is computed from."""
    if variable in tables:
        forms: list[Form] = [tables[variable].form]
    elif variable in heads:
        head = heads[variable]
        forms = [*head.scores.queries, *head.scores.keys, *head.values]
    else:
        return []
    return list(dict.fromkeys(v for form in forms for v in form.parts))


def least_depth(
    heads: dict[Variable, Head], tables: dict[Variable, TableBlock], needed: Collection[Variable]
) -> Depth:
    """The layers that these heads and only the `needed` tables take, a table of tables being one of what they read."""
    chain: dict[Variable, int] = {}
    written: dict[Variable, int] = {}  # the half-layer, as in `schedule`
    attended: dict[Variable, int] = {}  # the last half-layer of attention beneath
    for variable in in_order(heads, tables):
        below = reads(variable, heads, tables)
        chain[variable] = max((chain[v] for v in below), default=0) + (variable in heads)
        ready = max((written[v] for v in below), default=0)
        source = max((attended[v] for v in below), default=0)
        if variable in heads:
            written[variable] = attended[variable] = next_attention(ready)
        else:
            written[variable] = next_mlp(source) if variable in needed else ready
            attended[variable] = source
    return Depth(max(chain.values(), default=0), layers_until(written))


def next_attention(half: int) -> int:
    """The first attention half-layer after another half-layer."""
    return half + 1 + half % 2


def next_mlp(half: int) -> int:
    """The first MLP half-layer after another half-layer."""
    return half + 2 - half % 2


def layers_until(written: Mapping[Variable, int]) -> int:
    return (max(written.values(), default=0) + 1) // 2


def merged(heads: list[Head]) -> tuple[Head, ...]:
    """One head for all that share their scores."""
    found: list[Head] = []
    keyed = sorted(heads, key=lambda h: first_place(heads, h.scores))
    for _, group in groupby(keyed, key=lambda h: id(h.scores)):
        parts = list(group)
        found.append(
            Head(
                parts[0].selector,
                parts[0].scores,
                tuple(v for h in parts for v in h.values),
                tuple(g for h in parts for g in h.gains),
                tuple(t for h in parts for t in h.targets),
            )
        )
    return tuple(found)


def first_place(heads: list[Head], scores: Scores) -> int:
    return next(k for k, h in enumerate(heads) if h.scores is scores)
