"""`rasp apply` and `rasp generate`: a compiled model at work."""

import json
from collections.abc import Sequence

import click

from compiler.model.generate import generate
from compiler.model.problem import ModelError
from compiler.model.runner import Answer
from compiler.opening import load
from rasp.console import FAILED, parse_tokens, report, show_tokens, show_values
from rasp.values import Atom


def apply_model(folder: str, inputs: Sequence[str], as_json: bool) -> int:
    """Print the model's answer to each input; an input that does not fit is reported and the others go on."""
    model = load(folder)
    failed = False
    for tokens in [parse_tokens(text, "-i") for text in inputs]:
        try:
            answer = model.answers([tokens])[0]
        except ModelError as error:
            failed = True
            report(error.diagnostics)
            if as_json:
                click.echo(json.dumps({"error": error.diagnostics[0].message}))
        else:
            click.echo(answer_json(answer) if as_json else show_answer(tokens, answer))
    return FAILED if failed else 0


def answer_json(answer: Answer) -> str:
    """One line: the list of a single output, or an object of lists by name."""
    return json.dumps(next(iter(answer.values())) if len(answer) == 1 else answer)


def show_answer(tokens: Sequence[Atom], answer: Answer) -> str:
    """The values for one input, with the names of the outputs when there are several."""
    shown = show_tokens(tokens)
    if len(answer) == 1:
        return f"{shown} -> {show_values(next(iter(answer.values())))}"
    return "\n".join(f"{shown} -> {name} = {show_values(values)}" for name, values in answer.items())


def generate_tokens(folder: str, prompt: str, count: int, as_json: bool) -> int:
    """Print what the model generates after a prompt."""
    generation = generate(load(folder), parse_tokens(prompt, "-i"), count)
    if as_json:
        data = {"prompt": generation.prompt, "new": generation.new, "note": generation.note}
        click.echo(json.dumps(data))
        return 0
    click.echo(show_tokens(generation.prompt + generation.new))
    if generation.note:
        click.echo(f"note: {generation.note}", err=True)
    return 0
