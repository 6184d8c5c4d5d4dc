"""Random RASP expressions, typed, as text: Hypothesis strategies. One place for all property tests of the compiler."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
VOCABULARY = "abc"
FIRST = "aggregate(select(indices, 0, ==), tokens)"


@st.composite
def numbers(draw: DrawFn, size: int) -> str:
    """An s-op of numbers of about `size` nodes."""
    if size <= 1:
        return draw(st.sampled_from(["indices", "0", "1", "2", "length", "3", "0.5", "(-1)"]))
    left = draw(st.integers(1, max(1, size - 2)))
    right = max(1, size - 1 - left)
    match draw(st.integers(0, 14)):
        case 0 | 1:
            return f"({draw(numbers(left))} {draw(st.sampled_from('+-'))} {draw(numbers(right))})"
        case 2:
            return f"({draw(numbers(size - 1))} * {draw(st.sampled_from(['2', '3', '0.5', '(-1)']))})"
        case 3:
            return f"({draw(numbers(size - 1))} % {draw(st.sampled_from(['2', '3']))})"
        case 4:
            return f"indicator({draw(booleans(size - 1))})"
        case 5 | 6:
            return f"selector_width({draw(selectors(size - 1))})"
        case 7 | 8:
            default = draw(st.sampled_from(["", ", 0", ", 1", ", -1", ", 0.5"]))
            return f"aggregate({draw(selectors(left))}, {draw(numbers(right))}{default})"
        case 10:
            return f"({draw(numbers(left))} * {draw(numbers(right))})"
        case 9 | 11 | 12 | 13:
            return draw(library_numbers(size))
        case _:
            branches = f"{draw(numbers(left))} if {draw(booleans(right))}"
            return f"({branches} else {draw(numbers(1))})"


@st.composite
def library_numbers(draw: DrawFn, size: int) -> str:
    """Numbers by rounding, by indexing lists and dicts, by sums over all positions, and by functions of the library."""
    inner = draw(numbers(size - 1))
    match draw(st.integers(0, 7)):
        case 5 | 6 | 7:
            return draw(guarded_numbers(size))
        case 0:
            return f"[3, 0.5, -1][{inner} % 3]"
        case 1:
            return f'{{"a": 1, "b": -2, "c": 0.5}}[{draw(st.sampled_from(["tokens", FIRST]))}]'
        case 2:
            return f"round(length * aggregate(full_s, {inner}))"
        case 3:
            return f"round({inner} / 2)"
        case _:
            return f"{draw(st.sampled_from(['max', 'min']))}({inner}, {draw(numbers(1))})"


@st.composite
def guarded_numbers(draw: DrawFn, size: int) -> str:
    """A choice between what has no value everywhere and something else, by a condition that fits it or one that may not."""
    left = draw(st.integers(1, max(1, size - 2)))
    one, other = draw(numbers(left)), draw(numbers(max(1, size - 1 - left)))
    partial, guard = draw(
        st.sampled_from(
            [
                (f"{one} / {other}", f"{other} != 0"),
                (f"{one} % {other}", f"{other} > 0"),
                (f"[2, 0, 1][{one}]", f"{one} in [0, 1, 2]"),
                (f"{{0: 1, 2: -1}}[{one}]", f"{one} == 0"),
                ('{"a": 1, "b": 3}[tokens]', 'tokens != "c"'),
                (f"aggregate(full_s, 1 / {one})", f"not (0 in {one})"),
                (f"aggregate(select(indices, 6 / {one}, <), {other})", f"{one} > 0"),
                ("6 / (length - 2)", "length != 2"),
            ]
        )
    )
    condition = guard if draw(st.integers(0, 3)) else draw(booleans(left))
    deeper = draw(st.sampled_from(["", " + 1", f" * {other}"]))
    return f"({partial}{deeper} if {condition} else {draw(numbers(1))})"


@st.composite
def guarded_strings(draw: DrawFn, size: int) -> str:
    """Single strings where one is selected, and entries of lists and dicts that have not all of them, or never any."""
    rows = draw(selectors(size - 1))
    texts = draw(strings(1))
    number, condition = draw(numbers(size - 1)), draw(booleans(1))
    return draw(
        st.sampled_from(
            [
                f'(aggregate({rows}, {texts}) if selector_width({rows}) == 1 else "-")',
                f'(aggregate({rows}, {texts}) + "b" if has_focus({rows}) else "-")',
                f'({{"a": "b", "b": "c"}}[{texts}] if {texts} in ["a", "b"] else {texts})',
                f'({{0: "a", 0.5: "b"}}[{number}] if {condition} else {texts})',
                f'(["a", "b"][{number}] + "c" if {condition} else {texts})',
                f'({texts} if {condition} else string_slice("abc", 0, {number}))',
                f"({texts} + 1 if {condition} else {texts})",
            ]
        )
    )


@st.composite
def booleans(draw: DrawFn, size: int) -> str:
    """An s-op of booleans."""
    if size <= 1:
        return draw(st.sampled_from(['(tokens == "a")', '(tokens == "b")', "(indices == 0)", "(length > 2)"]))
    left = draw(st.integers(1, max(1, size - 2)))
    right = max(1, size - 1 - left)
    match draw(st.integers(0, 9)):
        case 9:
            divisor, joint = draw(numbers(left)), draw(st.sampled_from(["!= 0 and", "== 0 or"]))
            return f"({divisor} {joint} {draw(numbers(right))} / {divisor} > 1)"
        case 0 | 1:
            return f"({draw(numbers(left))} {draw(st.sampled_from(COMPARISONS))} {draw(numbers(right))})"
        case 2:
            return f"({draw(strings(left))} {draw(st.sampled_from(COMPARISONS))} {draw(strings(right))})"
        case 3:
            return f"({draw(booleans(left))} {draw(st.sampled_from(['and', 'or']))} {draw(booleans(right))})"
        case 4:
            return f"(not {draw(booleans(size - 1))})"
        case 5:
            return f"has_focus({draw(selectors(size - 1))})"
        case 6:
            default = draw(st.sampled_from(["True", "False"]))
            return f"aggregate({draw(selectors(left))}, {draw(booleans(right))}, {default})"
        case 7:
            return f'contains({draw(strings(size - 1))}, "b")'
        case _:
            items = draw(st.sampled_from(['["a"]', '["a", "c"]', "[]"]))
            return f"({draw(strings(size - 1))} in {items})"


@st.composite
def strings(draw: DrawFn, size: int) -> str:
    """An s-op of strings."""
    if size <= 1:
        return draw(st.sampled_from(["tokens", "tokens", '"a"', '"b"']))
    left = draw(st.integers(1, max(1, size - 2)))
    right = max(1, size - 1 - left)
    match draw(st.integers(0, 7)):
        case 7:
            return draw(guarded_strings(size))
        case 0:
            default = draw(st.sampled_from(['"a"', '"-"']))
            return f"aggregate({draw(selectors(left))}, {draw(strings(right))}, {default})"
        case 1:
            return f"({draw(strings(left))} if {draw(booleans(right))} else {draw(strings(1))})"
        case 2:
            return f"({draw(strings(left))} + {draw(strings(right))})"
        case 3:
            return f'("%s" % {draw(numbers(size - 1))})'
        case 4:
            return f"sort({draw(strings(left))}, {draw(numbers(right))})"
        case 5:
            return f'["a", "b", "-"][{draw(numbers(size - 1))} % 3]'
        case _:
            return f'shift({draw(strings(size - 1))}, {draw(st.sampled_from(["1", "-1", "2"]))}, "-")'


@st.composite
def selectors(draw: DrawFn, size: int) -> str:
    """A selector."""
    if size <= 1:
        simple = [
            "select(tokens, tokens, ==)",
            "select(indices, indices, <=)",
            "select(indices, indices, <)",
            "full_s",
        ]
        return draw(st.sampled_from(simple))
    left = draw(st.integers(1, max(1, size - 2)))
    right = max(1, size - 1 - left)
    test = draw(st.sampled_from(COMPARISONS))
    match draw(st.integers(0, 8)):
        case 0 | 1 | 2:
            return f"select({draw(numbers(left))}, {draw(numbers(right))}, {test})"
        case 3:
            return f"select({draw(strings(left))}, {draw(strings(right))}, {test})"
        case 4:
            return f"select({draw(booleans(left))}, {draw(booleans(right))}, ==)"
        case 5 | 6:
            return (
                f"({draw(selectors(left))} {draw(st.sampled_from(['and', 'or']))} {draw(selectors(right))})"
            )
        case 7:
            return f"(not {draw(selectors(size - 1))})"
        case _:
            return f"best({draw(selectors(left))}, {draw(numbers(right))})"


def s_ops(largest: int = 12) -> SearchStrategy[str]:
    """Any s-op of up to `largest` nodes."""
    return st.integers(1, largest).flatmap(
        lambda size: st.one_of(numbers(size), booleans(size), strings(size))
    )


def guarded(size: int) -> SearchStrategy[str]:
    """A choice that passes over something which has no value everywhere, or nowhere."""
    return st.one_of(guarded_numbers(size), guarded_strings(size))
