"""The decoder opened: loaded by hand, hooked, patched, traced, compiled, exported, trained."""

import ast
import json
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from compiler.emit.weights import Weights, list_shapes
from compiler.export.compiled import save
from compiler.export.records import encode_config
from compiler.model.runner import Model
from compiler.opening import load
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.transformer import decoder as decoder_module
from compiler.transformer.decoder import Decoder
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.record_activations import record_activations
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.model.random_models import random_weights

ONE, OTHER = torch.tensor([[3, 0, 1, 2, 1]]), torch.tensor([[3, 2, 2, 0, 1]])
LONGEST_FILE = 210
See = Callable[[str, np.ndarray], np.ndarray]
"""Given the name of a module and its output, what is to be taken for the output."""


def in_float64(weights: Weights) -> Decoder:
    decoder = Decoder(encode_config(weights.config)).double()
    decoder.load_state_dict({name: torch.from_numpy(array) for name, array in weights.arrays.items()})
    return decoder


def compile_reverse() -> Compiled:
    program = load_program(Source("reversed", "opposite = length - indices - 1;"))
    expression = "aggregate(select(indices, opposite, ==), tokens)"
    return compile_program(program, {"out": expression}, CompileOptions(tuple("abc"), 6))


def follow_formula(weights: Weights, ids: Tensor, see: See) -> list[np.ndarray]:
    """The logits of one sequence in plain numpy; `see` is asked about everything on the way."""
    a, config, row = weights.arrays, weights.config, ids[0].numpy()
    x = see("embedding", a["embedding.tokens"][row] + a["embedding.positions"][: len(row)])
    future = np.triu(np.ones((len(row), len(row)), dtype=bool), 1) & (config.attention == "causal")
    for number, layer in enumerate(config.layers):
        name = f"layers.{number}"
        written = np.zeros_like(x)
        for h in range(len(layer.heads)):
            head = f"{name}.attention.heads.{h}"
            scores = np.where(future, -np.inf, (x @ a[f"{head}.query"]) @ (x @ a[f"{head}.key"]).T)
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            pattern = see(f"{head}.pattern", shares / shares.sum(axis=1, keepdims=True))
            written = written + see(head, pattern @ (x @ a[f"{head}.value"]) @ a[f"{head}.output"])
        x = x + (see(f"{name}.attention", written) if layer.heads else 0)
        x = see(f"{name}.middle", x)
        if layer.d_mlp:
            units = np.maximum(x @ a[f"{name}.mlp.up"] + a[f"{name}.mlp.bias"], 0)
            x = x + see(f"{name}.mlp", see(f"{name}.mlp.hidden", units) @ a[f"{name}.mlp.down"])
        x = see(name, x)
    return [
        see(f"unembeddings.{k}", x @ a[f"unembeddings.{k}.weight"] + a[f"unembeddings.{k}.bias"])
        for k in range(len(config.outputs))
    ]


def seen_in_formula(weights: Weights, ids: Tensor) -> dict[str, np.ndarray]:
    """What every module puts out, by the formula."""
    found: dict[str, np.ndarray] = {}

    def see(name: str, value: np.ndarray) -> np.ndarray:
        found[name] = value
        return value

    follow_formula(weights, ids, see)
    return found


def assert_close(got: Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-9, atol=1e-9)


PARTS = [*seen_in_formula(random_weights("causal"), ONE)]


def test_the_file_stands_alone() -> None:
    text = Path(str(decoder_module.__file__)).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert imported - sys.stdlib_module_names == {"torch"}


@pytest.mark.parametrize("positions", [True, False])
def test_parameters_are_named_as_in_a_checkpoint(positions: bool) -> None:
    config = random_weights(positions=positions).config
    parameters = Decoder(encode_config(config)).named_parameters()
    assert {name: tuple(p.shape) for name, p in parameters} == list_shapes(config)


def test_a_checkpoint_is_loaded_by_hand(tmp_path: Path) -> None:
    save(compile_reverse(), tmp_path / "model")
    decoder = Decoder(json.loads((tmp_path / "model" / "config.json").read_text()))
    decoder.load_state_dict(load_file(tmp_path / "model" / "model.safetensors"))
    model = load(tmp_path / "model")
    ids = torch.tensor([model.encode("abca")])
    for one, other in zip(decoder(ids), model.module(ids), strict=True):
        assert torch.equal(one, other)
    assert decoder(ids)[0][0, 1:].argmax(-1).tolist() == [0, 2, 1, 0]


