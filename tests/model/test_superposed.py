"""Superposition: directions are what they say, folders claim nothing, and the same seed gives the same bytes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from compiler import load
from compiler.cli import main
from compiler.export.checkpoint import read_checkpoint
from compiler.export.folder import hash_bytes
from compiler.export.read_file import CheckpointError
from compiler.export.records import encode_json
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.plan.rotation import choose_rotation
from compiler.trained.superposed import Superposed, measure_overlaps
from compiler.trained.superposed_files import encode_superposed, read_superposed, save_superposed
from compiler.trained.trained_model import TrainedModel
from compiler.training.examples import split_examples
from compiler.training.features import fit_directions, list_features, read_steps
from compiler.training.learn import Settings, make_decoder
from compiler.training.superpose import begin_superposing, finish_superposing
from compiler.training_commands import superpose_command
from compiler.training_commands.superpose_command import superpose_compiled
from compiler.transformer.problem import ModelError
from rasp import load as load_text
from rasp.command_line.console import WrongUsage
from tests.project.write_schema import find_validator

QUICK = Settings(steps=40, batch=16, every=20, warmup=5, rate=1e-2, seed=1)
PREVIOUS = 'aggregate(select(indices, indices - 1, ==), tokens, "-")'


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_program(load_text(""), PREVIOUS, CompileOptions(tuple("abc"), 4, "causal"))


@pytest.fixture(scope="module")
def model(compiled: Compiled) -> Superposed:
    return superpose_compiled(compiled, 3, QUICK)


@pytest.fixture(scope="module")
def folder(model: Superposed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("superposed") / "model"
    save_superposed(model, found)
    return found


def test_the_record_has_the_form(model: Superposed) -> None:
    record = json.loads(encode_superposed(model)["rasp.json"])
    find_validator("SuperposedRecord").validate(record)


def test_directions_of_a_rotated_residual_are_its_rotation(compiled: Compiled) -> None:
    """What is fitted is the direction along which a value really lies, and nothing of it is lost."""
    teacher = make_decoder(compiled.weights)
    part = split_examples(compiled.weights.config, compiled.meaning, 4, 1000, 0).train
    features = list_features(compiled, teacher, part)
    rotation = choose_rotation(compiled.layout, 5).matrix
    wanted = read_steps(teacher, part)
    turned = [step.double() @ torch.tensor(rotation) for step in wanted]
    for feature, found in zip(features, fit_directions(features, wanted, turned), strict=True):
        assert found.told == pytest.approx(1, abs=1e-3), feature
        read = turned[feature.written] @ torch.tensor(found.along, dtype=torch.float64) + found.offset
        assert torch.allclose(read, wanted[feature.written][:, feature.column].double(), atol=0.05)


def test_features_are_what_stands_in_columns(compiled: Compiled) -> None:
    part = split_examples(compiled.weights.config, compiled.meaning, 4, 1000, 0).train
    features = list_features(compiled, make_decoder(compiled.weights), part)
    assert {"tokens", "indices"} <= {feature.value for feature in features}
    assert all(feature.written < feature.cleared <= 3 and feature.spread > 0 for feature in features)


def test_learning_makes_both_losses_smaller(compiled: Compiled) -> None:
    apprentice = begin_superposing(compiled, 3, replace(QUICK, steps=60))
    measure, decoder = apprentice.training.measure, apprentice.training.decoder
    before = float(measure(decoder, apprentice.split.test).detach())
    outcome, directions = finish_superposing(apprentice)
    assert float(measure(decoder, apprentice.split.test).detach()) < 0.7 * before
    assert 0.3 < outcome.positions_right <= 1
    assert all(len(direction.along) == 3 and direction.told <= 1 for direction in directions)
    assert sum(direction.told for direction in directions) / len(directions) > 0.1


def test_the_same_seed_gives_the_same_bytes(compiled: Compiled, model: Superposed) -> None:
    assert encode_superposed(superpose_compiled(compiled, 3, QUICK)) == encode_superposed(model)
    other = superpose_compiled(compiled, 3, replace(QUICK, seed=2))
    assert encode_superposed(other)["model.safetensors"] != encode_superposed(model)["model.safetensors"]


def test_a_folder_is_read_as_it_was(folder: Path, model: Superposed) -> None:
    again = read_superposed(folder)
    assert encode_superposed(again) == encode_superposed(model)
    assert again.directions == model.directions and again.outcome == model.outcome


def test_a_model_says_that_it_is_not_certified(folder: Path, model: Superposed) -> None:
    found = load(folder)
    assert isinstance(found, TrainedModel) and not found.certified and "not certified" in repr(found)
    assert len(found("abc")) == 3  # type: ignore[arg-type]
    assert found.read_features("abc").shape == (3, 4, len(model.directions))
    assert found.without(head=(0, 0))("abc") is not None
    for ask in (lambda: found.run("abc"), lambda: found.compiled, lambda: found.without(value="tokens")):
        with pytest.raises(ModelError, match="nothing certifies"):
            ask()
    with pytest.raises(CheckpointError, match="trained and is not certified"):
        read_checkpoint(folder)


def test_threads_are_as_many_as_before(compiled: Compiled) -> None:
    """Training takes one, whoever calls it, and also where it fails."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        superpose_compiled(compiled, 3, replace(QUICK, steps=1))
        assert torch.get_num_threads() == 3
        with pytest.raises(WrongUsage):
            superpose_compiled(compiled, 99, QUICK)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_overlaps_are_cosines(model: Superposed) -> None:
    found = measure_overlaps(model.directions)
    assert found.shape == (len(model.directions),) * 2
    assert found.diagonal() == pytest.approx(1) and abs(found).max() <= 1 + 1e-12


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "rasp.json"])
def test_a_changed_byte_is_noticed(name: str, folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointError):
        load(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("certified", True), ("compiled_width", 2), ("expressions", {"other": PREVIOUS}), ("version", 9)],
)
def test_a_record_that_claims_more_is_refused(
    key: str, value: object, model: Superposed, tmp_path: Path
) -> None:
    """Also with the right checksums."""
    files = encode_superposed(model)
    record = json.loads(files["rasp.json"]) | {key: value}
    del record["checksum"]
    files["rasp.json"] = encode_json(record | {"checksum": hash_bytes(encode_json(record))})
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckpointError):
        load(tmp_path)


