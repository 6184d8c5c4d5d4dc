"""Pictures of s-ops and selectors: their parts, and that every form of them can be read by its programs."""

from xml.etree import ElementTree

import pytest

from rasp.diagnostics import RaspError
from rasp.draw_dot import draw_dot
from rasp.draw_svg import draw_svg
from rasp.draw_text import draw_text
from rasp.graph import Node
from rasp.layers import cost_text, drawn_heads, reference_heads
from rasp.picture import Picture, picture
from rasp.program import load_program
from rasp.source import Source
from rasp.style import breadth, joined, plain

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
    return node, picture(program.workshop, node, tuple("banana"), expression)


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
    assert joined(draw_text(drawn, None))


def test_a_drawing_as_text() -> None:
    assert joined(draw_text(node_of("reverse")[1], None)) == (
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


def test_wide_drawings_are_cut() -> None:
    rows = draw_text(node_of("reverse")[1], 30)
    assert all(breadth(plain(row)) <= 30 for row in rows[:-1])
    assert "SVG" in plain(rows[-1])


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
        picture(program.workshop, program.sop("1 / indices"), (1, 2), "")
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
    assert reference_heads(node) == reference
    assert drawn_heads(node) == picture.heads == drawn
    assert joined(draw_text(picture, None)).startswith(f"drawn: {cost_text(drawn)}\n")


def test_costs_in_words() -> None:
    assert cost_text([]) == "no attention (feed-forward only)"
    assert cost_text([1]) == "1 layer with 1 head"
    assert cost_text([2, 1]) == "2 layers with 2 + 1 heads"
