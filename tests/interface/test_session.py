"""What a line of the prompt does to bindings, examples and what is kept."""

from pathlib import Path

import pytest

from rasp.elaborate.program import load_program
from rasp.prompt.changes import reload_files
from rasp.prompt.events import Answered, Drawing, Event, Failed, Left, Shown
from rasp.prompt.session import Session
from rasp.source import Source


def run(session: Session, *texts: str) -> list[Event]:
    return [event for text in texts for event in session.run(text)]


def failures(events: list[Event]) -> list[str]:
    return [event.diagnostic.message for event in events if isinstance(event, Failed)]


def test_values_are_shown_under_their_names() -> None:
    events = run(Session(), "x = 3;", "x;", "x + 1;", "a, b = 1, 2;")
    assert [(event.name, event.value) for event in events if isinstance(event, Shown)] == [
        ("x", 3),
        ("x", 3),
        ("out", 4),
        ("a", 1),
        ("b", 2),
    ]


def test_a_failing_statement_changes_nothing() -> None:
    session = Session()
    run(session, "x = 1;")
    assert failures(run(session, "x = 1/0;")) == ["division by zero"]
    assert failures(run(session, "a, x = 2, nosuch;")) == ["there is nothing called `nosuch`"]
    assert session.bindings == {"x": 1}


def test_a_line_with_a_syntax_error_does_nothing() -> None:
    session = Session()
    assert failures(run(session, "x = 1; y = ;"))
    assert session.bindings == {}


def test_a_name_whose_definition_failed_says_so() -> None:
    session = Session()
    run(session, "x = 1/0;")
    assert failures(run(session, "x;")) == ["`x` has no value, because its definition failed"]


def test_a_definition_without_a_value_on_the_example_is_bound() -> None:
    session = Session()
    assert not failures(run(session, "x = tokens_int + 1;"))
    assert isinstance(run(session, "x([1, 2]);")[0], Answered)


def test_an_application_is_an_ordinary_list_afterwards() -> None:
    session = Session()
    run(session, 'x = indices("ab");')
    assert session.bindings["x"] == [0, 1]


def test_examples() -> None:
    session = Session()
    run(session, 'set s-op example "ab"', "set selector example [1, 2]", "selector examples off")
    assert (session.examples.s_op, session.examples.selector) == ("ab", [1, 2])
    assert (session.examples.s_op_on, session.examples.selector_on) == (True, False)
    assert failures(run(session, 'set example ""')) == ["an input cannot be empty"]
    assert session.examples.s_op == "ab"


def test_exit_ends_the_session() -> None:
    assert [type(event) for event in run(Session(), "exit", "quit()")] == [Left, Left]


def test_drawings_are_asked_for_wherever_they_stand() -> None:
    session = Session()
    run(session, "def f(x) { y = x + 1; draw(y, [1]); return y; }")
    events = run(session, "draw(indices);", "f(indices);")
    assert [(e.name, e.items) for e in events if isinstance(e, Drawing)] == [
        ("indices", tuple("hello")),
        ("y", (1,)),
    ]


def test_what_is_kept_is_a_program() -> None:
    session = Session()
    run(session, "# Twice.\ndef f(x) { return x * 2; }", "y = f(indices);", "y;", "z = 1/0;", "show example")
    assert session.text == "# Twice.\ndef f(x) { return x * 2; }\ny = f(indices);\n"
    assert set(load_program(Source("kept", session.text)).bindings) == {"f", "y"}


def test_expressions_are_kept_when_out_needs_them() -> None:
    session = Session()
    run(session, "indices;", "x = out + 1;")
    assert session.text == "indices;\nx = out + 1;\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_loading_shows_what_is_new(folder: Path) -> None:
    (folder / "lib.rasp").write_text('a = 1;\n_b = 2;\nset example "xyz"\nexamples off\ns = indices + a;\n')
    session = Session()
    shown = [event for event in run(session, 'load "lib";') if isinstance(event, Shown)]
    assert [event.name for event in shown] == ["a", "s"]
    assert not any(event.examples.s_op_on for event in shown)
    assert session.examples.s_op == "xyz"
    assert session.examples.s_op_on


def test_loading_a_file_with_mistakes_tells_all_of_them(folder: Path) -> None:
    (folder / "lib.rasp").write_text("a = 1/0;\nb = 2;\nc = nosuch;\n")
    session = Session()
    found = failures(run(session, 'load "lib";'))
    assert found == ["division by zero", "there is nothing called `nosuch`"]
    assert session.bindings["b"] == 2
    assert failures(run(session, "other;")) == ["there is nothing called `other`"]


def test_reload(folder: Path) -> None:
    file = folder / "lib.rasp"
    file.write_text("a = 1;\n")
    session = Session()
    run(session, 'load "lib";', "b = a + 1;")
    file.write_text("a = 5;\n")
    assert not list(reload_files(session))
    assert session.bindings == {"a": 5, "b": 6}
    file.write_text("a = ;\n")
    assert failures(list(reload_files(session)))
    assert session.bindings == {"a": 5, "b": 6}


def test_the_program_of_a_session_has_its_own_graph(folder: Path) -> None:
    (folder / "lib.rasp").write_text("a = indices;\n")
    session = Session()
    run(session, 'load "lib";', "b = a + 1;")
    (folder / "lib.rasp").unlink()
    program = session.program()
    assert set(program.bindings) == {"a", "b"}
    assert program.graph is not session.workshop.graph
