"""Formats for other software: what is written is run by its engine, and answers what the interpreter answers."""

import io
import json
import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from compiler.blocks.basis import is_wide
from compiler.cli import main
from compiler.engines.engine_table import ENGINES, EngineRequest, find_reader
from compiler.export.compiled import save
from compiler.formats.format_names import ENGINE_NAMES, FORMAT_NAMES, EngineName, FormatName
from compiler.formats.format_table import FORMATS, encode_export
from compiler.formats.transformerlens_files import check_single_logits
from compiler.formats.write_export import write_export
from compiler.options import CompileOptions, Dialect
from compiler.pipeline import Compiled, compile_program
from compiler.targets.target import FAMILY_TARGETS, TARGETS
from compiler.transformer.problem import ModelError
from compiler.verify.chosen_inputs import choose_inputs
from compiler.verify.run_engine import verify_in_engine
from rasp.diagnostics import DiagnosedError
from rasp.elaborate.program import load_program
from rasp.source import Source

#: Programs of one output: a count, a mean, positions, what came before, strings that are no tokens.
PROGRAMS = {
    "histogram": "selector_width(select(tokens, tokens, ==))",
    "mean": 'aggregate(select(indices, indices, <=), indicator(tokens == "a"))',
    "index": "indices % 3",
    "before": 'aggregate(select(indices, indices - 1, ==), tokens, "?")',
}
MODULES = {
    "transformers-eager": "transformers",
    "transformers-sdpa": "transformers",
    "transformerlens": "transformer_lens",
    "nanogpt": "torch",
    "llamacpp": "xllamacpp",
}


def compile_text(text: str, target: Dialect = "plain", **options: Any) -> Compiled:
    attention = "full" if "full" in TARGETS[target].attentions else "causal"
    made = CompileOptions("abc", 6, attention, target, **options)
    return compile_program(load_program(Source("none", "")), {"out": text}, made)


def require(engine: EngineName, target: Dialect) -> None:
    """Skip where an engine, or what writes for it, is not installed."""
    needs = {MODULES.get(engine, engine)} | ({"transformers", "onnxscript"} if target != "plain" else set())
    for module in sorted(needs):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def assert_right(engine: EngineName, compiled: Compiled, **how: Any) -> None:
    options = compiled.options
    selection = choose_inputs(len(options.vocabulary), options.max_length, 400, 0)
    ran = verify_in_engine(EngineRequest(engine, **how), compiled, selection)
    assert ran.report.passed, ran.report.smallest or ran.report.readers


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("engine", [name for name, row in ENGINES.items() if "plain" in row.targets])
def test_plain_models_are_right(engine: EngineName, name: str) -> None:
    require(engine, "plain")
    assert_right(engine, compile_text(PROGRAMS[name]))


@pytest.mark.parametrize(
    "engine, target",
    [
        (name, target)
        for target in ("gpt2", "llama")
        for name, row in ENGINES.items()
        if target in row.targets and row.format != "onnx"
    ],
)
def test_models_of_families_are_right(engine: EngineName, target: Dialect) -> None:
    require(engine, target)
    assert_right(engine, compile_text(PROGRAMS["before"], target))


@pytest.mark.slow  # torch's exporter takes ten seconds
@pytest.mark.parametrize("engine", [name for name, row in ENGINES.items() if row.format == "onnx"])
@pytest.mark.parametrize("target", FAMILY_TARGETS)
def test_families_are_right_in_onnx(target: Dialect, engine: EngineName) -> None:
    require(engine, target)
    assert_right(engine, compile_text(PROGRAMS["before"], target))


def test_float64_is_right_in_onnx() -> None:
    require("onnxruntime", "plain")
    assert_right("onnxruntime", compile_text(PROGRAMS["histogram"], dtype="float64"))


def test_several_outputs_and_no_value_are_right_in_onnx() -> None:
    require("onnxruntime", "plain")
    outputs = {"a": PROGRAMS["histogram"], "b": 'aggregate(select(tokens, "a", ==), indices)'}
    options = CompileOptions("abc", 5, "causal", no_value=True)
    assert_right("onnxruntime", compile_program(load_program(Source("none", "")), outputs, options))


def test_more_positions_than_the_model_has_are_an_error(tmp_path: Path) -> None:
    runtime: Any = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    for text in (PROGRAMS["index"], PROGRAMS["histogram"]):  # with a table of positions and without
        data = encode_export("onnx", compile_text(text))["model.onnx"]
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        session = runtime.InferenceSession(data, options)

        def run(length: int, session: Any = session) -> Any:
            ids = np.zeros((1, length), np.int64)
            return session.run(None, {"input_ids": ids, "attention_mask": ids + 1})

        run(7)
        with pytest.raises(Exception, match=r"broadcast"):
            run(8)


