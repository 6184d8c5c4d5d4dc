"""The hooks of other libraries see what `model.run` tells, under the names that docs/look-inside.md gives."""

from typing import Any

import numpy as np
import pytest
import torch

from compiler import CompileOptions, compile_program
from compiler.engines.engine_table import EngineRequest, open_engine
from compiler.model.runner import Model
from compiler.pipeline import Compiled
from rasp.elaborate.program import load_program
from rasp.source import Source

INDUCTION = """
previous = shift(tokens, 1, "");
induction = aggregate(best(select(previous, tokens, ==), indices), tokens, "?");
"""
OPTIONS = CompileOptions("abcd", 8, "causal")
HISTOGRAM = "selector_width(select(tokens, tokens, ==))"
WORDS = ("abcab", "a", "ddddadab")
CASES = {
    "induction": (INDUCTION, "induction", OPTIONS),
    "rotated": (INDUCTION, "induction", CompileOptions("abcd", 8, "causal", rotation=1)),
    "counting": ("", HISTOGRAM, CompileOptions("abcd", 8)),
}


def compile_case(name: str) -> tuple[Compiled, Model]:
    text, output, options = CASES[name]
    compiled = compile_program(load_program(Source("test", text)), output, options)
    return compiled, Model(compiled.weights, symbols=compiled.symbols, recompile=lambda: compiled)


@pytest.mark.parametrize("name", CASES)
def test_transformerlens_hooks_agree(name: str) -> None:
    pytest.importorskip("transformer_lens")
    compiled, model = compile_case(name)
    with open_engine(EngineRequest("transformerlens", "float32"), compiled) as opened:
        bridge: Any = opened.module
        for word in WORDS:
            run = model.run(word)
            _, cache = bridge.run_with_cache(torch.tensor([model.encode(word)]))
            residuals, width = run.activations.residuals, model.config.d_model
            for layer, heads in enumerate(run.heads):
                seen = {
                    "hook_resid_mid": residuals[2 * layer + 1],
                    "hook_resid_post": residuals[2 * layer + 2],
                }
                for hook, wanted in seen.items():
                    found = cache[f"blocks.{layer}.{hook}"][0, :, :width]
                    np.testing.assert_allclose(found, wanted[0], rtol=1e-5, atol=1e-4)
                for number, head in enumerate(heads):
                    pattern = cache[f"blocks.{layer}.attn.hook_pattern"][0, number]
                    np.testing.assert_allclose(pattern, head.pattern, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_nnsight_sees_and_changes_the_same(name: str) -> None:
    wrap = pytest.importorskip("nnsight").NNsight
    _, model = compile_case(name)
    opened = wrap(model.module)
    for word in WORDS:
        run, ids = model.run(word), torch.tensor([model.encode(word)])
        with opened.trace(ids):
            pattern = opened.layers[0].attention.heads[0].pattern.output.save()
            residual = opened.layers[0].output.save()
        assert torch.equal(pattern[0].double(), torch.from_numpy(run.heads[0][0].pattern))
        assert torch.equal(residual, run.activations.residuals[2])
        with opened.trace(ids):
            opened.layers[0].attention.heads[0].output[:] = 0
            logits = opened.unembeddings[0].output.save()
        broken = model.without(head=(0, 0)).activations(word)
        assert torch.equal(logits, broken.logits[0])


def test_torch_hooks_see_the_same() -> None:
    _, model = compile_case("induction")
    seen: dict[str, torch.Tensor] = {}
    head = model.module.get_submodule("layers.1.attention.heads.0.pattern")
    hook = head.register_forward_hook(lambda module, given, output: seen.update(pattern=output))
    model("abcab")
    hook.remove()
    assert np.array_equal(seen["pattern"][0].double().numpy(), model.run("abcab").heads[1][0].pattern)
