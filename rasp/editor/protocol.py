"""The protocol as pygls has it, except that nothing an editor sends can confuse the server: what is no message is passed
over, a request that is wrong is answered with an error, and the log says it in a line, without Python's traceback.
"""

import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol

LOGGER = logging.getLogger("pygls")
WRONG_ARGUMENTS = re.compile(r"Invalid Params: (Expected \d+ arguments|While structuring)")
#: What may come before the editor has introduced itself.
FIRST = (types.INITIALIZE, types.EXIT, types.SHUTDOWN)
#: What can only be said of a text that is open.
ABOUT_OPEN = (types.DidChangeTextDocumentNotification, types.DidCloseTextDocumentNotification)


@dataclass(frozen=True)
class Malformed:
    """A message that is not as the protocol has it; `id` is None for one that wants no answer."""

    id: str | int | None
    error: JsonRpcException


class PatientProtocol(LanguageServerProtocol):
    """Reads and answers messages."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A JSON object of a message as the protocol's type, if it is one. Never raises."""
        if not isinstance(data.get("id", 0), str | int) or not isinstance(data.get("method", ""), str):
            return Malformed(number_of(data), JsonRpcInvalidRequest("a message has a method and a number"))
        try:
            return super().structure_message(data)
        except (JsonRpcException, TypeError):
            return malformed(data)

    def handle_message(self, message: Any) -> None:
        """Carry out or refuse a message. One that is none is passed over."""
        if isinstance(message, Mapping | list | str | int | float | None):
            LOGGER.warning("passed over what is no message of the protocol")
        elif isinstance(message, ABOUT_OPEN) and not self.is_open(message.params.text_document.uri):
            LOGGER.warning("passed over a change of a text that is not open")
        elif isinstance(message, Malformed):
            self.refuse(message.id, message.error)
        elif self._workspace is None and getattr(message, "method", types.EXIT) not in FIRST:
            self.refuse(getattr(message, "id", None), JsonRpcServerNotInitialized("`initialize` comes first"))
        elif isinstance(message, types.InitializeRequest) and self._workspace is not None:
            # pygls would forget all texts that are open.
            self.refuse(message.id, JsonRpcInvalidRequest("`initialize` comes once"))
        elif self._shutdown and getattr(message, "id", None) is not None:  # pygls would not answer at all
            self.refuse(
                getattr(message, "id", None), JsonRpcInvalidRequest("after `shutdown` only `exit` comes")
            )
        else:
            if isinstance(message, types.ExecuteCommandRequest):
                message.params.arguments = message.params.arguments or []  # pygls counts them
            super().handle_message(cast(Any, message))

    def _send_response(
        self,
        msg_id: str | int,
        result: Any | None = None,
        error: Any | None = None,
    ) -> None:
        """Answer a request. What pygls says of a command's arguments is about Python's types, and nobody's here."""
        if error is not None:
            error.message = reword(error.message)
        super()._send_response(msg_id, result, error)

    def is_open(self, uri: str) -> bool:
        return self._workspace is not None and uri in self._workspace.text_documents

    def refuse(self, number: str | int | None, error: JsonRpcException) -> None:
        """Answer a request with an error; of anything else only the log tells."""
        LOGGER.warning("refused a message: %s", error.message)
        if number is not None:
            self._send_response(number, error=error.to_response_error())


def number_of(data: Mapping[str, Any]) -> str | int | None:
    number = data.get("id")
    return number if isinstance(number, str | int) else None


def malformed(data: Mapping[str, Any]) -> Malformed:
    """What to answer to a message that could not be read."""
    method = str(data.get("method"))[:80]
    known = method in types.METHOD_TO_TYPES
    wrong = JsonRpcInvalidParams(f"{method} is not as the protocol has it")
    return Malformed(number_of(data), wrong if known else JsonRpcMethodNotFound.of(method))


def reword(message: str) -> str:
    """What a user is told of an error."""
    return "the arguments are not those that the command takes" if WRONG_ARGUMENTS.match(message) else message


class OneLine(logging.Formatter):
    """A record's first line, without what Python says of exceptions; of a refusal, the reason."""

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and isinstance(record.exc_info[1], JsonRpcException):
            return f"rasp lsp: refused a message: {reword(record.exc_info[1].message)}"
        return f"rasp lsp: {record.getMessage().partition(chr(10))[0]}"


def log_in_lines() -> None:
    """Write what pygls has to say to standard error, a line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    LOGGER.handlers[:] = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(logging.WARNING)
