"""Folders for model families: the family's own software answers what the interpreter answers, within the bounds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from compiler.cli import main
from compiler.export.compiled import save
from compiler.export.files import TOKENIZER_CONFIG
from compiler.export.folder import hash_bytes
from compiler.export.read_file import CheckpointError
from compiler.export.record_file import RECORD, seal_record
from compiler.export.stock_files import assemble_uniform
from compiler.model.generate import Generation
from compiler.model.runner import Model
from compiler.model.sampling import Sampling
from compiler.model.stock_generate import generate_in_transformers
from compiler.model.stock_model import StockModel, take_transformers
from compiler.options import CompileError, CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.stock.identity_norms import choose_shrinkage
from compiler.targets.rounding_in_transformers import Noise
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from compiler.targets.uniform_shape import FIRST
from compiler.verify.chosen_inputs import batch_inputs, choose_inputs
from compiler.verify.differential import Check, verify_model
from compiler.verify.stock_folder import STOCK_READERS, open_stock_folder
from rasp.elaborate.program import Program, load_program
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives
from tests.fuzz.contained import PYTHONS
from tests.places import PROGRAMS

pytest.importorskip("transformers", reason="the extra `stock` is not installed")

CAUSAL = [name for name in FAMILY_TARGETS if "causal" in TARGETS[name].attentions]
LABELLING = [name for name in FAMILY_TARGETS if TARGETS[name].labels]
QUICK = {
    "causal": ("parity", "shift", "induction", "skip_trigram", "histogram", "fraction_of_previous"),
    "full": ("reverse", "histogram", "last_token"),
}
BUDGET = 300


def list_lines() -> list[tuple[Path, CompileLine]]:
    """Every `# compile:` line of the library."""
    found: list[tuple[Path, CompileLine]] = []
    for path in sorted(PROGRAMS.rglob("*.rasp")):
        lines = read_directives(Source(path.name, path.read_text(encoding="utf-8"))).compiles
        found += [(path, line) for line in lines]
    return found


LINES = list_lines()


def load_path(path: Path) -> Program:
    return load_program(Source(str(path), path.read_text(encoding="utf-8")))


def compile_line(path: Path, line: CompileLine, target: Dialect, **other: Any) -> Compiled:
    options = CompileOptions(
        line.vocabulary, line.max_length, line.attention, target, no_value=line.no_value, **other
    )
    return compile_program(load_path(path), {line.name or "out": line.expression}, options)


def assert_right(compiled: Compiled, folder: Path) -> StockModel:
    """The folder as it is written, in its own software, in every way of running it."""
    save(compiled, folder)
    model = StockModel(folder, compiled.weights.config, assemble_uniform(compiled).class_ids)
    options = compiled.options
    inputs = choose_inputs(len(options.vocabulary), options.max_length, BUDGET, 0)
    report = verify_model(
        Check(model, compiled.meaning, options.no_value, STOCK_READERS[options.attention]), inputs
    )
    assert report.passed, report.smallest or report.readers
    return model


def fits(line: CompileLine, target: Dialect) -> bool:
    return line.attention in TARGETS[target].attentions


def chosen(name: str, target: Dialect) -> tuple[Path, CompileLine]:
    return next((path, line) for path, line in LINES if path.stem == name and fits(line, target))


@pytest.mark.parametrize(
    "target, name",
    [(target, name) for target in FAMILY_TARGETS for name in QUICK[TARGETS[target].attentions[0]]],
)
def test_programs_are_right(name: str, target: Dialect, tmp_path: Path) -> None:
    assert_right(compile_line(*chosen(name, target), target), tmp_path / "model")


@pytest.mark.slow
@pytest.mark.parametrize(
    "target, path, line",
    [
        pytest.param(target, path, line, id=f"{target}-{path.stem}-{line.name}")
        for target in FAMILY_TARGETS
        for path, line in LINES
        if fits(line, target)
    ],
)
def test_all_programs_are_right_or_refused(
    target: Dialect, path: Path, line: CompileLine, tmp_path: Path
) -> None:
    try:
        compiled = compile_line(path, line, target)
    except CompileError as error:
        pytest.skip(error.diagnostics[0].message)
    assert_right(compiled, tmp_path / "model")


def find_layers(model: StockModel) -> Any:
    """The layers of a causal family's module, in order."""
    inner = getattr(model.module, "model", None) or model.module.transformer
    return inner.h if hasattr(inner, "h") else getattr(inner, "decoder", inner).layers


