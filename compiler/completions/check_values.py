"""Whether a decoder has a value wherever its program has one, by the interpreter alone."""

from collections.abc import Mapping
from math import ceil
from random import Random

from compiler.completions.complete_prompts import complete_prompts
from compiler.completions.plan_decoder import find_decoder, find_meaning
from compiler.options import CompileError, CompileOptions
from rasp.command_line.console import show_tokens
from rasp.diagnostics import Diagnostic
from rasp.elaborate.program import Program
from rasp.interpret.evaluate import EvaluationError, evaluate

CHECKED, LENGTHS, LONGEST = 100, 24, 100
"""So many prompts are tried, of so many lengths at most, and none is longer: those of one length at once."""


def check_decoder_values(program: Program, outputs: Mapping[str, str], options: CompileOptions) -> None:
    """Raise `CompileError` where a decoder's graph does not say what the program answers, on a sample of prompts.

    A program may have no value at places that only its decoder meets, such as a length of 0; then a model would be free.
    """
    assert options.prompts is not None
    decoder = find_decoder(program, outputs, options, options.prompts)
    [node] = find_meaning(program, outputs, options).values()
    random, vocabulary = Random(0), options.prompts.vocabulary
    lengths = choose_lengths(min(decoder.most, LONGEST))
    for length in lengths:
        inputs = [tuple(random.choices(vocabulary, k=length)) for _ in range(ceil(CHECKED / len(lengths)))]
        told = [
            (p, w)
            for p, w in zip(inputs, complete_prompts(decoder, inputs), strict=True)
            if isinstance(w, tuple)
        ]
        texts = [(*map(str, prompt), *words)[:-1] for prompt, words in told]
        said = evaluate([node], texts, "causal")[0] if texts else []
        for (prompt, words), values in zip(told, said, strict=True):
            if isinstance(values, EvaluationError) or tuple(values)[len(prompt) - 1 :] != words:
                message = f"as a decoder the program has no value behind {show_tokens(prompt)}"
                hint = "it computes something that has no value at other positions: guard it, as in `x / n if n > 0 else 0`"
                raise CompileError(Diagnostic(message, hint=hint, code="decode"))


def choose_lengths(most: int) -> list[int]:
    """Lengths up to the greatest, each by about the same factor longer than the one before: all short ones."""
    return sorted({round(most ** (step / (LENGTHS - 1))) for step in range(LENGTHS)})
