"""TABLE of passes by level: what `-O0` … `-O3` apply to the graph before it is lowered."""

from compiler.optimise.count_before import count_before
from compiler.optimise.count_of_mean import count_of_mean
from compiler.optimise.fold_positional import fold_positional
from compiler.optimise.place_best import place_best
from compiler.optimise.rewrite import Rule
from compiler.optimise.split_or import split_or
from compiler.optimise.split_width import split_width

RULES: tuple[tuple[int, Rule], ...] = (
    (0, place_best),
    (1, fold_positional),
    (1, split_width),
    (1, count_of_mean),
    (1, split_or),
    (1, count_before),
)


def rules_for(level: int) -> list[Rule]:
    """The rules that a level applies."""
    return [rule for lowest, rule in RULES if level >= lowest]
