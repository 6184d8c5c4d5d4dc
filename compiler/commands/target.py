"""What is to be compiled: a program's text, expressions and options, from the command line and `# compile:` lines."""

import re
from collections.abc import Sequence

from compiler.command_options.target_options import Target
from compiler.options import CompileError, CompileOptions
from compiler.rewrite import passes_without
from rasp.command_line.console import WrongUsage, read_source
from rasp.diagnostics import RaspError
from rasp.inputs import read_input
from rasp.source import Source
from rasp.syntax.directives import CompileLine, read_directives

#: `name = expression`, but not `a == b`.
NAMED = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9]*)\s*=(?!=)(.*)", re.DOTALL)
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def read_target(target: Target) -> Source:
    """The program's text."""
    return Source("<no program>", "") if target.file is None else read_source(target.file)


def read_settings(target: Target, source: Source) -> tuple[dict[str, str], CompileOptions]:
    """Outputs by name, as expressions, and the options: from the flags, else from the program's `# compile:` lines.

    Raises `WrongUsage` where they say too little, `RaspError` for a line that is malformed.
    """
    directives = read_directives(source)
    if directives.diagnostics and not target.expressions:
        raise RaspError(*directives.diagnostics)
    line = chosen_line(target.expressions, directives.compiles)
    return named_outputs(target.expressions, line), choose_options(target, line)


def chosen_line(expressions: Sequence[str], lines: Sequence[CompileLine]) -> CompileLine | None:
    """The `# compile:` line to take defaults from: the one of the same expression, else the first.

    Raises `WrongUsage` when it is not clear what to compile.
    """
    if expressions:
        given = {text.strip() for text in expressions}
        same = [line for line in lines if line.expression in given or line.name in given]
        return next(iter([*same, *lines]), None)
    if not lines:
        hint = 'say it with -e EXPR, or with a line `# compile: EXPR vocab="ab" max_length=8` in the program'
        raise WrongUsage("which expression should be compiled?", hint)
    if len(lines) > 1:
        known = ", ".join(line.name or line.expression for line in lines)
        raise WrongUsage("the program has several `# compile:` lines", f"choose one with -e: {known}")
    return lines[0]


def named_outputs(expressions: Sequence[str], line: CompileLine | None) -> dict[str, str]:
    """Output name → expression. Raises `WrongUsage` when two outputs have one name."""
    outputs: dict[str, str] = {}
    for text in expressions or ([line.expression] if line else []):
        name, expression = named_output(text, line)
        if name in outputs:
            raise WrongUsage(
                f"two outputs are called {name}", "name them, as in -e first=EXPR -e second=EXPR"
            )
        outputs[name] = expression
    return outputs


def named_output(text: str, line: CompileLine | None) -> tuple[str, str]:
    """Name and expression of one output: `NAME=EXPR`, the name of a `# compile:` line, or EXPR itself."""
    name = ""
    if line is not None and text.strip() in (line.name, line.expression):
        text, name = line.expression, line.name
    elif match := NAMED.fullmatch(text):
        name, text = match[1], match[2]
    plain = text.strip() if IDENTIFIER.fullmatch(text.strip()) else "out"
    return name or plain, text


def choose_options(request: Target, line: CompileLine | None) -> CompileOptions:
    """Options from the flags, and from the `# compile:` line where there is none. Raises `WrongUsage`."""
    given = read_input(request.vocab) if request.vocab is not None else None
    vocabulary = None if given is None else given.tokens
    if vocabulary is None and line is not None:
        vocabulary = line.vocabulary
    max_length = request.max_length
    if max_length is None and line is not None:
        max_length = line.max_length
    if vocabulary is None:
        raise WrongUsage("the vocabulary is missing", 'give the tokens, for instance --vocab "abc"')
    if max_length is None:
        raise WrongUsage(
            "the maximum length is missing", "give the longest input, for instance --max-length 8"
        )
    attention = request.attention or (line.attention if line else "full")
    without = tuple(name.strip() for names in request.without for name in names.split(","))
    try:
        passes_without(without)
        no_value = request.no_value or (line is not None and line.no_value)
        return CompileOptions(
            vocabulary,
            max_length,
            attention,
            request.dialect,
            request.level,
            without,
            no_value,
            request.margin,
            request.rotation,
            request.dtype,
        )
    except CompileError as error:
        first = error.diagnostics[0]
        how_read = f"; {given.note}" if given is not None and given.note else ""
        raise WrongUsage(first.message, first.hint + how_read) from None
