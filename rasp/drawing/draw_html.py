"""Pictures and programs as HTML: whole pages, and pieces for notebooks."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter

from rasp.notation.pygments_lexer import RaspLexer


def draw_html(title: str, drawing: str) -> str:
    """A page with an SVG drawing on it."""
    style = "body{margin:0}svg{max-width:100%;height:auto}@media (prefers-color-scheme:dark){body{background:#14171f}}"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{style}</style>'
    return f"<!doctype html>\n<html>\n<head>{head}</head>\n<body>\n{drawing}</body>\n</html>\n"


def draw_program_html(text: str) -> str:
    """A program's text in colours, which do not depend on a style sheet."""
    formatter: HtmlFormatter[str] = HtmlFormatter(noclasses=True, nobackground=True)
    return highlight(text, RaspLexer(), formatter)
