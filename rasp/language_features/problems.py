"""What the editor underlines: mistakes, warnings, malformed directives, and examples that do not come out."""

from functools import partial

from lsprotocol import types

from rasp.diagnostics import Diagnostic
from rasp.language_features.document import Document, ShownInput, evaluate_on, find_node
from rasp.language_features.positions import Positions
from rasp.language_features.symbols import find_loaded_source
from rasp.lint.directive_lines import Readings, find_wrong_lines
from rasp.lint.divisions import find_divisions
from rasp.lint.doubts import lint_program
from rasp.source import Span
from rasp.syntax.syntax_tree import Load
from rasp.syntax.walk import walk_trees

SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
#: Warnings that grey a name out.
UNUSED = "is never used"


def list_complaints(document: Document) -> list[Diagnostic]:
    """Everything there is to complain about, in the order of the text."""
    program = document.program
    found = [*program.diagnostics, *lint_program(program)]
    if any(diagnostic.severity == "error" for diagnostic in found):
        found += document.directives.diagnostics
    else:
        readings = Readings(
            partial(find_node, document),
            lambda node, example: evaluate_on(node, ShownInput(example.input, example.attention)),
        )
        found += find_wrong_lines(program, document.directives, readings)
        found += find_divisions(program, document.directives.compiles)
    return [brought_home(document, diagnostic) for diagnostic in found]


def brought_home(document: Document, diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic, in the document's own text: one of a loaded text goes to the `load`."""
    if diagnostic.source == document.source and diagnostic.span is not None:
        return diagnostic
    where, span = "", Span(0, 0)
    if diagnostic.source is not None and diagnostic.span is not None:
        line, column = diagnostic.source.position(diagnostic.span.start)
        where = f"{diagnostic.source.name}:{line}:{column}: "
        span = load_of(document, diagnostic.source.name)
    message = f"{where}{diagnostic.message}"
    return Diagnostic(
        message, document.source, span, "", diagnostic.hint, diagnostic.severity, diagnostic.code
    )


def load_of(document: Document, name: str) -> Span:
    """The `load` of a text; if it is loaded by another one, the first `load`."""
    loads = [tree for tree in walk_trees(*document.module.statements) if isinstance(tree, Load)]
    for tree in loads:
        source = find_loaded_source(document, tree, document.source)
        if source is not None and source.name == name:
            return tree.path_span
    return loads[0].path_span if loads else Span(0, 0)


def convert_diagnostic(diagnostic: Diagnostic, positions: Positions) -> types.Diagnostic:
    """A diagnostic as the protocol has it; hint and notes become lines of the message."""
    span = diagnostic.span or Span(0, 0)
    hint = f"hint: {diagnostic.hint}" if diagnostic.hint else ""
    lines = [diagnostic.message, diagnostic.label, *diagnostic.notes, hint]
    unnecessary = diagnostic.message.endswith(UNUSED)
    return types.Diagnostic(
        positions.range(span),
        "\n".join(line for line in lines if line),
        severity=SEVERITIES[diagnostic.severity],
        code=diagnostic.code or None,
        source="rasp",
        tags=[types.DiagnosticTag.Unnecessary] if unnecessary else None,
    )
