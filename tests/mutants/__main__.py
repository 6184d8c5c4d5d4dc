"""Change the compiler one operator at a time, and see whether a test notices: `make mutants`.

In a copy of the tree, kept in build/mutants/ with the results: a run that is broken off goes on where it was. What survived
is listed as text and as JSON; what `explained.json` gives a reason for is listed apart.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import click
import pytest

from tests.mutants.changes import Change, every_change, sample
from tests.mutants.trials import Limits, Result, Trials
from tests.places import ROOT

BUILD = "RASP_MUTANTS"
"""Environment variable of the process that runs in the copy: where results are kept."""
EXPLAINED = Path(__file__).with_name("explained.json")
PLACES = (
    "domains/*", "selector_facts/*", "analysis/*", "rewrite/*", "rewrite/rules/*", "rewrite/order_rules/*",
    "rewrite/tried_rules/*",
    "numerics/*", "blocks/*", "lowering/*", "reading/*", "plan/*", "audit/*", "search/*", "emit/*", "effort*", "refusal*",
)  # fmt: skip
ALIVE = ("survived", "unreached", "broken")
#: Tests of the compiler that do not draw lots, or always the same ones.
TESTS = (
    "exact_facts", "exact_forms", "exact_factorings", "exact_digits", "exact_tables", "exact_scores", "exact_bounds",
    "exact_reading", "exact_targets", "exact_waves", "waves", "stages", "without_value", "primitive_facts",
    "rotated", "turning", "ranked", "positional", "kinds_of_programs", "rounding", "anchors", "passes", "reuse", "bisect",
    "heads", "scores", "selectors", "corners", "lookahead", "kinds", "report", "effort", "fraction_set", "exact_logits",
    "distinct_integers", "large_tables", "rows", "number_sums",
    "certificate", "bounds", "programs", "reference", "guards", "no_value", "total",
)  # fmt: skip


@click.command()
@click.option("--seed", default=0, show_default=True, help="Which changes are chosen.")
@click.option("--count", default=200, show_default=True, help="How many changes are tried.")
@click.option(
    "--seconds", default=60.0, show_default=True, help="CPU time of tests for one, the quickest first."
)
@click.option("--jobs", default=1, show_default=True, help="Processes at a time.")
@click.option("--retry", is_flag=True, help="Try those again that survived.")
def main(seed: int, count: int, seconds: float, jobs: int, retry: bool) -> None:
    """Change single operators, comparisons and constants of the compiler, and list what no test notices."""
    if BUILD not in os.environ:
        sys.exit(in_copy(ROOT / "build" / "mutants"))
    build = Path(os.environ[BUILD])
    files = modules()
    texts = {module: path.read_text(encoding="utf-8") for module, path in files.items()}
    chosen = sample(every_change(texts), seed, count)
    results = read_results(build)
    todo = [c for c in chosen if c.name not in results or (retry and results[c.name].outcome in ALIVE)]
    run(todo, files, build, Limits(seconds, jobs))
    sys.exit(report(chosen, read_results(build), build))


def in_copy(build: Path) -> int:
    """Run the same command in a copy of what git knows of, or could."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    tree = build / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    environment = os.environ | {BUILD: str(build), "CI": "true"}
    command = [sys.executable, "-m", str(__package__), *sys.argv[1:]]
    return subprocess.run(command, cwd=tree, env=environment, check=False).returncode


def modules() -> dict[str, Path]:
    """The modules under trial, by name, and where they stand in this tree."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for place in PLACES
        for path in sorted((ROOT / "compiler").glob(f"{place}.py"))
        if path.stem != "__init__"
    }


def read_results(build: Path) -> dict[str, Result]:
    """The last result of each change."""
    path = build / "results.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {row["name"]: Result(**row) for row in map(json.loads, lines)}


def run(todo: list[Change], files: dict[str, Path], build: Path, limits: Limits) -> None:
    """Try changes, and note every result as it comes."""
    kept = build / "reach"
    kept.mkdir(exist_ok=True)
    tests = [str(path) for name in TESTS for path in (ROOT / "tests").rglob(f"test_{name}.py")]
    count = 0
    with open(build / "results.jsonl", "a", encoding="utf-8") as stream:

        def done(result: Result) -> None:
            nonlocal count
            count += 1
            stream.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
            stream.flush()
            shown = f"{result.outcome:9} {result.cpu:6.1f} s  {result.name}  {result.by}"
            print(f"{count}/{len(todo)} {shown}", flush=True)

        plugin = Trials(todo, files, kept, limits, done)
        code = pytest.main(["-q", "-s", "-p", "no:cacheprovider", *tests], plugins=[plugin])
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), f"the tests did not run: {code}"


def report(chosen: list[Change], results: dict[str, Result], build: Path) -> int:
    """Write what survived, as text and JSON; 1 where something of it is not explained."""
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8")) if EXPLAINED.exists() else {}
    rows = [results[change.name] for change in chosen if change.name in results]
    alive = [row for row in rows if row.outcome in ALIVE]
    unexplained = [row for row in alive if row.name not in explained]
    lines = [
        f"{len(rows)} changes, {len(rows) - len(alive)} noticed. Explained: {len(alive) - len(unexplained)}"
    ]
    lines += [f"  {row.name}\n      {explained[row.name]}" for row in alive if row.name in explained]
    lines += [f"Not explained: {len(unexplained)}"]
    lines += [f"  line {row.line}, {row.outcome}, {row.tests} tests: {row.name}" for row in unexplained]
    print("\n".join(lines))
    (build / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = [asdict(row) | {"explained": explained.get(row.name)} for row in rows]
    (build / "report.json").write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")
    return 1 if unexplained else 0


if __name__ == "__main__":
    main()
