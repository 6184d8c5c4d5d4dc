"""A decoder against the program that it is made of: every token behind a prompt, and prompts that it really continues.

The interpreter answers the program under full attention, and that is written out as the decoder should write it. Since each
token follows from those before it, a decoder that says the next one right at every place of that text generates all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.completions.complete_prompts import complete_prompts
from compiler.completions.plan_decoder import Decoder
from compiler.model.generate import Generation, generate_batch
from compiler.model.runner import Model
from compiler.model.stock_generate import generate_in_transformers
from compiler.model.stock_model import StockModel
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from compiler.verify.differential import batch_size
from rasp.interpret.evaluate import EvaluationError

PROMPTS, CONTINUED = 2_000, 100
"""So many prompts are held against the interpreter at most, and so many are continued."""


@dataclass(frozen=True)
class Completions:
    """How many prompts were compared, on how many a token is wrong, the first of these; and how many of a sample are not
    continued token by token as they should be."""

    checked: int
    wrong: int
    first: Word | None
    continued_wrong: int


def verify_completions(model: Model, decoder: Decoder, budget: int, seed: int) -> Completions:
    """Compare a decoder's model with its program."""
    vocabulary = tuple(decoder.words.prompt.values())
    names = {value: word for word, value in decoder.words.prompt.items()}
    chosen = choose_inputs(len(vocabulary), decoder.most, min(budget, PROMPTS), seed)
    checked = wrong = 0
    first: Word | None = None
    pairs: list[tuple[Word, tuple[str, ...]]] = []
    for inputs in batch_inputs(vocabulary, chosen, lambda length: batch_size(2 * length)):
        wanted = complete_prompts(decoder, inputs)
        told = [
            (tuple(names[token] for token in tokens), words)
            for tokens, words in zip(inputs, wanted, strict=True)
            if not isinstance(words, EvaluationError)
        ]
        failed = [prompt for prompt, right in zip(told, predict_all(model, told), strict=True) if not right]
        checked, wrong = checked + len(told), wrong + len(failed)
        first = first or next((prompt for prompt, _ in failed), None)
        pairs += told
    sample = pairs[:: -max(1, len(pairs) // CONTINUED)]
    return Completions(checked, wrong, first, count_wrong(model, decoder, sample))


def predict_all(model: Model, told: Sequence[tuple[Word, tuple[str, ...]]]) -> list[bool]:
    """For each prompt and completion, whether the model says every token of the completion behind those before it."""
    if not told:
        return []
    name = model.config.outputs[0].name
    texts = [(*prompt, *words)[:-1] for prompt, words in told]
    answers = model.readings([model.encode(text) for text in texts])
    return [
        tuple(answer[name][len(prompt) - 1 :]) == words
        for (prompt, words), answer in zip(told, answers, strict=True)
    ]


def count_wrong(model: Model, decoder: Decoder, sample: Sequence[tuple[Word, tuple[str, ...]]]) -> int:
    """How many prompts, each with the bar behind it, the model does not continue to the completion's end."""
    bar, most = decoder.words.bars[0], model.config.max_length
    prompts = [(*prompt, bar) for prompt, _ in sample]
    if isinstance(model, StockModel):
        found = generate_in_transformers(model, prompts, most)
    else:
        found = generate_batch(model, prompts, most)
    return sum(
        not (isinstance(one, Generation) and one.ended and one.new == words[1:-1])
        for one, (_, words) in zip(found, sample, strict=True)
    )
