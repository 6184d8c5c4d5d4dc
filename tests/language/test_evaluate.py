"""`rasp.interpret.evaluate` against the naive `reference_evaluator` on random graphs and inputs; and by hand."""

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rasp.interpret.evaluate as evaluate_module
from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Graph,
    Indices,
    Map,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
    list_reachable,
)
from rasp.graph.primitive_names import NAMES, find_plain_name
from rasp.graph.primitives import PRIMS, TESTS, apply_prim
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.evaluate import EvaluationError, Outcome, apply_map, evaluate, evaluate_batch
from rasp.interpret.short_inputs import evaluate_short, prepare_short
from rasp.interpret.trace import first_difference, trace_outputs
from rasp.values import Atom, Const, ValueProblem, make_const
from tests.language.reference_evaluator import Failed, Known, reference_values

ATTENTIONS = ("full", "causal")

INTEGERS = st.one_of(st.integers(-3, 6), st.sampled_from([2**53, 2**53 + 1, 2**62, -(2**63), 2**63, 10**30]))
FLOATS = st.sampled_from([0.0, -0.0, 0.5, 0.1, 0.3, -1.5, 3.0, 1e308, 1e-308, 2.0**53, 1e16])
TEXTS = st.sampled_from(["", "a", "b", "ab", "1", "-2", "1.5", "é", "😀", "a\0", "x" * 40])
SMALL = st.one_of(st.integers(0, 3), st.sampled_from([0.1, 0.5, 0.7, True, False]))
SEQUENCES = st.one_of(
    st.lists(st.sampled_from("ab(1"), min_size=1, max_size=9),
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.7, -0.0]), min_size=1, max_size=9),
    st.lists(st.integers(-2, 3), min_size=1, max_size=9),
    st.lists(SMALL, min_size=1, max_size=9),
    st.lists(INTEGERS, min_size=1, max_size=6),
    st.lists(FLOATS, min_size=1, max_size=6),
    st.lists(st.booleans(), min_size=1, max_size=6),
    st.lists(st.one_of(INTEGERS, FLOATS, TEXTS, st.booleans()), min_size=1, max_size=5),
)
CONSTANTS = st.one_of(st.integers(-1, 3), st.sampled_from([True, False, 0.5, 0.1, "", "a", 2**60]))
MAPS = [
    "add",
    "sub",
    "mul",
    "div",
    "mod",
    "eq",
    "ne",
    "lt",
    "ge",
    "and",
    "or",
    "not",
    "neg",
    "round",
    "indicator",
]
MAPS += ["if", "if", "to_str", "to_int", "to_float", "to_bool"]
ARITY = {
    "not": 1,
    "neg": 1,
    "round": 1,
    "indicator": 1,
    "to_str": 1,
    "to_int": 1,
    "to_float": 1,
    "to_bool": 1,
    "if": 3,
}


@st.composite
def graphs(draw: Any) -> list[Node]:
    """All nodes of a random graph that leans to attention, including nested selectors of every form."""
    graph = Graph()
    tokens, indices = graph.add(Tokens()), graph.add(Indices())
    sequences = [
        tokens,
        indices,
        indices,
        graph.map(draw(st.sampled_from(["to_str", "to_float", "to_bool"])), tokens),
    ]
    sequences += [
        graph.constant(draw(CONSTANTS)),
        graph.map("add", indices, graph.constant(draw(st.integers(-2, 2)))),
    ]
    selectors = [graph.add(Select("<="), indices, indices)]

    def sequence() -> Node:
        return draw(st.sampled_from(sequences))

    def selector() -> Node:
        return draw(st.sampled_from(selectors))

    for form in draw(st.lists(st.sampled_from("mmmsssssnaaoobggww"), min_size=3, max_size=14)):
        if form == "m":
            prim = draw(st.sampled_from(MAPS))
            sequences.append(graph.map(prim, *(sequence() for _ in range(ARITY.get(prim, 2)))))
        elif form == "s":
            key = sequence()
            query = key if draw(st.booleans()) else sequence()
            selectors.append(graph.add(Select(draw(st.sampled_from(sorted(TESTS)))), key, query))
        elif form in "ao":
            selectors.append(graph.add(And() if form == "a" else Or(), selector(), selector()))
        elif form == "n":
            selectors.append(graph.add(Not(), selector()))
        elif form == "b":
            selectors.append(graph.add(Best(), selector(), sequence()))
        elif form == "g":
            sequences.append(graph.add(Aggregate(make_const(draw(CONSTANTS))), selector(), sequence()))
        else:
            sequences.append(graph.add(Width(), selector()))
    return list(graph.nodes.values())


