"""Pictures of s-ops and selectors: their parts, and that every form of them can be read by its programs."""

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from compiler.cli import main
from rasp import load
from rasp.api import find_example_input
from rasp.diagnostics import RaspError
from rasp.drawing.draw_dot import draw_dot
from rasp.drawing.draw_svg import MARGIN, draw_svg
from rasp.drawing.draw_text import draw_text
from rasp.drawing.picture import Picture, cells_of, draw_picture
from rasp.drawing.svg import DARK, Ink, darken_document, measure_text
from rasp.elaborate.program import load_program
from rasp.graph.cost import count_drawn_heads, count_reference_heads, describe_cost
from rasp.graph.nodes import Node
from rasp.notation.style import join_lines, measure_breadth, strip_style
from rasp.source import Source
from rasp.values import Atom

PROGRAM = """
opposite = length - indices - 1;
flip = select(indices, opposite, ==);
reverse = aggregate(flip, tokens);
same = select(tokens, tokens, ==);
hist = selector_width(same);
hist2 = selector_width(same and select(hist, hist, ==));
upto = select(indices, indices, <=);
share = aggregate(upto, indicator(tokens == "a"));
depth = round((indices + 1) * share);
both = aggregate(upto, indices) + aggregate(upto, hist);
quotes = tokens + "<&>";
"""
EXPRESSIONS = (
    *("reverse", "hist", "hist2", "share", "depth", "both", "quotes", "flip", "same and upto"),
    *("indices", "tokens", "length", "1", "sort(tokens, tokens)", "tokens[-1]", 'shift(tokens, 1, "-")'),
    *("best(same, indices)", "has_focus(select(tokens, 1, ==))", '"a" in tokens', "tokens_asis"),
)


