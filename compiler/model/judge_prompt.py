"""What a decoder is asked: an input of its program, then nothing, or its bar and what the decoder itself writes behind it.

Its graph says something behind any other text, too, of which the program knows nothing: that is no answer.
"""

from collections.abc import Sequence

from compiler.model.answers import Label, Undecided
from compiler.options import Prompts
from compiler.transformer.problem import ModelError, make_model_error
from rasp.values import Atom, show_count, show_value

SHOWN_TOKENS = 40


def count_asked(text: Sequence[Atom], prompts: Prompts) -> int:
    """How many tokens stand before the bar."""
    bar = prompts.bars[0]
    return text.index(bar) if bar in text else len(text)


def check_prompt(text: Sequence[Atom], prompts: Prompts) -> ModelError | None:
    """Why a decoder has no answer to a text: what stands before its bar is no input of the program it is made from."""
    asked = count_asked(text, prompts)
    if not 1 <= asked <= prompts.max_length:
        return make_model_error(
            f"this decoder answers inputs of up to {show_count(prompts.max_length, 'token')}, and this has {asked}",
            "compile the program with a larger --max-length"
            if asked
            else f"put tokens before {prompts.bars[0]}",
            "input-length",
        )
    known = [*map(str, prompts.vocabulary)]
    strange = next((i for i, token in enumerate(text[:asked]) if token not in known), None)
    if strange is None:
        return None
    more = "" if len(known) <= SHOWN_TOKENS else f" and {len(known) - SHOWN_TOKENS} more"
    return make_model_error(
        f"{show_value(text[strange])} at position {strange} is a word that this decoder writes, not a token of its program",
        f"inputs are made of {', '.join(map(show_value, known[:SHOWN_TOKENS]))}{more}",
        "unknown-token",
    )


def check_written(
    text: Sequence[Atom], said: Sequence[Label | Undecided], prompts: Prompts
) -> ModelError | None:
    """Why a decoder has no answer to a text: behind its bar stands what it would not write there. `said`: what it says
    next at each position."""
    for position in range(count_asked(text, prompts) + 1, len(text)):
        if text[position] != said[position - 1]:
            return make_model_error(
                f"{show_value(text[position])} at position {position} is not what this decoder writes there",
                f"end the prompt with {prompts.bars[0]}: the decoder writes what follows",
                "not-written",
            )
    return None