@pytest.mark.parametrize("to", [name for name, row in FORMATS.items() if "plain" in row.targets])
def test_the_same_model_gives_the_same_bytes(to: FormatName) -> None:
    require(find_reader(to), "plain")
    one, other = (encode_export(to, compile_text(PROGRAMS["mean"])) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "to, target, said",
    [
        ("ctranslate2", "plain", "does not hold a model for plain"),
        ("transformerlens", "bert", "does not hold a model for bert"),
        ("transformerlens", "gpt2", "for gpt2 is not written for transformerlens, which opens its folder"),
    ],
)
def test_formats_say_what_they_hold(to: FormatName, target: Dialect, said: str) -> None:
    with pytest.raises(DiagnosedError, match=said) as raised:
        encode_export(to, compile_text(PROGRAMS["index"], target))
    assert "--target" in raised.value.diagnostics[0].hint


@pytest.mark.parametrize("name", PROGRAMS)
def test_tied_heads_are_right(name: str) -> None:
    """One matrix writes tokens and reads answers; in a model of one layer and more."""
    assert_right("nanogpt", compile_text(PROGRAMS[name], "gpt2"))
    if name == "before":
        text = f"aggregate(select(indices, 0, ==), {PROGRAMS[name]})"
        assert_right("nanogpt", compile_text(text, "gpt2", margin=10.0))


def test_a_tied_checkpoint_is_what_nanogpt_loads() -> None:
    files = encode_export("nanogpt", compile_text(PROGRAMS["index"], "gpt2"))
    record = torch.load(io.BytesIO(files["ckpt.pt"]), weights_only=True)
    sizes, arrays = record["model_args"], record["model"]
    width = sizes["n_embd"]
    assert set(sizes) == {
        *("n_layer", "n_head", "n_embd", "block_size", "vocab_size", "bias", "dropout"),
    }
    assert width % sizes["n_head"] == 0
    assert torch.equal(arrays["transformer.wte.weight"], arrays["lm_head.weight"])
    assert arrays["lm_head.weight"].shape == (sizes["vocab_size"], width)
    assert arrays["transformer.wpe.weight"].shape == (sizes["block_size"], width)
    assert arrays["transformer.h.0.mlp.c_fc.weight"].shape == (4 * width, width)
    assert arrays["transformer.h.0.attn.c_attn.weight"].shape == (3 * width, width)
    meta = pickle.loads(files["meta.pkl"])
    assert meta["itos"][3] == "\n" and meta["stoi"]["a"] == 0 and len(meta["itos"]) == sizes["vocab_size"]


def test_logits_that_float32_cannot_tell_apart_are_refused() -> None:
    """Means of so many positions are exact where logits are float64 only."""
    options = CompileOptions("ab", 128, "causal")
    text = 'aggregate(select(indices, indices, <=), indicator(tokens == "a"))'
    compiled = compile_program(load_program(Source("none", "")), {"out": text}, options)
    with pytest.raises(DiagnosedError, match="float32"):
        encode_export("transformerlens", compiled)


def test_numbers_that_are_rounded_by_what_is_added_last_are_refused() -> None:
    """A wave, which a software that adds biases first computes otherwise: none of its errors is the audit's."""
    options = CompileOptions("ab", 64)
    compiled = compile_program(load_program(Source("none", "")), {"out": 'count(tokens, "a") % 2'}, options)
    tables = [block for layer in compiled.plan.layers for block in layer.lookups]
    assert any(block.one is not None for block in tables)
    with pytest.raises(DiagnosedError, match="added last"):
        encode_export("transformerlens", compiled)


def test_tables_and_names_agree() -> None:
    assert tuple(FORMATS) == FORMAT_NAMES
    assert tuple(ENGINES) == ENGINE_NAMES
    assert {find_reader(to) for to in FORMATS} <= set(ENGINES)


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, words, prog_name="rasp")
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a plain model, one of gpt2's, and an export."""
    folder = tmp_path_factory.mktemp("models")
    save(compile_text(PROGRAMS["histogram"]), folder / "plain")
    save(compile_text(PROGRAMS["histogram"], "gpt2"), folder / "gpt2")
    if find_spec("onnx") and find_spec("onnxruntime"):
        code, out, _ = run("export", str(folder / "plain"), "--to", "onnx", "-o", str(folder / "onnx"))
        assert code == 0 and "written to" in out
    return folder


def test_an_export_is_verified_and_damage_is_found(models: Path) -> None:
    require("onnxruntime", "plain")
    code, out, _ = run("verify", str(models / "onnx"), "--json")
    found = json.loads(out)
    assert code == 0 and found["passed"] and found["engine"] == "onnxruntime"
    path = models / "onnx" / "config.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"max_length": 6', b'"max_length": 7'))
    code, _, told = run("verify", str(models / "onnx"))
    path.write_bytes(before)
    assert code == 1 and "config.json is damaged" in told


def test_an_export_answers_by_its_engine(models: Path) -> None:
    require("onnxruntime", "plain")
    folder = str(models / "onnx")
    assert run("apply", folder, "abcb", "--json") == (0, "[1, 2, 1, 2]\n", "")
    code, _, told = run("apply", folder, "abd")
    assert code == 1 and 'the token "d" at position 2' in told
    code, text, _ = run("info", folder)
    assert code == 0 and "plain, float32" in text and f"out = {PROGRAMS['histogram']}" in text


