"""The edges that a model's answers need, found by ablating them one after the other.

An edge is ablated in three ways at once: the reader sees, in place of what the writer added, what it added at the same
position of another input of the same length; what it added at another position of any input; what it adds on average. BOS
keeps its own. Edges that share no column are left out from the start: nothing passes along them. Of the others, those are
left out that all together can be ablated without changing an answer; each that stays changes one if it is ablated too. (As
in automatic circuit discovery, Conmy et al. 2023, with equal answers for its threshold.) What was found is held against
more inputs; those on which an answer changes after all are tried as well from then on, until there are none.

Where something was cleared, its writer and the units that cleared it still add to the column, and undo each other: first
all edges are left out together along which, by the symbol map, nothing is read any more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from compiler.circuits.edges import Edge
from compiler.circuits.forward import EdgeDecoder, Ids, Numbers

#: How many ways of ablating there are.
WAYS = 3


@dataclass(frozen=True, eq=False)
class Sample:
    """Inputs of one length: ids (b, p), BOS first, and where each output counts (output, b, p)."""

    ids: Ids
    counts: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class EdgeTrial:
    """A sample, repeated for each way of ablating; what writers seem to add instead; the classes of the whole model."""

    ids: Ids
    counts: NDArray[np.bool_]
    instead: Mapping[str, Numbers]
    classes: tuple[Ids, ...]

    def find_changes(self, decoder: EdgeDecoder, ablated: Collection[Edge]) -> NDArray[np.bool_]:
        """Which answers change (output, b, p)."""
        found = decoder.run(self.ids, ablated, self.instead).classes
        return (np.array(found) != np.array(self.classes)) & self.counts

    def count_changes(self, decoder: EdgeDecoder, ablated: Collection[Edge]) -> int:
        """How many answers change."""
        return int(self.find_changes(decoder, ablated).sum())

    def take(self, rows: NDArray[np.intp]) -> "EdgeTrial":
        """Some of the inputs."""
        return EdgeTrial(
            self.ids[rows],
            self.counts[:, rows],
            {writer: added[rows] for writer, added in self.instead.items()},
            tuple(found[rows] for found in self.classes),
        )


def build_trials(decoder: EdgeDecoder, samples: Sequence[Sample], seed: int) -> list[EdgeTrial]:
    """Trials of samples of several lengths."""
    random = np.random.default_rng(seed)
    passes = [decoder.run(sample.ids) for sample in samples]
    writers = list(passes[0].added)
    pools = {
        writer: np.concatenate([p.added[writer][:, 1:].reshape(-1, decoder.config.d_model) for p in passes])
        for writer in writers
    }
    means = {
        writer: pool.mean(axis=0, dtype=np.float64).astype(decoder.config.dtype)
        for writer, pool in pools.items()
    }
    trials: list[EdgeTrial] = []
    for sample, clean in zip(samples, passes, strict=True):
        batch, positions = sample.ids.shape
        shift = cast(int, random.integers(1, batch)) if batch > 1 else 0
        anywhere = random.integers(0, len(pools[writers[0]]), (batch, positions - 1))
        instead: dict[str, Numbers] = {}
        for writer, added in clean.added.items():
            bos = added[:, :1]
            mean = np.broadcast_to(means[writer], added[:, 1:].shape)
            rows = [
                np.roll(added, shift, axis=0),
                *(np.concatenate([bos, x], 1) for x in (pools[writer][anywhere], mean)),
            ]
            instead[writer] = np.concatenate(rows)
        repeated = tuple(np.concatenate([found] * WAYS) for found in clean.classes)
        trials.append(
            EdgeTrial(
                np.concatenate([sample.ids] * WAYS),
                np.concatenate([sample.counts] * WAYS, axis=1),
                instead,
                repeated,
            )
        )
    return trials


@dataclass(frozen=True)
class Needed:
    """The edges of a circuit, and those of them that change an answer when they alone are ablated in the whole model."""

    edges: tuple[Edge, ...]
    alone: frozenset[Edge]


def find_needed_edges(
    decoder: EdgeDecoder,
    trials: Sequence[EdgeTrial],
    sharing: Sequence[Edge],
    read: Collection[Edge],
    advance: Callable[[int], None] = lambda count: None,
) -> Needed:
    """The edges that answers need, of those that share a column. `read` are those along which something is still read."""

    def matters(ablated: Collection[Edge]) -> bool:
        return any(trial.count_changes(decoder, ablated) for trial in trials)

    out: set[Edge] = {edge for edge in sharing if edge not in read}
    if matters(out):
        out.clear()
    settled = False
    while not settled:
        settled = True
        for edge in [edge for edge in reversed(sharing) if edge not in out]:
            advance(1)
            if not matters(out | {edge}):
                out.add(edge)
                settled = False
    edges = tuple(edge for edge in sharing if edge not in out)
    return Needed(edges, frozenset(edge for edge in edges if matters([edge])))


def find_held_edges(
    decoder: EdgeDecoder,
    trials: Sequence[EdgeTrial],
    draw_others: Callable[[], Iterable[EdgeTrial]],
    find: Callable[[Sequence[EdgeTrial]], Needed],
    sharing: Collection[Edge],
) -> Needed:
    """The edges that `find` finds to be needed on trials, and on those of the others on which more are needed.

    Ends: what has been added changes no answer any more, and there are only so many others.
    """
    while True:
        needed = find(trials)
        rest = set(sharing) - set(needed.edges)
        missed = [
            trial.take(rows)
            for trial in draw_others()
            if len(rows := np.flatnonzero(np.any(trial.find_changes(decoder, rest), axis=(0, 2))))
        ]
        if not missed:
            return needed
        trials = [*trials, *missed]
