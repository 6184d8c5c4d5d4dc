"""TABLES of words that other languages have and RASP has not, and what to write instead.

Each hint holds what RASP has for the purpose; `tests/language/test_hints.py` runs the code in it.
"""

CHOICE = "a choice is written `a if condition else b`"
ANOTHER_FILE = 'another file is read with `load "path";`'
JUST_ASSIGN = "an assignment is just `name = value;`"
DEFINE = "functions are written `def f(x) { return x; }`"
NO_VALUE = "there is no empty value; choose a number or a string"
EVERYWHERE = "an operation on an s-op works at every position at once: no loop is needed, `tokens_int + 1` adds to each"
KEPT_LENGTH = 'an s-op keeps its length; positions are blanked with `tokens if indices > 0 else ""`'
TABLE = 'a dict is a function of few values: `{"a": 1, "b": 2}[tokens]`'
NUMBER = "`tokens_int` are the integers that the tokens spell, `tokens_float` the numbers"
LARGEST = (
    "`maximum(indices)` is the largest of a sequence; `max(1, 2)` the larger of two values, at each position"
)
SMALLEST = "`minimum(indices)` is the smallest of a sequence; `min(1, 2)` the smaller of two values, at each position"
SORT = "write `sort(tokens, tokens)`: the values, and what to sort them by"
SHOWN = "an expression followed by `;` shows its value"

#: Words that start a statement or stand between values: they are looked for where the parser is stuck, and
#: where a name is unknown.
WORDS: dict[str, str] = {
    **dict.fromkeys(
        ("elif", "elsif", "elseif"), "write `a if c else (b if d else e)`; there are no `if` statements"
    ),
    **dict.fromkeys(("then", "switch", "case", "unless", "match"), CHOICE),
    **dict.fromkeys(
        ("while", "do", "until", "loop", "foreach", "repeat"),
        "there are no `while` loops; `for x in [1, 2] { … }` goes through a list",
    ),
    **dict.fromkeys(
        ("break", "continue", "pass"),
        "a loop goes through its whole list, and each body has a statement; leave the word out",
    ),
    "lambda": "define the function with `def f(x) { return x; }`",
    **dict.fromkeys(("function", "fn", "func", "fun", "proc"), DEFINE),
    **dict.fromkeys(("let", "var", "const", "val", "local", "global", "auto"), JUST_ASSIGN),
    **dict.fromkeys(("import", "from", "include", "require", "use"), ANOTHER_FILE),
    **dict.fromkeys(("print", "println", "printf", "echo", "puts", "display"), SHOWN),
    "is": "write `==`",
    "xor": "write `a != b` for two booleans",
    "mod": "the remainder is written `%`",
    "div": "the quotient is written `a / b`, whole division `quotient(a, b)`",
    **{word.upper(): f"write `{word}`" for word in ("and", "or", "not", "if", "else", "in")},
    "del": "names stay bound; bind them to something else",
    **dict.fromkeys(
        ("assert", "raise", "throw", "try", "except", "catch"), "there are no exceptions; " + CHOICE
    ),
    **dict.fromkeys(
        ("class", "struct", "type", "interface"), "values are numbers, strings, lists, dicts and functions"
    ),
    **dict.fromkeys(
        ("async", "await", "yield", "with", "begin", "end"), "leave the word out; bodies stand in braces"
    ),
}