def ask(*given: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(given))
    return result.exit_code, result.output


COMPILE = (
    "compile",
    "-e",
    f"previous={PREVIOUS}",
    "--vocab",
    "abc",
    "--max-length",
    "4",
    "--attention",
    "causal",
)


def test_commands_lead_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(superpose_command, "STEPS", QUICK)
    narrow = str(tmp_path / "narrow")
    code, said = ask(*COMPILE, "--disguise", "superpose=3", "--seed", "1", "-o", narrow)
    assert code == 0 and said.splitlines()[1].startswith("  NOT certified") and "3, of" in said
    code, told = ask("info", narrow)
    assert code == 0 and told.splitlines()[1].startswith("  NOT certified")
    assert json.loads(ask("info", narrow, "--json")[1])["certified"] is False
    code, told = ask("verify", narrow)
    assert code == 1 and told.startswith("NOT certified: it was trained, and is wrong on ")
    record = json.loads(ask("verify", narrow, "--json")[1].splitlines()[-1])
    assert record["passed"] is False and record["certified"] is False
    code, told = ask("apply", narrow, "-i", "abc")
    assert code == 0 and "is not certified" in told
    answered = CliRunner().invoke(main, ["apply", narrow, "abc", "b", "abcabc", "--json"])
    one, other, long = map(json.loads, answered.stdout.splitlines())
    assert one["certified"] is False and other["certified"] is False and len(one["answer"]) == 3
    assert long["certified"] is False and "has 6 tokens" in long["error"]
    (tmp_path / "prompts.txt").write_text("a\n[\nzz\n")
    for command in (("generate", "--max-new-tokens", "1"), ("apply",)):
        answered = CliRunner().invoke(
            main, [*command, narrow, "--inputs", str(tmp_path / "prompts.txt"), "--json"]
        )
        assert [json.loads(line)["certified"] for line in answered.stdout.splitlines()] == [False] * 3
    for command in (("circuit",), ("inspect", "-o", str(tmp_path / "page.html")), ("bisect",)):
        code, told = ask(command[0], narrow, *command[1:])
        assert code == 2 and "trained and is not certified" in told
    code, _ = ask(*COMPILE, "-o", narrow)  # may be overwritten, as any model of ours
    assert code == 0 and read_checkpoint(Path(narrow))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--disguise", "superpose=0"], "'superpose=0'"),
        (["--disguise", "superpose"], "superpose=K for K columns"),
        (["--disguise", "superpose=50"], "has no more than"),
        (["--disguise", "superpose=3", "--why"], "--why does not go with superpose"),
        (["--disguise", "superpose=3", "--emit", "plan"], "--emit"),
        (["--disguise", "superpose=3", "--target", "gpt2"], "--target gpt2"),
        (["--disguise", "superpose=3", "--dtype", "float64"], "--dtype float64"),
        (["--disguise", "superpose=3", "--margin", "1"], "--margin"),
        (["--disguise", "superpose=3", "--no-value"], "--no-value"),
        (["--disguise", "superpose=3", "--decode"], "--decode"),
        (["--disguise", "superpose=3", "--seed", "99999999999999999999"], "not in the range"),
    ],
)
def test_what_does_not_go_with_it_is_refused(given: list[str], said: str) -> None:
    code, told = ask(*COMPILE, *given)
    assert code == 2 and said in told


def test_too_few_inputs_are_refused() -> None:
    small = ("--vocab", "ab", "--max-length", "2", "--attention", "causal")
    code, told = ask("compile", "-e", f"previous={PREVIOUS}", *small, "--disguise", "superpose=1")
    assert code == 2 and "at least ten are needed" in told


def test_an_interruption_writes_nothing(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(superpose_command, "finish_superposing", interrupt)
    folder = tmp_path / "narrow"
    result = CliRunner().invoke(main, [*COMPILE, "--disguise", "superpose=3", "-o", str(folder)])
    assert result.exit_code == 130 and "nothing was written" in result.output and not folder.exists()


def test_a_wide_residual_has_nothing_to_superpose(compiled: Compiled) -> None:
    with pytest.raises(WrongUsage, match="no more than"):
        superpose_compiled(compiled, compiled.weights.config.d_model, QUICK)
