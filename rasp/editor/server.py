"""`rasp lsp`: answers an editor's questions about RASP programs, over standard input and output.

The server keeps the texts that are open; each is read again when it or any other open text has changed.
Diagnostics come when typing pauses. Whatever the text, there is an answer: `rasp/language_features/document.py`
tolerates all mistakes. Here is what turns a question of the protocol into one about a `Document`, and back.
"""

import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from rasp.diagnostics import RaspError
from rasp.editor.open_texts import RaspServer
from rasp.editor.protocol import log_in_lines
from rasp.format.format_text import format_source
from rasp.language_features.complete import complete_name
from rasp.language_features.draw_answer import Drawn, draw_answer
from rasp.language_features.hover import explain_place
from rasp.language_features.inlays import list_inlays
from rasp.language_features.outline import list_foldings, list_outline
from rasp.language_features.problems import convert_diagnostic
from rasp.language_features.rename import find_renamable, rename_variable
from rasp.language_features.repairs import list_repairs
from rasp.language_features.semantic_tokens import LEGEND, list_semantic_tokens
from rasp.language_features.signature import find_signature
from rasp.language_features.symbols import find_loaded_source, find_name_at, list_enclosing, resolve_name
from rasp.language_features.variables import (
    Occurrence,
    find_definition_at,
    find_variable,
    list_occurrences,
    list_occurrences_by_text,
    list_undefined_uses,
)
from rasp.source import Span
from rasp.syntax.syntax_tree import Load

#: The command of the protocol that gives a drawing; its argument is a text and a position.
DRAW = "rasp.svg"


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
    found = explain_place(document, server.place(document, params.position))
    if found is None:
        return None
    text, span = found
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, server.positions(document.source).range(span))


def completion(server: RaspServer, params: types.CompletionParams) -> types.CompletionList:
    document = server.document(params.text_document.uri)
    return types.CompletionList(False, complete_name(document, server.place(document, params.position)))


def definition(server: RaspServer, params: types.DefinitionParams) -> types.Location | None:
    document = server.document(params.text_document.uri)
    place = server.place(document, params.position)
    for tree in reversed(list_enclosing(document.module, place)):
        if isinstance(tree, Load):
            source = find_loaded_source(document, tree, document.source)
            return None if source is None else server.location(document, source, Span(0, 0))
    name = find_name_at(document.module, place)
    found = None if name is None else resolve_name(document, name)
    return None if found is None else server.location(document, found.source, found.name.span)


