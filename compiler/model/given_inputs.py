"""What models are given: one input or a batch, from Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from compiler.transformer.problem import make_model_error
from rasp.arguments import name_value
from rasp.values import Atom

Tokens = str | Sequence[Atom]


def check_batch(sequences: object) -> Iterable[Tokens]:
    """The inputs of a batch. Raises `ModelError` for a single one."""
    single = isinstance(sequences, str | bytes | bytearray | Mapping) or not isinstance(sequences, Iterable)
    if not single:
        return cast("Iterable[Tokens]", sequences)
    raise make_model_error(
        f"a batch is a list of inputs, not {'one' if isinstance(sequences, str) else name_value(cast(object, sequences))}",
        'write model("abc") for one input, model.batch(["abc", "b"]) for several',
        "not-a-batch",
    )


def list_elements(tokens: object) -> list[Atom]:
    """The elements of an input. Raises `ModelError` unless it is a string or a sequence."""
    if isinstance(tokens, Sequence) and not isinstance(tokens, bytes | bytearray):
        return list(tokens)  # pyright: ignore[reportUnknownArgumentType]
    raise make_model_error(
        f"an input is a string or a list of tokens, not {name_value(tokens)}",
        'write "abc" or ["a", "b", "c"]; for an array of numbers pass its list',
        "not-a-sequence",
    )
