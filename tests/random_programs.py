"""`python -m tests.random_programs`: random programs, compiled and run on all short inputs: how many are right.

Expressions come from `tests/generate.py`, each distinct one once. What was tried is kept in a file of JSON lines: a search
goes on where it was. Exit codes: 0 none was wrong or crashed, 1 one was, 130 interrupted.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from random import Random

import click
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.measure import Refused, Target, attempt, compare
from compiler.model.runner import Model
from rasp.arguments import ATTENTIONS
from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.values import Atom
from tests.generate import VOCABULARY, s_ops

INTERRUPTED = 130
LENGTH = 4
BATCH = 100
WRONG = ("wrong", "crashed")
Row = dict[str, str | int | float]


@click.command()
@click.option("--count", default=5000, show_default=True, help="How many programs.")
@click.option("--jobs", default=1, show_default=True, help="Processes at a time.")
@click.option("--seed", default=0, show_default=True, help="Which programs.")
@click.option("--device", default="cpu", show_default=True, help="Where the models run: cpu, cuda.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    default=Path("build/random/programs.jsonl"),
    show_default=True,
    help="What was tried.",
)
def main(count: int, jobs: int, seed: int, device: str, file: Path) -> None:
    """Compile random programs and compare what the models answer with the interpreter."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    tried = {(row["program"], row["attention"]) for row in rows}
    asked = [case for case in list_programs(count, seed) if case not in tried]
    try:
        with (
            ProcessPoolExecutor(jobs, get_context("spawn"), torch.set_num_threads, (1,)) as pool,
            file.open("a") as out,
        ):
            results = pool.map(partial(try_program, device=device), asked, chunksize=5)
            for row in track(results, "programs", total=len(asked), console=Console(stderr=True)):
                print(json.dumps(row), file=out, flush=True)
                rows.append(row)
    except KeyboardInterrupt:
        show(rows)
        sys.exit(INTERRUPTED)
    show(rows)
    sys.exit(any(row["outcome"] in WRONG for row in rows))


def list_programs(count: int, seed: int) -> list[tuple[str, str]]:
    """So many distinct s-ops, each with an attention."""
    random, found = Random(seed), dict[str, str]()
    for number in range(sys.maxsize):
        for text in draw_batch(1000 * seed + number):
            if is_s_op(text):
                found.setdefault(text, random.choice(ATTENTIONS))
            if len(found) == count:
                return list(found.items())
    raise AssertionError("there are always more")


def draw_batch(seed: int) -> Sequence[str]:
    """What Hypothesis makes of a seed."""
    texts: list[str] = []

    @seeded(seed)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(s_ops())
    def draw(text: str) -> None:
        texts.append(text)

    draw()
    return texts


def is_s_op(text: str) -> bool:
    """Whether an expression has a value by the rules of types; one of constants alone may be none."""
    try:
        load_program(Source("<none>", "")).sop(text)
    except RaspError:
        return False
    return True


@cache
def list_inputs() -> list[list[tuple[Atom, ...]]]:
    """All inputs, in batches of one length."""
    return [list(product(VOCABULARY, repeat=length)) for length in range(1, LENGTH + 1)]


def try_program(case: tuple[str, str], device: str) -> Row:
    """What becomes of one program."""
    text, attention = case
    row: Row = {"program": text, "attention": attention}
    timed = attempt(Source("<none>", ""), text, Target(tuple(VOCABULARY), LENGTH, attention))
    if isinstance(timed, Refused):
        return row | {"outcome": judge_refusal(case, timed), "why": timed.reason}
    answers = compare(timed.compiled, Model(timed.compiled.weights, device=device), list_inputs())
    found = {"cpu": round(timed.cpu, 2), "inputs": answers.inputs, "without_value": answers.without_value}
    if answers.first is not None:
        return row | found | {"outcome": "wrong", "why": str(answers.first)}
    return row | found | {"outcome": "right"}


def judge_refusal(case: tuple[str, str], refused: Refused) -> str:
    """What a refusal counts as: there is nothing to compile in what has no value for any input."""
    if refused.crashed:
        return "crashed"
    node = load_program(Source("<none>", "")).sop(case[0])
    words = [word for batch in list_inputs() for word in batch]
    [outcomes] = evaluate([node], words, case[1])
    return "never a value" if all(isinstance(found, EvaluationError) for found in outcomes) else "refused"


def show(rows: Sequence[Row]) -> None:
    """How many came to what, and why."""
    outcomes = Counter(str(row["outcome"]) for row in rows)
    table = Table("outcome", "programs", "share")
    for outcome, number in outcomes.most_common():
        table.add_row(outcome, f"{number:,}", f"{number / len(rows):.2%}")
    console = Console()
    console.print(table)
    for reason, number in Counter(reasons(rows)).most_common():
        console.print(f"{number:>5}  {reason}", markup=False, highlight=False)


def reasons(rows: Sequence[Row]) -> Iterator[str]:
    """Why programs were refused; what was wrong, with the program."""
    for row in rows:
        match row["outcome"]:
            case "refused":
                yield str(row["why"])
            case "wrong" | "crashed":
                yield f"{row['outcome']}: {row['program']} ({row['attention']}): {row['why']}"
            case _:
                pass


if __name__ == "__main__":
    main()
