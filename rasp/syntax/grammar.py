"""`rasp/syntax/grammar.lark` → its parser, from tables that are kept in `rasp/syntax/tables.json`.

Making the tables takes ten times as long as reading them, and every command would wait for it. They are data of
the package, read as JSON, so that nothing is written where a command runs and nothing that somebody else may have
written is believed. They count only for the grammar and the version of lark that they were made of and with; with any
other the parser is made from the grammar. `make tables` writes them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lark
from lark import Lark
from lark import Token as LarkToken
from lark.grammar import Rule
from lark.lark import PostLex
from lark.lexer import PatternStr, TerminalDef

from rasp.syntax.build import BUILDERS

#: Rules that a text can be.
STARTS = ("program", "lone_expression")
GRAMMAR = Path(__file__).with_name("grammar.lark")
TABLES = GRAMMAR.with_name("tables.json")


class AllTokens(PostLex):
    """Has the lexer yield tokens that no rule of the grammar takes."""

    always_accept: Iterable[str] = ("COMMENT", "MISTAKE", "UNKNOWN")

    def process(self, stream: Iterator[LarkToken]) -> Iterator[LarkToken]:
        return stream


@cache
def load_grammar() -> Lark:
    """The parser. It builds the forms of `rasp/syntax/syntax_tree.py` while it reads, so that nothing recurses."""
    text = GRAMMAR.read_text(encoding="utf-8")
    return read_tables(text) or make_parser(text)


def make_parser(text: str) -> Lark:
    """The parser, made from the text of the grammar."""
    return Lark(
        text,
        parser="lalr",
        lexer="basic",
        start=list(STARTS),
        keep_all_tokens=True,
        maybe_placeholders=False,
        **callbacks(),
    )


def callbacks() -> dict[str, Any]:
    """What a parser calls: code, which no table holds."""
    return {"transformer": SimpleNamespace(**BUILDERS), "postlex": AllTokens()}


def write_tables() -> None:
    """Keep the tables of the grammar."""
    text = GRAMMAR.read_text(encoding="utf-8")
    data, rules = make_parser(text).memo_serialize([TerminalDef, Rule])
    data["options"] = {key: value for key, value in data["options"].items() if key not in callbacks()}
    kept = json.dumps({"of": origin(text), "data": data, "memo": rules}, separators=(",", ":"))
    TABLES.write_text(kept + "\n", encoding="utf-8")


def read_tables(text: str) -> Lark | None:
    """The parser from the kept tables, if they are of this grammar and this lark."""
    kept: Any = json.loads(TABLES.read_text(encoding="utf-8"))
    if kept["of"] != origin(text):
        return None
    table: Any = kept["data"]["parser"]["parser"]
    table["tokens"] = numbered(table["tokens"])
    table["states"] = numbered({state: numbered(actions) for state, actions in table["states"].items()})
    # What lark's own stand-alone parsers call; `Lark.load` reads pickles only, and takes no callbacks.
    return Lark._load_from_dict(kept["data"], numbered(kept["memo"]), **callbacks())  # type: ignore[no-any-return]


def origin(text: str) -> list[str]:
    """What tables depend on: lark, and the grammar."""
    return [lark.__version__, hashlib.sha256(text.encode()).hexdigest()]


def numbered(table: Mapping[str, Any]) -> dict[int, Any]:
    """A table whose keys are numbers; JSON writes them as texts."""
    return {int(key): row for key, row in table.items()}


@cache
def list_spellings() -> Mapping[str, str]:
    """How the grammar's words and symbols are written, by the names that the parser has for them."""
    return {
        terminal.name: terminal.pattern.value
        for terminal in load_grammar().terminals
        if isinstance(terminal.pattern, PatternStr)
    }
