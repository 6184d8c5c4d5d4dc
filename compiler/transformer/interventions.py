"""Changes to what goes on in a decoder, as forward hooks on its modules: parts without effect, values put in their place.

A head or hidden units that are left out add nothing to the residual; in the embedding, every token (or position) then adds
what they all add on average, so that nothing can be told from it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from compiler.report.describe import INPUTS
from compiler.report.known_values import KnownValue
from compiler.report.parts import Part
from compiler.transformer.decoder import Decoder, Embedding
from compiler.transformer.problem import make_model_error
from compiler.transformer.record_activations import Activations, read_numbers, write_numbers
from rasp.values import show_count

Hook = Callable[[nn.Module, Any, Tensor], Tensor]


class Change(NamedTuple):
    """A hook for the output of the module of that name."""

    module: str
    hook: Hook


def apply_changes(decoder: Decoder, changes: Sequence[Change]) -> None:
    """Register the hooks. They run in the order in which they came."""
    for change in changes:
        decoder.get_submodule(change.module).register_forward_hook(change.hook)


def name_head(layer: int, head: int) -> str:
    """The module of a head."""
    return f"layers.{layer}.attention.heads.{head}"


def drop_head(layer: int, head: int) -> list[Change]:
    """A head that adds nothing."""
    return [Change(name_head(layer, head), clear(slice(None), 0))]


def replace_head(layer: int, head: int, other: Activations) -> list[Change]:
    """A head that adds what it added in another run."""
    return [Change(name_head(layer, head), put(other.heads[layer][head], slice(None)))]


def drop_value(known: KnownValue) -> list[Change]:
    """A value that nobody writes."""
    if known.written == 0:
        return [Change("embedding", level_embedding(known.name))]
    return [zero_part(known, part, 0) for part in known.writers]


def zero_part(known: KnownValue, part: Part, first: int) -> Change:
    """One of its writers, which no longer writes it from a position on."""
    if part.units:
        units = slice(part.units.start, part.units.stop)
        return Change(f"layers.{part.layer}.mlp.hidden", clear(units, first))
    return Change(name_head(part.layer, part.first), clear_value(known, first))


def replace_value(known: KnownValue, other: Activations) -> list[Change]:
    """A value as it was written in another run."""
    if known.written == 0:
        return [Change("embedding", put_value(known, other.residuals[0]))]
    found: list[Change] = []
    for part in known.writers:
        if part.units:
            hidden = other.hidden[part.layer]
            assert hidden is not None, "its units are there"
            units = slice(part.units.start, part.units.stop)
            found.append(Change(f"layers.{part.layer}.mlp.hidden", put(hidden, units)))
        else:
            written = other.heads[part.layer][part.first]
            found.append(Change(name_head(part.layer, part.first), put_value(known, written)))
    return found


def place_value(known: KnownValue, rows: Tensor) -> list[Change]:
    """A value that is written as `rows` (position or 1, column) say, in place of what the model would write.

    BOS keeps its own. Several heads may write a value together: then the first one does, and the others do not.
    """
    first = known.writers[0]
    module = f"layers.{first.layer}.mlp" if first.units else name_head(first.layer, first.first)

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        check_rows(output, len(rows))
        output = output.clone()
        numbers = read_numbers(output[:, 1:], known) + rows.to(output)
        output[:, 1:] = write_numbers(output[:, 1:], known, numbers)
        return output

    return [*(zero_part(known, part, 1) for part in known.writers), Change(module, hook)]


def replace_embedded(name: str, numbers: Sequence[int]) -> list[Change]:
    """Other tokens, or positions, for those that are there, by their rows in the embedding: for each position, or one
    for all."""

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        table, _, rest = rows_of(module, name, given)
        check_rows(output, len(numbers))
        output = output.clone()
        output[:, 1:] = table[torch.tensor(numbers, device=output.device)] + rest[:, 1:]
        return output

    return [Change("embedding", hook)]


def level_embedding(name: str) -> Hook:
    """A hook after which all tokens (or all positions) look alike."""

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        table, ids, rest = rows_of(module, name, given)
        real = table[:-1] if name == INPUTS[0] else table[1:]
        at_bos = ids == (len(table) - 1 if name == INPUTS[0] else 0)
        return torch.where(at_bos[..., None], output, real.mean(dim=0) + rest)

    return hook


def rows_of(module: nn.Module, name: str, given: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The table of tokens or of positions, the numbers of its rows that were taken (batch, position), and what was taken
    from the other table (batch, position, column). Whatever else is taken is added to that: in columns of numbers as
    different as powers of two are, taking a row away again would leave nothing of small ones."""
    assert isinstance(module, Embedding)
    ids, start = given
    places = (torch.arange(ids.shape[1], device=ids.device) + start).expand_as(ids)
    tokens = module.tokens[ids]
    if name == INPUTS[0]:
        rest = torch.zeros_like(tokens) if module.positions is None else module.positions[places]
        return module.tokens, ids, rest
    assert module.positions is not None, "an index is carried only where there are positions"
    return module.positions, places, tokens


def clear_value(known: KnownValue, first: int) -> Hook:
    """A hook that takes a value out of an output, from a position on."""

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        output = output.clone()
        output[:, first:] = write_numbers(output[:, first:], known, 0.0)
        return output

    return hook


def put_value(known: KnownValue, other: Tensor) -> Hook:
    """A hook that takes a value from another run's output (1, position, column)."""

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        check_positions(output, other.shape[1])
        return write_numbers(output, known, read_numbers(other.to(output), known))

    return hook


def clear(where: slice, first: int) -> Hook:
    """A hook that sets columns of an output to 0, from a position on."""

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        output = output.clone()
        output[:, first:, where] = 0
        return output

    return hook


def put(other: Tensor, where: slice) -> Hook:
    """A hook that takes columns of an output from another run's (1, position, column)."""

    def hook(module: nn.Module, given: Any, output: Tensor) -> Tensor:
        check_positions(output, other.shape[1])
        output = output.clone()
        output[..., where] = other[..., where].to(output)
        return output

    return hook


def check_rows(output: Tensor, rows: int) -> None:
    """Raise `ModelError` unless there is BOS, and one row for all other positions or one for each."""
    if output.shape[1] == 1:
        hint = "ask the patched model for whole inputs, one after the other"
        raise make_model_error("a model with a value put in cannot run token by token", hint, "patch")
    check_positions(output, rows + 1 if rows > 1 else output.shape[1])


def check_positions(output: Tensor, positions: int) -> None:
    """Raise `ModelError` where something of other positions is to be put in."""
    if output.shape[1] != positions:
        message = f"the patch is for inputs of {show_count(positions - 1, 'token')}, and this one has {output.shape[1] - 1}"
        raise make_model_error(message, "patch for each length, or with one value for all positions", "patch")
