"""How many threads a command gives torch: a library's user decides that alone, a command can tell from the model."""

import os

import torch

from compiler.model.runner import Model

#: Of fewer weights, every product is over before a second thread has begun: two then take up to seven times as long as one.
WORTH_SHARING = 1_000_000
CHOSEN_BY_USER = "OMP_NUM_THREADS"


def limit_threads(model: Model) -> None:
    """One thread for a model so small that others would only wait, unless the user has said how many."""
    parameters = sum(parameter.numel() for parameter in model.module.parameters())
    if parameters < WORTH_SHARING and CHOSEN_BY_USER not in os.environ:
        torch.set_num_threads(1)
