"""What could be done about a complaint, as edits that the editor offers.

Candidates come from the words of the complaint: what its hint tells to write, how operators bind, a missing `;`, the
answer that an example has. Whatever they are, an edit is offered only if after it the complaint is gone and no other has
come.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rasp.diagnostics import Diagnostic
from rasp.language_features.document import TOO_SLOW, Document, read_document
from rasp.language_features.problems import list_complaints
from rasp.source import Source, Span

#: What a hint tells to write.
INSTEAD = re.compile(r"(?:did you mean|write(?: the ordinary)?|is written| or) `([^`]+)`")
JOINED = re.compile(r"join them with `and`: (.+)")
READING = re.compile(r"this is (.+)")
ANSWER = re.compile(r"the answer is (.+)", re.DOTALL)
#: How many complaints of a text, and candidates for each, are tried.
MOST_COMPLAINTS, MOST_CANDIDATES = 10, 6


@dataclass(frozen=True)
class Repair:
    """An edit that ends a complaint."""

    title: str
    complaint: Diagnostic
    span: Span
    text: str


def list_repairs(document: Document, asked: Span) -> Iterator[Repair]:
    """The repairs of the complaints that touch a part of the text."""
    before = list_complaints(document)
    if any(each.code == TOO_SLOW for each in before):  # to read it again for each edit would take too long
        return
    touching = [
        each for each in before if each.span and each.span.start <= asked.end and asked.start <= each.span.end
    ]
    for complaint in touching[:MOST_COMPLAINTS]:
        tried = dict.fromkeys(candidates(document, complaint))
        for repair in list(tried)[:MOST_CANDIDATES]:
            if helps(document, before, repair):
                yield repair


def candidates(document: Document, complaint: Diagnostic) -> Iterator[Repair]:
    """Edits that might end a complaint."""
    span = complaint.span or Span(0, 0)
    here = document.source.text[span.start : span.end]
    if complaint.message.startswith("missing `;`"):
        yield Repair("insert `;`", complaint, Span(span.start, span.start), ";")
    if complaint.code == "example" and (match := ANSWER.fullmatch(complaint.message)):
        start = span.start + here.rindex("=") + 1
        yield Repair(f"write the answer {match[1]}", complaint, Span(start, span.end), f" {match[1]}")
    if complaint.hint.startswith("remove "):
        yield Repair("remove it", complaint, span, "")
    quoted = [here.replace("'", '"')] if here.startswith("'") else INSTEAD.findall(complaint.hint)
    quoted += JOINED.findall(complaint.hint)
    for text in quoted:
        yield Repair(f"write `{text}` instead", complaint, span, text)
    match = READING.fullmatch(complaint.label)
    if complaint.code == "precedence" and match and match[1] not in quoted:
        yield Repair(f"keep what it means: `{match[1]}`", complaint, span, match[1])


def helps(document: Document, before: list[Diagnostic], repair: Repair) -> bool:
    """Is the complaint gone after the edit, and nothing else wrong that was right?"""
    text, span = document.source.text, repair.span
    changed = text[: span.start] + repair.text + text[span.end :]
    after = list_complaints(read_document(Source(document.source.name, changed), document.buffers))
    told = [kind(each) for each in before]
    left = [kind(each) for each in after]
    told.remove(kind(repair.complaint))
    return len(left) <= len(told) and set(left) <= set(told)


def kind(complaint: Diagnostic) -> Diagnostic:
    """A complaint without its place, which an edit moves."""
    return replace(complaint, source=None, span=None, notes=())
