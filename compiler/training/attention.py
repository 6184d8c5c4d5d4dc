"""What heads attend to in two transformers, as a picture: compiled beside trained. Needs matplotlib, which is an extra."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from compiler.model.activations import record_activations
from compiler.model.decoder import Decoder

#: Inches of a head's matrix, and of the margins around all.
CELL, MARGIN = 2.1, 0.6
Patterns = Sequence[Sequence[NDArray[Any]]]


@torch.no_grad()
def read_patterns(decoder: Decoder, ids: Sequence[int]) -> Patterns:
    """By layer and head, how much each query (row) attends to each key (column), BOS first."""
    device = next(decoder.parameters()).device
    seen = record_activations(decoder, torch.tensor([list(ids)], device=device))
    return [[pattern[0].cpu().numpy() for pattern in layer] for layer in seen.patterns]


def draw_attention(models: Mapping[str, Patterns], tokens: Sequence[object], path: Path) -> None:
    """A block of columns for each model, a row for each layer. Raises `OSError`."""
    wide = sum(max(1, max((len(layer) for layer in layers), default=1)) for layers in models.values())
    high = max(1, max(len(layers) for layers in models.values()))
    size = wide * CELL + MARGIN, high * (CELL + MARGIN) + MARGIN
    figure = import_module("matplotlib.figure").Figure(size, layout="constrained")
    axes = figure.subplots(high, wide, squeeze=False)
    for panel in axes.flat:
        panel.set_axis_off()
    labels = ["BOS", *map(str, tokens)]
    first = 0
    for name, layers in models.items():
        for number, layer in enumerate(layers):
            for head, pattern in enumerate(layer):
                panel = axes[number][first + head]
                panel.set_axis_on()
                panel.imshow(pattern, cmap="Blues", vmin=0, vmax=1)
                panel.set_xticks(range(len(labels)), labels, fontsize=7)
                panel.set_yticks(range(len(labels)), labels, fontsize=7)
                panel.set_title(f"{name}: layer {number} head {head}", fontsize=8)
        first += max(1, max((len(layer) for layer in layers), default=1))
    figure.supxlabel("key", fontsize=8)
    figure.supylabel("query", fontsize=8)
    figure.savefig(path, dpi=150, metadata={"Software": None})
