"""A picture as DOT, for those who want to lay it out with Graphviz: a cluster a layer, a table a head."""

from collections.abc import Iterable, Iterator
from html import escape

from rasp.drawing.picture import HeadPicture, LayerPicture, Picture, Row

SELECTED, EMPTY, INPUT, RESULT = "#3d5afe", "#e9edf5", "#ffffff", "#dff3ea"


def draw_dot(picture: Picture) -> str:
    """The text of a DOT file."""
    return "\n".join(["digraph picture {", *(f"  {row}" for row in body(picture)), "}"]) + "\n"


def body(picture: Picture) -> Iterator[str]:
    yield f"label={quoted(picture.title)}; labelloc=t; rankdir=TB; compound=true;"
    yield 'node [shape=plaintext, fontname="monospace"]; edge [color="#7a8499"];'
    names = Names()
    first = LayerPicture((), (*picture.inputs, *picture.layers[0].rows))
    for number, layer in enumerate([first, *picture.layers[1:]]):
        title = f"layer {number}" if number else "input"
        yield f"subgraph cluster_{number} {{ label={quoted(title)}; style=rounded;"
        for k, head in enumerate(layer.heads):
            yield f"  head_{number}_{k} [label=<{head_table(head, k + 1)}>];"
            for read in head.reads:
                yield f"  {names.of(read.result.label)} [label=<{row_table(read.result, RESULT)}>];"
        for row in layer.rows:
            yield f"  {names.of(row.label)} [label=<{row_table(row, INPUT)}>];"
        yield "}"
        for k, head in enumerate(layer.heads):
            yield from head_edges(head, f"head_{number}_{k}", names)
        for row in layer.rows:
            yield from (f"{names.of(used)} -> {names.of(row.label)};" for used in row.uses)


class Names:
    """Identifiers for labels."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def of(self, label: str) -> str:
        return self.known.setdefault(label, f"row_{len(self.known)}")


def head_edges(head: HeadPicture, identifier: str, names: Names) -> Iterator[str]:
    """From what a head compares and reads, and to its results."""
    read = [read.value for read in head.reads if read.value is not None]
    labels = dict.fromkeys(row.label for row in (*head.keys, *head.queries, *read))
    yield from (f"{names.of(label)} -> {identifier};" for label in labels if label in names.known)
    yield from (f"{identifier} -> {names.of(found.result.label)};" for found in head.reads)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def cell(text: str, colour: str) -> str:
    return f'<td bgcolor="{colour}">{escape(text) or " "}</td>'


def table(rows: Iterable[str]) -> str:
    inside = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table border="0" cellborder="1" cellspacing="0" color="#d5dbe7">{inside}</table>'


def row_table(row: Row, colour: str) -> str:
    """A row with its name in front."""
    name = f"{row.label} = {row.formula}" if row.formula else row.label
    return table([f'<td border="0">{escape(name)}</td>' + "".join(cell(text, colour) for text in row.cells)])


def head_table(head: HeadPicture, number: int) -> str:
    """The grid with key values above and query values on the left."""
    title = f"head {number}: {head.title or head.formula}"
    side = len(head.queries)
    rows = [f'<td border="0" colspan="{side + len(head.matrix)}">{escape(title)}</td>']
    for key in head.keys:
        label = f'<td border="0" colspan="{side}">{escape(key.label)}</td>'
        rows.append(label + "".join(cell(text, INPUT) for text in key.cells))
    for q, selected in enumerate(head.matrix):
        asked = "".join(cell(query.cells[q], INPUT) for query in head.queries)
        rows.append(asked + "".join(cell("", SELECTED if one else EMPTY) for one in selected))
    return table(rows)
