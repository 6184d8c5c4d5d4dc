"""Sums compared by their bits: bits and carries are those of the sum, and models of them are right."""

import itertools

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.analysis.position_bounds import bound_number
from compiler.blocks.form import Form
from compiler.completions.complete_prompts import complete_prompts
from compiler.completions.plan_decoder import ask_for_decoder, bound_indices, find_decoder, find_meaning
from compiler.export.records import encode_options, read_options
from compiler.factorings.relations import Bit
from compiler.model.runner import Model
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.reading.building_style import Style
from compiler.reading.carries import find_terms, has_compared_sums, read_bit
from compiler.reading.reader import Reader
from compiler.search.trials import Journal, Reason
from compiler.verify.verify_completions import verify_completions
from rasp.elaborate.program import Program, load_program
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from rasp.values import Atom
from tests.lower_in_style import lower_in_style
from tests.places import PROGRAMS
from tests.right import assert_right

LENGTH = 9
FIRST = 'aggregate(best(select(tokens, "a", ==), -indices), indices, 1)'
LAST = 'aggregate(best(select(tokens, "a", ==), indices), indices, -1)'
SUMS = (
    f"indices - {LAST}",
    f"{LAST} - indices",
    f"{FIRST} + {LAST} - indices",
    f"2 * {LAST} - indices - 3",
    f"5 - {FIRST} - {LAST}",
    f"indices + {LAST}",
    f"3 * indices - 2 * {FIRST} + {LAST} - 10",
)
"""Where the last a is, and the first: numbers that a head brings."""


def read_program(text: str) -> tuple[Program, Node]:
    program = load_program(Source("test", ""))
    return program, program.sop(text)


def analyse(program: Program, length: int = LENGTH) -> Analysis:
    return Analysis(program.graph, CompileOptions("ab", length, "causal"))


def inputs(length: int = LENGTH) -> list[tuple[Atom, ...]]:
    return [tokens for n in range(1, length + 1) for tokens in itertools.product("ab", repeat=n)]


def evaluate_form(form: Form, analysis: Analysis, tokens: tuple[Atom, ...]) -> np.ndarray:
    """What a form is at each position."""
    total = np.full(len(tokens), form.constant)
    for variable, vector in form.parts.items():
        (values,) = evaluate([variable.node], [list(tokens)], "causal")[0]
        total += vector[[analysis.domain(variable.node).code(value) for value in values]]
    return total


