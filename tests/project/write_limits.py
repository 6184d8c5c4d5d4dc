"""The tables of limits, from the two `limits.py`: `python -m tests.project.write_limits` writes them into docs/."""

import re

import compiler.limits
import rasp.limits
from rasp.limits import Limit
from tests.places import DOCS

PAGE = DOCS / "reliability.md"
TABLES = {"rasp/limits.py": rasp.limits, "compiler/limits.py": compiler.limits}
HEAD = "| limit | most | reason | what to do about more |\n| --- | ---: | --- | --- |\n"


def table_text(name: str) -> str:
    """The limits of one package, in the order of its file."""
    found = {key: value for key, value in vars(TABLES[name]).items() if isinstance(value, Limit)}
    rows = [f"| `{key}` | {limit} | {limit.reason} | {limit.hint} |\n" for key, limit in found.items()]
    return HEAD + "".join(rows)


def page_text(page: str) -> str:
    """The page with its tables as they have to be: each stands below a paragraph that begins with its file's name."""
    for name in TABLES:
        before, between, after = re.split(rf"(`{name}` has [^\n]*\n\n)", page)
        page = before + between + table_text(name) + "\n" + re.sub(r"^(?:\|.*\n)*\n*", "", after)
    return page


if __name__ == "__main__":
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