def exactly(values: Any) -> Any:
    """Values with their kinds, comparable: 1, 1.0 and True, 0.0 and -0.0 differ."""
    if isinstance(values, list):
        return [exactly(value) for value in values]
    return type(values).__name__, repr(values)


def check(node: Node, got: Outcome, expected: Known) -> None:
    failed = expected.outcome
    if isinstance(failed, Failed):
        assert isinstance(got, EvaluationError), (node, got)
        assert got.node is failed.node and got.message
        assert exactly(list(got.known)) == exactly([] if node.is_selector else expected.known), node
    else:
        assert exactly(got) == exactly(expected.items), node


@settings(max_examples=400, deadline=None)
@given(graphs(), st.lists(SEQUENCES, min_size=1, max_size=6), st.sampled_from(ATTENTIONS))
def test_agrees_with_the_naive_evaluator(nodes: list[Node], inputs: list[list[Atom]], attention: str) -> None:
    with mock.patch.object(evaluate_module, "SHORT", 0):
        results = evaluate(nodes, inputs, attention)
    for number, sequence in enumerate(inputs):
        expected = reference_values(nodes, sequence, attention)
        for node, outcomes in zip(nodes, results, strict=True):
            check(node, outcomes[number], expected[node])


@settings(max_examples=300, deadline=None)
@given(graphs(), st.lists(SEQUENCES, min_size=1, max_size=3), st.sampled_from(ATTENTIONS))
def test_short_inputs_agree_with_the_naive_evaluator(
    nodes: list[Node], inputs: list[list[Atom]], attention: str
) -> None:
    """Node by node, since the short way gives up where one fails. Plans keep what depends on the length alone."""
    for node in nodes:
        plan = prepare_short(list_reachable([node]), [node])
        for sequence in [*inputs, inputs[0]]:
            found = evaluate_short(plan, sequence, attention == "causal")
            if found is not None:
                assert exactly(found[0]) == exactly(
                    reference_values([node], sequence, attention)[node].outcome
                )


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_which_inputs_go_the_short_way(attention: str) -> None:
    """All that have values and are of one kind, whatever the op; what is kept of one is not what is given to people."""
    nodes = {name: node for name, node in program().items() if name not in ("inverse", "ordered")}
    plan = prepare_short(list_reachable(nodes.values()), list(nodes.values()))
    for sequence in ([3, 1, 3], [0.5, 2.5], [4, 4, 1]):
        found = evaluate_short(plan, sequence, attention == "causal")
        expected = reference_values(list(nodes.values()), sequence, attention)
        assert found is not None
        for node, outcome in zip(nodes.values(), found, strict=True):
            assert exactly(outcome) == exactly(expected[node].outcome)
            outcome.clear()
    assert evaluate_short(prepare_short(list_reachable([program()["inverse"]]), []), "ab", False) is None


@settings(max_examples=200, deadline=None)
@given(graphs(), SEQUENCES)
def test_under_causal_attention_nothing_depends_on_what_follows(
    nodes: list[Node], sequence: list[Atom]
) -> None:
    """Each position of an input answers as the last one of the input up to there; whether that has a value, too."""
    s_ops = [node for node in nodes if not node.is_selector]
    parts = [sequence[: i + 1] for i in range(len(sequence))]
    for outcomes in evaluate(s_ops, parts, "causal"):
        rows = [list(o.known) if isinstance(o, EvaluationError) else o for o in outcomes]
        assert exactly(rows[-1]) == exactly([row[-1] for row in rows])


