"""The values of an output as JSON data and back, strictly: listed, or described where they are too many."""

from typing import assert_never, cast

from compiler.config import Classes
from compiler.fraction_set import FractionSet
from compiler.joined_texts import JoinedTexts
from compiler.json_forms.compile_forms import FractionsRecord, TermRecord
from compiler.limits import DESCRIBED, LENGTH, ROWS
from compiler.number_sums import NESTED, NumberSum, Term
from compiler.strict_json.check_json import (
    Record,
    check_atoms,
    check_items,
    check_mapping,
    check_number,
    check_size,
    check_text,
)
from rasp.values import Atom

TOLD = ("classes", "fractions", "parts", "terms")
"""Under which name a record has the values."""


def encode_classes(classes: Classes) -> Record:
    """The values of an output, listed or described."""
    match classes:
        case FractionSet():
            return {"fractions": describe_fractions(classes)}
        case JoinedTexts():
            return {"parts": [list(part) for part in classes.parts]}
        case NumberSum():
            return {"terms": [*map(describe_term, classes.terms)]}
        case tuple():
            return {"classes": list(classes)}
        case _:
            assert_never(classes)


def describe_fractions(fractions: FractionSet) -> FractionsRecord:
    """The four numbers that say which they are."""
    return {
        "start": fractions.start,
        "step": fractions.step,
        "most": fractions.most,
        "longest": fractions.longest,
    }


def describe_term(term: Term) -> TermRecord:
    """A number that is added, or subtracted."""
    record: TermRecord = {}
    match term.values:
        case FractionSet():
            record["fractions"] = describe_fractions(term.values)
        case NumberSum():
            record["terms"] = [*map(describe_term, term.values.terms)]
        case tuple():
            record["classes"] = list(term.values)
        case _:
            assert_never(term.values)
    if term.nearest:
        record["nearest"] = True
    if term.minus:
        record["minus"] = True
    return record


def read_classes(output: Record) -> Classes:
    """The same of a record."""
    if sum(name in output for name in TOLD) > 1:
        raise ValueError("the values of an output are told twice")
    if "parts" in output:
        return read_parts(output["parts"])
    if "terms" in output:
        return read_sum(output["terms"])
    if "fractions" in output:
        return read_fractions(check_mapping(output["fractions"]))
    return list_classes(output["classes"])


def read_fractions(found: Record) -> FractionSet:
    """Fractions that are described. Raises `ValueError` for so few that they would have been listed."""
    start, step = found["start"], found["step"]
    if not isinstance(start, float) or not isinstance(step, float):
        raise ValueError(f"fractions from {start!r}, {step!r} apart, are not told by floats")
    longest = check_size(found["longest"])
    if longest > LENGTH.most:
        raise ValueError(f"no mean is of {longest} numbers")
    described = FractionSet(start, step, check_size(found["most"]), longest)
    if len(described) <= DESCRIBED.most:
        raise ValueError(f"{described!r} would have been listed")
    return described


def read_parts(value: object) -> JoinedTexts:
    """Texts that are joined. Raises `ValueError` for so few that they would have been listed."""
    found = JoinedTexts(tuple(tuple(map(check_text, check_items(part))) for part in check_items(value)))
    if found.total <= ROWS.most:
        raise ValueError(f"{found!r} would have been listed")
    return found


def list_classes(value: object) -> tuple[Atom | None, ...]:
    """The values of an output; null stands for no value."""
    found = check_items(value)
    check_atoms([item for item in found if item is not None])
    return cast(tuple[Atom | None, ...], tuple(found))


def read_sum(value: object, depth: int = 1) -> NumberSum:
    """Numbers that are added up, in a sum that is so deep in others."""
    if depth > NESTED:
        raise ValueError("sums stand in sums too deep")
    return NumberSum(tuple(read_term(term, depth) for term in check_items(value)))


def read_term(value: object, depth: int) -> Term:
    """A number that is added, or subtracted, in a sum of some depth."""
    found = check_mapping(value)
    told = [name for name in TOLD if name in found]
    if len(told) != 1 or not {*found} <= {*TermRecord.__annotations__}:
        raise ValueError(f"{value!r} is not a term")
    nearest, minus = (found.get(name, False) for name in ("nearest", "minus"))
    if not isinstance(nearest, bool) or not isinstance(minus, bool):
        raise ValueError(f"{value!r} is not a term")
    if "fractions" in found:
        return Term(read_fractions(check_mapping(found["fractions"])), nearest, minus)
    if "terms" in found:
        return Term(read_sum(found["terms"], depth + 1), nearest, minus)
    return Term(tuple(map(check_number, check_items(found["classes"]))), nearest, minus)
