"""Which values a leaf can have, and at which positions and lengths.

In: a leaf of an expression (tokens, indices, a result of attention). Out: its `Relation`, which holds every
value that the interpreter can yield for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import assert_never

import numpy as np

from compiler.domains.contexts import Context, list_contexts, may_narrow
from compiler.domains.distinct_elements import factor_values, find_elements
from compiler.domains.distinct_integers import list_different
from compiler.domains.domain import (
    NONE,
    Domain,
    Floats,
    Ints,
    is_carriable,
    make_domain,
)
from compiler.domains.facts import Facts
from compiler.domains.fraction_domain import FractionDomain, describe_means
from compiler.domains.means import Unsummable, list_means
from compiler.domains.rows import Relation, project_relation
from compiler.effort import VALUE_BYTES
from compiler.limits import BYTES, NUMBER, RELATION, SUMS
from compiler.refusal import NeverDefined, make_refusal
from compiler.selector_facts import selectors
from compiler.selector_facts.orders import has_every_index
from compiler.selector_facts.positional import evaluate_positional
from rasp.graph.nodes import Aggregate, Constant, Indices, Map, Node, Tokens, Width
from rasp.interpret.atom_array import build_constant
from rasp.interpret.evaluate import EvaluationError, apply_map, evaluate, evaluate_batch
from rasp.values import Atom

PAIR_WORK = 8
"""A pair of values that a sum adds up, in cells (`compiler/effort.py`)."""
PAIRS_AT_ONCE = 2**20
"""So many are added up at a time: some ten megabytes."""


def relate_leaf(facts: Facts, leaf: Node) -> Relation:
    """The values a leaf can have, by context."""
    match leaf.sequence_op:
        case Tokens():
            return Relation(make_domain(facts.options.vocabulary))
        case Indices():
            return Relation(
                make_domain(range(facts.max_length)), Context.INDEX, np.eye(facts.max_length, dtype=bool)
            )
        case Map() if facts.is_sum(leaf):
            return Relation(sums(facts, leaf))
        case Map() | Constant():
            return Relation(facts.table(leaf).domain)
        case Width() | Aggregate() if not facts.sees_tokens(leaf):
            return facts.once("computed", leaf, lambda node: computed(facts, node))
        case Width():
            return width(facts, leaf)
        case Aggregate():
            return aggregate(facts, leaf)
        case _:
            assert_never(leaf.sequence_op)


def sums(facts: Facts, node: Node) -> Domain:
    """The values of a sum: every value of one part with every value of the other, if nothing is known of which meet."""
    known = None if facts.sees_tokens(node) else evaluate_positional(facts, node)
    if known is not None:
        return check_carriable(facts, node, factor_values(known.column)[0])
    if has_every_index(facts, node):
        return make_domain(range(facts.max_length))
    left, right = (facts.domain(arg) for arg in node.args)
    assert isinstance(node.op, Map)
    if is_range(left) and is_range(right):
        extremes = [left.column(np.array([0, 0, -1, -1])), right.column(np.array([0, -1, 0, -1]))]
        ends = apply_map(node.op, extremes).data
        least, most = int(ends.min()), int(ends.max())
        facts.effort.keep(facts.graph, node, most - least + 1, "known")
        return check_carriable(facts, node, make_domain(range(least, most + 1)))
    pairs = len(left) * len(right)
    facts.effort.spend(facts.graph, node, PAIR_WORK * pairs, "sums")
    found: list[Atom] = []
    for as_floats in (False, True) if left.floats or right.floats else (False,):
        several = add_pairs(facts, node, as_floats=as_floats)
        facts.effort.keep(facts.graph, node, len(several))
        found += several
    return check_carriable(
        facts, node, replace(make_domain(found), minus_zero=left.minus_zero or right.minus_zero)
    )


def add_pairs(facts: Facts, node: Node, *, as_floats: bool) -> Sequence[Atom]:
    """The different sums of a value of one part and one of the other, so many at a time that there is room for them."""
    left, right = (facts.domain(arg) for arg in node.args)
    assert isinstance(node.op, Map)
    rows = PAIRS_AT_ONCE // len(right) + 1
    found: list[Atom] = []
    for start in range(0, len(left), rows):
        some = np.arange(start, min(start + rows, len(left)))
        columns = [
            left.column(np.repeat(some, len(right)), as_floats=as_floats),
            right.column(np.tile(np.arange(len(right)), len(some)), as_floats=as_floats),
        ]
        several = find_elements(apply_map(node.op, columns))
        facts.effort.foresee_kept(facts.graph, node, len(several))
        found += several
        if VALUE_BYTES * len(found) > 2 * BYTES.most:
            found = [*make_domain(found).kinds()]
            facts.effort.reserve(facts.graph, node, VALUE_BYTES * len(found))
    return make_domain(found).kinds()


def is_range(domain: Domain) -> bool:
    """Whether the values are all whole numbers from one to another, as ints alone."""
    values = domain.values
    whole = not domain.floats and not domain.minus_zero and {type(value) for value in values} == {int}
    return whole and is_carriable(values[-1]) and int(values[-1]) - int(values[0]) + 1 == len(values)


def check_carriable(facts: Facts, node: Node, domain: Domain) -> Domain:
    """The domain of a sum. Raises `CompileError` where float32 has no room for its numbers."""
    if not domain.is_numeric:
        raise make_refusal(
            facts.graph,
            node,
            "this adds up numbers that are too large or small: beyond 2^60, or closer to 0 than 2^-60",
            "scale them before they are added up",
        )
    return domain


def computed(facts: Facts, leaf: Node) -> Relation:
    """A leaf that position and length determine: ask the interpreter, once per length, where nothing quicker knows it."""
    known = evaluate_positional(facts, leaf)
    if known is not None:
        return relate_known(*factor_values(known.column), known.depends)
    facts.effort.evaluate(facts.graph, leaf, facts.max_length)
    where = list_contexts(Context.BOTH, facts.max_length)
    token = facts.options.vocabulary[0]
    found: list[tuple[Domain, Ints]] = []  # for each length
    for n in range(1, facts.max_length + 1):
        value = evaluate_batch([leaf], build_constant(token, (1, n)), facts.options.attention)[leaf]
        found.append(factor_values(replace(value.column, failed=value.absent)))
    domain = make_domain(v for values, _ in found for v in values.kinds())
    if not len(domain):
        outcome = evaluate([leaf], [[token]], facts.options.attention)[0][0]
        problem = outcome.message if isinstance(outcome, EvaluationError) else ""
        raise NeverDefined(facts.graph, leaf, problem)
    codes = np.concatenate([np.array([*map(domain.code, own.values), -1])[codes] for own, codes in found])
    for keep in (Context.NOTHING, Context.INDEX, Context.LENGTH, Context.BOTH):
        rows = where.rows_of(keep)
        size = list_contexts(keep, facts.max_length).size
        if size * len(domain) > RELATION.most:
            return Relation(domain)
        allowed = np.zeros((size, len(domain)), bool)
        allowed[rows[codes >= 0], codes[codes >= 0]] = True
        if keep == Context.BOTH or (allowed.sum(axis=1) <= 1).all():
            return Relation(domain, keep, allowed)
    raise AssertionError("the last case always returns")


def relate_known(domain: Domain, codes: Ints, depends: Context) -> Relation:
    """The relation of what has one value in each context."""
    if len(codes) * len(domain) > RELATION.most:
        return Relation(domain)
    allowed = np.zeros((len(codes), len(domain)), bool)
    allowed[np.arange(len(codes)), codes] = True
    return Relation(domain, depends, allowed)


def width(facts: Facts, leaf: Node) -> Relation:
    selector = leaf.args[0]
    depends, low, high = narrow_bounds(*selectors.bound_widths(facts, selector), facts.max_length)
    domain = make_domain(range(int(low.min()), int(high.max()) + 1))
    codes = np.arange(int(low.min()), int(high.max()) + 1)
    facts.effort.reserve(facts.graph, leaf, 3 * len(low) * len(codes))
    allowed = (codes >= low[:, None]) & (codes <= high[:, None])
    return Relation(domain, depends, allowed if depends or not allowed.all() else None)


def narrow_bounds(depends: Context, low: Ints, high: Ints, max_length: int) -> tuple[Context, Ints, Ints]:
    """The same bounds over fewer of i and n, when the others make no difference."""
    where = list_contexts(depends, max_length)
    for keep in (Context.NOTHING, Context.INDEX, Context.LENGTH):
        if keep not in depends:
            continue
        if depends == Context.BOTH and not all(may_narrow(its, keep, max_length) for its in (low, high)):
            continue
        rows = where.rows_of(keep)
        size = list_contexts(keep, max_length).size
        least, most = np.zeros(size, np.int64), np.zeros(size, np.int64)
        least[rows], most[rows] = low, high
        if (least[rows] == low).all() and (most[rows] == high).all():
            return keep, least, most
    return depends, low, high


def aggregate(facts: Facts, leaf: Node) -> Relation:
    selector, value = leaf.args
    assert isinstance(leaf.op, Aggregate)
    default = [] if selectors.selects_always(facts, selector) else [leaf.op.default.value]
    domain = facts.domain(value)
    if selectors.bound_width(facts, selector) == 0:
        return Relation(make_domain([leaf.op.default.value]))
    if facts.transports(leaf):
        several = not selectors.selects_at_most_one(facts, selector)
        extra = [float(v) for v in domain.values if type(v) is int and several]
        facts.effort.keep(facts.graph, leaf, len(domain), "known")
        return Relation(make_domain([*domain.kinds(), *extra, *default]))
    depends, _, high = selectors.bound_widths(facts, selector)
    exact = not facts.sees_tokens(selector)
    counts = set(high.tolist()) if exact else range(1, int(high.max()) + 1)
    keep = partial(facts.effort.keep, facts.graph, leaf, kind="described")
    described = describe_means(domain.kinds(), counts, default, keep, facts.effort.share)
    if described is not None:
        return relate_described(described, high, depends, facts.max_length) if exact else Relation(described)
    expect = partial(facts.effort.keep, facts.graph, leaf, kind="listed")
    try:
        means = list_means(domain.kinds(), range(1, int(high.max()) + 1), expect)
    except Unsummable as problem:
        raise make_refusal(facts.graph, leaf, f"cannot enumerate this mean: {problem}", SUMS.hint) from None
    counts = set(high.tolist()) - {0} if exact else set(means)
    alone = domain.kinds() if 1 in counts else ()  # of strings one can be picked, two are an error
    # A mean of so many is one of twice as many, each of them taken twice.
    widest = [means[count] for count in counts - {1} if 2 * count not in counts]
    several = list_different(np.concatenate([NONE, *widest]))
    keep(len(several))
    all_values = make_domain([*alone, *several[several == 0].tolist(), *default], several)
    if not exact or len(high) * len(all_values) > RELATION.most:
        return Relation(all_values)
    allowed = np.zeros((len(high), len(all_values)), bool)
    codes = find_codes(all_values, several)
    for count in counts - {1}:
        allowed[np.ix_(high == count, codes[np.searchsorted(several, means[count])])] = True
    for count, values in (0, default), (1, alone):
        allowed[np.ix_(high == count, [all_values.code(value) for value in values])] = True
    return narrowest(Relation(all_values, depends, allowed), facts.max_length)


def find_codes(domain: Domain, numbers: Floats) -> Ints:
    """The codes of ascending floats that are all in a domain."""
    most = NUMBER.most
    known = np.array([float(min(max(v, -most), most)) for v in domain.known if type(v) is not bool])
    return np.searchsorted(known, numbers)


def relate_described(domain: FractionDomain, high: Ints, depends: Context, max_length: int) -> Relation:
    """A mean over positions of which there are `high` in each context; where there are none, of its default."""
    if len(high) * len(domain) > RELATION.most or not high.all():
        return Relation(domain)
    allowed = np.zeros((len(high), len(domain)), bool)
    for count in sorted(set(high.tolist())):
        codes = np.searchsorted(domain.values.numbers, domain.values.list_of_count(count))
        allowed[np.ix_(high == count, codes)] = True
    return narrowest(Relation(domain, depends, allowed), max_length)


def narrowest(relation: Relation, max_length: int) -> Relation:
    """The same relation over i or n alone, when the other makes no difference."""
    if relation.allowed is None:
        return relation
    where = list_contexts(relation.depends, max_length)
    for keep in (Context.NOTHING, Context.INDEX, Context.LENGTH):
        if keep not in relation.depends:
            continue
        smaller = project_relation(relation, keep, max_length)
        widened = np.ones((1, len(relation.domain)), bool) if smaller.allowed is None else smaller.allowed
        if (widened[where.rows_of(keep)] == relation.allowed).all():
            return smaller
    return relation
