"""A model's sizes as lines to read."""

from collections.abc import Mapping


def size_lines(summary: Mapping[str, object]) -> list[str]:
    """Layers against their lower bound, heads, widths and parameters, from a compilation's summary."""
    layers, bound = summary["layers"], summary["lower_bound_layers"]
    against = "which is the lower bound" if layers == bound else f"the lower bound is {bound}"
    per_layer = summary["heads_per_layer"]
    split = " + ".join(map(str, per_layer)) if isinstance(per_layer, list) else ""
    return [
        f"  layers      {layers}, {against}",
        f"  heads       {summary['heads']}" + (f" ({split})" if split else ""),
        f"  widths      d_model {summary['d_model']}, d_head {summary['d_head']}, d_mlp {summary['d_mlp']}",
        f"  parameters  {summary['parameters']:,}, of which {summary['nonzero']:,} are not zero",
    ]
