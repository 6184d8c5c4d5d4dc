"""Program text → the same program, laid out in the one way that `rasp fmt` knows.

In: a `Source`. Out: text with four blanks for each `{`, one blank around operators, lines of at most 100
columns where they can be broken, at most one blank line between statements, and all comments. The tree is the
same but for parentheses that mean nothing; formatting twice is formatting once. What cannot be parsed is not
formatted: `RaspError` tells why.
"""

from difflib import unified_diff

from rasp.format.statement_layout import layout_module
from rasp.recursion import allow_deep_recursion
from rasp.source import Source
from rasp.syntax.parser import parse
from rasp.syntax.syntax_tree import Module


def format_source(source: Source) -> str:
    """The text, formatted. Raises `RaspError` with all mistakes of the text."""
    text = print_module(parse(source))
    # A text with the line ends of Windows keeps them.
    return text.replace("\n", "\r\n") if "\r\n" in source.text else text


def print_module(module: Module) -> str:
    """The text of a tree without `Broken` statements, whether it was parsed or built."""
    with allow_deep_recursion():
        return layout_module(module)


def show_difference(source: Source, formatted: str) -> str:
    """What formatting changes, as a unified diff; empty when it changes nothing."""
    before, after = source.text.splitlines(keepends=True), formatted.splitlines(keepends=True)
    lines = unified_diff(before, after, source.name, f"{source.name} (formatted)")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