WRONG = {
    "no such folder": (["export", "nowhere", "--to", "onnx", "-o", "x"], 2, "does not exist"),
    "no such format": (["export", "plain", "--to", "pickle", "-o", "x"], 2, "invalid value for '--to'"),
    "no format": (["export", "plain", "-o", "x"], 2, "--to"),
    "no output": (["export", "plain", "--to", "onnx"], 2, "output"),
    "onto itself": (["export", "plain", "--to", "onnx", "-o", "plain"], 2, "would replace"),
    "onto another model": (["export", "plain", "--to", "onnx", "-o", "gpt2"], 2, "is not a checkpoint"),
    "an export again": (["export", "onnx", "--to", "onnx", "-o", "x"], 2, "is an export itself"),
    "no such engine": (["verify", "plain", "--engine", "abacus"], 2, "is not one of"),
    "another family's engine": (["verify", "plain", "--engine", "transformers-sdpa"], 2, "does not run"),
    "a dtype without an engine": (["verify", "plain", "--dtype", "float16"], 2, "engine"),
    "a dtype it has not": (
        ["verify", "plain", "--engine", "onnxruntime", "--dtype", "float16"],
        2,
        "in float16",
    ),
    "an export that should generate": (
        ["generate", "onnx", "abc", "--max-new-tokens", "1"],
        2,
        "`rasp verify` and `rasp apply` run it, and so",
    ),
    "an export elsewhere": (["verify", "onnx", "--engine", "transformers-eager"], 2, "does not read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_inputs_are_told(name: str, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("onnxruntime", "plain")
    monkeypatch.chdir(models)
    words, code, said = WRONG[name]
    found = run(*words)
    assert found[0] == code and said in found[2], found
    assert not (models / "x").exists()


def test_python_is_told_of_a_wrong_format(tmp_path: Path) -> None:
    wrong: Any = "onxn"
    with pytest.raises(DiagnosedError, match="no format called onxn"):
        write_export(compile_text(PROGRAMS["index"]), tmp_path / "x", wrong)


def test_powers_of_two_are_stored_as_they_are_in_transformerlens() -> None:
    """Float32 logits do not round the embedding, whose columns may hold numbers of all sizes."""
    compiled = compile_text(PROGRAMS["mean"])
    assert any(is_wide(vector) for vector in compiled.layout.embedding.vectors)
    check_single_logits(compiled)


OWN_MODEL = '''
from dataclasses import dataclass
from torch import nn
from torch.nn import functional

@dataclass
class GPTConfig:
    block_size: int
    vocab_size: int
    n_layer: int
    n_head: int
    n_embd: int
    dropout: float
    bias: bool

def named(**parts):
    return nn.ModuleDict(parts)

class GPT(nn.Module):
    """Layers by their names: pre-norm, heads side by side, an exact GELU, a head that is the embedding."""

    def __init__(self, c):
        super().__init__()
        print("a model")
        d, self.heads = c.n_embd, c.n_head
        layer = lambda: named(
            ln_1=nn.LayerNorm(d), attn=named(c_attn=nn.Linear(d, 3 * d), c_proj=nn.Linear(d, d)),
            ln_2=nn.LayerNorm(d), mlp=named(c_fc=nn.Linear(d, 4 * d), c_proj=nn.Linear(4 * d, d)))
        h = nn.ModuleList(layer() for _ in range(c.n_layer))
        wte, wpe = nn.Embedding(c.vocab_size, d), nn.Embedding(c.block_size, d)
        self.transformer = named(wte=wte, wpe=wpe, h=h, ln_f=nn.LayerNorm(d))
        self.lm_head = nn.Linear(d, c.vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, ids, targets=None):
        t = self.transformer
        x = t.wte(ids) + t.wpe.weight[: ids.shape[1]]
        for layer in t.h:
            parts = layer.attn.c_attn(layer.ln_1(x)).chunk(3, -1)
            q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + layer.attn.c_proj(y.transpose(1, 2).flatten(2))
            x = x + layer.mlp.c_proj(functional.gelu(layer.mlp.c_fc(layer.ln_2(x))))
        return self.lm_head(t.ln_f(x) if targets is not None else t.ln_f(x)[:, [-1]]), None
'''


def test_ones_own_nanogpt_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file that a variable names gets sizes and arrays, answers right, and is told of where they do not fit it."""
    compiled = compile_text(PROGRAMS["index"], "gpt2")
    monkeypatch.setenv("NANOGPT", str(tmp_path))
    with pytest.raises(ModelError, match=r"there is no .*model.py"):
        assert_right("nanogpt", compiled)
    (tmp_path / "model.py").write_text(OWN_MODEL)
    assert_right("nanogpt", compiled)
    assert capsys.readouterr().out == ""
    (tmp_path / "model.py").write_text(OWN_MODEL.replace("ln_f", "last"))
    with pytest.raises(ModelError, match=r"Error\(s\) in loading state_dict for GPT"):
        assert_right("nanogpt", compiled)
