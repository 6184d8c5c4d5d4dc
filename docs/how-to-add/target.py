"""Tried with target.patch: transformers runs a program as a GPT-Neo, in each way that `rasp verify` has, on all inputs."""

from pathlib import Path
from tempfile import TemporaryDirectory

from compiler import CompileOptions, compile_program
from compiler.export.compiled import save
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.differential import Check, verify_model
from compiler.verify.stock_folder import STOCK_READERS, open_stock_folder
from rasp import load

#: Whether more than half of the tokens up to here are like the last: a head with several key columns, and a look-up.
MORE = "selector_width(select(tokens, tokens, ==)) * 2 > indices + 1"

compiled = compile_program(load(""), MORE, CompileOptions(tuple("abc"), 5, "causal", "gpt_neo"))
with TemporaryDirectory() as place:
    folder = Path(place) / "model"
    save(compiled, folder)
    model = open_stock_folder(folder).model
    assert type(model.module).__name__ == "GPTNeoForCausalLM"
    report = verify_model(
        Check(model, compiled.meaning, False, STOCK_READERS["causal"]), choose_inputs(3, 5, 1000, 0)
    )
assert report.passed, report.smallest