FIXED: dict[str, list[Atom]] = {
    "index_list": [3, "a", 1.5],
    "in_list": [1, "a", 0.5],
    "index_dict": [1, "x", "a", 2],
}
UNIFORM = [INTEGERS, st.integers(-3, 3), FLOATS, TEXTS, st.sampled_from(["", "a", "b", "1"]), st.booleans()]
ELEMENTS = [*UNIFORM, *UNIFORM, SMALL, st.one_of(INTEGERS, FLOATS, TEXTS)]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(PRIMS)), st.data())
def test_vectorised_primitives_agree_with_the_table(prim: str, data: Any) -> None:
    """The numpy versions (columns of one kind) and the way value by value (mixtures), failures included."""
    own = FIXED.get(find_plain_name(prim), [])
    fixed = [7, *own] if prim.endswith("_or") else own
    parameters = tuple(make_const(value) for value in fixed)
    arity = PRIMS[prim].arity
    elements = [data.draw(st.sampled_from(ELEMENTS)) for _ in range(arity)]
    rows = data.draw(st.lists(st.tuples(*elements), min_size=1, max_size=12))
    columns = [AtomArray.from_atoms([row[place] for row in rows]) for place in range(arity)]
    if data.draw(st.booleans()):  # columns that know what they are elements of
        order = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=12))
        rows, columns = [rows[k] for k in order], [column.take(np.array(order)) for column in columns]
    for place, column in enumerate(columns):
        assert exactly(column.atoms()) == exactly([row[place] for row in rows])
    expected: list[Any] = []
    problems: list[str] = []
    for row in rows:
        try:
            expected.append(apply_prim(prim, tuple(parameter.value for parameter in parameters), *row))
        except ValueProblem as problem:
            expected.append(None)
            problems.append(str(problem))
    result = apply_map(Map(prim, parameters), columns)
    assert exactly(result.atoms()) == exactly(expected)
    assert result.problem == (problems[0] if problems else "")


def test_maps_of_columns_broadcast_and_keep_failures() -> None:
    column = AtomArray.from_atoms([[1, 2, 3], [4, 5, 0]])
    inverse = apply_map(Map("div"), [AtomArray.from_atoms([[2]]), column])
    assert inverse.atoms() == [[2.0, 1.0, 2 / 3], [0.5, 0.4, None]]
    total = apply_map(Map("add"), [inverse, AtomArray.from_atoms([[1], [2]])])
    assert total.atoms() == [[3.0, 2.0, 2 / 3 + 1], [2.5, 2.4, None]]
    assert total.problem == "division by zero"


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(1, 7), st.data(), st.sampled_from(ATTENTIONS))
def test_dense_and_structured_forms_agree(nodes: list[Node], length: int, data: Any, attention: str) -> None:
    element = data.draw(st.sampled_from([st.sampled_from("ab"), st.integers(0, 3), FLOATS, SMALL, INTEGERS]))
    inputs = data.draw(st.lists(st.lists(element, min_size=length, max_size=length), min_size=1, max_size=5))
    tokens = AtomArray.from_atoms(inputs)
    dense = evaluate_batch(nodes, tokens, attention, dense_only=True)
    usual = evaluate_batch(nodes, tokens, attention)
    for node in nodes:
        failed = np.zeros(len(inputs), bool) if usual[node].failed is None else usual[node].failed
        again = np.zeros(len(inputs), bool) if dense[node].failed is None else dense[node].failed
        assert failed.tolist() == again.tolist()
        for row in np.flatnonzero(~failed).tolist():
            assert exactly(usual[node].column.atoms()[row]) == exactly(dense[node].column.atoms()[row])


