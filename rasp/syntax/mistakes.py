"""TABLES of what is wrong where the parser is stuck, and what to write instead; `rasp/syntax/recovery.py` reads
them.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from rasp.syntax.foreign import CHOICE, METHODS, NAMES, WORDS
from rasp.syntax.tokens import Token

#: Tokens that are never right: message and hint.
SPELLINGS: dict[str, tuple[str, str]] = {
    "===": ("`===` is not an operator", "write `==`"),
    "!==": ("`!==` is not an operator", "write `!=`"),
    "<>": ("`<>` is not an operator", "write `!=`"),
    "=>": (
        "`=>` is not an operator",
        "for greater or equal write `>=`; a function is `def f(x) { return x; }`",
    ),
    "&&": ("`&&` is not an operator", "write `and`"),
    "||": ("`||` is not an operator", "write `or`"),
    "&": ("`&` is not an operator", "write `and`"),
    "|": ("`|` is not an operator", "write `or`"),
    "!": ("`!` is not an operator", "write `not`"),
    "~": ("`~` is not an operator", "write `not`"),
    "**": ("`**` is not an operator", "a power is written `^`"),
    "//": (
        "`//` is not an operator",
        "write `quotient(a, b)` for whole division; a comment starts with `#`",
    ),
    ":=": ("`:=` is not an operator", "write `=`"),
    "->": ("`->` means nothing in RASP", "functions are written `def f(x) { return x; }`"),
    "?": ("`?` means nothing in RASP", "a choice is written `a if condition else b`"),
    "=!": ("`=!` is not an operator", "unequal is written `!=`, and a negation `x = not y;`"),
    "=<": ("`=<` is not an operator", "write `<=`"),
    "=/=": ("`=/=` is not an operator", "write `!=`"),
    "~=": ("`~=` is not an operator", "write `!=`"),
    "<=>": ("`<=>` is not an operator", "a choice is written `a if condition else b`"),
    ">>": ("`>>` is not an operator", "write `quotient(a, 2 ^ b)`"),
    "<<": ("`<<` is not an operator", "write `a * 2 ^ b`"),
    "%%": ("`%%` is not an operator", "the remainder is written `%`"),
    "!!": ("`!!` is not an operator", "the value at a position is `tokens[0]`"),
    "|>": ("`|>` is not an operator", "functions stand in front of what they take, as in `f(x)`"),
    "/*": ("`/*` means nothing in RASP", "a comment starts with `#` and ends with its line"),
    '"""': ("there are no strings of several lines", "a comment starts with `#` and ends with its line"),
    "..": ("`..` means nothing in RASP", "a range of numbers is `range(1, 4)`"),
    "...": ("`...` means nothing in RASP", "write everything out; a range of numbers is `range(1, 4)`"),
    "@": ("`@` means nothing in RASP", "write the name alone; there are no decorators"),
    "$": (
        "`$` means nothing in RASP",
        "write the name alone; a function has what it takes in parentheses, as in `f(x)`",
    ),
    "\\": (
        "`\\` means nothing in RASP",
        "a statement may go on in the next line, up to its `;`; a function is `def f(x) { return x; }`",
    ),
    "`": ("`` ` `` means nothing in RASP", 'names are written alone, strings with double quotes: `"abc"`'),
    "∧": ("`∧` is not an operator", "write `and`"),
    "∨": ("`∨` is not an operator", "write `or`"),
    "¬": ("`¬` is not an operator", "write `not`"),
    "×": ("`×` is not an operator", "write `*`"),
    "÷": ("`÷` is not an operator", "write `/`"),
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


