"""What is known of a superposed model, for people and as JSON data: first of all that it is not certified."""

from collections.abc import Iterator

import numpy as np

from compiler.export.records import encode_options
from compiler.json_forms.training_forms import SuperposedInfo
from compiler.trained.superposed import Direction, Superposed, measure_overlaps
from rasp.values import show_count

NOT_CERTIFIED = "NOT certified: it was trained, and is right as often as is told here"


def describe_superposed(model: Superposed) -> list[str]:
    """Lines to read."""
    outcome, config = model.outcome, model.weights.config
    heads = " + ".join(str(len(layer.heads)) for layer in config.layers)
    parameters = model.weights.parameters(unembedding=True)
    return [
        f"superposed {', '.join(model.expressions)}",
        f"  {NOT_CERTIFIED}",
        f"  columns     {model.width}, of {model.compiled_width} compiled",
        f"  shape       {show_count(len(config.layers), 'layer')}, heads {heads}, {show_count(parameters, 'parameter')}",
        f"  right       {outcome.positions_right:.4f} of positions, {outcome.inputs_right:.4f} of inputs: "
        f"{outcome.inputs:,} that it had not seen",
        f"  steps       {outcome.steps:,}, seed {model.seed}: {outcome.stopped}",
        *list_direction_lines(model.directions),
    ]


def list_direction_lines(directions: tuple[Direction, ...]) -> Iterator[str]:
    """Values, how many directions each has, and how much of them can be read."""
    if not directions:
        return
    told: dict[str, list[float]] = {}
    for direction in directions:
        told.setdefault(direction.value, []).append(direction.told)
    for title, (value, shares) in zip(
        ["  directions", *["            "] * len(told)], told.items(), strict=False
    ):
        shown = ", ".join(f"{share:.2f}" for share in shares)
        yield f"{title}  {value}: {shown} of its variance can be read"
    overlaps = np.abs(measure_overlaps(directions)[np.triu_indices(len(directions), 1)])
    if len(overlaps):
        yield f"  overlap     {overlaps.mean():.2f} on average, {overlaps.max():.2f} at most (cosines of two directions)"


def record_superposed(model: Superposed) -> SuperposedInfo:
    """JSON data."""
    return {
        "certified": False,
        "outputs": dict(model.expressions),
        "options": encode_options(model.options),
        "columns": model.width,
        "compiled_columns": model.compiled_width,
        "seed": model.seed,
        "parameters": model.weights.parameters(unembedding=True),
        "outcome": model.outcome.as_json(),
        "directions": [direction.as_json() for direction in model.directions],
    }
