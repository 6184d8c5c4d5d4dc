"""The circuit of a model: who reads what of whom, as a graph of networkx; and the s-op graph as one."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from compiler.blocks.block import Head, LookupBlock
from compiler.export.compiled import save
from compiler.model.runner import Model
from compiler.opening import load
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.plan.layout import drop_constant, weigh_form
from compiler.report.parts import list_parts
from compiler.transformer.problem import ModelError
from rasp.elaborate.program import load_program
from rasp.graph.nodes import Indices, Tokens, list_reachable
from rasp.source import Source
from tests.places import ROOT

#: Expressions, and the attention that they are compiled for. The last ones use columns again, so that one column has
#: several writers.
CASES = {
    "tokens": "full",
    "sort(tokens, tokens)": "full",
    "aggregate(select(indices, length - 1 - indices, ==), tokens)": "full",
    "selector_width(select(tokens, tokens, ==)) * indices + length % 2": "causal",
    'shift(sort(tokens, tokens), 1, "a")': "full",
    "sum(sort(tokens, tokens) == tokens) + selector_width(select(tokens, tokens, <))": "full",
}


def compiled(expression: str, attention: str = "full") -> Compiled:
    program = load_program(Source("<test>", ""))
    return compile_program(program, {"made": expression}, CompileOptions(tuple("abc"), 5, attention))


@pytest.mark.parametrize("expression", CASES)
def test_edges_are_what_the_plan_reads(expression: str) -> None:
    """Taken from the places of the residual stream and the weights, or from the forms and contents of the plan."""
    model = compiled(expression, CASES[expression])
    layout = model.layout
    made = list(list_parts(model.plan, layout))
    writer = {column: part.where for part in made for column in part.columns}
    read = {part.where: part.block.forms for part in made if isinstance(part.block, Head)}
    # What has a bias needs no column for a constant.
    biased = {part.where: part.block.forms for part in made if isinstance(part.block, LookupBlock)}
    biased |= {f"output {readout.name}": readout.forms for readout in model.plan.readouts}
    read |= {reader: tuple(map(drop_constant, forms)) for reader, forms in biased.items()}
    wanted = {
        (writer[column], reader)
        for reader, forms in read.items()
        for form in forms
        for column in np.flatnonzero(weigh_form(form, layout)).tolist()
    }
    kinds = model.circuit.nodes(data="kind")
    assert {edge for edge in model.circuit.edges if kinds[edge[1]] != "clearing"} == wanted
    cleared = {(writer[erasure.column], erasure.layer) for erasure in layout.erasures}
    layers = model.circuit.nodes(data="layer")
    assert {(a, layers[b]) for a, b in model.circuit.edges if kinds[b] == "clearing"} == cleared


def test_columns_used_again_have_several_writers() -> None:
    """Or the test above would not see whether the last one is taken."""
    assert any(compiled(expression, attention).layout.erasures for expression, attention in CASES.items())


def test_parts_have_the_names_of_the_symbol_map(tmp_path: Path) -> None:
    model = compiled("sort(tokens, tokens)")
    circuit = model.circuit
    assert [*circuit][:-1] == [part["where"] for part in model.symbols["parts"]]
    assert nx.is_directed_acyclic_graph(circuit)
    assert circuit.nodes["output made"]["kind"] == "unembedding"
    save(model, tmp_path / "model")
    assert nx.utils.graphs_equal(load(tmp_path / "model").circuit, circuit)


def test_weights_alone_do_not_say_what_they_are_for() -> None:
    with pytest.raises(ModelError, match="made of weights alone"):
        _ = Model(compiled("tokens").weights).circuit


def test_edges_say_what_is_read_and_what_for() -> None:
    circuit = compiled("aggregate(select(indices, length - 1 - indices, ==), tokens)").circuit
    (head,) = (part for part, layer in circuit.nodes(data="layer") if layer == 1)
    assert set(circuit.edges["embedding", head]["columns"]) == {"query", "key", "value"}
    (length,) = (part for part in circuit.predecessors(head) if part != "embedding")
    assert circuit.edges[length, head]["carries"] == ("length",)
    assert set(circuit.edges[length, head]["columns"]) == {"query"}


def test_the_graph_of_a_program() -> None:
    file = ROOT / "programs" / "sorting" / "sort.rasp"
    program = load_program(Source(str(file), file.read_text(encoding="utf-8")))
    output = program.sop("sorted_tokens")
    graph = program.graph.to_networkx(output)
    assert set(graph) == set(list_reachable([output]))
    assert {node: list(graph.predecessors(node)) for node in graph} == {
        node: list(dict.fromkeys(node.args)) for node in graph
    }
    assert {type(node.op) for node, degree in graph.in_degree if degree == 0} <= {Tokens, Indices}
    assert graph.nodes[output] == {"op": output.op, "selector": False, "name": "sorted_tokens"}
    for node in graph:
        places = [k for arg in graph.predecessors(node) for k in graph.edges[arg, node]["arguments"]]
        assert sorted(places) == list(range(len(node.args)))
    assert set(program.graph.to_networkx()) == set(program.graph.nodes.values())
