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
from compiler.inside_commands.inspect_command import choose_tokens
from compiler.limits import PAGE_BYTES
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import PROGRAMS, ROOT

#: Outputs, vocabulary and attention. `rounded` reads counts as whole numbers by anchors, which only float32 has.
CASES = {
    "sort(tokens, tokens)": ("abc", "full"),
    "aggregate(best(select(shift(tokens, 1, ''), tokens, ==), indices), tokens, '?')": ("cab", "causal"),
    "selector_width(select(tokens, tokens, ==)) * indices + length % 2": ("ab", "full"),
    "aggregate(select(indices, indices, <=), indicator(tokens == 'a'))": ("ab</script>", "causal"),
}
#: Programs of the library for the slow run.
LIBRARY = (
    *("basics/reverse", "counting/histogram", "sorting/sort", "brackets/dyck1", "language/induction"),
    *(
        "counting/double_histogram",
        "arithmetic/parity",
        "strings/doubled",
        "arithmetic/addition",
        "brackets/dyck2",
    ),
)
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
    compare_with_torch(compiled(expression), 25, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARY)
def test_pages_of_programs_compute_what_torch_computes(name: str, tmp_path: Path) -> None:
    source = Source(name, (PROGRAMS / f"{name}.rasp").read_text(encoding="utf-8"))
    line = read_directives(source).compiles[0]
    assert line.vocabulary is not None and line.max_length is not None
    options = CompileOptions(line.vocabulary, line.max_length, line.attention)
    compare_with_torch(compile_program(load_program(source), line.expression, options), 100, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(PROGRAMS.rglob("*.rasp")), ids=lambda file: file.stem)
def test_every_program_has_a_page(file: Path) -> None:
    """Of each of its `# compile:` lines, as `rasp inspect` writes it without an input: whole, and not too large."""
    source = Source(str(file), file.read_text(encoding="utf-8"))
    for line in read_directives(source).compiles:
        if line.vocabulary is None or line.max_length is None:
            continue
        options = CompileOptions(line.vocabulary, line.max_length, line.attention, no_value=line.no_value)
        of = compile_program(load_program(source), line.expression, options)
        page = build_page(of, choose_tokens(options), line.expression)
        assert len(data_of(page)["heads"]) == sum(len(layer.heads) for layer in of.weights.config.layers)  # type: ignore[arg-type]
        assert len(page) <= PAGE_BYTES.most


def compare_with_torch(of: Compiled, count: int, folder: Path) -> None:
    """Logits, patterns, what is decoded and what wins, on so many inputs, by the page under node and by torch."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to run the page's script")
    model = Model(of.weights, symbols=of.symbols, recompile=lambda: of)
    selection = choose_inputs(len(of.options.vocabulary), of.options.max_length, count, 0)
    words = [
        list(word)
        for batch in batch_inputs(of.options.vocabulary, selection, lambda length: 100)
        for word in batch
    ]
    page = build_page(of, words[-1], "test")
    given = {"model": data_of(page), "inputs": [json.dumps(word) for word in words]}
    (folder / "data.json").write_text(json.dumps(given))
    command = [node, "-e", RUNNER, str(SCRIPT), str(folder / "data.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    selectors = [head.selector for layer in of.plan.layers for head in layer.heads]
    for word, found in zip(words, json.loads(done.stdout), strict=True):
        selected = [rows for [rows] in evaluate(selectors, [word], of.options.attention)]
        assert not count_outside(found["winners"], selected)
        run = model.run(word)
        for logits, wanted in zip(found["logits"], run.logits.values(), strict=True):
            largest = max(1.0, float(np.abs(wanted).max()))
            np.testing.assert_allclose(np.array(logits)[1:], wanted, rtol=1e-5, atol=1e-5 * largest)
            assert np.array(logits)[1:].argmax(-1).tolist() == wanted.argmax(-1).tolist()
        for heads, wanted_heads in zip(found["patterns"], run.heads, strict=True):
            for pattern, head in zip(heads, wanted_heads, strict=True):
                np.testing.assert_allclose(np.array(pattern), head.pattern, atol=1e-5)
        assert found["values"] == [[[*c] for c in value.candidates] for value in run.values]


def count_outside(winners: list[list[list[bool]]], selected: list[object]) -> int:
    """How many tokens win that are not selected, and rows in which some are selected and none wins, or none and one."""
    outside = 0
    for head, rows in zip(winners, selected, strict=True):
        if isinstance(rows, EvaluationError):
            continue
        won, chosen = np.array(head), np.array(rows)
        outside += int((won & ~chosen).sum() + (won.any(-1) != chosen.any(-1)).sum())
    return outside


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
