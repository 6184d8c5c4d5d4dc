"""Told of models at work by `rasp apply`, `generate`, `verify`, `export`, `test`, `golden`, `inspect`. Types only."""

from typing import Literal, NotRequired, TypedDict

from compiler.options import Dialect
from rasp.diagnostics import DiagnosticRecord, MessagesRecord
from rasp.values import Atom

Values = list[Atom | None]
"""An answer, position by position; null is no value."""


class UncertainAnswerRecord(TypedDict):
    """The answer of a model that is not certified."""

    certified: Literal[False]
    answer: Values | dict[str, Values]


class GenerationRecord(TypedDict):
    """What follows a prompt, and why it ended early. `no_value`: it ended where there is none; `answer`: what stands behind
    the last bar of a decoder, which has `ended` if it wrote all of it."""

    certified: NotRequired[Literal[False]]
    prompt: list[Atom]
    new: list[Atom]
    note: str
    no_value: NotRequired[Literal[True]]
    answer: NotRequired[list[Atom]]
    ended: NotRequired[bool]


class MismatchRecord(TypedDict):
    """One wrong answer; `undecided`: logits decide for nothing."""

    tokens: list[Atom]
    output: str
    position: int
    expected: Atom | None
    got: Atom | None
    undecided: NotRequired[Literal[True]]


class ComparedRecord(TypedDict):
    """How much of an output was compared: inputs at all their positions, others at some, and all these positions."""

    inputs: int
    partly: int
    positions: int


class ReportRecord(TypedDict):
    """What was checked of a model, and what came of it; `readers`: on how many inputs each other way to run it is wrong."""

    checked: int
    positions: int
    positions_compared: int
    share_compared: float
    compared_by_output: dict[str, ComparedRecord]
    lengths: dict[str, int]
    exhaustive: bool
    without_value: int
    mismatched: int
    smallest: MismatchRecord | None
    readers: dict[str, int]
    seconds: float
    per_second: int
    seed: int


class EngineRecord(TypedDict):
    """The engine that ran a model; on how many inputs it is wrong by its defaults, if that was tried."""

    engine: str
    version: str
    dtype: str
    mismatched_by_default: int | None


class VerificationRecord(ReportRecord, MessagesRecord):
    """The verdict, and what it rests on."""

    passed: bool
    headline: str
    certified: bool
    differences: list[str]
    engine: NotRequired[str]
    version: NotRequired[str]
    dtype: NotRequired[str]
    mismatched_by_default: NotRequired[int | None]


class ExportRecord(ReportRecord, EngineRecord, MessagesRecord):
    """What was written for which software, and what its engine made of it."""

    passed: bool
    to: str
    folder: str
    files: list[str]


class ExamplesRecord(MessagesRecord):
    """The examples of one program: how many were interpreted, and runs on its models."""

    file: str
    passed: bool
    interpreted: int
    compiled: int
    models: int
    failures: list[DiagnosticRecord]


class PageRecord(TypedDict):
    """A page that was written, and the input that it shows."""

    written: str
    bytes: int
    input: list[Atom]


class GoldenRecord(MessagesRecord):
    """Golden models that were written; what is wrong by case, where transformers has `checked` them."""

    folder: str
    cases: list[str]
    checked: bool
    wrong: dict[str, list[str]]


class CaseRecord(TypedDict):
    """A golden model: the feature of engines that it tests, and its program."""

    name: str
    feature: str
    program: str


class GoldenIndex(TypedDict):
    """`golden.json`: what golden models were made for, and which there are; the margin is in nats."""

    format: Literal["rasp-golden"]
    version: int
    target: Dialect
    margin: float
    batches: int
    seed: int
    cases: list[CaseRecord]


class BatchRecord(TypedDict):
    """A line of a golden model's inputs: ids of prompts, and those that have to follow each."""

    prompts: list[list[int]]
    new_tokens: int
    expected: list[list[int]]
