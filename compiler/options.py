"""What a compilation fixes besides the program itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from compiler.limits import LENGTH, MARGIN
from rasp.arguments import Attention, check_attention, convert_atoms, report_wrong_kind
from rasp.diagnostics import DiagnosedError, Diagnostic
from rasp.values import Atom, make_typed_key, show_count, show_value

Dialect = Literal["plain", "gpt2", "opt", "llama", "bert", "roberta", "distilbert"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
Dtype = Literal["float32", "float64"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
HIGHEST_LEVEL = 3


class CompileError(DiagnosedError):
    """The program is fine, but this vocabulary, length or dialect cannot express it."""


@dataclass(frozen=True)
class Prompts:
    """What a decoder is asked: inputs of the program, over its own vocabulary and up to its own length. `bars` are the
    tokens behind a prompt and behind each stage that is written before the answer, `end` follows the answer: no token.
    `bounded`: an index that no position has, which only other texts than prompts give, is as good as the nearest; else no
    position has it.
    """

    vocabulary: tuple[Atom, ...]
    max_length: int
    bars: tuple[str, ...]
    end: str
    bounded: bool = True


@dataclass(frozen=True)
class CompileOptions:
    """Vocabulary (atoms in the order of their ids), longest input N (BOS not counted), and how to compile: `without` are
    the names of rules that are switched off; with `no_value` the model says where the program has no value; the
    likeliest answer's logit is at least `margin` nats above the second's (0: however much it comes to); the residual's
    basis is turned by the rotation of the seed `rotation`, if there is one. `dtype`: what the model's weights are, and what
    it computes in. `prompts`: the model is a decoder, and its program is about these, not about what the decoder reads.

    A list of tokens, or a text of characters, is a vocabulary too.

    Raises `CompileError` when the vocabulary is empty or repeats a token, or anything is out of range.
    """

    vocabulary: tuple[Atom, ...]
    max_length: int
    attention: Attention = "full"
    dialect: Dialect = "plain"
    level: int = 2
    without: tuple[str, ...] = ()
    no_value: bool = False
    margin: float = 0.0
    rotation: int | None = None
    dtype: Dtype = "float32"
    prompts: Prompts | None = None

    def __repr__(self) -> str:
        settings = f"{show_count(len(self.vocabulary), 'token')} up to length {self.max_length}, {self.attention} attention"
        without = f" without {', '.join(self.without)}" if self.without else ""
        said = ", says where there is no value" if self.no_value else ""
        margin = f", margin {self.margin:g}" if self.margin else ""
        turned = "" if self.rotation is None else f", rotated by seed {self.rotation}"
        dtype = "" if self.dtype == "float32" else f", {self.dtype}"
        asked = f", decoder of inputs up to length {self.prompts.max_length}" if self.prompts else ""
        more = f"{without}{said}{margin}{turned}{dtype}{asked}"
        return f"<options: {settings}, dialect {self.dialect}, level {self.level}{more}>"

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", vocabulary_of(self.vocabulary))
        object.__setattr__(self, "without", names_of(self.without))
        for what, number in (("the maximum length", self.max_length), ("the optimisation level", self.level)):
            if type(number) is not int:
                raise CompileError(report_wrong_kind(what, "a whole number", number))
        if type(self.no_value) is not bool:
            raise CompileError(report_wrong_kind("`no_value`", "`True` or `False`", self.no_value))
        if self.rotation is not None and type(self.rotation) is not int:
            raise CompileError(report_wrong_kind("the rotation", "the whole number of a seed", self.rotation))
        check_margin(self.margin)
        for complaint, hint in complaints(self):
            raise CompileError(Diagnostic(complaint, hint=hint))


def check_margin(margin: object) -> None:
    """Raise `CompileError` unless it is a number of nats that logits can differ by."""
    if not isinstance(margin, int | float) or isinstance(margin, bool):
        raise CompileError(report_wrong_kind("the margin", "a number of nats", margin))
    if not 0 <= margin <= MARGIN.most:
        message = f"the margin has to be between 0 and {MARGIN.most:,} nats, got {margin:g}"
        hint = "20 nats make an answer 485 million times as likely as any other"
        raise CompileError(Diagnostic(message, hint=hint))


def vocabulary_of(given: object) -> tuple[Atom, ...]:
    """The tokens of a list, a tuple, or a text. Raises `CompileError` for anything else."""
    if not isinstance(given, list | tuple | str):
        raise CompileError(report_wrong_kind("the vocabulary", "a list of tokens or a text", given, LIST))
    items = cast("Sequence[object]", given)
    atoms = convert_atoms(items)
    if atoms is None:
        wrong = next(item for item in items if convert_atoms([item]) is None)
        raise CompileError(report_wrong_kind("a token", "a string, number or boolean", wrong, LIST))
    return atoms


def names_of(given: object) -> tuple[str, ...]:
    """Names of rules, each once and in order. Raises `CompileError` for anything else."""
    names = cast("Sequence[object]", given) if isinstance(given, list | tuple) else [given]
    for name in names:
        if not isinstance(name, str):
            hint = 'write without=("split_width",)'
            raise CompileError(report_wrong_kind("a rule to switch off", "its name", name, hint))
    if isinstance(given, str):
        raise CompileError(report_wrong_kind("`without`", "a list of names of rules", given))
    return tuple(sorted(set(cast("Sequence[str]", names))))


LIST = 'write ["a", "b"], or "ab" for its characters'
ONCE = 'every token may stand there only once; "ab" is two tokens, the list ["ab", "c"] as well'


def complaints(options: CompileOptions) -> list[tuple[str, str]]:
    """What is wrong with the options, as (message, hint) pairs."""
    found: list[tuple[str, str]] = []
    if not options.vocabulary:
        found.append(("the vocabulary is empty", 'give at least one token, for instance --vocab "ab"'))
    seen: set[tuple[str, str]] = set()
    plain: dict[Atom, Atom] = {}
    for token in options.vocabulary:
        if make_typed_key(token) in seen:
            found.append((f"the vocabulary has {show_value(token)} twice", ONCE))
        elif token in plain:
            other = plain[token]
            message = f"the vocabulary has both {show_value(other)} and {show_value(token)}, which `==` cannot tell apart"
            found.append((message, "keep one of them"))
        seen.add(make_typed_key(token))
        plain[token] = token
    if len({isinstance(token, str) for token in options.vocabulary}) > 1:
        found.append(
            (
                "the vocabulary mixes strings with other values",
                "a sequence holds only strings or only numbers",
            )
        )
    if not 1 <= options.max_length <= LENGTH.most:
        message = f"the maximum length has to be between 1 and {LENGTH.most}, got {options.max_length}"
        found.append((message, "it is the number of input tokens, BOS not counted"))
    if attention := check_attention(options.attention):
        found.append((attention.message, attention.hint))
    named = (("dialect", options.dialect, DIALECTS), ("dtype", options.dtype, DTYPES))
    found += [
        (f"there is no {what} called {name}", f"use {', '.join(names)}")
        for what, name, names in named
        if name not in names
    ]
    found += complain_of_rotation(options)
    if not 0 <= options.level <= HIGHEST_LEVEL:
        found.append((f"there is no optimisation level {options.level}", "use 0, 1, 2 or 3"))
    return found


def complain_of_rotation(options: CompileOptions) -> list[tuple[str, str]]:
    """What is wrong with a rotation, if there is one."""
    if options.rotation is None or options.dialect == "plain":
        return []
    message = (
        f"only plain models can be rotated: a norm, as {options.dialect} has, is not the same in every basis"
    )
    return [(message, "leave out --disguise or --target")]
