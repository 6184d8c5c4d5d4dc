"""What goes on inside of a model, by name; models without a part, and with something else in its place."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compiler.emit.weights import Weights
from compiler.export.compiled import save
from compiler.model.inspection import Run
from compiler.model.runner import Model
from compiler.opening import load
from compiler.options import CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.transformer.problem import ModelError
from rasp.elaborate.program import load_program
from rasp.interpret.evaluate import evaluate
from rasp.source import Source
from rasp.values import Atom

LIBRARY = """
previous = shift(tokens, 1, "");
induction = aggregate(best(select(previous, tokens, ==), indices), tokens, "?");
histogram = selector_width(select(tokens, tokens, ==));
double = selector_width(select(histogram, histogram, ==));
opposite = length - indices - 1;
reverse = aggregate(select(indices, opposite, ==), tokens);
half = aggregate(select(indices, indices, <=), indicator(tokens == "a"));
mixed = histogram * indices + length % 2;
sorted = sort(tokens, tokens);
"""
#: Outputs and attention. Some write several values, by several heads, in columns that are used again.
CASES = {
    "induction": "causal",
    "double": "full",
    "reverse": "full",
    "half": "causal",
    "mixed": "full",
    "sorted": "full",
}
INPUTS = ("a", "abca", "cbab", "bbbaa")


@cache
def compiled(output: str) -> Compiled:
    program = load_program(Source("<test>", LIBRARY))
    return compile_program(program, output, CompileOptions(tuple("abc"), 5, CASES[output]))  # type: ignore[arg-type]


@cache
def model(output: str) -> Model:
    of = compiled(output)
    return Model(of.weights, symbols=of.symbols, recompile=lambda: of)


def with_weights(output: str, changed: dict[str, Any]) -> Model:
    weights = compiled(output).weights
    return Model(Weights(weights.config, {**weights.arrays, **changed}))


def node_of(output: str, name: str) -> Any:
    """The node that a variable of that name carries."""
    of = compiled(output)
    [found] = {
        variable.node
        for variable in of.layout.blocks.features
        if of.program.graph.names.get(variable.node) == name.removesuffix(" (look-up)")
    } or {None}
    return found


@pytest.mark.parametrize("output", CASES)
@pytest.mark.parametrize("tokens", INPUTS)
def test_values_are_the_interpreters(output: str, tokens: str) -> None:
    run, named = model(output).run(tokens), 0
    for value in run.values:
        if value.name in ("tokens", "indices"):
            wanted: Any = [*tokens] if value.name == "tokens" else [*range(len(tokens))]
        elif (node := node_of(output, value.name)) is not None:
            [[wanted]] = evaluate([node], [tokens], CASES[output])  # type: ignore[arg-type]
        else:
            assert all(value.candidates), value
            continue
        named += 1
        for candidates, one in zip(value.candidates, wanted, strict=True):
            assert one in candidates, value
    assert named >= 2
    assert run.answers == model(output).answers([tokens])[0]


@pytest.mark.parametrize("output", CASES)
def test_heads_units_and_margins_are_the_decoders(output: str) -> None:
    run, seen = model(output).run("abca"), model(output).activations("abca")
    assert [len(row) for row in run.heads] == [len(row) for row in seen.heads]
    for heads, patterns, wrote in zip(run.heads, seen.patterns, seen.heads, strict=True):
        for head, pattern, output_of in zip(heads, patterns, wrote, strict=True):
            assert np.array_equal(head.pattern, pattern[0].numpy())
            assert np.array_equal(head.wrote, output_of[0].numpy())
    for units, hidden in zip(run.units, seen.hidden, strict=True):
        assert sum(group.hidden.shape[1] for group in units) == (0 if hidden is None else hidden.shape[2])
    best = torch.sort(seen.logits[0][0, 1:], dim=-1).values
    assert run.margins[output].tolist() == (best[:, -1] - best[:, -2]).tolist()
    assert str(run).count("\n") == len(run.known)


def test_a_head_shows_its_selector() -> None:
    run = model("reverse").run("abca")
    assert [[head.selector for head in row] for row in run.heads] == [
        ["full_s"],
        ["select(indices, opposite, ==)"],
    ]
    [[ideal]] = evaluate([compiled("reverse").plan.layers[1].heads[0].selector], ["abca"])
    assert np.allclose(run.heads[1][0].pattern[1:, 1:], ideal, atol=1e-6)


def heads_of(output: str) -> list[tuple[int, int]]:
    config = compiled(output).weights.config
    return [(layer, head) for layer, shape in enumerate(config.layers) for head in range(len(shape.heads))]


@pytest.mark.parametrize(
    ("output", "head"), [(output, head) for output in CASES for head in heads_of(output)]
)
def test_without_a_head_is_without_its_output_matrix(output: str, head: tuple[int, int]) -> None:
    name = f"layers.{head[0]}.attention.heads.{head[1]}.output"
    zeroed = with_weights(output, {name: np.zeros_like(compiled(output).weights.arrays[name])})
    cut = model(output).without(head=head)
    for tokens in INPUTS:
        for one, other in zip(cut.activations(tokens).logits, zeroed.activations(tokens).logits, strict=True):
            assert torch.equal(one, other)


@pytest.mark.parametrize("output", CASES)
def test_without_a_value_nothing_in_its_columns_is_of_it(output: str) -> None:
    """Hidden units or a head's columns write zeros; whole tables are as with zeros in the weights."""
    arrays = compiled(output).weights.arrays
    for known in model(output).known.values():
        if known.written == 0:
            continue
        changed = {}
        for part in known.writers:
            name = (
                f"layers.{part.layer}.mlp.down"
                if part.units
                else f"layers.{part.layer}.attention.heads.{part.first}.output"
            )
            array = changed.get(name, arrays[name]).copy()
            if part.units:
                array[part.units.start : part.units.stop] = 0
            else:
                array[:, list(known.places)] = 0
            changed[name] = array
        one = model(output).without(value=known.name).activations("abca").logits
        other = with_weights(output, changed).activations("abca").logits
        assert all(map(torch.equal, one, other))


