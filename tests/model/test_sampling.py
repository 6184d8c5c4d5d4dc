"""Drawing tokens: what is left to draw from, how often each comes, and that nothing but the prompt decides."""

import io
import math
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compiler.cli import main
from compiler.commands.generate import echo_growing
from compiler.export.compiled import save
from compiler.model.generate import generate, generate_batch, generate_steps
from compiler.model.runner import Model
from compiler.model.sampling import Sampling, sample_classes, weigh_classes
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.transformer.problem import ModelError
from rasp import load
from rasp.command_line.console import show_tokens

#: What followed the last earlier token of this kind; "a" where there was none.
INDUCTION = """
after_mine = select(aggregate(select(indices, indices - 1, ==), tokens, "?"), tokens, ==) and select(indices, indices, <=);
"""
EXPRESSION = 'aggregate(best(after_mine, indices), tokens, "a")'


@pytest.fixture(scope="module")
def model() -> Model:
    options = CompileOptions(tuple("abc"), 10, "causal")
    return Model(compile_program(load(INDUCTION), EXPRESSION, options).weights)


PROMPTS = ["abcab", "a", "cab", "bbbb", "abc", "cc", "bac"]


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(0.0, top_k=2),
        Sampling(1e-3, seed=3),
        Sampling(50.0, top_k=1),
        Sampling(50.0, top_p=1e-9),
    ],
    ids=str,
)
def test_one_class_is_left(model: Model, sampling: Sampling) -> None:
    assert generate_batch(model, PROMPTS, 5, sampling=sampling) == generate_batch(model, PROMPTS, 5)


def test_batches_do_not_matter(model: Model) -> None:
    hot = Sampling(400.0, seed=1)
    together = generate_batch(model, PROMPTS, 5, sampling=hot)
    alone = [
        generate(model, prompt, 5, sampling=Sampling(400.0, seed=1, first=i))
        for i, prompt in enumerate(PROMPTS)
    ]
    assert together == alone and together != generate_batch(model, PROMPTS, 5)
    assert together == generate_batch(model, PROMPTS, 5, sampling=hot)
    assert together != generate_batch(model, PROMPTS, 5, sampling=Sampling(400.0, seed=2))


@pytest.mark.parametrize("prompt", [*PROMPTS, "abcabcabca"])
def test_steps_lead_to_the_whole(model: Model, prompt: str) -> None:
    hot = Sampling(400.0)
    steps = list(generate_steps(model, prompt, 6, sampling=hot))
    assert [len(step.new) for step in steps] == list(range(len(steps)))
    if len(steps) > 1:
        assert steps[-1] == generate(model, prompt, 6, sampling=hot)


@given(
    st.lists(st.integers(-8, 8), min_size=1, max_size=6),
    st.floats(0.1, 9),
    st.one_of(st.none(), st.integers(1, 7)),
    st.floats(0.01, 1),
)
def test_what_is_left(logits: list[int], temperature: float, top_k: int | None, top_p: float) -> None:
    """By the definition, one class after the other from the likeliest on."""
    sums = sum(math.exp(x / temperature) for x in logits)
    order = sorted(range(len(logits)), key=lambda i: (-logits[i], i))
    expected = dict.fromkeys(range(len(logits)), 0.0)
    seen = 0.0
    for place, i in enumerate(order):
        chance = math.exp(logits[i] / temperature) / sums
        if (top_k is None or place < top_k) and seen < top_p - 1e-12:
            expected[i] = chance
        seen += chance
    found = weigh_classes(torch.tensor([logits], dtype=torch.float64), Sampling(temperature, top_k, top_p))[0]
    close = all(abs(found[i].item() - chance) < 1e-9 for i, chance in expected.items())
    near_the_edge = any(
        abs(sum(math.exp(logits[i] / temperature) for i in order[:n]) / sums - top_p) < 1e-9
        for n in range(len(order) + 1)
    )
    assert close or near_the_edge


def test_how_often() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.2, 0.3]], dtype=torch.float64))
    count = 4000
    sampling = Sampling(1.0, seed=5)
    found = Counter(sample_classes(logits.expand(count, 3), sampling, sampling.make_streams(count)))
    for c, chance in enumerate([0.5, 0.2, 0.3]):
        assert abs(found[c] - count * chance) < 4 * math.sqrt(count * chance * (1 - chance))


@pytest.mark.parametrize("wrong", [math.inf, math.nan, -math.inf])
def test_logits_that_are_not_finite_decide_nothing(wrong: float) -> None:
    logits = torch.tensor([[0.0, wrong, 2.0], [0.0, 1.0, 2.0]])
    for sampling in (Sampling(), Sampling(1.0)):
        found = sample_classes(logits, sampling, sampling.make_streams(2))
        assert found[0] == -1 and found[1] >= 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"temperature": -1.0}, "no temperature of -1.0"),
        ({"temperature": math.inf}, "no temperature of inf"),
        ({"temperature": math.nan}, "no temperature of nan"),
        ({"top_k": 0}, "cannot draw from 0 tokens"),
        ({"top_p": 0.0}, "no probability of 0.0"),
        ({"top_p": 1.5}, "no probability of 1.5"),
    ],
)
def test_numbers_that_mean_nothing(values: dict[str, float], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Sampling(**values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_terminal_shows_the_same_text(
    model: Model, prompt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rest, last = echo_growing(generate_steps(model, prompt, 5))
    assert capsys.readouterr().out + rest == show_tokens(last.prompt + last.new)
    assert last == generate(model, prompt, 5)


class Terminal(io.StringIO):
    """What a terminal is given, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        count = super().write(text)
        self.pieces.append(text)
        return count


@pytest.mark.parametrize("prompts, live", [(["abcab"], True), (["abcab", "a"], False)])
def test_a_terminal_is_given_a_token_as_it_comes(
    prompts: list[str], live: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = CompileOptions(tuple("abc"), 10, "causal")
    save(compile_program(load(INDUCTION), EXPRESSION, options), tmp_path / "model")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with pytest.raises(SystemExit) as ended:
        main(["generate", str(tmp_path / "model"), *prompts, "--max-new-tokens", "3"])
    pieces = terminal.pieces
    assert ended.value.code == 0 and "".join(pieces).splitlines()[0] == "abcabcab"
    assert ([piece for piece in pieces if piece.strip()] == ["abcab", "c", "a", "b"]) is live


def test_lists_grow_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    options = CompileOptions((1, 10, 100), 6, "causal")
    numbers = Model(compile_program(load(""), "tokens_int", options).weights)
    rest, last = echo_growing(generate_steps(numbers, [1, 100], 3))
    assert capsys.readouterr().out + rest == "[1, 100, 100, 100, 100]" == show_tokens(last.prompt + last.new)
