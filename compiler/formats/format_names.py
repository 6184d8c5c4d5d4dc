"""What formats and engines are called. Light, since the command line loads it."""

from typing import Literal, get_args

FormatName = Literal["onnx", "ctranslate2", "transformerlens", "nanogpt", "gguf"]
FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)
EngineName = Literal[
    "transformers-eager",
    "transformers-sdpa",
    "onnxruntime",
    "openvino",
    "ctranslate2",
    "transformerlens",
    "nnsight",
    "nanogpt",
    "llamacpp",
]
ENGINE_NAMES: tuple[EngineName, ...] = get_args(EngineName)
Precision = Literal["float32", "bfloat16", "float16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
