"""The lessons, from `lessons.toml`: what is told, where to start, and the solution that answers are held against."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from rasp.arguments import Attention
from rasp.diagnostics import Diagnostic, RaspError

#: The name under which every puzzle wants its s-op.
ANSWER = "answer"


@dataclass(frozen=True)
class Lesson:
    """A puzzle. `story` are paragraphs, in which words between backticks are RASP; `hints` get plainer one by one.

    `vocabulary` are the characters of the hidden inputs, `input` is the one shown at first.
    """

    name: str
    title: str
    story: tuple[str, ...]
    start: str
    hints: tuple[str, ...]
    solution: str
    input: str
    vocabulary: str
    max_length: int
    attention: Attention = "full"


def read_lessons() -> tuple[Lesson, ...]:
    """All lessons, in their order."""
    text = files("rasp.page_answers").joinpath("lessons.toml").read_text(encoding="utf-8")
    records = cast("list[dict[str, Any]]", tomllib.loads(text)["lesson"])
    return tuple(
        Lesson(
            story=tuple(paragraphs(record.pop("story"))),
            hints=tuple(record.pop("hints")),
            start=record.pop("start").strip() + "\n",
            solution=record.pop("solution").strip() + "\n",
            **record,
        )
        for record in records
    )


def paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.strip().split("\n\n")]


def find_lesson(name: str) -> Lesson:
    """A lesson by its name. Raises `RaspError` where there is none."""
    for lesson in read_lessons():
        if lesson.name == name:
            return lesson
    raise RaspError(Diagnostic(f"there is no lesson {name}", code="no-lesson"))
