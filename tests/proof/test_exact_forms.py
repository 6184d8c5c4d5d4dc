"""Forms in exact numbers: what scaling and adding makes of them, and that outputs read a number nearest to their class."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from compiler.analysis.infer import Analysis
from compiler.blocks.block import Readout
from compiler.blocks.form import Form, Variable, add_forms, scale_form
from compiler.limits import KEPT_RUNS
from compiler.lowering.candidates import as_digit, list_candidates
from compiler.lowering.lookup import SortedRows, pose_lookup
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.reading.building_style import Style
from compiler.reading.reader import Reader
from compiler.search.attempts import Lowered, attempt_lowering
from rasp.arguments import ATTENTIONS, Attention
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Graph, Indices, Tokens
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.values import Atom

GRAPH = Graph()
ONE, OTHER = (Variable(GRAPH.add(op)) for op in (Tokens(), Indices()))
FORMS = (
    Form({ONE: np.array([1.0, -2.5])}, 3.0, 7.0, 0.5),
    Form({ONE: np.array([-1.0, 2.5]), OTHER: np.array([4.0, 0.0, 9.0])}, -0.25, None, 0.125),
    Form({}, 5.0),
)


def value(form: Form, one: int, other: int) -> Fraction:
    codes = {ONE: one, OTHER: other}
    parts = (Fraction(float(vector[codes[variable]])) for variable, vector in form.parts.items())
    return sum(parts, Fraction(form.constant))


@pytest.mark.parametrize("factor, offset", [(1.0, 0.0), (-0.5, 3.0), (0.0, 2.0), (4.0, -1.0)])
def test_scaled_forms(factor: float, offset: float) -> None:
    for form in FORMS:
        scaled = scale_form(form, factor, offset)
        assert scaled.bos is None and scaled.noise == abs(factor) * form.noise
        for place in product(range(2), range(3)):
            assert value(scaled, *place) == Fraction(factor) * value(form, *place) + Fraction(offset)


def test_added_forms() -> None:
    total = add_forms(*FORMS)
    assert total.bos is None and total.noise == 0.625 and set(total.parts) == {OTHER}
    for place in product(range(2), range(3)):
        assert value(total, *place) == sum(value(form, *place) for form in FORMS)


LENGTH = 3
COUNT = "selector_width(select(tokens, tokens, ==))"
#: Outputs that are read as they are, as codes, by their parts, or one-hot, with their vocabularies.
OUTPUTS: dict[str, tuple[Atom, ...]] = {
    "tokens": ("a", "b", "c"),
    "tokens_int * 2 - 1": (0, 1, 5),
    "indices / 3 + tokens_int": (0, 1),
    COUNT: ("a", "b"),
    f"{COUNT} / length": ("a", "b"),
    f"{COUNT} % 2 == 0": ("a", "b"),
    "aggregate(full_s, tokens_int)": (0, 1, 3),
    "aggregate(full_s, tokens_int) > 1": (0, 1, 3),
    "round(aggregate(full_s, tokens_int) * indices)": (0, 1, 2),
    f'tokens if {COUNT} > 1 else "-"': ("a", "b", "c"),
    f"tokens_int * {COUNT} - indices": (0, 1, 2),
    'aggregate(select(indices, indices - 1, ==), tokens, "-")': ("a", "b"),
    "{0: 1000000, 1: -7, 2: 0.25}[tokens_int]": (0, 1, 2),
}
STYLES = {
    "plain": Style(),
    "care": Style(care=1),
    "more care": Style(care=2),
    "exact counts": Style(exact=True),
}


def lowered(text: str, attention: Attention, style: Style) -> Lowered:
    options = CompileOptions(OUTPUTS[text], LENGTH, attention)
    usual = compile_program(load_program(Source("test", "")), {"out": text}, options)
    return attempt_lowering(Analysis(usual.program.graph, options), usual.outputs, style)


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", OUTPUTS)
def test_outputs_are_nearest_to_their_class(text: str, style: str, attention: Attention) -> None:
    """By the margin at least, at every position of every input; and somewhere by no more than a few times of it."""
    found = lowered(text, attention, STYLES[style])
    (readout,) = found.plan.readouts
    variables = list(dict.fromkeys(v for form in readout.forms for v in form.parts))
    inputs = [word for n in range(1, LENGTH + 1) for word in product(OUTPUTS[text], repeat=n)]
    wanted, *read = evaluate([readout.node, *(v.node for v in variables)], inputs, attention)
    least = Fraction(10**9)
    domains = [found.analysis.domain(node) for node in (readout.node, *(v.node for v in variables))]
    for answer, *values in zip(wanted, *read, strict=True):
        assert not any(isinstance(outcome, EvaluationError) for outcome in (answer, *values))
        for place in range(len(answer)):
            code, *codes = (d.code(v[place]) for d, v in zip(domains, (answer, *values), strict=True))
            numbers = [
                sum((Fraction(float(form.parts[v][c])) for v, c in zip(variables, codes, strict=True) if v in form.parts),
                    Fraction(form.constant))
                for form in readout.forms
            ]  # fmt: skip
            least = min(least, room(readout, code, numbers))
    assert least >= Fraction(readout.margin) * (1 - Fraction(1, 10**9))
    assert readout.margin == np.inf or least <= 8 * Fraction(readout.margin)


def room(readout: Readout, code: int, numbers: list[Fraction]) -> Fraction:
    """How far what is read may be off: from the boundary between the nearest center of the class and any of another."""
    centers = [(Fraction(float(c)), int(k)) for c, k in zip(readout.centers, readout.codes, strict=True)]
    if readout.hot:
        (own,) = (n for n, (_, k) in zip(numbers, centers, strict=True) if k == code)
        return min((own - n) / 2 for n, (_, k) in zip(numbers, centers, strict=True) if k != code)
    (number,) = numbers
    own, _ = min(((c, k) for c, k in centers if k == code), key=lambda row: abs(row[0] - number))
    # Towards another center c, the boundary is half way.
    return min(
        (abs(c - own) / 2 - (number - own) * (1 if c > own else -1) for c, k in centers if k != code),
        default=Fraction(10**9),
    )


@pytest.mark.parametrize("slope, offset", [(1000 / 3, 1e6 / 7), (-1e-3, 0.1), (2.0, -5.0)])
def test_features_that_are_linear_are_read_without_a_table(slope: float, offset: float) -> None:
    """However large they are: float64 rounds each number as much as it is large."""
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), 12))
    node = program.sop(COUNT)
    vector = slope * analysis.domain(node).numbers() + offset
    reader = Reader(analysis)
    form = reader.read(node, vector)
    assert form is not None and [*form.parts] == [reader.variable(node)]
    assert form.parts[reader.variable(node)] + form.constant == pytest.approx(vector, 1e-9)
    assert reader.read(node, vector**2) is None


def test_a_difference_is_looked_up_beside_another_variable_as_one_digit() -> None:
    """As the expression has it: it has fewer values than both counts together."""
    program = load_program(Source("test", ""))
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), 6))
    one, other = (f'selector_width(select(tokens, "{token}", ==))' for token in "ab")
    node = program.sop(f"({one} - {other} < 1 if indices % 2 == 0 else {one} - {other} < 3)")
    reader, table = Reader(analysis), analysis.table(node)
    problem = pose_lookup(node, table, analysis.domain(node).numbers()[None, :], 0)
    left, right, place = (reader.variable(program.sop(text)) for text in (one, other, "indices"))
    found = [form.parts for form in list_candidates(reader, problem) if place in form.parts]
    assert any(left in parts and right in parts and (parts[left] == -parts[right]).all() for parts in found)


def test_a_digit_is_the_same_whichever_way_its_values_stand() -> None:
    """Those of a multiple by a negative number fall; intervals that overlap are one kind."""
    low, high = np.array([0.0, 0.25, 2.0, 2.5, 7.0]), np.array([0.25, 0.5, 3.0, 2.5, 7.0])
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]):
        digit = as_digit(Form({}), low[order], high[order], 1e-9)
        assert (digit.span, digit.gap, digit.kinds) == (7.0, 1.5, 3)


def test_sorted_rows_are_kept_while_there_is_room() -> None:
    """Counted by what is kept; what is more than there is room for is sorted again."""
    program = load_program(Source("test", f"x = ({COUNT} + indices) % 3;"))
    analysis = Analysis(program.graph, CompileOptions(("a", "b"), 6))
    reader, node = Reader(analysis), program.sop("x")
    problem = pose_lookup(node, analysis.table(node), np.eye(len(analysis.domain(node))), 0)
    rows = SortedRows()
    found = [*rows.list_sorted(reader, problem)]
    sizes = [len(one.runs.group) for one in found if one.runs is not None]
    assert sizes and rows.room == KEPT_RUNS.most - sum(sizes)
    assert [*map(id, rows.list_sorted(reader, problem))] == [*map(id, found)]
    full = SortedRows()
    full.room = sum(sizes) - 1
    assert len([*full.list_sorted(reader, problem)]) == len(found) and not full.kept
