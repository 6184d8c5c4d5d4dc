"""`rasp inspect`: a page of HTML that shows a model at work."""

import json
from itertools import cycle, islice
from pathlib import Path

import click

from compiler.explorer.build_page import build_page
from compiler.inside_commands.circuit_command import reopen_model
from compiler.json_forms.answer_forms import PageRecord
from compiler.options import CompileOptions
from rasp.inputs import read_input
from rasp.values import Atom, show_count
from rasp.write_whole import write_text

#: Tokens of the input that is shown where none is given.
SHOWN_TOKENS = 8


def write_page(folder: str, text: str | None, output: str, as_json: bool) -> int:
    """Write the page of a checkpoint. Raises `CheckpointError`, `CompileError`, `RaspError`."""
    compiled = reopen_model(folder)
    tokens = choose_tokens(compiled.options) if text is None else read_input(text).tokens
    page = build_page(compiled, tokens, ", ".join(compiled.expressions))
    write_text(Path(output), page)
    if as_json:
        record: PageRecord = {"written": output, "bytes": len(page), "input": list(tokens)}
        click.echo(json.dumps(record))
    else:
        click.echo(f"written to {output} ({show_count(len(page), 'byte')}); open it in a browser")
    return 0


def choose_tokens(options: CompileOptions) -> tuple[Atom, ...]:
    """The input that is shown where none is given: the vocabulary, again and again."""
    return tuple(islice(cycle(options.vocabulary), min(SHOWN_TOKENS, options.max_length)))
