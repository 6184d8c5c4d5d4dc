"""Graph to blocks: which heads and look-ups, reading which linear forms.

Works from the outputs down. A *demand* is a feature of a variable that some form reads; a variable is worked out when
everything that can read it has been, so that its demands are complete: then its columns are chosen, and the head or
look-up that writes them is built, which demands features of variables further down.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never

import numpy as np

from compiler.analysis.infer import Analysis
from compiler.blocks.basis import Basis, choose_basis
from compiler.blocks.block import Blocks, Choice, Features, Head, LookupBlock, Scores
from compiler.blocks.form import Form, Variable, Vector, add_forms
from compiler.blocks.staircase import build_rounding
from compiler.factorings.turning import list_turns
from compiler.lowering.lookup import Lookups, Unsolved, add_anchor, move_constant, pose_lookup
from compiler.lowering.ranks import Ranks
from compiler.lowering.readouts import ReadoutChooser
from compiler.lowering.scores import Scorer, SelectorUse
from compiler.numerics.count_precision import GAIN
from compiler.reading.building_style import Style
from compiler.reading.counted_positions import build_position_lookup, build_square
from compiler.reading.digits import list_counted
from compiler.reading.quotients import Quotient
from compiler.reading.reader import Reader
from compiler.reading.sum_terms import join_counts, read_by_terms
from compiler.selector_facts.orders import is_function_of
from compiler.selector_facts.selectors import make_own_selector, selects_always
from compiler.targets.target import find_target
from rasp.graph.nodes import Aggregate, Best, Constant, Indices, Map, Node, Tokens, Width
from rasp.values import Atom

FEW = 2
"""Columns that one feature of a computed variable may be read from."""
SPLIT_WORK = 1 / 2
"""Telling a number of a feature from the others before it, for each of them, in cells (`compiler/effort.py`)."""


class Chooser:
    """One run of the choice; `choose_blocks` is its only user."""

    def __init__(self, analysis: Analysis, style: Style) -> None:
        self.analysis = analysis
        self.care, self.steep, self.style = style.care, style.steep, style
        self.reader = Reader(analysis, style)
        self.ranks = Ranks(analysis, self.reader)
        self.lookups = Lookups(self.reader, style.care, waves=style.waves)
        self.scorer = Scorer(analysis, self.reader, self.demand_feature, self.demand, style)
        self.demands: dict[Variable, dict[bytes, Vector]] = {}
        self.first: dict[Variable, list[Vector]] = {}
        self.done: set[Variable] = set()
        self.features: dict[Variable, Features] = {}
        self.heads: list[Head] = []
        self.lookup_blocks: list[LookupBlock] = []
        self.needed: set[Variable] = set()
        self.choices: list[Choice] = []
        self.shared: set[Node] = set()
        self._scores: dict[tuple[Node, SelectorUse], Scores] = {}
        self._own_scores: dict[Node, Scores] = {}
        self.wide = find_target(analysis.options).wide
        self.read_at_bos: set[Variable] = set()
        self._bases: dict[Node, int] = {}

    def demand_feature(self, node: Node, vector: Vector, bos: float | None = None) -> Form:
        """A form for the feature `vector` of an s-op, by way of a look-up where no linear form gives it."""
        form = self.reader.read(node, vector)
        if form is None:
            form = read_by_terms(self.reader, node, vector)
        if form is None or (self.care and form.noise):
            form = Form({Variable(node, "look-up"): vector}, noise=self.reader.lookup_noise(node, vector))
        return self.demand(form.at_bos(bos))

    def demand(self, form: Form) -> Form:
        """Note what a form reads. Look-up features are shifted to be 0 at the look-up's base."""
        parts: dict[Variable, Vector] = {}
        form = self.reader.open_sums(form)
        form = join_counts(self.analysis, form) if self.style.joined else form
        constant = form.constant
        for variable, vector in form.parts.items():
            if (vector == vector[0]).all():
                constant += float(vector[0])
                continue
            if variable.role == "look-up" or self.reader.is_counted(variable):
                shift = float(vector[self.base(variable.node) if variable.role == "look-up" else 0])
                constant += shift
                vector = vector - shift
            assert variable not in self.done, f"{variable} was worked out before all its readers"
            parts[variable] = vector
            self.demands.setdefault(variable, {})[vector.tobytes()] = vector
        return Form(parts, constant, form.bos, form.noise)

    def base(self, node: Node) -> int:
        """The value code at which all of a look-up's units are off: the median over its rows."""
        if node not in self._bases:
            values = self.analysis.table(node).values
            ok = values[values >= 0]
            self._bases[node] = int(np.searchsorted(np.cumsum(np.bincount(ok)), len(ok) // 2, "right"))
        return self._bases[node]

    def run(self, outputs: Mapping[str, Node]) -> Blocks:
        readouts = tuple(ReadoutChooser(self).readout(name, node) for name, node in outputs.items())
        while pending := [v for v in self.demands if v not in self.done]:
            variable = max(pending, key=self.ranks.rank)
            self.work_out(variable)
            self.done.add(variable)
        moved = {
            v.node for v in self.done if isinstance(v.node.op, Aggregate) and self.reader.is_free(v.node)
        }
        return Blocks(
            tuple(self.heads),
            tuple(self.lookup_blocks),
            self.features,
            readouts,
            frozenset(moved),
            frozenset(node for node in moved - self.shared if self.analysis.picks(node)),
            frozenset(self.needed),
            (*self.scorer.factorer.choices, *self.choices),
            self.style.carried,
        )

    def work_out(self, variable: Variable) -> None:
        """Choose a variable's columns and build what writes them."""
        match variable.role:
            case "rounded":
                self.make_rounding(variable)
            case "square":
                self.make_square(variable)
            case "tally":
                self.make_count(variable)
            case "look-up":
                self.make_lookup(variable)
            case "cosine" | "sine":
                vector = list_turns(self.analysis.max_length)[variable.role]
                self.features[variable] = Features(Basis([vector]), (0.0,))
            case "leaf":
                self.make_leaf(variable)
            case _:
                assert_never(variable.role)

    def make_leaf(self, variable: Variable) -> None:
        match variable.node.sequence_op:
            case Indices() if self.reader.is_counted(variable):
                self.make_position(variable)
            case Tokens() | Indices():
                pass  # the embedding; its columns depend on BOS too and are chosen by the layout
            case Width():
                self.make_count(variable)
            case Aggregate(default):
                self.make_aggregate(variable, default.value)
            case Map() | Constant():
                raise AssertionError("neither sums nor constants are demanded")
            case _:
                assert_never(variable.node.sequence_op)

    def make_lookup(self, variable: Variable) -> None:
        node, vectors = variable.node, list(self.demands[variable].values())
        split = min(len(vectors), len(vectors[0])) * len(vectors[0])
        self.analysis.effort.spend(self.analysis.graph, node, SPLIT_WORK * len(vectors) * split, "basis")
        basis = choose_basis(vectors, FEW)
        features = np.array(basis.vectors)
        problem = pose_lookup(
            node, self.analysis.table(node), features, self.base(node), steep=node in self.steep
        )
        lookup = self.lookups.find(problem)
        if lookup is None:
            raise Unsolved(node)
        self.choices.append(Choice("look-up", (node,), tuple(("", units) for units in lookup.tried)))
        if self.reader.needs_lookup(node, basis.vectors):
            self.needed.add(variable)
        self.features[variable] = Features(basis, (0.0,) * len(basis))
        form = self.demand(lookup.form)
        for read, vector in form.parts.items() if self.style.carried else ():
            self.first.setdefault(read, []).append(vector)
        if lookup.stairs.shifts is not None:
            one = self.demand(Form({}, 1.0, 1.0))
            return self.add_lookup(LookupBlock(variable, *move_constant(form, lookup.stairs), one=one))
        if lookup.grain:
            anchor = self.reader.arithmetic.anchor * lookup.grain
            if anchor - (anchor - form.constant) != form.constant:  # it would be lost beside it
                raise Unsolved(node)
            form = add_anchor(self.analysis, form, anchor)
        self.add_lookup(LookupBlock(variable, form, lookup.stairs, lookup.grain))

    def make_rounding(self, variable: Variable) -> None:
        node, raw = variable.node, self.reader.raw
        numbers = self.reader.carried(node)
        inner = raw.form(node)
        assert inner is not None, "what is rounded is carried, or a sum of what is"
        form = self.demand(inner)
        self.features[variable] = Features(Basis([numbers]), (0.0,))
        self.add_lookup(
            LookupBlock(variable, form.at_bos(0.0), build_rounding(numbers, self.reader.arithmetic))
        )

    def make_square(self, variable: Variable) -> None:
        numbers, form = self.reader.carried(variable.node), self.demand(self.reader.count_positions())
        self.features[variable] = Features(Basis([numbers**2]), (0.0,))
        self.add_lookup(LookupBlock(variable, form.at_bos(0.0), build_square(numbers), squares=True))

    def make_count(self, variable: Variable) -> None:
        node = variable.node
        assert not isinstance(node.args[0].op, Best), "the width of a best has been replaced before lowering"
        closed = self.has_to_close(variable)
        known, gain = self.known_at_bos([0.0], closed=closed), 1 / self.reader.precision.count_unit
        self.features[variable] = Features(Basis([self.reader.carried(node)]), known)
        for way, told in list_counted(self.analysis, variable, self.reader.split, tallied=self.style.tallied):
            one = self.demand_feature(*told, 0.0) if told else self.demand(Form({}, 1.0, 0.0))
            scores = self.scores(way, SelectorUse("count", strict=True, closed=closed))
            self.add_head(Head(way, scores, (one,), (gain,), ((variable, 0),)))

    def make_position(self, variable: Variable) -> None:
        basis = choose_basis(self.demands[variable].values(), FEW)
        self.features[variable] = Features(basis, (0.0,) * len(basis))
        form = self.demand(add_forms(self.reader.count_positions(), Form({}, -1.0)))
        stairs = build_position_lookup(form, basis, self.care)
        if stairs is None:
            raise Unsolved(variable.node)
        self.add_lookup(LookupBlock(variable, form, stairs))

    def make_quotient(self, variable: Variable, quotient: Quotient) -> None:
        self.features[variable] = Features(Basis([self.reader.carried(variable.node)]), (0.0,))
        total = self.reader.total(quotient)
        value = self.demand(Form({total: self.reader.carried(quotient.total)}, bos=0.0))
        key = variable.node.args[0]
        if key not in self._own_scores:
            self._own_scores[key] = self.scorer.score_own_position(quotient.logits)
        scores, own = self._own_scores[key], make_own_selector(self.analysis.graph)
        self.add_head(Head(own, scores, (value,), (GAIN,), ((variable, 0),)))

    def make_aggregate(self, variable: Variable, replacement: Atom) -> None:
        node, quotient = variable.node, self.reader.quotient(variable.node)
        if quotient is not None:
            return self.make_quotient(variable, quotient)
        selector, value = node.args
        domain, source = self.analysis.domain(node), self.analysis.domain(value)
        sure = selects_always(self.analysis, selector) or not domain.has(replacement)
        if self.reader.is_free(node):
            basis = choose_basis(self.demands[variable].values(), FEW, self.first.get(variable, ()))
            # A value that never arrives (an aggregate of positions may be known exactly) can be sent as anything.
            moved = [
                np.array([v[domain.code(x)] if domain.has(x) else 0.0 for x in source.values])
                for v in basis.vectors
            ]
        else:
            numbers = domain.numbers()
            basis, moved = Basis([numbers]), [source.numbers().copy()]
            for code, picked in enumerate(source.values):
                if isinstance(picked, str) and domain.has(picked):  # its number depends on the domain
                    moved[0][code] = numbers[domain.code(picked)]
        at_bos = [0.0 if sure else float(v[domain.code(replacement)]) for v in basis.vectors]
        closed = self.has_to_close(variable)
        self.features[variable] = Features(basis, self.known_at_bos(at_bos, closed=closed))
        values = tuple(self.demand_feature(value, m, b) for m, b in zip(moved, at_bos, strict=True))
        strict = not self.reader.is_free(node)  # a mean; single values only need to win
        alike = isinstance(selector.op, Best) and is_function_of(value, selector.args[1])
        use = SelectorUse("excluded" if sure else "default", strict=strict, alike=alike, closed=closed)
        scores = self.scores(selector, use)
        if alike and scores.sharing > 1:
            self.shared.add(node)
        targets = tuple((variable, k) for k in range(len(basis)))
        self.add_head(Head(selector, scores, values, (1.0,) * len(basis), targets))

    def add_head(self, head: Head) -> None:
        """Keep a head, and note what has to be known at BOS for it."""
        self.heads.append(head)
        self.note_at_bos(head.forms)

    def add_lookup(self, lookup: LookupBlock) -> None:
        """The same with a look-up."""
        self.lookup_blocks.append(lookup)
        self.note_at_bos(lookup.forms)

    def note_at_bos(self, forms: Iterable[Form]) -> None:
        self.read_at_bos.update(v for form in forms if form.bos is not None for v in form.parts)

    def has_to_close(self, variable: Variable) -> bool:
        """Whether BOS has to select itself. Under causal attention it sees nothing else anyway."""
        return not self.analysis.causal and (not self.wide or variable in self.read_at_bos)

    def known_at_bos(self, numbers: list[float], *, closed: bool) -> tuple[float, ...]:
        """What a head brings to BOS where that selects itself; NaN, for anything, where it is left open."""
        return tuple(numbers if closed or self.analysis.causal else [np.nan] * len(numbers))

    def scores(self, selector: Node, use: SelectorUse) -> Scores:
        """Query and key forms of a selector, shared by all heads that use it alike."""
        key = (selector, use)
        if key not in self._scores:
            self._scores[key] = self.scorer.score(selector, use)
        return self._scores[key]


def choose_blocks(analysis: Analysis, outputs: Mapping[str, Node], style: Style) -> Blocks:
    """Blocks for the outputs; `style` says which constructions that pass errors on to avoid.

    Raises `Unsolved`, or `CompileError` for what can't be compiled.
    """
    return Chooser(analysis, style).run(outputs)
