"""A model runs in the arithmetic that its bounds are proved for, or says that it does not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compiler.config import Config, Output
from compiler.emit.weights import Weights, list_shapes
from compiler.export.compiled import save
from compiler.model.answers import UNDECIDED
from compiler.model.generate import generate
from compiler.model.runner import Model
from compiler.opening import load
from compiler.options import CompileOptions
from compiler.pipeline import compile_program
from compiler.transformer import arithmetic
from compiler.transformer.arithmetic import check_precision
from compiler.transformer.exact_decoder import ExactDecoder
from compiler.transformer.problem import ModelError
from compiler.verify.readers import READERS
from rasp.elaborate.program import load_program
from rasp.source import Source
from tests.model.random_models import random_weights

WORD = "abcabcaabbccabca"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for which half precision is too coarse: it counts, and finds positions by their squares."""
    text = "up = select(indices, indices, <=); n = selector_width(up and select(tokens, tokens, ==));"
    program = load_program(Source("counts", text + ' next = {"a": "b", "b": "c", "c": "a"}[tokens];'))
    options = CompileOptions(tuple("abc"), 16, "causal")
    folder = tmp_path_factory.mktemp("models") / "counts"
    save(compile_program(program, {"next": "next", "n": "n"}, options), folder)
    return folder


@pytest.fixture
def model(folder: Path) -> Model:
    return load(folder)


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    """Whatever a test sets, the next one finds the defaults."""
    yield
    torch.set_float32_matmul_precision("highest")
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_another_dtype_is_refused_when_loading(folder: Path, dtype: torch.dtype) -> None:
    with pytest.raises(ModelError, match="exact in float32"):
        load(folder, dtype)


@pytest.mark.parametrize("device", ["gramophone", "cuda:77", "xla", ""])
def test_a_device_that_is_not_there_is_told(folder: Path, device: str) -> None:
    with pytest.raises(ModelError, match=f"there is no device {device} here"):
        load(folder, device=device)


def test_a_device_without_float64_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="mps has no float64"):
        load(folder, device="mps")


CONVERSIONS: dict[str, Callable[[Model], object]] = {
    "half": lambda model: model.module.half(),
    "bfloat16": lambda model: model.module.bfloat16(),
    "float, which rounds the unembedding": lambda model: model.module.float(),
    "double": lambda model: model.module.double(),
    "to": lambda model: model.module.to(torch.float16),
    "type": lambda model: model.module.type(torch.float16),
}


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
def test_a_conversion_is_refused_and_changes_nothing(
    model: Model, convert: Callable[[Model], object]
) -> None:
    before = model(WORD)
    with pytest.raises(ModelError, match="converted to"):
        convert(model)
    assert model(WORD) == before
    assert model.module.to("cpu") is model.module


#: Every way of running a model.
WAYS: dict[str, Callable[[Model], object]] = {
    "one": lambda model: model("cab"),
    "batch": lambda model: model.batch(["cab", "a"]),
    "generate": lambda model: generate(model, "ab", 3),
    "residuals": lambda model: model.residuals("cab").tolist(),
    "by hand": lambda model: [x.tolist() for x in model.module(torch.tensor([[3, 0, 1]]))],
    "by hand, cached": lambda model: [
        x.tolist() for x in model.module(torch.tensor([[3, 0, 1]]), cache=model.module.new_cache())
    ],
} | {
    f"verify, {name}": lambda model, read=read: read(model, [tuple("cab")])
    for name, read in READERS["causal"].items()
}  # type: ignore[misc]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_converted_part_is_noticed(model: Model, way: Callable[[Model], object]) -> None:
    table = model.module.embedding.tokens
    table.data = table.data.half()
    with pytest.raises(ModelError, match="converted to float16"):
        way(model)


