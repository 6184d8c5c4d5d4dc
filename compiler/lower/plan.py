"""Plan: layers of heads and tables. `schedule` puts every block into the earliest layer whose inputs are ready."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from compiler.lower.blocks import Blocks, Head, Readout, Scores, TableBlock
from compiler.lower.form import Form, Variable


@dataclass(frozen=True)
class Layer:
    """Attention first, then the MLP: heads read what earlier layers wrote, tables also what this layer's heads did."""

    heads: tuple[Head, ...]
    tables: tuple[TableBlock, ...]


@dataclass(frozen=True)
class Plan:
    """Layers, and what is read at the end. `lower_bound`: the longest chain of attention that the program itself has."""

    layers: tuple[Layer, ...]
    blocks: Blocks
    lower_bound: int

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
            ready = latest([tables[variable].form], half)
            half[variable] = ready + 2 - ready % 2 if ready % 2 == 0 else ready + 1
        elif variable in heads:
            head = heads[variable]
            ready = latest([*head.scores.queries, *head.scores.keys, *head.values], half)
            half[variable] = ready + 1 if ready % 2 == 0 else ready + 2
        else:
            half[variable] = 0
    depth = max((half[v] + half[v] % 2 for v in half), default=0) // 2
    layers = [
        Layer(
            merged([head for v, head in heads.items() if half[v] == 2 * k - 1]),
            tuple(table for v, table in tables.items() if half[v] == 2 * k),
        )
        for k in range(1, depth + 1)
    ]
    return Plan(tuple(layers), blocks, attention_depth(heads, tables))


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


def attention_depth(heads: dict[Variable, Head], tables: dict[Variable, TableBlock]) -> int:
    """Heads on the longest chain, elementwise work taken as free."""
    depth: dict[Variable, int] = {}
    for variable in in_order(heads, tables):
        below = max((depth[v] for v in reads(variable, heads, tables)), default=0)
        depth[variable] = below + (variable in heads)
    return max(depth.values(), default=0)


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
