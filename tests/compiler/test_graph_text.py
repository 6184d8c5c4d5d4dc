"""The text of graphs: what is printed parses back to the same graph, and what is malformed is told with its line."""

import pytest
from hypothesis import given

from compiler.options import CompileOptions
from compiler.report.graph_text import parse_outputs, print_outputs
from rasp.diagnostics import RaspError
from rasp.elaborate.program import load_program
from rasp.graph.check import check_graph
from rasp.graph.nodes import Graph, Node, list_reachable
from rasp.graph.text import is_graph, parse_graph, print_graph
from rasp.source import Source
from tests.compiler.test_properties import empty_program, s_op, search
from tests.generate import s_ops

HEAD = "%0 = tokens\n%1 = select[==] %0 %0\n"


def copied(graph: Graph, node: Node, known: dict[Node, Node]) -> Node:
    """A node of one graph in another."""
    for part in list_reachable([node]):
        known[part] = graph.add(part.op, *(known[arg] for arg in part.args))
    return known[node]


@search(300)
@given(s_ops())
def test_a_graph_parses_back(text: str) -> None:
    """To the same nodes, since alike nodes of one graph are one; with the same names."""
    program = empty_program()
    node = s_op(program, text)
    named = print_graph({"out": node}, program.graph.names)
    graph, outputs = parse_graph(named)
    assert check_graph(list_reachable(outputs.values())) == []
    assert copied(program.graph, outputs["out"], {}) is node
    assert print_graph(outputs, graph.names) == named


VOCABULARIES = {
    "characters": tuple("ab"),
    "a quote": ('"', "a"),
    "a hash": ("#", "b"),
    "words": ("ab", "c]", "\\", "é\n"),
    "numbers": (0, 1.5, -2),
    "booleans": (True, False),
}


@pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES)
@pytest.mark.parametrize("attention", ["full", "causal"])
def test_what_it_is_compiled_for_parses_back(
    vocabulary: tuple[str | float | bool, ...], attention: str
) -> None:
    program = load_program(Source("<test>", 'same = select(tokens, "a#", ==);'))
    options = CompileOptions(vocabulary, 3, attention)
    outputs = {"n": program.sop("selector_width(same)"), "m": program.sop("length")}
    text = print_outputs(program.graph, outputs, options)
    found = parse_outputs(Source("<test>", text))
    assert found.line is not None
    again = CompileOptions(found.line.vocabulary or (), found.line.max_length or 0, found.line.attention)
    assert repr(again.vocabulary) == repr(options.vocabulary) and again == options
    assert print_outputs(found.graph, found.outputs, again) == text
    assert "# same" in text and "same" in found.graph.names.values()


ODD = {
    "separators in strings": '%0 = const string "\u2028 # x\\"]"',
    "a remark": "%0 = tokens # two words",
    "tables": '%0 = tokens\n%1 = map[index_dict_or: int 0, string "a", int 1] %0',
    "numbers": "%0 = const float -1e-07\n%1 = const int -3\n%2 = map[add] %0 %1",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_read(text: str) -> None:
    last = text.rpartition("%")[0].count("\n")
    graph, outputs = parse_graph(f"# a comment\n\n{text}\nout x = %{last}\n")
    again = parse_graph(print_graph(outputs, graph.names))[1]
    assert print_graph(again) == print_graph(outputs)


MALFORMED = {
    "no such node": ("%0 = map[neg] %7", "there is no node %7 before this line"),
    "no line of a graph": ("tokens", "this line is neither"),
    "a string without end": ('%0 = const string "a', "this string does not end"),
    "two nodes": ("%0 = tokens\n%0 = tokens", "there is a node %0 above already"),
    "two outputs": ("%0 = tokens\nout a = %0\nout a = %0", "there are two outputs called a"),
    "no primitive": ("%0 = map[spin]", "there is no primitive called `spin`"),
    "no test": ("%0 = tokens\n%1 = select[~] %0 %0", "there is no op written like this"),
    "too few arguments": ("%0 = tokens\n%1 = select[==] %0", "`select` takes 2 arguments"),
    "a selector as an s-op": (HEAD + "%2 = map[neg] %1", "argument 1 is a selector and has to be an s-op"),
    "an s-op as a selector": (HEAD + "%2 = width %0", "argument 1 is an s-op and has to be a selector"),
    "half a dict": ("%0 = tokens\n%1 = map[index_dict: int 1] %0", "`index_dict` cannot have 1 parameter"),
    "no default": ("%0 = tokens\n%1 = map[neg_or] %0", "`neg_or` cannot have 0 parameters"),
    "parameters of none": ("%0 = tokens\n%1 = map[neg: int 2] %0", "`neg` cannot have 1 parameter"),
    "no number": ("%0 = const float 1e999", "this is no value: float 1e999"),
    "no json": ('%0 = const string "\\q"', "this is no value"),
    "too many digits": (f"%0 = const int {'9' * 5000}", "this is no value"),
    "an open list": (f"%0 = map[in_list: {'int 1, ' * 2000}", "there is no op written like this: `map`"),
    "no output": ("%0 = tokens", "the graph has no output"),
    "a selector as output": (HEAD + "out s = %1", "the output s is a selector"),
    "a wrong setting": (
        "# compile: x vocabulary=ab\n%0 = tokens\nout x = %0",
        "no setting called `vocabulary`",
    ),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_told(text: str, message: str) -> None:
    with pytest.raises(RaspError) as caught:
        parse_outputs(Source("g.txt", text))
    assert message in caught.value.diagnostics[0].message


def test_graphs_are_told_from_programs() -> None:
    assert (
        is_graph("# compile: x\n\n%0 = tokens\n") and not is_graph("# %0\nx = 1 % 2;\n") and not is_graph("")
    )
