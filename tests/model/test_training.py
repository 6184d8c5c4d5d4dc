"""Training: parts share nothing, losses are as defined, what was interrupted ends the same, compiled weights are right."""

import json
import math
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load as load_arrays

from compiler.cli import main
from compiler.export.records import encode_config
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.training import kept_training
from compiler.training.attention import draw_attention, read_patterns
from compiler.training.curves import draw_curves, has_matplotlib
from compiler.training.examples import IGNORED, Examples, Split, split_examples
from compiler.training.judge import judge_lengths, judge_noise, sum_up
from compiler.training.kept_training import Task, resume_training, save_training
from compiler.training.learn import (
    Moment,
    Settings,
    Training,
    begin_training,
    continue_training,
    find_loss,
    measure_accuracy,
    rate_at,
    read_logits_of,
)
from compiler.training.shape import Widths, choose_shape, describe_shape
from compiler.training_commands import train_command
from compiler.training_commands.train_command import Lesson, learn
from compiler.transformer.decoder import Decoder
from rasp import load
from rasp.diagnostics import RaspError
from rasp.interpret.evaluate import evaluate, evaluate_by_position

CPU = torch.device("cpu")
HISTOGRAM = "selector_width(select(tokens, tokens, ==))"
QUICK = Settings(steps=60, batch=16, every=20, warmup=5)


def compiled(expression: str, vocabulary: str = "abc", length: int = 4, attention: str = "full") -> Compiled:
    return compile_program(load(""), expression, CompileOptions(tuple(vocabulary), length, attention))  # type: ignore[arg-type]


def words(model: Compiled, examples: Examples) -> list[tuple[Any, ...]]:
    vocabulary = model.weights.config.vocabulary
    return [
        tuple(vocabulary[t] for t in row[1:n])
        for row, n in zip(
            cast(list[list[int]], examples.ids.tolist()),
            cast(list[int], examples.lengths.tolist()),
            strict=True,
        )
    ]


@pytest.fixture(scope="module")
def histogram() -> Compiled:
    return compiled(HISTOGRAM)


@pytest.fixture(scope="module")
def split(histogram: Compiled) -> Split:
    return split_examples(histogram.weights.config, histogram.meaning, 3, 1000, 0)


def test_parts_share_no_input(histogram: Compiled, split: Split) -> None:
    assert split.longer is not None
    parts = [words(histogram, part) for part in (split.train, split.validation, split.test, split.longer)]
    together = [word for part in parts for word in part]
    assert len(set(together)) == len(together)
    assert [len(part) for part in parts] == [33, 3, 3, 3]  # 3 + 9 + 27 inputs of up to 3 tokens
    assert {len(word) for word in parts[3]} == {4}


def test_parts_have_inputs_of_all_lengths_alike(histogram: Compiled) -> None:
    """Of short ones there are few; they must not all be set apart."""
    parts = split_examples(histogram.weights.config, histogram.meaning, 4, 1000, 0)
    lengths = [list(map(len, words(histogram, part))) for part in (parts.train, parts.validation, parts.test)]
    assert [len(part) for part in lengths] == [96, 12, 12]
    assert all(sum(part) / len(part) == pytest.approx(3.55, abs=0.5) for part in lengths)
    assert lengths[0].count(1) >= 1 and lengths[0].count(2) >= 5


@pytest.mark.parametrize(
    ("expression", "attention"),
    [
        ("selector_width(select(tokens, tokens, ==))", "full"),
        ("aggregate(select(indices, indices - 1, ==), tokens, '-')".replace("'", '"'), "causal"),
        ("1 / (length - 2)", "full"),
    ],
)
def test_targets_are_the_interpreters(expression: str, attention: str) -> None:
    model = compiled(expression, attention=attention)
    config = model.weights.config
    part = split_examples(config, model.meaning, 4, 200, 1).train
    inputs = words(model, part)
    answers = evaluate(list(model.meaning.values()), inputs, config.attention)[0]
    for row, answer in zip(cast(list[list[int]], part.targets[0].tolist()), answers, strict=True):
        values = evaluate_by_position(answer)
        told = [None if c == IGNORED else config.outputs[0].classes[c] for c in row[: len(values)]]
        assert told == list(values) and set(row[len(values) :]) <= {IGNORED}


