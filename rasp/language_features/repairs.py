"""What could be done about a complaint, as edits that the editor offers: `list_repairs`.

Candidates come from the words of the complaint: what its hint tells to write, how operators bind, a missing `;`, the answer
that an example has; where the words are about more than the place they stand at, from the tree or the text around it.
Whatever they are, one is offered only if after it the complaint is gone and no other has come.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rasp.diagnostics import Diagnostic
from rasp.language_features.document import TOO_SLOW, Document, read_document
from rasp.language_features.problems import UNUSED, list_complaints
from rasp.language_features.variables import find_definition_at, find_variable, list_occurrences
from rasp.source import Source, Span
from rasp.syntax.syntax_tree import AggregateCall, Assign, BuiltinCall, FunctionDefinition, Index, Operation
from rasp.syntax.walk import Tree, walk_trees

#: How many complaints of a text, and candidates for each, are tried.
MOST_COMPLAINTS, MOST_CANDIDATES = 10, 6
Edit = tuple[Span, str]
Table = tuple[tuple[str, str, str], ...]
#: What a hint tells to write.
INSTEAD = re.compile(r"(?:did you mean|write(?: the ordinary)?|is written| or) `([^`]+)`")
LISTED = re.compile(r"(?:join them with `and`|write its characters as a list|a text stands in quotes): (.+)")
READING = re.compile(r"this is (.+)")
ANSWER = re.compile(r"the answer is (.+)", re.DOTALL)
CLOSING = re.compile(r"expected `([)\]}])` to close .*|missing `(;)`.*")
#: How a hint begins, what has to be complained of, and what to write, with its groups; the first that fits.
FORMS = (
    ("write select(key", r"select\((.+?), *([=!<>]=|[<>]) *, *([^,]+)\)", r"select(\1, \3, \2)"),
    ("write select(key", r"select\(([^,]+), *([^,]+)\)", r"select(\1, \2, ==)"),
    ("select(s_op, True, ==) makes", r"\((.+)\)", r"select(\1, True, ==)"),
    ("select(s_op, True, ==) makes", r"(.+)", r"select(\1, True, ==)"),
    ("has_focus(s) tells", r"(.+)", r"has_focus(\1)"),
    ("a text of brackets stands in quotes", r"([^\"]+)", r'"\1"'),
    ('write load "path"', r"(\w+)", r'"\1"'),
    ('end it with `"`', r"(.*?)(;?\s*)", r'\1"\2'),
    ("a name cannot start with a digit", r"(\d+)(.+)", r"\1 * \2"),
)
#: The same for the line that it stands in.
AROUND = (
    ("write `x = x ", r"(\w+) *([-+*/%^])= *([\w.\"]+);", r"\1 = \1 \2 \3;"),
    ("write `x = x ", r"(\w+) *([-+*/%^])= *([^;]+);", r"\1 = \1 \2 (\3);"),
    ("write `quotient(a, b)`", r"(?<=[=(\[,]) *([\w.]+) *// *([\w.]+) *(?=[;)\],])", r" quotient(\1, \2)"),
    ("an assignment is just", r"let +(?=\w+ *=)", ""),
    ("strings are written with straight quotes", "[“”„]", '"'),
)


@dataclass(frozen=True)
class Mend:
    """Edits, which do not overlap, and what they are called."""

    title: str
    edits: tuple[Edit, ...]

    def apply(self, text: str) -> str:
        """The text after the edits."""
        for span, new in sorted(self.edits, key=lambda edit: -edit[0].start):
            text = text[: span.start] + new + text[span.end :]
        return text


@dataclass(frozen=True)
class Repair:
    """Edits that end a complaint."""

    title: str
    complaint: Diagnostic
    edits: tuple[Edit, ...]


def list_repairs(document: Document, asked: Span) -> Iterator[Repair]:
    """The repairs of the complaints that touch a part of the text."""
    before = list_complaints(document)
    if any(each.code == TOO_SLOW for each in before):  # to read it again for each edit would take too long
        return
    touching = [
        each for each in before if each.span and each.span.start <= asked.end and asked.start <= each.span.end
    ]
    for complaint in touching[:MOST_COMPLAINTS]:
        tried = dict.fromkeys(list_mends(document, complaint))
        for mend in list(tried)[:MOST_CANDIDATES]:
            if helps(document, before, complaint, mend):
                yield Repair(mend.title, complaint, mend.edits)


def helps(document: Document, before: list[Diagnostic], complaint: Diagnostic, mend: Mend) -> bool:
    """Is the complaint gone after the edits, and nothing else wrong that was right?"""
    source = Source(document.source.name, mend.apply(document.source.text))
    after = list_complaints(read_document(source, document.buffers))
    told = [kind(each) for each in before]
    left = [kind(each) for each in after]
    told.remove(kind(complaint))
    return len(left) <= len(told) and set(left) <= set(told)


def kind(complaint: Diagnostic) -> Diagnostic:
    """A complaint without its place, which an edit moves."""
    return replace(complaint, source=None, span=None, notes=())


def list_mends(document: Document, complaint: Diagnostic) -> Iterator[Mend]:
    """All candidates, the likeliest first."""
    span = complaint.span or Span(0, 0)
    here = document.source.text[span.start : span.end]
    if match := CLOSING.fullmatch(complaint.message):
        closing = match[1] or match[2]
        yield Mend(f"insert `{closing}`", ((Span(span.start, span.start), closing),))
    if complaint.code == "example" and (match := ANSWER.fullmatch(complaint.message)):
        start = span.start + here.rindex("=") + 1
        yield Mend(f"write the answer {match[1]}", ((Span(start, span.end), f" {match[1]}"),))
    yield from mend_names(document, complaint, span)
    if complaint.hint.startswith("remove ") and not complaint.message.endswith(UNUSED):
        yield Mend("remove it", ((span, ""),))
    quoted = [here.replace("'", '"')] if here.startswith("'") else INSTEAD.findall(complaint.hint)
    quoted += LISTED.findall(complaint.hint)
    formed = ((re.fullmatch(form, here), new) for form, new in fitting(FORMS, complaint))
    quoted += [match.expand(new) for match, new in formed if match][:1]
    for text in quoted:
        yield write_instead(span, text)
    match = READING.fullmatch(complaint.label)
    if complaint.code == "precedence" and match and match[1] not in quoted:
        yield Mend(f"keep what it means: `{match[1]}`", ((span, match[1]),))
    yield from mend_around(document, complaint, span)
    yield from mend_trees(document, complaint, span)


def write_instead(span: Span, text: str) -> Mend:
    return Mend(f"write `{text}` instead", ((span, text),))


def fitting(table: Table, complaint: Diagnostic) -> list[tuple[str, str]]:
    """The forms, and what to write, for a complaint."""
    return [(form, new) for begin, form, new in table if complaint.hint.startswith(begin)]


def mend_around(document: Document, complaint: Diagnostic, span: Span) -> Iterator[Mend]:
    """What is mended in the line as a whole."""
    text = document.source.text
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    line = Span(start, len(text) if end < 0 else end)
    for form, new in fitting(AROUND, complaint):
        written = re.sub(form, new, text[line.start : line.end])
        if written != text[line.start : line.end]:
            yield Mend(f"write `{written.strip()}` instead", ((line, written),))
            return


def mend_trees(document: Document, complaint: Diagnostic, span: Span) -> Iterator[Mend]:
    """What is mended in the call, the index or the division that the complaint is about, or is a part of."""
    text = document.source.text

    def written(tree: Tree) -> str:
        return text[tree.span.start : tree.span.end]

    for tree in walk_trees(*document.module.statements):
        match tree:
            case AggregateCall(first, second, _, _) if first.span == span and complaint.hint.startswith(
                "the selector comes first"
            ):
                swapped = ((first.span, written(second)), (second.span, written(first)))
                yield Mend("put the selector first", swapped)
            case BuiltinCall("len", (only,)) if only.span == span:
                string = complaint.hint.startswith("write `string_length")
                yield write_instead(tree.span, f"string_length({written(only)})" if string else "length")
            case Index(target, index) if index.span == span and "load_from_location" in complaint.hint:
                yield write_instead(tree.span, f"load_from_location({written(target)}, {written(index)})")
            case Operation(operands) if tree.span == span and complaint.code == "no-value":
                divisor = written(operands[-1])
                guarded = f"{written(tree)} if {divisor} != 0 else 0"
                alone = text[: span.start].rstrip().endswith("=") and text[span.end :].lstrip().startswith(
                    ";"
                )
                yield write_instead(span, guarded if alone else f"({guarded})")
            case _:
                pass


def mend_names(document: Document, complaint: Diagnostic, span: Span) -> Iterator[Mend]:
    """A name that is never read goes, or says so; one that hides another, or is taken, becomes another one."""
    name = document.source.text[span.start : span.end]
    if complaint.message.endswith(UNUSED):
        for tree in walk_trees(*document.module.statements):
            match tree:
                case Assign((bound,)) | FunctionDefinition(bound) if bound.span == span:
                    yield Mend("remove it", ((whole_lines(document.source.text, tree.span), ""),))
                case _:
                    pass
        yield from call(document, span, f"_{name}")
    elif "hides the library's" in complaint.message or complaint.hint.startswith("choose another name"):
        yield from call(document, span, f"{name}_")


def call(document: Document, place: Span, name: str) -> Iterator[Mend]:
    """Another name for the variable at a place."""
    found = find_definition_at(document, place.start)
    if found is not None and found[1].source == document.source:
        variable = find_variable(document, found[1])
        spans = [each.span for each in list_occurrences(document) if each.variable == variable]
        yield Mend(f"call it `{name}`", tuple((span, name) for span in dict.fromkeys(spans)))


def whole_lines(text: str, span: Span) -> Span:
    """A statement's place; where nothing else is on its lines, the lines."""
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end) + 1 or len(text)
    alone = not text[start : span.start].strip() and not text[span.end : end].strip()
    return Span(start, end) if alone else span
