"""What the prompt's commands `compile`, `layers`, `verify` and `apply` do.

What `compile` and `layers` are not told is taken from a `# compile:` line of the expression, and else from the
running example: its elements are the vocabulary, its length is the maximum length. The session is elaborated anew
for it, so that the model's program is what `save` writes.
"""

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from compiler.commands.known_lines import KnownLine, find_known_line, find_name, list_known_lines
from compiler.export.compiled import save, save_with_notes
from compiler.inside_commands.sizes import describe_sizes
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from compiler.verify.interpreted_sample import interpret_sample
from compiler.verify.without_value import find_without_value, warn_without_value
from rasp.arguments import Attention
from rasp.command_line.console import Told, show_tokens
from rasp.command_line.progress import show_progress
from rasp.diagnostics import Diagnostic, RaspError
from rasp.graph.cost import COMPILED, describe_cost
from rasp.inputs import read_input
from rasp.lint.doubts import lint_expression
from rasp.notation.style import Line, Piece, make_line
from rasp.prompt.command_words import Prompt, report_usage
from rasp.prompt.inspect_commands import ASKED, show_counts
from rasp.prompt.session import Session
from rasp.prompt.show import list_items, show_diagnostic
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives
from rasp.values import Atom, make_typed_key

FOLDER = re.compile(r"""\s-o\s+(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))(?=\s|$)""")
NO_FOLDER = re.compile(r"""\s-o(\s+"")?\s*$""")
APPLIED = re.compile(
    r"""(?:("(?P<quoted>[^"]*)"|(?P<plain>[^\s"\[]\S*))\s+)?("(?P<text>[^"]*)"|(?P<input>\S.*))"""
)
ATTENTION = re.compile(r"\sattention=\S+")
BUDGET, SEED = 20_000, 0


@dataclass(frozen=True)
class Request:
    """What `compile` or `layers` is asked for. `origins` says where what was not said is taken from."""

    expression: str
    name: str
    options: CompileOptions
    folder: str | None
    origins: tuple[str, ...]


@dataclass(eq=False)
class Workbench:
    """The model that a prompt has compiled last, and the folder it is in, if it was written."""

    compiled: Compiled | None = None
    folder: str | None = None

    @contextmanager
    def model_folder(self, text: str, wanted: str) -> Generator[str]:
        """The folder of the model that is meant: the one named, or that of the last model. Raises `RaspError`."""
        named = text.strip().strip('"') or self.folder
        if named:
            yield named
        elif self.compiled is None:
            hint = f"`compile` one first, or name its folder, as in `{wanted}`"
            raise RaspError(Diagnostic("no model has been compiled yet", hint=hint, code="command"))
        else:
            with TemporaryDirectory() as folder:
                save(self.compiled, Path(folder) / "model")
                yield str(Path(folder) / "model")


def compile_lines(bench: Workbench, prompt: Prompt, text: str) -> Iterable[Line]:
    """Compile and, with a folder, save. Raises `RaspError`, `CompileError`."""
    wanted = 'compile sort(tokens, tokens) vocab="abc" max_length=6 -o DIR'
    if NO_FOLDER.search(f" {text}"):
        raise report_usage(wanted)
    request = read_request(prompt.session, text, wanted)
    for origin in request.origins:
        yield make_line(Piece(f"  taking {origin}", "label"))
    for warning in lint_expression(request.expression):
        yield from show_diagnostic(warning)
    program = prompt.session.program(strict=True)
    with show_progress("compiling"):
        compiled = compile_program(program, {request.name: request.expression}, request.options)
        sample = interpret_sample(compiled.meaning, request.options)
    for found in find_without_value(sample):
        yield from show_diagnostic(warn_without_value(found))
    yield make_line("compiled ", Piece(request.expression, "name"), vocabulary_text(request.options))
    for row in describe_sizes(compiled.summary):
        yield make_line(row)
    if request.folder is not None:
        for note in save_with_notes(compiled, request.folder):
            yield from show_diagnostic(note)
        yield make_line("  written to  ", Piece(request.folder, "value"), "   (`verify` checks it)")
    else:
        unwritten = '  not written: -o DIR keeps it; `verify` checks it, `apply "abc"` runs it'
        yield make_line(Piece(unwritten, "label"))
    bench.compiled, bench.folder = compiled, request.folder


def vocabulary_text(options: CompileOptions) -> str:
    attention = " under causal attention" if options.attention == "causal" else ""
    return f" for inputs over {show_tokens(options.vocabulary)} up to length {options.max_length}{attention}"


