"""What one run of a model shows: every value by its name, every head with its selector, hidden units by what they
compute, logits and margins. Made of `Activations` and of what the compiler knows of the weights.

Positions are RASP's, without BOS, unless something else is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from compiler.config import Output
from compiler.joined_texts import JoinedTexts
from compiler.json_forms.model_forms import SymbolMap
from compiler.model.answers import Label, Undecided, show_label
from compiler.number_sums import NumberSum
from compiler.report.known_values import KnownValue
from compiler.transformer.problem import make_model_error
from compiler.transformer.record_activations import Activations, read_numbers
from rasp.diagnostics import suggest_word
from rasp.values import Atom, show_count, show_value

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeenValue:
    """A value in the residual stream: `raw` (position, column) in the columns `places`, and `at_bos` (column). In a rotated
    basis these are the numbers along its directions.

    `candidates` are, for each position, the values that the numbers may stand for: more than one where nothing in the model
    has to tell them apart, none where the numbers stand for no value.
    """

    name: str
    where: str
    after: str
    places: tuple[int, ...]
    raw: Numbers
    at_bos: Numbers
    candidates: Sequence[tuple[Atom, ...]]

    @property
    def decoded(self) -> list[Atom | None]:
        """The value at each position; None where the numbers do not stand for a single one."""
        return [found[0] if len(found) == 1 else None for found in self.candidates]

    def __repr__(self) -> str:
        shown = ", ".join(" or ".join(map(show_value, found)) or "?" for found in self.candidates)
        return f"<{self.name} after {self.after}, written by {self.where}: [{shown}]>"


@dataclass(frozen=True, eq=False)
class SeenHead:
    """A head: the selector that it stands for, what it computes, its `pattern` (query, key; 0 is BOS) and what it
    `wrote` (position, column; 0 is BOS)."""

    where: str
    selector: str
    computes: str
    pattern: Numbers
    wrote: Numbers

    def __repr__(self) -> str:
        return f"<{self.where}: {self.selector}, for {self.computes}>"


@dataclass(frozen=True, eq=False)
class SeenUnits:
    """Hidden units that belong together, and their activations `hidden` (position, unit; 0 is BOS)."""

    where: str
    computes: str
    hidden: Numbers

    def __repr__(self) -> str:
        return f"<{self.where}: {self.computes}>"


@dataclass(frozen=True, eq=False)
class Run:
    """One input's way through a model. `heads[layer][head]`, `units[layer]`; by output `answers` (position), `logits`
    (position, class) and `margins` (position): by how much the likeliest class is ahead.

    `activations` has the tensors of all that, BOS in front.
    """

    tokens: tuple[Atom, ...]
    answers: Mapping[str, Sequence[Label | Undecided]]
    logits: Mapping[str, Numbers]
    margins: Mapping[str, Numbers]
    heads: Sequence[Sequence[SeenHead]]
    units: Sequence[Sequence[SeenUnits]]
    activations: Activations
    known: Mapping[str, KnownValue]

    def value(self, name: str, layer: int | None = None) -> SeenValue:
        """A value after a layer (-1: after the embedding), or where it is first written. Raises `ModelError` where there
        is none."""
        known = find_value(self.known, name)
        step = known.written if layer is None else self.find_step(known, layer)
        numbers = convert_tensor(read_numbers(self.activations.residuals[step][0].double(), known))
        return SeenValue(
            known.name,
            known.where,
            name_step(step),
            known.places,
            numbers[1:],
            numbers[0],
            known.find_candidates(numbers[1:]),
        )

    def find_step(self, known: KnownValue, layer: int) -> int:
        """The half-layer after which a value stands in the residual of a layer: behind its hidden units, else before."""
        steps = (0,) if layer == -1 else (2 * layer + 2, 2 * layer + 1)
        for step in steps:
            if known.written <= step < known.cleared and step < len(self.activations.residuals):
                return step
        until = name_step(min(known.cleared, len(self.activations.residuals)) - 1)
        message = f"{known.name} does not stand in the residual after layer {layer}"
        raise make_model_error(
            message,
            f"it stands there from after {name_step(known.written)} to after {until}",
            "no-such-layer",
        )

    @property
    def values(self) -> list[SeenValue]:
        """All values, where they are written."""
        return [self.value(name) for name in self.known]

    def __str__(self) -> str:
        """Answers, values, heads and units, as lines to read."""
        lines = [f"{value!r}"[1:-1] for value in self.values]
        for name, answer in self.answers.items():
            least = min(self.margins[name].tolist())
            lines.append(f"{name} = [{', '.join(map(show_label, answer))}], margins {least:.3g} or more")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<run on {show_count(len(self.tokens), 'token')}: {show_count(len(self.known), 'value')}>"


def build_run(
    tokens: Sequence[Atom],
    answers: Mapping[str, Sequence[Label | Undecided]],
    seen: Activations,
    known: Mapping[str, KnownValue],
    symbols: SymbolMap,
) -> Run:
    """A run from its activations, of batch size 1, but for the margins."""
    logits = {name: convert_tensor(found[0, 1:]) for name, found in zip(answers, seen.logits, strict=True)}
    heads: list[list[SeenHead]] = [[] for _ in seen.hidden]
    units: list[list[SeenUnits]] = [[] for _ in seen.hidden]
    for part in symbols["parts"]:
        where, computes = part["where"], part["computes"]
        if "head" in part:
            layer, number = part["layer"], part["head"]
            pattern, wrote = (
                convert_tensor(seen.patterns[layer][number][0]),
                convert_tensor(seen.heads[layer][number][0]),
            )
            heads[layer].append(SeenHead(where, part["selector"], computes, pattern, wrote))
        elif "units" in part:
            hidden = seen.hidden[part["layer"]]
            assert hidden is not None, "its units are there"
            units[part["layer"]].append(
                SeenUnits(where, computes, convert_tensor(hidden[0, :, slice(*part["units"])]))
            )
    return Run(tuple(tokens), answers, logits, {}, heads, units, seen, known)


def convert_tensor(found: Tensor) -> Numbers:
    """A tensor as an array."""
    return found.double().cpu().numpy()


def measure_margins(outputs: Sequence[Output], logits: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """By output the least margin of its parts, of which most have one."""
    found: dict[str, Numbers] = {}
    for output in outputs:
        ends = np.cumsum(list_widths(output)[:-1], dtype=np.int64)
        margins = [*map(measure_margin, np.split(logits[output.name], ends, axis=1))]
        found[output.name] = np.min(margins, axis=0)
    return found


def list_widths(output: Output) -> list[int]:
    """How many logits each part of an output has."""
    match output.classes:
        case JoinedTexts():
            return [len(part) for part in output.classes.parts]
        case NumberSum():
            return [term.columns for term in output.classes.numbers]
        case _:
            return [1]


def measure_margin(logits: Numbers) -> Numbers:
    """By how much the largest of the logits (position, class) is ahead of the next; endless where there is no next."""
    if logits.shape[1] < 2:
        return np.full(len(logits), np.inf)
    ranked = np.sort(logits, axis=1)
    return ranked[:, -1] - ranked[:, -2]


def find_value(known: Mapping[str, KnownValue], name: object) -> KnownValue:
    """The value of a name. Raises `ModelError`, with all there are."""
    if isinstance(name, str) and name in known:
        return known[name]
    close = suggest_word(name, known) if isinstance(name, str) else ""
    listed = f"its values are {', '.join(known)}"
    shown = name if isinstance(name, str) else repr(name)
    message = f"nothing in the residual stream of this model is called {shown}"
    raise make_model_error(message, f"{close} {listed}".strip(), "unknown-value")


def find_head(heads: Sequence[int], head: object) -> tuple[int, int]:
    """Layer and number of a head, of so many in each layer. Raises `ModelError` for one that is not there."""
    match head:
        case (int(layer), int(number)) if 0 <= layer < len(heads) and 0 <= number < heads[layer]:
            return layer, number
        case _:
            refuse_head(heads, head)


def refuse_head(heads: Sequence[int], head: object) -> NoReturn:
    known = ", ".join(f"({layer}, {number})" for layer, count in enumerate(heads) for number in range(count))
    hint = f"its heads are {known}, each as (layer, head)" if known else "it has none"
    raise make_model_error(f"this model has no head {head!r}", hint, "unknown-head")


def name_step(step: int) -> str:
    """A half-layer in words."""
    return f"the {'heads' if step % 2 else 'units'} of layer {(step - 1) // 2}" if step else "the embedding"
