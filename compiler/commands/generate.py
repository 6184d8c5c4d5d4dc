"""`rasp generate`: a compiled model that goes on with its own answers."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from compiler.commands.opened_model import OpenedModel, open_model
from compiler.json_forms.answer_forms import GenerationRecord
from compiler.model.generate import Generation, generate_batch, generate_steps
from compiler.model.sampling import Sampling
from compiler.model.stock_generate import generate_in_transformers
from compiler.model.stock_model import StockModel
from compiler.options import Prompts
from compiler.transformer.problem import ModelError
from rasp.command_line.answering import answer_inputs
from rasp.command_line.console import WrongUsage, show_tokens
from rasp.command_line.input_lines import Unanswered, report_unanswered
from rasp.command_line.input_options import InputRequest
from rasp.values import Atom


@dataclass(frozen=True)
class GenerateRequest:
    """The flags of `rasp generate`; `count` is None where it was not given."""

    count: int | None
    scratchpad: bool
    sampling: Mapping[str, Any]
    as_json: bool


def generate_tokens(folder: str, given: InputRequest, request: GenerateRequest) -> int:
    """Print what the model generates after each prompt; one that does not fit is reported and the others go on. A single
    prompt's tokens show on a terminal as they come.
    """
    opened = open_model(Path(folder))
    if request.scratchpad and opened.model.prompts is None:
        hint = "leave it out: all that this model generates is shown anyway"
        raise WrongUsage("--scratchpad is for a model that was made with --decode", hint)
    if request.count is None and opened.model.prompts is None:
        hint = "say it, as in --max-new-tokens 5; only a model that was made with --decode ends by itself"
        raise WrongUsage("how many tokens should be generated?", hint)
    live = (
        not request.as_json
        and opened.model.prompts is None
        and not isinstance(opened.model, StockModel)
        and given.file is None
        and len(given.words) + len(given.texts) == 1
        and sys.stdout.isatty()
    )
    writer = Writer(opened, request, live)
    code = answer_inputs(given, writer.answer, request.as_json, opened.mark({}))
    if not request.as_json:
        writer.tell_notes()
    return code


class Writer:
    """Answers prompts in the order in which they come, and keeps why some ended early."""

    def __init__(self, opened: OpenedModel, request: GenerateRequest, live: bool) -> None:
        self.opened, self.request, self.live = opened, request, live
        self.model, self.prompts = opened.model, opened.model.prompts
        self.count = self.model.config.max_length if request.count is None else request.count
        self.asked = 0
        self.notes: Counter[str] = Counter()

    def answer(self, prompts: Sequence[tuple[Atom, ...]]) -> list[str | Unanswered]:
        """What to print for each."""
        sampling = replace(Sampling(**self.request.sampling), first=self.asked)
        self.asked += len(prompts)
        if self.live:
            return [self.stream(prompt, sampling) for prompt in prompts]
        if self.prompts is not None:
            prompts = [tuple(map(str, prompt)) for prompt in prompts]  # a decoder's tokens
        return [self.show(item) for item in self.generate(prompts, sampling)]

    def generate(
        self, prompts: Sequence[tuple[Atom, ...]], sampling: Sampling
    ) -> Sequence[Generation | ModelError]:
        """What follows each, by our own decoder or in transformers."""
        if isinstance(self.model, StockModel):
            return generate_in_transformers(self.model, prompts, self.count, sampling)
        return generate_batch(self.model, prompts, self.count, sampling=sampling)

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
        written = found.prompt + found.new
        answer = None if self.prompts is None else find_answer(written, self.prompts)
        if self.request.as_json:
            return json.dumps(self.opened.mark(record_generation(found, answer)))
        if answer is None or self.request.scratchpad or not found.ended:
            return show_tokens(written)
        return f"{show_tokens(found.prompt)} -> {show_tokens(answer)}"

    def tell_notes(self) -> None:
        """Why generating ended early, to standard error."""
        for note, times in self.notes.items():
            click.echo(f"note: {note}" if times == 1 else f"note: {times:,} prompts {note}", err=True)


def record_generation(found: Generation, answer: Sequence[Atom] | None) -> GenerationRecord:
    """What follows a prompt, as plain data; `answer` is that of a decoder."""
    record: GenerationRecord = {"prompt": list(found.prompt), "new": list(found.new), "note": found.note}
    if found.no_value:
        record["no_value"] = True
    if answer is not None:
        record["answer"], record["ended"] = list(answer), found.ended
    return record


def find_answer(written: Sequence[Atom], prompts: Prompts) -> tuple[Atom, ...]:
    """What stands behind the last bar of all; nothing where that has not been written."""
    last = prompts.bars[-1]
    return tuple(written[written.index(last) + 1 :]) if last in written else ()


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
