"""The driver: rebuild the live part of a graph, bottom up, applying rules to each new node while one fires.

A rule looks at one node and returns a node that means the same, or None. Every rule's docstring names a measure that
falls, so that the fixed point ends; the bound catches a pair of rules that undo each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compiler.analysis.infer import Analysis
from compiler.limits import REWRITES, SWEEPS
from rasp.graph.nodes import Node, list_reachable

Rule = Callable[[Analysis, Node], Node | None]
Site = tuple[str, Node]
"""A rule's name and a node that it fires on."""


@dataclass(frozen=True)
class Step:
    """Something that rewriting did: a rule put `after` in place of `before`, which means the same."""

    rule: str
    before: Node
    after: Node


class Course:
    """The steps of rewriting, in their order. It ends when there are `most`, and takes none at sites that are `barred`:
    so what a step is to blame for can be found out.
    """

    def __init__(
        self, most: int | None = None, barred: frozenset[Site] = frozenset(), steps: Sequence[Step] = ()
    ) -> None:
        self.most = most
        self.barred = barred
        self.steps = list(steps)

    @property
    def has_ended(self) -> bool:
        return self.most is not None and len(self.steps) >= self.most

    def take(self, step: Step) -> bool:
        """Whether a step may be taken; if so it is noted."""
        if self.has_ended or (step.rule, step.before) in self.barred:
            return False
        self.steps.append(step)
        return True


def rewrite_outputs(
    analysis: Analysis, outputs: Mapping[str, Node], rules: Sequence[Rule], course: Course | None = None
) -> dict[str, Node]:
    """The outputs, rewritten until no rule fires anywhere. New nodes keep the places of those they replace."""
    course = course or Course()
    before: dict[str, Node] = {}
    now = dict(outputs)
    sweeps = 0
    while now != before:
        before, now = now, sweep(analysis, now, rules, course)
        sweeps += 1
        assert sweeps < SWEEPS.most, "rules undo each other"
    return now


def sweep(
    analysis: Analysis, outputs: Mapping[str, Node], rules: Sequence[Rule], course: Course
) -> dict[str, Node]:
    """One pass over the live nodes, arguments before users."""
    return rebuild_outputs(analysis, outputs, lambda _, node: settle(analysis, node, rules, course))


def rebuild_outputs(
    analysis: Analysis, outputs: Mapping[str, Node], change: Callable[[Node, Node], Node]
) -> dict[str, Node]:
    """The outputs with `change(old, new)` in place of each live node, where `new` is `old` with changed arguments. What is
    new has the names and places of what it replaces.
    """
    graph = analysis.graph
    new: dict[Node, Node] = {}
    for node in list_reachable(outputs.values()):
        now = change(node, graph.add(node.op, *(new[arg] for arg in node.args)))
        new[node] = now
        if node is not now:
            graph.hand_on_name(node, now)
            for made in list_reachable([now]):
                graph.hand_on_place(node, made)
    return {name: new[node] for name, node in outputs.items()}


def settle(analysis: Analysis, node: Node, rules: Sequence[Rule], course: Course) -> Node:
    """Apply rules to a node until none fires; nodes that a rule made below it are left to the next sweep."""
    steps = 0
    fired = True
    while fired:
        fired = False
        for rule in rules:
            better = None if course.has_ended else rule(analysis, node)
            if better is not None and better is not node and course.take(Step(rule.__name__, node, better)):
                node, fired = better, True
                steps += 1
                assert steps < REWRITES.most, f"rules undo each other: {rule.__name__}"
    return node