@st.composite
def conjunctions(draw: Any) -> list[Node]:
    """Everything that can be asked of one selector that is comparisons joined by `and` on few keys."""
    graph = Graph()
    tokens, indices = graph.add(Tokens()), graph.add(Indices())
    keys = [tokens, indices, graph.map("mod", indices, graph.constant(2))]
    queries = [*keys, graph.map("sub", indices, graph.constant(2)), graph.constant(1)]
    selector = None
    for _ in range(draw(st.integers(1, 3))):
        key, query = draw(st.sampled_from(keys)), draw(st.sampled_from(queries))
        part = graph.add(Select(draw(st.sampled_from(sorted(TESTS)))), key, query)
        selector = part if selector is None else graph.add(And(), selector, part)
    assert selector is not None
    chosen = graph.add(Best(), selector, tokens)
    graph.add(Width(), selector)
    for value in (tokens, indices):
        graph.add(Aggregate(), selector, value)
        graph.add(Aggregate(), chosen, value)
    return list(graph.nodes.values())


@settings(max_examples=250, deadline=None)
@given(
    conjunctions(),
    st.lists(st.sampled_from([0.1, 0.2, 0.7, 1, 3, 1e16]), min_size=4, max_size=9),
    st.sampled_from(ATTENTIONS),
)
def test_ranges_prefixes_and_groups(nodes: list[Node], sequence: list[Atom], attention: str) -> None:
    expected = reference_values(nodes, sequence, attention)
    for node, outcomes in zip(nodes, evaluate(nodes, [sequence], attention), strict=True):
        check(node, outcomes[0], expected[node])


def program() -> dict[str, Node]:
    graph = Graph()
    tokens, indices = graph.add(Tokens()), graph.add(Indices())
    same, before = graph.add(Select("=="), tokens, tokens), graph.add(Select("<"), indices, indices)
    full = graph.add(Select("=="), graph.constant(0), graph.constant(0))
    rank = graph.add(
        Width(), graph.add(Or(), graph.add(Select("<"), tokens, tokens), graph.add(And(), same, before))
    )
    return {
        "tokens": tokens,
        "texts": graph.map("to_str", tokens),
        "histogram": graph.add(Width(), same),
        "sorted": graph.add(Aggregate(), graph.add(Select("=="), rank, indices), tokens),
        "earlier": graph.add(Aggregate(), before, indices),
        "previous": graph.add(Aggregate(), graph.add(Best(), before, indices), tokens),
        "nowhere": graph.add(Aggregate(), graph.add(Select("=="), indices, graph.constant(99)), tokens),
        "mean": graph.add(Aggregate(), full, tokens),
        "inverse": graph.map("div", graph.constant(1), indices),
        "mixed": graph.map("if", indices, graph.constant(0.5), graph.constant(1)),
        "ordered": graph.add(Width(), graph.add(Select("<"), tokens, indices)),
        "matrix": before,
    }


CASES: list[tuple[str, Any, Any]] = [
    ("histogram", "hello", [1, 1, 2, 2, 1]),
    ("sorted", "hello", ["e", "h", "l", "l", "o"]),
    ("sorted", [3, 1.5, True], [True, 1.5, 3]),
    ("earlier", "abcd", [0, 0, 0.5, 1.0]),
    ("nowhere", "ab", [0, 0]),
    ("previous", [5, 6, 7], [0, 5, 6]),
    ("mean", [0.1, 0.2, 0.3], [(0.1 + 0.2 + 0.3) / 3] * 3),
    ("mean", "a", ["a"]),
    ("mixed", "abc", [1, 0.5, 0.5]),
    ("texts", [1, "a", 1.0, True], ["1", "a", "1.0", "True"]),
    ("matrix", "ab", [[False, False], [True, False]]),
]


@pytest.mark.parametrize(("name", "sequence", "expected"), CASES)
def test_values(name: str, sequence: Any, expected: Any) -> None:
    assert exactly(evaluate([program()[name]], [sequence])[0][0]) == exactly(expected)


