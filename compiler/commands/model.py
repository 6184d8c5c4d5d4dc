"""`rasp apply`: a compiled model at work."""

import json
from collections.abc import Sequence
from pathlib import Path

from compiler.commands.opened_model import OpenedModel, open_export, open_model
from compiler.model.runner import Answer
from compiler.transformer.problem import ModelError
from rasp.command_line.answering import answer_inputs
from rasp.command_line.console import show_tokens, show_values
from rasp.command_line.input_lines import Unanswered, report_unanswered
from rasp.command_line.input_options import InputRequest
from rasp.values import Atom

Inputs = Sequence[tuple[Atom, ...]]


def apply_model(folder: str, given: InputRequest, as_json: bool) -> int:
    """Print the model's answer to each input; an input that does not fit is reported and the others go on."""
    opened = open_export(Path(folder)) or open_model(Path(folder))

    def show(tokens: Sequence[Atom], outcome: Answer | ModelError) -> str | Unanswered:
        if isinstance(outcome, ModelError):
            return report_unanswered(*outcome.diagnostics)
        return encode_answer(opened, outcome) if as_json else show_answer(tokens, outcome)

    def answer(inputs: Inputs) -> list[str | Unanswered]:
        return [show(*pair) for pair in zip(inputs, opened.model.outcomes(inputs), strict=True)]

    return answer_inputs(given, answer, as_json, opened.mark({}))


def encode_answer(opened: OpenedModel, answer: Answer) -> str:
    """One line: the list of a single output, or an object of lists by name. Of a model that is not certified an object, in
    which that is the `answer`."""
    told = next(iter(answer.values())) if len(answer) == 1 else answer
    return json.dumps(opened.mark({"answer": told}) if opened.doubt else told)


def show_answer(tokens: Sequence[Atom], answer: Answer) -> str:
    """The values for one input, with the names of the outputs when there are several."""
    shown = show_tokens(tokens)
    if len(answer) == 1:
        return f"{shown} -> {show_values(next(iter(answer.values())))}"
    return "\n".join(f"{shown} -> {name} = {show_values(values)}" for name, values in answer.items())
