"""Models that say where the program has no value: exactly where the interpreter has none, and nowhere else."""

import json
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import event, given

from compiler.cli import main
from compiler.commands.repl import make_repl
from compiler.export.compiled import make_checkpoint
from compiler.export.files import CONFIG, encode_files
from compiler.export.record_file import RECORD
from compiler.model.answers import compare_key
from compiler.model.runner import Model
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.verify.readers import READERS
from rasp.arguments import ATTENTIONS, Attention
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate, evaluate_by_position
from rasp.notation.style import strip_style
from rasp.source import Source
from rasp.values import Atom
from tests.compiler.test_properties import attentions, empty_program, s_op, search
from tests.generate import VOCABULARY, s_ops

LENGTH = 4
#: Expression, vocabulary, and the positions of all inputs together without a value, under full and causal attention.
ROWS: list[tuple[str, str, int, int]] = [
    ("indices", "ab", 0, 0),
    ("1 / tokens_int", "012", 142, 142),
    ("indices != 0 and indices / indices > 1", "ab", 0, 0),
    ("1 / indices", "ab", 30, 30),
    ("1 / (length - 2)", "ab", 8, 28),
    ('{"a": 1}[tokens]', "ab", 49, 49),
    ("[1, 2, 3][indices]", "ab", 16, 16),
    ('tokens + "x" if tokens != "a" else {"b": "c"}[tokens]', "ab", 49, 49),
    ('tokens == "a" or 1 / indices > 0.4', "ab", 15, 15),
    ("tokens_int > 0 and 1 / (indices - 1) > 0", "01", 14, 14),
    ("average(1 / tokens_int)", "012", 328, 246),
    ('average(6 / tokens_int) if not contains(tokens, "2") else -1', "012", 88, 122),
    ("aggregate(select(tokens, tokens, ==), tokens)", "ab", 78, 46),
    ('aggregate(select(tokens, "a", ==), tokens == "a")', "ab", 58, 30),
    ("selector_width(select(1 / tokens_int, 0.5, ==))", "012", 328, 246),
    ('sort(tokens_int, {"0": 1, "1": 2}[tokens])', "012", 328, 246),
    ("aggregate(not best(full_s, 1 / tokens_int), indices)", "012", 328, 246),
    ("selector_width(best(full_s, 1 / tokens_int))", "012", 328, 246),
    ("aggregate(best(best(full_s, indices), 1 / tokens_int), indices)", "012", 328, 246),
]
REFUSED = {
    '1 if indices == 0 else "a"': "strings may stand beside numbers",
    'indices == (1 if indices == 0 else "a")': "strings may stand beside numbers",
    '(1 if indices == 0 else "a") == indices': "strings may stand beside numbers",
    "selector_width(select(tokens, 1, <))": "may order strings and numbers",
    "aggregate(full_s, indices == 0 if indices < 2 else 3)": "booleans stand beside numbers",
    "1 / (indices - indices)": "no value for any input",
    "[1, 2][aggregate(select(tokens, tokens, ==), 0)]": "an int or a float",
}


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("expression, vocabulary, full, causal", ROWS)
def test_no_value_is_said_where_there_is_none(
    expression: str, vocabulary: str, full: int, causal: int, attention: Attention
) -> None:
    program = load_program(Source("<test>", ""))
    options = CompileOptions(tuple(vocabulary), LENGTH, attention, no_value=True)
    model = Model(compile_program(program, {"out": expression}, options).weights)
    inputs = [word for n in range(1, LENGTH + 1) for word in product(vocabulary, repeat=n)]
    expected = [*map(evaluate_by_position, evaluate([program.sop(expression)], inputs, attention)[0])]
    assert sum(value is None for values in expected for value in values) == (
        full if attention == "full" else causal
    )
    for read in READERS[attention].values():
        for tokens, values, reading in zip(inputs, expected, read(model, inputs), strict=True):
            assert [*map(compare_key, values)] == [*map(compare_key, reading["out"])], tokens  # type: ignore[arg-type]


@search(150)
@given(s_ops(), attentions)
def test_random_programs_say_it(text: str, attention: Attention) -> None:
    program = empty_program()
    node = s_op(program, text)
    try:
        options = CompileOptions(tuple(VOCABULARY), 3, attention, no_value=True)
        model = Model(compile_program(program, {"out": text}, options).weights)
    except CompileError:
        event("refused")
        return
    inputs: list[tuple[Atom, ...]] = [w for n in range(1, 4) for w in product(VOCABULARY, repeat=n)]
    for tokens, outcome, answer in zip(
        inputs, evaluate([node], inputs, attention)[0], model.answers(inputs), strict=True
    ):
        expected = evaluate_by_position(outcome)
        event(f"no value: {None in expected}")
        assert [*map(compare_key, expected)] == [*map(compare_key, answer["out"])], tokens


@pytest.mark.parametrize("expression", REFUSED)
def test_what_cannot_be_said_is_refused(expression: str) -> None:
    options = CompileOptions(("a", "b"), 3, no_value=True)
    with pytest.raises(CompileError, match=REFUSED[expression]):
        compile_program(load_program(Source("<test>", "")), {"out": expression}, options)


def test_it_is_shown_checked_and_recorded(tmp_path: Path) -> None:
    folder, run = str(tmp_path / "m"), CliRunner().invoke
    file = tmp_path / "inverse.rasp"
    file.write_text(
        'inverse = 1 / tokens_int;\n# compile: inverse vocab="012" max_length=3 attention=causal no_value=true\n'
        '# example (causal): inverse("10") = error\n# example (causal): inverse("2") = [0.5]\n'
    )
    done = run(main, ["compile", str(file), "-o", folder])
    assert done.exit_code == 0 and not done.stderr
    assert run(main, ["apply", folder, "102"]).stdout == "102 -> [1.0, no value, 0.5] (floats)\n"
    assert json.loads(run(main, ["apply", folder, "102", "--json"]).stdout) == [1.0, None, 0.5]
    report = json.loads(run(main, ["verify", folder, "--json"]).stdout)
    assert (
        report["passed"] and report["positions_compared"] == report["positions"] and report["without_value"]
    )
    assert "compared there, too" in run(main, ["verify", folder]).stdout
    shown = json.loads(run(main, ["info", folder, "--json"]).stdout)
    assert shown["options"]["no_value"] and shown["outputs"][0]["no_value"]
    generated = run(main, ["generate", folder, "10", "--max-new-tokens", "1", "--json"])
    assert json.loads(generated.stdout)["no_value"] and json.loads(generated.stdout)["new"] == []
    tested = json.loads(run(main, ["test", str(file), "--json"]).stdout)
    assert tested[0]["passed"] and tested[0]["compiled"] == 2


def test_the_prompt_takes_it() -> None:
    repl, told = make_repl(), list[str]()
    repl.write = lambda row: told.append(strip_style(row))
    repl.take('compile 1 / tokens_int vocab="01" max_length=3 no_value=true')
    repl.take('apply "10"')
    assert not any("warning" in row for row in told) and "10 -> [1.0, no value] (floats)" in told


def test_only_a_model_that_is_asked_to_has_the_class() -> None:
    """What is recorded once says nothing more; what config.json adds by itself is refused."""
    for asked in (False, True):
        options = CompileOptions(("0", "1"), 2, no_value=asked)
        compiled = compile_program(load_program(Source("<test>", "")), {"out": "1 / tokens_int"}, options)
        files = encode_files(make_checkpoint(compiled))
        assert (b"no_value" in files[RECORD].split(b'"symbols"')[0]) == asked
        assert (None in json.loads(files[CONFIG])["outputs"][0]["classes"]) == asked
