"""JSON data, whole and mangled: Hypothesis strategies."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Path = tuple[str | int, ...]

numbers = (
    st.sampled_from((0, 1, -1, 2, 7, 4096, 10**6, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, 1e-320))
    | st.integers()
)
atoms: SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | numbers
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
values: SearchStrategy[Any] = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
#: Written JSON that is none, or hardly.
ODD = ("", "[", "]", "[]", "[[]]", "{}", "[1,]", "[NaN]", "[Infinity]", "[1e999]", "null", "[null]", '["a"', "'a'",
    "[" * 5000, "[" * 2000 + "]" * 2000, '["\\ud800"]', '[" "]', "[1, 1.0, true]", "[true]", '["a", 1]', "[-0.0]",
    "[" + "9" * 5000 + "]", '{"a": 1}', "﻿[1]", "[1]\n[2]", '"abc"', "()", "[()]", "[(])", "[1] ")  # fmt: skip


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """The way to every part of some JSON data."""
    yield here
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in entries:
        yield from paths(item, (*here, key))


def part(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


@st.composite
def mangled(draw: DrawFn, value: Any) -> Any:
    """JSON data of which one part is another one, gone, doubled, or under another name."""
    path = draw(st.sampled_from(list(paths(value))))
    if not path:
        return draw(values)
    result = deepcopy(value)
    holder, key = part(result, path[:-1]), path[-1]
    match draw(st.integers(0, 4)):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
        case 1 | 2:
            holder[key] = deepcopy(part(value, draw(st.sampled_from(list(paths(value))))))
        case 3 if isinstance(holder, dict):
            holder[draw(st.text(max_size=4))] = holder.pop(key)
        case _:
            holder[key] = draw(values)
    return result


@st.composite
def written(draw: DrawFn) -> str:
    """Text that is JSON, or nearly."""
    text = draw(st.sampled_from(ODD) | values.map(json.dumps) | st.lists(atoms, max_size=6).map(json.dumps))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = (
            text[:place]
            + draw(st.sampled_from(('"', ",", "[", "]", "{", "}", ":", " ", "\\", "1", "e", "é")))
            + (text[place + draw(st.integers(0, 1)) :])
        )
    return text
