"""RASP for Pygments: colours in terminals, notebooks and documentation.

Pygments finds it by the name `rasp` and by files called `*.rasp`. The words of `# compile:` and `# example:`
lines stand out among comments, since they are read by `rasp test` and `rasp compile`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from pygments.lexer import (
    RegexLexer,
    bygroups,  # pyright: ignore[reportUnknownVariableType]
    include,
    words,
)
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Text

SETTINGS = ("vocab", "max_length", "attention", "name")
STATEMENT_WORDS = ("if", "else", "def", "return", "for", "load", "draw")
COMMAND_WORDS = ("set", "show", "example", "examples", "on", "off", "selector", "exit", "quit")
FORMS = ("select", "aggregate", "range", "zip", "len", "round", "indicator")
INPUTS = (
    "tokens",
    "tokens_asis",
    "tokens_str",
    "tokens_int",
    "tokens_float",
    "tokens_bool",
    "indices",
    "out",
)
LIBRARY = (
    *(
        "full_s",
        "length",
        "selector_width",
        "best",
        "has_focus",
        "count",
        "contains",
        "max",
        "min",
        "average",
    ),
    *("load_from_location", "shift", "mark_last_instance", "mark_first_instance", "select_from_last"),
    *("select_from_first", "sort", "select_next_identical", "abs", "floor", "ceil", "quotient", "sqrt"),
    *("sum", "maximum", "minimum", "running_sum", "running_maximum", "running_minimum"),
    *("first_index", "last_index", "string_length", "string_reverse", "string_slice", "upper", "lower"),
)


class RaspLexer(RegexLexer):
    """Tokens of RASP programs."""

    name = "RASP"
    aliases: ClassVar[Sequence[str]] = ["rasp"]
    filenames: ClassVar[Sequence[str]] = ["*.rasp"]
    mimetypes: ClassVar[Sequence[str]] = ["text/x-rasp"]
    url = "https://arxiv.org/abs/2106.06981"
    version_added = ""

    tokens: ClassVar[dict[str, Any]] = {
        "root": [
            (r"[ \t\r\n\ufeff]+", Text.Whitespace),
            (
                r"(#+[ \t]*)(compile|example)([ \t]*)(\([^)\n]*\))?([ \t]*)(:)",
                bygroups(
                    Comment.Special,
                    Keyword.Pseudo,
                    Comment.Special,
                    Comment.Special,
                    Comment.Special,
                    Punctuation,
                ),
                "directive",
            ),
            (r"#[^\n]*", Comment.Single),
            include("program"),
        ],
        "directive": [
            (r"(?=\n)", Text, "#pop"),
            (r"[ \t\r]+", Text.Whitespace),
            (
                rf"\b({'|'.join(SETTINGS)})(=)(?!=)",
                bygroups(Name.Attribute, Operator),
            ),
            (r"\b(causal|full|error)\b", Keyword.Constant),
            include("program"),
            # The `=` before the answer, and JSON.
            (r"=", Operator),
        ],
        "program": [
            (r'"[^"\r\n]*"', String.Double),
            (r'"[^"\r\n]*', Error),
            (r"[0-9]+\.[0-9]+", Number.Float),
            (r"[0-9]+", Number.Integer),
            (r"full[ \t]+seq[ \t]+display\b", Keyword),
            (r"s-op(?=[ \t]+examples?\b)", Keyword),
            (r"(def)([ \t]+)([A-Za-z_]\w*)", bygroups(Keyword.Declaration, Text.Whitespace, Name.Function)),
            (words(("and", "or", "not", "in"), prefix=r"\b", suffix=r"\b"), Operator.Word),
            (words(STATEMENT_WORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(COMMAND_WORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(("True", "False"), prefix=r"\b", suffix=r"\b"), Keyword.Constant),
            (words(FORMS, prefix=r"\b", suffix=r"\b(?=\s*\()"), Name.Builtin),
            (words(INPUTS, prefix=r"\b", suffix=r"\b"), Name.Builtin.Pseudo),
            (words(LIBRARY, prefix=r"\b", suffix=r"\b"), Name.Builtin),
            (r"[A-Za-z_]\w*(?=[ \t]*\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r"==|!=|<=|>=|[-+*/%^<>=]", Operator),
            (r"[()\[\]{},;:]", Punctuation),
        ],
    }
