"""ModelError: what a user asked of a model that it cannot do."""

from rasp.diagnostics import DiagnosedError, Diagnostic


class ModelError(DiagnosedError):
    """The input or the request does not fit the model."""


def make_model_error(message: str, hint: str, code: str) -> ModelError:
    """A `ModelError` of one diagnostic."""
    return ModelError(Diagnostic(message, hint=hint, code=code))
