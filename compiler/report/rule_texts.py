"""What each rule does, from the documentation of its module: a sentence, and expressions before and after."""

import sys
from dataclasses import dataclass
from textwrap import dedent

from compiler.rewrite import RULES
from compiler.rewrite.make_total import make_total

MAKE_TOTAL = make_total.__name__
"""Not a rule, since it looks at whole outputs, but a step of rewriting that can be run by itself."""


@dataclass(frozen=True)
class RuleText:
    """One rule in words; `level` is the lowest that applies it. `example` is several lines."""

    name: str
    level: int
    summary: str
    example: str


def list_rule_texts() -> list[RuleText]:
    """All of them, in the order in which they are applied."""
    early = [rule_text(p.name, p.level, p.rule.__module__) for p in RULES if p.early]
    others = [rule_text(p.name, p.level, p.rule.__module__) for p in RULES if not p.early]
    return [*early, rule_text(MAKE_TOTAL, 0, make_total.__module__), *others]


def rule_text(name: str, level: int, module: str) -> RuleText:
    """The first sentence of a module's documentation, and what stands indented behind it."""
    paragraphs = (sys.modules[module].__doc__ or "").strip().split("\n\n")
    example = next((dedent(part).rstrip() for part in paragraphs if part.startswith("    ")), "")
    return RuleText(name, level, " ".join(paragraphs[0].split()), example)
