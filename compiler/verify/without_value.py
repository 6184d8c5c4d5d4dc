"""How many inputs a program has no value for. A model answers something to them, which means nothing."""

from dataclasses import dataclass

from compiler.verify.chosen_inputs import Word
from compiler.verify.interpreted_sample import InterpretedSample
from rasp.diagnostics import Diagnostic
from rasp.elaborate.failure import show_input
from rasp.interpret.evaluate import EvaluationError
from rasp.values import show_count, show_percent

NO_VALUE = "no-value"


@dataclass(frozen=True)
class WithoutValue:
    """Of `asked` inputs, up to `longest` tokens and `all` there are or a sample, `missing` have no value of an output.

    `tokens` is the first of them, and `message` says why.
    """

    output: str
    missing: int
    asked: int
    longest: int
    all: bool
    tokens: Word
    message: str


def find_without_value(sample: InterpretedSample) -> list[WithoutValue]:
    """The outputs that some input of a sample has no value of, unless the model says so itself."""
    if sample.options.no_value:
        return []
    missing = {
        name: [
            (tokens, outcome.message)
            for tokens, outcome in zip(sample.inputs, outcomes, strict=True)
            if isinstance(outcome, EvaluationError)
        ]
        for name, outcomes in sample.outcomes.items()
    }
    return [
        WithoutValue(name, len(found), len(sample.inputs), sample.longest, sample.all, *found[0])
        for name, found in missing.items()
        if found
    ]


def warn_without_value(found: WithoutValue) -> Diagnostic:
    """What to tell who compiles the program."""
    which = (
        f"the {show_count(found.asked, 'input')}"
        if found.all
        else f"a sample of {show_count(found.asked, 'input')}"
    )
    share = show_percent(found.missing, found.asked)
    return Diagnostic(
        f"{found.output} has no value for {found.missing:,} ({share}) of {which} up to length {found.longest}, "
        f"for instance {show_input(found.tokens)}: {found.message}",
        hint="a guard gives a value: `1 / indices if indices > 0 else 0`; with --no-value (`no_value=true`) the model "
        "says where there is none; else its answers there mean nothing",
        severity="warning",
        code=NO_VALUE,
    )
