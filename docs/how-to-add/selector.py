"""Tried with selector.patch: `xor` is interpreted and compiled, and both say what `(a and not b) or (not a and b)` says."""

from itertools import product

from compiler import CompileOptions, compile_program
from compiler.model.runner import Model
from rasp import load
from rasp.graph.text import parse_graph, print_graph

A, B = "select(tokens, tokens, ==)", "select(indices, indices, <)"
WITH, WITHOUT = f"selector_width(xor({A}, {B}))", f"selector_width(({A} and not {B}) or (not {A} and {B}))"

program = load("")
for attention in ("full", "causal"):
    model = Model(compile_program(program, WITH, CompileOptions(("a", "b"), 5, attention)).weights)
    for length in range(1, 6):
        for word in product("ab", repeat=length):
            answer = list(model(word))
            assert answer == program(WITH)(word, attention) == program(WITHOUT)(word, attention), word

graph = print_graph({"out": program.program.sop(WITH)})
assert "= xor " in graph and print_graph(parse_graph(graph)[1]) == graph
