"""How many inputs a program has no value for. A model answers something to them, which means nothing.

The interpreter is asked: on all inputs up to a length where they are few, else on a seeded sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.options import CompileOptions
from compiler.verify.chosen_inputs import Word, batch_inputs, choose_inputs
from compiler.verify.verdict import show_percent
from rasp.diagnostics import Diagnostic
from rasp.elaborate.failure import show_input
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError, evaluate

LONGEST, BUDGET, BATCH, SEED = 16, 1000, 250, 0
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


def find_without_value(outputs: Mapping[str, Node], options: CompileOptions) -> list[WithoutValue]:
    """The outputs that some input has no value of, unless the model says so itself."""
    if options.no_value:
        return []
    longest = min(options.max_length, LONGEST)
    selection = choose_inputs(len(options.vocabulary), longest, BUDGET, SEED)
    missing: dict[str, list[tuple[Word, str]]] = {name: [] for name in outputs}
    for inputs in batch_inputs(options.vocabulary, selection, lambda length: BATCH):
        for name, row in zip(
            outputs, evaluate(list(outputs.values()), inputs, options.attention), strict=True
        ):
            missing[name] += [
                (tokens, outcome.message)
                for tokens, outcome in zip(inputs, row, strict=True)
                if isinstance(outcome, EvaluationError)
            ]
    return [
        WithoutValue(name, len(found), selection.total, longest, selection.exhaustive, *found[0])
        for name, found in missing.items()
        if found
    ]


def warn_without_value(found: WithoutValue) -> Diagnostic:
    """What to tell who compiles the program."""
    which = f"the {found.asked:,} inputs" if found.all else f"a sample of {found.asked:,} inputs"
    share = show_percent(found.missing, found.asked)
    return Diagnostic(
        f"{found.output} has no value for {found.missing:,} ({share}) of {which} up to length {found.longest}, "
        f"for instance {show_input(found.tokens)}: {found.message}",
        hint="a guard gives a value: `1 / indices if indices > 0 else 0`; with --no-value (`no_value=true`) the model "
        "says where there is none; else its answers there mean nothing",
        severity="warning",
        code=NO_VALUE,
    )
