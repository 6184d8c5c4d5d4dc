"""Golden models: right in transformers, and wrong in every engine that lacks the feature that a case is for."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from compiler.cli import main
from compiler.export.read_file import CheckpointError
from compiler.golden.answer_golden import answer_in_transformers
from compiler.golden.check_golden import check_case, list_names
from compiler.golden.golden_cases import GoldenCase, list_cases
from compiler.golden.write_golden import GoldenOptions, write_golden
from compiler.options import Dialect
from compiler.pipeline import Compiled

transformers: Any = pytest.importorskip("transformers", reason="the extra `stock` is not installed")
NAMES = [case.name for case in list_cases("gpt2")]


@pytest.fixture(scope="module")
def goldens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("goldens")
    write_golden(folder, GoldenOptions(batches=4))
    return folder


def test_all_cases_are_there(goldens: Path) -> None:
    assert list_names(goldens) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_transformers_is_right(name: str, goldens: Path) -> None:
    assert check_case(name, answer_in_transformers, goldens) == []


def open_broken(feature: str, folder: str) -> Any:
    """A model with other weights, or another activation, where that is what is broken."""
    model = transformers.GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    if feature == "untied":
        model.lm_head.weight = model.transformer.wte.weight
    if feature == "tied":
        model.lm_head.weight = torch.nn.Parameter(torch.eye(*model.lm_head.weight.shape))
    if feature == "units":
        for layer in model.transformer.h:
            layer.mlp.act = torch.nn.Identity()
    return model


def broken(feature: str, folder: str, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    """What an engine answers that lacks a feature: logits of whole inputs, again and again."""
    model = open_broken(feature, folder)
    bos = model.config.bos_token_id
    longest = max(map(len, prompts))
    rows = torch.tensor([[bos] * (longest - len(prompt)) + [*prompt] for prompt in prompts])
    start = rows.shape[1]
    for _ in range(count):
        given: dict[str, Any] = {"input_ids": rows}
        if feature == "shift":
            given["position_ids"] = torch.arange(rows.shape[1])[None] - 1
            given["position_ids"] = given["position_ids"].clamp(min=0)
        if feature == "mask":
            seen = torch.zeros(rows.shape[0], 1, rows.shape[1], rows.shape[1])
            given["attention_mask"] = seen
        if feature == "window":
            given["attention_mask"] = (torch.arange(rows.shape[1])[None] >= rows.shape[1] - 64).long()
            given["attention_mask"] = given["attention_mask"].expand_as(rows)
            given["position_ids"] = torch.arange(rows.shape[1])[None]
        if feature == "lost":  # a cache that loses the oldest but BOS
            keep = torch.ones_like(rows)
            keep[:, 1 : max(1, rows.shape[1] - 2)] = 0
            given |= {"attention_mask": keep, "position_ids": torch.arange(rows.shape[1])[None]}
        if feature == "leak":  # every row sees the first one's first token
            given["input_ids"] = rows.clone()
            given["input_ids"][:, 1] = rows[0, 1]
        with torch.inference_mode():
            logits = model(**given).logits[:, -1]
        rows = torch.cat([rows, logits.argmax(-1, keepdim=True)], dim=1)
    return rows[:, start:].tolist()


BREAKS = {
    "untied-head": "untied",
    "tied-head": "tied",
    "positions": "shift",
    "causal-mask": "mask",
    "counting": "lost",
    "hidden-units": "units",
    "batch": "leak",
    "padding": "seen",
    "cache": "lost",
    "cache-counting": "lost",
    "padding-and-cache": "seen",
    "long-context": "window",
}


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_without_the_feature_is_wrong(name: str, goldens: Path) -> None:
    def answer(folder: str, prompts: Sequence[Sequence[int]], count: int) -> list[list[int]]:
        return broken(BREAKS[name], folder, prompts, count)

    assert check_case(name, answer, goldens)


@pytest.fixture(scope="module")
def llamas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llamas")
    write_golden(folder, GoldenOptions("llama", batches=4))
    return folder


def answer_as_llama(base: float | None, folder: str, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """One id behind each prompt, without sdpa; turned as by a rotary base without scaling, if one is given."""
    kind = transformers.LlamaForCausalLM
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    if base is not None:
        turned = model.model.rotary_emb.inv_freq
        turned.copy_(base ** -(torch.arange(len(turned)) / len(turned)))
    with torch.inference_mode():
        return [[int(model(torch.tensor([prompt])).logits[0, -1].argmax())] for prompt in prompts]


def repeat_in_turn(states: torch.Tensor, count: int) -> torch.Tensor:
    """Key and value heads one after the other, all of them again and again: not each beside itself."""
    return states.repeat(1, count, 1, 1)


@pytest.mark.parametrize("case", list_cases("llama"), ids=lambda case: case.name)
def test_llama_is_right_and_what_it_alone_has_is_needed(
    case: GoldenCase, llamas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_case(case.name, answer_in_transformers, llamas) == []
    if case.target is None:
        return
    base = 10_000.0 if case.name.startswith("rotary") else None
    if case.name == "grouped-queries":
        model = transformers.AutoModelForCausalLM.from_pretrained(llamas / case.name)
        assert model.config.num_attention_heads == 2 * model.config.num_key_value_heads > 2
        monkeypatch.setattr("transformers.models.llama.modeling_llama.repeat_kv", repeat_in_turn)
    assert check_case(case.name, lambda folder, prompts, _: answer_as_llama(base, folder, prompts), llamas)


def test_the_same_options_give_the_same_bytes(goldens: Path) -> None:
    def read() -> dict[Path, bytes]:
        files = [path for path in sorted(goldens.rglob("*")) if path.is_file() and path.suffix != ".pyc"]
        return {path: path.read_bytes() for path in files}

    before = read()
    write_golden(goldens, GoldenOptions(batches=4))
    assert read() == before


@pytest.mark.parametrize("ending", [OSError(28, "No space left on device"), KeyboardInterrupt(), None])
def test_folders_are_written_whole(
    ending: BaseException | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second case fails a new folder is gone again, and an older one is as it was; what a program that was killed
    has left is in nobody's way."""
    calls: list[str] = []

    def write(case: GoldenCase, compiled: Compiled, options: GoldenOptions) -> list[str]:
        calls.append(case.name)
        if ending is not None and len(calls) % 2 == 0:
            raise ending
        return [f"{options.seed}"]

    def few(target: Dialect) -> list[GoldenCase]:
        return list(list_cases(target)[:2])

    monkeypatch.setattr("compiler.golden.write_golden.list_cases", few)
    monkeypatch.setattr("compiler.golden.write_golden.write_lines", write)
    older = tmp_path / "older"
    older.mkdir()
    for name in ("golden.json", f"{NAMES[0]}.jsonl"):
        (older / name).write_text("older")
    killed = tmp_path / "killed" / ".unfinished"
    killed.mkdir(parents=True)
    (killed / "part").write_text("half")
    for folder in (tmp_path / "new", older, killed.parent):
        if ending is None:
            assert write_golden(folder, GoldenOptions(seed=5)) == NAMES[:2]
            assert (folder / f"{NAMES[0]}.jsonl").read_text() == "5\n"
            assert list_names(folder) == NAMES[:2] and not (folder / ".unfinished").exists()
        else:
            with pytest.raises((CheckpointError, KeyboardInterrupt)):
                write_golden(folder, GoldenOptions(seed=5))
    if ending is not None:
        assert not (tmp_path / "new").exists() and list(killed.parent.iterdir()) == []
        assert {path.name: path.read_text() for path in older.iterdir()} == {
            "golden.json": "older",
            f"{NAMES[0]}.jsonl": "older",
        }


