"""Tried with rewrite.patch: the rule saves a look-up, and the model answers as before."""

from itertools import product

from compiler import CompileOptions, compile_program
from compiler.model.runner import Model
from rasp import load

TEXT = 'n = selector_width(select(tokens, tokens, ==)); m = n if tokens == "a" else n;'

program = load(TEXT)
options = CompileOptions(("a", "b"), 5)
with_rule = compile_program(program, "m", options)
without = compile_program(program, "m", CompileOptions(("a", "b"), 5, without=("same_branches",)))
assert with_rule.summary["d_mlp"] == 0 < without.summary["d_mlp"]
assert [step.rule for step in with_rule.rewriting.steps] == ["same_branches"]

model = Model(with_rule.weights)
for length in range(1, 6):
    for word in product("ab", repeat=length):
        assert list(model(word)) == program("m")(word)