ERRORS: list[tuple[str, Any, str, int | None]] = [
    ("tokens", [], "empty", None),
    ("texts", [None], "None", None),
    ("texts", [float("nan")], "finite", None),
    ("tokens", [1, "a"], "a sequence cannot mix strings with int values", 0),
    ("previous", "ab", "a sequence cannot mix strings with int values", 0),
    ("mean", "ab", "indicator", 0),
    ("mean", [True, False], "indicator", 0),
    ("mean", [1e308, 1e308], "too large", 0),
    ("mean", [10**400, 1], "too large", 0),
    ("inverse", "ab", "division by zero", 0),
    ("ordered", "ab", "cannot be ordered", 0),
]


@pytest.mark.parametrize(("name", "sequence", "message", "position"), ERRORS)
def test_errors(name: str, sequence: Any, message: str, position: int | None) -> None:
    outcome = evaluate([program()[name]], [sequence, "a", [1]])[0][0]
    assert isinstance(outcome, EvaluationError)
    assert message in outcome.message and outcome.position == position


def test_failing_inputs_leave_the_others_alone() -> None:
    graph = Graph()
    inverse = graph.map("div", graph.constant(1), graph.map("to_int", graph.add(Tokens())))
    first, second, third = evaluate([inverse], ["12", "10", "x1"])[0]
    assert first == [1.0, 0.5]
    assert second == EvaluationError("division by zero", inverse, 1, (1.0, None))
    assert isinstance(third, EvaluationError) and third.node is inverse.args[1] and third.position == 0


def test_causal_attention_hides_later_positions() -> None:
    named = program()
    histogram, matrix = evaluate([named["histogram"], named["matrix"]], ["aab"], "causal")
    assert histogram == [[1, 2, 1]]
    assert matrix == [[[False] * 3, [True, False, False], [True, True, False]]]


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_long_random_inputs(attention: str) -> None:
    """Longer than what Hypothesis draws: tables give way to sorting, and blocks to more than one."""
    named = program()
    random = np.random.default_rng(7)
    sequences: list[list[Atom]] = [
        random.integers(0, 10**6, 60).tolist(),
        random.random(60).tolist(),
        [chr(97 + code) for code in random.integers(0, 3, 60)],
    ]
    nodes = list(named.values())
    results = evaluate(nodes, sequences, attention)
    for number, sequence in enumerate(sequences):
        expected = reference_values(nodes, sequence, attention)
        for node, outcomes in zip(nodes, results, strict=True):
            check(node, outcomes[number], expected[node])


def test_a_long_chain_needs_no_recursion() -> None:
    graph = Graph()
    node = graph.add(Indices())
    selector = graph.add(Select("<="), node, node)
    for number in range(3000):
        node = graph.map("add", node, graph.constant(number % 2))
        other = graph.add(Select("=="), node, graph.constant(number))
        selector = graph.add(Or() if number % 3 else And(), selector, graph.add(Not(), other))
    assert evaluate([node, graph.add(Width(), selector)], ["ab"])[0] == [[1500, 1501]]


def test_parameters_reach_the_primitive() -> None:
    graph = Graph()
    items: tuple[Const, ...] = (make_const(10), make_const("x"))
    node = graph.add(Map("index_list", items), graph.add(Indices()))
    assert len(list_reachable([node])) == 2
    outcomes = evaluate([node], ["a", "ab", "abc"])[0]
    assert outcomes[0] == [10]
    assert isinstance(outcomes[1], EvaluationError) and "mix" in outcomes[1].message
    assert isinstance(outcomes[2], EvaluationError) and "out of range" in outcomes[2].message


def test_trace_and_first_difference() -> None:
    named = program()
    nodes = [named["histogram"], named["sorted"]]
    found = trace_outputs(nodes, "ba")
    assert list(found.outcomes) == list_reachable(nodes)
    assert found.outcomes[named["sorted"]] == ["a", "b"]
    assert first_difference(found, found.outcomes) is None
    # the causal mask hides the "a" that comes after the "b"
    smaller = first_difference(found, trace_outputs(nodes, "ba", "causal").outcomes)
    assert smaller is not None and smaller.op == Select("<")


def test_primitives_have_the_names_that_types_know() -> None:
    assert tuple(PRIMS) == NAMES
