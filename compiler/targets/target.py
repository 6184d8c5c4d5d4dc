"""A target: what a transformer of a kind can compute, and how exactly. Data only; nothing here knows a file or a library.

`plain` is our own decoder. The others are families that other software runs: their layers have a norm, their heads are all
alike, and their logits are float32. What they compute is the same plain weights made uniform (`compiler/stock/uniform.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler.options import DTYPES, CompileError, CompileOptions, Dialect, Dtype
from compiler.targets.activation_functions import BEND, UNIT_SCALE, Activation
from compiler.targets.rounding_in_transformers import DRIFTING, NORMED, NORMED_AFTER, PLAIN, UNBIASED, Noise
from rasp.arguments import Attention
from rasp.diagnostics import Diagnostic

ROOM = 120
"""Powers of two that products of a column may spread over, where exponents alone limit them: float32 has 254, and scores
are made larger still."""
CENTRED_ROOMS = 36, 30, 24
"""The same where a norm takes a mean away: what is left of that, u² of the largest number, meets the largest on the other
side, and has to be less than what scores may be off."""


@dataclass(frozen=True)
class TargetModel:
    """`eps` is the norm's, None: there is none; it stands in front of each half-layer, or `after` it, where it changes the
    residual; it is `centred` where it takes the mean away. `biased`: sums have biases; else a column is 1 everywhere.
    `gated`: what a hidden unit makes is multiplied by a second sum. `rotary`: heads turn queries and keys by the position,
    of which there is no table. `attentions`: what it can be compiled for. `labels`: an answer is one of the folder's
    labels, not an id of its vocabulary. `anchors`: whether a sum may round by an anchor, which needs a bias that is added
    last, and a residual that is read unchanged. `divides`: whether BOS may score otherwise at each position, which other
    scores' sums must not round (`compiler/reading/quotients.py`). `wide`: whether columns may hold numbers of any size
    beside others, with which no norm and no rotation mixes them. `rooms`: over how many powers of two products of a column
    may spread, the first that holds (`compiler/factorings/powers.py`). `numbers`: whether an
    output may be a number, instead of logits. `dtypes`: what it computes in."""

    name: Dialect
    attentions: tuple[Attention, ...]
    noise: Noise
    eps: float | None = None
    after: bool = False
    centred: bool = True
    biased: bool = True
    gated: bool = False
    rotary: bool = False
    labels: bool = False
    activation: Activation = "relu"
    anchors: bool = False
    divides: bool = False
    wide: bool = False
    rooms: tuple[int, ...] = ()
    numbers: bool = False
    dtypes: tuple[Dtype, ...] = ("float32",)

    @property
    def is_family(self) -> bool:
        """Whether other software runs its models, and not our decoder: they have a norm, and heads that are all alike."""
        return self.eps is not None

    @property
    def generates(self) -> bool:
        """Whether a model continues a text: each position sees only what stands before it, and answers with an id."""
        return "causal" in self.attentions and not self.labels

    @property
    def scale(self) -> float:
        """What a hidden unit's input is multiplied by."""
        return 1.0 if self.activation == "relu" else UNIT_SCALE


TARGETS: Mapping[Dialect, TargetModel] = {
    "plain": TargetModel(
        "plain",
        ("full", "causal"),
        PLAIN,
        anchors=True,
        divides=True,
        wide=True,
        rooms=(ROOM,),
        numbers=True,
        dtypes=DTYPES,
    ),
    "gpt2": TargetModel(
        "gpt2",
        ("causal",),
        replace(NORMED, unit=BEND / UNIT_SCALE),
        eps=1e-5,
        rooms=CENTRED_ROOMS,
        activation="gelu_new",
    ),
    "opt": TargetModel("opt", ("causal",), NORMED, eps=1e-5, rooms=CENTRED_ROOMS),
    "llama": TargetModel(
        "llama",
        ("causal",),
        UNBIASED,
        eps=2.0**-20,
        centred=False,
        biased=False,
        gated=True,
        rotary=True,
        rooms=(ROOM // 2,),
        activation="silu",
    ),
    "bert": TargetModel(
        "bert", ("full",), NORMED_AFTER, eps=2.0**-40, after=True, labels=True, rooms=CENTRED_ROOMS
    ),
    "roberta": TargetModel(
        "roberta", ("full",), NORMED_AFTER, eps=2.0**-40, after=True, labels=True, rooms=CENTRED_ROOMS
    ),
    "distilbert": TargetModel(
        "distilbert", ("full",), DRIFTING, eps=1e-12, after=True, labels=True, rooms=CENTRED_ROOMS
    ),
}

#: Those that other software runs.
FAMILY_TARGETS: tuple[Dialect, ...] = tuple(name for name, target in TARGETS.items() if target.is_family)


def find_target(options: CompileOptions) -> TargetModel:
    """The target that options name. In a rotated basis large numbers that come and go would round all others."""
    target = TARGETS[options.dialect]
    if options.rotation is None:
        return target
    return replace(
        target, noise=replace(target.noise, rotated=True), anchors=False, divides=False, wide=False, rooms=()
    )


def check_target(options: CompileOptions, outputs: int) -> None:
    """Raise `CompileError` where the target has no such attention, or not so many outputs."""
    target = find_target(options)
    if options.attention not in target.attentions:
        message = f"{target.name} has {' or '.join(target.attentions)} attention, not {options.attention}"
        hint = f"compile it with --attention {target.attentions[0]} if that is what it means, or for another target"
        if options.prompts is not None:
            others = ", ".join(
                name for name, known in TARGETS.items() if options.attention in known.attentions
            )
            message = (
                f"{target.name} has {' or '.join(target.attentions)} attention, and a decoder's is causal"
            )
            hint = f"leave --decode out, or compile it for another target: {others}"
        raise CompileError(Diagnostic(message, hint=hint, code="target"))
    if options.dtype not in target.dtypes:
        message = (
            f"{target.name} is proved in {' or '.join(target.dtypes)}, in which its software computes logits"
        )
        hint = f"compile it with --target plain, which has {options.dtype}"
        raise CompileError(Diagnostic(message, hint=hint, code="target"))
    if target.is_family and outputs != 1:
        message = f"{target.name} has one output at each position, not {outputs}"
        raise CompileError(
            Diagnostic(message, hint="compile each output into a folder of its own", code="target")
        )