def node_of(expression: str) -> tuple[Node, Picture]:
    program = load_program(Source("test", PROGRAM))
    value = program.expression(expression)
    node = value if isinstance(value, Node) else program.sop(expression)
    return node, draw_picture(program.workshop, node, tuple("banana"), expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_form_is_well_formed(expression: str) -> None:
    _, drawn = node_of(expression)
    root = ElementTree.fromstring(draw_svg(drawn))
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert expression in texts
    dot = draw_dot(drawn)
    assert dot.count("{") == dot.count("}")
    for label in (part.split(">]")[0] for part in dot.split("[label=<")[1:]):
        ElementTree.fromstring(label)
    assert join_lines(draw_text(drawn, None))


def test_a_drawing_as_text() -> None:
    assert join_lines(draw_text(node_of("reverse")[1], None)) == (
        """\
drawn: 2 layers with 1 + 1 heads
input
    tokens   b a n a n a
    indices  0 1 2 3 4 5
layer 1
  head 1  full_s = select(1, 1, ==)
      key 1   1 1 1 1 1 1
    query 1                  length
          1 | ■ ■ ■ ■ ■ ■ |  6
          1 | ■ ■ ■ ■ ■ ■ |  6
          1 | ■ ■ ■ ■ ■ ■ |  6
          1 | ■ ■ ■ ■ ■ ■ |  6
          1 | ■ ■ ■ ■ ■ ■ |  6
          1 | ■ ■ ■ ■ ■ ■ |  6
  feed-forward
    opposite  5 4 3 2 1 0   (length - indices) - 1
layer 2
  head 1  flip = select(indices, opposite, ==)
       key indices   0 1 2 3 4 5
    query opposite                  reverse
                 5 | · · · · · ■ |  a
                 4 | · · · · ■ · |  n
                 3 | · · · ■ · · |  a
                 2 | · · ■ · · · |  n
                 1 | · ■ · · · · |  a
                 0 | ■ · · · · · |  b
      value tokens   b a n a n a
output
    reverse  a n a n a b"""
    )


def test_names_are_laid_out_as_the_formatter_does() -> None:
    program = load_program(Source("test", PROGRAM))
    expression = 'shift( sort(tokens,tokens),1," , ")'
    drawn = draw_picture(program.workshop, program.sop(expression), tuple("banana"), expression)
    assert drawn.title == 'shift(sort(tokens, tokens), 1, " , ")'
    values = [read.value.label for head in drawn.layers[-1].heads for read in head.reads if read.value]
    assert values == ["sort(tokens, tokens)"]


def test_wide_drawings_are_cut() -> None:
    rows = draw_text(node_of("reverse")[1], 30)
    assert all(measure_breadth(strip_style(row)) <= 30 for row in rows[:-1])
    assert "SVG" in strip_style(rows[-1])


def test_unnamed_steps_used_once_are_folded_and_named_ones_kept() -> None:
    _, drawn = node_of("depth")
    rows = [(row.label, row.formula) for layer in drawn.layers for row in layer.rows]
    assert rows == [("#1", 'indicator(tokens == "a")'), ("depth", "round((indices + 1) * share)")]


def test_one_head_for_one_selector() -> None:
    _, drawn = node_of("both")
    assert [len(layer.heads) for layer in drawn.layers] == [0, 2, 1]
    assert [len(head.reads) for head in drawn.layers[1].heads] == [1, 1]


def test_what_has_no_value_is_not_drawn() -> None:
    program = load_program(Source("test", PROGRAM))
    with pytest.raises(RaspError) as error:
        draw_picture(program.workshop, program.sop("1 / indices"), (1, 2), "")
    assert error.value.diagnostics[0].message == "division by zero"


@pytest.mark.parametrize(
    ("expression", "reference", "drawn"),
    [
        ("indices * 2", [], []),
        ("hist", [2], [1]),
        ("hist2", [2, 2], [1, 1]),
        ("reverse", [1, 1], [1, 1]),
        ("sort(tokens, tokens)", [2, 1], [1, 1]),
        ("tokens[-1]", [1, 1], [1, 1]),
        ("length", [1], [1]),
        ("same", [1], [1]),
        ("same and upto", [1], [1]),
        ("share", [1], [1]),
    ],
)
def test_layers_and_heads_before_compiling(expression: str, reference: list[int], drawn: list[int]) -> None:
    node, picture = node_of(expression)
    assert count_reference_heads(node) == reference
    assert count_drawn_heads(node) == picture.heads == drawn
    assert join_lines(draw_text(picture, None)).startswith(f"drawn: {describe_cost(drawn)}\n")


def test_costs_in_words() -> None:
    assert describe_cost([]) == "no attention (feed-forward only)"
    assert describe_cost([1]) == "1 layer with 1 head"
    assert describe_cost([2, 1]) == "2 layers with 2 + 1 heads"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_everything_is_inside_its_card(expression: str) -> None:
    """Texts as wide as they are thought to be end inside the picture, and begin right of a card's edge."""
    root = ElementTree.fromstring(draw_svg(node_of(expression)[1]))
    width = float(root.get("width", "0"))
    for left, right in extents(root, 0.0):
        in_card = left >= MARGIN + 16 or left == MARGIN  # the heading has no card
        assert in_card and right <= width - MARGIN + 0.1, (left, right, width)


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    "expression", [*EXPRESSIONS, "select(hist, hist, ==)", "selector_width(same and upto)"]
)
def test_no_text_stands_on_another(expression: str) -> None:
    program = load_program(Source("test", PROGRAM))
    value = program.expression(expression)
    node = value if isinstance(value, Node) else program.sop(expression)
    for tokens in (("a", "a", "averyveryverylongtoken", "b"), ("a",) * 12):
        drawn = draw_svg(draw_picture(program.workshop, node, tokens, expression))
        lines: dict[float, list[tuple[float, float]]] = {}
        for height, place in heights(ElementTree.fromstring(drawn)):
            lines.setdefault(round(height, 1), []).append(place)
        for line in map(sorted, lines.values()):
            for (_, end), (start, _) in pairwise(line):
                assert end <= start + 0.1, (expression, line)


def heights(
    element: ElementTree.Element, x: float = 0.0, y: float = 0.0
) -> Iterator[tuple[float, tuple[float, float]]]:
    """How far down each text stands, and where it begins and ends."""
    moved = re.findall(r"[-.\d]+", element.get("transform", "0,0"))
    x, y = x + float(moved[0]), y + float(moved[1])
    for child in element:
        if child.tag == f"{SVG}text":
            yield y + float(child.get("y", "0")), next(extents(child, x))
        yield from heights(child, x, y)


def extents(element: ElementTree.Element, x: float) -> Iterator[tuple[float, float]]:
    """Where the texts inside an element begin and end."""
    moved = element.get("transform", "translate(0,0)").removeprefix("translate(").split(",")[0]
    x += float(moved)
    if element.tag == f"{SVG}text":
        ink = Ink(size=float(element.get("font-size", "0")), longest=1000)
        size, at = measure_text(element.text or "", ink), x + float(element.get("x", "0"))
        left = at - size * {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor", "start")]
        yield left, left + size
    for child in element:
        yield from extents(child, x)


def test_what_is_cut_is_whole_in_a_tooltip() -> None:
    long = " + ".join(["tokens"] * 30)
    program = load_program(Source("test", f"long = {long};\n"))
    drawn = draw_picture(program.workshop, program.sop("long"), ("extraordinary_token", "b"), "long")
    root = ElementTree.fromstring(draw_svg(drawn))
    texts = {element.text for element in root.iter(f"{SVG}text")}
    titles = {element.text for element in root.iter(f"{SVG}title")}
    assert "extraordina…" in texts and "extraordinary_token" in titles
    formula = drawn.layers[0].rows[-1].formula
    assert formula in titles and formula.count("tokens") == 30


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([0.5, 1.0, 1 / 3], ("0.500", "1.000", "0.333")),
        ([1.0, 2.0], ("1.0", "2.0")),
        ([0.5, 2], ("0.5", "2.0")),
        ([1, 2], ("1", "2")),
        ([1e30, 0.25], ("1e+30", "0.25")),
        ([True, False], ("T", "F")),
        (["a", "b"], ("a", "b")),
    ],
)
def test_numbers_of_a_row_are_written_alike(values: list[Atom], cells: tuple[str, ...]) -> None:
    assert cells_of(values) == cells