ENGINE = """
def answer(folder, prompts, count):
    return [[0] * count for _ in prompts]

def few(folder, prompts, count):
    return []
"""


def test_the_script_needs_nothing_and_tells_what_is_wrong(goldens: Path, tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_text(ENGINE)

    def run(*words: str) -> tuple[int, str]:
        script = str(goldens / "check_golden.py")
        done = subprocess.run(
            [sys.executable, "-I", "-B", script, *words],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    code, said = run("engine:answer", "untied-head", "cache")
    assert code == 1 and said.count("wrong") == 2 and "after [3, " in said
    assert run("engine:few", "batch")[0] == 1
    assert run("engine:answer", "caches")[0] == run()[0] == 2


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["golden", *words], prog_name="rasp")

    done = run(str(tmp_path / "g"), "--batches", "1", "--target", "opt", "--json")
    assert done.exit_code == 0 and not any(json.loads(done.stdout)["wrong"].values())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    for words, said in (
        ([str(tmp_path / "other")], "is not one of golden models"),
        ([str(tmp_path / "other" / "file")], "is not one of golden models"),
        ([str(tmp_path / "x"), "--margin", "1e9"], "the margin"),
        ([str(tmp_path / "x"), "--target", "plain"], "--target"),
    ):
        done = run(*words)
        assert done.exit_code in (1, 2) and said in done.stderr, done.stderr
    assert (tmp_path / "other" / "file").read_text() == "mine"
