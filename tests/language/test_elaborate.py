"""Text → graph: what vanishes, what is shared, scopes, files, failures, the library's meaning."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

import rasp
from rasp.diagnostics import RaspError
from rasp.elaborate.program import Program, load_program
from rasp.graph.check import check_graph
from rasp.graph.nodes import Node, list_reachable
from rasp.graph.text import parse_graph, print_graph
from rasp.interpret.evaluate import evaluate
from rasp.library.load import Texts
from rasp.lint.doubts import lint_program
from rasp.source import Source
from rasp.syntax.directives import CompileLine, Example, read_directives
from rasp.values import Atom


def program(text: str, loaded: dict[str, str] | None = None, tolerate: bool = False) -> Program:
    return load_program(Source("main.rasp", text), Texts(loaded or {}), tolerate)


def run(text: str, expression: str, given: Sequence[Atom] = "hello") -> object:
    return evaluate([program(text).sop(expression)], [list(given)])[0][0]


def messages(text: str, loaded: dict[str, str] | None = None) -> list[str]:
    return [problem.message for problem in program(text, loaded, tolerate=True).diagnostics]


def test_loops_lists_and_functions_vanish() -> None:
    looped = program(
        's = 0;\nfor w in ["a", "b"] { s = s + indicator(tokens == w); }\ndef id(x) { return x; }\n'
    )
    plain = program('s = 0 + indicator(tokens == "a") + indicator(tokens == "b");\n')
    assert print_graph({"s": looped.sop("id(s)")}) == print_graph({"s": plain.sop("s")})


def test_alike_nodes_are_one() -> None:
    p = program("a = select(tokens, tokens, ==);\nb = select(tokens_str, tokens, ==);\n")
    assert p.bindings["a"] is p.bindings["b"]
    assert p.sop("1") is not p.sop("1.0")
    assert p.sop("1") is not p.sop("True")
    assert p.sop("length") is p.sop("selector_width(select(1, 1, ==))")


def test_graph_is_sound_and_prints_and_parses() -> None:
    p = program(
        'x = sort(tokens, indices * 2.5) if tokens in ["a", "]", "\\"] else {1: True}[indices % 1 + 1];\n'
    )
    assert check_graph(p.graph.nodes.values()) == []
    text = print_graph({"x": p.sop("x"), "y": p.sop("length")})
    _, outputs = parse_graph(text)
    assert list(outputs) == ["x", "y"]
    assert print_graph(outputs) == text
    assert check_graph(list_reachable(outputs.values())) == []
    with pytest.raises(RaspError, match="no node %7"):
        parse_graph("%0 = tokens\n%1 = map[neg] %7\n")


def test_many_selectors() -> None:
    """Five thousand selectors in dictionaries, and one made of all of them."""
    text = "d = {};\n" + "".join(
        f"d{i} = {{j: select(indices, indices - j - {i}, ==) for j in range(50)}};\n" for i in range(100)
    )
    text += "s = full_s;\n" + "".join(f"for j in range(50) {{ s = s or not d{i}[j]; }}\n" for i in range(100))
    assert "s" in program(text).bindings


def test_long_sums_and_deep_calls() -> None:
    assert run("x = " + " + ".join(["indices"] * 3000) + ";", "x", "ab") == [0, 3000]
    assert program("def f(n) { return 0 if n == 0 else 1 + f(n - 1); }\nx = f(1500);\n").bindings["x"] == 1500
    assert messages("def f(n) { return f(n + 1); }\nx = f(0);\n") == ["the program goes too deep here"]


def test_failures_leave_no_trace_and_do_not_cascade() -> None:
    text = (
        "a = 1;\nfor i in [1, 2, 0] { a = 6 / i; }\nb = nothing;\nc = b + 1;\nd = c;\na, e = 5, b;\nf = 7;\n"
    )
    p = program(text, tolerate=True)
    assert p.bindings == {"a": 1, "f": 7}
    assert [problem.message for problem in p.diagnostics] == [
        "division by zero",
        "there is nothing called `nothing`",
    ]


def test_syntax_errors_do_not_cascade_either() -> None:
    assert len(messages("a = 1 +;\nb = a;\ndef f(x) { y = ; return x; }\nc = f(b);\n")) == 2


def test_definitions_are_not_run() -> None:
    assert run("x = tokens_int + 1;\n", "x", "12") == [2, 3]


def test_names_and_origins() -> None:
    p = program(
        "a = indices + 1;\nb = a;\ndef f(x) { inner = x * 2; return inner; }\nc = f(a);\ns = sort(c, c);\n"
    )
    names = p.graph.names
    assert [names[p.sop(text)] for text in ("tokens", "b", "c", "length", "s")] == [
        "tokens",
        "a",
        "c",
        "length",
        "s",
    ]
    for node in list_reachable([p.sop("s")]):
        source, span = p.graph.origins.get(node, (None, None))
        if source is not None and span is not None:  # the library itself is never a place
            assert source.name in ("main.rasp", "<expression>")
    source, span = p.graph.origins[p.sop("s")]
    assert source.text[span.start : span.end] == "sort(c, c)"


def test_application_gives_a_list() -> None:
    p = program(
        'x = indices("abc");\ny = x[1] + len(x);\nm = select(indices,indices,<)("ab");\nk = tokens({1: 2});\n'
    )
    assert (p.bindings["x"], p.bindings["y"], p.bindings["m"]) == ([0, 1, 2], 4, [[0, 0], [1, 0]])
    assert p.bindings["k"] == ["1"]


def test_out() -> None:
    assert program("1 + 1;\nx = out + 1;\ny = out;\n").bindings == {"x": 3, "y": 3}
    assert program('indices("ab");\nx = out;\n').bindings["x"] == "ab"


def test_load() -> None:
    files = {
        "sub/one.rasp": 'load "two";\na = b + 1;\n_hidden = 5;\ndef f() { return _hidden; }\n',
        "sub/two.rasp": "b = 10;\ntokens = tokens_int;\n",
        "programs/three.rasp": "c = 3;\nd = length;\n",
    }
    p = program('b = 1;\nload "sub/one";\nload "three";\nx = f() + a + b + c;\n', files)
    assert p.bindings["x"] == 5 + 11 + 10 + 3
    assert "_hidden" not in p.bindings
    assert p.sop("tokens") is p.sop("tokens_int")
    assert list(p.loaded) == ["sub/one.rasp", "sub/two.rasp", "programs/three.rasp"]
    again = load_program(p.source, Texts(p.loaded))
    assert print_graph({"x": again.sop("x + d")}) == print_graph({"x": p.sop("x + d")})


def test_loaded_files_see_only_the_base() -> None:
    assert messages('secret = 1;\nload "a";\n', {"a.rasp": "x = secret;\n"}) == [
        "there is nothing called `secret`"
    ]


def test_load_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "main.rasp").write_text('load "beside";\nload "here";\nx = y + z;\n')
    (tmp_path / "deep" / "beside.rasp").write_text("y = 1;\n")
    (tmp_path / "here.rasp").write_text("z = 2;\n")
    (tmp_path / "deep" / "bytes.rasp").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    assert rasp.load("deep/main.rasp").x == 3
    with pytest.raises(RaspError, match="UTF-8"):
        rasp.load(tmp_path / "deep" / "bytes.rasp")
    with pytest.raises(RaspError, match="there is no file"):
        rasp.load("none.rasp")
    with pytest.raises(RaspError, match="there is no file none/at/all"):
        rasp.load("none/at/all")
    assert rasp.load("deep/main").x == 3
    assert rasp.load("programs/basics/reverse").reverse("abc") == ["c", "b", "a"]


def test_exit_and_commands() -> None:
    p = program('set example "ab"\nshow example\nx = 1;\nexit\ny = ;\nz = 2;\n', tolerate=True)
    assert list(p.bindings) == ["x"]
    assert program("draw(indices);\nx = 1;\n").draws[0][1].input is None


def test_sop_refuses_what_is_none() -> None:
    p = program("x = 1;\nl = [1];\n")
    assert p.sop("x") is p.sop("1")
    for text in ("l", "full_s", "sort", "x +", "nothing"):
        with pytest.raises(RaspError):
            p.sop(text)


def test_expressions_change_nothing() -> None:
    p = program("x = 1;\n")
    p.expression("x + 1")
    assert p.bindings == {"x": 1} and p.expression("out") == 1


# The library, against what its functions mean.


def shifted(text: str, n: int) -> list[Atom]:
    return [text[i - n] if 0 <= i - n < len(text) else "_" for i in range(len(text))]


def next_alike(text: str) -> list[list[int]]:
    rows: list[list[int]] = []
    for query, token in enumerate(text):
        later = [key for key in range(query + 1, len(text)) if text[key] == token]
        rows.append([int(later[:1] == [key]) for key in range(len(text))])
    return rows


@pytest.mark.parametrize("seed", range(12))
def test_library(seed: int) -> None:
    text = "".join(random.Random(seed).choices("abc", k=1 + seed))
    n = len(text)
    p = rasp.load("")
    assert p.length(text) == [n] * n
    assert p('count(tokens, "a")')(text) == [text.count("a")] * n
    assert p('contains(tokens, "a")')(text) == ["a" in text] * n
    assert p('shift(tokens, 2, "_")')(text) == shifted(text, 2)
    assert p('shift(tokens, -1, "_")')(text) == shifted(text, -1)
    assert p("sort(tokens, tokens)")(text) == sorted(text)
    assert p("sort(indices, tokens)")(text) == sorted(range(n), key=lambda i: text[i])
    assert p("select_next_identical(tokens)")(text) == next_alike(text)
    last, first = text.rfind("a"), text.find("a")
    assert p('mark_last_instance(tokens, "a")')(text) == [i == last for i in range(n)]
    assert p('mark_first_instance(tokens, "a")')(text) == [i == first for i in range(n)]
    assert p('select_from_last(tokens, "a")')(text) == [[int(i == last) for i in range(n)]] * n
    assert p("load_from_location(tokens, length - 1 - indices)")(text) == list(reversed(text))
    assert p("max(indices, 2) - min(indices, 2)")(text) == [abs(i - 2) for i in range(n)]
    assert p("has_focus(select(indices, indices, <))")(text) == [i > 0 for i in range(n)]


def test_best() -> None:
    p = rasp.load("rows = select(indices, indices, <);\n")
    assert p("best(rows, tokens)")("bab") == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert rasp.load("best = 3;\n").best == 3


def test_face() -> None:
    p = rasp.load("def twice(x) { return x * 2; }\nlater = select(indices, indices, >);\nl = [indices, 1];\n")
    assert p.twice(4) == 8
    assert p.twice(p.length)("abc") == [6, 6, 6]
    assert p["later"]("ab") == [[0, 1], [0, 0]]
    assert p.l[0]([5, 6]) == [0, 1] and p.l[1] == 1
    assert p.length("abc", attention="causal") == [1, 2, 3]
    for wrong in ([], [[1]], "ab"):
        with pytest.raises(RaspError):
            p.tokens_int(wrong)
    with pytest.raises(AttributeError):
        p.nothing  # noqa: B018
    with pytest.raises(RaspError, match="takes 1 argument"):
        p.twice(1, 2)


def test_directives() -> None:
    text = (
        '# compile: sort(tokens, tokens) vocab="abc" max_length=8\n'
        '#compile (causal): a == b  name=same vocab=[1, "x y", True]\nx = 1;\n'
        '## example: f(1)("a)b") = [1, 2.5, True, "x"]\n'
        "# example (causal): 1 / indices([0, 1]) = error\n"
        '# example: full_s("ab") = [[1, 1], [1, 1]]\n# examples are good\n'
    )
    found = read_directives(Source("<test>", text))
    assert found.diagnostics == ()
    first, second = found.compiles
    assert first == CompileLine("sort(tokens, tokens)", ("a", "b", "c"), 8, "full", "", first.span)
    assert second == CompileLine("a == b", (1, "x y", True), None, "causal", "same", second.span)
    spans = [example.span for example in found.examples]
    assert found.examples == (
        Example("f(1)", ("a", ")", "b"), (1, 2.5, True, "x"), "full", spans[0]),
        Example("1 / indices", (0, 1), None, "causal", spans[1]),
        Example("full_s", ("a", "b"), ((1, 1), (1, 1)), "full", spans[2]),
    )


def test_following_a_warning_silences_it() -> None:
    doubtful = "x = not indices == 0;\ny = 1 if x else 2 if x else 3;\nz = indices == 1 or x and y;\n"
    clear = "x = (not indices) == 0;\ny = (1 if x else 2) if x else 3;\nz = ((indices == 1) or x) and y;\n"
    assert len(lint_program(program(doubtful))) == 3
    assert lint_program(program(clear)) == []
    for name in ("x", "y", "z"):
        assert print_graph({name: program(doubtful).sop(name)}) == print_graph(
            {name: program(clear).sop(name)}
        )


def test_library_names_are_nodes_or_functions() -> None:
    base = program("").workshop.base.values
    assert isinstance(base["length"], Node) and isinstance(base["full_s"], Node)