def document_symbol(server: RaspServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    document = server.document(params.text_document.uri)
    return list_outline(document, server.positions(document.source))


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


def references(server: RaspServer, params: types.ReferenceParams) -> list[types.Location]:
    """Where the variable is read, here and in the texts that load it; where it is bound, if asked for."""
    document = server.document(params.text_document.uri)
    place = server.place(document, params.position)
    found = find_definition_at(document, place)
    if found is None:
        return [
            server.location(document, document.source, each) for each in list_undefined_uses(document, place)
        ]
    places = list_occurrences_by_text(document, find_variable(document, found[1]))
    return [
        server.location(document, text.source, each.span)
        for text, occurrences in places.values()
        for each in occurrences
        if params.context.include_declaration or not each.is_binding
    ]


def document_highlight(
    server: RaspServer, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight]:
    document = server.document(params.text_document.uri)
    place, positions = server.place(document, params.position), server.positions(document.source)
    found = find_definition_at(document, place)
    if found is None:
        uses = list_undefined_uses(document, place)
        return [
            types.DocumentHighlight(positions.range(each), types.DocumentHighlightKind.Read) for each in uses
        ]
    variable = find_variable(document, found[1])
    return [
        types.DocumentHighlight(positions.range(each.span), highlight_kind(each))
        for each in list_occurrences(document)
        if each.variable == variable
    ]


def highlight_kind(each: Occurrence) -> types.DocumentHighlightKind:
    return types.DocumentHighlightKind.Write if each.is_binding else types.DocumentHighlightKind.Read


def prepare_rename(server: RaspServer, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder:
    """The name that would be renamed; an error that says why not."""
    document = server.document(params.text_document.uri)
    try:
        span, definition = find_renamable(document, server.place(document, params.position))
    except RaspError as reason:
        raise refused(reason) from None
    where = server.positions(document.source).range(span)
    return types.PrepareRenamePlaceholder(range=where, placeholder=definition.name.text)


def rename_everywhere(server: RaspServer, params: types.RenameParams) -> types.WorkspaceEdit:
    """Edits of all texts that have the variable; an error that says why not."""
    document = server.document(params.text_document.uri)
    try:
        renaming = rename_variable(document, server.place(document, params.position), params.new_name)
    except RaspError as reason:
        raise refused(reason) from None
    places = [server.location(document, source, span) for source, spans in renaming.places for span in spans]
    edits: dict[str, list[types.TextEdit]] = {}
    for place in places:
        edits.setdefault(place.uri, []).append(types.TextEdit(place.range, renaming.name))
    return types.WorkspaceEdit(edits)


def refused(reason: RaspError) -> JsonRpcException:
    """The error that an editor shows."""
    told = reason.diagnostics[0]
    message = f"{told.message}; {told.hint}" if told.hint else told.message
    return JsonRpcException(message, types.LSPErrorCodes.RequestFailed.value)


def signature_help(server: RaspServer, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    document = server.document(params.text_document.uri)
    return find_signature(document, server.place(document, params.position))


def code_action(server: RaspServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Edits that end the complaints in a part of the text."""
    document = server.document(params.text_document.uri)
    positions = server.positions(document.source)
    return [
        types.CodeAction(
            repair.title,
            types.CodeActionKind.QuickFix,
            [convert_diagnostic(repair.complaint, positions)],
            edit=types.WorkspaceEdit(
                {
                    params.text_document.uri: [
                        types.TextEdit(positions.range(span), text) for span, text in repair.edits
                    ]
                }
            ),
        )
        for repair in list_repairs(document, server.span(document, params.range))
    ]


def semantic_tokens_full(server: RaspServer, params: types.SemanticTokensParams) -> types.SemanticTokens:
    document = server.document(params.text_document.uri)
    return list_semantic_tokens(document, server.positions(document.source))


def inlay_hint(server: RaspServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    document = server.document(params.text_document.uri)
    return list_inlays(document, server.positions(document.source), server.span(document, params.range))


def folding_range(server: RaspServer, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    return list_foldings(server.document(params.text_document.uri))


def svg(server: RaspServer, where: types.TextDocumentPositionParams) -> Drawn:
    """A command: the s-op or selector at a place, drawn; an error that says why not."""
    document = server.document(where.text_document.uri)
    try:
        return draw_answer(document, server.place(document, where.position))
    except RaspError as reason:
        raise refused(reason) from None


#: What the server answers, by whom, and what it says of that at the beginning.
FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    (types.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_files, None),
    (types.TEXT_DOCUMENT_HOVER, hover, None),
    (types.TEXT_DOCUMENT_COMPLETION, completion, types.CompletionOptions(trigger_characters=['"', "/", "#"])),
    (types.TEXT_DOCUMENT_DEFINITION, definition, None),
    (types.TEXT_DOCUMENT_REFERENCES, references, None),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, document_highlight, None),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, document_symbol, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, rename_everywhere, types.RenameOptions(prepare_provider=True)),
    (types.TEXT_DOCUMENT_SIGNATURE_HELP, signature_help, types.SignatureHelpOptions(["(", ","])),
    (types.TEXT_DOCUMENT_CODE_ACTION, code_action, types.CodeActionOptions([types.CodeActionKind.QuickFix])),
    (types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, semantic_tokens_full, LEGEND),
    (types.TEXT_DOCUMENT_INLAY_HINT, inlay_hint, None),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, folding_range, None),
    (types.TEXT_DOCUMENT_FORMATTING, formatting, None),
)


def make_server() -> RaspServer:
    """A server that answers everything above."""
    server = RaspServer()
    for name, handler, options in FEATURES:
        server.feature(name, options)(handler)
    server.command(DRAW)(svg)
    return server


def serve_editor(given: BinaryIO | None = None, told: BinaryIO | None = None) -> None:
    """Answer what comes in until the editor says goodbye; by default on standard input and output."""
    log_in_lines()
    # At the end pygls closes what it writes to; standard output has to stay.
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        make_server().start_io(given, told or output)