def read_request(session: Session, text: str, wanted: str) -> Request:
    """A command's text, completed by what the session knows of the expression. Raises `RaspError`."""
    folder = FOLDER.search(text)
    rest = FOLDER.sub("", text).strip() or the_only_expression(session, wanted)
    found = read_directives(Source("<command>", f"# compile: {rest}"))
    if found.diagnostics:
        raise RaspError(*found.diagnostics)
    asked = found.compiles[0]
    known = find_known_line(session, asked.expression)
    line = known.line if known else asked
    items = list_items(session.examples.s_op)
    attention = asked.attention if ATTENTION.search(rest) else line.attention
    options = CompileOptions(
        asked.vocabulary or line.vocabulary or vocabulary_of(items),
        asked.max_length or line.max_length or len(items),
        attention,
        no_value=asked.no_value or line.no_value,
    )
    name = asked.name or line.name or (line.expression if line.expression.isidentifier() else "out")
    where = (folder["quoted"] or folder["plain"]) if folder else None
    return Request(line.expression, name, options, where, origins(asked, known, attention))


def the_only_expression(session: Session, wanted: str) -> str:
    """The expression of the only `# compile:` line that there is. Raises `RaspError` for none or several."""
    lines = list_known_lines(session)
    if not lines:
        raise report_usage(wanted)
    names = [find_name(known.line) for known in lines]
    if len(names) > 1:
        hint = f"there are {', '.join(f'`{name}`' for name in names)}"
        raise RaspError(
            Diagnostic("there are several `# compile:` lines: say which", hint=hint, code="command")
        )
    return names[0]


def origins(asked: CompileLine, known: KnownLine | None, attention: Attention) -> tuple[str, ...]:
    """Where what was not said is taken from, in words: from a `# compile:` line, the rest from the running example."""
    missing = [
        (what, known is not None and getattr(known.line, setting) is not None)
        for what, setting in (("the vocabulary", "vocabulary"), ("the maximum length", "max_length"))
        if getattr(asked, setting) is None
    ]
    told = [what for what, is_known in missing if is_known]
    if known is not None and attention != asked.attention:
        told.append(f"{attention} attention")
    guessed = [what for what, is_known in missing if not is_known]
    places = ((told, known.home if known else ""), (guessed, "the running example"))
    return tuple(f"{listed(words)} from {place}" for words, place in places if words)


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def vocabulary_of(items: Sequence[Atom]) -> tuple[Atom, ...]:
    """The different elements of an input, in order."""
    return tuple({make_typed_key(item): item for item in items}.values())


def layer_lines(prompt: Prompt, text: str) -> Iterable[Line]:
    """The counts that need no compiler, and what the compiler reaches."""
    request = read_request(prompt.session, text, "layers sort(tokens, tokens)")
    program = prompt.session.program()
    node = program.node(request.expression, ASKED)
    yield from show_counts(node)
    label = Piece(f"  {COMPILED:<11}", "label")
    if node.is_selector:
        yield make_line(label, "a selector becomes a head where it is used")
        return
    what = vocabulary_text(request.options).strip()
    try:
        with show_progress("compiling"):
            compiled = compile_program(program, {"out": request.expression}, request.options)
    except CompileError as error:
        yield make_line(label, f"not {what}: {error.diagnostics[0].message}")
    else:
        yield make_line(label, compiled_cost(compiled))
        yield make_line(Piece(f"{' ' * 13}{what}", "dim"))
    for origin in request.origins:
        yield make_line(Piece(f"{' ' * 13}taking {origin}", "dim"))


def compiled_cost(compiled: Compiled) -> str:
    summary = compiled.summary
    heads: list[int] = summary["heads_per_layer"]
    bound = (
        "" if len(heads) == summary["lower_bound_layers"] else f", at least {summary['lower_bound_layers']}"
    )
    return f"{describe_cost(heads)}{bound}; d_model {summary['d_model']}, {summary['nonzero']:,} weights not zero"


def verify_lines(bench: Workbench, prompt: Prompt, text: str) -> Iterable[Line]:
    """Check a model, as `rasp verify` does: the one in a folder, or the one compiled last."""
    # Only this needs torch.
    verifier = import_module("compiler.commands.verify")
    with bench.model_folder(text, "verify DIR") as folder:
        code = verifier.verify_folder(folder, verifier.VerifyRequest(BUDGET, SEED, False), Told())
    if code:
        raise RaspError(Diagnostic("the model does not do what its program does", code="mismatch"))
    return ()


def apply_lines(bench: Workbench, prompt: Prompt, text: str) -> Iterable[Line]:
    """Run a model on a text in quotes, or on what `rasp apply` would take: the one in a folder, or the last one."""
    found = APPLIED.fullmatch(text.strip())
    if found is None:
        raise report_usage('apply DIR "abc"')
    # Only this needs torch.
    opening = import_module("compiler.opening")
    with bench.model_folder(found["quoted"] or found["plain"] or "", 'apply DIR "abc"') as folder:
        model = opening.load(folder)
    tokens = read_input(found["input"]).tokens if found["text"] is None else tuple(found["text"])
    shower = import_module("compiler.commands.model")
    yield make_line(shower.show_answer(tokens, model.answers([tokens])[0]))
