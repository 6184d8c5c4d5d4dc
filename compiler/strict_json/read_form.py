"""JSON data as one of the forms of `compiler/json_forms/model_forms.py`: nothing missing, nothing more, no other kinds."""

from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from compiler.strict_json.check_json import check_items, check_mapping, check_number, check_size, check_text

Form = TypeVar("Form")


def read_form(form: type[Form], value: object) -> Form:
    """The value, if it has the form. Raises `ValueError` otherwise. Whole numbers are counts: none is below 0."""
    check_form(form, value)
    return cast(Form, value)


def check_form(form: Any, value: object) -> None:
    """Raise `ValueError` unless a value has a form."""
    if is_typeddict(form):
        return check_object(form, check_mapping(value))
    match get_origin(form) or form, get_args(form):
        case origin, (item,) if origin is list:
            for each in check_items(value):
                check_form(item, each)
        case origin, (_, item) if origin is dict:
            for each in check_mapping(value).values():
                check_form(item, each)
        case origin, names if origin is Literal:
            if value not in names or type(value) is not str:
                raise ValueError(f"{value!r} is none of {names}")
        case origin, forms if origin in (UnionType, Union):
            check_union(forms, value)
        case _:
            CHECKS[form](value)


@cache
def hints_of(form: Any) -> dict[str, Any]:
    """The entries of a form, with their own forms."""
    return get_type_hints(form)


def check_object(form: Any, record: dict[str, object]) -> None:
    """The same for an object of named entries."""
    hints = hints_of(form)
    if not form.__required_keys__ <= record.keys() <= hints.keys():
        raise ValueError(f"{list(record)} are not the entries of a {form.__name__}")
    for name, value in record.items():
        check_form(hints[name], value)


def check_union(forms: tuple[Any, ...], value: object) -> None:
    """The same where any of several forms will do."""
    for form in forms:
        try:
            return check_form(form, value)
        except ValueError:
            continue
    raise ValueError(f"{value!r} has none of the forms {forms}")


def truth(value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is no boolean")


def nothing(value: object) -> None:
    if value is not None:
        raise ValueError(f"{value!r} is not null")


CHECKS = {str: check_text, int: check_size, float: check_number, bool: truth, NoneType: nothing}
