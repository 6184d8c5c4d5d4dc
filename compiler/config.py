"""Config: the sizes and vocabularies of one compiled model, shared by weights, decoder and exporters. Plain data."""

from dataclasses import dataclass

from compiler.fraction_set import FractionSet
from compiler.joined_texts import JoinedTexts
from compiler.number_sums import NumberSum, has_different_numbers
from compiler.options import DIALECTS, DTYPES, Dialect, Dtype
from rasp.arguments import ATTENTIONS, Attention
from rasp.values import Atom, make_typed_key, show_count


@dataclass(frozen=True)
class HeadShape:
    """Sizes of one head. Query/key size and value size are independent of each other and of other heads."""

    d_key: int
    d_value: int


@dataclass(frozen=True)
class LayerShape:
    """One layer: attention heads (possibly none), then an MLP of `d_mlp` hidden units (possibly 0)."""

    heads: tuple[HeadShape, ...]
    d_mlp: int


Classes = tuple[Atom | None, ...] | FractionSet | JoinedTexts | NumberSum
"""The values of an output, listed or described."""


def count_values(classes: Classes) -> int:
    """How many values an output has: more than `len` can say, if need be, where it is told by parts."""
    return classes.total if isinstance(classes, JoinedTexts | NumberSum) else len(classes)


@dataclass(frozen=True)
class Output:
    """A named output of the program; class c of its logits means the value `classes[c]`, None that there is no value.

    `nearest`: the model computes one number, and the answer is the class that is nearest to it; then classes may be
    described, as texts that are joined may be, and numbers that are added up. Raises `ValueError` where classes are no
    numbers that differ.
    """

    name: str
    classes: Classes
    nearest: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.classes, FractionSet):
            if not self.nearest or self.classes.ints:
                raise ValueError(f"the values of {self.name} are too many for a class each")
            return
        if self.nearest and isinstance(self.classes, JoinedTexts | NumberSum):
            raise ValueError(f"no one number tells the values of {self.name} apart")
        if self.nearest and not has_different_numbers(self.classes):
            raise ValueError(f"no number tells the values of {self.name} apart")

    @property
    def columns(self) -> int:
        """Of its unembedding: a number alone, or one for each class; those of all parts where these are joined or added."""
        if isinstance(self.classes, JoinedTexts | NumberSum):
            return self.classes.columns
        return 1 if self.nearest else len(self.classes)


@dataclass(frozen=True)
class Config:
    """Token id t < V stands for `vocabulary[t]`; id V is BOS and always stands first.

    Model position 0 is BOS; RASP's index i is model position i + 1. N is `max_length`, so positions go to N.
    `dtype` is that of all weights but the unembedding's, which are float64, and what the model computes in. `end` is the
    value of a decoder's that ends a text.
    Raises `ValueError` for an attention, dialect or dtype that nothing here knows how to run, and for a token
    with two ids.
    """

    dialect: Dialect
    attention: Attention
    vocabulary: tuple[Atom, ...]
    max_length: int
    d_model: int
    layers: tuple[LayerShape, ...]
    outputs: tuple[Output, ...]
    has_positions: bool
    dtype: Dtype = "float32"
    end: str | None = None

    def __repr__(self) -> str:
        layers, tokens = show_count(len(self.layers), "layer"), show_count(len(self.vocabulary), "token")
        return f"<config: {layers}, {tokens} up to length {self.max_length}>"

    def __post_init__(self) -> None:
        if self.attention not in ATTENTIONS or self.dialect not in DIALECTS:
            raise ValueError(f"no model has attention {self.attention!r} and dialect {self.dialect!r}")
        if self.dtype not in DTYPES:
            raise ValueError(f"no model computes in {self.dtype!r}")
        if len(set(map(make_typed_key, self.vocabulary))) < len(self.vocabulary):
            raise ValueError("a token stands in the vocabulary twice")

    @property
    def bos(self) -> int:
        return len(self.vocabulary)