@pytest.mark.parametrize("name", ["histogram", "parity", "fraction_of_previous"])
@pytest.mark.parametrize("target", CAUSAL)
def test_errors_are_within_the_bounds(name: str, target: Dialect, tmp_path: Path) -> None:
    """What the last layer leaves in each residual column, against the same model in float64."""
    compiled = compile_line(
        *chosen(name, target), target, level=1
    )  # where each column has a place of its own
    assert compiled.layout.places == tuple(range(compiled.layout.width))
    model = assert_right(compiled, tmp_path / "model")
    exact = Model(compiled.weights).module.plain().double()
    layers = find_layers(model)
    seen: list[torch.Tensor] = []
    layers[-1].register_forward_hook(
        lambda _, given, out: seen.append(out[0] if isinstance(out, tuple) else out)
    )
    options, width = compiled.options, compiled.layout.width
    first = FIRST
    shrink = 2.0 ** -choose_shrinkage(float(compiled.bounds.sizes.sum()), TARGETS[target].eps or 0.0)
    worst = np.zeros(width)
    for inputs in batch_inputs(
        options.vocabulary,
        choose_inputs(len(options.vocabulary), options.max_length, BUDGET, 1),
        lambda _: 100,
    ):
        rows = [model.encode(tokens) for tokens in inputs]
        seen.clear()
        model.logits(rows)
        residual = exact.embedding(torch.tensor(rows), 0)
        mask = exact.mask(residual, None, 0)
        for layer in exact.layers:
            residual = layer(residual, mask, None)
        found = seen[0].reshape(len(rows), len(rows[0]), -1)[:, :, first : first + width].double() / shrink
        worst = np.maximum(worst, (found - residual)[:, 1:].abs().amax((0, 1)).detach().numpy())
    bounds = compiled.bounds.columns
    assert (worst <= bounds + 1e-12).all(), (worst / np.maximum(bounds, 1e-300)).max()
    inexact = worst > 0
    assert (bounds[inexact] <= 1e4 * worst[inexact]).all()


@pytest.mark.parametrize("target", CAUSAL)
def test_generate_with_a_cache_continues_as_the_program(target: Dialect, tmp_path: Path) -> None:
    """Argmax by argmax, `generate` appends what the interpreter says at the last position; so does drawing from what is
    left far behind, in a batch of two lengths."""
    program = load_program(
        Source("shift", "next = aggregate(best(select(tokens, tokens, ==), indices), tokens);")
    )
    options = CompileOptions(tuple("abc"), 8, "causal", target, margin=80.0)
    model = assert_right(compile_program(program, {"next": "next"}, options), tmp_path / "model")
    ids, mask = model.pad([model.encode("ab"), model.encode("cabc")], left=True)
    for temperature, alike in ((0.0, True), (2.0, True), (1e3, False)):
        drawn = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {}
        torch.manual_seed(0)
        made = model.module.generate(input_ids=ids, attention_mask=mask, max_new_tokens=4, **drawn)
        assert (made[:, ids.shape[1] :].tolist() == [[1] * 4, [2] * 4]) is alike
        found = generate_in_transformers(model, ["ab", "cabc"], 4, Sampling(temperature))
        said = [item.new for item in found if isinstance(item, Generation)]
        assert (said == [("b",) * 4, ("c",) * 4]) is alike


def test_a_folder_is_what_its_program_gives(tmp_path: Path) -> None:
    save(compile_line(*chosen("parity", "gpt2"), "gpt2"), tmp_path / "model")
    assert open_stock_folder(tmp_path / "model").standing.holds
    settings = json.loads((tmp_path / "model" / "config.json").read_text())
    (tmp_path / "model" / "config.json").write_text(json.dumps(settings | {"layer_norm_epsilon": 1e-3}))
    with pytest.raises(CheckpointError, match=r"config.json is damaged"):
        open_stock_folder(tmp_path / "model")
    mend_hashes(tmp_path / "model")
    differences = open_stock_folder(tmp_path / "model").standing.differences
    names = ("config.json", "rasp.json")  # the record has the hash of the other
    assert differences == tuple(
        f"its {name} is not what this version compiles the program to" for name in names
    )
    answered = CliRunner().invoke(main, ["apply", str(tmp_path / "model"), "0101", "--json"])
    assert json.loads(answered.stdout)["certified"] is False and differences[0] in answered.stderr


