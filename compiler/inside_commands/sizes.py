"""A model's sizes as lines to read."""

from compiler.json_forms.model_forms import Summary
from rasp.values import show_count


def describe_sizes(summary: Summary) -> list[str]:
    """Layers against their lower bound, heads, widths and parameters, from a compilation's summary."""
    layers, bound = summary["layers"], summary["lower_bound_layers"]
    against = "which is the lower bound" if layers == bound else f"the lower bound is {bound}"
    split = " + ".join(map(str, summary["heads_per_layer"]))
    return [
        f"  layers      {layers}, {against}",
        f"  heads       {summary['heads']}" + (f" ({split})" if split else ""),
        f"  widths      d_model {summary['d_model']}, d_head {summary['d_head']}, d_mlp {summary['d_mlp']}",
        f"  parameters  {summary['parameters']:,}, of which {summary['nonzero']:,} are not zero",
        f"  unembedding {show_count(unembedding_of(summary), 'parameter')} more",
    ]


def unembedding_of(summary: Summary) -> int:
    """How many numbers turn the last residual columns into answers; the other parameters do not count them."""
    return summary["parameters_with_unembedding"] - summary["parameters"]