def test_every_colour_has_a_dark_one() -> None:
    drawing = draw_svg(node_of("hist2")[1])
    assert "prefers-color-scheme: dark" in drawing
    dark = darken_document(drawing)
    colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', dark))
    assert colours and colours <= set(DARK.values())
    ElementTree.fromstring(dark)


HIST = 'hist = selector_width(select(tokens, tokens, ==));\n# compile: hist vocab="ab" max_length=4\n'


def rasp(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["draw", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hist.rasp").write_text(HIST)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.svg", b"<svg"), ("a.HTML", b"<!doctype html>"), ("a.dot", b"digraph"), ("a.txt", b"drawn: 1 layer")],
)
def test_the_command_draws_files(name: str, start: bytes, folder: Path) -> None:
    result = rasp("hist.rasp", "-i", "abba", "-o", name)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"drawn in {name}\n")
    assert (folder / name).read_bytes().startswith(start)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_the_command_draws_what_the_library_draws(name: str, start: bytes, folder: Path) -> None:
    pytest.importorskip("cairosvg")
    assert rasp("hist.rasp", "-i", "abba", "-o", name, "--dark").exit_code == 0
    assert (folder / name).read_bytes().startswith(start)


def test_the_command_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    result = rasp("hist.rasp", "-i", "abba", "-o", "a.png")
    assert result.exit_code == 2 and "pip install cairosvg" in result.stderr
    assert not (folder / "a.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["hist.rasp", "-i", "[]", "-e", "hist"], 0, "hist  1 1"),
        (["-e", "select(indices, indices, <=)", "-i", "ab"], 0, "drawn: 1 layer with 1 head"),
        (["-e", "length", "-i", "ab", "--attention", "causal"], 0, "length  1 2"),
        (["hist.rasp", "-i", "ab", "-o", "a.gif"], 2, "has to end in one of .svg"),
        (["hist.rasp", "-i", "ab", "-o", "svg"], 2, "as in svg.svg"),
        (["hist.rasp", "-i", "ab", "-o", "nosuch/a.svg"], 1, "cannot be written"),
        (["hist.rasp", "-i", ""], 2, "the input is empty"),
        (["hist.rasp", "-e", "tokens_int", "-i", "ab"], 1, "not an integer"),
        (["hist.rasp", "-e", "nosuch", "-i", "ab"], 1, "there is nothing called"),
        (["-i", "ab"], 2, "-e"),
    ],
)
def test_the_command_draws_or_says_why_not(arguments: list[str], code: int, told: str, folder: Path) -> None:
    result = rasp(*arguments)
    assert (result.exit_code, told in result.output) == (code, True), result.output


def test_drawing_from_python(folder: Path) -> None:
    program: Any = load(HIST)
    program.hist.draw("abba", "a.svg")
    assert (folder / "a.svg").read_text().startswith("<svg")
    assert program.hist._repr_html_().startswith("<svg")
    assert program("tokens_int")._repr_html_() == "<code>&lt;s-op tokens_int&gt;</code>"
    assert "<span" in program._repr_html_()
    with pytest.raises(RaspError, match="input"):
        program.hist.draw("", "a.svg")
    with pytest.raises(RaspError, match="end in one of"):
        program.hist.draw("ab", "a.gif")


@pytest.mark.parametrize(
    ("examples", "chosen"),
    [
        ("", "hello"),
        ('# example: x("a") = "a"\n# example: x("cab") = "cab"\n# example: x("aaaa") = "aaaa"', "cab"),
        ('# example: x("ab") = "ab"\n# example: x("abab") = "abab"', "abab"),
        ('# example: x("abcdefghij") = "abcdefghij"\n# example: x("ab") = "ab"', "ab"),
        ('# example: tokens("abc") = "abc"\n# example: x("a") = "a"', "a"),
        ('# example: tokens("abc") = "abc"\n# example: 1 / indices("abcd") = error', "abc"),
    ],
)
def test_a_picture_shows_a_telling_example(examples: str, chosen: str) -> None:
    assert find_example_input(load_program(Source("test", f"x = tokens;\n{examples}\n")), "x") == tuple(
        chosen
    )
