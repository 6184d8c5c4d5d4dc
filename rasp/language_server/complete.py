"""What the editor offers while a name, a path behind `load`, or a directive is being typed."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lsprotocol import types

from rasp.directives import HEAD, KEYS
from rasp.elaborate.scope import Function, Static
from rasp.forms import FORMS
from rasp.graph import Node
from rasp.language_server.describe import detail, documentation, topic, value_of
from rasp.language_server.document import Document
from rasp.language_server.names import Definition, visible_names
from rasp.library.load import PROGRAMS
from rasp.tokens import KEYWORDS

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


def complete(document: Document, place: int) -> list[types.CompletionItem]:
    """The items for an offset; none in strings, comments and numbers, except in a directive or a path."""
    line, column = document.source.position(place)
    before = document.source.line(line)[: column - 1]
    if match := LOAD.search(before):
        return [file_item(path) for path in loadable(document, match["path"])]
    if match := COMMENT.match(before):
        return in_comment(document, match["comment"], place)
    if OPEN_STRING.match(before) or NUMBER.search(before):
        return []
    return [*name_items(document, place), *word_items()]


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


def name_items(document: Document, place: int) -> Iterator[types.CompletionItem]:
    """All names that can be seen."""
    for text, definition in visible_names(document, place).items():
        value = value_of(document, text, definition)
        notes = documentation(document, text, definition)
        yield types.CompletionItem(
            text,
            kind=kind_of_name(definition, value),
            detail=detail(document, text, definition),
            documentation=notes or None,
            # What is near comes first: locals, then the text's names, then the library.
            sort_text=f"{distance(document, definition)}{text}",
        )


def distance(document: Document, definition: Definition | None) -> int:
    if definition is None:
        return 3
    if definition.source != document.source:
        return 2
    return 0 if definition.owner is not None else 1


def kind_of_name(definition: Definition | None, value: Static | None) -> types.CompletionItemKind:
    match value:
        case Function():
            return types.CompletionItemKind.Function
        case Node():
            return types.CompletionItemKind.Field if value.is_selector else types.CompletionItemKind.Variable
        case None:
            return types.CompletionItemKind.Variable
        case _ if definition is None:
            return types.CompletionItemKind.Keyword
        case _:
            return types.CompletionItemKind.Constant


def word_items() -> Iterator[types.CompletionItem]:
    """Keywords, and the words that are special when they are called."""
    for word, (_, _, usage) in FORMS.items():
        notes = topic(word) or None
        yield types.CompletionItem(
            word,
            kind=types.CompletionItemKind.Function,
            detail=usage,
            documentation=notes,
            sort_text=f"3{word}",
        )
    for word in sorted(KEYWORDS):
        notes = topic(word) or None
        yield types.CompletionItem(
            word, kind=types.CompletionItemKind.Keyword, documentation=notes, sort_text=f"4{word}"
        )


def loadable(document: Document, typed: str) -> list[str]:
    """The files and folders that a path may go on to, without `.rasp` and beyond what is typed of its last
    part.
    """
    folder, root = typed.rpartition("/")[0], document.buffers.root
    beside = Path(document.source.name).parent
    found: dict[str, None] = {}
    for start in (root / beside, root, root / PROGRAMS):
        entries = listing(start / folder)
        found |= dict.fromkeys(f"{entry.name}/" for entry in entries if entry.is_dir())
        files = [entry for entry in entries if entry.suffix == ".rasp" and entry.is_file()]
        found |= dict.fromkeys(entry.stem for entry in files if str(entry) != document.source.name)
    return [name for name in found if not name.startswith(".")][:MOST_FILES]


def listing(folder: Path) -> Sequence[Path]:
    """What is in a folder; nothing if it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):
        return []


def file_item(name: str) -> types.CompletionItem:
    folder = name.endswith("/")
    kind = types.CompletionItemKind.Folder if folder else types.CompletionItemKind.File
    return types.CompletionItem(name, kind=kind)