def test_too_few_inputs(histogram: Compiled) -> None:
    with pytest.raises(ValueError, match="only 3 different inputs of up to 1 token"):
        split_examples(histogram.weights.config, histogram.meaning, 1, 1000, 0)


def test_the_loss_is_cross_entropy(histogram: Compiled, split: Split) -> None:
    training = begin_training(choose_shape(histogram.weights.config, None, None, Widths(8, 4, 8)), QUICK, CPU)
    part = split.train
    logits = training.decoder(part.ids, part.lengths)[0][:, 1:].log_softmax(-1)
    told = [
        -logits[i, p, int(part.targets[0][i, p])].item()
        for i in range(len(part))
        for p in range(int(part.lengths[i]) - 1)
    ]
    assert math.isclose(
        find_loss(read_logits_of(training.decoder, part)).item(), sum(told) / len(told), rel_tol=1e-9
    )
    assert math.isclose(measure_accuracy(training.decoder, part)[0], sum(told) / len(told), rel_tol=1e-9)


def test_it_learns() -> None:
    model = compiled("tokens")
    config = choose_shape(model.weights.config, 1, 1, Widths(16, 8, 16))
    part = split_examples(config, model.meaning, 4, 100, 0)
    training = begin_training(config, Settings(steps=200, batch=32, every=50, rate=1e-2, warmup=5), CPU)
    moments = list(continue_training(training, part))
    assert moments[-1].accuracy == 1.0 and moments[-1].validation_loss < moments[0].train_loss
    training.decoder.load_state_dict(training.best)
    assert sum_up(judge_lengths(training.decoder, part.test)) == (1.0, 1.0)


def test_an_interrupted_training_ends_the_same(histogram: Compiled, split: Split, tmp_path: Path) -> None:
    config = choose_shape(histogram.weights.config, None, None, Widths(8, 4, 8))
    task = Task("", {"out": "…"}, {}, {}, {}, "random")

    def begin() -> Training:
        return begin_training(config, QUICK, CPU)

    whole = begin()
    assert len(list(continue_training(whole, split))) == 3
    first = begin()
    for _ in islice(continue_training(first, split), 1):
        save_training(tmp_path, task, config, first, None)
    second = begin()
    resume_training(tmp_path, task, second)
    assert second.step == 20
    assert len(list(continue_training(second, split))) == 2
    assert second.history == whole.history
    for name, weight in whole.decoder.state_dict().items():
        assert torch.equal(weight, second.decoder.state_dict()[name]) and torch.equal(
            whole.best[name], second.best[name]
        )


@pytest.mark.parametrize("contents", [b"", b"{}", b"\x80\x02nothing"])
def test_damaged_trainings_do_not_go_on(
    histogram: Compiled, split: Split, tmp_path: Path, contents: bytes
) -> None:
    config = choose_shape(histogram.weights.config, None, None, Widths(8, 4, 8))
    task = Task("", {"out": "…"}, {}, {}, {}, "random")
    training = begin_training(config, QUICK, CPU)
    next(continue_training(training, split))
    save_training(tmp_path, task, config, training, None)
    assert json.loads((tmp_path / "training.json").read_text())["certified"] is False
    (tmp_path / "state.pt").write_bytes(contents)
    with pytest.raises(RaspError, match="holds no training that could go on"):
        resume_training(tmp_path, task, begin_training(config, QUICK, CPU))


def test_another_task_does_not_go_on(histogram: Compiled, split: Split, tmp_path: Path) -> None:
    config = choose_shape(histogram.weights.config, None, None, Widths(8, 4, 8))
    training = begin_training(config, QUICK, CPU)
    next(continue_training(training, split))
    save_training(tmp_path, Task("", {"out": "1"}, {}, {}, {}, "random"), config, training, None)
    with pytest.raises(RaspError, match="was begun with other outputs"):
        resume_training(tmp_path, Task("", {"out": "2"}, {}, {}, {}, "random"), training)


