"""From a graph to a plan that holds in the arithmetic asked for: try the cheap choices first, then sturdier ones.

Each attempt chooses blocks, schedules them, lays them out and has every decision audited (`compiler/audit/bounds.py`).
When one is unsafe the next attempt
1. reads numbers through look-ups, and look-ups read whole numbers rounded, others by steps only: no errors pass (`care` 1);
2. scores inexact values one-hot instead of by squares, and tells outputs from their parts (`care` 2);
3. makes the ramps of steps that failed steeper;
4. where norms round: takes the look-up apart that is behind the only decision that failed, if only one did;
5. begins again with counts that an MLP rounds to whole numbers before anything reads them, which may take a layer more,
   from that care on that came closest;
6. materialises parts of the expression whose look-up loses too much, those first that look at few of its leaves: two
   small look-ups in two layers for a large one;
7. begins again with all means as quotients that can be (`compiler/reading/quotients.py`);
8. begins again with one head for each order that is counted, instead of one for each of its digits;
9. begins again with sums that are compared by their bits, which carries make (`compiler/reading/carries.py`);
10. begins again with heads that turn, where positions are counted otherwise.
Parts of expressions whose tables would be too large are materialised from the start; those of one whose look-up
is too much work once, with as much work again.
When nothing is left to try the program is refused, with the decision that fails.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from compiler.analysis.divide import TooLarge, divide_expression
from compiler.analysis.infer import Analysis
from compiler.effort import Effort, TooMuchWork, limit_work, weigh_numbers
from compiler.limits import ATTEMPTS, CARE
from compiler.lowering.lookup import Unsolved
from compiler.options import CompileOptions
from compiler.plan.layout import list_forms
from compiler.reading.building_style import Style
from compiler.reading.carries import has_compared_sums
from compiler.reading.quotients import has_quotients
from compiler.reading.reader import Reader
from compiler.refusal import Inexact, make_refusal
from compiler.search.attempts import Lowered, attempt_and_note
from compiler.search.culprits import find_culprit, find_source
from compiler.search.improve import SEARCHES, list_early_parts, shrink_lowered
from compiler.search.next_styles import add_care, begin_exactly, has_split_orders, is_vain, list_resorts
from compiler.search.trials import Journal, Reason
from compiler.targets.target import find_target
from rasp.graph.nodes import Best, Constant, Graph, Indices, Map, Node, list_reachable

ATTEMPT_WORK, NODE_WORK, LOOKUP_WORK, FORM_WORK, NUMBER_WORK = 3_000_000, 40_000, 700_000, 120_000, 30
"""An attempt, in cells (`compiler/effort.py`): for itself, each s-op and selector, each look-up, and each form that is
read, for itself and for each number of its features."""


def lower_graph(
    graph: Graph,
    outputs: Mapping[str, Node],
    options: CompileOptions,
    effort: Effort | None = None,
    journal: Journal | None = None,
) -> Lowered:
    """The first attempt that holds, made smaller as far as the level looks for that; the journal gets all of them.

    Raises `Inexact` when none holds, `CompileError` for other refusals.
    """
    search = LoweringSearch(
        graph, outputs, options, effort or Effort(limit_work(options)), journal or Journal()
    )
    lowered = search.find()
    search.analysis.effort.use_all()
    return search.shrink(lowered)


class LoweringSearch:
    """What is tried next, why, and the expression that failed last."""

    def __init__(
        self,
        graph: Graph,
        outputs: Mapping[str, Node],
        options: CompileOptions,
        effort: Effort,
        journal: Journal,
    ) -> None:
        self.outputs, self.journal = outputs, journal
        self.analysis = Analysis(graph, options, dividing=True, effort=effort)
        # A decoder whose indices are not bounded is there for the sake of carries.
        carried = options.prompts is not None and not options.prompts.bounded
        self.style, self.reason = Style(carried=carried), Reason.CARRYING if carried else Reason.FIRST
        self.has_carried = carried
        self.problem: Node | None = None
        self.closest = (
            math.inf,
            0,
        )  # the least excess without exact counts, and less the care that it was with
        self.careful: Lowered | None = None  # what failed with most care
        self.nearest: tuple[Lowered, Style] | None = None  # what failed in one decision alone

    def find(self, most: int = ATTEMPTS.most) -> Lowered:
        """The first attempt that holds, of at most so many, and of no more than there is effort for. Raises `Inexact` when
        none does, `CompileError` for other refusals."""
        failures, lowered = 0, None
        used = 0.0  # of the effort; where a model is found it may be used to make it smaller
        while failures < most and self.analysis.effort.left > 0:
            try:
                lowered = attempt_or_divide(
                    self.analysis, self.outputs, self.style, self.reason, self.journal
                )
            except TooLarge as large:
                if large.parts <= self.analysis.materialised:  # nothing would be different
                    raise
                self.go_on(self.style, self.analysis.materialised | large.parts, Reason.DIVIDED)
                continue
            except Unsolved as unsolved:
                found = self.react_to_unsolved(unsolved.node)
            except TooMuchWork:
                if not failures:
                    raise
                break  # what failed before says more: there may be advice
            else:
                if not lowered.bounds.unsafe:
                    self.analysis.effort.cells -= used
                    return lowered
                found = self.react_to_unsafe(lowered)
            failures += 1
            used += self.analysis.effort.use(self.count_work(lowered))
            if not found and not self.begin_anew():
                raise self.refuse()
        raise self.refuse(cut_short=failures < most)

    def count_work(self, last: Lowered | None) -> float:
        """What an attempt takes besides the numbers that it looks at: it builds as much as the last one that built."""
        work = ATTEMPT_WORK + NODE_WORK * len(list_reachable(self.outputs.values()))
        if last is None:
            return work
        lookups, forms = sum(len(layer.lookups) for layer in last.plan.layers), list_forms(last.plan)
        numbers = sum(weigh_numbers(len(feature)) for form in forms for feature in form.parts.values())
        return work + LOOKUP_WORK * lookups + FORM_WORK * len(forms) + NUMBER_WORK * numbers

    def go_on(self, style: Style, materialised: frozenset[Node], reason: Reason) -> bool:
        """Try this next. What is known of s-ops holds in any style."""
        if materialised != self.analysis.materialised:
            known = self.analysis
            self.analysis = Analysis(
                known.graph, known.options, materialised, dividing=True, effort=known.effort
            )
        self.style, self.reason = style, reason
        return True

    def shrink(self, lowered: Lowered) -> Lowered:
        """The attempt that holds, smaller if that is looked for."""
        self.journal.choose(len(self.journal.trials) - 1)
        search = SEARCHES[lowered.analysis.options.level]
        if not search.styles:
            return lowered
        return shrink_lowered(lowered, self.outputs, self.style, search, self.journal)

    def react_to_unsolved(self, problem: Node) -> bool:
        """Whether there is anything left to try where a look-up could not be built."""
        self.problem = problem
        exactly = begin_exactly(self.style)
        parts = separable(self.analysis, problem)
        if self.style.exact or parts or is_vain(self.analysis, problem, self.style, exactly):
            return self.resort(parts)
        return self.go_on(exactly, frozenset(), Reason.EXACT)

    def react_to_unsafe(self, lowered: Lowered) -> bool:
        """Whether there is anything left to try where decisions failed."""
        if not self.style.exact:
            excess = max(decision.excess for decision in lowered.bounds.unsafe)
            self.closest = min(self.closest, (excess, -self.style.care))
        sturdier = add_care(self.style, lowered.bounds.unsafe, -self.closest[1])
        if len(lowered.bounds.unsafe) == 1 and not self.style.exact:
            self.nearest = lowered, self.style
        if self.style.care == CARE.most:
            self.careful = lowered
            if self.take_nearest_apart():
                return True
        if self.style.carried and self.style.care == CARE.most:
            return False  # a last resort
        if sturdier != self.style and (not self.style.exact or rounds_anything(lowered)):
            return self.go_on(sturdier, self.analysis.materialised, Reason.STURDIER)
        if self.style.care < CARE.most and self.careful is not None:
            lowered = self.careful  # what rounds nothing failed with all care before
        self.style = replace(self.style, care=CARE.most)
        self.problem = find_culprit(lowered, lowered.bounds.unsafe[0])
        apart = take_apart(lowered, self.problem)
        if apart is not None:
            return self.go_on(self.style, self.analysis.materialised | apart[0], apart[1])
        return self.resort(separable(self.analysis, self.problem))

    def take_nearest_apart(self) -> bool:
        """Whether an attempt failed in one decision alone, for the error of one look-up whose parts can be looked up first:
        that is tried. Where sums can be rounded by anchors, more care is the better answer."""
        if self.nearest is None or find_target(self.analysis.options).anchors:
            return False
        (lowered, style), self.nearest = self.nearest, None
        source = find_source(lowered, lowered.bounds.unsafe[0])
        known = lowered.analysis.materialised
        parts = separable(lowered.analysis, source) - known
        return bool(parts) and self.go_on(style, known | parts, Reason.NEAREST)

    def resort(self, parts: frozenset[Node]) -> bool:
        """Whether there is anything left to try when no style is."""
        behind = list(self.outputs.values()) if self.problem is None else [self.problem]
        divisible = has_quotients(self.analysis, behind, self.style.most_averaged)
        splits = divisible or has_split_orders(self.analysis, self.outputs.values(), self.style)
        materialised = self.analysis.materialised
        for resort in list_resorts(self.style, materialised, parts, divisible=divisible, splits=splits):
            if not is_vain(self.analysis, self.problem, self.style, resort[0]):
                return self.go_on(*resort)
        return False

    def begin_anew(self) -> bool:
        """Whether to begin again: with sums compared by their bits, where any are; or with heads that turn, where they can,
        and anything depends on positions."""
        outputs, style = self.outputs.values(), self.style
        positions = any(isinstance(node.op, Indices | Best) for node in list_reachable(outputs))
        if style.turning:
            return False
        if not self.has_carried and has_compared_sums(Reader(self.analysis), outputs):
            style, reason = Style(carried=True), Reason.CARRYING
        elif positions and find_target(self.analysis.options).rotary:
            style, reason = Style(turning=True), Reason.TURNING
        else:
            return False
        self.has_carried |= style.carried
        self.problem = self.careful = self.nearest = None
        self.closest = math.inf, 0
        return self.go_on(style, frozenset(), reason)

    def refuse(self, *, cut_short: bool = False) -> Inexact:
        """What cannot be told apart."""
        node = self.problem if self.problem is not None else next(iter(self.outputs.values()))
        message = f"{self.analysis.options.dtype} cannot tell apart all the values that it compares here"
        hint = "compute it in smaller steps, or with fewer tokens"
        refusal = make_refusal(self.analysis.graph, node, message, hint)
        return Inexact(*refusal.diagnostics, cut_short=cut_short)


def rounds_anything(lowered: Lowered) -> bool:
    """Whether an MLP rounds anything before it is read."""
    return any(variable.role == "rounded" for variable in lowered.plan.blocks.features)


def take_apart(lowered: Lowered, problem: Node | None) -> tuple[frozenset[Node], Reason] | None:
    """A part to look up first, and why: one that is ready anyway costs no layer. Or those of what failed that look at few
    of its leaves."""
    early = frozenset(list_early_parts(lowered, SEARCHES[2].units)[:1])
    if early or problem is None:
        return (early, Reason.EARLY_PART) if early else None
    divided = divide_expression(lowered.analysis, problem)
    return (divided, Reason.PARTS) if divided - lowered.analysis.materialised else None


def attempt_or_divide(
    analysis: Analysis, outputs: Mapping[str, Node], style: Style, reason: Reason, journal: Journal
) -> Lowered:
    """An attempt. Raises `TooLarge` also where a look-up is too much work, the first time."""
    before = analysis.effort.cells
    try:
        return attempt_and_note(analysis, outputs, style, reason, journal)
    except TooMuchWork as much:
        parts = divide_expression(analysis, much.node) if much.work == "look-up" else frozenset[Node]()
        if not parts or analysis.effort.again:
            raise
        analysis.effort.begin_again(before)
        raise TooLarge(much, parts) from None


def separable(analysis: Analysis, node: Node | None) -> frozenset[Node]:
    """The parts of an expression that could be looked up before it. Of what attention brings there are none that would
    bring it more exactly."""
    if node is None or not isinstance(node.op, Map):
        return frozenset()
    return frozenset(
        arg for arg in node.args if not analysis.is_leaf(arg) and not isinstance(arg.op, Constant)
    )
