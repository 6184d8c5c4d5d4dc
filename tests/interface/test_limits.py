"""What asks for too much is refused by counting, before the work is done; the refusal names the limit and what to do."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.completions.plan_decoder import ask_for_decoder
from compiler.effort import Effort, limit_work
from compiler.limits import BYTES, CELLS, HINT_CELLS, LONGER, SMALL_CELLS
from compiler.options import HIGHEST_LEVEL, CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.search.trials import Journal, Reason
from rasp.diagnostics import RaspError
from rasp.elaborate import elaboration_effort
from rasp.elaborate.program import load_program
from rasp.library.load import Texts
from rasp.limits import ELEMENTS, MEBIBYTES, STEPS, Limit
from rasp.source import Source
from rasp.values import Atom
from tests.places import PROGRAMS
from tests.right import assert_right

MEBIBYTE = 2**20
#: Limits that the tests set in place of the real ones, which take seconds to reach.
FEW_STEPS, FEW_MEBIBYTES = 60_000, 16
#: Programs that ask for more than there is, and the limit that their refusal names.
HOSTILE: dict[str, tuple[str, Limit | str]] = {
    "calls": ("def fib(n) { return n if n < 2 else fib(n - 1) + fib(n - 2); }\nx = fib(40);", STEPS),
    "distinct s-ops": (
        "def f(x, d) { return x if d == 0 else f(x * 2, d - 1) + f(x * 2 + 1, d - 1); }\nx = f(indices, 30);",
        STEPS,
    ),
    "comprehensions": (
        "l = range(50); x = [[[[[[a + f for a in l] for b in l] for c in l] for d in l] for e in l] for f in l];",
        STEPS,
    ),
    "loops that do nothing": ("for i in range(100000) { for j in range(100000) { x = 1; } }", STEPS),
    "dict comprehension": (
        "d = {i: {j: [k for k in range(1000)] for j in range(1000)} for i in range(1000)};",
        STEPS,
    ),
    "endless recursion": ("def f(n) { return f(n + 1); }\nx = f(0);", "too deep"),
    "range": ("x = range(10 ^ 12);", ELEMENTS),
    "a range downwards": ("x = range(0, 0 - 10 ^ 12, 0 - 1);", ELEMENTS),
    "lists of lists": ("x = [range(100000) for i in range(1000)];", MEBIBYTES),
    "lists joined": ("x = range(100000); for i in range(1000) { x = x + [i]; }", MEBIBYTES),
    "strings": ('x = ["a" * 1000000 + "" for i in range(10000)];', MEBIBYTES),
    "a string": ('x = "a"; for i in range(100) { x = x + x; }', "too long"),
    "a string repeated": ('x = "a" * 10 ^ 12;', "too long"),
    "a wide field": ('x = "%99999999999s" % "a";', "too long"),
    "a wide field of a list": ('x = "%99999999999s" % [1];', "too long"),
    "many fields": ('f = "%(a)s" * 1000; x = f % {"a": "b" * 10000};', "too long"),
    "a power": ("x = 9 ^ 99 ^ 99;", "too large"),
    "a product": ("x = 2; for i in range(100) { x = x * x; }", "too large"),
    "shared lists compared": (
        "x = [1]; y = [1]; for i in range(100) { x = [x, x]; y = [y, y]; }\nz = x == y;",
        ELEMENTS,
    ),
    "shared lists in order": (
        "x = [1]; y = [1]; for i in range(100) { x = [x, x]; y = [y, y]; }\nz = x < y;",
        ELEMENTS,
    ),
    "shared lists written": ('x = [1]; for i in range(100) { x = [x, x]; }\ny = "%s" % [x];', ELEMENTS),
    "deep lists": (
        "x = [1]; y = [1]; for i in range(1000) { x = [x]; y = [y]; }\nz = x == y;",
        "inside each other",
    ),
    "files loaded again and again": ('for i in range(10000) { load "other"; }', STEPS),
    "files loaded within files": ('load "loops";\nload "loops";', STEPS),
    "evaluations": ("x = range(1000); for i in range(1000) { y = sort(tokens_int, tokens_int)(x); }", STEPS),
    "tables": ("t = range(10000); for i in range(1000) { x = t[indices + i]; }", STEPS),
}
TEXTS = Texts(
    {
        "other.rasp": "y = 1;\n" * 10,
        "loops.rasp": "for i in range(100000) { for j in range(100000) { x = 1; } }\nz = 1;",
    }
)


def refusals(text: str) -> list[str]:
    """What is wrong with a program, rendered."""
    try:
        load_program(Source("hostile.rasp", text), TEXTS)
    except RaspError as error:
        return [diagnostic.render() for diagnostic in error.diagnostics]
    return []


@pytest.fixture
def tighter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaboration_effort, "STEPS", replace(STEPS, most=FEW_STEPS))
    monkeypatch.setattr(elaboration_effort, "MEBIBYTES", replace(MEBIBYTES, most=FEW_MEBIBYTES))


@pytest.mark.usefixtures("tighter")
@pytest.mark.parametrize("name", HOSTILE)
def test_programs_are_refused(name: str) -> None:
    text, limit = HOSTILE[name]
    if limit is MEBIBYTES:
        tracemalloc.start()  # (only then: it walks the whole stack for every allocation)
    try:
        found = refusals(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == 1, "one thing is wrong: what comes after it is not complained about"
    assert (limit if isinstance(limit, str) else limit.what) in found[0]
    assert "hostile.rasp:" in found[0] or "loops.rasp:" in found[0]
    if limit in (STEPS, MEBIBYTES):
        assert limit.hint in found[0]  # type: ignore[union-attr]
    assert peak < 4 * FEW_MEBIBYTES * MEBIBYTE


#: Compilations that took minutes or gigabytes: program, output, vocabulary, length; what the refusal says, or "" where
#: the answer is right.
HEAVY: dict[str, tuple[str, tuple[Atom, ...], int, str]] = {
    "more combinations than inputs": (
        'x = tokens; for i in range(4) { x = x + shift(x, 1, ""); }',
        tuple("ab"),
        4,
        "",
    ),
    "best over a mean": (
        "m = aggregate(select(tokens_int, indices, <), tokens_int);\n"
        "x = aggregate(best(select(indices, indices, <=), m), tokens);",
        tuple("0123456789"),
        48,
        "rank",
    ),
    "many different sums": (
        "x = contains(round(length * average(tokens_float)), 1.5);",
        tuple(4**k for k in range(12)),
        5,
        "limit is",
    ),
    "means of many counts": (
        "x = round(length * average(selector_width(select(tokens, tokens, >) and select(indices, indices, <))));",
        tuple("abcdefghij"),
        1_024,
        "30.4 GiB of memory",
    ),
    "combinations that are mostly alike": (
        "place = indices % 11 if indices < 22 else 11;\n"
        "def both(places) { return round(2 * aggregate(select(place, places, ==), tokens_int, 0)); }\n"
        "total = both(indices - 21) + indicator(both(indices - 22) > tokens_int);\n"
        "x = total - 10 * indicator(total > 9);",
        tuple(range(10)),
        40,
        "cannot tell apart",
    ),
}


#: Counted work of a small program, with the search for a hint: some seconds.
PROMPT = SMALL_CELLS.most + HINT_CELLS.most


def watch_efforts(monkeypatch: pytest.MonkeyPatch) -> list[Effort]:
    """All efforts of a compilation, as they begin: for what is tried, and for a hint."""
    begun: list[Effort] = []
    for module in ("compiler.advice", "compiler.pipeline", "compiler.search.rewritings"):
        monkeypatch.setattr(f"{module}.Effort", lambda *most: begun.append(Effort(*most)) or begun[-1])
    return begun


@pytest.mark.parametrize("name", HEAVY)
def test_compilations_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = watch_efforts(monkeypatch)
    text, vocabulary, length, message = HEAVY[name]
    program = load_program(Source("heavy.rasp", text))
    options = CompileOptions(vocabulary, length)
    if not message:
        compiled = compile_program(program, {"x": "x"}, options)
        assert compiled.analysis.effort.cells < CELLS.most / 10
        assert_right(compiled, 200)
        return
    with pytest.raises(CompileError) as refused:
        compile_program(program, {"x": "x"}, options)
    assert message in str(refused.value)
    assert "hint" in str(refused.value)
    assert "heavy.rasp:" in str(refused.value)
    assert spent and sum(effort.spent for effort in spent) <= PROMPT  # with the search for a hint


#: What no way to build it can tell apart: the file, the tokens, the length, the attempts that find it out, and the advice.
IN_VAIN: dict[str, tuple[str, tuple[Atom, ...], int, list[str], str]] = {
    "neighbouring fractions": (
        "counting/fraction_of_previous.rasp",
        tuple("abcdefghij"),
        1_024,
        ["the cheapest choices first"],
        "--dtype float64",
    ),
    "means that are rounded": (
        "arithmetic/rounded_mean.rasp",
        (0, 100),
        200,
        ["the cheapest choices first", *["sturdier choices, since a decision failed"] * 4],
        "--dtype float64",
    ),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_what_would_fail_again_is_not_tried(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file, vocabulary, length, reasons, advice = IN_VAIN[name]
    spent = watch_efforts(monkeypatch)
    path = PROGRAMS / file
    program = load_program(Source(path.name, path.read_text(encoding="utf-8")))
    journal = Journal()
    with pytest.raises(CompileError, match=f"cannot tell apart(.|\n)*hint: it holds with {advice}"):
        compile_program(program, {path.stem: path.stem}, CompileOptions(vocabulary, length), journal=journal)
    assert [trial.reason.value for trial in journal.trials] == reasons
    assert sum(effort.spent for effort in spent) <= PROMPT


#: What is refused only after much was tried.
TOO_LONG = [
    (" * ".join(f'selector_width(select(tokens, "{digit}", ==))' for digit in "123"), 200),
    pytest.param(
        "round(10 * aggregate(select(indices, indices, <=), tokens_int)) % 7", 300, marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize("text, length", TOO_LONG)
def test_refusals_and_their_hints_share_a_bound(
    text: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = watch_efforts(monkeypatch)
    options = CompileOptions(tuple("0123456789"), length)
    with pytest.raises(CompileError, match="hint"):
        compile_program(load_program(Source("<test>", "")), {"out": text}, options)
    assert sum(effort.spent for effort in spent) <= limit_work(options) + 5 / 2 * HINT_CELLS.most


COUNTS = " * ".join(f'selector_width(select(tokens, "{digit}", ==))' for digit in "123")


@pytest.mark.parametrize(
    "length, level, advised",
    [(200, 2, True), (200, HIGHEST_LEVEL, False), (30, 2, False)],
    ids=["too much work", "too much even so", "all was tried"],
)
def test_refusals_for_want_of_work_say_how_to_search_longer(
    length: int, level: int, advised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compiler.effort.LONGER", replace(LONGER, most=1))  # it would take that much longer
    options = CompileOptions("0123", length, level=level)
    with pytest.raises(CompileError, match="hint") as refused:
        compile_program(load_program(Source("<test>", "")), {"out": COUNTS}, options)
    assert ("or let it search longer, with -O 3" in str(refused.value)) is advised


def test_both_ways_to_build_a_decoder_share_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    path = PROGRAMS / "basics" / "reverse.rasp"
    program, outputs = load_program(Source(path.name, path.read_text(encoding="utf-8"))), {"out": "reverse"}
    options = ask_for_decoder(program, outputs, CompileOptions("abcdef", 50, dialect="llama"))
    spent, journal = watch_efforts(monkeypatch), Journal()
    with pytest.raises(CompileError, match=r"it holds at --max-length \d+; .* longer"):
        compile_program(program, outputs, options, journal=journal)
    reasons = {trial.reason for trial in journal.trials}
    assert {Reason.FIRST, Reason.CARRYING} <= reasons
    assert sum(effort.spent for effort in spent) <= limit_work(options) + 5 / 2 * HINT_CELLS.most


def test_work_and_memory_are_refused_before_they_are_done() -> None:
    program = load_program(Source("small.rasp", "x = length;"))
    node = program.sop("x")
    elaboration_effort = Effort(CELLS.most)
    with pytest.raises(CompileError, match=r"listing what it depends on.*limit"):
        elaboration_effort.spend(program.graph, node, 2 * CELLS.most, "rows")
    with pytest.raises(CompileError, match=r"3.0 GiB of memory.*limit is 1.5 GiB"):
        Effort(CELLS.most).reserve(program.graph, node, 2 * BYTES.most)


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_large_drawings_are_not_rendered(ending: str, tmp_path: Path) -> None:
    picture = tmp_path / f"large.{ending}"
    words = ["draw", "-e", "select(indices, indices, <=)", "-i", "ab" * 70, "-o", str(picture)]
    told = CliRunner().invoke(main, words)
    assert told.exit_code in (1, 2) and "more than 500,000 characters of SVG" in told.stderr
    assert not picture.exists()
