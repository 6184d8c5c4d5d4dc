"""TABLE of passes by level: what `-O0` … `-O3` apply to the graph before it is lowered."""

from dataclasses import dataclass

from compiler.rewrite.count_before import count_before
from compiler.rewrite.count_of_mean import count_of_mean
from compiler.rewrite.default_apart import default_apart
from compiler.rewrite.driver import Rule
from compiler.rewrite.flags_as_sum import flags_as_sum
from compiler.rewrite.fold_positional import fold_positional
from compiler.rewrite.mean_of_constant import mean_of_constant
from compiler.rewrite.one_selector import one_selector
from compiler.rewrite.own_position import own_position
from compiler.rewrite.place_best import place_best
from compiler.rewrite.split_or import split_or
from compiler.rewrite.split_width import split_width


@dataclass(frozen=True)
class Pass:
    """A rule, and the lowest level that applies it. `keeps_kinds`: never an int for the float of the same value."""

    level: int
    rule: Rule
    keeps_kinds: bool = True


RULES = (
    Pass(0, place_best),
    Pass(0, default_apart),
    Pass(0, mean_of_constant),
    Pass(0, flags_as_sum),
    Pass(1, fold_positional, keeps_kinds=False),
    Pass(1, own_position, keeps_kinds=False),
    Pass(1, one_selector),
    Pass(1, split_width),
    Pass(1, count_of_mean),
    Pass(1, split_or, keeps_kinds=False),
    Pass(1, count_before, keeps_kinds=False),
)


def rules_for(level: int, *, kinds: bool = False) -> list[Rule]:
    """The rules that a level applies; with `kinds`, only those that keep an int an int and a float a float."""
    return [p.rule for p in RULES if level >= p.level and (p.keeps_kinds or not kinds)]