#: Values and functions.
NAMES: dict[str, str] = {
    **dict.fromkeys(("true", "TRUE"), "write `True`"),
    **dict.fromkeys(("false", "FALSE"), "write `False`"),
    **dict.fromkeys(("None", "null", "nil", "undefined", "NULL"), NO_VALUE),
    **dict.fromkeys(
        ("n", "N", "size", "seq_len", "input_length"), "the length of the input is called `length`"
    ),
    **dict.fromkeys(
        ("i", "idx", "index", "pos", "position", "positions", "arange"),
        "each position's own place is called `indices`",
    ),
    **dict.fromkeys(("input", "inputs", "token", "seq", "sequence", "s"), "the input is called `tokens`"),
    "int": f"{NUMBER}; `round(x)` is the nearest integer",
    "float": NUMBER,
    "str": 'text is made of a number by `"%s" % x`; `tokens_str` is the input as text',
    "bool": "a comparison is a boolean: `tokens_int != 0`",
    **dict.fromkeys(("chr", "ord"), TABLE),
    **dict.fromkeys(
        ("exp", "log", "sin", "cos", "tanh", "sigmoid", "relu"),
        "a list is a function of few integers: `[0, 1, 4, 9][min(indices, 3)]`",
    ),
    "sorted": SORT,
    **dict.fromkeys(
        ("reverse", "reversed", "flip"),
        "write `aggregate(select(indices, length - 1 - indices, ==), tokens)`; of the characters of a string "
        "`string_reverse(tokens)`",
    ),
    "enumerate": "an s-op's positions are `indices`; a list's are `range(len([1, 2]))`",
    "any": "write `contains(tokens_bool, True)`",
    "all": "write `not contains(tokens_bool, False)`",
    **dict.fromkeys(
        ("list", "tuple", "array", "Array", "vector"),
        "a list is written `[1, 2]`; an s-op is none, and needs none: "
        "what is done to it is done at every position",
    ),
    **dict.fromkeys(("dict", "map_of", "hash"), 'a dict is written `{"a": 1, "b": 2}`'),
    **dict.fromkeys(("map", "apply", "elementwise", "SequenceMap", "LinearSequenceMap", "Map"), EVERYWHERE),
    "filter": KEPT_LENGTH,
    **dict.fromkeys(
        ("slice", "substr", "substring"),
        f'a part of a string is `"abc"[0:2]` or `string_slice(tokens, 0, 2)`; {KEPT_LENGTH}',
    ),
    **dict.fromkeys(("strlen", "str_len"), "write `string_length(tokens)`"),
    **dict.fromkeys(("toupper", "uppercase", "to_upper"), "write `upper(tokens)`"),
    **dict.fromkeys(("tolower", "lowercase", "to_lower"), "write `lower(tokens)`"),
    **dict.fromkeys(("floordiv", "floor_div", "idiv", "intdiv", "quot"), "write `quotient(7, 2)`"),
    **dict.fromkeys(
        ("where", "iff", "ite", "cond", "ifelse", "choose", "np", "torch"),
        "a choice at each position is written `1 if indices > 2 else 0`",
    ),
    **dict.fromkeys(("mean", "avg"), "write `average(indices)`"),
    **dict.fromkeys(("cumsum", "prefix_sum"), "write `running_sum(indices)`"),
    **dict.fromkeys(("cummax", "prefix_max", "running_max"), "write `running_maximum(indices)`"),
    **dict.fromkeys(("cummin", "prefix_min", "running_min"), "write `running_minimum(indices)`"),
    **dict.fromkeys(("amax", "largest"), "write `maximum(indices)`: the largest of a sequence"),
    **dict.fromkeys(("amin", "smallest"), "write `minimum(indices)`: the smallest of a sequence"),
    **dict.fromkeys(
        ("index_of", "indexof", "indexOf", "find"),
        'write `first_index(tokens, "a")` or `last_index(tokens, "a")`',
    ),
    "first": 'the first token is `tokens[0]`; where a value stands first is `first_index(tokens, "a")`',
    "last": 'the last token is `tokens[-1]`; where a value stands last is `last_index(tokens, "a")`',
    **dict.fromkeys(("ceiling", "roundup"), "write `ceil(indices / 2)`"),
    **dict.fromkeys(("trunc", "rounddown"), "write `floor(indices / 2)`"),
    "argmax": "`aggregate(best(full_s, tokens_int), indices)` is the position of the largest",
    "argmin": "`aggregate(best(full_s, -tokens_int), indices)` is the position of the smallest",
    "pow": "a power is written `2 ^ 3`",
    **dict.fromkeys(("pi", "e", "tau"), "write the number out, as in `3.14159`"),
    **dict.fromkeys(
        ("inf", "nan", "infinity", "Infinity", "NaN"),
        "numbers are finite; write one that is large enough, as in `1000000`",
    ),
    "math": "there are no modules; arithmetic is `+ - * / % ^` and `round(x)`",
    "unique": '`sort(tokens, tokens)` puts equal values together; `mark_first_instance(tokens, "a")` marks one',
    "hist": "write `selector_width(select(tokens, tokens, ==))`",
    "Select": "write `select(tokens, tokens, ==)`",
    "Aggregate": "write `aggregate(full_s, indices)`",
    **dict.fromkeys(("SelectorWidth", "width", "selector_count"), "write `selector_width(full_s)`"),
    **dict.fromkeys(
        ("key", "query", "attend", "attention"), "write `select(tokens, tokens, ==)`: key, query, comparison"
    ),
}

