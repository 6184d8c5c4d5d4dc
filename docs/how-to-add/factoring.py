"""Tried with factoring.patch: equality of two values takes one column, where it took two, and the model is as right."""

from itertools import product

from compiler import CompileOptions, compile_program
from compiler.model.runner import Model
from rasp import load

SAME = "selector_width(select(tokens, tokens, ==))"

program = load("")
compiled = compile_program(program, SAME, CompileOptions(tuple("ab"), 4))
(scores,) = (head.scores for layer in compiled.plan.layers for head in layer.heads)
assert [(group.kind, len(group.columns)) for group in scores.groups] == [("plain", 1), ("bos", 1)]
assert not compiled.bounds.unsafe

model = Model(compiled.weights)
for length in range(1, 5):
    for word in product("ab", repeat=length):
        assert list(model(word)) == program(SAME)(word)