def written(run: Run, name: str) -> list[Atom] | None:
    """A value at each position, if the numbers stand for single ones."""
    found = run.value(name).decoded
    return None if None in found else [value for value in found if value is not None]


@pytest.mark.parametrize("output", CASES)
def test_putting_back_what_is_there_changes_nothing(output: str) -> None:
    whole = model(output).run("abca")
    for name in whole.known:
        assert model(output).patched("abca", value=name).run("abca").answers == whole.answers
        if (values := written(whole, name)) is not None:
            again = model(output).patched(value={name: values}).run("abca")
            assert again.answers == whole.answers
            assert written(again, name) == values
    for head in heads_of(output):
        assert model(output).patched("abca", head=head)("abca") == model(output)("abca")


@pytest.mark.parametrize("output", CASES)
def test_a_value_of_another_input_stands_there(output: str) -> None:
    other = model(output).run("cbab")
    for name in other.known:
        patched = model(output).patched("cbab", value=name).run("abca")
        assert patched.value(name).candidates == other.value(name).candidates
        if (values := written(other, name)) is not None:
            put = model(output).patched(value={name: values}).run("abca")
            assert put.value(name).decoded == values
    assert model(output).patched("cbab", value="tokens")("abca") == model(output)("cbab")
    assert model(output).patched(value={"tokens": "cbab"})("abca") == model(output)("cbab")


def test_tokens_and_indices_of_another_input_are_apart_where_they_share_columns() -> None:
    """Indices of another input of the same length are the same; its tokens make it that input."""
    text = 'weight = 2 ^ (length - 1 - indices); v = sum(weight if tokens == "1" else 0);'
    program = load_program(Source("<test>", text))
    of = compile_program(program, "v", CompileOptions(tuple("01"), 5))
    found = Model(of.weights, symbols=of.symbols, recompile=lambda: of)
    for word, other in (("10000", "10010"), ("011", "110")):
        assert found.patched(other, value="indices")(word) == found(word)
        assert found.patched(other, value="tokens")(word) == found(other)


def test_what_depends_on_one_value_alone_follows_it() -> None:
    """`double` is a function of `histogram`, so that of another input decides."""
    of = model("double")
    assert of("abca") == [2, 2, 2, 2]
    assert of("bbbb") == [4, 4, 4, 4]
    assert of.patched("bbbb", value="histogram")("abca") == [4, 4, 4, 4]
    assert of.patched(value={"histogram": 2})("abca") == [4, 4, 4, 4]
    assert of.patched(value={"histogram": [3, 3, 1, 3]})("abca") == [3, 3, 1, 3]


