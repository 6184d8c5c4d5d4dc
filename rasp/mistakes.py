"""TABLES of what is wrong where the parser is stuck, and what to write instead; `rasp/complaints.py` reads
them.
"""

from typing import NamedTuple

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


class Mistake(NamedTuple):
    """What to tell when the parser would take all of `takes`, what stands there is one of `found`, and all of
    `within` hold; each is a list of words, and an empty one always fits. Of a message `expected …`, the part
    before `|` is the label too, and what was found is added. Words in braces are filled in. `at` is where to
    point, if not at what was found. With `insert` before it, the parser could go on. The facts and the words
    to fill in are made in `rasp/complaints.py`.
    """

    takes: str
    found: str
    within: str
    message: str
    hint: str = ""
    label: str = ""
    at: str = ""
    insert: str = ""


VALUE = "expected a value"
EQUALITY = "an equality test is written `==`"
RENAME = "choose another name"
RESERVED = "is a reserved word and cannot be"
COMMAND = "it is a command of the prompt; put it at top level"
LAST = "it is the last statement of a function"
OUTSIDE = "it is the last statement of a `def` body"
HERE, SOMETHING = "expected `;` here", "something is missing before `{token}`"
ONLY = "`return` is the last statement of a function, and the only one"
FILTER = "leave elements out in a loop that builds the list: `for x in all {{ … }}`"
NESTED = "write one list inside the other, or a function that makes the inner one"
SEVERAL = "several values can stand on the right of `=` and behind `return`; a list is written [a, b]"
BRACES = "write `{{ … }}` instead of `:` and indentation"
UNCLOSED = "expected `{closing}`| to close the `{opening}` {where}"
TEMPTING = "on off set show example examples"

# fmt: off
ROWS: tuple[tuple[str, ...], ...] = (
    # set = 1;    if = 1;
    ("", "=", "AFTER_WORD", "`{previous}` " + RESERVED + " assigned to", RENAME, "", "previous"),
    ("BROKEN", "KEYWORD", "ASSIGNED", "`{token}` " + RESERVED + " assigned to", RENAME),
    # The start of a statement.
    ("BROKEN", "COMMAND", "", "`{token}` cannot stand inside `{{ }}`", COMMAND),
    ("BROKEN", ";", "", "there is no statement before this `;`", "remove the `;`; none stands behind `}}`"),
    ("BROKEN return", "}", "BLOCK", "the function `{function}` returns nothing",
        "end its body with `return VALUE;`", "expected `return` before this", "", "BROKEN"),
    ("BROKEN", "}", "BLOCK", "the body of this `for` is empty", "", "", "block", "BROKEN"),
    ("BROKEN", ") ] }", "", "this `{token}` closes nothing", "remove it"),
    ("BROKEN", "if", "", "there are no `if` statements", "write name = a if condition else b;"),
    ("BROKEN", "return", "BLOCK", "`return` cannot stand inside a `for`", LAST),
    ("BROKEN", "return", "", "`return` stands outside of a function", OUTSIDE),
    ("BROKEN", "$END", "BLOCK", UNCLOSED),
    # x = ;
    ("INTEGER COMPARISON", "=", "", "`=` is not a comparison", EQUALITY),
    ("INTEGER", "; }", "RETURN", "`return` needs a value", "", VALUE),
    ("INTEGER", TEMPTING, "", "expected a value, but `{token}` is a reserved word", RENAME, VALUE),
    ("INTEGER", "if", "", "expected a value, but `{token}` is a reserved word",
        "a choice is written `a if condition else b`", VALUE),
    ("INTEGER", "KEYWORD", "", "expected a value, but `{token}` is a reserved word", "", VALUE),
    ("INTEGER", "=", "", "expected a value", EQUALITY),
    ("INTEGER", "", "", "expected a value"),
    # for 1 in x {
    ("", "=", "PARAMETERS", "parameters have no default values in RASP", "the caller gives every argument"),
    ("NAME", "KEYWORD", "", "`{token}` " + RESERVED + " {purpose}", RENAME),
    ("NAME", "", "", "expected {purpose}, found {found}", "{foreign}", "expected a name"),
    # x = 1 if a;
    ("else", "=", "", "`=` is not a comparison", EQUALITY),
    ("else", "] }", "GENERATOR", "a comprehension has no `if`", FILTER, "no `else` follows", "if"),
    ("else", "", "", "this `if` has no `else`: expected `else`, found {found}",
        "a choice is written `a if condition else b`", "expected `else`"),
    # x = (1;
    (":", "", "", "expected `:`| between key and value of a dict"),
    ("", "=", "UNCLOSED CALL", "arguments have no names in RASP",
        "give the values in the order of the `def`"),
    ("", "for", "UNCLOSED GENERATOR", "a comprehension has only one `for`", NESTED),
    ("", "VALUE", "UNCLOSED COMPARISON", "`{previous}` compares two values",
        "only as the last argument of `select` it stands alone", "", "previous"),
    ("", "VALUE", "UNCLOSED", UNCLOSED, "an operator or `,` is missing before it"),
    ("", "=", "UNCLOSED", UNCLOSED, EQUALITY),
    ("", "", "UNCLOSED", UNCLOSED),
    # def f(x) { return x; y = 1;
    ("}", "$END", "", UNCLOSED),
    ("}", "", "", "expected `}}` after the `return` of `{function}`, found {found}", ONLY, "never reached"),
    # 1 = x;
    ("END_OF_LINE", "", "", "expected the end of the line, found {found}", "", "not expected here"),
    ("$END", "", "", "expected one expression, but {found} follows it", "", "not expected here"),
    (";", "=", "PLAIN", "only names can be assigned to",
        f"{EQUALITY}; an assignment has names on the left", "this is not a name", "statement"),
    (";", "=", "", "`=` cannot stand here", EQUALITY),
    (";", ",", "PLAIN", "a statement is one expression", "a list is written [a, b]", "not expected here"),
    (";", "", "FOREIGN", "`{word}` means nothing in RASP", "{foreign}", "", "word"),
    (";", ") ]", "", "this `{token}` closes nothing", "remove it, or open it before"),
    (";", ", : else", "", "expected `;`, found {found}", "", "not expected here"),
    (";", "$END", "", "missing `;`", "every statement ends with `;`", HERE, "gap", ";"),
    (";", "} def for load draw return COMMAND", "", "missing `;`", "", HERE, "gap", ";"),
    (";", "", "NEW_LINE", "missing `;`", "", HERE, "gap", ";"),
    (";", "NAME", "TOUCHING", "missing `;` or operator",
        "a name cannot start with a digit", SOMETHING, "gap", ";"),
    (";", "VALUE", "", "missing `;` or operator", "", SOMETHING, "gap", ";"),
    (";", "", "", "expected `;`, found {found}", "", "not expected here"),
    # What certain words want behind them.
    ("STRING", "", "", "expected the path of a file in quotes, found {found}",
        'write load "path"; without .rasp', "expected a string"),
    ("=", "", "", "expected `=`| after the names", SEVERAL),
    ("{", ":", "DEF", "the body of a function stands in braces", BRACES),
    ("{", ":", "", "the body of a `for` stands in braces", BRACES),
    ("{", "", "", "expected `{{`| before the body"),
    ("in", "", "", "expected `in`| after the loop variable"),
    ("", "", "", "expected {wanted}| after `{previous}`"),
)
# fmt: on

#: The first that fits is told.
MISTAKES = tuple(Mistake(*row) for row in ROWS)


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
