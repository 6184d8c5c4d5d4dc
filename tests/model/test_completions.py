"""Decoders of full-attention programs: what they write behind a prompt is what the interpreter answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.completions.complete_prompts import complete_prompts
from compiler.completions.plan_decoder import ask_for_decoder, find_decoder, find_meaning
from compiler.model.generate import Generation, generate, generate_batch
from compiler.model.runner import Model
from compiler.opening import load
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import compile_program
from compiler.transformer.problem import ModelError
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from compiler.verify.verify_completions import verify_completions
from rasp.elaborate.program import Program, load_program
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Source
from rasp.syntax.directives import read_directives
from rasp.values import Atom
from tests.places import PROGRAMS

LENGTH, BUDGET = 4, 60
NAMES = (
    *("basics/reverse", "sorting/sort", "counting/histogram", "counting/double_histogram", "brackets/dyck1"),
    *(
        "brackets/dyck2",
        "arithmetic/addition",
        "counting/most_frequent_token",
        "sorting/unique",
        "basics/rotate",
    ),
)
PATHS = [PROGRAMS / f"{name}.rasp" for name in NAMES]
SORT = """
place = selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <)));
sorted = aggregate(select(place, indices, ==), tokens);
"""
SAME = "same = selector_width(select(tokens, tokens, ==));"


def load_path(path: Path) -> Program:
    return load_program(Source(str(path), path.read_text(encoding="utf-8")))


def ask(program: Program, expression: str, vocabulary: str, length: int = LENGTH) -> CompileOptions:
    return ask_for_decoder(program, {"out": expression}, CompileOptions(tuple(vocabulary), length))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_graph_writes_what_the_program_answers(path: Path) -> None:
    lines = read_directives(Source(path.name, path.read_text(encoding="utf-8"))).compiles
    line = next(line for line in lines if line.attention == "full")
    assert line.vocabulary is not None
    try:
        assert_written(load_path(path), line.expression, line.vocabulary[:11])
    except CompileError as error:
        pytest.skip(error.diagnostics[0].message)


def assert_written(program: Program, expression: str, vocabulary: tuple[Atom, ...]) -> None:
    """Behind each prompt the graph says, position by position, what the program answers."""
    outputs = {"out": expression}
    options = ask_for_decoder(program, outputs, CompileOptions(vocabulary, LENGTH))
    assert options.prompts is not None
    decoder = find_decoder(program, outputs, options, options.prompts)
    chosen = choose_inputs(len(options.prompts.vocabulary), LENGTH, BUDGET, 0)
    [node] = find_meaning(program, outputs, options).values()
    for prompts in batch_inputs(options.prompts.vocabulary, chosen, lambda length: BUDGET):
        told = [
            (tuple(map(str, prompt)), wanted)
            for prompt, wanted in zip(prompts, complete_prompts(decoder, prompts), strict=True)
            if not isinstance(wanted, EvaluationError)
        ]
        assert told
        texts = [(*prompt, *wanted)[:-1] for prompt, wanted in told]
        for (prompt, wanted), said in zip(told, evaluate([node], texts, "causal")[0], strict=True):
            assert not isinstance(said, EvaluationError), (prompt, said)
            assert tuple(said)[len(prompt) - 1 :] == wanted, prompt


@pytest.mark.parametrize(
    "text, expression",
    [
        ("", "selector_width(select(indices, tokens, ==))"),
        ("", "selector_width(select(indices, 2 * indices - 3, <=) and not select(indices, 7 - indices, !=))"),
        ("", "aggregate(best(select(tokens, tokens, ==), -indices), indices)"),
        (
            SAME,
            "aggregate(best(select(same, 1, ==) and select(indices, indices, !=), -indices), indices, -1)",
        ),
        (SAME, "aggregate(best(select(same, 1, >=) and select(indices, indices + 1, >), indices), same, 0)"),
        (SAME, "selector_width(select(same, 2, ==) and select(indices, indices - 1, ==))"),
    ],
    ids=["texts", "beyond", "first", "first alone", "last of more", "before"],
)
def test_indices_are_compared_by_where_they_stand(text: str, expression: str) -> None:
    """Of the prompt and of a stage, with what may be no index at all."""
    assert_written(load_program(text), expression, ("a", "b", "c"))


@pytest.mark.parametrize(
    "text, expression, stages",
    [
        ("", "aggregate(select(indices, length - 1 - indices, ==), tokens)", 0),
        ("", "selector_width(select(tokens, tokens, ==))", 0),
        (SORT, "sorted", 1),
    ],
    ids=["reverse", "histogram", "sort"],
)
def test_a_model_writes_it(text: str, expression: str, stages: int) -> None:
    program = load_program(text)
    options = ask(program, expression, "ab")
    assert options.prompts is not None
    assert len(options.prompts.bars) == stages + 1
    compiled = compile_program(program, {"out": expression}, options)
    decoder = find_decoder(program, {"out": expression}, options, options.prompts)
    found = verify_completions(Model(compiled.weights), decoder, 100, 0)
    assert found.checked == 30
    assert (found.wrong, found.continued_wrong) == (0, 0)
    [said] = generate_batch(Model(compiled.weights), [("b", "a")], 100)  # it puts the bar there itself
    assert isinstance(said, Generation)
    assert said.ended


@pytest.mark.parametrize(
    "name, length", [("addition_2digit", 5), ("addition", 4)], ids=["known places", "any places"]
)
def test_a_model_writes_sums(name: str, length: int) -> None:
    program = load_path(PROGRAMS / "arithmetic" / f"{name}.rasp")
    options = ask(program, "addition", "0123456789+", length)
    assert options.prompts is not None
    compiled = compile_program(program, {"out": "addition"}, options)
    decoder = find_decoder(program, {"out": "addition"}, options, options.prompts)
    found = verify_completions(Model(compiled.weights), decoder, 200, 0)
    assert (found.wrong, found.continued_wrong) == (0, 0)


def test_a_model_writes_many_words() -> None:
    """402 positions, whose places attention brings exactly enough to be added up."""
    program = load_path(PROGRAMS / "basics" / "reverse.rasp")
    options = ask(program, "reverse", "abc", 200)
    compiled = compile_program(program, {"out": "reverse"}, options)
    assert len(compiled.plan.layers) == 2
    [said] = generate_batch(Model(compiled.weights), [tuple("abcca" * 40)], 300)
    assert isinstance(said, Generation)
    assert said.ended
    assert "".join(map(str, said.new[1:])) == "accba" * 40


def test_keys_that_attention_computes_are_written_first() -> None:
    program = load_program(SORT)
    options = ask(program, "sorted", "ab")
    assert options.prompts is not None
    decoder = find_decoder(program, {"out": "sorted"}, options, options.prompts)
    [said] = complete_prompts(decoder, [("b", "a", "b")])
    assert said == ("|", "place=1", "place=0", "place=2", "||", "a", "b", "b", "<end>")


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ('x = (1 if n > 1 else "1");', 'select(x, "1", ==)'),
        (
            'x = ("x" if n > 1 else "x,y=1"); y = ("1" if m > 1 else "1,y=1");',
            'select(x, "x", ==) and select(y, "1", ==)',
        ),
    ],
    ids=["alone", "together"],
)
def test_values_that_would_be_one_word_are_refused(values: str, key: str) -> None:
    counts = 'n = selector_width(select(tokens, tokens, ==)); m = selector_width(select(tokens, "a", ==));'
    with pytest.raises(CompileError, match="would be the same word"):
        ask(load_program(f"{counts} {values}"), f"selector_width({key})", "ab")


def test_what_follows_from_a_word_is_found_once() -> None:
    """Of arguments that are used twice, forty times over."""
    text = "c = selector_width(select(tokens, tokens, ==)); x = c;" + "x = (x * x + 1) % 5;" * 40
    options = ask(
        load_program(text), "selector_width(select(c, c, <)) + selector_width(select(x, x, <))", "ab"
    )
    assert "c=1" in options.vocabulary and not any("," in str(word) for word in options.vocabulary)


@pytest.mark.parametrize(
    "outputs, attention",
    [({"a": "tokens", "b": "indices"}, "full"), ({"a": "tokens"}, "causal")],
    ids=["two outputs", "causal"],
)
def test_what_is_no_decoder_is_refused(outputs: dict[str, str], attention: str) -> None:
    options = CompileOptions(("a",), LENGTH, attention)  # type: ignore[arg-type]
    with pytest.raises(CompileError, match="a decoder is made of one output"):
        ask_for_decoder(load_program(""), outputs, options)


def test_options_of_another_decoder_are_refused() -> None:
    program = load_program(SORT)
    options = ask(program, "sorted", "ab")
    with pytest.raises(CompileError, match="not the tokens of the program's decoder"):
        compile_program(program, {"out": "tokens"}, options)


def test_the_commands(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        return result.stdout

    (tmp_path / "sort.rasp").write_text(SORT)
    folder = str(tmp_path / "writer")
    asked = ("-e", "sorted", "--vocab", "ab", "--max-length", "3", "--decode", "-o", folder)
    run("compile", str(tmp_path / "sort.rasp"), *asked)
    report = json.loads(run("verify", folder, "--budget", "200", "--json"))
    assert report["passed"]
    assert report["readers"]["prompts"] == report["readers"]["generate"] == 0
    assert run("generate", folder, "bab", "ba|") == "bab -> abb\nba| -> ab\n"
    shown = json.loads(run("generate", folder, "ba", "--json"))
    assert shown["new"] == ["|", "place=1", "place=0", "||", "a", "b"]
    assert shown["answer"] == ["a", "b"]
    assert json.loads(run("generate", folder, "ba", "--scratchpad")) == ["b", "a", *shown["new"]]
    for wrong, size in (("abab", 4), ("bbbbbb|", 6), ("|", 0)):
        result = CliRunner().invoke(main, ["generate", folder, wrong, "ab"])
        assert result.exit_code and f"this has {size}" in result.output
        assert "ab -> ab\n" in result.stdout
    told = generate_batch(load(folder), ["ab", "abab", ("|",), ("a", "|")], 9)
    assert [isinstance(one, Generation) for one in told] == [True, False, False, True]
    info = run("info", folder)
    assert 'prompt      up to 3 tokens of "a", "b", then |\n' in info
    assert "on the way behind |, then the answer behind ||, then <end>\n" in info


#: What is asked of a decoder of a reversal or a histogram of `ab`, with what is said of it.
STRANGE = {
    "a written word": ('["1", "2"]', '"1" at position 0 is a word that this decoder writes'),
    "a written word behind a token": ("a1|", '"1" at position 1 is a word that this decoder writes'),
    "text that is not the answer": ("ab|2", '"2" at position 3 is not what this decoder writes there'),
    "text behind a wrong answer": ("ab|12", '"2" at position 4 is not what this decoder writes there'),
    "a token of the prompt": ("ab|a", '"a" at position 3 is not what'),
    "two bars": ("a||", '"|" at position 2 is not what'),
    "a whole answer and more": ("a|11", '"1" at position 3 is not what'),
}


@pytest.fixture(scope="module", params=["plain", "gpt2"])
def histogram(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a decoder that counts, for our decoder or for transformers."""
    if request.param != "plain":
        pytest.importorskip("transformers", reason="the extra `stock` is not installed")
    folder = str(tmp_path_factory.mktemp("decoder") / request.param)
    asked = ("--vocab", "ab", "--max-length", "3", "--decode", "--target", request.param, "-o", folder)
    expression = "hist=selector_width(select(tokens, tokens, ==))"
    made = CliRunner().invoke(main, ["compile", "-e", expression, *asked])
    assert made.exit_code == 0, made.output
    return folder


