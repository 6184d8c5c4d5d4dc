"""`rasp generate`: a compiled model that goes on with its own answers."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from compiler.commands.opened_model import limit_threads, warn_of_trained
from compiler.model.generate import Generation, generate_batch, generate_steps
from compiler.model.runner import Model
from compiler.model.sampling import Sampling
from compiler.opening import load
from compiler.transformer.problem import ModelError
from rasp.command_line.answering import answer_inputs
from rasp.command_line.console import show_tokens
from rasp.command_line.input_lines import Unanswered, report_unanswered
from rasp.command_line.input_options import InputRequest
from rasp.values import Atom


def generate_tokens(
    folder: str, given: InputRequest, count: int, sampling: Mapping[str, Any], as_json: bool
) -> int:
    """Print what the model generates after each prompt; one that does not fit is reported and the others go on. A single
    prompt's tokens show on a terminal as they come.
    """
    model = load(folder)
    limit_threads(model)
    warn_of_trained(model)
    live = (
        not as_json
        and given.file is None
        and len(given.words) + len(given.texts) == 1
        and sys.stdout.isatty()
    )
    writer = Writer(model, count, Sampling(**sampling), as_json, live)
    code = answer_inputs(given, writer.answer, as_json)
    if not as_json:
        writer.tell_notes()
    return code


class Writer:
    """Answers prompts in the order in which they come, and keeps why some ended early."""

    def __init__(self, model: Model, count: int, sampling: Sampling, as_json: bool, live: bool) -> None:
        self.model, self.count, self.sampling = model, count, sampling
        self.as_json, self.live = as_json, live
        self.asked = 0
        self.notes: Counter[str] = Counter()

    def answer(self, prompts: Sequence[tuple[Atom, ...]]) -> list[str | Unanswered]:
        """What to print for each."""
        sampling = replace(self.sampling, first=self.asked)
        self.asked += len(prompts)
        if self.live:
            return [self.stream(prompt, sampling) for prompt in prompts]
        found = generate_batch(self.model, prompts, self.count, sampling=sampling)
        return [self.show(item) for item in found]

    def stream(self, prompt: tuple[Atom, ...], sampling: Sampling) -> str | Unanswered:
        """Print the tokens as they come; what is left to print."""
        try:
            text, last = echo_growing(generate_steps(self.model, prompt, self.count, sampling=sampling))
        except ModelError as problem:
            return report_unanswered(*problem.diagnostics)
        self.notes.update([last.note] if last.note else [])
        return text

    def show(self, found: Generation | ModelError) -> str | Unanswered:
        """What to print for one prompt."""
        if isinstance(found, ModelError):
            return report_unanswered(*found.diagnostics)
        self.notes.update([found.note] if found.note else [])
        if self.as_json:
            record: dict[str, object] = {"prompt": found.prompt, "new": found.new, "note": found.note}
            return json.dumps(record | ({"no_value": True} if found.no_value else {}))
        return show_tokens(found.prompt + found.new)

    def tell_notes(self) -> None:
        """Why generating ended early, to standard error."""
        for note, times in self.notes.items():
            click.echo(f"note: {note}" if times == 1 else f"note: {times:,} prompts {note}", err=True)


def echo_growing(steps: Iterable[Generation]) -> tuple[str, Generation]:
    """Print each step as far as it goes on from what stands there; the rest of the last one, and this."""
    printed, text = "", ""
    step = Generation((), ())
    try:
        for step in steps:
            text = show_tokens(step.prompt + step.new)
            if not text.startswith(printed):  # a token that is no character makes a list of what was a word
                click.echo()
                printed = ""
            open_end = text.removesuffix("]")
            click.echo(open_end[len(printed) :], nl=False)
            printed = open_end
    except ModelError:
        click.echo()
        raise
    return text[len(printed) :], step
