"""Small programs, superposed into fewer and fewer residual columns: how right they stay, and how directions lie.

    python -m benchmarks.superposition -o build/superposed

Each model is kept in a folder of its own, and is not trained again. At the end the table of `docs/disguise.md` and its
picture are written.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import shorten

import numpy as np
from matplotlib.figure import Figure

from benchmarks.tables import Cell, markdown_rows, write_into_page
from benchmarks.training import SUBJECTS, compile_subject
from compiler.trained.superposed import Superposed, measure_overlaps
from compiler.trained.superposed_files import is_superposed, read_superposed, save_superposed
from compiler.training_commands.superpose_command import STEPS, superpose_compiled

ROOT = Path(__file__).parents[1]
DOCUMENT, PICTURE = ROOT / "docs" / "disguise.md", "superposition.png"
#: The programs of `benchmarks/training.py` that are superposed, and into how many columns each.
WIDTHS: Mapping[str, Sequence[int]] = {
    "sort": (2, 4, 6, 10),
    "dyck1": (2, 4, 6, 8),
    "reverse": (2, 4, 6),
    "induction": (2, 4, 6),
}
#: Inches of a Gram matrix.
CELL = 2.6
#: Characters of a label.
LABEL = 34


@dataclass(frozen=True, eq=False)
class Found:
    """A model of a program."""

    name: str
    model: Superposed


def find_models(folder: Path, names: Sequence[str], *, train: bool) -> list[Found]:
    """The models of programs, trained where they are not there, if they are to be."""
    found: list[Found] = []
    for name, width in ((known, width) for known in names for width in WIDTHS[known]):
        path = folder / f"{name}-{width}"
        if not is_superposed(path) and train:
            save_superposed(superpose_compiled(compile_subject(SUBJECTS[name]), width, STEPS), path)
        if is_superposed(path):
            found.append(Found(name, read_superposed(path)))
            print(f"{name}, {width} columns: {found[-1].model.outcome.positions_right:.4f}", flush=True)
    return found


def write_table(found: Sequence[Found]) -> str:
    """A row for each model."""
    lines: list[dict[str, Cell]] = []
    for row in found:
        model, outcome = row.model, row.model.outcome
        told = np.array([direction.told for direction in model.directions])
        overlaps = np.abs(measure_overlaps(model.directions)[np.triu_indices(len(told), 1)])
        lines.append(
            {
                "program": row.name,
                "columns": model.width,
                "of compiled": model.compiled_width,
                "positions right": f"{outcome.positions_right:.4f}",
                "inputs right": f"{outcome.inputs_right:.4f}",
                "features": len(told),
                "variance told": f"{told.mean():.2f}",
                "overlap": f"{overlaps.mean():.2f}",
                "steps": outcome.steps,
            }
        )
    return markdown_rows(tuple(lines[0]) if lines else (), lines)


def draw_overlaps(found: Sequence[Found], path: Path) -> None:
    """The Gram matrices, a row for each program, a column for each width."""
    rows = [(name, list(group)) for name, group in groupby(found, lambda row: row.name)]
    wide = max(len(group) for _, group in rows)
    figure = Figure((wide * CELL + 1, len(rows) * CELL), layout="constrained")
    panels = figure.subplots(len(rows), wide, squeeze=False)
    for panel in panels.flat:
        panel.set_axis_off()
    image = None
    for (name, group), line in zip(rows, panels, strict=True):
        for row, panel in zip(group, line, strict=False):
            panel.set_axis_on()
            image = panel.imshow(measure_overlaps(row.model.directions), cmap="RdBu", vmin=-1, vmax=1)
            labels = [shorten(direction.value, LABEL, placeholder=" …") for direction in row.model.directions]
            shown = labels if panel is line[0] else []
            panel.set_yticks(range(len(shown)), shown, fontsize=6)
            panel.set_xticks([])
            right = row.model.outcome.positions_right
            panel.set_title(
                f"{name}: {row.model.width} of {row.model.compiled_width}\n{right:.3f} right", fontsize=8
            )
    if image is not None:
        figure.colorbar(image, ax=panels, shrink=0.5, label="cosine of two directions")
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main() -> None:
    """Train what is not trained yet, and write table and picture."""
    parser = argparse.ArgumentParser(description="Superpose programs into fewer and fewer columns.")
    parser.add_argument("programs", nargs="*", help="train these; all, if none is named")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "superposed")
    parser.add_argument("--write", action="store_true", help="train nothing; write what is finished")
    given = parser.parse_args()
    found = find_models(given.output, given.programs or [*WIDTHS], train=not given.write)
    if not given.programs:
        draw_overlaps(found, ROOT / "docs" / "pictures" / PICTURE)
        write_into_page(DOCUMENT, f"{write_table(found)}\n![Cosines of directions](pictures/{PICTURE})\n")


if __name__ == "__main__":
    main()
