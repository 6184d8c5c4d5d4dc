"""What goes on in a decoder: patterns, what heads write, hidden units and residuals, under the numbers of `rasp info`."""

from collections.abc import Callable, Iterable
from threading import get_ident
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from compiler.report.known_values import KnownValue
from compiler.transformer.decoder import Cache, Decoder


class Activations(NamedTuple):
    """Everything that one run computes; for the letters in shapes see `compiler/transformer/decoder.py`.

    `residuals` are the first one, then those after each half-layer: 2L + 1 after the heads of layer L, 2L + 2 after its
    hidden units.
    """

    logits: list[Tensor]  # [output] (b, p, class)
    residuals: list[Tensor]  # [half-layer] (b, p, d)
    patterns: list[list[Tensor]]  # [layer][head] (b, q, t)
    heads: list[list[Tensor]]  # [layer][head] (b, p, d): what it adds to the residual
    hidden: list[Tensor | None]  # [layer] (b, p, u); None where a layer has no hidden units


def record_activations(
    decoder: Decoder, ids: Tensor, lengths: Tensor | None = None, cache: Cache | None = None
) -> Activations:
    """Call a decoder, and return all that happens on the way. What hooks replace stands there as replaced.

    Raises what the call raises.
    """
    seen = dict[str, Tensor]()
    modules = cast(Iterable[tuple[str, nn.Module]], decoder.named_modules())
    hooks = [module.register_forward_hook(keep_output(seen, name)) for name, module in modules]
    try:
        logits = decoder(ids, lengths, cache)
    finally:
        for hook in hooks:
            hook.remove()
    layers = [f"layers.{number}" for number in range(len(decoder.layers))]
    heads = [
        [name for name in seen if name.rpartition(".")[0] == f"{layer}.attention.heads"] for layer in layers
    ]
    return Activations(
        logits,
        [seen["embedding"], *(seen[layer + half] for layer in layers for half in (".middle", ""))],
        [[seen[f"{head}.pattern"] for head in row] for row in heads],
        [[seen[head] for head in row] for row in heads],
        [seen.get(f"{layer}.mlp.hidden") for layer in layers],
    )


def keep_output(seen: dict[str, Tensor], name: str) -> Callable[[nn.Module, Any, Tensor], None]:
    """A hook that notes a module's output, when the thread that asked for it runs the decoder."""
    thread = get_ident()

    def hook(module: nn.Module, given: Any, output: Tensor) -> None:
        if get_ident() == thread:
            seen[name] = output

    return hook


def read_numbers(residual: Tensor, known: KnownValue) -> Tensor:
    """The numbers of a value (…, column), of a residual or a summand of it (…, d)."""
    if known.directions is None:
        return residual[..., list(known.places)]
    return residual @ convert_directions(residual, known).mT


def write_numbers(residual: Tensor, known: KnownValue, numbers: Tensor | float) -> Tensor:
    """The same residual with these numbers (…, column) for the value's."""
    if known.directions is None:
        residual = residual.clone()
        residual[..., list(known.places)] = torch.as_tensor(numbers).to(residual)
        return residual
    return residual + (numbers - read_numbers(residual, known)) @ convert_directions(residual, known)


def convert_directions(residual: Tensor, known: KnownValue) -> Tensor:
    """The directions (column, d), like the residual."""
    return torch.from_numpy(known.directions).to(residual)
