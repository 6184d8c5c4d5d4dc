"""Heads of one shape run as one product, and yet each can be seen, replaced and trained by its number."""

from collections.abc import Callable
from copy import deepcopy
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from compiler.transformer.decoder import Cache, Decoder, Head
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.grouped_heads import share_among_keys
from tests.model.random_models import random_weights

IDS = torch.tensor([[3, 0, 1, 2, 1], [3, 2, 2, 0, 1]])
LENGTHS = torch.tensor([5, 3])
HEADS = 5
#: Of these three in layer 0 have one shape.
GROUPED = 3


def number(output: Tensor) -> Tensor:
    """Something else than an output, but of its shape."""
    return output * 0.5 + 0.25


def instead(module: nn.Module, given: object, output: Tensor) -> Tensor:
    return number(output)


class Other(nn.Module):
    """Another module in the place of one."""

    def __init__(self, replaced: nn.Module) -> None:
        super().__init__()
        self.replaced = replaced

    def forward(self, *given: object) -> Tensor:
        return number(self.replaced(*given))


def replace_head(head: Head, heads: nn.ModuleList) -> None:
    heads[2] = Other(head)


def replace_pattern(head: Head, heads: nn.ModuleList) -> None:
    head.pattern = Other(head.pattern)  # type: ignore[assignment]


def replace_forward(head: Head, heads: nn.ModuleList) -> None:
    forward = head.forward
    head.forward = lambda *given: number(forward(*given))  # type: ignore[method-assign]


def replace_forward_of_pattern(head: Head, heads: nn.ModuleList) -> None:
    forward = head.pattern.forward
    head.pattern.forward = lambda scores: number(forward(scores))  # type: ignore[method-assign]


def drop_head(head: Head, heads: nn.ModuleList) -> None:
    del heads[2]


