"""The arithmetic that a model's error bounds are proved for, and the checks that it is the one at work.

Weights and activations are of the dtype that the model was compiled for, float32 unless it was float64, and every product
and sum is rounded to the nearest such number; logits are float64. What a coarser arithmetic (float16, bfloat16, TF32)
answers is as good as random. A finer one is no way out: a float32 model is refused in float64, too, since some
constructions *use* that float32 rounds. An anchor (`compiler/audit/anchors.py`) takes errors away by adding a number beside
which float32 knows only whole multiples of the grain, and what is small enough is lost in a sum; float64 keeps both. A
device without float64 (Apple's MPS) cannot tell close logits apart.

Autocast is a setting of one thread, so it is set aside while a model runs. Lowered matmul precision is one of the
whole process: to change it back and forth would change what other threads compute, and theirs would change ours. So
it is refused.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor

from compiler.options import DTYPES, Dtype
from compiler.transformer.problem import ModelError, make_model_error

CODE = "arithmetic"
#: Settings of float32 products under which they are what they say; the others are named after what they make of them.
IN_FULL = ("none", "ieee", "highest")
WITHOUT_FLOAT64 = ("mps",)


def check_choice(proved: Dtype, dtype: torch.dtype | None, device: torch.device) -> None:
    """Raises `ModelError` unless bounds that are proved in one dtype hold in another (None: the same) on this device."""
    if dtype is not None and name_of(dtype) != proved:
        message = f"the model is exact in {proved}, and its error bounds do not hold in {name_of(dtype)}"
        hint = "load it without a dtype"
        if name_of(dtype) in DTYPES:
            hint += f", or compile the program with --dtype {name_of(dtype)}"
        raise make_model_error(message, hint, CODE)
    if device.type in WITHOUT_FLOAT64:
        message = f"the device {device.type} has no float64, which the logits need"
        raise make_model_error(message, 'use device="cpu": compiled models are small', CODE)
    if proved == "float32":
        check_precision(device)
    if device.type != "meta" and not multiplies_in_full(device, proved):
        message = f"{device.type} multiplies {proved} numbers with fewer digits than they have"
        hint = (
            "an environment variable like NVIDIA_TF32_OVERRIDE or DNNL_DEFAULT_FPMATH_MODE may ask for that"
        )
        raise make_model_error(message, hint, CODE)


def find_device(given: str | torch.device) -> torch.device:
    """A device that is there. Raises `ModelError` for a name that is none, or that of one that torch cannot use here."""
    try:
        device = torch.device(given)
        if device.type not in WITHOUT_FLOAT64:  # which are refused wherever they are
            torch.empty(1, device=device)
    except (RuntimeError, AssertionError, TypeError):
        message = f"there is no device {given!s} here"
        raise make_model_error(message, "cpu is always there; others need their torch", "device") from None
    return device


def check_precision(device: torch.device) -> None:
    """Raises `ModelError` if torch is told to compute float32 products on this device with fewer digits."""
    backend = torch.backends.cuda if device.type == "cuda" else torch.backends.mkldnn
    found = getattr(getattr(backend, "matmul", None), "fp32_precision", None)
    if found is None:  # a torch that knows only the setting for all devices
        found = torch.get_float32_matmul_precision()
    if found not in IN_FULL:
        message = f"torch is set to multiply float32 numbers in lower precision ({found})"
        hint = 'run models under torch.set_float32_matmul_precision("highest"), which is the default'
        raise make_model_error(message, hint, CODE)


def multiplies_in_full(device: torch.device, name: Dtype) -> bool:
    """Whether a product on this device keeps the last digits of a dtype, whatever the settings say."""
    dtype = getattr(torch, name)
    number = 1.0 + torch.finfo(dtype).eps
    numbers = torch.full((64, 64), number, device=device, dtype=dtype)
    return bool((numbers @ torch.eye(64, device=device, dtype=dtype) == number).all())


@contextmanager
def hold_exact_arithmetic(parameters: Sequence[tuple[Tensor, torch.dtype]]) -> Generator[None]:
    """Inside, autocast is off. Raises `ModelError` where precision is lowered, or a parameter has not the dtype
    beside it.
    """
    for parameter, dtype in parameters:
        if parameter.dtype != dtype:
            raise converted(parameters[0][1], parameter.dtype)
    device = parameters[0][0].device
    if parameters[0][1] == torch.float32:
        check_precision(device)
    with nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False):
        yield


def refuse_conversion(convert: Callable[[Tensor], Tensor], dtypes: Sequence[torch.dtype]) -> None:
    """Raises `ModelError` if a conversion of tensors, like that of `.half()`, changes one of these dtypes: the first is
    that of the weights."""
    for dtype in dict.fromkeys(dtypes):
        changed = convert(torch.zeros((), dtype=dtype)).dtype
        if changed != dtype:
            raise converted(dtypes[0], changed)


def converted(proved: torch.dtype, dtype: torch.dtype) -> ModelError:
    exact = f"{name_of(proved)} with logits in float64" if proved != torch.float64 else "float64"
    message = f"the model is exact in {exact}, not with weights converted to {name_of(dtype)}"
    return make_model_error(message, "load the model again, and only move it to another device", CODE)


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
