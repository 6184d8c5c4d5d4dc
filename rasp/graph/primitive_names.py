"""The names of the elementwise primitives as a type, so that a misspelt one does not pass the type checker.

`rasp/graph/primitives.py` has a row for each, and says what it means.
"""

from typing import Literal, cast, get_args

PrimName = Literal[
    "add", "sub", "mul", "div", "mod", "quotient", "pow",
    "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "neg", "pos",
    "round", "indicator", "if", "to_str", "to_int", "to_float", "to_bool",
    "string_length", "string_reverse", "upper", "lower", "string_slice",
    "index_list", "index_dict", "in_list",
    "add_or", "sub_or", "mul_or", "div_or", "mod_or", "quotient_or", "pow_or",
    "lt_or", "le_or", "gt_or", "ge_or", "neg_or", "pos_or",
    "round_or", "to_int_or", "to_float_or",
    "string_length_or", "string_reverse_or", "upper_or", "lower_or", "string_slice_or",
    "index_list_or", "index_dict_or",
    "add_defined", "sub_defined", "mul_defined", "div_defined", "mod_defined", "quotient_defined", "pow_defined",
    "lt_defined", "le_defined", "gt_defined", "ge_defined", "neg_defined", "pos_defined",
    "round_defined", "to_int_defined", "to_float_defined",
    "string_length_defined", "string_reverse_defined", "upper_defined", "lower_defined", "string_slice_defined",
    "index_list_defined", "index_dict_defined",
]  # fmt: skip
#: What ends the name of a primitive that always has a value, and of one that says whether another has one.
TOTAL, DEFINED = "_or", "_defined"
NAMES: tuple[PrimName, ...] = get_args(PrimName)


def make_total_name(prim: PrimName) -> PrimName:
    """The name of the primitive that is like `prim`, but where that has no value has its first parameter."""
    name = f"{prim}{TOTAL}"
    assert name in NAMES, f"{prim} always has a value"
    return name


def make_defined_name(prim: PrimName) -> PrimName:
    """The name of the primitive that says whether `prim` has a value."""
    name = f"{prim}{DEFINED}"
    assert name in NAMES, f"{prim} always has a value"
    return name


def find_plain_name(prim: PrimName) -> PrimName:
    """The name of the primitive that this one is made of, if it is one of these two; else its own."""
    return cast("PrimName", prim.removesuffix(TOTAL).removesuffix(DEFINED))
