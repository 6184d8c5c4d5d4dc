"""The tokens of a decoder, which are texts: of the prompt, of what parts stages, of what is written in each, of answers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from compiler.analysis.infer import Analysis
from compiler.completions.written_stages import list_stages, split_stages
from compiler.limits import WRITTEN
from compiler.options import CompileOptions
from compiler.refusal import make_refusal
from rasp.graph.nodes import Graph, Node
from rasp.values import Atom, show_value

JOINT = 64
"""So many words a stage may have for several s-ops that it writes together; else they are written one after the other."""
END = "<end>"
BARS = "|;:/#"


@dataclass(frozen=True, eq=False)
class Stage:
    """What is written before the answer: for each node its values as parts of words."""

    nodes: tuple[Node, ...]
    parts: tuple[Mapping[Atom, str], ...]

    @property
    def words(self) -> list[str]:
        """Every word of the stage."""
        return ["".join(parts) for parts in product(*(part.values() for part in self.parts))]

    def read(self, node: Node) -> dict[str, Atom]:
        """For each word of the stage the value of a node in it."""
        number = self.nodes.index(node)
        combinations = product(*(part.items() for part in self.parts))
        return {"".join(text for _, text in row): row[number][0] for row in combinations}


@dataclass(frozen=True, eq=False)
class DecoderWords:
    """`prompt`: word → token; `bars[s]` stands in front of stage s + 1, the last in front of the answer; `answers`: value →
    word; `end`: what follows the answer, and is no token."""

    prompt: Mapping[str, Atom]
    bars: tuple[str, ...]
    stages: tuple[Stage, ...]
    answers: Mapping[Atom, str]
    end: str

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """All tokens; the first bar stands right behind those of the prompt."""
        written = [word for stage in self.stages for word in stage.words]
        return tuple(dict.fromkeys([*self.prompt, *self.bars, *self.answers.values(), *written]))


def choose_words(graph: Graph, output: Node, options: CompileOptions) -> DecoderWords:
    """The words for the values that s-ops can have under full attention. Raises `CompileError` where they are too many, or
    look alike."""
    analysis = Analysis(graph, options)
    nodes = list_stages(output)
    sizes = {node: len(list_values(analysis, node)) for stage in nodes for node in stage}
    prompt = {str(token): token for token in options.vocabulary}
    answers = {value: str(value) for value in list_values(analysis, output)}
    if len(set(answers.values())) < len(answers) or len(prompt) < len(options.vocabulary):
        message = "answers that are not the same would be the same word"
        raise make_refusal(graph, output, message, "let the program answer with values that look different")
    taken = {*prompt, *answers.values()}
    stages: list[Stage] = []
    for own in split_stages(nodes, sizes, JOINT):
        stages.append(name_stage(analysis, own, taken))
        taken |= {*stages[-1].words}
    bar = next((c for c in BARS if all(c not in word for word in taken)), BARS)
    bars = tuple(bar * (k + 1) for k in range(len(stages) + 1))
    return DecoderWords(prompt, bars, tuple(stages), answers, choose_free(END, {*taken, *bars}))


def list_values(analysis: Analysis, node: Node) -> Sequence[Atom]:
    """The values of an s-op. Raises `CompileError` for too many to be words, or for such as are equal."""
    values = analysis.domain(node).values
    if len(values) > WRITTEN.most:
        message = f"it has {len(values):,} values, and at most {WRITTEN.most:,} can be words"
        raise make_refusal(analysis.graph, node, message, WRITTEN.hint)
    if len(set(values)) < len(values):
        shown = ", ".join(map(show_value, values[:8]))
        message = f"its values ({shown}) are not all told apart by `==`, and a decoder has to write them"
        raise make_refusal(analysis.graph, node, message, "let it have values of one kind")
    return values


def name_stage(analysis: Analysis, nodes: tuple[Node, ...], taken: Collection[str]) -> Stage:
    """The words of a stage: `place=3`, or `count=2,first=True` where several s-ops are written together. Raises
    `CompileError` where two would be the same."""
    names = analysis.graph.names
    parts: list[Mapping[Atom, str]] = []
    for number, node in enumerate(nodes):
        name = choose_free(names.get(node, "value"), {word.partition("=")[0] for word in taken})
        taken = {*taken, name}
        between = "," if number else ""
        parts.append({value: f"{between}{name}={value}" for value in list_values(analysis, node)})
    stage = Stage(nodes, tuple(parts))
    if len({*stage.words}) < len(stage.words):
        message = "values of it that are not the same would be the same word"
        raise make_refusal(analysis.graph, nodes[0], message, "let it have values that look different")
    return stage


def choose_free(word: str, taken: Iterable[str]) -> str:
    """A word like this one that is not taken."""
    known = {*taken}
    while word in known:
        word += "'"
    return word
