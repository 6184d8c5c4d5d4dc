"""Which values a leaf can have, and at which positions and lengths.

In: a leaf of an expression (tokens, indices, a result of attention). Out: its `Relation`, which holds every
value that the interpreter can yield for it.
"""

import numpy as np

from compiler.analysis import selectors
from compiler.analysis.domain import Domain, domain_of, factor
from compiler.analysis.facts import Facts
from compiler.analysis.means import Unsummable, mean_values
from compiler.analysis.refusal import refuse
from compiler.analysis.rows import Relation, contexts, project
from rasp.evaluate import EvaluationError, apply_map, evaluate
from rasp.graph import Aggregate, Constant, Indices, Map, Node, Tokens, Width
from rasp.values import Atom

LARGEST_RELATION = 60_000_000
"""Entries of one relation (contexts times values); beyond it the link between value and context is dropped.
"""
MEAN_HINT = "average whole numbers of moderate size, or count with selector_width instead"


def leaf_relation(facts: Facts, leaf: Node) -> Relation:
    """The values a leaf can have, by context."""
    match leaf.op:
        case Tokens():
            return Relation(domain_of(facts.options.vocabulary))
        case Indices():
            return Relation(
                domain_of(range(facts.max_length)), frozenset("i"), np.eye(facts.max_length, dtype=bool)
            )
        case Map() if facts.is_sum(leaf):
            return Relation(sums(facts, leaf))
        case Map() | Constant():
            return Relation(facts.table(leaf).domain)
        case _ if not facts.sees_tokens(leaf):
            return computed(facts, leaf)
        case Width():
            return width(facts, leaf)
        case Aggregate():
            return aggregate(facts, leaf)
        case _:
            raise AssertionError(leaf.op)


def sums(facts: Facts, node: Node) -> Domain:
    """The values of a sum: every value of one part with every value of the other."""
    left, right = (facts.domain(arg) for arg in node.args)
    assert isinstance(node.op, Map)
    found: list[Atom] = []
    for as_floats in (False, True) if left.floats or right.floats else (False,):
        columns = [
            left.column(np.repeat(np.arange(len(left)), len(right)), as_floats=as_floats),
            right.column(np.tile(np.arange(len(right)), len(left)), as_floats=as_floats),
        ]
        found += factor(apply_map(node.op, columns))[0].kinds()
    domain = domain_of(found)
    if not domain.is_numeric:
        raise refuse(facts.graph, node, "this adds up numbers that are too large or small for float32", "")
    return domain


def computed(facts: Facts, leaf: Node) -> Relation:
    """A leaf that position and length determine: ask the interpreter, once per length."""
    where = contexts(frozenset("in"), facts.max_length)
    token = facts.options.vocabulary[0]
    inputs = [[token] * n for n in range(1, facts.max_length + 1)]
    values: list[Atom | None] = []
    problem = ""
    for n, outcome in enumerate(evaluate([leaf], inputs, facts.options.attention)[0], start=1):
        if isinstance(outcome, EvaluationError):
            problem = outcome.message
            values += [None] * n
        else:
            values += list(outcome)  # type: ignore[arg-type]
    domain = domain_of(v for v in values if v is not None)
    if not len(domain):
        raise refuse(facts.graph, leaf, f"this has no value for any input: {problem}", "")
    codes = np.array([-1 if v is None else domain.code(v) for v in values])
    for keep in (frozenset[str](), frozenset("i"), frozenset("n"), frozenset("in")):
        rows = where.rows_of(keep)
        size = contexts(keep, facts.max_length).size
        if size * len(domain) > LARGEST_RELATION:
            return Relation(domain)
        allowed = np.zeros((size, len(domain)), bool)
        allowed[rows[codes >= 0], codes[codes >= 0]] = True
        if keep == frozenset("in") or (allowed.sum(axis=1) <= 1).all():
            return Relation(domain, keep, allowed)
    raise AssertionError("the last case always returns")


def width(facts: Facts, leaf: Node) -> Relation:
    selector = leaf.args[0]
    depends, low, high = selectors.bounds(facts, selector)
    domain = domain_of(range(int(low.min()), int(high.max()) + 1))
    codes = np.arange(int(low.min()), int(high.max()) + 1)
    allowed = (codes >= low[:, None]) & (codes <= high[:, None])
    return narrowest(Relation(domain, depends, allowed), facts.max_length)


def aggregate(facts: Facts, leaf: Node) -> Relation:
    selector, value = leaf.args
    assert isinstance(leaf.op, Aggregate)
    default = [] if selectors.certain(facts, selector) else [leaf.op.default.value]
    domain = facts.domain(value)
    if selectors.most(facts, selector) == 0:
        return Relation(domain_of([leaf.op.default.value]))
    if facts.transports(leaf):
        several = not selectors.unique(facts, selector)
        extra = [float(v) for v in domain.values if type(v) is int and several]
        return Relation(domain_of([*domain.kinds(), *extra, *default]))
    depends, _, high = selectors.bounds(facts, selector)
    exact = not facts.sees_tokens(selector)
    try:
        means = mean_values(domain.kinds(), range(1, int(high.max()) + 1))
    except Unsummable as problem:
        raise refuse(facts.graph, leaf, f"cannot enumerate this mean: {problem}", MEAN_HINT) from None
    if means:
        means[1] += [v for v in domain.values if isinstance(v, str)]  # one can be picked, two are an error
    if not exact:
        return Relation(domain_of([v for m in means.values() for v in m] + default))
    all_values = domain_of([v for c in set(high.tolist()) if c for v in means[c]] + default)
    if len(high) * len(all_values) > LARGEST_RELATION:
        return Relation(all_values)
    allowed = np.zeros((len(high), len(all_values)), bool)
    for count in sorted(set(high.tolist())):
        codes = [all_values.code(v) for v in (means[count] if count else default)]
        allowed[np.ix_(high == count, codes)] = True
    return narrowest(Relation(all_values, depends, allowed), facts.max_length)


def narrowest(relation: Relation, max_length: int) -> Relation:
    """The same relation over i or n alone, when the other makes no difference."""
    if relation.allowed is None or relation.depends != frozenset("in"):
        return relation
    where = contexts(relation.depends, max_length)
    for keep in ("", "i", "n"):
        smaller = project(relation, frozenset(keep), max_length)
        widened = np.ones((1, len(relation.domain)), bool) if smaller.allowed is None else smaller.allowed
        if (widened[where.rows_of(frozenset(keep))] == relation.allowed).all():
            return smaller
    return relation
