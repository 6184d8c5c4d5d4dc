"""What heads attend to in two transformers, as a picture: compiled beside trained. Needs matplotlib, which is an extra."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from compiler.transformer.decoder import Decoder
from compiler.transformer.record_activations import record_activations

#: Inches of a head's matrix, and of the margins around it.
CELL, MARGIN = 2.1, 0.4
#: Heads in a row up to which models stand beside one another, and not one below the other.
ACROSS = 8
#: Where all positions but BOS get less than this together, as in heads that count, they are shown apart.
FAINT = 0.01
Patterns = Sequence[Sequence[NDArray[Any]]]


@torch.no_grad()
def read_patterns(decoder: Decoder, ids: Sequence[int]) -> Patterns:
    """By layer and head, how much each query (row) attends to each key (column), BOS first."""
    device = next(decoder.parameters()).device
    seen = record_activations(decoder, torch.tensor([list(ids)], device=device))
    return [[pattern[0].cpu().numpy() for pattern in layer] for layer in seen.patterns]


def draw_attention(models: Mapping[str, Patterns], tokens: Sequence[object], path: Path) -> None:
    """A group of pictures for each model, a row for each layer, beside or below the model before; of heads that all but
    only look at BOS, the rest is shown, scaled to its largest. Raises `OSError`.
    """
    sizes = [(max(1, len(layers)), max([1, *map(len, layers)])) for layers in models.values()]
    beside = sum(wide for _, wide in sizes) <= ACROSS
    rows, columns = (list(part) for part in zip(*sizes, strict=True))
    high, wide = (max(rows), sum(columns)) if beside else (sum(rows), max(columns))
    figure = import_module("matplotlib.figure").Figure(
        (wide * CELL + MARGIN, high * (CELL + MARGIN)), layout="constrained"
    )
    axes = figure.subplots(high, wide, squeeze=False)
    for panel in axes.flat:
        panel.set_axis_off()
    for model, (name, layers) in enumerate(models.items()):
        row, column = (0, sum(columns[:model])) if beside else (sum(rows[:model]), 0)
        for number, layer in enumerate(layers):
            for head, pattern in enumerate(layer):
                panel = axes[row + number][column + head]
                draw_head(panel, pattern, [str(token) for token in tokens])
                panel.set_title(f"{name}: layer {number} head {head}", fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def draw_head(panel: Any, pattern: NDArray[Any], tokens: Sequence[str]) -> None:
    """One matrix, query by key."""
    faint = bool((pattern[1:, 1:].sum(axis=1) < FAINT).all())
    shown, labels = (pattern[1:, 1:], tokens) if faint else (pattern, ["BOS", *tokens])
    panel.set_axis_on()
    panel.imshow(shown, cmap="Blues", vmin=0, vmax=max(shown.max(), 1e-30) if faint else 1)
    panel.set_xticks(range(len(labels)), labels, fontsize=7)
    panel.set_yticks(range(len(labels)), labels, fontsize=7)
    panel.set_xlabel("key, without BOS" if faint else "key", fontsize=7)
    panel.set_ylabel("query", fontsize=7)
