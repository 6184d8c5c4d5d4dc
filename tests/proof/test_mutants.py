"""What `make mutants` keeps: explanations of changes that exist, and a choice that does not hang on names."""

import json

from tests.mutants.__main__ import EXPLAINED, modules
from tests.mutants.changes import every_change, find_changes, sample

BEFORE = """
def gap(left, right):
    '''How far apart.'''
    return max(left - right, 0) if left > 1 and right > 1 else left + 2 * right
"""
AFTER = """
def find_distance(one: float, other: float) -> float:
    '''How far apart two numbers are.'''
    return (
        max(one - other, 0)  # never below
        if one > 1 and other > 1
        else one + 2 * other
    )
"""


def test_explanations_are_of_changes_that_exist() -> None:
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    texts = {module: path.read_text(encoding="utf-8") for module, path in modules().items()}
    told = {
        module: text
        for module, text in texts.items()
        if any(key.startswith(f"{module} ") for key in explained)
    }
    assert set(explained) <= {change.name for change in every_change(told)}


def test_new_names_leave_the_choice_alone() -> None:
    untyped = AFTER.replace(": float", "").replace(" -> float", "")
    chosen = [sample(find_changes(name, text), 3, 6) for name, text in (("a", BEFORE), ("b", untyped))]
    places = [[change.shape for change in changes] for changes in chosen]
    assert len(set(places[0])) == 6 and places[0] == places[1]
