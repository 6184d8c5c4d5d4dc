"""One program compiled and measured: sizes, seconds, speed of the decoder, and mismatches."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions, Dtype
from compiler.pipeline import Compiled, compile_program
from compiler.verify.chosen_inputs import Word
from compiler.verify.differential import Check
from compiler.verify.mismatch import Mismatch
from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import EvaluationError
from rasp.source import Source
from rasp.values import Atom

#: Inputs of one batch when the decoder's speed is taken, as in Tracr's figures.
BATCH = 64


@dataclass(frozen=True)
class Answers:
    """Comparisons of model and interpreter. Inputs `without_value` have no answer to compare."""

    inputs: int
    without_value: int
    mismatches: int
    first: Mismatch | None


@dataclass(frozen=True)
class Timed:
    """A compiled program and how long it took from its text on."""

    compiled: Compiled
    wall: float
    cpu: float


@dataclass(frozen=True)
class Target:
    """What to compile for: the tokens, the longest input, the attention, and the arithmetic."""

    vocabulary: tuple[Atom, ...]
    length: int
    attention: str = "full"
    dtype: Dtype = "float32"


@dataclass(frozen=True)
class Refused:
    """No model, and why. `crashed` when it is not the compiler that says so, which is an error in it."""

    reason: str
    crashed: bool


def attempt(source: Source, expression: str, target: Target) -> Timed | Refused:
    """Parse, elaborate and compile. One program's failure, even a crash, must not end a run of many."""
    try:
        options = CompileOptions(target.vocabulary, target.length, target.attention, dtype=target.dtype)
        return timed_compile(source, expression, options)
    except (CompileError, RaspError) as error:
        first = error.diagnostics[0]
        return Refused(f"{first.message} ({first.hint})" if first.hint else first.message, False)
    except Exception as error:
        return Refused(f"{type(error).__name__}: {error}", True)


def timed_compile(source: Source, expression: str, options: CompileOptions) -> Timed:
    """A compilation and its times. Raises `RaspError` and `CompileError`."""
    wall, cpu = time.perf_counter(), time.process_time()
    compiled = compile_program(load_program(source), {"out": expression}, options)
    return Timed(compiled, time.perf_counter() - wall, time.process_time() - cpu)


def compare(compiled: Compiled, model: Model, words: Iterable[list[Word]]) -> Answers:
    """The model against the interpreter."""
    check = Check(model, compiled.meaning)
    inputs = without_value = mismatches = 0
    first: Mismatch | None = None
    for batch in words:
        found = check.compare(batch)
        wrong = [item for item in found if isinstance(item, Mismatch)]
        inputs += len(batch)
        without_value += sum(isinstance(item, EvaluationError) for item in found)
        mismatches += len(wrong)
        first = first or next(iter(wrong), None)
    return Answers(inputs, without_value, mismatches, first)


@torch.inference_mode()
def batch_milliseconds(model: Model, repeats: int = 20) -> float:
    """The best time of the decoder alone for a batch of inputs of the maximum length."""
    config = model.config
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(len(config.vocabulary), (BATCH, config.max_length + 1), generator=generator)
    ids[:, 0] = config.bos
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        model.module(ids)
        best = min(best, time.perf_counter() - start)
    return best * 1000
