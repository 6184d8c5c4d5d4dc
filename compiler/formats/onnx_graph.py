"""Plain weights as an ONNX graph, of operators that every runtime has. numpy and onnx only.

In: `input_ids` and `attention_mask` (batch, length), int64, padded on the right. Out: float64 `logits` (batch, length,
class), for several outputs `logits.NAME` each. More positions than the model has are an error of the runtime, no answer.

Letters in shapes: b batch, p position, q query position, t key position, d d_model.
"""

from typing import Any

import numpy as np

from compiler.emit.weights import Weights, spread_unembedding
from compiler.formats.import_library import take_library
from compiler.options import Dtype

INSTALL = "onnx: it is of the extra `onnx` of this project"
OPSET, IR_VERSION = 17, 8
"""Of 2022: what runtimes of today read, and those of some years ago."""


def name_logits(weights: Weights) -> list[str]:
    """The graph's outputs, in the order of the model's."""
    outputs = weights.config.outputs
    return ["logits"] if len(outputs) == 1 else [f"logits.{output.name}" for output in outputs]


def encode_onnx(weights: Weights) -> bytes:
    """The bytes of a .onnx file. Raises `ModelError` where onnx is not installed."""
    onnx = take_library("onnx", "this format", INSTALL)
    graph = Graph(onnx, weights.config.dtype)
    x = embed(graph, weights)
    hidden = mask(graph, causal=weights.config.attention == "causal")
    for number, layer in enumerate(weights.config.layers):
        written = [
            attend(graph, weights, f"layers.{number}.attention.heads.{h}", x, hidden)
            for h in range(len(layer.heads))
        ]
        if written:
            x = graph.add("Add", x, graph.add_up(written))
        if layer.d_mlp:
            x = graph.add("Add", x, look_up(graph, weights, f"layers.{number}.mlp", x))
    names = name_logits(weights)
    wide = graph.add("Cast", x, to=onnx.TensorProto.DOUBLE)
    counts: list[int] = []
    for k, name in enumerate(names):
        matrix, bias = spread_unembedding(weights, k)
        graph.add("Add", graph.add("MatMul", wide, graph.keep(matrix)), graph.keep(bias), into=name)
        counts.append(len(bias))
    return finish(graph, onnx, names, counts)


class Graph:
    """Nodes and constants in the order in which they are made."""

    def __init__(self, onnx: Any, dtype: Dtype) -> None:
        self.onnx, self.dtype = onnx, dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, op: str, *inputs: str, into: str = "", **attributes: object) -> str:
        """An operation; the name of what it gives."""
        name = into or f"v{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def add_up(self, parts: list[str]) -> str:
        """Their sum, from the first to the last."""
        total = parts[0]
        for part in parts[1:]:
            total = self.add("Add", total, part)
        return total

    def keep(self, array: np.ndarray) -> str:
        """A constant; the name that stands for it."""
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def keep_number(self, array: np.ndarray) -> str:
        """A constant in what the model computes in."""
        return self.keep(array.astype(self.dtype))


def embed(graph: Graph, weights: Weights) -> str:
    """The first residual (b, p, d): row of the token + row of the position."""
    config = weights.config
    found = graph.add("Gather", graph.keep_number(weights.arrays["embedding.tokens"]), "input_ids")
    # Where positions have no rows, zeros: so that more of them than the model has do not fit there either.
    rows = weights.arrays.get("embedding.positions", np.zeros((config.max_length + 1, 1)))
    length = graph.add("Shape", "input_ids", start=1, end=2)
    start = graph.keep(np.array([0]))
    return graph.add("Add", found, graph.add("Slice", graph.keep_number(rows), start, length, start))


def mask(graph: Graph, *, causal: bool) -> str:
    """What scores (b, q, t) are added to: -inf where a query does not see a key."""
    seen = graph.add("Cast", "attention_mask", to=graph.onnx.TensorProto.BOOL)
    seen = graph.add("Unsqueeze", seen, graph.keep(np.array([1])))  # (b, 1, t)
    if causal:
        length = graph.add("Shape", "input_ids", start=1, end=2)
        last = graph.add("Squeeze", length)
        indices = graph.add("Range", graph.keep(np.array(0)), last, graph.keep(np.array(1)))
        later = graph.add("Unsqueeze", indices, graph.keep(np.array([1])))  # (q, 1)
        seen = graph.add("And", seen, graph.add("LessOrEqual", indices, later))
    nothing, never = graph.keep_number(np.array(0.0)), graph.keep_number(np.array(-np.inf))
    return graph.add("Where", seen, nothing, never)


def attend(graph: Graph, weights: Weights, prefix: str, x: str, hidden: str) -> str:
    """What a head writes (b, p, d)."""
    query, key, value, output = (
        graph.keep_number(weights.arrays[f"{prefix}.{name}"]) for name in ("query", "key", "value", "output")
    )
    turned = graph.add("Transpose", graph.add("MatMul", x, key), perm=[0, 2, 1])
    scores = graph.add("Add", graph.add("MatMul", graph.add("MatMul", x, query), turned), hidden)
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), graph.add("MatMul", x, value))
    return graph.add("MatMul", mixed, output)


def look_up(graph: Graph, weights: Weights, prefix: str, x: str) -> str:
    """What hidden units write (b, p, d). Their bias has to be added last, and runtimes may merge product and sum into one
    operation that begins with it; a difference they leave alone."""
    up, bias, down = (weights.arrays[f"{prefix}.{name}"] for name in ("up", "bias", "down"))
    sums = graph.add("Sub", graph.add("MatMul", x, graph.keep_number(up)), graph.keep_number(-bias))
    return graph.add("MatMul", graph.add("Relu", sums), graph.keep_number(down))


def finish(graph: Graph, onnx: Any, names: list[str], classes: list[int]) -> bytes:
    """The file, checked by onnx."""
    make, kinds = onnx.helper, onnx.TensorProto
    inputs = [
        make.make_tensor_value_info(name, kinds.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        make.make_tensor_value_info(name, kinds.DOUBLE, ["batch", "length", count])
        for name, count in zip(names, classes, strict=True)
    ]
    model = make.make_model(
        make.make_graph(graph.nodes, "rasp", inputs, outputs, graph.constants),
        producer_name="rasp",
        opset_imports=[make.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
