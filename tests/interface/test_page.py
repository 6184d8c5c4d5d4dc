"""The page that shows a model: what it computes is what torch computes, and it is complete in itself."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.explorer.build_page import build_page
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from tests.places import ROOT

#: Outputs, vocabulary and attention. `rounded` reads counts as whole numbers by anchors, which only float32 has.
CASES = {
    "sort(tokens, tokens)": ("abc", "full"),
    "aggregate(best(select(shift(tokens, 1, ''), tokens, ==), indices), tokens, '?')": ("cab", "causal"),
    "selector_width(select(tokens, tokens, ==)) * indices + length % 2": ("ab", "full"),
    "aggregate(select(indices, indices, <=), indicator(tokens == 'a'))": ("ab</script>", "causal"),
}
SCRIPT = ROOT / "compiler" / "explorer" / "forward.js"
#: Runs the page's own functions on inputs, and prints logits, patterns, decoded values and what wins.
RUNNER = """
const page = require(process.argv[1]), model = JSON.parse(require("fs").readFileSync(process.argv[2]));
const arrays = page.openArrays(model.model);
console.log(JSON.stringify(model.inputs.map((text) => {
  const { ids } = page.readTokens(model.model, text), run = page.forward(model.model, arrays, ids);
  const values = model.model.values.map((v) => run.residuals[v.written].slice(1).map((row) => page.findCandidates(v, row)));
  const winners = model.model.heads.map((head) => page.readWinners(head, run.attention[head.layer][head.head].scores));
  const patterns = run.attention.map((heads) => heads.map((head) => head.pattern));
  return { logits: run.logits, patterns, values, winners };
})));
"""


def compiled(expression: str) -> Compiled:
    vocabulary, attention = CASES[expression]
    text = expression.replace("'", '"')
    options = CompileOptions(tuple(dict.fromkeys(vocabulary)), 6, attention)  # type: ignore[arg-type]
    return compile_program(load_program(Source("<test>", "")), text, options)


def data_of(page: str) -> dict[str, object]:
    found = re.search(r'<script id="model" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("expression", CASES)
def test_the_page_computes_what_torch_computes(expression: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to run the page's script")
    of = compiled(expression)
    model = Model(of.weights, symbols=of.symbols, recompile=lambda: of)
    selection = choose_inputs(len(of.options.vocabulary), 6, 25, 0)
    words = [
        list(word)
        for batch in batch_inputs(of.options.vocabulary, selection, lambda length: 100)
        for word in batch
    ]
    page = build_page(of, words[-1], "test")
    given = {"model": data_of(page), "inputs": [json.dumps(word) for word in words]}
    (tmp_path / "data.json").write_text(json.dumps(given))
    command = [node, "-e", RUNNER, str(SCRIPT), str(tmp_path / "data.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    selectors = [head.selector for layer in of.plan.layers for head in layer.heads]
    for word, found in zip(words, json.loads(done.stdout), strict=True):
        assert found["winners"] == [rows for [rows] in evaluate(selectors, [word], of.options.attention)]
        run = model.run(word)
        for logits, wanted in zip(found["logits"], run.logits.values(), strict=True):
            np.testing.assert_allclose(np.array(logits)[1:], wanted, rtol=1e-4, atol=1e-3)
            assert np.array(logits)[1:].argmax(-1).tolist() == wanted.argmax(-1).tolist()
        for heads, wanted_heads in zip(found["patterns"], run.heads, strict=True):
            for pattern, head in zip(heads, wanted_heads, strict=True):
                np.testing.assert_allclose(np.array(pattern), head.pattern, atol=1e-5)
        assert found["values"] == [[[*c] for c in value.candidates] for value in run.values]


def test_the_page_is_complete_and_the_same_each_time() -> None:
    of = compiled([*CASES][3])
    page = build_page(of, "ab<", "x < y")
    assert page == build_page(of, "ab<", "x < y")
    assert "<title>x &lt; y</title>" in page
    assert not re.search(r"https?:|src=|@import|@[A-Z]+@", page)
    assert page.count("</script>") == 2
    heads = data_of(page)["heads"]
    assert heads[0]["ideal"] == [[True, False, False], [True, True, False], [True, True, True]]  # type: ignore[index]


def test_inputs_that_do_not_fit_are_refused() -> None:
    of = compiled(next(iter(CASES)))
    with pytest.raises(CompileError, match="not in the model's vocabulary"):
        build_page(of, "abz", "")
    with pytest.raises(CompileError, match="takes 1 to 6"):
        build_page(of, "abcabca", "")


def test_the_command(tmp_path: Path) -> None:
    folder, page = str(tmp_path / "model"), tmp_path / "report.html"
    arguments = ["compile", "-e", "length", "--vocab", "ab", "--max-length", "3", "-o", folder]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    done = CliRunner().invoke(main, ["inspect", folder, "-i", "ab", "-o", str(page), "--json"])
    assert json.loads(done.stdout) == {
        "written": str(page),
        "bytes": page.stat().st_size,
        "input": ["a", "b"],
    }
    assert (
        "vocabulary is" in CliRunner().invoke(main, ["inspect", folder, "-i", "xy", "-o", str(page)]).stderr
    )
