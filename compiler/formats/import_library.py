"""Libraries that only a format or an engine needs: asked for when it is used, and told how to get when they are missing."""

from importlib import import_module
from typing import Any

from compiler.transformer.problem import make_model_error


def take_library(module: str, wanted_by: str, install: str) -> Any:
    """The module. Raises `ModelError` where it is not installed, or does not start."""
    try:
        return import_module(module)
    except (ImportError, OSError):
        name = module.partition(".")[0]
        raise make_model_error(
            f"{name} is not installed, which {wanted_by} needs", f"pip install {install}", "not-installed"
        ) from None
