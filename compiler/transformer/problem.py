"""ModelError: what a user asked of a model that it cannot do."""

from pathlib import Path

from rasp.diagnostics import DiagnosedError, Diagnostic


class ModelError(DiagnosedError):
    """The input or the request does not fit the model."""


def make_model_error(message: str, hint: str, code: str) -> ModelError:
    """A `ModelError` of one diagnostic."""
    return ModelError(Diagnostic(message, hint=hint, code=code))


def report_unopened(
    library: str, folder: Path, error: Exception, hint: str = "export it again", code: str = "engine"
) -> ModelError:
    """A `ModelError` with the first line of what a library says that does not open a folder."""
    first = str(error).strip().partition("\n")[0]
    return make_model_error(f"{library} does not open {folder}: {first}", hint, code)
