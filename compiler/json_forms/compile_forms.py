"""Told of compiling by `rasp compile`, `info`, `opt`, `bisect`, and by folders for other software. Types only."""

from typing import Literal, NotRequired, TypedDict

from compiler.json_forms.answer_forms import MismatchRecord, Values
from compiler.json_forms.model_forms import DecisionRecord, OptionsRecord, ProgramRecord, Summary, SymbolMap
from rasp.diagnostics import MessagesRecord

SearchedStage = Literal["rewriting", "search"]
"""Where `rasp bisect` finds steps."""


class FolderRecord(TypedDict):
    """`rasp.json` of a folder that other software opens: `sha256` by file, `checksum` of everything else in it."""

    version: int
    program: ProgramRecord
    expressions: dict[str, str]
    options: OptionsRecord
    summary: Summary
    sha256: dict[str, str]
    checksum: str


class StockFolderRecord(FolderRecord):
    """That of a folder for a family that transformers has."""

    format: Literal["rasp-stock"]


class ExportFolderRecord(FolderRecord):
    """That of what `rasp export` writes; `to` is the format of the other files."""

    format: Literal["rasp-export"]
    to: str


class FractionsRecord(TypedDict):
    """All means of up to `longest` of the numbers start, start + step, … start + most · step."""

    start: float
    step: float
    most: int
    longest: int


class TermRecord(TypedDict, total=False):
    """A number that is added up with others, or subtracted, as `minus` says: its values, listed, described or a sum
    themselves; `nearest`: the number is read, not a class."""

    classes: list[int | float]
    fractions: FractionsRecord
    terms: list["TermRecord"]
    nearest: bool
    minus: bool


class OutputRecord(TypedDict):
    """An output of a checkpoint: its classes, listed or described (`parts`: texts that are joined of one of each; `terms`:
    numbers that are added up); whether one says that there is no value, and whether the nearest is read."""

    name: str
    expression: str
    classes: NotRequired[Values]
    fractions: NotRequired[FractionsRecord]
    parts: NotRequired[list[list[str]]]
    terms: NotRequired[list[TermRecord]]
    no_value: bool
    nearest: bool


class ExpressionRecord(TypedDict):
    """An output of a folder for other software."""

    name: str
    expression: str


class CheckpointInfo(Summary):
    """A checkpoint: its sizes, what was compiled and how, and the symbol map."""

    program: str
    options: OptionsRecord
    outputs: list[OutputRecord]
    symbols: SymbolMap


class FolderInfo(Summary):
    """A folder for other software: sizes before they were padded for that."""

    program: str
    options: OptionsRecord
    outputs: list[ExpressionRecord]


class StepRecord(TypedDict):
    """A step of rewriting."""

    rule: str
    step: str


class TrialOutcome(TypedDict):
    """What came of an attempt; `kind` says which other entries there are."""

    kind: Literal["holds", "fails", "without look-up", "too many rows", "refused"]
    layers: NotRequired[int]
    parameters: NotRequired[int]
    tightest: NotRequired[DecisionRecord | None]
    decisions: NotRequired[int]
    worst: NotRequired[DecisionRecord]
    of: NotRequired[str]
    parts: NotRequired[list[str]]
    message: NotRequired[str]


class TrialRecord(TypedDict):
    """One attempt of the search: why, with which of the rules that are tried, in which style, with which parts looked up
    first, and what came of it."""

    reason: str
    rules: list[str]
    care: int
    exact: bool
    steep: list[str]
    first: list[str]
    outcome: TrialOutcome
    chosen: bool
    taken: bool


class WayRecord(TypedDict):
    """A way to build something and its cost; null: it would not be exact."""

    way: str
    cost: float | None


class ChoiceRecord(TypedDict):
    """Something that could be built in several ways."""

    choice: Literal["look-up", "comparison"]
    of: list[str]
    costs: list[WayRecord]


class WhyRecord(TypedDict):
    """The search's story."""

    rewriting: list[StepRecord]
    search: list[TrialRecord]
    choices: list[ChoiceRecord]


class CompilationRecord(Summary, MessagesRecord):
    """A compilation; `folder`: where it was written, if anywhere."""

    folder: str | None
    why: NotRequired[WhyRecord]


class RuleRecord(TypedDict):
    """A rule of rewriting, and the lowest level that applies it."""

    name: str
    level: int
    summary: str
    example: str


class StageRecord(TypedDict):
    """What one rule did to a graph, and the first answer that it changed."""

    rule: str
    steps: list[str]
    graph: str
    wrong: MismatchRecord | None


class RewritingRecord(MessagesRecord):
    """The graph behind all rules, and what each did."""

    graph: str
    rules: list[StageRecord]


class CulpritRecord(TypedDict):
    """Where answers become wrong: a step of a stage, or the first wrong column; nothing else where all are right."""

    wrong: bool
    checked: NotRequired[int]
    stage: NotRequired[SearchedStage]
    number: NotRequired[int]
    step: NotRequired[str]
    what: NotRequired[str]
    mismatch: NotRequired[MismatchRecord]
    column: NotRequired[str]


class OmissionRecord(TypedDict):
    """What a model costs without a rule, or without one of its steps; null: it is refused."""

    rule: str
    step: str | None
    layers: int | None
    parameters: int | None


class LargerRecord(TypedDict):
    """What a model costs, and without what."""

    layers: int
    parameters: int
    without: list[OmissionRecord]


class FoundCulprit(CulpritRecord, MessagesRecord):
    """What `rasp bisect` finds."""


class FoundLarger(LargerRecord, MessagesRecord):
    """What `rasp bisect --larger` finds."""
