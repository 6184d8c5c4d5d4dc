"""What there is to say about a name: its kind, its value on the running example, its documentation, its cost.

In: a document and a name in it, with its definition. Out: Markdown, as editors show it.
"""

import re

from rasp.command_line.console import show_rows, show_tokens, show_values
from rasp.elaborate.scope import Function, Missing, Static
from rasp.elaborate.static import describe_value
from rasp.graph.cost import REFERENCE, count_reference_heads, describe_cost
from rasp.graph.nodes import Node
from rasp.interpret.evaluate import EvaluationError
from rasp.language_features.document import Document, evaluate_on, find_example
from rasp.language_features.symbols import Definition, find_name_at, resolve_name
from rasp.library.load import LIBRARY_NAME
from rasp.prompt.show import is_endless
from rasp.source import Span
from rasp.syntax.comments import find_comment_above
from rasp.syntax.directives import HEAD
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.syntax_tree import Assign, For, FunctionDefinition, Statement
from rasp.syntax.tokens import Token
from rasp.syntax.topics import SEE, TOPICS

Defining = Assign | FunctionDefinition
LONGEST_VALUE = 400
#: Wider matrices are of no use in a pop-up.
MOST_COLUMNS = 40


def find_value(document: Document, text: str, definition: Definition | None) -> Static | None:
    """The value of a name of the top level or the library; None for locals, and for what has failed."""
    if definition is not None:
        if definition.owner is not None or not isinstance(definition.tree, Defining | For):
            return None
        for result in document.program.results:
            place = (result.source, result.span, result.name)
            if place == (definition.source, definition.tree.span, text):
                return result.value
    value = document.program.scope.find(text)
    return None if isinstance(value, Missing) else value


def find_role(document: Document, text: str, definition: Definition | None) -> str:
    """What a name is: `parameter`, `function`, `selector`, `s-op`, `list`, `constant`, or `unknown`."""
    if definition is not None and definition.is_parameter:
        return "parameter"
    if definition is not None and isinstance(definition.tree, FunctionDefinition):
        return "function"
    match find_value(document, text, definition):
        case Function():
            return "function"
        case Node() as node:
            return "selector" if node.is_selector else "s-op"
        case list() | dict():
            return "list"
        case None:
            return "unknown"
        case _:
            return "constant"


def find_documentation(document: Document, text: str, definition: Definition | None) -> str:
    """The comment above a definition, without its directives; what is built in has a text of its own."""
    if definition is not None and (definition.is_parameter or not isinstance(definition.tree, Defining)):
        return ""
    if definition is not None:
        lines = find_comment_above(definition.source, definition.tree.span.start)
        return "\n".join(line for line in lines if not HEAD.match(f"# {line}"))
    value = document.program.scope.find(text)
    if isinstance(value, Function):
        return value.doc
    return find_topic(text)


def find_topic(word: str) -> str:
    """What the prompt's `help` says about a word of the language; nothing for others."""
    return TOPICS.get(SEE.get(word, word), "")


def describe_kind(document: Document, text: str, definition: Definition | None) -> str:
    """A name's kind in a few words: `s-op`, `function (seq, key)`, `parameter of sort`."""
    if definition is not None and definition.owner is not None:
        role = "parameter" if definition.is_parameter else "local name"
        return f"{role} of {definition.owner.name.text}"
    match find_value(document, text, definition):
        case None:
            return "loop variable" if definition and not isinstance(definition.tree, Statement) else "name"
        case Function() as function:
            return f"function ({', '.join(function.parameters)})"
        case value:
            return describe_value(value).split(" ", 1)[1]


def explain_place(document: Document, place: int) -> tuple[str, Span] | None:
    """What there is to say about the name or word at an offset, as Markdown, and where that stands; None if nothing."""
    name = find_name_at(document.module, place)
    if name is None:
        token = word_at(document, place)
        text = "" if token is None else write_topic(token.text)
        return None if token is None or not text else (text, token.span)
    definition = resolve_name(document, name)
    if definition is None and document.program.scope.find(name.text) is None:
        return None
    return write_hover(document, name.text, definition, place), name.span


def word_at(document: Document, place: int) -> Token | None:
    """The keyword, or word that is special when called, at an offset."""
    tokens = tokenize_text(document.source)[0]
    found = [token for token in tokens if token.start <= place <= token.end]
    return next((token for token in found if token.kind in ("keyword", "name", "display")), None)


def write_hover(document: Document, text: str, definition: Definition | None, place: int) -> str:
    """Everything about a name at an offset, as Markdown."""
    kind = describe_kind(document, text, definition)
    head = f"{text}: {kind}"
    if kind.startswith("function ("):
        head = f"def {text}{kind.removeprefix('function ')}"
    parts = [fenced(head)]
    value = find_value(document, text, definition)
    if isinstance(value, Node):
        parts += [
            example_text(document, value, place),
            f"{REFERENCE}: {describe_cost(count_reference_heads(value))}.",
        ]
    elif value is not None and not isinstance(value, Function):
        parts.append(fenced(shortened(write_static(value))))
    elif definition is not None and definition.owner is not None and not definition.is_parameter:
        parts.append(fenced(shortened(source_text(definition))))
    parts.append(paragraphs(find_documentation(document, text, definition)))
    home = origin(document, definition)
    return "\n\n".join(part for part in [*parts, home] if part)


def example_text(document: Document, node: Node, place: int) -> str:
    """A node's value on the running example."""
    given = find_example(document, node, place)
    shown = show_tokens(given.items)
    where = f"On `{shown}`" + (" (causal)" if given.attention == "causal" else "")
    match evaluate_on(node, given):
        case None:
            return ""
        case EvaluationError(message):
            return f"{where} it has no value: {message}"
        case [list(), *_] as rows if len(rows) <= MOST_COLUMNS:
            return f"{where}:\n\n{fenced(show_rows(given.items, rows))}"  # pyright: ignore[reportArgumentType]
        case [list(), *_]:
            return ""
        case values:
            return f"{where}:\n\n{fenced(shortened(show_values(values)))}"  # pyright: ignore[reportArgumentType]


def write_static(value: Static) -> str:
    """A value as it is written in a program, except that s-ops and functions are only named by their kind."""
    match value:
        case list() | dict() if is_endless(value):
            return "…"
        case list():
            return f"[{', '.join(map(write_static, value))}]"
        case dict():
            return f"{{{', '.join(f'{write_static(key)}: {write_static(item)}' for key, item in value.items())}}}"
        case Node() | Function():
            return f"<{describe_value(value).split(' ', 1)[1]}>"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def source_text(definition: Definition) -> str:
    """The text that binds a name; of a function or loop only its first line."""
    span = definition.tree.span
    text = definition.source.text[span.start : span.end]
    return text.splitlines()[0] if isinstance(definition.tree, FunctionDefinition | For) else text


def origin(document: Document, definition: Definition | None) -> str:
    """Where a name is from, if not from the document itself."""
    if definition is None:
        return "*built in*"
    if definition.source == document.source:
        return ""
    name = definition.source.name
    return "*from the library*" if name == LIBRARY_NAME else f"*from {name}*"


def fenced(text: str) -> str:
    return f"```rasp\n{text}\n```"


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def paragraphs(text: str) -> str:
    """Plain text as Markdown: lines stay lines, and nothing in them is taken for markup."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
    return "  \n".join(escaped.splitlines())


def write_topic(word: str) -> str:
    """A word of the language explained, as Markdown; nothing for other words."""
    text = find_topic(word)
    return f"```text\n{text}\n```" if text else ""
