"""The graph of a decoder: for each prefix of prompt, written stages and answer, the word that comes next.

    x1 … xn | z1 … zn || y1 … yn <end>       what a decoder of one stage reads and writes

In: an output under full attention and its words. Out: an s-op over the decoder's own tokens, causal, which says at each
position what follows it. Every s-op of the program is one here too, in one of two roles: of a position that *generates*
the word at index g of its stage, or of one that *holds* it. The queries of selectors are of the first, their keys of the
second; keys made of tokens and indices alone stand in the prompt.

Sound since a key is held at one position for each of the prompt, those are all before the position that asks, and each has
the program's own value: tokens and indices by reading the prompt, written values by their words. Behind anything but a
prompt and what the decoder itself wrote, it says something, and the model says the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import assert_never

from compiler.analysis.kinds import may_be_text
from compiler.completions.decoder_places import PROMPT, Places, find_places
from compiler.completions.decoder_words import DecoderWords
from compiler.completions.written_stages import find_attended
from compiler.domains.ranked import ORDERS
from rasp.graph.nodes import (
    Aggregate,
    And,
    Best,
    Constant,
    Graph,
    Indices,
    Map,
    Node,
    Not,
    Or,
    Select,
    Tokens,
    Width,
    list_reachable,
)
from rasp.graph.primitives import TESTS, apply_prim
from rasp.values import Atom, Test, make_const


@dataclass(frozen=True)
class Role:
    """Of a position: that it holds a word of a stage (0: of the prompt), or generates one."""

    stage: int
    holds: bool


@dataclass(eq=False)
class DecoderGraph:
    """The s-ops of a program as those of its decoder; nodes are made once for each role."""

    graph: Graph
    words: DecoderWords
    most: int
    bounded: bool
    places: Places
    known: dict[tuple[Node, Role], Node] = field(default_factory=dict[tuple[Node, Role], Node])

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Word -> its number among all that can be said; those of a stage stand in a row."""
        return {word: k for k, word in enumerate((*self.words.vocabulary, self.words.end))}

    def stage_of(self, node: Node) -> int:
        """The stage that a node is written in; 0: it is not written."""
        return next((s for s, stage in enumerate(self.words.stages, 1) if node in stage.nodes), PROMPT)

    def find_home(self, node: Node) -> int:
        """The first stage at whose words a key's value can be held."""
        return max(map(self.stage_of, list_reachable([node])))

    def translate(self, node: Node, role: Role) -> Node:
        """An s-op, as a position in a role has it."""
        for part in list_reachable([node]):  # no recursion down long chains of operators
            known = all((arg, role) in self.known for arg in part.args)
            if isinstance(part.op, Map) and known and not self.is_read(part, role):
                self.translate_new(part, role)
        return self.translate_new(node, role)

    def translate_new(self, node: Node, role: Role) -> Node:
        """The same; what it is made of may be known already."""
        if (node, role) not in self.known:
            found = self.make(node, role)
            self.known[node, role] = found
            if found.op == node.op:
                self.graph.hand_on_place(node, found)
                self.graph.hand_on_name(node, found)
        return self.known[node, role]

    def is_read(self, node: Node, role: Role) -> bool:
        """Whether a position in a role has a node's value from a word."""
        stage = self.stage_of(node)
        return stage != PROMPT and (stage < role.stage or (stage == role.stage and role.holds))

    def make(self, node: Node, role: Role) -> Node:
        """The node in a role."""
        if self.is_read(node, role):
            return self.read_word(node, role)
        match node.sequence_op:
            case Constant():
                return node
            case Tokens():
                return self.read_token(role)
            case Indices():
                return self.find_index(role)
            case Map():
                return self.graph.add(node.op, *(self.translate(arg, role) for arg in node.args))
            case Aggregate() | Width():
                assert not role.holds, "results of attention on the key's side are written"
                return self.attend(node, role)
            case _:
                assert_never(node.sequence_op)

    # -- what words say

    def find_index(self, role: Role) -> Node:
        """The index in the prompt of what a position holds or generates."""
        if not role.holds:
            return self.places.generates
        if role.stage != PROMPT:
            return self.places.holds
        indices, last = self.graph.add(Indices()), self.graph.constant(self.most - 1)
        return self.graph.map("if", self.graph.map("lt", indices, last), indices, last)

    def read_token(self, role: Role) -> Node:
        """The prompt's token at the index of what a position holds or generates."""
        word = self.graph.add(Tokens())
        if role != Role(PROMPT, True):
            word = self.read_prompt(role)
        return self.look_up(self.words.prompt, word)

    def read_prompt(self, role: Role) -> Node:
        """The word that stands in the prompt at a position's index; the bar behind it, where there is none."""
        default = make_const(self.words.bars[0])
        here = self.compare_places("==", self.find_index(role), PROMPT)
        return self.graph.add(Aggregate(default), here, self.graph.add(Tokens()))

    def read_word(self, node: Node, role: Role) -> Node:
        """A written value: of the word that a position holds, or of the one in an earlier stage at its index."""
        stage, word = self.stage_of(node), self.graph.add(Tokens())
        own = self.words.stages[stage - 1]
        if (stage, True) != (role.stage, role.holds):
            here = self.compare_places("==", self.find_index(role), stage)
            word = self.graph.add(Aggregate(make_const(own.words[0])), here, word)
        return self.look_up(own.read(node), word)

    def after_prompt(self) -> Node:
        """How many positions a stage takes, with the bar before or behind it."""
        return self.graph.map("add", self.places.length, self.graph.constant(1))

    def look_up(self, table: Mapping[Atom, Atom] | Mapping[str, Atom], word: Node) -> Node:
        """What a table says of each value; for others what it says of the first."""
        flat = [make_const(item) for pair in table.items() for item in pair]
        first = make_const(next(iter(table.values())))
        return self.graph.add(Map("index_dict_or", (first, *flat)), word)

    # -- attention

    def attend(self, node: Node, role: Role) -> Node:
        """A result of attention that a position computes for the word that it generates."""
        if isinstance(node.op, Width) and selects_all(node.args[0]):
            return self.places.length
        attended = find_attended(node)
        home = Role(max((self.find_home(key) for key in attended.keys), default=PROMPT), True)
        selector = self.select(node.args[0], role, home)
        held = self.graph.add(And(), selector, self.select_stage(home.stage))
        return self.graph.add(node.op, held, *(self.translate(arg, home) for arg in node.args[1:]))

    def select(self, selector: Node, role: Role, home: Role) -> Node:
        """A selector of a generating position, over positions that hold words of a stage."""
        add = self.graph.add
        match selector.selector_op:
            case Select(test):
                key, query = selector.args
                if isinstance(key.op, Indices) and self.is_number(query):
                    return self.compare_places(test, self.translate(query, role), home.stage)
                sides = self.translate(key, home), self.translate(query, role)
                return add(selector.op, *(map(self.bound_index, sides) if test in ORDERS else sides))
            case Best():
                among = add(And(), self.select(selector.args[0], role, home), self.select_stage(home.stage))
                return add(Best(), among, self.rank_by(selector.args[1], home))
            case Not() | And() | Or():
                return add(selector.op, *(self.select(arg, role, home) for arg in selector.args))
            case _:
                assert_never(selector.selector_op)

    def is_number(self, query: Node) -> bool:
        """Whether a node of the program has no texts."""
        text = set[Node]()
        for node in list_reachable([query]):
            if may_be_text(
                node, text, tokens_are_text=any(isinstance(t, str) for t in self.words.prompt.values())
            ):
                text.add(node)
        return query not in text

    def compare_places(self, test: Test, index: Node, stage: int) -> Node:
        """A selector of the positions of a stage by their indices, as they compare with an `index` of those that ask. An
        index is the position's own, but for where the stage begins, and so is known to be no other's; one that there is
        not is as good as the nearest that there is not, where indices are bounded."""
        place, most = index, self.most
        if stage != PROMPT:
            begin = self.graph.map("mul", self.graph.constant(stage), self.after_prompt())
            place, most = self.graph.map("add", begin, index), (stage + 1) * (self.most + 1)
        if self.bounded or test in ORDERS:
            place = self.bound(place, most)
        return self.graph.add(Select(test), self.graph.add(Indices()), place)

    def rank_by(self, score: Node, home: Role) -> Node:
        """What `best` goes by among the positions of a home, which stand in the order of their indices."""
        indices = self.graph.add(Indices())
        return score if score in (indices, self.graph.map("neg", indices)) else self.translate(score, home)

    def bound_index(self, side: Node) -> Node:
        """An index as one of a prompt or the one behind it, for an order of as few values; anything else as it is."""
        return self.bound(side, self.most) if side in (self.places.generates, self.places.holds) else side

    def bound(self, side: Node, most: int) -> Node:
        """A number as the nearest from -1 to `most`."""
        least, last, choose = self.graph.constant(-1), self.graph.constant(most), self.graph.map
        above = choose("if", choose("lt", side, last), side, last)
        return choose("if", choose("lt", least, side), above, least)

    def select_stage(self, stage: int) -> Node:
        """A selector of the positions that hold words of a stage, as far as there can be any."""
        if stage == PROMPT:
            here = self.graph.add(Select("=="), self.places.stage, self.graph.constant(PROMPT))
            fits = self.graph.add(Select("<"), self.graph.add(Indices()), self.graph.constant(self.most))
            return self.graph.add(And(), here, fits)
        words = tuple(map(make_const, self.words.stages[stage - 1].words))
        own = self.graph.add(Map("in_list", words), self.graph.add(Tokens()))
        return self.graph.add(Select("=="), own, self.graph.constant(True))

    # -- what comes next

    def number_written(self, stage: int) -> Node:
        """The number of the word that a position in a stage generates for its index: its values are digits of it."""
        role, own = Role(stage, False), self.words.stages[stage - 1]
        number, size = self.number_word(own.words[0]), 1
        for node, parts in zip(reversed(own.nodes), reversed(own.parts), strict=True):
            digits = {value: size * digit for digit, value in enumerate(parts)}
            number = self.graph.map("add", number, self.look_up(digits, self.translate(node, role)))
            size *= len(parts)
        return number

    def number_word(self, word: str) -> Node:
        """The number of a word, a constant."""
        return self.graph.constant(self.numbers[word])

    def number_next(self, output: Node) -> Node:
        """The number of the word that follows each position. What each stage says is a term of its own, 0 elsewhere, so
        that nothing is looked up in all that several stages read."""
        last, choose, constant = len(self.words.stages) + 1, self.graph.map, self.graph.constant
        ended = choose("eq", self.read_prompt(Role(last, False)), constant(self.words.bars[0]))
        words = enumerate((*self.words.bars[1:], self.words.end), 1)
        behind: dict[Atom, Atom] = {stage: self.numbers[word] for stage, word in words}
        end = choose("if", ended, self.look_up(behind, self.places.stage), constant(0))
        in_prompt = choose("eq", self.places.stage, constant(PROMPT))
        number = choose("if", in_prompt, self.number_word(self.words.bars[0]), end)
        answers = {value: self.numbers[word] for value, word in self.words.answers.items()}
        said = [*map(self.number_written, range(1, last))]
        said.append(self.look_up(answers, self.translate(output, Role(last, False))))
        for stage, own in enumerate(said, 1):
            here = choose("if", ended, constant(PROMPT), self.places.stage)
            term = choose("if", choose("eq", here, constant(stage)), own, constant(0))
            number = choose("add", number, term)
        return number

    def say_next(self, output: Node) -> Node:
        """The word that follows each position."""
        words = tuple(make_const(item) for pair in enumerate(self.numbers) for item in pair)
        return self.graph.add(Map("index_dict", words), self.number_next(output))


def make_decoder_graph(graph: Graph, output: Node, words: DecoderWords, most: int, *, bounded: bool) -> Node:
    """The word that a decoder says next, at each position; `most`: how long prompts are at most."""
    return DecoderGraph(graph, words, most, bounded, find_places(graph, words)).say_next(output)


def selects_all(selector: Node) -> bool:
    """Whether a selector compares two constants for which that holds."""
    match selector:
        case Node(Select(test), (Node(Constant(key)), Node(Constant(query)))):
            return apply_prim(TESTS[test], (), key.value, query.value) is True
        case _:
            return False
