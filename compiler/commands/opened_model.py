"""What a command does with a model that it has opened: how many threads torch gets, and a word about one that was trained.

A library's user decides on threads alone, a command can tell from the model.
"""

import os

import torch

from compiler.model.runner import Model
from compiler.trained.trained_model import TrainedModel
from rasp.command_line.console import report_diagnostics
from rasp.diagnostics import Diagnostic

#: Of fewer weights, every product is over before a second thread has begun: two then take up to seven times as long as one.
WORTH_SHARING = 1_000_000
CHOSEN_BY_USER = "OMP_NUM_THREADS"


def limit_threads(model: Model) -> None:
    """One thread for a model so small that others would only wait, unless the user has said how many."""
    parameters = sum(parameter.numel() for parameter in model.module.parameters())
    if parameters < WORTH_SHARING and CHOSEN_BY_USER not in os.environ:
        torch.set_num_threads(1)


def warn_of_trained(model: object) -> None:
    """Say of a model that was trained that its answers are not certain."""
    if isinstance(model, TrainedModel):
        outcome = model.superposed.outcome
        message = f"this model was trained and is not certified: {outcome.inputs_right:.2%} of test inputs were right"
        report_diagnostics([Diagnostic(message, severity="warning", code="not-certified")])