@pytest.mark.parametrize("precision", ["high", "medium"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_lowered_products_are_refused(model: Model, way: Callable[[Model], object], precision: str) -> None:
    before = way(model)
    torch.set_float32_matmul_precision(precision)
    with pytest.raises(ModelError, match="lower precision"):
        way(model)
    with pytest.raises(ModelError, match="lower precision"):
        Model(random_weights())
    torch.set_float32_matmul_precision("highest")
    assert way(model) == before


#: Torch's newer settings, by what they are of, each with the device that it is about.
KNOBS = {
    "torch.backends": "cpu",
    "torch.backends.mkldnn": "cpu",
    "torch.backends.mkldnn.matmul": "cpu",
    "torch.backends.cuda.matmul": "cuda",
}


@pytest.mark.skipif(not hasattr(torch.backends, "fp32_precision"), reason="this torch has one setting only")
@pytest.mark.parametrize("knob, device", KNOBS.items(), ids=KNOBS)
def test_torchs_newer_settings_are_noticed(knob: str, device: str) -> None:
    for product in (torch.backends.cuda.matmul, torch.backends.mkldnn.matmul):
        product.fp32_precision = "none"  # type: ignore[attr-defined]
    check_precision(torch.device(device))
    holder: Any = torch
    for name in knob.split(".")[1:]:
        holder = getattr(holder, name)
    try:
        holder.fp32_precision = "tf32"
        with pytest.raises(ModelError, match="lower precision"):
            check_precision(torch.device(device))
    finally:
        holder.fp32_precision = "none"


def test_tf32_that_is_allowed_the_old_way_is_noticed() -> None:
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        with pytest.raises(ModelError, match="lower precision"):
            check_precision(torch.device("cuda"))
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False
    check_precision(torch.device("cuda"))


def test_products_with_fewer_digits_are_noticed_whoever_asked_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert arithmetic.multiplies_in_full(CPU, "float32")
    monkeypatch.setattr(torch.Tensor, "__matmul__", lambda a, b: a.bfloat16().mm(b.bfloat16()).float())
    assert not arithmetic.multiplies_in_full(CPU, "float32")
    with pytest.raises(ModelError, match="fewer digits"):
        Model(random_weights())


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_changes_nothing(model: Model, way: Callable[[Model], object], dtype: torch.dtype) -> None:
    before = way(model)
    with torch.autocast("cpu", dtype=dtype):
        assert way(model) == before
        ones = torch.ones(2, 2)
        assert (ones @ ones).dtype == dtype, "outside, autocast is as it was"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_default_dtype_changes_nothing(folder: Path, way: Callable[[Model], object]) -> None:
    before = way(load(folder))
    torch.set_default_dtype(torch.float16)
    assert way(load(folder)) == before


def undecided(biases: tuple[float, ...]) -> Model:
    """A model with these logits, whatever it is given."""
    config = Config("plain", "causal", ("a", "b"), 4, 1, (), (Output("x", ("a", "b")),), False)
    arrays = {name: np.zeros(shape) for name, shape in list_shapes(config).items()}
    model = Model(Weights(config, arrays))
    model.module.unembeddings[0].bias.copy_(torch.tensor(biases))  # type: ignore[operator, union-attr]
    return model


@pytest.mark.parametrize("biases", [(1.0, 1.0), (torch.nan, 0.0), (torch.inf, 0.0), (0.0, -torch.inf)])
def test_logits_that_decide_nothing_are_no_answer(biases: tuple[float, ...]) -> None:
    model = undecided(biases)
    for way in (lambda: model("ab"), lambda: model.batch(["ab"]), lambda: generate(model, "a", 2)):
        with pytest.raises(ModelError, match="no answer at position 0 of x"):
            way()
    for read in READERS["causal"].values():
        assert read(model, [("a", "b")]) == [{"x": [UNDECIDED, UNDECIDED]}]
    assert undecided((0.0, 1.0))("ab") == ["b", "b"]


BY_HAND: dict[str, tuple[dict[str, object], str]] = {
    "no BOS": ({"ids": [[0, 1]]}, "begin with BOS"),
    "BOS again, as padding": ({"ids": [[3, 0, 3]]}, "padding is told by lengths"),
    "BOS inside": ({"ids": [[3, 3, 0]], "lengths": [3]}, "padding is told by lengths"),
    "no token": ({"ids": [[3, 4]]}, "0 to 2"),
    "negative": ({"ids": [[3, -1]]}, "0 to 2"),
    "too long": ({"ids": [[3, *[0] * 7]]}, "the positions are 8; the model has 7"),
    "one sequence": ({"ids": [3, 0]}, "shape"),
    "empty": ({"ids": [[]]}, "shape"),
    "no integers": ({"ids": [[3.0, 0.0]]}, "integers"),
    "truth values": ({"ids": [[True, False]]}, "integers"),
    "length 0": ({"ids": [[3, 0]], "lengths": [0]}, "between 1 and 2"),
    "length beyond": ({"ids": [[3, 0]], "lengths": [3]}, "between 1 and 2"),
    "lengths of others": ({"ids": [[3, 0]], "lengths": [1, 2]}, "shape"),
}


@pytest.mark.parametrize("given, message", BY_HAND.values(), ids=BY_HAND)
def test_ids_by_hand_are_checked(given: dict[str, object], message: str) -> None:
    decoder = ExactDecoder(random_weights("causal"))
    tensors = {name: torch.tensor(value) for name, value in given.items()}
    with pytest.raises(ModelError, match=message):
        decoder(**tensors)


def test_a_cache_is_for_its_own_sequences() -> None:
    decoder = ExactDecoder(random_weights("causal"))
    cache = decoder.new_cache(2)
    with pytest.raises(ModelError, match="ids for 1 sequences, and a cache for 2"):
        decoder(torch.tensor([[3, 0]]), cache=cache)
    decoder(torch.tensor([[3, 0], [3, 1]]), cache=cache)
    with pytest.raises(ModelError, match="padding is told by lengths"):
        decoder(torch.tensor([[3], [0]]), cache=cache)
    with pytest.raises(ModelError, match="the positions are 8"):
        decoder(torch.zeros(2, 6, dtype=torch.long), cache=cache)


@pytest.mark.parametrize("given", ["cab", 5, b"ab", {"a": 1}, None])
def test_a_single_input_is_no_batch(given: object) -> None:
    model = Model(random_weights())
    for way in (model.batch, model.answers):
        with pytest.raises(ModelError, match="a batch is a list of inputs"):
            way(given)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_told_from_tokens() -> None:
    with pytest.raises(ModelError, match="is a value of the type int64"):
        Model(random_weights(vocabulary=(1, 2, 3)))(list(np.array([1, 2])))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_tf32_on_a_gpu(folder: Path) -> None:
    expected, model = load(folder)(WORD), load(folder, device="cuda")
    assert model(WORD) == expected
    with torch.autocast("cuda", dtype=torch.float16):
        assert model(WORD) == expected
    torch.set_float32_matmul_precision("high")
    assert not arithmetic.multiplies_in_full(torch.device("cuda"), "float32")
    for way in (lambda: model(WORD), lambda: load(folder, device="cuda")):
        with pytest.raises(ModelError, match="lower precision"):
            way()
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        with pytest.raises(ModelError, match="lower precision"):
            model(WORD)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False
    assert model(WORD) == expected