#: What stands behind a point in other languages.
METHODS: dict[str, str] = {
    **dict.fromkeys(("length", "size", "len", "shape"), "the length of the input is called `length`"),
    "count": 'write `count(tokens, "a")`',
    **dict.fromkeys(("contains", "includes", "has"), 'write `contains(tokens, "a")`'),
    **dict.fromkeys(
        ("append", "push", "extend", "add", "insert", "concat"), "lists are joined: `[1, 2] + [3]`"
    ),
    **dict.fromkeys(("sort", "sorted"), "write `sort(tokens, tokens)`"),
    **dict.fromkeys(("keys", "values", "items"), "a loop over a dict goes through its keys"),
    "get": 'a dict is indexed: `{"a": 1}["a"]`',
    "join": "texts are joined with `+`",
    "split": "an input is split already: `tokens` holds a token at each position",
    "format": 'text is made of a number by `"%s" % x`',
    "mean": NAMES["mean"],
    "sum": "write `sum(indices)`",
    "max": LARGEST,
    "min": SMALLEST,
    **dict.fromkeys(
        ("abs", "floor", "ceil", "round"), "write `abs(tokens_int)`: the function stands in front"
    ),
    **dict.fromkeys(("upper", "toUpperCase"), NAMES["toupper"]),
    **dict.fromkeys(("lower", "toLowerCase"), NAMES["tolower"]),
    **dict.fromkeys(("index", "find", "indexOf"), NAMES["find"]),
    **dict.fromkeys(("rindex", "rfind", "lastIndexOf"), 'write `last_index(tokens, "a")`'),
}

#: What to do with a list where it cannot stand.
EACH = "a comprehension takes each element of a list: `[x + 1 for x in [1, 2]]`"
JOINED = f"lists are joined by `+`, as in `[1, 2] + [3]`; {EACH}"
LISTED = (
    "write an s-op, such as `tokens_int`; for a list, `[abs(x) for x in [1, -2]]`, "
    "or a loop, `for y in [1, 2] { x = x + y; }`"
)

NESTED_CALLS = (
    "write `max(1, max(2, 3))` for the largest of three values, and `min` likewise for the smallest"
)
SHIFT = 'write `shift(tokens, 1, "")`: what is moved, how far to the right, and what stands in the gap'

#: Functions of the library with a number of arguments that they take elsewhere.
MISCOUNTED: dict[tuple[str, int], str] = {
    ("max", 1): LARGEST,
    ("min", 1): SMALLEST,
    ("max", 3): NESTED_CALLS,
    ("min", 3): NESTED_CALLS,
    ("maximum", 2): LARGEST,
    ("minimum", 2): SMALLEST,
    (
        "sum",
        2,
    ): 'write `a + b` for two values; `sum(indices)` is of a sequence, and `count(tokens, "a")` counts a value',
    (
        "average",
        2,
    ): "write `(a + b) / 2` for two values; `aggregate(full_s, indices)` is the mean over a selector",
    ("sort", 1): SORT,
    ("shift", 1): SHIFT,
    ("shift", 2): SHIFT,
    ("count", 1): METHODS["count"],
    ("contains", 1): METHODS["contains"],
    ("first_index", 1): NAMES["find"],
    ("last_index", 1): NAMES["find"],
}