@pytest.mark.parametrize("attention", ["full", "causal"])
def test_hooks_see_every_part(attention: str) -> None:
    weights = random_weights(attention)
    decoder, expected, seen = in_float64(weights), seen_in_formula(weights, ONE), dict[str, Tensor]()
    for name in expected:
        decoder.get_submodule(name).register_forward_hook(
            lambda module, given, output, name=name: seen.update({name: output})
        )
    decoder(ONE)
    assert list(seen) == list(expected)
    for name, value in expected.items():
        assert_close(seen[name][0], value)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("exact", [False, True])
def test_what_a_hook_puts_there_counts(part: str, exact: bool) -> None:
    """The output of a part on another input, patched in: the decoder goes on with that, and reports it."""
    weights = random_weights("causal")
    patch = seen_in_formula(weights, OTHER)[part]
    expected = follow_formula(weights, ONE, lambda name, value: patch if name == part else value)
    decoder = ExactDecoder(weights) if exact else in_float64(weights)
    put = torch.from_numpy(patch)[None].to(decoder.get_parameter("embedding.tokens").dtype)
    put = put.double() if part.startswith("unembeddings") else put
    decoder.get_submodule(part).register_forward_hook(lambda module, given, output: put)
    found = record_activations(decoder, ONE)
    for got, logits in zip(found.logits, expected, strict=True):
        tolerance = 1e-3 if exact else 1e-9
        np.testing.assert_allclose(got[0].numpy(), logits, rtol=tolerance, atol=tolerance)
    reported = [
        *found.residuals,
        *chain.from_iterable(found.patterns + found.heads),
        *found.hidden,
        *found.logits,
    ]
    if not part.endswith((".attention", ".mlp")):
        assert any(value is put for value in reported)


def test_activations_have_the_numbers_of_reports() -> None:
    weights = random_weights("causal")
    found, expected = record_activations(in_float64(weights), ONE), seen_in_formula(weights, ONE)
    layers = [f"layers.{number}" for number in range(3)]
    halves = ["embedding", *(layer + half for layer in layers for half in (".middle", ""))]
    for value, name in zip(found.residuals, halves, strict=True):
        assert_close(value[0], expected[name])
    assert [len(row) for row in found.patterns] == [len(row) for row in found.heads] == [4, 0, 1]
    for number, layer in enumerate(layers):
        for h in range(len(found.heads[number])):
            assert_close(found.patterns[number][h][0], expected[f"{layer}.attention.heads.{h}.pattern"])
            assert_close(found.heads[number][h][0], expected[f"{layer}.attention.heads.{h}"])
    assert [None if units is None else units.shape[-1] for units in found.hidden] == [5, 4, None]
    assert_close(found.hidden[1][0], expected["layers.1.mlp.hidden"])  # type: ignore[index]
    for k, value in enumerate(found.logits):
        assert_close(value[0], expected[f"unembeddings.{k}"])


def test_activations_of_a_program_are_what_it_says() -> None:
    """`reverse` under its numbers: the second layer's head takes the opposite position, and writes the s-op."""
    compiled = compile_reverse()
    found = Model(compiled.weights).activations("abca")
    assert found.patterns[1][0][0, 1:, 1:].round().int().tolist() == np.eye(4, dtype=int)[::-1].tolist()
    [part] = [part for part in compiled.symbols["parts"] if part.get("layer") == 1]
    [column] = part["columns"]
    assert found.heads[1][0][0, 1:, column].tolist() == pytest.approx([0, 2, 1, 0], abs=1e-6)
    assert torch.equal(found.residuals[3][..., column], found.heads[1][0][..., column])


def test_another_thread_disturbs_nothing() -> None:
    decoder = in_float64(random_weights("causal"))
    expected = record_activations(decoder, ONE)

    def run_other(module: nn.Module, given: object, output: Tensor) -> None:
        hook.remove()
        thread = Thread(target=decoder, args=(OTHER,))
        thread.start()
        thread.join()

    hook = decoder.get_submodule("layers.0.middle").register_forward_hook(run_other)
    found = record_activations(decoder, ONE)
    assert all(map(torch.equal, found.residuals, expected.residuals))
    assert not any(module._forward_hooks for module in decoder.modules())