@pytest.mark.parametrize(
    "name, content",
    [("config.json", b"null"), ("tokenizer.json", b"{}"), ("model.safetensors", b""), ("rasp.json", b"7")],
)
def test_a_folder_that_somebody_changed_is_refused_in_words(
    name: str, content: bytes, tmp_path: Path
) -> None:
    """Also where the hashes are right, and transformers meets what it does not expect."""
    folder = tmp_path / "model"
    save(compile_line(*chosen("parity", "gpt2"), "gpt2"), folder)
    (folder / name).write_bytes(content)
    for _ in range(2):
        told = CliRunner().invoke(main, ["apply", str(folder), "-i", "[0, 1]"])
        assert told.exit_code and PYTHONS.search(told.output) is None, told.output
        mend_hashes(folder)


def mend_hashes(folder: Path) -> None:
    """Make the record's hashes those of what is there."""
    record = json.loads((folder / RECORD).read_text())
    if isinstance(record, dict):
        record["sha256"] = {name: hash_bytes((folder / name).read_bytes()) for name in record["sha256"]}
        del record["checksum"]
        (folder / RECORD).write_bytes(seal_record(record))


def test_the_tokenizer_reads_texts_with_and_without_blanks(tmp_path: Path) -> None:
    model = assert_right(compile_line(*chosen("parity", "gpt2"), "gpt2"), tmp_path / "model")
    word = "".join(map(str, model.config.vocabulary[:2]))
    assert (
        model.tokenizer(word).input_ids
        == model.tokenizer(" ".join(word)).input_ids
        == model.encode(list(word))
    )
    said = json.loads((tmp_path / "model" / TOKENIZER_CONFIG).read_text())
    assert said["model_input_names"] == [*model.tokenizer(word)]  # without token types, in any version


@pytest.mark.parametrize("target", LABELLING)
def test_a_pipeline_prints_the_answers(target: Dialect, tmp_path: Path) -> None:
    """Labels are the values' texts; one that pipelines would pass over, or that two values have, is told apart."""
    program = load_program(Source("labels", 'label = ["O", "1", 1][tokens_int % 3];'))
    options = CompileOptions((0, 1, 2), 6, "full", target)
    model = assert_right(compile_program(program, {"label": "label"}, options), tmp_path / "model")
    pipeline = take_transformers().pipeline("token-classification", str(tmp_path / "model"))
    answers = pipeline(["0 1 2", "1"], batch_size=2)
    assert [[answer["entity"] for answer in said] for said in answers] == [["<O>", "<1>", "1"], ["<1>"]]
    assert [answer["word"] for answer in answers[0]] == ["0", "1", "2"]
    assert model.module.config.label2id == {"1": 0, "<1>": 1, "<O>": 2}


@pytest.mark.parametrize("target", CAUSAL)
def test_a_text_goes_on_behind_a_number_that_equals_a_token(target: Dialect, tmp_path: Path) -> None:
    """1.0 is answered by an id of its own where the vocabulary has 1; what follows is the same."""
    options = CompileOptions((0, 1, 2), 7, "causal", target)
    program = load_program(Source("none", ""))
    compiled = compile_program(program, {"next": "(tokens_int + 1) % 3 / 1"}, options)
    model = assert_right(compiled, tmp_path / "model")
    [found] = generate_in_transformers(model, [(1, 2)], 5)
    assert isinstance(found, Generation) and found.new == (0, 1, 2, 0, 1)
    ids = model.module.generate(torch.tensor([model.encode((1, 2))]), max_length=8, do_sample=False)
    numbers = dict(zip(model.class_ids, compiled.weights.config.outputs[0].classes, strict=True))
    assert [numbers[i] for i in ids[0, 3:].tolist()] == [0.0, 1.0, 2.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "outputs, attention, said",
    [
        ({"a": "indices"}, "full", "causal attention"),
        ({"a": "indices", "b": "tokens"}, "causal", "one output"),
    ],
)
def test_what_a_target_cannot_have_is_refused(outputs: dict[str, str], attention: Any, said: str) -> None:
    with pytest.raises(CompileError, match=said):
        compile_program(load_program(Source("none", "")), outputs, CompileOptions("ab", 4, attention, "gpt2"))


def test_half_a_norm_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that rounds more than a program can bear is refused, not compiled."""
    path, line = chosen("fraction_of_previous", "opt")
    rough = TARGETS["opt"].__class__("opt", ("causal",), Noise(reading=2.0**18), eps=1e-5)
    monkeypatch.setattr("compiler.targets.target.TARGETS", {**TARGETS, "opt": rough})
    with pytest.raises(CompileError):
        compile_line(path, line, "opt")
