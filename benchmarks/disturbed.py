"""Compiled weights, disturbed: by noise of several sizes, and by training that goes on from them at several rates.

    python -m benchmarks.disturbed

Prints a table for the programs of `benchmarks/training.py`, and with `--write` puts it into `docs/training.md`.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace

import torch

from benchmarks.tables import Cell, markdown_rows, write_into_page
from benchmarks.training import DOCUMENT, EXAMPLES, SUBJECTS, compile_subject
from compiler.pipeline import Compiled
from compiler.training.examples import Split, split_examples
from compiler.training.judge import judge_noise
from compiler.training.learn import (
    Settings,
    begin_training,
    make_decoder,
    measure_accuracy,
    train_step,
)

NAMES = "histogram", "reverse", "sort", "induction", "dyck1"
#: Relative sizes of noise, and the seeds that it is drawn with: the worst of them is told.
SIZES, SEEDS = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1), range(5)
#: Shares by which weights move in a step, and for comparison a size that is the same for all.
RATES, FIXED = (1e-5, 1e-4, 1e-3), 1e-7
SETTINGS = Settings(steps=300, batch=64, warmup=30)


def disturb_weights(compiled: Compiled, split: Split) -> Mapping[float, float]:
    """Size of the noise → the share of test positions that are right, for the worst seed."""
    weights = {name: torch.tensor(array) for name, array in compiled.weights.arrays.items()}
    decoder = make_decoder(compiled.weights)
    found = [judge_noise(decoder, weights, split.test, SIZES, seed) for seed in SEEDS]
    return {size: min(each[size] for each in found) for size in SIZES}


def tune_weights(compiled: Compiled, split: Split, rate: float, *, relative: bool = True) -> str:
    """The share of test positions that are right after training that begins with the compiled weights, and by how many
    nats a position the loss has changed."""
    start = {name: torch.tensor(array) for name, array in compiled.weights.arrays.items()}
    settings = replace(SETTINGS, rate=rate, relative=relative)
    training = begin_training(compiled.weights.config, settings, torch.device("cpu"), start)
    before, _ = measure_accuracy(training.decoder, split.test)
    for step in range(settings.steps):
        train_step(training, split.train, step)
    after, right = measure_accuracy(training.decoder, split.test)
    return f"{right:.4f} ({after - before:+.2f})"


def measure_program(name: str) -> dict[str, Cell]:
    """The row of a program."""
    compiled = compile_subject(SUBJECTS[name])
    config = compiled.weights.config
    split = split_examples(config, compiled.meaning, config.max_length, EXAMPLES, 0)
    row: dict[str, Cell] = {"program": name}
    row |= {f"noise {size:g}": f"{right:.4f}" for size, right in disturb_weights(compiled, split).items()}
    row |= {f"rate {rate:g}": tune_weights(compiled, split, rate) for rate in RATES}
    return row | {f"fixed {FIXED:g}": tune_weights(compiled, split, FIXED, relative=False)}


def main() -> None:
    """Measure all programs."""
    parser = argparse.ArgumentParser(description="Disturb compiled weights.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/training.md")
    given = parser.parse_args()
    rows = [measure_program(name) for name in NAMES]
    told = markdown_rows(tuple(rows[0]), rows)
    print(told, end="")
    if given.write:
        write_into_page(DOCUMENT, told, "disturbed")


if __name__ == "__main__":
    main()
