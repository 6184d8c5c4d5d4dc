"""Commands of the prompt that tell something: help, source, type, layers, graph, vars, examples. Nothing changes.

Expressions are elaborated in a program of their own, so that what is asked leaves no trace in the session.
"""

import re
from collections.abc import Iterable, Sequence

from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.names import find_likely_name
from rasp.elaborate.program import Program
from rasp.elaborate.scope import Applied, Function, Static
from rasp.elaborate.static import describe_value
from rasp.graph.cost import DRAWN, REFERENCE, count_drawn_heads, count_reference_heads, describe_cost
from rasp.graph.nodes import Node, list_reachable
from rasp.graph.text import print_graph
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.notation.style import Line, Piece, make_line, split_paragraphs, wrap_words
from rasp.prompt.command_words import Command, Prompt, report_usage
from rasp.prompt.events import Examples
from rasp.prompt.help import find_definition, show_help
from rasp.prompt.session import Session
from rasp.prompt.show import list_items, quote_value
from rasp.source import Source
from rasp.syntax import syntax_tree
from rasp.syntax.comments import find_comment_above
from rasp.values import classify_values, is_atom, show_count

ASKED = "<command>"
ASKED_ABOUT = re.compile(r"""[("']*\s*([A-Za-z_]\w*)\s*(?:[)"']+|\(.*)""")
#: Commands that are longer have a line of their own in the list.
WIDEST = 30


def help_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`help` or `help NAME`"""
    return wrap_words(
        overview(prompt.commands) if not text else explanation(prompt, subject(text)), prompt.display.width
    )


def subject(text: str) -> str:
    """What is asked about: of a call, or a name in parentheses or quotes, the name; of anything else all of it."""
    return match[1] if (match := ASKED_ABOUT.fullmatch(text)) else text


def explanation(prompt: Prompt, word: str) -> list[Line]:
    """What is known about a word. Raises `RaspError` for nothing."""
    found = [
        row
        for command in prompt.commands
        if command.word == word
        for row in (make_line(Piece(command.title, "name")), make_line(f"  {command.summary}"))
    ]
    found += show_help(prompt.session, word)
    if not found:
        names = {*prompt.session.names(), *(command.word for command in prompt.commands)}
        hint = find_likely_name(word, names) or "`help` lists the commands, `vars` the names"
        raise RaspError(Diagnostic(f"nothing is known about `{word}`", hint=hint, code="command"))
    return found


def source_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`source NAME` or `NAME??`: the statement that defines it, with its comment."""
    if not text:
        raise report_usage("source sort")
    name, session = subject(text), prompt.session
    found = find_definition(session, name)
    if found is not None:
        return source_lines(*found)
    kept = next((kept for kept in reversed(session.kept) if name in kept.binds), None)
    if kept is not None:
        return split_paragraphs(kept.text)
    if show_help(session, name):
        hint = f"`help {name}` explains it"
        told = Diagnostic(
            f"`{name}` is not written in RASP, it is part of the language", hint=hint, code="command"
        )
        raise RaspError(told)
    hint = find_likely_name(name, session.names()) or "`vars` lists the names"
    raise RaspError(Diagnostic(f"there is nothing called `{name}`", hint=hint, code="command"))


def source_lines(source: Source, statement: syntax_tree.Statement) -> list[Line]:
    """A statement as it stands in its text, below the comment that documents it."""
    comment = [
        make_line(Piece(f"# {text}".rstrip(), "dim"))
        for text in find_comment_above(source, statement.span.start)
    ]
    return [*comment, *split_paragraphs(source.text[statement.span.start : statement.span.end])]


FIRST_STEPS = """Type a statement of RASP, and see what it makes of the running example:

  same = select(tokens, tokens, ==);
  hist = selector_width(same);
  hist("banana");

`help NAME` (or `NAME?`) explains a name of the library (sort, length, ...), a word of the language (select,
aggregate, operators, ...) or a command. Statements end with `;`, which Enter adds where only that is missing.

On a terminal Tab completes, Up finds earlier lines, Alt-Enter goes on to a new line, Ctrl-C drops the line or
stops what runs, Ctrl-D leaves. `undo` takes back the last change.
"""


def overview(commands: Sequence[Command]) -> list[Line]:
    """What to type at all."""
    rows = [*split_paragraphs(FIRST_STEPS), make_line(Piece("commands", "heading"))]
    language = [
        ('set example "abc"', "the input on which everything is shown"),
        ("examples on|off", "show the running example with each s-op and selector, or not"),
        ("full seq display on|off", "show each value below its element"),
        ('draw(s_op);  draw(s_op, "abc");', "draw layers and heads, here and as SVG"),
        ('load "file";', "bind the names of file.rasp"),
    ]
    pairs = (
        language
        + [(command.title, command.summary) for command in commands]
        + [("exit", "leave (or Ctrl-D)")]
    )
    width = max(len(title) for title, _ in pairs if len(title) <= WIDEST)
    for title, summary in pairs:
        if len(title) > WIDEST:
            rows += [make_line(Piece(f"  {title}", "name")), make_line(f"  {' ' * width}  {summary}")]
        else:
            rows.append(make_line(Piece(f"  {title.ljust(width)}", "name"), f"  {summary}"))
    return rows