class Mistake(NamedTuple):
    """What to tell when the parser would take all of `takes`, what stands there is one of `found`, and all of
    `within` hold; each is a list of words, and an empty one always fits. Of a message `expected …`, the part
    before `|` is the label too, and what was found is added. Words in braces are filled in. `at` is where to
    point, if not at what was found. With `insert` before it, the parser could go on. The facts and the words
    to fill in are made in `rasp/syntax/recovery.py`.
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
ALONE = "statements belong in a program; an expression is one value"
RENAME = "choose another name"
RESERVED = "is a reserved word and cannot be"
COMMAND = "it is a command of the prompt; put it at top level"
LAST = "it is the last statement of a function"
OUTSIDE = "it is the last statement of a `def` body"
HERE, SOMETHING = "expected `;` here", "something is missing before `{token}`"
ONLY = "`return` is the last statement of a function, and the only one"
FILTER = "leave elements out in a loop that builds the list: `for x in all {{ … }}`"
COMPREHENSION = "write `[x + 1 for x in [1, 2]]`; an s-op needs none: `tokens_int + 1` adds to each"
NESTED = "write one list inside the other, or a function that makes the inner one"
SEVERAL = "several values can stand on the right of `=` and behind `return`; a list is written [a, b]"
NOT_IN, NOT_IN_HINT = "`not` cannot stand here", 'write `not (tokens in ["a"])`'
ESCAPE, QUOTES = (
    "the string ended here",
    'strings have no escapes: a `\\` is a character like any other, and none holds a `"`',
)
SOME_TEXTS, JOIN = "two strings stand side by side", "they are joined by `+`; a list is written [a, b]"
FOREIGN = "`{word}` means nothing in RASP"
BRACES = "write `{{ … }}` instead of `:` and indentation"
BLOCKS = "a function is `def f(x) {{ return x; }}`; the only other blocks are those of `for`"
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
    ("BROKEN", "else", "", "there are no `if` statements", CHOICE),
    ("BROKEN", ") ] }", "", "this `{token}` closes nothing", "remove it"),
    ("BROKEN", "if", "", "there are no `if` statements", "write name = a if condition else b;"),
    ("BROKEN", "return", "BLOCK", "`return` cannot stand inside a `for`", LAST),
    ("BROKEN", "return", "", "`return` stands outside of a function", OUTSIDE),
    ("BROKEN", "$END", "BLOCK", UNCLOSED),
    # Statements where an expression has to stand.
    ("INTEGER", "def for load draw return COMMAND", "ALONE", "expected an expression, but `{token}` starts a statement",
        ALONE, "expected an expression"),
    # x = ;
    ("INTEGER", "", "STEP", "`{previous}{previous}` is not an operator", "write `x = x {previous} 1;`", "", "previous"),
    ("INTEGER COMPARISON", "=", "", "`=` is not a comparison", EQUALITY),
    ("INTEGER", "; }", "RETURN", "`return` needs a value", "", VALUE),
    ("INTEGER", TEMPTING, "", "expected a value, but `{token}` is a reserved word", RENAME, VALUE),
    ("INTEGER", "if", "", "expected a value, but `{token}` is a reserved word",
        CHOICE, VALUE),
    ("INTEGER", "KEYWORD", "", "expected a value, but `{token}` is a reserved word", "", VALUE),
    ("INTEGER", "=", "", "expected a value", EQUALITY),
    ("INTEGER", "", "", "expected a value"),
    # for 1 in x {
    ("", "=", "PARAMETERS", "parameters have no default values in RASP", "the caller gives every argument"),
    ("NAME", "KEYWORD", "", "`{token}` " + RESERVED + " {purpose}", RENAME),
    ("NAME", "(", "LOOP", "expected {purpose}, found {found}", "a loop is written `for x in [1, 2] {{ … }}`",
        "expected a name"),
    ("NAME", "", "", "expected {purpose}, found {found}", "{foreign}", "expected a name"),
    # x = 1 if a;
    ("else", "=", "", "`=` is not a comparison", EQUALITY),
    ("else", "] }", "GENERATOR", "a comprehension has no `if`", FILTER, "no `else` follows", "if"),
    ("else", "", "", "this `if` has no `else`: expected `else`, found {found}",
        CHOICE, "expected `else`"),
    # x = (1;
    (":", ", }", "DICT", "expected `:`| between key and value of a dict", "a list is written [a, b]; there are no sets"),
    (":", "", "DICT", "expected `:`| between key and value of a dict"),
    ("", ":", "PARAMETERS", "parameters have no types in RASP", "write the names alone, as in `def f(x, y)`"),
    ("", "", "UNCLOSED FOREIGN", FOREIGN, "{foreign}", "", "word"),
    ("", "not", "UNCLOSED", NOT_IN, NOT_IN_HINT),
    ("", ":", "UNCLOSED INDEX", "a slice has a start, an end and a step", "write `\"abc\"[0:2:1]`", "one `:` too many"),
    ("", ",", "UNCLOSED INDEX", "there is one index at a time", "write `s[0]`; in a list of lists, `l[0][1]`"),
    ("", ",", "UNCLOSED GROUP", "there are no tuples in RASP", "a list is written [a, b]", "not expected here"),
    ("", "NAME", "UNCLOSED ESCAPED", ESCAPE, QUOTES),
    ("", "STRING", "UNCLOSED TEXTS", SOME_TEXTS, JOIN),
    ("", "=", "UNCLOSED CALL", "arguments have no names in RASP",
        "give the values in the order of the `def`"),
    ("", "for", "UNCLOSED BARE", "a comprehension stands in `[ ]`", COMPREHENSION),
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
    ("$END", "", "FOREIGN", FOREIGN, "{foreign}", "", "word"),
    ("$END", "not", "", NOT_IN, NOT_IN_HINT),
    ("$END", "=", "", "expected one expression, but {found} follows it", f"{EQUALITY}; {ALONE}", "not expected here"),
    ("$END", "", "", "expected one expression, but {found} follows it", "", "not expected here"),
    (";", "=", "PLAIN", "only names can be assigned to",
        f"{EQUALITY}; an assignment has names on the left", "this is not a name", "statement"),
    (";", "=", "", "`=` cannot stand here", f"{EQUALITY}; two names get one value by `x = 1; y = x;`"),
    (";", ":", "ANNOTATED", "names have no types in RASP", "write `{previous} = …;`"),
    (";", ",", "PLAIN", "a statement is one expression", "a list is written [a, b]", "not expected here"),
    (";", "", "FOREIGN", FOREIGN, "{foreign}", "", "word"),
    (";", "not", "", NOT_IN, NOT_IN_HINT),
    (";", "NAME", "ESCAPED", ESCAPE, QUOTES),
    (";", "STRING", "TEXTS", SOME_TEXTS, JOIN),
    (";", ") ]", "", "this `{token}` closes nothing", "remove it, or open it before"),
    (";", ", : else", "", "expected `;`, found {found}", "", "not expected here"),
    (";", "$END", "", "missing `;`", "every statement ends with `;`", HERE, "gap", ";"),
    (";", "} def for load draw return COMMAND", "", "missing `;`", "", HERE, "gap", ";"),
    (";", "", "NEW_LINE", "missing `;`", "", HERE, "gap", ";"),
    (";", "NAME", "TOUCHING", "missing `;` or operator",
        "a name cannot start with a digit", SOMETHING, "gap", ";"),
    (";", "VALUE", "", "missing `;` or operator", "", SOMETHING, "gap", ";"),
    (";", "{", "", "expected `;`, found {found}", BLOCKS, "not expected here"),
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


#: Numbers as other languages write them: what is wrong, and the same number in RASP.
NUMBERS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    (r"[0-9.]+[eE][+-]?[0-9]{1,2}", "numbers have no exponent in RASP", lambda text: f"{Decimal(text):f}"),
    (r"[0-9]+\.", "a number needs digits on both sides of its point", lambda text: f"{text}0"),
    (r"\.[0-9]+", "a number needs digits on both sides of its point", lambda text: f"0{text}"),
    (r"[0-9_]+", "numbers are written without `_`", lambda text: text.replace("_", "")),
    (
        r"0([xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+)",
        "numbers are decimal in RASP",
        lambda text: str(int(text, 0)),
    ),
)


def explain_mistake(token: Token) -> tuple[str, str] | None:
    """Message and hint for a token that is wrong wherever it stands."""
    if token.kind != "bad":
        return None
    if token.text in SPELLINGS:
        return SPELLINGS[token.text]
    if word := token.text.removeprefix(".").strip() if token.text[0] == "." else "":
        return wrong_number(token.text) if word[0].isdigit() else behind_point(word)
    if token.text[0].isdigit():
        return wrong_number(token.text)
    if token.text.startswith('"'):
        return "this string has no closing quote", 'end it with `"` on the same line'
    if token.text.startswith("'"):
        return "strings are written with double quotes", "write `\"abc\"`, not `'abc'`"
    if token.text[0].isalpha() and ('"' in token.text or "'" in token.text):
        return "strings have no prefixes in RASP", 'write `"abc"`; text is made of a number by `"%s" % x`'
    if token.text.endswith("=") and len(token.text) == 2:
        operator = token.text[0]
        unequal = "; unequal is written `!=`" if operator == "/" else ""
        return f"`{token.text}` is not an operator", f"write `x = x {operator} …;`{unequal}"
    if token.text[0].isalpha():
        return f"`{token.text}` is not a name", "names are made of the letters a-z and A-Z, digits and `_`"
    hint = "a point stands only inside of numbers, as in `0.5`" if token.text == "." else ""
    return f"`{token.text}` means nothing in RASP", hint


def behind_point(word: str) -> tuple[str, str]:
    """Message and hint for a point and the word behind it."""
    hint = METHODS.get(word) or NAMES.get(word, "functions stand in front of what they take, as in `f(x)`")
    return "values have no methods and no attributes in RASP", hint


def wrong_number(text: str) -> tuple[str, str]:
    """Message and hint for what starts like a number and is none."""
    for pattern, message, written in NUMBERS:
        if re.fullmatch(pattern, text):
            return message, f"write `{written(text)}`"
    return (
        f"`{text}` is neither a number nor a name",
        "a name cannot start with a digit; a product is `2 * x`",
    )


def explain_foreign_word(token: Token) -> str:
    """A hint for a word of another language, or nothing."""
    return WORDS.get(token.text, "") if token.kind == "name" else ""
