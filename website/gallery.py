"""Pages of the site for programs: each with its text, a picture, what its model is, and its circuit.

What models and circuits are is read from a folder that `rasp circuit programs -o FOLDER` wrote.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.circuits.circuit_set import CIRCUIT, MODEL, Member, name_members
from compiler.export.checkpoint import read_checkpoint
from compiler.export.files import Checkpoint
from compiler.inside_commands.info_command import info_text
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.svg import lighten_document
from rasp.page_answers.answer_question import draw_expression
from rasp.page_answers.shipped_programs import Shipped, find_shipped, list_shipped
from rasp.syntax.directives import read_directives

#: Edges of a circuit that are listed.
SHOWN_EDGES = 30


@dataclass(frozen=True)
class ProgramPage:
    """A program, its page and picture by their places in the site, and the members of the set that are its."""

    shipped: Shipped
    members: tuple[Member, ...]

    @property
    def path(self) -> str:
        return f"{self.shipped.name}.md"

    @property
    def picture(self) -> str:
        return f"{self.shipped.name}.svg"

    @property
    def title(self) -> str:
        return self.shipped.name.rsplit("/", 1)[-1]

    @property
    def subject(self) -> str:
        return self.shipped.name.split("/")[1]


def list_program_pages() -> list[ProgramPage]:
    """A page for each program, in the order of names, with the names that a set of circuits gives to its lines."""
    shipped = [find_shipped(name) for name in list_shipped()]
    members = name_members((one.source, read_directives(one.source).compiles) for one in shipped)
    return [
        ProgramPage(one, tuple(member for member in members if member.source == one.source))
        for one in shipped
    ]


def draw_program(page: ProgramPage) -> str:
    """Its picture on its example, as SVG."""
    shipped = page.shipped
    drawn = draw_expression(shipped.program, shipped.line.expression, shipped.example())
    return lighten_document(draw_svg(drawn))


def write_program(page: ProgramPage, circuits: Path) -> str:
    """Its page in Markdown."""
    picture = f"![{page.title} as layers and heads]({page.title}.svg)"
    parts = [
        f"# {page.title}",
        page.shipped.about,
        f"```rasp\n{page.shipped.text.strip()}\n```",
        f'<div class="drawing" markdown>\n{picture}\n</div>',
    ]
    for member in page.members:
        folder = circuits / member.name
        checkpoint = read_checkpoint(folder / MODEL)
        circuit = json.loads((folder / CIRCUIT).read_text(encoding="utf-8"))
        parts += [f"## {describe_line(member)}", *describe_model(checkpoint), *describe_circuit(circuit)]
    return "\n\n".join(parts) + "\n"


def describe_line(member: Member) -> str:
    """What is compiled, for how long inputs."""
    line = member.line
    tokens = f"{len(line.vocabulary or ())} tokens"
    return f"`{line.name or line.expression}` for {tokens} up to length {line.max_length}, {line.attention} attention"


def describe_model(checkpoint: Checkpoint) -> Iterator[str]:
    """The model card: what `rasp info` tells."""
    yield f"```text\n{info_text(checkpoint)}\n```"


def describe_circuit(circuit: Mapping[str, Any]) -> Iterator[str]:
    """The edges that answers need, with what they carry."""
    edges = {name: edge for name, edge in circuit["edges"].items() if edge["in_graph"]}
    checked = circuit["checked"]
    on = f"{'all' if checked['all'] else 'a sample of'} {checked['inputs']:,} inputs"
    yield f"**Circuit**: {len(edges)} of {len(circuit['edges'])} edges, by ablation on {on}."
    rows = [
        f"| `{name}` | {', '.join(edge['carries']) or 'what is cleared'} |" for name, edge in edges.items()
    ]
    if len(rows) > SHOWN_EDGES:
        rows[SHOWN_EDGES:] = [f"| … | {len(rows) - SHOWN_EDGES} more |"]
    yield "\n".join(["| edge | carries |", "|---|---|", *(row.replace("\n", " ") for row in rows)])


def write_gallery(pages: Sequence[ProgramPage]) -> str:
    """The page that shows them all, by subject."""
    parts = [
        "# Gallery",
        f"All {len(pages)} programs that come with the language, each as layers and heads on one input.",
    ]
    for subject in dict.fromkeys(page.subject for page in pages):
        cards = "\n".join(write_card(page) for page in pages if page.subject == subject)
        parts += [f"## {subject.capitalize()}", f'<div class="programs">\n{cards}\n</div>']
    return "\n\n".join(parts) + "\n"


def write_card(page: ProgramPage) -> str:
    target = page.path.removesuffix(".md") + ".html"
    about = page.shipped.about.replace("&", "&amp;").replace("<", "&lt;")
    return f'<a href="{target}"><img src="{page.picture}" alt="" loading="lazy"><b>{page.title}</b><span>{about}</span></a>'
