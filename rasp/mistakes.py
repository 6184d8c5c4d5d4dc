"""TABLES of what people write out of habit from other languages, and what to write here instead.

In: a token at which the parser is stuck (and the one before it). Out: a message and a hint, or nothing.
"""

from rasp.tokens import Token

#: Tokens that are never right: message and hint.
SPELLINGS: dict[str, tuple[str, str]] = {
    "===": ("`===` is not an operator", "write `==`"),
    "!==": ("`!==` is not an operator", "write `!=`"),
    "<>": ("`<>` is not an operator", "write `!=`"),
    "=>": ("`=>` is not an operator", "for greater or equal write `>=`"),
    "&&": ("`&&` is not an operator", "write `and`"),
    "||": ("`||` is not an operator", "write `or`"),
    "&": ("`&` is not an operator", "write `and`"),
    "|": ("`|` is not an operator", "write `or`"),
    "!": ("`!` is not an operator", "write `not`"),
    "~": ("`~` is not an operator", "write `not`"),
    "**": ("`**` is not an operator", "a power is written `^`"),
    "//": (
        "`//` is not an operator",
        "write `(a - a % b) / b` for whole division; a comment starts with `#`",
    ),
    ":=": ("`:=` is not an operator", "write `=`"),
    "->": ("`->` means nothing in RASP", "functions are written `def f(x) { return x; }`"),
    "?": ("`?` means nothing in RASP", "a choice is written `a if condition else b`"),
    ".": ("`.` means nothing here", "numbers need digits on both sides of the point, as in `0.5`"),
    "“": ("this is a typographic quote", 'strings are written with straight quotes: `"abc"`'),
    "”": ("this is a typographic quote", 'strings are written with straight quotes: `"abc"`'),
    "‘": ("this is a typographic quote", 'strings are written with straight double quotes: `"abc"`'),
    "’": ("this is a typographic quote", 'strings are written with straight double quotes: `"abc"`'),
    "−": ("this is a typographic minus sign", "write the ordinary `-`"),
    "–": ("this is a dash, not a minus sign", "write the ordinary `-`"),
    "≤": ("`≤` is not an operator", "write `<=`"),
    "≥": ("`≥` is not an operator", "write `>=`"),
    "≠": ("`≠` is not an operator", "write `!=`"),
    "\u00a0": ("there is a non-breaking space here", "replace it by an ordinary space"),
}

#: Words that start a statement of another language, when more follows that cannot be read.
WORDS: dict[str, str] = {
    "elif": "write `a if c else (b if d else e)`; there are no `if` statements",
    "while": "there are no `while` loops; `for x in list { … }` goes through a list",
    "lambda": "define the function with `def f(x) { return x; }`",
    "function": "functions are written `def f(x) { return x; }`",
    "fn": "functions are written `def f(x) { return x; }`",
    "let": "an assignment is just `name = value;`",
    "var": "an assignment is just `name = value;`",
    "const": "an assignment is just `name = value;`",
    "import": 'another file is read with `load "path";`',
    "from": 'another file is read with `load "path";`',
    "print": "an expression followed by `;` shows its value",
    "is": "write `==`",
    "xor": "write `a != b` for two booleans",
    "mod": "the remainder is written `%`",
}


def known_mistake(token: Token) -> tuple[str, str] | None:
    """Message and hint for a token that is wrong wherever it stands."""
    if token.kind != "bad":
        return None
    if token.text in SPELLINGS:
        return SPELLINGS[token.text]
    if token.text.startswith('"'):
        return "this string has no closing quote", 'end it with `"` on the same line'
    if token.text.startswith("'"):
        return "strings are written with double quotes", "write `\"abc\"`, not `'abc'`"
    if token.text.endswith("=") and len(token.text) == 2:
        operator = token.text[0]
        return f"`{token.text}` is not an operator", f"write `x = x {operator} …;`"
    if token.text[0].isalpha():
        return f"`{token.text}` is not a name", "names are made of the letters a-z and A-Z, digits and `_`"
    return f"`{token.text}` means nothing in RASP", ""


def foreign_word(token: Token) -> str:
    """A hint for a word of another language, or nothing."""
    return WORDS.get(token.text, "") if token.kind == "name" else ""
