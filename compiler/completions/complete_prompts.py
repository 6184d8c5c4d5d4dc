"""What a decoder has to write behind prompts: what the interpreter answers, under full attention, as text."""

from collections.abc import Sequence

from compiler.completions.plan_decoder import Decoder
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.values import Atom


def complete_prompts(
    decoder: Decoder, prompts: Sequence[tuple[Atom, ...]]
) -> list[tuple[str, ...] | EvaluationError]:
    """For each prompt all that follows its last token, bars and end included; an error where the program has no value."""
    stages = decoder.words.stages
    written = [node for stage in stages for node in stage.nodes]
    outcomes = evaluate([*written, decoder.output], list(prompts), "full")
    found: list[tuple[str, ...] | EvaluationError] = []
    for number in range(len(prompts)):
        values = [per_node[number] for per_node in outcomes]
        failed = next((value for value in values if isinstance(value, EvaluationError)), None)
        found.append(failed or write_completion(decoder, [list(value) for value in values]))  # type: ignore[arg-type]
    return found


def write_completion(decoder: Decoder, values: Sequence[Sequence[Atom]]) -> tuple[str, ...]:
    """Values of what is written and of the answer, each for all positions, as words."""
    words, place = decoder.words, 0
    found: list[str] = []
    for bar, stage in zip(words.bars, words.stages, strict=False):
        rows = zip(*values[place : place + len(stage.nodes)], strict=True)
        found += [
            bar,
            *("".join(part[v] for part, v in zip(stage.parts, row, strict=True)) for row in rows),
        ]
        place += len(stage.nodes)
    return (*found, words.bars[-1], *(words.answers[value] for value in values[place]), words.end)
