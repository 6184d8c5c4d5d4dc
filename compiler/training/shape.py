"""The shape of a transformer to train: the compiled one's layers and heads, in the compiled widths or in ordinary ones.

What the RASP paper asks (Weiss et al. 2021): whether a transformer with the predicted layers and heads learns the
task, and one with fewer does not. Widths are no part of the prediction, so they are ordinary unless asked for otherwise.
"""

from dataclasses import dataclass, replace

from compiler.config import Config, HeadShape, LayerShape
from compiler.emit.weights import check_listed
from rasp.values import show_count


@dataclass(frozen=True)
class Widths:
    """Ordinary widths: of the residual, of a head's keys and values, of an MLP."""

    d_model: int = 64
    d_head: int = 16
    d_mlp: int = 128


def choose_shape(config: Config, layers: int | None, heads: int | None, widths: Widths | None) -> Config:
    """The config with this many layers, heads in each, and widths; None leaves what the compiled model has.

    Layers that are added are like the last one; a layer of ordinary width has hidden units, also where none are compiled,
    and there is one at least.
    In ordinary widths an output that is a number is told by logits of its values, which are easier to learn.
    """
    check_listed(config, "training")
    shapes = list(config.layers)
    if not shapes and (layers or widths):
        shapes = [LayerShape((), 1)]
    if layers is not None:
        shapes = [shapes[min(i, len(shapes) - 1)] for i in range(layers)]
    if heads is not None:
        shapes = [replace(shape, heads=resize(shape.heads, heads)) for shape in shapes]
    if widths is not None:
        head = HeadShape(widths.d_head, widths.d_head)
        shapes = [LayerShape((head,) * len(shape.heads), widths.d_mlp) for shape in shapes]
    return replace(
        config,
        layers=tuple(shapes),
        outputs=tuple(
            replace(output, classes=tuple(output.classes), nearest=output.nearest and widths is None)
            for output in config.outputs
        ),
        d_model=config.d_model if widths is None else widths.d_model,
        has_positions=config.has_positions or widths is not None,
    )


def resize(heads: tuple[HeadShape, ...], count: int) -> tuple[HeadShape, ...]:
    """So many heads, those that are added like the first."""
    first = heads[0] if heads else HeadShape(1, 1)
    return heads[:count] + (first,) * (count - len(heads))


def describe_shape(config: Config) -> str:
    """`2 layers, heads 1 + 1, d_model 64`."""
    heads = " + ".join(str(len(layer.heads)) for layer in config.layers)
    return f"{show_count(len(config.layers), 'layer')}, heads {heads or 0}, d_model {config.d_model}"
