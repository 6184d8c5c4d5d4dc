"""A folder for a family as an ONNX graph: transformers' module, traced by torch's exporter.

In: `input_ids` and `attention_mask` (batch, length), int64. Out: float32 `logits` (batch, length, id).
"""

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from compiler.formats.import_library import take_library
from compiler.formats.onnx_graph import INSTALL
from compiler.model.stock_model import StockModel

OPSET = 18
"""The exporter's own."""


class Traced(nn.Module):
    """A model as a function of two tensors."""

    def __init__(self, model: nn.Module, **settings: object) -> None:
        super().__init__()
        self.model, self.settings = model, settings

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask, **self.settings).logits


def encode_stock_onnx(folder: Path, model: StockModel) -> bytes:
    """The bytes of a .onnx file of a folder that transformers opens. Raises `ModelError` where a library is missing."""
    onnx = take_library("onnx", "this format", INSTALL)
    take_library("onnxscript", "torch's exporter", "onnxscript: it is of the extra `onnx` of this project")
    ids, mask = model.pad([[model.config.bos, 0], [model.config.bos, 0]], left=False)
    causal = model.config.attention == "causal"
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=model.config.max_length + 1)
    quiet = contextlib.redirect_stdout(io.StringIO())  # it prints its progress
    with quiet, warnings.catch_warnings(), silence_logging():
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            Traced(model.module, **({"use_cache": False} if causal else {})).eval(),
            (ids, mask),
            dynamo=True,
            opset_version=OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes={"input_ids": {0: batch, 1: length}, "attention_mask": {0: batch, 1: length}},
            verbose=False,
        )
    proto = program.model_proto
    strip_places(proto)
    onnx.checker.check_model(proto)
    return proto.SerializeToString(deterministic=True)


def strip_places(proto: Any) -> None:
    """Take away where in the libraries each node comes from: paths of this machine."""
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for function in proto.functions:
        for node in function.node:
            del node.metadata_props[:]
            node.doc_string = ""
    del proto.metadata_props[:]


@contextlib.contextmanager
def silence_logging() -> Any:
    """Inside, warnings of libraries are not told."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
