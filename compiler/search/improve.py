"""A plan that holds, made smaller: other styles, orders split otherwise, parts looked up earlier, steps instead of waves.

Each is a whole attempt (`compiler/search/attempts.py`), and what came of it stands in the journal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from compiler.analysis.infer import Analysis
from compiler.factorings.powers import find_base
from compiler.limits import MERGED_ROWS
from compiler.numerics.count_precision import Precision
from compiler.reading.building_style import Style
from compiler.reading.counted_positions import count_everything
from compiler.reading.digits import OrderSplit, find_orders
from compiler.search.attempts import Lowered, attempt_or_none, compact_layout, measure_cost
from compiler.search.trials import Journal, Reason
from compiler.targets.target import ROOM, find_target
from rasp.graph.nodes import Node, Width

SPLIT_FROM, SPLIT_UNTIL = 8, 40
"""Kinds of rows of an order between which both is tried: one head, and one for each digit."""
POWERS = ((2.0**-4, 6), (2.0**-4, 1), (2.0**-6, 6), (2.0**-10, 6))
"""How much less selected positions may score in all, where powers of two tell an order: the more, the fewer columns. And
how many of them one head may have, before an order is counted by digits instead."""
BETWEEN = 2.0**-5
"""Another such share, where columns have room for few: the next one then leaves none."""
FEW_KINDS = 3
"""Kinds of rows of an order that takes no more columns by rows than by powers of two."""
WORTH_HEADS = 0.9
"""Share of the parameters that a model with more heads, or fewer, is better with than without."""
CLOSE = 1.1
"""How many times the parameters of the smaller of two models the other may have, to be looked at further."""


@dataclass(frozen=True)
class Search:
    """Which improvements are looked for: other styles, and earlier look-ups for at most `parts` parts of those that have
    at least `units` hidden units."""

    styles: tuple[Style, ...] = ()
    parts: int = 0
    units: int = 0


SEARCHES = (
    Search(),
    Search(),
    Search((Style(care=1),), parts=8, units=48),
    Search((Style(care=1), Style(care=2), Style(exact=True), Style(care=1, exact=True)), parts=64, units=4),
)
"""By optimisation level."""


def shrink_lowered(
    lowered: Lowered, outputs: Mapping[str, Node], style: Style, search: Search, journal: Journal
) -> Lowered:
    """Round what look-ups read, and look up parts of large ones a layer earlier, where that makes the model smaller and no
    deeper.

    A look-up is a function of all its leaves at once. A part that is ready before the last of them can have a look-up of
    its own, and the large one then sees one value where it saw several.
    """
    number = len(journal.trials) - 1
    best = Best(compact_layout(lowered, style, journal), style, outputs, journal)
    journal.choose(number)
    for care in range(style.care if style.exact else 0):  # which exact counts may have been begun with
        if best.challenge(lowered.analysis, replace(style, care=care), Reason.SMALLER_STYLE):
            break
    if counts_positions(best.lowered):
        best.challenge(lowered.analysis, replace(best.style, turning=True), Reason.SMALLER_STYLE)
    for sturdier in search.styles if table_rows(best.lowered) <= MERGED_ROWS.most else ():
        if (sturdier.care, sturdier.exact) > (best.style.care, best.style.exact):
            sturdier = replace(best.style, care=sturdier.care, exact=sturdier.exact)
            best.challenge(best.lowered.analysis, sturdier, Reason.SMALLER_STYLE)
    for kinds in other_splits(best.lowered, best.style.split.most_kinds):
        split = replace(best.style, split=OrderSplit(kinds))
        best.challenge(best.lowered.analysis, split, Reason.SMALLER_SPLIT, WORTH_HEADS)
    # Of few numbers steps can be smaller than waves.
    waves = has_waves(best.lowered) and table_rows(best.lowered) <= MERGED_ROWS.most
    steps = best.take_steps() if waves else None
    rivals = [best] if steps is None else [best, steps]
    for rival in rivals:
        rival.look_up_early(search)
    for rival in choose_rivals(rivals):
        with lowered.analysis.effort.optional():
            rival.score_otherwise()
    if steps is not None:
        best.yield_to(steps)
    return best.lowered


def choose_rivals(rivals: Sequence["Best"]) -> list["Best"]:
    """Those that are smallest, or may yet become so."""
    layers, parameters = min(measure_cost(rival.lowered) for rival in rivals)
    most = layers, parameters * CLOSE
    return [rival for rival in rivals if measure_cost(rival.lowered) <= most]


@dataclass(eq=False)
class Best:
    """The smallest model so far, and the style of its blocks."""

    lowered: Lowered
    style: Style
    outputs: Mapping[str, Node]
    journal: Journal

    def challenge(self, analysis: Analysis, style: Style, reason: Reason, share: float = 1.0) -> bool:
        """Try another way, and keep it if it holds and has fewer layers, or less than this share of the parameters.
        Whether it holds."""
        number = len(self.journal.trials)
        other = attempt_or_none(analysis, self.outputs, style, reason, self.journal)
        layers, parameters = measure_cost(self.lowered)
        if other is not None and measure_cost(other) < (layers, share * parameters):
            self.lowered, self.style = other, style
            self.journal.choose(number)
        return other is not None

    def score_otherwise(self) -> None:
        """Try other ways to score: BOS without squares; orders by powers of two, with more care where they need it."""
        analysis, style = self.lowered.analysis, self.style
        target = find_target(analysis.options)
        counted = target.is_family and counts_more_than_once(self.lowered)
        tried = [{"tallied": True}] * counted + [{"squared": True}] * target.gated
        tried += [{"tallied": True, "joined": True}] * counted
        tried += [{"marked": False}] * (target.is_family and analysis.causal)
        for changed in tried:
            self.challenge(analysis, replace(self.style, **changed), Reason.SMALLER_STYLE)
        style = self.style
        if target.wide and style.squares and has_closed_heads(self.lowered):
            self.challenge(analysis, replace(style, squares=False), Reason.SMALLER_STYLE)
        if not has_wide_orders(self.lowered):
            return
        style, care = self.style, self.style.care
        precision = Precision(analysis.max_length)
        for powers, columns, room in list_powers(target.rooms):
            base = find_base(powers / analysis.max_length / precision.least_sharpness, room)
            # Where a column has room for few, whole orders of some more are smaller than heads for each digit.
            kinds = columns * base if room == ROOM else max(columns * base, SPLIT_UNTIL)
            split, averaged = OrderSplit(kinds, base), max(columns * base, style.most_averaged)
            other = replace(style, powers=powers, room=room, split=split, most_averaged=averaged)
            for careful in range(care, max(2, care + 1)):
                if self.challenge(analysis, replace(other, care=careful), Reason.SMALLER_ORDERS):
                    break

    def look_up_early(self, search: Search) -> None:
        """Try parts of large look-ups a layer earlier, one after the other."""
        tried: set[Node] = set()
        for _ in range(search.parts):
            part = next((p for p in list_early_parts(self.lowered, search.units) if p not in tried), None)
            if part is None:
                break
            tried.add(part)
            known = self.lowered.analysis
            materialised = known.materialised | {part}
            analysis = Analysis(known.graph, known.options, materialised, dividing=True, effort=known.effort)
            self.challenge(analysis, self.style, Reason.SMALLER_PART)

    def take_steps(self) -> "Best | None":
        """The same without waves, with a journal of its own."""
        style, apart = replace(self.style, waves=False), Journal()
        other = attempt_or_none(self.lowered.analysis, self.outputs, style, Reason.SMALLER_STYLE, apart)
        if other is None:
            self.journal.trials.extend(apart.trials)
            return None
        apart.choose(0)
        return Best(other, style, self.outputs, apart)

    def yield_to(self, rival: "Best") -> None:
        """Become another, if that is smaller; what it tried is noted in any case."""
        wins = measure_cost(rival.lowered) < measure_cost(self.lowered)
        tried = rival.journal.trials
        self.journal.trials.extend(replace(trial, chosen=trial.chosen and wins) for trial in tried)
        if wins:
            self.lowered, self.style = rival.lowered, rival.style


def list_powers(rooms: Sequence[int]) -> list[tuple[float, int, int]]:
    """How much less selected positions may score, how many columns a head may have, and the room of each: what is smallest
    first."""
    if ROOM in rooms:
        return [(powers, columns, ROOM) for powers, columns in POWERS]
    (most, columns), *_, (least, _) = POWERS
    return [(powers, columns, room) for powers in (most, BETWEEN, least) for room in rooms]


def other_splits(lowered: Lowered, most_kinds: float) -> list[float]:
    """Other numbers of kinds from which on to count an order by digits, which make a difference and may pay."""
    heads = [head for layer in lowered.plan.layers for head in layer.heads]
    counted = {v.node.args[0] for head in heads for v, _ in head.targets if isinstance(v.node.op, Width)}
    kinds = [order.kinds for selector in counted for order in find_orders(lowered.analysis, selector)]
    fewer: list[float] = [SPLIT_FROM] if any(SPLIT_FROM < k <= most_kinds for k in kinds) else []
    return fewer + ([SPLIT_UNTIL] if any(most_kinds < k <= SPLIT_UNTIL for k in kinds) else [])


def has_closed_heads(lowered: Lowered) -> bool:
    """Whether BOS has to select itself in any head of a model under full attention."""
    heads = [head for layer in lowered.plan.layers for head in layer.heads]
    return any(head.scores.is_closed for head in heads)


def has_wide_orders(lowered: Lowered) -> bool:
    """Whether anything is counted, or averaged, over an order that takes more than a column or two."""
    heads = [head for layer in lowered.plan.layers for head in layer.heads]
    targets = {v for head in heads for v, _ in head.targets if v.role != "tally"}
    added = {v.node for v in targets} - lowered.plan.blocks.moved
    orders = [o for node in added for o in find_orders(lowered.analysis, node.args[0])]
    return any(order.kinds > FEW_KINDS for order in orders)


def has_waves(lowered: Lowered) -> bool:
    """Whether any of its look-ups is waves."""
    return any(lookup.one is not None for layer in lowered.plan.layers for lookup in layer.lookups)


def table_rows(lowered: Lowered) -> int:
    """Rows of the tables that choosing the look-ups went through."""
    variables = [lookup.variable for layer in lowered.plan.layers for lookup in layer.lookups]
    return sum(len(lowered.analysis.table(variable.node).codes) for variable in variables)


def list_early_parts(lowered: Lowered, units: int) -> list[Node]:
    """Parts of expressions whose look-ups have at least so many units, of several leaves, that are ready earlier; the
    largest first."""
    analysis, plan = lowered.analysis, lowered.plan
    ready: dict[Node, int] = {}
    for number, layer in enumerate(plan.layers):
        ready |= {variable.node: 2 * number + 1 for head in layer.heads for variable, _ in head.targets}
        ready |= {
            lookup.variable.node: 2 * number + 2
            for lookup in layer.lookups
            if lookup.variable.node not in ready
        }
    lookups = [lookup for layer in plan.layers for lookup in layer.lookups if lookup.stairs.units >= units]
    found: list[Node] = []
    for lookup in sorted(lookups, key=lambda t: -t.stairs.units):
        node = lookup.variable.node
        latest = max((ready.get(leaf, 0) for leaf in analysis.table(node).leaves), default=0)
        for part in reversed(analysis.region(node)):
            leaves = analysis.leaves(part)
            early = max((ready.get(leaf, 0) for leaf in leaves), default=0) + 1 < latest
            if part is not node and not analysis.is_leaf(part) and len(leaves) > 1 and early:
                found.append(part)
    return found


def counts_more_than_once(lowered: Lowered) -> bool:
    """Whether several heads count."""
    heads = [head for layer in lowered.plan.layers for head in layer.heads]
    return sum(isinstance(head.targets[0][0].node.op, Width) for head in heads) > 1


def counts_positions(lowered: Lowered) -> bool:
    """Whether positions are counted, where heads could turn by them instead."""
    count = count_everything(lowered.analysis.graph)
    rotary = find_target(lowered.analysis.options).rotary
    return rotary and any(variable.node is count for variable in lowered.plan.blocks.features)
