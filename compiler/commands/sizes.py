"""A model's sizes as lines to read."""

from collections.abc import Mapping
from typing import cast


def size_lines(summary: Mapping[str, object]) -> list[str]:
    """Layers against their lower bound, heads, widths and parameters, from a compilation's summary."""
    layers, bound = summary["layers"], summary["lower_bound_layers"]
    against = "which is the lower bound" if layers == bound else f"the lower bound is {bound}"
    split = " + ".join(map(str, cast(list[int], summary["heads_per_layer"])))
    return [
        f"  layers      {layers}, {against}",
        f"  heads       {summary['heads']}" + (f" ({split})" if split else ""),
        f"  widths      d_model {summary['d_model']}, d_head {summary['d_head']}, d_mlp {summary['d_mlp']}",
        f"  parameters  {summary['parameters']:,}, of which {summary['nonzero']:,} are not zero",
        f"  unembedding {unembedding_of(summary):,} parameters more",
    ]


def unembedding_of(summary: Mapping[str, object]) -> int:
    """How many numbers turn the last residual columns into answers; the other parameters do not count them."""
    return cast(int, summary["parameters_with_unembedding"]) - cast(int, summary["parameters"])
