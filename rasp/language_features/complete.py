"""What the editor offers while a name, a path behind `load`, or a directive is being typed.

What fits the place comes first: selectors where a selector is read, words that begin a statement where one begins.
The prompt's own words are no part of files and are not offered.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from lsprotocol import types

from rasp.elaborate.scope import Static
from rasp.graph.nodes import Node
from rasp.language_features.document import Document
from rasp.language_features.hover import describe_kind, find_documentation, find_role, find_topic, find_value
from rasp.language_features.signature import find_signature
from rasp.language_features.symbols import Definition, is_function, list_enclosing, list_visible_names
from rasp.library.load import PROGRAMS
from rasp.syntax.directives import HEAD, KEYS
from rasp.syntax.lexer import tokenize_text
from rasp.syntax.precedence import FORMS
from rasp.syntax.syntax_tree import Broken

LOAD = re.compile(r'\bload\s*"(?P<path>[^"]*)$')
#: A line's beginning up to a `#` that is not in a string.
COMMENT = re.compile(r'^(?:[^"#]|"[^"]*")*(?P<comment>#.*)$')
OPEN_STRING = re.compile(r'^(?:[^"#]|"[^"]*")*"[^"]*$')
NUMBER = re.compile(r"(?:^|[^A-Za-z0-9_])[0-9][A-Za-z0-9_.]*$")
DIRECTIVE_START = re.compile(r"#+\s*[a-z]*$")
DIRECTIVES: dict[str, str] = {
    "compile": 'how the program is compiled: # compile: sorted vocab="abc" max_length=8',
    "example": 'what it answers, which is checked: # example: sorted("cab") = "abc"',
}
MOST_FILES = 200
#: What an argument is by its name; nothing where anything may stand.
Wanted = Literal["", "selector", "s-op"]
#: Role → item.
KINDS: dict[str, types.CompletionItemKind] = {
    "function": types.CompletionItemKind.Function,
    "parameter": types.CompletionItemKind.Variable,
    "selector": types.CompletionItemKind.Field,
    "s-op": types.CompletionItemKind.Variable,
    "list": types.CompletionItemKind.Constant,
    "constant": types.CompletionItemKind.Constant,
    "unknown": types.CompletionItemKind.Variable,
}

#: Words by where they stand: at the beginning of a statement, before a value, behind one.
BEGINNING = ("def", "for", "load")
BEFORE_VALUE = ("not",)
BEHIND_VALUE = ("if", "else", "and", "or", "in")
#: Behind these a value is complete, behind those a new name is made up.
VALUES, CLOSING = ("name", "int", "float", "string"), (")", "]")
NAMING = ("def", "for")


def complete_name(document: Document, place: int) -> list[types.CompletionItem]:
    """The items for an offset; none in strings, comments and numbers, except in a directive or a path."""
    line, column = document.source.position(place)
    before = document.source.line(line)[: column - 1]
    if match := LOAD.search(before):
        return [file_item(path) for path in loadable(document, match["path"])]
    if match := COMMENT.match(before):
        return in_comment(document, match["comment"], place)
    if OPEN_STRING.match(before) or NUMBER.search(before):
        return []
    return in_code(document, place)


def in_code(document: Document, place: int) -> list[types.CompletionItem]:
    """Names and words, those first that fit between what stands there."""
    earlier = [
        token for token in tokenize_text(document.source)[0] if token.kind != "end" and token.start < place
    ]
    typed = bool(earlier) and earlier[-1].end >= place and earlier[-1].kind in ("name", "keyword")
    before = earlier[:-1] if typed else earlier
    previous = before[-1] if before else None
    if previous is not None and previous.is_one_of(*NAMING):
        return []
    if previous is not None and (previous.kind in VALUES or previous.is_one_of(*CLOSING)):
        return [*words(BEHIND_VALUE, "0"), *name_items(document, place), *form_items("")]
    wanted = wanted_kind(document, place)
    items = [*name_items(document, place, wanted), *form_items(wanted), *words(BEFORE_VALUE, "4")]
    if previous is None or previous.is_one_of(";", "{", "}"):
        inside = any(is_function(document, tree) for tree in list_enclosing(document.module, place))
        items += words((*BEGINNING, "return") if inside else BEGINNING, "0")
    return items


def wanted_kind(document: Document, place: int) -> Wanted:
    """`selector` or `s-op` where an argument is one by its name, and nothing anywhere else."""
    found = find_signature(document, place)
    if found is None:
        return ""
    active = found.signatures[found.active_signature or 0]
    parameters = active.parameters or []
    name = (
        parameters[found.active_parameter or 0].label
        if (found.active_parameter or 0) < len(parameters)
        else ""
    )
    if str(name).startswith("sel"):
        return "selector"
    return "s-op" if name in ("key", "query", "value", "seq", "default", "s_op") else ""


def in_comment(document: Document, comment: str, place: int) -> list[types.CompletionItem]:
    """The words that begin a directive; inside of one, names and settings."""
    kind = types.CompletionItemKind.Keyword
    if HEAD.match(comment):
        keys = KEYS if "compile" in comment.partition(":")[0] else ()
        settings = [types.CompletionItem(key, kind=kind, insert_text=f"{key}=") for key in keys]
        return [*name_items(document, place), *settings]
    if not DIRECTIVE_START.match(comment):
        return []
    return [
        types.CompletionItem(word, kind=kind, detail=text, insert_text=f"{word}: ")
        for word, text in DIRECTIVES.items()
    ]


def name_items(document: Document, place: int, wanted: Wanted = "") -> Iterator[types.CompletionItem]:
    """All names that can be seen; first those of the kind that is wanted."""
    for text, definition in list_visible_names(document, place).items():
        value = find_value(document, text, definition)
        notes = find_documentation(document, text, definition)
        yield types.CompletionItem(
            text,
            kind=KINDS[find_role(document, text, definition)],
            detail=describe_kind(document, text, definition),
            documentation=notes or None,
            # What is near comes first: locals, then the text's names, then the library.
            sort_text=f"{int(not fits(value, wanted))}{distance(document, definition)}{text}",
        )


def fits(value: Static | None, wanted: Wanted) -> bool:
    """May a name of this value be of the kind? What is not known may, and a function may return it."""
    match value:
        case Node() if wanted:
            return value.is_selector == (wanted == "selector")
        case str() | int() | float():
            return wanted != "selector"
        case _:
            return True


def distance(document: Document, definition: Definition | None) -> int:
    if definition is None:
        return 3
    if definition.source != document.source:
        return 2
    inside = isinstance(definition.tree, Broken) and definition.visible < definition.tree.span.end
    return 0 if definition.owner is not None or inside else 1


def form_items(wanted: Wanted) -> Iterator[types.CompletionItem]:
    """The words that are special when they are called."""
    for word, (_, _, usage) in FORMS.items():
        misfit = bool(wanted) and (word == "select") != (wanted == "selector")
        yield types.CompletionItem(
            word,
            kind=types.CompletionItemKind.Function,
            detail=usage,
            documentation=find_topic(word) or None,
            sort_text=f"{int(misfit)}3{word}",
        )


def words(chosen: Sequence[str], rank: str) -> Iterator[types.CompletionItem]:
    """Keywords."""
    for word in chosen:
        notes = find_topic(word) or None
        kind = types.CompletionItemKind.Keyword
        yield types.CompletionItem(word, kind=kind, documentation=notes, sort_text=f"0{rank}{word}")


def loadable(document: Document, typed: str) -> list[str]:
    """The files and folders that a path may go on to, without `.rasp` and beyond what is typed of its last
    part.
    """
    folder, root = typed.rpartition("/")[0], document.buffers.root
    beside = Path(document.source.name).parent
    found: dict[str, None] = {}
    for start in (root / beside, root, root / PROGRAMS):
        entries = document.buffers.list_entries(start / folder)
        found |= dict.fromkeys(f"{entry.name}/" for entry in entries if entry.is_dir())
        files = [entry for entry in entries if entry.suffix == ".rasp" and entry.is_file()]
        found |= dict.fromkeys(entry.stem for entry in files if str(entry) != document.source.name)
    return [name for name in found if not name.startswith(".")][:MOST_FILES]


def file_item(name: str) -> types.CompletionItem:
    folder = name.endswith("/")
    kind = types.CompletionItemKind.Folder if folder else types.CompletionItemKind.File
    return types.CompletionItem(name, kind=kind)
