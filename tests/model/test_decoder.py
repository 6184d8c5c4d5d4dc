"""The torch decoder: against plain numpy, with padding, with a cache, on other dtypes and devices."""

import numpy as np
import pytest
import torch

from compiler.config import Config, Output
from compiler.emit.weights import Weights, list_shapes
from compiler.export.records import encode_config
from compiler.model import runner
from compiler.model.generate import generate
from compiler.model.runner import Model
from compiler.transformer.decoder import Cache, Decoder
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.problem import ModelError
from rasp.values import Atom
from tests.model.random_models import random_weights

IDS = [[3, 0, 1, 2, 1], [3, 2, 2, 0, 1]]


def by_formula(weights: Weights, ids: list[int]) -> list[np.ndarray]:
    """What a decoder should compute, in plain numpy float64, one sequence and one head at a time."""
    a, config = weights.arrays, weights.config
    x = a["embedding.tokens"][ids] + a["embedding.positions"][: len(ids)]
    future = np.triu(np.ones((len(ids), len(ids)), dtype=bool), 1) & (config.attention == "causal")
    for number, layer in enumerate(config.layers):
        written = np.zeros_like(x)
        for h in range(len(layer.heads)):
            query, key, value, output = (
                a[f"layers.{number}.attention.heads.{h}.{part}"]
                for part in ("query", "key", "value", "output")
            )
            scores = np.where(future, -np.inf, (x @ query) @ (x @ key).T)
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            written += shares / shares.sum(axis=1, keepdims=True) @ (x @ value) @ output
        x = x + written
        if layer.d_mlp:
            enter, bias, leave = (a[f"layers.{number}.mlp.{part}"] for part in ("up", "bias", "down"))
            x = x + np.maximum(x @ enter + bias, 0) @ leave
    return [
        x @ a[f"unembeddings.{k}.weight"] + a[f"unembeddings.{k}.bias"] for k in range(len(config.outputs))
    ]


def in_float64(weights: Weights) -> Decoder:
    """A decoder in which rounding is no matter."""
    decoder = Decoder(encode_config(weights.config)).double()
    decoder.load_state_dict({name: torch.from_numpy(array) for name, array in weights.arrays.items()})
    return decoder


