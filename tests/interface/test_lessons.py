"""Every lesson can be solved, is not solved from the start, and its hints lead on; the check finds what is wrong."""

import pytest

from rasp.diagnostics import RaspError
from rasp.language_features.document import Document
from rasp.page_answers.check_lesson import check_lesson, list_inputs
from rasp.page_answers.lesson import Lesson, find_lesson, read_lessons
from rasp.page_answers.question import read_question
from rasp.page_answers.show_program import show_program

LESSONS = {lesson.name: lesson for lesson in read_lessons()}


def document_of(text: str) -> Document:
    return read_question({"text": text}).document()


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_a_lesson_has_a_solution_and_a_start(lesson: Lesson) -> None:
    assert check_lesson(document_of(lesson.solution), lesson).solved
    begun = check_lesson(document_of(lesson.start), lesson)
    assert not begun.solved and begun.wanted != begun.got
    given = read_question({"text": lesson.start, "input": lesson.input, "attention": lesson.attention})
    shown = show_program(given.document(), given.shown_input())
    assert shown["problems"] == []
    assert not any("problem" in value for value in shown["values"]), "the start has values on its input"
    assert lesson.hints and lesson.story[-1].count("`answer`")


def test_hidden_inputs_are_many_short_first_and_the_same_each_time() -> None:
    for lesson in LESSONS.values():
        inputs = list(list_inputs(lesson))
        assert inputs == list(list_inputs(lesson))
        assert len(inputs) > 300 and [len(each) for each in inputs[:400]] == sorted(map(len, inputs[:400]))
        assert {len(each) for each in inputs} == set(range(1, lesson.max_length + 1))


#: Programs that look right on some inputs; the input that is told.
WRONG = {
    "sort": ("answer = aggregate(select(selector_width(select(tokens, tokens, <)), indices, ==), tokens);", "aa"),
    "induction": (
        'p = shift(tokens, 1, "_"); s = select(p, tokens, ==) and select(indices, indices, <); '
        'answer = aggregate(best(s, indices), tokens, "?");',
        "aa",
    ),
    "count": ('answer = indicator(tokens == "a");', "aa"),
    "seen": ("answer = indicator(has_focus(select(tokens, tokens, ==) and select(indices, indices, <)));", "a"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_the_first_wrong_input_is_told(name: str) -> None:
    text, told = WRONG[name]
    assert check_lesson(document_of(text), find_lesson(name)).input == told


NONE = ("", "answer = 1 +;", "answer = select(tokens, tokens, ==);", "def answer(x) { return x; }")


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(RaspError):
        check_lesson(document_of(text), find_lesson("count"))
