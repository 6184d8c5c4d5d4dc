"""ModelError: what a user asked of a model that it cannot do."""

from rasp.diagnostics import Diagnostic


class ModelError(Exception):
    """The input or the request does not fit the model. Carries diagnostics."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n\n".join(d.render() for d in diagnostics))
        self.diagnostics = diagnostics


def make_model_error(message: str, hint: str, code: str) -> ModelError:
    """A `ModelError` of one diagnostic."""
    return ModelError(Diagnostic(message, hint=hint, code=code))
