"""Tried with format.patch: the file holds the same arrays, and a model of them answers the same."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from compiler.export.write_npz import write_npz

from compiler import CompileOptions, compile_program
from compiler.emit.weights import Weights
from compiler.model.runner import Model
from rasp import load

compiled = compile_program(load(""), "sort(tokens, tokens)", CompileOptions(tuple("abc"), 5))
with TemporaryDirectory() as folder:
    write_npz(compiled.weights, Path(folder) / "sorted.npz")
    with np.load(Path(folder) / "sorted.npz", allow_pickle=False) as found:
        arrays = dict(found)
for name, array in compiled.weights.arrays.items():
    np.testing.assert_array_equal(arrays[name], array)
model = Model(Weights(compiled.weights.config, arrays))
assert list(model("cabba")) == list("aabbc")
