"""A table of measurements, as rich text, Markdown, CSV and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from rasp.write_whole import write_text

Cell = str | int | float | None
END = "<!-- end of table -->"
"""Between `<!-- NAME -->` and this stands, in a document, what a benchmark wrote."""


@dataclass(frozen=True)
class Table:
    """Rows of named cells. `shown` are the columns of the printed table; files hold all of them."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Cell], ...]
    shown: tuple[str, ...]
    remarks: tuple[str, ...] = field(default=())


def text(cell: Cell) -> str:
    """A cell for people."""
    match cell:
        case None | "":
            return "–"
        case bool():
            return "yes" if cell else "no"
        case int():
            return f"{cell:,}"
        case float():
            return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
        case str():
            return cell


def is_number_column(rows: Iterable[Mapping[str, Cell]], column: str) -> bool:
    return any(isinstance(row.get(column), int | float) for row in rows)


def show(table: Table, console: Console) -> None:
    """The table and its remarks, on a terminal or not."""
    rich = RichTable(title=table.title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(table.shown):
        right = is_number_column(table.rows, column)
        rich.add_column(column, justify="right" if right else "left", no_wrap=number == 0, overflow="fold")
    for row in table.rows:
        rich.add_row(*(text(row.get(column)) for column in table.shown))
    console.print(rich)
    for remark in table.remarks:
        console.print(remark, highlight=False)
    console.print()


def markdown(table: Table) -> str:
    """The shown columns as a Markdown table, with title and remarks."""
    remarks = [f"- {remark}" for remark in table.remarks]
    return "\n".join([f"## {table.title}", "", markdown_rows(table.shown, table.rows), *remarks, ""])


def markdown_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Cell]]) -> str:
    """These columns of rows as a Markdown table, its lines ended."""
    rule = ["---:" if is_number_column(rows, column) else "---" for column in columns]
    cells = [[text(row.get(column)).replace("|", "\\|") for column in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in [columns, rule, *cells])


def write_into_page(page: Path, told: str, name: str = "table") -> None:
    """Put what a benchmark found into a document, where it stood before: under the name that it has there."""
    begin = f"<!-- {name} -->\n"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    assert found, f"{page} has a place for {name}"
    _, _, after = rest.partition(END)
    write_text(page, before + begin + told + END + after)


def write(tables: Sequence[Table], name: str, heading: str, folder: Path) -> None:
    """All tables as one Markdown file, and their rows as one CSV file."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [f"# Results: {name}", "", heading, "", *(markdown(table) for table in tables)]
    write_text(folder / f"{name}.md", "\n".join(parts).rstrip() + "\n")
    columns = list(dict.fromkeys(column for table in tables for column in table.columns))
    rows = io.StringIO()
    writer = csv.DictWriter(rows, columns, lineterminator="\n")
    writer.writeheader()
    for table in tables:
        writer.writerows(table.rows)
    write_text(folder / f"{name}.csv", rows.getvalue())


def as_json(tables: Sequence[Table]) -> str:
    """All rows, by table."""
    plain = {table.name: {"rows": table.rows, "remarks": table.remarks} for table in tables}
    return json.dumps(plain, indent=1)