@pytest.mark.parametrize(
    ("vocabulary", "default"), [(("c", "a", "b"), '"?"'), ((2, 1, 0), "7"), ((True, 1.5, 0), "7")]
)
def test_tokens_are_put_in_by_their_own_rows(vocabulary: tuple[Atom, ...], default: str) -> None:
    """The domain sorts them, the embedding does not."""
    program = load_program(Source("<test>", ""))
    of = compile_program(program, f"shift(tokens_asis, 1, {default})", CompileOptions(vocabulary, 4))
    found = Model(of.weights, symbols=of.symbols, recompile=lambda: of)
    for word in ([0, 1, 2], [2, 2, 0]):
        other = [vocabulary[k] for k in word]
        assert found.patched(value={"tokens": other})([vocabulary[0]] * 3) == found(other)
        assert found.run(other).value("tokens").decoded == other


def test_induction_needs_both_layers() -> None:
    of = model("induction")
    assert of("abab") == ["?", "?", "b", "a"]
    assert of.without(head=(0, 0))("abab") == ["?"] * 4
    assert of.without(head=(1, 0))("abab") == ["?"] * 4
    assert of.without(value="previous")("abab") == ["?"] * 4


def test_changes_add_up_and_leave_the_model_alone() -> None:
    of = model("induction")
    before = of("abab")
    both = of.patched("bbbb", head=(0, 0)).without(head=(1, 0))
    assert both("abab") == ["?"] * 4
    assert of("abab") == before
    hook = of.module.layers[1].register_forward_hook(lambda module, given, output: torch.zeros_like(output))
    try:
        assert of.without(head=(0, 0))("abab") == ["?"] * 4  # what is hooked already stays so
    finally:
        hook.remove()


def test_values_stand_from_layer_to_layer() -> None:
    run = model("induction").run("abca")
    assert run.value("previous").decoded == ["", "a", "b", "c"]
    assert run.value("tokens", layer=-1).decoded == [*"abca"]
    assert run.value("previous", layer=0).decoded == ["", "a", "b", "c"]
    with pytest.raises(ModelError, match="it stands there from after the heads of layer 0"):
        run.value("previous", layer=-1)


def mistakes() -> dict[str, tuple[Any, str]]:
    of = model("induction")
    return {
        "no head": (lambda: of.without(head=(0, 7)), r"its heads are \(0, 0\), \(1, 0\)"),
        "no pair": (lambda: of.without(head=3), "has no head 3"),
        "negative": (lambda: of.without(head=(-1, 0)), "has no head"),
        "no value": (lambda: of.without(value="prevoius"), "did you mean `previous`"),
        "no name": (lambda: of.run("ab").value(3), "its values are tokens, indices, previous"),  # type: ignore[arg-type]
        "nothing": (lambda: of.without(), "name a head or a value"),
        "both": (lambda: of.without(head=(0, 0), value="tokens"), "and not both"),
        "no source": (lambda: of.patched(value="tokens"), "nothing to put in its place"),
        "two sources": (lambda: of.patched("ab", value={"tokens": "ab"}), "values are given"),
        "not a token": (lambda: of.patched(value={"tokens": "az"}), 'it can have "a", "b", "c"'),
        "not a value": (lambda: of.patched(value={"indices": 7}), "is no value that indices can have"),
        "no values": (lambda: of.patched(value={"indices": []}), "is no value of indices"),
        "of None": (lambda: of.patched(value={"indices": None}), "is no value of indices"),
        "length": (
            lambda: of.patched(value={"tokens": "ab"})("abc"),
            "inputs of 2 tokens, and this one has 3",
        ),
        "source's length": (lambda: of.patched("ab", head=(0, 0))("abc"), "inputs of 2 tokens"),
        "bad source": (lambda: of.patched("az", head=(0, 0)), "not in the model's vocabulary"),
        "too long": (lambda: of.run("abcabcabc"), "takes at most 5"),
        "weights alone": (lambda: Model(compiled("induction").weights).run("a"), "made of weights alone"),
    }


@pytest.mark.parametrize("mistake", mistakes())
def test_mistakes_are_told(mistake: str) -> None:
    call, text = mistakes()[mistake]
    with pytest.raises(ModelError, match=text):
        call()


def test_a_loaded_model_knows_the_same(tmp_path: Path) -> None:
    save(compiled("sorted"), tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert str(loaded.run("cba")) == str(model("sorted").run("cba"))


def test_changed_weights_say_nothing_of_their_meaning(tmp_path: Path) -> None:
    """A checkpoint whose weights are not those of its program, and whose hashes are right."""
    of = compiled("reverse")
    arrays = {name: array * 1.5 for name, array in of.weights.arrays.items()}
    from_others = replace(of, weights=Weights(of.weights.config, arrays))
    save(from_others, tmp_path / "model")
    with pytest.raises(ModelError, match="what this model's numbers stand for is not known"):
        load(tmp_path / "model").run("abc")
