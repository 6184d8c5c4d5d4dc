"""What the page may ask of the language, by name. In: a question. Out: a JSON-able object. Raises `RaspError`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from lsprotocol import types

from rasp.command_line.console import show_tokens
from rasp.drawing.draw_svg import draw_svg
from rasp.drawing.picture import Picture, draw_picture
from rasp.drawing.svg import darken_document, lighten_document
from rasp.elaborate.program import Program
from rasp.format.format_text import format_source
from rasp.language_features.complete import complete_name
from rasp.language_features.document import ShownInput
from rasp.language_features.hover import explain_place
from rasp.language_features.positions import Positions
from rasp.page_answers.check_lesson import check_lesson
from rasp.page_answers.lesson import find_lesson, read_lessons
from rasp.page_answers.question import Question
from rasp.page_answers.shipped_programs import find_shipped, list_shipped
from rasp.page_answers.show_program import show_program
from rasp.page_answers.worker import Answer

Record = dict[str, Any]


def answer_look(question: Question) -> Record:
    return show_program(question.document(), question.shown_input())


def answer_complete(question: Question) -> Record:
    document = question.document()
    items = complete_name(document, offset_of(question, Positions(document.source)))
    return {"items": [item_record(item) for item in items]}


def item_record(item: types.CompletionItem) -> Record:
    """An item as the editor of the page takes it; those with a smaller `sort` come first."""
    return {
        "label": item.label,
        "kind": types.CompletionItemKind(item.kind).name.lower() if item.kind else "",
        "detail": item.detail or "",
        "documentation": item.documentation or "",
        "insert": item.insert_text or item.label,
        "sort": item.sort_text or item.label,
    }


def answer_hover(question: Question) -> Record:
    """`text` is Markdown, and empty where there is nothing to say."""
    document = question.document()
    found = explain_place(document, offset_of(question, Positions(document.source)))
    return {"text": "" if found is None else found[0]}


def offset_of(question: Question, positions: Positions) -> int:
    return positions.offset(types.Position(question.number("line"), question.number("column")))


def answer_draw(question: Question) -> Record:
    """The picture of an expression over the program, on the input."""
    document = question.document()
    drawn = draw_expression(document.program, question.text("expression"), question.shown_input())
    return {"svg": colour_picture(drawn, question)}


def draw_expression(program: Program, expression: str, given: ShownInput) -> Picture:
    return draw_picture(program.workshop, program.node(expression), given.items, expression, given.attention)


def colour_picture(picture: Picture, question: Question) -> str:
    drawn = draw_svg(picture)
    return darken_document(drawn) if question.flag("dark") else lighten_document(drawn)


def answer_format(question: Question) -> Record:
    """The text laid out."""
    return {"text": format_source(question.document().source)}


def answer_check(question: Question) -> Record:
    """Whether the text solves a lesson."""
    return asdict(check_lesson(question.document(), find_lesson(question.text("lesson"))))


def answer_lessons(question: Question) -> Record:
    return {"lessons": [asdict(lesson) for lesson in read_lessons()]}


def answer_gallery(question: Question) -> Record:
    """The programs that come with the language, by name, with what each is about."""
    found = [find_shipped(name) for name in list_shipped()]
    return {"programs": [{"name": program.name, "about": program.about} for program in found]}


def answer_program(question: Question) -> Record:
    """A program of the gallery, and an input that shows what it does."""
    program = find_shipped(question.text("name"))
    given = program.example()
    return {"text": program.text, "input": show_tokens(given.items), "attention": given.attention}


def answer_picture(question: Question) -> Record:
    """The picture of a program of the gallery."""
    shipped = find_shipped(question.text("name"))
    drawn = draw_expression(shipped.program, shipped.line.expression, shipped.example())
    return {"svg": colour_picture(drawn, question)}


ANSWERS: Mapping[str, Callable[[Question], Record]] = {
    "look": answer_look,
    "complete": answer_complete,
    "hover": answer_hover,
    "draw": answer_draw,
    "format": answer_format,
    "check": answer_check,
    "lessons": answer_lessons,
    "gallery": answer_gallery,
    "program": answer_program,
    "picture": answer_picture,
}


def answer_at_once() -> dict[str, Answer]:
    """The same for a worker: none of it takes so long that there were progress to tell of."""
    return {
        name: (lambda question, report, answer=answer: answer(question)) for name, answer in ANSWERS.items()
    }
