"""Told of models that were trained by `rasp train` and `--disguise superpose`, and in their folders. Types only."""

from typing import Literal, NotRequired, TypedDict

from compiler.json_forms.model_forms import OptionsRecord, ProgramRecord
from rasp.diagnostics import MessagesRecord


class OutcomeRecord(TypedDict):
    """How right a model was on inputs that it had not seen."""

    inputs: int
    positions_right: float
    inputs_right: float
    steps: int
    stopped: str


class DirectionRecord(TypedDict):
    """Where the number that the compiled model keeps in a column for a value lies."""

    value: str
    column: int
    along: list[float]
    offset: float
    told: float


class SuperposedRecord(TypedDict):
    """`rasp.json` of a superposed model."""

    format: Literal["rasp-superposed"]
    version: int
    certified: bool
    program: ProgramRecord
    expressions: dict[str, str]
    options: OptionsRecord
    compiled_width: int
    seed: int
    outcome: OutcomeRecord
    directions: list[DirectionRecord]
    sha256: dict[str, str]
    checksum: str


class SuperposedInfo(TypedDict):
    """What is known of a superposed model; expressions by output."""

    certified: Literal[False]
    outputs: dict[str, str]
    options: OptionsRecord
    columns: int
    compiled_columns: int
    seed: int
    parameters: int
    outcome: OutcomeRecord
    directions: list[DirectionRecord]


class MadeSuperposed(SuperposedInfo, MessagesRecord):
    """The same of one that was just made; `folder`: where it was written, if anywhere."""

    folder: str | None


class AccuracyRecord(TypedDict):
    """Of inputs of one length: the share of positions that are right, and of inputs that are right at all of them."""

    length: int
    inputs: int
    positions_right: float
    inputs_right: float


class ResultsRecord(TypedDict):
    """A trained model on inputs that were never seen; `noise`: the share that stays right, by the size of the noise."""

    positions_right: float
    inputs_right: float
    by_length: list[AccuracyRecord]
    beyond_trained_length: list[AccuracyRecord]
    steps: int
    stopped: str
    parameters: int
    noise: NotRequired[dict[str, float]]


class TaskRecord(TypedDict):
    """What is learnt, and how: outputs are expressions by name; shape, data and settings as training takes them."""

    program: str
    outputs: dict[str, str]
    config: dict[str, object]
    data: dict[str, object]
    settings: dict[str, object]
    start: str


class MomentRecord(TypedDict):
    """Where training is after a step: losses in nats a position, and the share of validation positions that are right."""

    step: int
    train_loss: float
    validation_loss: float
    accuracy: float


class TrainingRecord(TypedDict):
    """`training.json`; before the end it has no results."""

    format: Literal["rasp-training"]
    version: int
    written_by: str
    certified: Literal[False]
    task: TaskRecord
    history: list[MomentRecord]
    results: ResultsRecord | dict[str, object]


class TrainedRecord(TypedDict):
    """What `rasp train` tells; `folder`: where it was written, if anywhere."""

    task: TaskRecord
    results: ResultsRecord
    folder: str | None
