"""ModelError: what a user asked of a model that it cannot do."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rasp.diagnostics import DiagnosedError, Diagnostic


class ModelError(DiagnosedError):
    """The input or the request does not fit the model."""


def make_model_error(message: str, hint: str, code: str) -> ModelError:
    """A `ModelError` of one diagnostic."""
    return ModelError(Diagnostic(message, hint=hint, code=code))


@contextmanager
def report_unopened(
    library: str, folder: Path, hint: str = "export it again", code: str = "engine"
) -> Generator[None]:
    """Inside, a library opens or runs a folder, which may hold anything; what it raises is a `ModelError`, with the first
    line of what it says where that is meant for people."""
    try:
        yield
    except (DiagnosedError, MemoryError):
        raise
    except Exception as error:
        told = str(error).strip().partition("\n")[0] if isinstance(error, MEANT_FOR_PEOPLE) else ""
        why = told or "it is not what was written"
        raise make_model_error(f"{library} does not open {folder}: {why}", hint, code) from None


MEANT_FOR_PEOPLE = (OSError, RuntimeError, ValueError)
"""What libraries raise with a sentence; a `KeyError` or a `TypeError` slips out of them."""