@pytest.mark.parametrize("text", SUMS)
def test_bits_of_a_sum_are_those_of_its_values(text: str) -> None:
    program, node = read_program(text)
    analysis = analyse(program)
    reader = Reader(analysis)
    assert find_terms(reader, node) is not None
    low, high = bound_number(analysis, node)
    origin = low // 16 * 16
    count = (high - origin).bit_length()
    numbers = analysis.domain(node).numbers().astype(int)
    for number in range(count):
        bit = Bit(number, origin, number + 1 == count)
        form = read_bit(reader, node, bit, 2 * bit.take(numbers) - 1)
        assert form is not None
        for tokens in inputs(6):
            (values,) = evaluate([node], [list(tokens)], "causal")[0]
            expected = [2 * ((int(value) - origin) // 2**number % 2) - 1 for value in values]
            assert evaluate_form(form, analysis, tokens).tolist() == expected


@pytest.mark.parametrize("text", [*SUMS, "indices", LAST, f"{LAST} - indices if indices > 2 else 7"])
def test_no_number_lies_beyond_its_bounds(text: str) -> None:
    """And those of a difference from what came before are the least that there are."""
    program, node = read_program(text)
    low, high = bound_number(analyse(program), node)
    outcomes = evaluate([node], [list(tokens) for tokens in inputs()], "causal")[0]
    values = [int(value) for row in outcomes for value in row]
    assert low <= min(values) <= max(values) <= high
    if text == SUMS[0]:
        assert (low, high) == (min(values), max(values))


@pytest.mark.parametrize(
    "text", ["indices", "indices - 1", "length - indices", f"{LAST} % 3 - indices / 2", "tokens"]
)
def test_other_numbers_are_no_sums(text: str) -> None:
    program, node = read_program(text)
    assert find_terms(Reader(analyse(program)), node) is None


def compile_by_bits(text: str, options: CompileOptions) -> Compiled:
    """The model that compares its sums by their bits."""
    program = load_program(Source("test", ""))
    usual = compile_program(program, {"out": text}, options)
    assert has_compared_sums(Reader(usual.analysis), usual.outputs.values())
    model = lower_in_style(usual, Style(carried=True))
    assert not model.bounds.unsafe
    return model


@pytest.mark.parametrize("attention", ["causal", "full"])
@pytest.mark.parametrize("text", SUMS)
def test_models_that_compare_sums_by_bits_are_right(text: str, attention: str) -> None:
    found = f'aggregate(select(indices, {text}, ==), tokens, "-")'
    model = compile_by_bits(found, CompileOptions("ab", LENGTH, attention))
    kinds = [choice.costs for choice in model.plan.blocks.choices if choice.kind == "comparison"]
    assert any(way == "bits with carries" for costs in kinds for way, _ in costs)
    assert_right(model, 1200)


@pytest.mark.parametrize(
    "key, query",
    [
        ("indices / 2", SUMS[0]),
        ("indices * 2", SUMS[3]),
        ("-indices", SUMS[1]),
        (f"{LAST} - indices", "indices - 3"),
        (SUMS[0], SUMS[2]),
        ('aggregate(best(select(tokens, "a", ==), indices), indices, "none")', SUMS[0]),
    ],
)
def test_other_values_are_compared_with_sums(key: str, query: str) -> None:
    """Also those that are no whole numbers, or sums themselves."""
    model = compile_by_bits(f"has_focus(select({key}, {query}, ==))", CompileOptions("ab", LENGTH, "causal"))
    assert_right(model, 1200)


def test_nothing_else_is_left_for_long_inputs() -> None:
    """In a norm a place is off by too much beyond some hundred."""
    program = load_program(Source("test", ""))
    opposite = f'aggregate(select(indices, {FIRST} + {LAST} - indices, ==), tokens, "-")'
    options = CompileOptions("ab", 400, "causal", dialect="gpt2")
    journal = Journal()
    model = compile_program(program, {"out": opposite}, options, journal=journal)
    assert any(trial.reason == Reason.CARRYING and trial.chosen for trial in journal.trials)
    assert model.plan.blocks.carried


REVERSE = PROGRAMS / "basics" / "reverse.rasp"


def compile_reverse(dialect: str, most: int, journal: Journal | None = None) -> Compiled:
    program = load_program(Source(str(REVERSE), REVERSE.read_text(encoding="utf-8")))
    asked = CompileOptions("abc", most, dialect=dialect)
    outputs = {"reverse": "reverse"}
    return compile_program(program, outputs, ask_for_decoder(program, outputs, asked), journal=journal)


@pytest.mark.parametrize("dialect", ["gpt2", "opt"])
def test_long_decoders_do_not_bound_indices(dialect: str) -> None:
    """As short ones do, which are smaller so; and their records say it."""
    journal = Journal()
    short, long = compile_reverse(dialect, 8), compile_reverse(dialect, 90, journal)
    assert any(trial.reason == Reason.CARRYING and trial.style.carried for trial in journal.trials)
    assert short.options.prompts is not None and short.options.prompts.bounded
    assert long.options.prompts is not None and not long.options.prompts.bounded
    for options in (short.options, long.options):
        assert read_options(encode_options(options)) == options
    decoder = find_decoder(long.program, long.expressions, long.options, long.options.prompts)
    found = verify_completions(Model(long.weights), decoder, 40, 0)
    assert found.checked and (found.wrong, found.continued_wrong) == (0, 0)


@pytest.mark.parametrize("name", ["basics/reverse", "basics/rotate", "sorting/sort", "strings/palindrome"])
def test_behind_prompts_indices_need_no_bounds(name: str) -> None:
    path = PROGRAMS / f"{name}.rasp"
    program = load_program(Source(str(path), path.read_text(encoding="utf-8")))
    expression = {"rotate": "rotated", "sort": "sort(tokens, tokens)"}.get(path.stem, path.stem)
    outputs = {"out": expression}
    options = bound_indices(ask_for_decoder(program, outputs, CompileOptions("abc", 4)), bounded=False)
    assert options.prompts is not None
    decoder = find_decoder(program, outputs, options, options.prompts)
    [node] = find_meaning(program, outputs, options).values()
    prompts = [tokens for n in range(1, 5) for tokens in itertools.product("abc", repeat=n)]
    for prompt in prompts:
        (wanted,) = complete_prompts(decoder, [prompt])
        assert isinstance(wanted, tuple)
        (said,) = evaluate([node], [[*prompt, *wanted][:-1]], "causal")[0]
        assert tuple(said)[len(prompt) - 1 :] == wanted
