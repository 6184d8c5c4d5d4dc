"""Colours for a line of the prompt while it is typed: names by the kind of their value."""

from collections.abc import Callable

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from rasp.elaborate.names import FORM_NAMES
from rasp.elaborate.scope import Function
from rasp.graph.nodes import Node
from rasp.prompt.repl import Repl
from rasp.prompt.session import Session
from rasp.source import Source
from rasp.syntax.lexer import Token, tokenize_text

CLASSES: dict[str, str] = {
    "keyword": "class:keyword",
    "display": "class:keyword",
    "sop": "class:keyword",
    "string": "class:string",
    "int": "class:number",
    "float": "class:number",
    "bad": "class:wrong",
}


class SessionLexer(Lexer):
    """The editor's question: what does each line look like?"""

    def __init__(self, repl: Repl) -> None:
        self.repl = repl

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = highlighted(self.repl, document.text)
        return lambda number: lines[number] if number < len(lines) else []


def highlighted(repl: Repl, text: str) -> list[StyleAndTextTuples]:
    """The text's lines in pieces with classes."""
    classes = [""] * len(text)
    tokens, comments = tokenize_text(Source("", text))
    found = [(token.start, token.end, class_of(repl.session, token)) for token in tokens]
    found += [(comment.span.start, comment.span.end, "class:comment") for comment in comments]
    if repl.command(text) is not None:
        first = next(token for token in tokens if token.kind != "symbol")
        found.append((first.start, first.end, "class:command"))
    for start, end, name in found:
        classes[start:end] = [name] * (end - start)
    lines: list[StyleAndTextTuples] = [[]]
    for name, character in zip(classes, text, strict=True):
        if character == "\n":
            lines.append([])
        else:
            lines[-1].append((name, character))
    return lines


def class_of(session: Session, token: Token) -> str:
    """How a token looks."""
    if token.kind != "name":
        return CLASSES.get(token.kind, "")
    value = session.scope.find(token.text)
    match value:
        case Node():
            return "class:selector" if value.is_selector else "class:s-op"
        case Function():
            return "class:function"
        case _:
            return "class:function" if token.text in (*FORM_NAMES, "select", "aggregate") else ""
