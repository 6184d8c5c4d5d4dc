"""What the prompt's commands `compile`, `layers`, `verify` and `apply` do.

What `compile` is not told is taken from the running example: its elements are the vocabulary, its length is
the maximum length. The session is elaborated anew for it, so that the model's program is what `save` writes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module

from compiler.commands.sizes import size_lines
from compiler.export.compiled import save_with_notes
from compiler.options import CompileError, CompileOptions
from compiler.pipeline import Compiled, compile_program
from rasp.asking import ASKED
from rasp.commands import Prompt, usage
from rasp.console import show_tokens
from rasp.diagnostics import Diagnostic, RaspError
from rasp.directives import read_directives
from rasp.inputs import read_input
from rasp.layers import cost_text, heads_per_layer
from rasp.lint import lint_expression
from rasp.progress import progress
from rasp.session import Session
from rasp.show import diagnostic_lines, input_of, quoted
from rasp.source import Source
from rasp.style import Line, Piece, line
from rasp.values import Atom, typed

FOLDER = re.compile(r"""\s-o\s+(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))(?=\s|$)""")
APPLIED = re.compile(r"""("(?P<quoted>[^"]*)"|(?P<plain>\S+))\s+("(?P<text>[^"]*)"|(?P<input>\S.*))""")
BUDGET, SEED = 20_000, 0


@dataclass(frozen=True)
class Request:
    """What `compile` is asked for."""

    expression: str
    name: str
    options: CompileOptions
    folder: str | None
    from_example: tuple[str, ...]


def compile_lines(prompt: Prompt, text: str) -> Iterable[Line]:
    """Compile and, with a folder, save. Raises `RaspError`, `CompileError`."""
    request = read_request(prompt.session, text)
    if request.from_example:
        taken = " and ".join(request.from_example)
        yield line(Piece(f"  taking {taken} from the running example", "label"))
    for warning in lint_expression(request.expression):
        yield from diagnostic_lines(warning)
    program = prompt.session.program(strict=True)
    with progress("compiling"):
        compiled = compile_program(program, {request.name: request.expression}, request.options)
    yield line("compiled ", Piece(request.expression, "name"), vocabulary_text(request.options))
    for row in size_lines(compiled.summary):
        yield line(row)
    if request.folder is None:
        yield line(Piece("  not written: -o DIR keeps it", "label"))
        return
    for note in save_with_notes(compiled, request.folder):
        yield from diagnostic_lines(note)
    yield line("  written to  ", Piece(request.folder, "value"), f"   (`verify {request.folder}` checks it)")


def vocabulary_text(options: CompileOptions) -> str:
    attention = " under causal attention" if options.attention == "causal" else ""
    return f" for inputs over {show_tokens(options.vocabulary)} up to length {options.max_length}{attention}"


def read_request(session: Session, text: str) -> Request:
    """The command's text, completed by the running example. Raises `RaspError`."""
    folder = FOLDER.search(text)
    rest = FOLDER.sub("", text)
    if not rest.strip():
        raise usage('compile sort(tokens, tokens) vocab="abc" max_length=6 -o DIR')
    found = read_directives(Source("<command>", f"# compile: {rest}"))
    if found.diagnostics:
        raise RaspError(*found.diagnostics)
    wanted = found.compiles[0]
    tokens = vocabulary_of(input_of(session.examples.s_op))
    options = CompileOptions(
        tokens if wanted.vocabulary is None else wanted.vocabulary,
        wanted.max_length or len(session.examples.s_op),  # type: ignore[arg-type]
        wanted.attention,
    )
    missing = (("the vocabulary", wanted.vocabulary), ("the maximum length", wanted.max_length))
    taken = tuple(what for what, value in missing if value is None)
    plain = wanted.expression if wanted.expression.isidentifier() else "out"
    where = (folder["quoted"] or folder["plain"]) if folder else None
    return Request(wanted.expression, wanted.name or plain, options, where, taken)


def vocabulary_of(items: Sequence[Atom]) -> tuple[Atom, ...]:
    """The different elements of an input, in order."""
    return tuple({typed(item): item for item in items}.values())


def layer_lines(prompt: Prompt, text: str) -> Iterable[Line]:
    """The language's own measure, and what the compiler reaches on inputs like the running example."""
    if not text:
        raise usage("layers sort(tokens, tokens)")
    program = prompt.session.program()
    node = program.node(text, ASKED)
    yield line(Piece("  as written  ", "label"), cost_text(heads_per_layer(node)))
    if node.is_selector:
        yield line(Piece("  compiled    ", "label"), "a selector becomes a head where it is used")
        return
    given = prompt.session.examples.s_op
    items = input_of(given)
    try:
        options = CompileOptions(vocabulary_of(items), len(items))
        compiled = compile_program(program, {"out": text}, options)
    except CompileError as error:
        yield line(
            Piece("  compiled    ", "label"), f"not for {quoted(given)}: {error.diagnostics[0].message}"
        )
        return
    yield line(Piece("  compiled    ", "label"), compiled_cost(compiled))
    note = f"for the alphabet and length of {quoted(given)}"
    yield line(Piece(f"              {note}; `set example` or `compile` try another one", "dim"))


def compiled_cost(compiled: Compiled) -> str:
    summary = compiled.summary
    heads: list[int] = summary["heads_per_layer"]
    bound = (
        "" if len(heads) == summary["lower_bound_layers"] else f", at least {summary['lower_bound_layers']}"
    )
    return f"{cost_text(heads)}{bound}; d_model {summary['d_model']}, {summary['nonzero']:,} weights not zero"


def verify_lines(prompt: Prompt, text: str) -> Iterable[Line]:
    """Check the model in a folder, as `rasp verify` does."""
    folder = text.strip().strip('"')
    if not folder:
        raise usage("verify DIR")
    # Only this needs torch.
    verifier = import_module("compiler.commands.verify")
    code = verifier.verify_folder(folder, BUDGET, SEED, False)
    if code:
        raise RaspError(
            Diagnostic(f"the model in {folder} does not do what its program does", code="mismatch")
        )
    return ()


def apply_lines(prompt: Prompt, text: str) -> Iterable[Line]:
    """Run the model in a folder on a text in quotes, or on what `rasp apply` would take."""
    found = APPLIED.fullmatch(text.strip())
    if found is None:
        raise usage('apply DIR "abc"')
    # Only this needs torch.
    model = import_module("compiler.opening").load(found["quoted"] or found["plain"])
    tokens = read_input(found["input"]).tokens if found["text"] is None else tuple(found["text"])
    shower = import_module("compiler.commands.model")
    yield line(shower.show_answer(tokens, model.answers([tokens])[0]))
