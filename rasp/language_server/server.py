"""`rasp lsp`: answers an editor's questions about RASP programs, over standard input and output.

The server keeps the texts that are open; each is read again when it or any other open text has changed.
Diagnostics come when typing pauses. Whatever the text, there is an answer: `rasp/language_server/document.py`
tolerates all mistakes.
"""

import asyncio
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import BinaryIO

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from rasp.diagnostics import RaspError
from rasp.elaborate import prelude
from rasp.format import format_source
from rasp.language_server.complaints import as_lsp, complaints
from rasp.language_server.complete import complete
from rasp.language_server.describe import hover_text, topic_text
from rasp.language_server.document import Buffers, Document, read_document
from rasp.language_server.names import enclosing, loaded_source, name_at, resolve
from rasp.language_server.outline import outline
from rasp.language_server.positions import Positions
from rasp.language_server.protocol import LOGGER, PatientProtocol, log_in_lines
from rasp.lexer import tokenize
from rasp.library import load
from rasp.source import Source, Span
from rasp.syntax import Load
from rasp.tokens import Token
from rasp.values import ValueProblem

#: Seconds without typing after which diagnostics are sent.
PAUSE = 0.2
LIBRARY = Path(load.__file__).with_name("std.rasp")


class RaspServer(LanguageServer):
    """The texts as the editor has them, and what has been found out about them since the last change."""

    def __init__(self) -> None:
        sync = types.TextDocumentSyncKind.Full
        super().__init__("rasp", package_version(), sync, protocol_cls=PatientProtocol)
        self.documents: dict[str, Document] = {}
        self.changes = 0

    def document(self, uri: str) -> Document:
        """The document of a text that is open, or else of the file; of one that cannot be read, an empty one."""
        if uri not in self.documents:
            name, buffers = path_of(uri), self.buffers()
            try:
                text = buffers.read(name) or ""
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

    def location(self, document: Document, source: Source, span: Span) -> types.Location:
        """Where in which file a span is. The library is a file too."""
        library = source == prelude.standard_library().source
        path = LIBRARY if library else document.buffers.path(source.name)
        return types.Location(uris.from_fs_path(str(path)) or "", self.positions(source).range(span))

    def publish(self, uri: str) -> None:
        """Send what is wrong with a text."""
        document = self.document(uri)
        positions = self.positions(document.source)
        found = [as_lsp(diagnostic, positions) for diagnostic in complaints(document)]
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


def package_version() -> str:
    try:
        return version("rasp-compiler")
    except PackageNotFoundError:
        return "0"


def path_of(uri: str) -> str:
    """The path of a file; of a text that is no file, its URI."""
    return (uris.to_fs_path(uri) or uri).replace("\\", "/")


async def did_open(server: RaspServer, params: types.DidOpenTextDocumentParams) -> None:
    await server.changed()


async def did_change(server: RaspServer, params: types.DidChangeTextDocumentParams) -> None:
    await server.changed()


async def did_change_files(server: RaspServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Files that are not open, but may be loaded, have changed."""
    await server.changed()


async def did_close(server: RaspServer, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
    await server.changed()


def hover(server: RaspServer, params: types.HoverParams) -> types.Hover | None:
    document = server.document(params.text_document.uri)
    place = server.place(document, params.position)
    name = name_at(document.module, place)
    token = word_at(document, place) if name is None else None
    text, span = "", Span(place, place)
    if token is not None:
        text, span = topic_text(token.text), token.span
    elif name is not None:
        definition, span = resolve(document, name), name.span
        known = definition is not None or document.program.scope.find(name.text) is not None
        text = hover_text(document, name.text, definition, place) if known else ""
    if not text:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, server.positions(document.source).range(span))


def word_at(document: Document, place: int) -> Token | None:
    """The keyword, or word that is special when called, at an offset."""
    tokens = tokenize(document.source)[0]
    found = [token for token in tokens if token.start <= place <= token.end]
    return next((token for token in found if token.kind in ("keyword", "name", "display")), None)


def completion(server: RaspServer, params: types.CompletionParams) -> types.CompletionList:
    document = server.document(params.text_document.uri)
    return types.CompletionList(False, complete(document, server.place(document, params.position)))


def definition(server: RaspServer, params: types.DefinitionParams) -> types.Location | None:
    document = server.document(params.text_document.uri)
    place = server.place(document, params.position)
    for tree in reversed(enclosing(document.module, place)):
        if isinstance(tree, Load):
            source = loaded_source(document, tree, document.source)
            return None if source is None else server.location(document, source, Span(0, 0))
    name = name_at(document.module, place)
    found = None if name is None else resolve(document, name)
    return None if found is None else server.location(document, found.source, found.name.span)


def document_symbol(server: RaspServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    document = server.document(params.text_document.uri)
    return outline(document, server.positions(document.source))


def formatting(server: RaspServer, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """One edit that replaces everything; none for a text with mistakes."""
    document = server.document(params.text_document.uri)
    try:
        text = format_source(document.source)
    except RaspError:
        return None
    if text == document.source.text:
        return []
    return [types.TextEdit(server.positions(document.source).whole(), text)]


def make_server() -> RaspServer:
    """A server that answers everything above."""
    server = RaspServer()
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_files)
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)
    options = types.CompletionOptions(trigger_characters=['"', "/", "#"])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, options)(completion)
    server.feature(types.TEXT_DOCUMENT_DEFINITION)(definition)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(document_symbol)
    server.feature(types.TEXT_DOCUMENT_FORMATTING)(formatting)
    return server


def serve(given: BinaryIO | None = None, told: BinaryIO | None = None) -> None:
    """Answer what comes in until the editor says goodbye; by default on standard input and output."""
    log_in_lines()
    make_server().start_io(given, told)
