"""The JSON form of all that is told of a compiled model: by `rasp.json`, by `--json`, by the properties of `Compiled`.

Types only; `docs/checkpoint.schema.json` says the same to others. Bounds and margins are in the unit of what they bound.
"""

from typing import Literal, NotRequired, TypedDict

from compiler.audit.decisions import DecisionKind
from compiler.blocks.block import BosMode
from compiler.options import Dialect, Dtype
from rasp.arguments import Attention
from rasp.values import Atom


class SourcePosition(TypedDict):
    """Where something is written; lines and columns count from 1."""

    file: str
    line: int
    column: int


class PartRecord(TypedDict):
    """A part of the model (as such: the embedding), which residual columns it writes, and how exactly."""

    where: str
    computes: str
    columns: list[int]
    error_bound: float
    parameters: int


class HeadRecord(PartRecord):
    """An attention head, by its number in its layer; `bos` is how BOS takes part."""

    layer: int
    head: int
    selector: str
    bos: BosMode
    place: NotRequired[SourcePosition]


class UnitsRecord(PartRecord):
    """Hidden units of an MLP: the first, and the one behind the last."""

    layer: int
    units: list[int]
    place: NotRequired[SourcePosition]


class ColumnRecord(TypedDict):
    """One content of a residual column; a column that is cleared has several. `at_bos` is null where nothing
    reads it there."""

    column: int
    carries: str
    holds: str
    at_bos: float | None
    written_by: str
    last_read_by: str
    error_bound: float


class SymbolMap(TypedDict):
    """What every part of a model stands for: parts in the order in which they write, columns likewise. In a rotated basis
    `directions` says for each column along which vector of the residual it lies."""

    parts: list[HeadRecord | UnitsRecord | PartRecord]
    columns: list[ColumnRecord]
    directions: NotRequired[list[list[float]]]


class BoundRecord(TypedDict):
    """How far rounding can carry an s-op from its value."""

    value: str
    bound: float


class DecisionRecord(TypedDict):
    """Something that the model has to tell apart: it does, for the error is below the margin."""

    decision: DecisionKind
    of: str
    margin: float
    error_bound: float


class Certificate(TypedDict):
    """What is proved of a model, for inputs up to a length; `tightest` is the decision with the least room, if any;
    `logit_gap`: how far the likeliest class is above the second, in nats, where a margin was asked for."""

    dtype: Dtype
    max_length: int
    values: list[BoundRecord]
    decisions: list[DecisionRecord]
    tightest: NotRequired[DecisionRecord]
    logit_gap: NotRequired[float]


class Sizes(TypedDict):
    """How large a model is: what its weights alone say. `classes` is by output."""

    layers: int
    heads: int
    heads_per_layer: list[int]
    d_model: int
    d_head: int
    d_mlp: int
    d_mlp_per_layer: list[int]
    parameters: int
    nonzero: int
    parameters_with_unembedding: int
    classes: dict[str, int]


class Summary(Sizes):
    """Sizes, the fewest layers that would do if numbers were exact, and the certificate."""

    lower_bound_layers: int
    certificate: Certificate


class PromptsRecord(TypedDict):
    """What a decoder is asked: inputs of its program. `bars` stand behind a prompt and behind each stage that is written
    before the answer; `end` follows the answer. `version`: of what decoders write in other texts than prompts; 1, where
    there is none. `bounded`: whether there an index that no position has is as good as the nearest; it is, if not said."""

    vocabulary: list[Atom]
    max_length: int
    bars: list[str]
    end: str
    version: NotRequired[int]
    bounded: NotRequired[bool]


class OptionsRecord(TypedDict):
    """What was compiled for; `without` names the rules that were switched off, `no_value`: the model says where none is;
    `margin`: the least gap between the likeliest class and the second, in nats; `rotation`: the seed of the basis; `dtype`:
    what the model computes in, if not float32; `prompts`: what a decoder is asked."""

    vocabulary: list[Atom]
    max_length: int
    attention: Attention
    dialect: Dialect
    level: int
    without: NotRequired[list[str]]
    no_value: NotRequired[bool]
    margin: NotRequired[float]
    rotation: NotRequired[int]
    dtype: NotRequired[Dtype]
    prompts: NotRequired[PromptsRecord]


class ProgramRecord(TypedDict):
    """A program's text, and the texts that it loads by their names."""

    name: str
    text: str
    loaded: dict[str, str]


class CheckpointRecord(TypedDict):
    """`rasp.json`: `expressions` by output, `sha256` by file, `checksum` of everything else in it."""

    format: Literal["rasp-checkpoint"]
    version: int
    program: ProgramRecord
    expressions: dict[str, str]
    options: OptionsRecord
    summary: Summary
    symbols: SymbolMap
    sha256: dict[str, str]
    checksum: str
