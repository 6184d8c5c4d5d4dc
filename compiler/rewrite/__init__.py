"""TABLE of passes by level: what `-O0` … `-O3` apply to the graph before it is lowered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from compiler.options import CompileError
from compiler.rewrite.driver import Rule
from compiler.rewrite.order_rules.count_before import count_before
from compiler.rewrite.order_rules.find_last_before import find_last_before
from compiler.rewrite.order_rules.find_middle_two import find_middle_two
from compiler.rewrite.order_rules.find_running_best import find_running_best
from compiler.rewrite.rules.ask_for_any_flag import ask_for_any_flag
from compiler.rewrite.rules.compare_in_head import compare_in_head
from compiler.rewrite.rules.compare_means import compare_means
from compiler.rewrite.rules.count_of_mean import count_of_mean
from compiler.rewrite.rules.drop_constant_mean import drop_constant_mean
from compiler.rewrite.rules.drop_own_position import drop_own_position
from compiler.rewrite.rules.fold_positional import fold_positional
from compiler.rewrite.rules.merge_selectors import merge_selectors
from compiler.rewrite.rules.place_best import place_best
from compiler.rewrite.rules.split_choice import split_choice
from compiler.rewrite.rules.split_default import split_default
from compiler.rewrite.rules.split_or import split_or
from compiler.rewrite.rules.split_width import split_width
from compiler.rewrite.rules.sum_flags import sum_flags
from compiler.rewrite.rules.tell_kinds import tell_kinds
from compiler.rewrite.tried_rules.ask_whether_there import ask_whether_there
from compiler.rewrite.tried_rules.take_choices_apart import take_choices_apart
from rasp.diagnostics import Diagnostic, suggest_word

UNKNOWN_RULE = "unknown-rule"


@dataclass(frozen=True)
class Pass:
    """A rule, and the lowest level that applies it. `keeps_kinds`: never an int for the float of the same value;
    `for_kinds`: of use only where kinds are shown (`compiler/analysis/kinds.py`).

    An `early` one comes before choices are made total, too (`compiler/rewrite/make_total.py`). What makes some models
    smaller and others larger is `tried`: the model is built without it and with it (`compiler/search/rewritings.py`).
    """

    level: int
    rule: Rule
    keeps_kinds: bool = True
    early: bool = False
    for_kinds: bool = False
    tried: bool = False

    @property
    def name(self) -> str:
        return self.rule.__name__


RULES = (
    Pass(0, place_best, early=True),
    Pass(0, tell_kinds, for_kinds=True),
    Pass(0, split_default),
    Pass(0, drop_constant_mean),
    Pass(0, sum_flags),
    Pass(1, find_running_best, keeps_kinds=False),
    Pass(1, find_last_before),
    Pass(1, find_middle_two, keeps_kinds=False),
    Pass(1, fold_positional, keeps_kinds=False),
    Pass(1, drop_own_position, keeps_kinds=False),
    Pass(1, merge_selectors),
    Pass(1, split_width),
    Pass(1, ask_for_any_flag),
    Pass(1, count_of_mean),
    Pass(1, compare_means),
    Pass(1, split_or, keeps_kinds=False),
    Pass(1, count_before, keeps_kinds=False),
    Pass(0, split_choice),
    Pass(0, compare_in_head),
    Pass(2, ask_whether_there, tried=True),
    Pass(2, take_choices_apart, tried=True),
)


def list_rules(
    level: int, *, kinds: bool = False, passes: Sequence[Pass] = RULES, tried: Collection[str] = ()
) -> list[Rule]:
    """The rules that a level applies, of those that are tried only the named; with `kinds`, only those that keep an int an
    int and a float a float."""
    applied = [p for p in passes if level >= p.level and (not p.tried or p.name in tried)]
    return [p.rule for p in applied if (p.keeps_kinds if kinds else not p.for_kinds)]


def passes_without(names: Collection[str], passes: Sequence[Pass] = RULES) -> list[Pass]:
    """The passes but those that are switched off. Raises `CompileError` for a name that is no rule's, and for a rule that
    models need.
    """
    levels = {p.name: p.level for p in passes}
    for name in names:
        if name not in levels:
            hint = suggest_word(name, levels) or f"there are {', '.join(levels)}"
            raise CompileError(Diagnostic(f"there is no rule called {name}", hint=hint, code=UNKNOWN_RULE))
        if levels[name] == 0:
            hint = f"these can be: {', '.join(rule for rule, level in levels.items() if level)}"
            message = f"the rule {name} cannot be switched off: without it there may be no model"
            raise CompileError(Diagnostic(message, hint=hint, code=UNKNOWN_RULE))
    return [p for p in passes if p.name not in names]