def test_fx_traces_heads_as_modules() -> None:
    decoder = in_float64(random_weights("causal"))
    traced = torch.fx.symbolic_trace(decoder, concrete_args={"lengths": None, "cache": None})
    called = {str(node.target) for node in traced.graph.nodes if node.op == "call_module"}
    assert {name for name in PARTS if name.endswith((".pattern", ".hidden"))} <= called
    for ids in (ONE, OTHER[:, :3]):
        assert all(map(torch.equal, traced(ids), decoder(ids)))
    traced.get_submodule("layers.0.attention.heads.1.pattern").register_forward_hook(
        lambda module, given, output: torch.zeros_like(output)
    )
    decoder.get_submodule("layers.0.attention.heads.1").register_forward_hook(
        lambda module, given, output: torch.zeros_like(output)
    )
    for one, other in zip(traced(ONE), decoder(ONE), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_torch_compiles_it_as_one_graph() -> None:
    decoder = in_float64(random_weights("causal"))
    quick = torch.compile(decoder, backend="eager", fullgraph=True)
    for one, other in zip(quick(ONE), decoder(ONE), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_torch_exports_it_for_all_lengths() -> None:
    decoder = in_float64(random_weights("causal"))
    sizes = ({0: torch.export.Dim("batch"), 1: torch.export.Dim("position", min=2, max=7)},)
    exported = torch.export.export(decoder, (torch.cat([ONE, OTHER]),), dynamic_shapes=sizes)
    for ids in (ONE, torch.cat([ONE, OTHER])[:, :3]):
        for one, other in zip(exported.module()(ids), decoder(ids), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)
    stacks = [node.meta.get("nn_module_stack", {}) for node in exported.graph.nodes]
    within = {path for stack in stacks for path, _ in stack.values()}
    assert {name for name in PARTS if ".heads." in name} <= within


def test_nnsight_sees_and_replaces() -> None:
    nnsight = pytest.importorskip("nnsight")
    decoder = in_float64(random_weights("causal"))
    expected = record_activations(decoder, ONE)
    opened = nnsight.NNsight(decoder)
    with opened.trace(ONE):
        pattern = opened.layers[0].attention.heads[1].pattern.output.save()
        opened.layers[2].attention.heads[0].output[:] = 0
        last = opened.layers[2].output.save()
    assert torch.equal(pattern, expected.patterns[0][1])
    torch.testing.assert_close(last, expected.residuals[4])


def test_gradients_are_those_of_the_loss() -> None:
    """Cross-entropy through both outputs, differentiated and by differences, for every parameter."""
    weights = random_weights("causal")
    decoder = in_float64(weights)
    names = [name for name, parameter in decoder.named_parameters() if parameter.numel()]
    wanted = torch.tensor([[0, 1, 2, 0, 1]])

    def loss(*values: Tensor) -> Tensor:
        given = dict(zip(names, values, strict=True))
        outputs = torch.func.functional_call(decoder, given, (ONE,))
        return sum((nn.functional.cross_entropy(o[0], wanted[0]) for o in outputs), torch.zeros(()))

    values = [decoder.get_parameter(name).clone().requires_grad_() for name in names]
    assert torch.autograd.gradcheck(loss, values, fast_mode=True)


def test_it_is_trained_on_request() -> None:
    """Frozen as it comes; asked to learn, it gives back what was taken from it."""
    decoder = Model(compile_reverse().weights).module
    assert not any(parameter.requires_grad for parameter in decoder.parameters())
    ids = torch.cat(
        [torch.full((64, 1), 3), torch.randint(3, (64, 5), generator=torch.Generator().manual_seed(0))], 1
    )
    wanted = decoder(ids)[0].argmax(-1)
    decoder.requires_grad_()
    bias = decoder.get_parameter("unembeddings.0.bias")
    bias.data += torch.tensor([3.0, 0.0, -3.0])
    assert not torch.equal(decoder(ids)[0].argmax(-1), wanted)
    steps, losses = torch.optim.SGD([bias], lr=1.0), list[float]()
    for _ in range(40):
        loss = nn.functional.cross_entropy(decoder(ids)[0].flatten(0, 1), wanted.flatten())
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)
    assert torch.equal(decoder(ids)[0].argmax(-1), wanted)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in decoder.parameters())
