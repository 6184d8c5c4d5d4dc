"""TABLES of names: what may not be bound, and what to say about names that do not exist."""

FORM_NAMES = ("select", "aggregate", "range", "zip", "len", "round", "indicator")

#: Names of other languages, and those of forms that only exist as calls.
FOREIGN_NAMES: dict[str, str] = {
    "true": "write `True`",
    "false": "write `False`",
    "None": "there is no empty value; choose a number or a string",
    "null": "there is no empty value; choose a number or a string",
    "n": "the length of the input is called `length`",
    **{name: f"`{name}` is not a value by itself: call it, as in {name}(…)" for name in FORM_NAMES},
}

#: Names that cannot be bound anywhere. The library's are protected only at the top level of a file.
RESERVED = frozenset(
    {"tokens_asis", "tokens_str", "tokens_int", "tokens_bool", "tokens_float", "indices", "True", "False"}
    | {"out", "range", "zip", "len", "get", "round", "indicator"}
)