@pytest.mark.parametrize("attention", ["full", "causal"])
def test_computes_the_formula(attention: str) -> None:
    weights = random_weights(attention)
    logits = in_float64(weights)(torch.tensor(IDS))
    for row, ids in enumerate(IDS):
        for got, expected in zip(logits, by_formula(weights, ids), strict=True):
            np.testing.assert_allclose(got[row].numpy(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("attention", ["full", "causal"])
def test_padding_on_the_right_changes_nothing(attention: str) -> None:
    decoder = in_float64(random_weights(attention))
    alone = decoder(torch.tensor(IDS[:1]))
    for padding in (0, 2, 3):
        padded = torch.tensor([IDS[0] + [padding] * 2, [3, 0, 0, 1, 1, 2, 2]])
        together = decoder(padded, lengths=torch.tensor([5, 7]))
        for one, two in zip(alone, together, strict=True):
            torch.testing.assert_close(one[0], two[0, :5], rtol=1e-9, atol=1e-9)


def test_causal_positions_do_not_see_later_ones() -> None:
    decoder = in_float64(random_weights("causal"))
    for one, two in zip(
        decoder(torch.tensor([[3, 0, 1, 2]])), decoder(torch.tensor([[3, 0, 2, 0]])), strict=True
    ):
        torch.testing.assert_close(one[:, :2], two[:, :2])
        assert not torch.allclose(one[:, 2], two[:, 2])


def test_cached_steps_equal_the_whole_run() -> None:
    decoder = in_float64(random_weights("causal"))
    ids = torch.tensor(IDS)
    for cut in (1, 3):
        cache = Cache(batch=2)
        pieces = [ids[:, :cut], *(ids[:, i : i + 1] for i in range(cut, 5))]
        stepped = [decoder(piece, cache=cache) for piece in pieces]
        assert cache.length == 5
        for k, whole in enumerate(decoder(ids)):
            torch.testing.assert_close(torch.cat([s[k] for s in stepped], dim=1), whole, rtol=1e-9, atol=1e-9)


def test_a_rewound_cache_goes_another_way() -> None:
    decoder = in_float64(random_weights("causal"))
    cache = Cache(batch=1)
    decoder(torch.tensor([[3, 0, 1, 1]]), cache=cache)
    cache.rewind(2)
    again = decoder(torch.tensor([[2, 2]]), cache=cache)[0]
    torch.testing.assert_close(again, decoder(torch.tensor([[3, 0, 2, 2]]))[0][:, 2:], rtol=1e-9, atol=1e-9)


def test_full_attention_has_no_cache() -> None:
    with pytest.raises(ModelError, match="token by token"):
        ExactDecoder(random_weights("full")).new_cache()


def test_every_tensor_follows_the_device() -> None:
    decoder = ExactDecoder(random_weights("causal")).to("meta")
    assert {p.device.type for p in decoder.parameters()} == {"meta"}
    cache = decoder.new_cache(batch=2)
    lengths = torch.tensor([4, 2], device="meta")
    ids = torch.zeros(2, 4, dtype=torch.long, device="meta")
    for logits in (decoder(ids, lengths), decoder(ids[:, :3], cache=cache), decoder(ids[:, 3:], cache=cache)):
        assert {(x.device.type, x.dtype) for x in logits} == {("meta", torch.float64)}


def test_no_positions_and_no_layers() -> None:
    config = Config("plain", "full", (1, 2), 3, 2, (), (Output("same", (1, 2)),), False)
    arrays = {name: np.zeros(shape) for name, shape in list_shapes(config).items()}
    arrays["embedding.tokens"][:2] = arrays["unembeddings.0.weight"][:] = np.eye(2)
    assert Model(Weights(config, arrays))([2, 1, 1]) == [2, 1, 1]


def echo(attention: str = "causal", classes: tuple[object, ...] = ("b", "c", "a")) -> Model:
    """A model that answers every token with the next letter, by embedding and unembedding alone."""
    config = Config("plain", attention, ("a", "b", "c"), 5, 3, (), (Output("next", classes),), False)  # type: ignore[arg-type]
    arrays = {name: np.zeros(shape) for name, shape in list_shapes(config).items()}
    arrays["embedding.tokens"][:3] = arrays["unembeddings.0.weight"][:] = np.eye(3)
    return Model(Weights(config, arrays))


def test_the_model_answers_strings_lists_and_batches() -> None:
    model = echo()
    assert model("abc") == ["b", "c", "a"]
    assert model(["c"]) == ["a"]
    assert model([["a"], ["b", "b"]]) == [["b"], ["c", "c"]]
    assert model.batch(["abca", "b"]) == [["b", "c", "a", "b"], ["c"]]


def test_several_outputs_come_by_name() -> None:
    answer = Model(random_weights())("abc")
    assert isinstance(answer, dict)
    assert {name: len(values) for name, values in answer.items()} == {"letters": 3, "numbers": 3}


def test_large_batches_run_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(random_weights("causal"))
    inputs = ["abc", "a", "cc", "abcabc", "b"]
    whole = model.batch(inputs)
    monkeypatch.setattr(runner, "BATCH_NUMBERS", 100)
    assert len(list(runner.split_rows(model.config, [4, 2, 3, 7, 2]))) == 5
    assert model.batch(inputs) == whole


def test_short_inputs_are_not_padded_for_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(random_weights("causal"))
    inputs = ["a", "abcab", "b", "abc", "cabca", "c"]
    lengths = [2, 2, 2, 4, 6, 6]
    assert list(runner.split_rows(model.config, lengths)) == [(0, 6)]
    whole = model.batch(inputs)
    monkeypatch.setattr(runner, "PADDED_NUMBERS", 0)
    assert list(runner.split_rows(model.config, lengths)) == [(0, 3), (3, 4), (4, 6)]
    assert model.batch(inputs) == whole


@pytest.mark.parametrize(
    "tokens, message",
    [
        ("", "the input is empty"),
        ([], "the input is empty"),
        ("abcabc", "6 tokens; this model takes at most 5"),
        ("axb", 'the token "x" at position 1 is not in the model\'s vocabulary'),
        ([None], "the token None at position 0"),
        (5, "a string or a list of tokens, not an integer 5"),
        (b"ab", "a string or a list of tokens, not bytes"),
        ([["a"], "bb", ["d"]], 'the token "d"'),
        ([["a", ["b"]]], "the token ['b'] at position 1"),
    ],
)
def test_inputs_that_do_not_fit(tokens: object, message: str) -> None:
    with pytest.raises(ModelError) as raised:
        echo()(tokens)  # type: ignore[arg-type]
    assert message in raised.value.diagnostics[0].message
    assert raised.value.diagnostics[0].hint


def test_kinds_are_kept_apart() -> None:
    model = Model(random_weights(vocabulary=(1, 2, 3)))
    assert len(model([1, 2, 3])["letters"]) == 3  # type: ignore[index,call-overload]
    for wrong, kind in (("123", "string"), ([1.0], "float"), ([True], "bool")):
        with pytest.raises(ModelError) as raised:
            model(wrong)  # type: ignore[arg-type]
        assert f"is a {kind}" in raised.value.diagnostics[0].message
        assert "the vocabulary has the int 1" in raised.value.diagnostics[0].hint


def test_generation() -> None:
    model = echo()
    assert generate(model, "a", 3).new == ("b", "c", "a")
    cut = generate(model, "ab", 9)
    assert (cut.new, cut.note) == (("c", "a", "b"), "stopped at the maximum length of 5")
    assert generate(model, "abcab", 0).new == ()
    assert generate(model, "abcab", 1).note


def test_generation_equals_running_again_without_a_cache() -> None:
    model = Model(random_weights("causal", seed=4))
    generated = generate(model, "b", 5)
    sequence = list(generated.prompt)
    for token in generated.new:
        assert model(sequence)["letters"][-1] == token  # type: ignore[index,call-overload]
        sequence.append(token)
    assert len(sequence) == 6


@pytest.mark.parametrize(
    "model, count, output, message",
    [
        (echo("full"), 1, None, "cannot run token by token"),
        (echo(classes=("b", 1, "a")), 2, None, "next answers 1, which is not a token"),
        (echo(), -1, None, "cannot generate -1 tokens"),
        (echo(), 1, "last", "no output last"),
    ],
)
def test_generation_that_cannot_be(model: Model, count: int, output: str | None, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        generate(model, "a", count, output)


@pytest.mark.parametrize("vocabulary", [(0.0, -0.0, 1.5), (True, "1", 2), ("a", 1.0, -0.0)])
def test_ids_are_those_of_equal_tokens_of_one_kind(vocabulary: tuple[Atom, ...]) -> None:
    model = Model(random_weights(vocabulary=vocabulary))
    for tokens in (vocabulary, vocabulary[::-1], *([token] for token in vocabulary)):
        assert model.encode(tokens) == [3, *([*map(repr, vocabulary)].index(repr(token)) for token in tokens)]
    for wrong in (1, 2.0, False, "b"):
        with pytest.raises(ModelError, match="position 1"):
            model.encode([vocabulary[0], wrong])
