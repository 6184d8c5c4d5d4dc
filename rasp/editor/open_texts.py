"""The server itself: the texts as the editor has them, and what has been found out about them since the last change."""

import asyncio
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from rasp.editor.protocol import LOGGER, PatientProtocol
from rasp.elaborate import prelude
from rasp.language_features.document import Buffers, Document, read_document
from rasp.language_features.positions import Positions
from rasp.language_features.problems import convert_diagnostic, list_complaints
from rasp.library import load
from rasp.source import Source, Span
from rasp.values import ValueProblem
from rasp.version import VERSION

#: Seconds without typing after which diagnostics are sent.
PAUSE = 0.2
LIBRARY = Path(load.__file__).with_name("std.rasp")


class RaspServer(LanguageServer):
    """The texts as the editor has them, and what has been found out about them since the last change."""

    def __init__(self) -> None:
        sync = types.TextDocumentSyncKind.Full
        super().__init__("rasp", VERSION, sync, protocol_cls=PatientProtocol)
        self.documents: dict[str, Document] = {}
        self.changes = 0

    def document(self, uri: str) -> Document:
        """The document of a text that is open, or else of the file; of one that cannot be read, an empty one."""
        if uri not in self.documents:
            name, buffers = path_of(uri), self.buffers()
            try:
                text = buffers.texts[name] if name in buffers.texts else buffers.read(name) or ""
            except ValueProblem:
                text = ""
            self.documents[uri] = read_document(Source(name, text), buffers)
        return self.documents[uri]

    def buffers(self) -> Buffers:
        """The open texts, and the folder that is open (or else the working directory)."""
        root = self.workspace.root_path
        opened = self.workspace.text_documents
        texts = {path_of(uri): opened[uri].source for uri in opened}
        return Buffers(Path(root) if root else Path.cwd(), texts)

    def positions(self, source: Source) -> Positions:
        encoding = self.workspace.position_encoding
        return Positions(source, str(getattr(encoding, "value", encoding or "utf-16")))

    def place(self, document: Document, position: types.Position) -> int:
        return self.positions(document.source).offset(position)

    def span(self, document: Document, asked: types.Range) -> Span:
        return Span(self.place(document, asked.start), self.place(document, asked.end))

    def location(self, document: Document, source: Source, span: Span) -> types.Location:
        """Where in which file a span is. The library is a file too."""
        library = source == prelude.load_standard_library().source
        path = LIBRARY if library else document.buffers.path(source.name)
        return types.Location(uris.from_fs_path(str(path)) or "", self.positions(source).range(span))

    def publish(self, uri: str) -> None:
        """Send what is wrong with a text."""
        document = self.document(uri)
        positions = self.positions(document.source)
        found = [convert_diagnostic(diagnostic, positions) for diagnostic in list_complaints(document)]
        told = self.workspace.get_text_document(uri).version
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version=told))

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:
        """Nothing pops up in the editor; what is a mistake of ours is in the log."""
        if isinstance(error, JsonRpcInternalError):
            LOGGER.error("internal error, please report it: %s", error)

    async def changed(self) -> None:
        """Forget what was found out; when there is no further change for a while, tell what is wrong now."""
        self.documents.clear()
        self.changes += 1
        mine = self.changes
        await asyncio.sleep(PAUSE)
        for uri in list(self.workspace.text_documents):
            if mine == self.changes:
                self.publish(uri)
                await asyncio.sleep(0)  # questions that have come meanwhile go first


def path_of(uri: str) -> str:
    """The path of a file; of a text that is no file, its URI."""
    return (uris.to_fs_path(uri) or uri).replace("\\", "/")