@pytest.mark.parametrize("command", ["info", "verify", "apply", "generate"])
def test_a_decoder_of_another_version_is_to_be_compiled_again(
    command: str, histogram: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would otherwise be compared with what decoders of this version mean, and be called wrong."""
    monkeypatch.setattr("compiler.export.records.DECODER_VERSION", 3)
    told = CliRunner().invoke(main, [command, histogram, *["ab"] * (command in ("apply", "generate"))])
    assert told.exit_code == 1
    assert "this decoder is of another version" in told.output and "compile the program again" in told.output


def test_what_is_no_input_of_the_program_has_no_answer(histogram: str) -> None:
    """By every command, alone and among others; what the decoder itself has written may be there."""
    texts = [text for text, _ in STRANGE.values()]
    for command in ("generate", "apply"):
        told = CliRunner().invoke(main, [command, histogram, *texts, "ab|1", "--json"])
        *wrong, right = map(json.loads, told.stdout.splitlines())
        assert told.exit_code == 1
        for record, (text, said) in zip(wrong, STRANGE.values(), strict=True):
            assert said in record["error"], (command, text)
        assert right == ["|", "|", "1", "1"] if command == "apply" else right["answer"] == ["1", "1"]


def test_python_is_told_so_too() -> None:
    program, outputs = load_program(""), {"out": "selector_width(select(tokens, tokens, ==))"}
    options = ask(program, outputs["out"], "ab", 3)
    model = Model(compile_program(program, outputs, options).weights)
    model.prompts = options.prompts
    texts = [json.loads(text) if text.startswith("[") else text for text, _ in STRANGE.values()]
    assert all(isinstance(one, ModelError) for one in generate_batch(model, texts, 9))
    for text in texts:
        for answer in (model, lambda text: generate(model, text, 9)):
            with pytest.raises(ModelError, match="this decoder writes"):
                answer(text)
    assert generate(model, "aa|2", 9).new == ("2",)


def test_a_scratchpad_is_a_decoders(tmp_path: Path) -> None:
    (tmp_path / "copy.rasp").write_text("")
    folder = str(tmp_path / "copier")
    asked = ("-e", "tokens", "--vocab", "ab", "--max-length", "3", "--attention", "causal", "-o", folder)
    for words in (
        ["compile", str(tmp_path / "copy.rasp"), *asked],
        ["generate", folder, "a", "--max-new-tokens", "1", "--scratchpad"],
    ):
        result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "--scratchpad is for a model that was made with --decode" in result.output


def test_a_decoder_is_not_for_targets_with_full_attention() -> None:
    program = load_program(SORT)
    options = replace(ask(program, "sorted", "ab"), dialect="bert")
    with pytest.raises(CompileError, match="a decoder's is causal") as caught:
        compile_program(program, {"out": "sorted"}, options)
    assert str(caught.value.diagnostics[0].hint).endswith("another target: plain, gpt2, opt, llama")


def test_a_hint_names_the_length_of_prompts() -> None:
    length = 12
    program = load_path(PROGRAMS / "basics" / "rotate.rasp")
    options = replace(ask(program, "rotated", "ab", length), dialect="gpt2")
    with pytest.raises(CompileError) as caught:
        compile_program(program, {"out": "rotated"}, options)
    hint = str(caught.value.diagnostics[0].hint)
    assert hint.startswith("it holds at --max-length ")
    holds = int(hint.rpartition(" ")[2])
    assert holds < length
    shorter = replace(ask(program, "rotated", "ab", holds), dialect="gpt2")
    assert compile_program(program, {"out": "rotated"}, shorter).plan.layers