CHANGES: dict[str, Callable[[Head, nn.ModuleList], object]] = {
    "hook": lambda head, heads: head.register_forward_hook(instead),
    "hook before": lambda head, heads: head.register_forward_pre_hook(lambda m, a: (number(a[0]), *a[1:])),
    "hook on the pattern": lambda head, heads: head.pattern.register_forward_hook(instead),
    "hook before the pattern": lambda head, heads: head.pattern.register_forward_pre_hook(
        lambda m, a: number(a[0])
    ),
    "another head": replace_head,
    "another pattern": replace_pattern,
    "forward replaced": replace_forward,
    "forward of the pattern replaced": replace_forward_of_pattern,
    "one head less": drop_head,
    "other weights": lambda head, heads: head.value.copy_(number(head.value)),
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """The heads that are called by themselves."""
    called, forward = list[nn.Module](), Head.forward

    def noted(head: Head, x: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
        called.append(head)
        return forward(head, x, mask, cache)

    monkeypatch.setattr(Head, "forward", noted)
    return called


def heads_of(decoder: Decoder) -> nn.ModuleList:
    return cast(nn.ModuleList, decoder.get_submodule("layers.0.attention.heads"))


def assert_same(got: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("attention", ["full", "causal"])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_heads_of_one_shape_run_together(
    attention: str, lengths: Tensor | None, calls: list[nn.Module]
) -> None:
    decoder = ExactDecoder(random_weights(attention))
    got = decoder(IDS, lengths)
    assert len(calls) == HEADS - GROUPED
    expected = decoder.plain()(IDS, lengths)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one[0], other[0], rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(one[1, :3], other[1, :3], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_done_to_a_head_is_done(change: str) -> None:
    """Whatever is put in the place of a head, a pattern, or what they put out: the same happens as one by one."""
    decoder = ExactDecoder(random_weights("causal"))
    untouched, plain = decoder(IDS), decoder.plain()
    for changed in (decoder, plain):
        heads = heads_of(changed)
        CHANGES[change](cast(Head, heads[2]), heads)
    got = decoder(IDS)
    assert not torch.allclose(got[0], untouched[0], atol=1e-2)
    assert_same(got, plain(IDS))


def test_hooks_on_all_modules_see_each_head(calls: list[nn.Module]) -> None:
    decoder, seen = ExactDecoder(random_weights("causal")), list[nn.Module]()
    hook = register_module_forward_hook(lambda module, given, output: seen.append(module))
    try:
        decoder(IDS)
    finally:
        hook.remove()
    assert len(calls) == HEADS
    assert {head for head in heads_of(decoder)} <= set(seen)


def test_hooks_see_gradients_of_each_head() -> None:
    decoder, seen = ExactDecoder(random_weights("causal")).requires_grad_(), list[nn.Module]()
    for head in heads_of(decoder):
        head.register_full_backward_hook(lambda module, given, got: seen.append(module))
    decoder(IDS)[0].sum().backward()
    assert set(seen) == set(heads_of(decoder))


def test_a_cache_goes_on_with_hooks_and_without(calls: list[nn.Module]) -> None:
    decoder = ExactDecoder(random_weights("causal"))
    expected, cache = decoder.plain()(IDS), decoder.new_cache(2)
    steps: list[list[Tensor]] = []
    for position in range(IDS.shape[1]):
        calls.clear()
        looks = position % 2 == 1
        hook = heads_of(decoder)[0].register_forward_hook(lambda *_: None) if looks else None
        steps.append(decoder(IDS[:, position : position + 1], cache=cache))
        assert len(calls) == (HEADS if looks else HEADS - GROUPED)
        if hook is not None:
            hook.remove()
    cache.rewind(2)
    steps[2:] = [decoder(IDS[:, 2:], cache=cache)]
    assert_same([torch.cat(parts, dim=1) for parts in zip(*steps, strict=True)], expected)


def test_heads_together_learn_what_they_learn_alone(calls: list[nn.Module]) -> None:
    decoder = ExactDecoder(random_weights("causal")).requires_grad_()
    plain = decoder.plain().requires_grad_()
    decoder(IDS)[0].square().mean().backward()
    assert len(calls) == HEADS - GROUPED
    plain(IDS)[0].square().mean().backward()
    for (name, one), (_, other) in zip(decoder.named_parameters(), plain.named_parameters(), strict=True):
        if other.grad is not None and other.numel():
            assert one.grad is not None, name
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-2)


def test_a_copy_has_heads_of_its_own() -> None:
    decoder = ExactDecoder(random_weights("causal"))
    copy, expected = deepcopy(decoder), decoder(IDS)
    for parameter in decoder.parameters():
        parameter.zero_()
    assert_same(copy(IDS), expected)


@pytest.mark.parametrize("block", [1, 7, 40, 100])
def test_blocks_of_scores_change_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs, heads and queries a few at a time, with padding, from what a cache holds, and heads by themselves."""
    weights = random_weights("causal")
    whole = [found.clone() for found in ExactDecoder(weights)(IDS, LENGTHS)]
    alone = [found.clone() for found in ExactDecoder(weights)(IDS[:1])]
    monkeypatch.setattr("compiler.transformer.grouped_heads.BLOCK", block)
    monkeypatch.setattr("compiler.transformer.grouped_heads.LONG", 1)
    decoder = ExactDecoder(weights)
    for found, expected in zip(decoder(IDS, LENGTHS), whole, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-2)
    for found, expected in zip(decoder(IDS[:1]), alone, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-2)
    cache = decoder.new_cache()
    steps = [decoder(part, cache=cache) for part in IDS[:1].split(2, dim=1)]
    for found, expected in zip(
        map(torch.cat, zip(*steps, strict=True), [1] * len(alone)), alone, strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("width", [1, 5, 15, 16, 17])
@pytest.mark.parametrize("rows", [1, 10_000])
def test_narrow_rows_are_shared_out_as_others(width: int, rows: int) -> None:
    generator = torch.Generator().manual_seed(width)
    scores = 30 * torch.randn(1, rows, 1, width, generator=generator)
    scores[:, ::3, :, 1:] = -torch.inf  # what a mask hides
    found = share_among_keys(scores)
    assert found.shape == scores.shape
    assert not found[scores == -torch.inf].any()
    torch.testing.assert_close(found, scores.double().softmax(-1).float(), rtol=1e-6, atol=1e-12)


def test_many_short_inputs_are_answered_as_one_by_one() -> None:
    decoder = ExactDecoder(random_weights())
    ids = torch.randint(3, (2_000, 5), generator=torch.Generator().manual_seed(0))
    ids[:, 0] = 3
    together = decoder(ids)
    for row in range(0, 2_000, 250):
        for one, all_of in zip(decoder(ids[row : row + 1]), together, strict=True):
            torch.testing.assert_close(one[0], all_of[row], rtol=1e-5, atol=1e-5)
