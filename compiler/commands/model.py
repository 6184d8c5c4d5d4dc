"""`rasp apply`: a compiled model at work."""

import json
from collections.abc import Sequence
from pathlib import Path

from compiler.commands.opened_model import limit_threads, warn_of_trained
from compiler.export.stock_files import is_stock
from compiler.model.runner import Answer
from compiler.opening import load
from compiler.transformer.problem import ModelError
from compiler.verify.stock_folder import open_stock_folder
from rasp.command_line.answering import answer_inputs
from rasp.command_line.console import show_tokens, show_values
from rasp.command_line.input_lines import Unanswered, report_unanswered
from rasp.command_line.input_options import InputRequest
from rasp.values import Atom

Inputs = Sequence[tuple[Atom, ...]]


def apply_model(folder: str, given: InputRequest, as_json: bool) -> int:
    """Print the model's answer to each input; an input that does not fit is reported and the others go on."""
    model = open_stock_folder(Path(folder)).model if is_stock(Path(folder)) else load(folder)
    limit_threads(model)
    warn_of_trained(model)

    def answer(inputs: Inputs) -> list[str | Unanswered]:
        outcomes = model.outcomes(inputs)
        return [applied(tokens, outcome, as_json) for tokens, outcome in zip(inputs, outcomes, strict=True)]

    return answer_inputs(given, answer, as_json)


def applied(tokens: Sequence[Atom], outcome: Answer | ModelError, as_json: bool) -> str | Unanswered:
    """What to print for one input."""
    if isinstance(outcome, ModelError):
        return report_unanswered(*outcome.diagnostics)
    return answer_json(outcome) if as_json else show_answer(tokens, outcome)


def answer_json(answer: Answer) -> str:
    """One line: the list of a single output, or an object of lists by name."""
    return json.dumps(next(iter(answer.values())) if len(answer) == 1 else answer)


def show_answer(tokens: Sequence[Atom], answer: Answer) -> str:
    """The values for one input, with the names of the outputs when there are several."""
    shown = show_tokens(tokens)
    if len(answer) == 1:
        return f"{shown} -> {show_values(next(iter(answer.values())))}"
    return "\n".join(f"{shown} -> {name} = {show_values(values)}" for name, values in answer.items())
