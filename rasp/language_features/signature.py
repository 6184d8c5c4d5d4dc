"""The call that is being written: how its function is called, and which argument comes next.

It is found among the tokens, since what is being written can seldom be parsed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types

from rasp.elaborate.scope import Function
from rasp.graph.nodes import Node
from rasp.language_features.document import Document
from rasp.language_features.hover import find_documentation, find_topic, find_value
from rasp.language_features.symbols import Definition, resolve_name
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.precedence import FORMS
from rasp.syntax.syntax_tree import FunctionDefinition, Name
from rasp.syntax.tokens import Token

OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")
#: How many tokens before the place are looked at.
FARTHEST = 2_000


@dataclass(frozen=True)
class OpenCall:
    """The name before an unclosed `(`, and how many commas have followed."""

    name: Token
    argument: int


def open_call(document: Document, place: int) -> OpenCall | None:
    """The innermost call whose arguments an offset is among."""
    before = [
        token for token in tokenize_text(document.source)[0] if token.end <= place and token.kind != "end"
    ]
    depth, commas = 0, 0
    for i, token in reversed(list(enumerate(before))[-FARTHEST:]):
        if token.is_one_of(*CLOSING):
            depth += 1
        elif token.is_one_of(*OPENING) and depth:
            depth -= 1
        elif token.is_one_of("(") and i and before[i - 1].kind == "name":
            return OpenCall(before[i - 1], commas)
        elif token.is_one_of(*OPENING):
            commas = 0
        elif depth == 0 and token.is_one_of(";"):
            return None
        elif depth == 0 and token.is_one_of(","):
            commas += 1
    return None


def find_signature(document: Document, place: int) -> types.SignatureHelp | None:
    """What an editor shows while a call is being written."""
    call = open_call(document, place)
    if call is None:
        return None
    word = call.name.text
    if word in FORMS:
        usages = FORMS[word][2].replace(" or ", ", or ").split(", or ")
        return shown([(usage, inside(usage)) for usage in usages], find_topic(word), call.argument)
    definition = resolve_name(document, Name(word, call.name.span))
    notes = find_documentation(document, word, definition)
    match find_value(document, word, definition):
        case Function(_, parameters):
            return shown([(f"{word}({', '.join(parameters)})", parameters)], notes, call.argument)
        case Node():
            return shown([(f"{word}(input)", ("input",))], notes, call.argument)
        case _:
            names = parameters_of(definition)
            return (
                None
                if names is None
                else shown([(f"{word}({', '.join(names)})", names)], notes, call.argument)
            )


def parameters_of(definition: Definition | None) -> tuple[str, ...] | None:
    """The parameters of a function whose value is not known, since it is inside of another one."""
    if definition is None or not isinstance(definition.tree, FunctionDefinition) or definition.is_parameter:
        return None
    return tuple(parameter.text for parameter in definition.tree.parameters)


def inside(usage: str) -> tuple[str, ...]:
    """The arguments in how a form is written."""
    return tuple(usage.partition("(")[2].removesuffix(")").split(", "))


def shown(usages: Sequence[tuple[str, Sequence[str]]], notes: str, argument: int) -> types.SignatureHelp:
    """Of several usages the first that has so many arguments is the active one."""
    enough = [i for i, (_, names) in enumerate(usages) if len(names) > argument]
    found = [
        types.SignatureInformation(
            label,
            notes or None,
            [types.ParameterInformation(name) for name in names],
            active_parameter=argument,
        )
        for label, names in usages
    ]
    return types.SignatureHelp(found, enough[0] if enough else 0, argument)