@pytest.mark.parametrize("written_by", [None, "rasp 0.0.9"])
def test_trainings_of_another_version_do_not_go_on(
    histogram: Compiled, split: Split, tmp_path: Path, written_by: str | None
) -> None:
    """The first version kept no record beside the weights, others say what wrote them."""
    config = choose_shape(histogram.weights.config, None, None, Widths(8, 4, 8))
    training, task = begin_training(config, QUICK, CPU), Task("", {"out": "1"}, {}, {}, {}, "random")
    next(continue_training(training, split))
    save_training(tmp_path, task, config, training, None)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    record = json.loads(state.pop("record"))
    if written_by is not None:
        state["record"] = json.dumps(record | {"version": record["version"] - 1, "written_by": written_by})
    torch.save(state, tmp_path / "state.pt")
    with pytest.raises(RaspError, match=written_by or "an earlier version of rasp") as refused:
        resume_training(tmp_path, task, training)
    assert "go on with that version, or train into another folder" in str(refused.value.diagnostics[0].hint)


def test_another_kind_of_step_does_not_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative steps are told among the settings: with fixed ones, all else being the same, it is another training."""
    monkeypatch.setattr(train_command, "has_matplotlib", lambda: False)
    words = ["train", "-e", HISTOGRAM, "--vocab", "abc", "--max-length", "3", "--start", "compiled"]
    words += ["--steps", "100", "-o", str(tmp_path / "trained")]
    begun = CliRunner().invoke(main, words)
    assert begun.exit_code == 0, begun.stderr
    state = torch.load(tmp_path / "trained" / "state.pt", weights_only=True)
    record = json.loads(state["record"])
    settings = record["task"]["settings"]
    assert (settings["relative"], settings["weight_decay"]) == (True, 0.0)
    settings["relative"] = False
    torch.save(state | {"record": json.dumps(record)}, tmp_path / "trained" / "state.pt")
    told = CliRunner().invoke(main, [*words, "--resume"])
    assert told.exit_code == 1 and "was begun with other settings" in told.stderr


def test_compiled_weights_are_right_from_the_start(histogram: Compiled, split: Split) -> None:
    start = {name: torch.tensor(array) for name, array in histogram.weights.arrays.items()}
    training = begin_training(histogram.weights.config, QUICK, CPU, start)
    assert measure_accuracy(training.decoder, split.train)[1] == 1.0
    noise = judge_noise(training.decoder, start, split.train, (0.0, 1e-6, 1.0), seed=0)
    assert noise[0.0] == noise[1e-6] == 1.0 and noise[1.0] < 1.0
    assert measure_accuracy(training.decoder, split.train)[1] == 1.0


def test_compiled_weights_stay_right_while_they_learn(histogram: Compiled, split: Split) -> None:
    """Answers stay right, the loss falls, and zeros stay zeros; steps of a fixed size make all of it wrong at once."""
    start = {name: torch.tensor(array) for name, array in histogram.weights.arrays.items()}
    settings = replace(QUICK, steps=40, every=20, rate=1e-3, relative=True)
    training = begin_training(histogram.weights.config, settings, CPU, start)
    before, _ = measure_accuracy(training.decoder, split.test)
    found = [*continue_training(training, split)]
    assert [moment.accuracy for moment in found] == [1.0, 1.0] and found[-1].validation_loss < before
    changed = training.decoder.state_dict()
    assert all(bool((changed[name][start[name] == 0] == 0).all()) for name in start)
    fixed = begin_training(histogram.weights.config, replace(settings, rate=1e-5, relative=False), CPU, start)
    assert [*continue_training(fixed, split)][-1].accuracy < 0.9


WRITTEN = ("state.pt", "model.safetensors", "config.json", "training.json")


@pytest.mark.parametrize("moment", [(name, whole) for name in WRITTEN for whole in (False, True)])
def test_wherever_it_is_interrupted_it_ends_the_same(
    histogram: Compiled, split: Split, moment: tuple[str, bool], tmp_path: Path, capsys: Any
) -> None:
    """Before and after each file of the second evaluation; the step that is told is the one that it goes on from."""
    last, written = moment
    config = choose_shape(histogram.weights.config, None, None, Widths(8, 4, 8))
    task = Task("", {"out": "…"}, {}, {}, {}, "random")

    def begin() -> Lesson:
        return Lesson(histogram, config, split, task, begin_training(config, QUICK, CPU))

    seen, write = list[str](), kept_training.write_file

    def stop(path: Path, data: bytes) -> None:
        seen.append(path.name)
        stops = seen.count(last) == 2
        if written or not stops:
            write(path, data)
        if stops:
            raise KeyboardInterrupt

    whole, again = begin(), begin()
    learn(whole, None)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(kept_training, "write_file", stop)
        learn(begin(), tmp_path)
    step = 20 if last == "state.pt" and not written else 40
    assert f"goes on from step {step}" in capsys.readouterr().err
    resume_training(tmp_path, task, again.training)
    assert again.training.step == step
    learn(again, None)
    assert again.training.history == whole.training.history
    weights, found = whole.training.decoder.state_dict(), again.training.decoder.state_dict()
    assert all(torch.equal(weight, found[name]) for name, weight in weights.items())
    assert all(torch.equal(weight, again.training.best[name]) for name, weight in whole.training.best.items())


def test_shapes(histogram: Compiled) -> None:
    config = histogram.weights.config
    assert choose_shape(config, None, None, None) == config
    nothing = replace(config, layers=())
    assert choose_shape(nothing, None, None, None) == nothing  # compiled weights have no layer
    assert len(choose_shape(nothing, None, None, Widths()).layers) == 1
    assert describe_shape(choose_shape(config, None, None, Widths())) == "1 layer, heads 1, d_model 64"
    assert describe_shape(choose_shape(config, 3, 2, Widths(32))) == "3 layers, heads 2 + 2 + 2, d_model 32"


def test_the_rate_rises_and_falls() -> None:
    rates = [rate_at(QUICK, step) for step in range(QUICK.steps + 1)]
    assert max(rates) == rates[QUICK.warmup] == QUICK.rate
    assert rates[: QUICK.warmup] == sorted(rates[: QUICK.warmup])
    assert rates[QUICK.warmup :] == sorted(rates[QUICK.warmup :], reverse=True)
    assert math.isclose(rates[-1], QUICK.rate / 10)


@pytest.mark.skipif(not has_matplotlib(), reason="matplotlib is not installed")
def test_attention_is_drawn(histogram: Compiled, tmp_path: Path) -> None:
    """Of a head that counts, and of one that does not; patterns are those of the decoder, row by row."""
    decoder = Decoder(encode_config(histogram.weights.config))
    decoder.load_state_dict({name: torch.tensor(array) for name, array in histogram.weights.arrays.items()})
    counting = read_patterns(decoder, [histogram.weights.config.bos, 0, 1, 0])
    assert counting[0][0].shape == (4, 4) and counting[0][0][1:, 0].min() > 0.99  # BOS itself is not asked
    for heads in (1, 9):  # beside one another, and one below the other
        other = [[counting[0][0].T] * heads, []]
        draw_attention({"one": counting, "other": other}, "aba", tmp_path / "heads.png")
        assert (tmp_path / "heads.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not has_matplotlib(), reason="matplotlib is not installed")
def test_curves(tmp_path: Path) -> None:
    draw_curves([Moment(i, 1 / i, 2 / i, 1 - 1 / i) for i in (1, 2, 4)], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "trained"
    words = [
        "train",
        "-e",
        "tokens",
        "--vocab",
        "abc",
        "--max-length",
        "4",
        "--trained-length",
        "3",
        "--width",
        "16",
    ]
    words += ["--head-width", "4", "--mlp-width", "8", "--steps", "100", "-o", str(folder)]
    said = CliRunner().invoke(main, [*words, "--noise"])
    assert said.exit_code == 0 and "not certified" in said.stdout and "of positions" in said.stdout
    record = json.loads((folder / "training.json").read_text())
    assert record["results"]["steps"] == 100 and len(record["results"]["beyond_trained_length"]) == 1
    decoder = Decoder(json.loads((folder / "config.json").read_text()))
    decoder.load_state_dict(load_arrays((folder / "model.safetensors").read_bytes()))
    again = CliRunner().invoke(main, [*words, "--resume", "--json"])
    assert json.loads(again.stdout)["results"] == {
        name: value for name, value in record["results"].items() if name != "noise"
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resume"], "which training should go on?"),
        (["--resume", "-o", "nowhere"], "nowhere holds no training"),
        (["-o", "."], ". holds other files"),
        (["--start", "compiled", "--layers", "2"], "compiled weights have the compiled shape"),
        (["--device", "gramophone"], "there is no device 'gramophone' here"),
        (["--examples", "5"], "there are only 5 different inputs"),
        (["--layers", "0"], "invalid value for '--layers'"),
    ],
)
def test_wrong_usage(words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("")
    told = CliRunner().invoke(main, ["train", "-e", "tokens", "--vocab", "abc", "--max-length", "3", *words])
    assert told.exit_code == 2 and said in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