def type_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`type EXPR`"""
    if not text:
        raise report_usage('type tokens == "a"')
    value = prompt.session.program().expression(text, ASKED)
    return [make_line(Piece(text, "name"), "  ", kind_text(value, prompt.session))]


def kind_text(value: Static, session: Session) -> str:
    """What kind of value it is; of an s-op, also what it holds on the running example."""
    match value:
        case Applied():
            return f"a list of {show_count(len(value), 'value')}, the answer for one input"
        case Node() if not value.is_selector:
            given = session.examples.s_op
            outcome = evaluate([value], [tuple(list_items(given))])[0][0]
            if isinstance(outcome, EvaluationError):
                return f"an s-op without a value for {quote_value(given)}: {outcome.message}"
            atoms = [item for item in outcome if not isinstance(item, list)]
            return f"an s-op of {classify_values(atoms)}s, for {quote_value(given)}"
        case Function():
            return f"a function of {', '.join(value.parameters) or 'no arguments'}"
        case list() | dict():
            entries = len(value)
            return f"{describe_value(value)} of {entries} {'entry' if entries == 1 else 'entries'}"
        case _:
            return describe_value(value)


def layers_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`layers EXPR`: the language's own measure."""
    if not text:
        raise report_usage("layers sort(tokens, tokens)")
    return show_counts(prompt.session.program().node(text, ASKED))


def show_counts(node: Node) -> list[Line]:
    """Layers and heads, by the counts that need no compiler."""
    counts = ((REFERENCE, count_reference_heads(node)), (DRAWN, count_drawn_heads(node)))
    return [make_line(Piece(f"  {word:<11}", "label"), describe_cost(heads)) for word, heads in counts]


def graph_command(prompt: Prompt, text: str) -> Iterable[Line]:
    """`graph EXPR`: a node a line, with the user's names behind them."""
    if not text:
        raise report_usage("graph length")
    program = prompt.session.program()
    node = program.node(text, ASKED)
    return [
        (*coloured_row(row), *named(program, part, row))
        for row, part in zip(
            print_graph({"value": node}).splitlines(), [*list_reachable([node]), None], strict=True
        )
    ]


def coloured_row(row: str) -> Line:
    target, equals, rest = row.partition(" = ")
    return make_line(Piece(target, "label"), equals, rest)


def named(program: Program, node: Node | None, row: str) -> Line:
    """The user's name of a node, as a comment, unless the row itself says it."""
    name = program.graph.names.get(node) if node is not None else None
    return (Piece(f"   # {name}", "name"),) if name and not row.endswith(f" {name}") else ()


def variables_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`vars`"""
    bindings = prompt.session.bindings
    if not bindings:
        return [make_line("nothing is bound yet; the library's names are explained by `help NAME`")]
    width = max(map(len, bindings))
    return [
        make_line(Piece(f"  {name.ljust(width)}", "name"), f"  {kind_of_binding(value)}")
        for name, value in bindings.items()
    ]


def kind_of_binding(value: Static) -> str:
    match value:
        case Function():
            return f"function of {', '.join(value.parameters) or 'no arguments'}"
        case Node() | list() | dict():
            return describe_value(value).split(" ", 1)[1]
        case _ if is_atom(value):
            return quote_value(value)
        case _:
            return describe_value(value)


def examples_command(prompt: Prompt, _: str) -> Iterable[Line]:
    """`examples`"""
    return show_examples(prompt.session.examples)


def show_examples(found: Examples) -> list[Line]:
    rows = (("s-op", found.s_op, found.s_op_on), ("selector", found.selector, found.selector_on))
    return [
        make_line(
            f"  {kind.ljust(8)} example  ", Piece(quote_value(value), "value"), "" if on else "  (not shown)"
        )
        for kind, value, on in rows
    ]


ASKING = (
    Command(
        "help",
        "[NAME]",
        "explain a name, a word of the language, or a command (also `NAME?`)",
        help_command,
        "name",
    ),
    Command("source", "NAME", "the text that defines a name (also `NAME??`)", source_command, "name"),
    Command("vars", "", "what is bound here", variables_command),
    Command("examples", "", "the running examples", examples_command),
    Command("type", "EXPR", "what kind of value an expression has", type_command, "name"),
    Command("layers", "EXPR", "how many layers and heads it needs", layers_command, "name"),
    Command("graph", "EXPR", "the graph of operations that it stands for", graph_command, "name"),
)
