"""What can stand at the cursor: names with their kind, words of the language, commands, files to `load`."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rasp.elaborate.names import FORM_NAMES
from rasp.elaborate.scope import Function, Static
from rasp.elaborate.static import describe_value
from rasp.graph.nodes import Node
from rasp.library.load import PROGRAMS
from rasp.prompt.repl import Repl
from rasp.syntax.lexer import KEYWORDS
from rasp.syntax.topics import TOPICS

LOAD = re.compile(r"(?:^|[;}\n])\s*load\s+\"(?P<path>[^\"\n]*)$")
HELP = re.compile(r"\s*(?::?\s*help|\?)\s+\w*$")
WORD = re.compile(r"[A-Za-z_]\w*$")
IN_STRING = re.compile(r"^[^\"#]*(\"[^\"]*\"[^\"#]*)*\"[^\"]*$")
#: Words that go on in a fixed way.
PHRASES: dict[str, tuple[str, ...]] = {
    "set": ("example", "s-op example", "selector example"),
    "show": ("example", "s-op example", "selector example"),
    "examples": ("on", "off"),
    "full": ("seq display on", "seq display off"),
}


class RaspCompleter(Completer):
    """The editor's question: what could be meant?"""

    def __init__(self, repl: Repl) -> None:
        self.repl = repl

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        line = document.current_line_before_cursor
        if match := LOAD.search(before):
            return program_files(match["path"])
        if IN_STRING.match(line) or "#" in line:
            return ()
        command = self.repl.command(line)
        if command is not None and command[0].argument in ("folder", "file"):
            return files(command[1], folders=command[0].argument == "folder")
        first, _, rest = line.lstrip().partition(" ")
        if first in PHRASES and line.endswith((" ", rest)) and " " in line:
            return phrases(first, rest)
        word = WORD.search(before)
        return self.words(word[0] if word else "", line)

    def words(self, prefix: str, line: str) -> Iterator[Completion]:
        """Names and words that begin like the one at the cursor."""
        found = {word: "word" for word in KEYWORDS} | {word: "function" for word in FORM_NAMES}
        found |= {name: kind(value) for name, value in self.repl.session.names().items()}
        if line.strip() == prefix or HELP.match(line):
            for command in self.repl.commands:
                found.setdefault(command.word, "command")
        if HELP.match(line):
            found |= {word: found.get(word, "topic") for word in TOPICS}
        for name in sorted(found, key=lambda name: (name.startswith("_"), name.lower())):
            if name.startswith(prefix):
                yield Completion(name, start_position=-len(prefix), display_meta=found[name])


def kind(value: Static) -> str:
    """What a name stands for, in a few words."""
    match value:
        case Function():
            return f"function of {', '.join(value.parameters)}"
        case Node() | list() | dict():
            return describe_value(value).split(" ", 1)[1]
        case _:
            return str(value)[:30]


def phrases(first: str, rest: str) -> Iterator[Completion]:
    for phrase in PHRASES[first]:
        if phrase.startswith(rest):
            yield Completion(phrase, start_position=-len(rest))


def program_files(typed: str) -> Iterator[Completion]:
    """Programs that `load` would find, without their `.rasp`."""
    for base in (Path(), Path(PROGRAMS)):
        yield from entries(base, typed, ".rasp")


def files(typed: str, folders: bool) -> Iterator[Completion]:
    return entries(Path(), typed, "/" if folders else ".rasp")


def entries(base: Path, typed: str, suffix: str) -> Iterator[Completion]:
    """Folders, and files with the suffix, whose path from `base` begins as typed."""
    folder, _, start = typed.rpartition("/")
    place = base / folder if not typed.startswith("/") else Path(folder or "/")
    try:
        found = sorted(place.iterdir())
    except OSError:
        return
    for path in found:
        if not path.name.startswith(start) or path.name.startswith(".") != start.startswith("."):
            continue
        if path.is_dir():
            yield Completion(f"{path.name}/", start_position=-len(start), display_meta="folder")
        elif path.name.endswith(suffix):
            name = path.name.removesuffix(".rasp")
            yield Completion(name, start_position=-len(start), display_meta="program")
