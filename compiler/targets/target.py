"""A target: what a transformer of a kind can compute, and how exactly. Data only; nothing here knows a file or a library.

`plain` is our own decoder. The others are families that other software runs: their layers have a norm, their heads are all
alike, and their logits are float32. What they compute is the same plain weights made uniform (`compiler/stock/uniform.py`);
what they round besides is `Noise`, of which the audit makes error bounds (`compiler/audit/bounds.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from compiler.numerics.precision import UNIT
from compiler.options import CompileError, CompileOptions, Dialect
from rasp.arguments import Attention
from rasp.diagnostics import Diagnostic

Activation = Literal["relu", "gelu_new", "silu"]

UNIT_SCALE = 2.0**20
"""Unless it is a ReLU, a hidden unit gets its input times this and gives its output times the inverse."""
BEND = 0.28
"""How far GELU, its tanh form, or SiLU is from ReLU at most (SiLU: 0.2785 at -1.2785; GELU and its tanh form: 0.17)."""
CORNER = 2.0**-13
"""So far from its corner, and at it, a scaled hidden unit is a ReLU to the last bit: 2^7 is the least that it gets there,
and what its exponential leaves of 1 or 0 has been rounded away."""


@dataclass(frozen=True)
class Noise:
    """What a target rounds besides what `plain` does, in units of float32's rounding but for `unit`.

    `reading`: a number read through a norm, relative to it and to the norm's mean; `standing`: likewise a number in the
    residual, at each norm that the residual itself goes through; `unit`: what a hidden unit is off by at most, near its
    corner; `passing`: what passes through it, relative; `scores`: a product of query and key, for the scale
    in them; `averaging`: attention in blocks; `logits`: relative rounding of the readout's sums. `summed`: a bias is
    one more product of a sum, and added at any time. `rotated`: numbers of the residual stand in all columns at once.
    """

    reading: float = 0.0
    standing: float = 0.0
    unit: float = 0.0
    passing: float = 0.0
    scores: float = 0.0
    averaging: float = 0.0
    logits: float = 2.0**-53
    summed: bool = False
    rotated: bool = False


PLAIN = Noise()
NORMED = Noise(reading=12.0, scores=4.0, averaging=16.0, logits=UNIT)
"""Through a norm each number is shifted (2 roundings), divided by the deviation (1, and 5 in that: eps, sum, inverse root
of two units in the last place), multiplied by the gain (2) and shifted again (1); the variance is less than a quarter of
one (`choose_shrinkage`): 12 at most. A scale is in the query's weights (1) and taken out of query, key or product (3)."""
NORMED_AFTER = replace(NORMED, reading=2.0, standing=4.0)
"""A residual that goes through norms itself is read as it is; only the mean in it rounds (2). A norm shifts it (2), and its
deviation and its gain are powers of two (2 to spare)."""

UNBIASED = Noise(unit=BEND / UNIT_SCALE, scores=4.0, averaging=16.0, logits=UNIT, summed=True)
"""A norm that takes no mean away, and whose eps is a power of 4: beside it the mean square is less than a quarter of a
rounding, so that the inverse root is a power of two, and with the gain all that is read is what stands in the residual."""


@dataclass(frozen=True)
class TargetModel:
    """`eps` is the norm's, None: there is none; it stands in front of each half-layer, or `after` it, where it changes the
    residual; it is `centred` where it takes the mean away. `biased`: sums have biases; else a column is 1 everywhere.
    `gated`: what a hidden unit makes is multiplied by a second sum. `rotary`: heads turn queries and keys by the position,
    of which there is no table. `attentions`: what it can be compiled for. `labels`: an answer is one of the folder's
    labels, not an id of its vocabulary. `anchors`: whether a sum may round by an anchor, which needs a bias that is added
    last, and a residual that is read unchanged. `numbers`: whether an output may be a number, instead of logits."""

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
    numbers: bool = False

    @property
    def scale(self) -> float:
        """What a hidden unit's input is multiplied by."""
        return 1.0 if self.activation == "relu" else UNIT_SCALE


TARGETS: Mapping[Dialect, TargetModel] = {
    "plain": TargetModel("plain", ("full", "causal"), PLAIN, anchors=True, numbers=True),
    "gpt2": TargetModel(
        "gpt2",
        ("causal",),
        replace(NORMED, unit=BEND / UNIT_SCALE),
        eps=1e-5,
        activation="gelu_new",
    ),
    "opt": TargetModel("opt", ("causal",), NORMED, eps=1e-5),
    "llama": TargetModel(
        "llama",
        ("causal",),
        UNBIASED,
        eps=2.0**-20,
        centred=False,
        biased=False,
        gated=True,
        rotary=True,
        activation="silu",
    ),
    "bert": TargetModel("bert", ("full",), NORMED_AFTER, eps=2.0**-40, after=True, labels=True),
}


def find_target(options: CompileOptions) -> TargetModel:
    """The target that options name. In a rotated basis large numbers that come and go would round all others."""
    target = TARGETS[options.dialect]
    if options.rotation is None:
        return target
    return replace(target, noise=replace(target.noise, rotated=True), anchors=False)


def check_target(options: CompileOptions, outputs: int) -> None:
    """Raise `CompileError` where the target has no such attention, or not so many outputs."""
    target = find_target(options)
    if options.attention not in target.attentions:
        message = f"{target.name} has {' or '.join(target.attentions)} attention, not {options.attention}"
        hint = f"compile it with --attention {target.attentions[0]} if that is what it means, or for another target"
        raise CompileError(Diagnostic(message, hint=hint, code="target"))
    if target.eps is not None and outputs != 1:
        message = f"{target.name} has one output at each position, not {outputs}"
        raise CompileError(
            Diagnostic(message, hint="compile each output into a folder of its own", code="target")
        )
