"""Divisions that nothing guards: those that fail on some short input are found by trying.

In: an elaborated program, and what its text says is to be compiled. Out: a warning for each division by zero that leaves an
s-op without a value, with a shortest input on which it does. What a choice passes over is no such division, as
`rasp/interpret/evaluate.py` says. Where the text says for which tokens, those are tried; else the characters that it
compares with, and others, or digits where it reads numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rasp.arguments import Attention
from rasp.diagnostics import Diagnostic, RaspError
from rasp.elaborate.failure import explain_failure, show_input
from rasp.elaborate.program import Program
from rasp.graph.nodes import Constant, Map, Node, SequenceOp, Tokens, list_reachable
from rasp.interpret.evaluate import EvaluationError, evaluate
from rasp.source import Span
from rasp.syntax.directives import CompileLine
from rasp.values import Atom

#: Words that are tried: all of up to so many tokens, of so many different ones, and each token by itself, repeated.
SHORT, LETTERS, LONG = 3, 4, 6


@dataclass(frozen=True)
class Trial:
    """An s-op, the words it is tried on, and the attention."""

    node: Node
    words: tuple[tuple[Atom, ...], ...]
    attention: Attention


def find_divisions(program: Program, lines: Sequence[CompileLine]) -> list[Diagnostic]:
    """The warnings, each about another division. Models that are to say where there is no value need none."""
    trials = list_told(program, lines) if lines else list_last(program)
    found: dict[Node, Diagnostic] = {}
    for trial in trials:
        for word, outcome in zip(trial.words, try_words(trial), strict=True):
            if isinstance(outcome, EvaluationError) and outcome.node is not None and divides(outcome):
                found.setdefault(outcome.node, describe(program, outcome, word))
    return sorted(found.values(), key=lambda warning: warning.span.start if warning.span else 0)


def try_words(trial: Trial) -> Sequence[object]:
    """What an s-op is on each word; nothing where that is too much to ask."""
    try:
        return evaluate([trial.node], trial.words, trial.attention)[0]
    except RaspError:
        return [None] * len(trial.words)


def divides(problem: EvaluationError) -> bool:
    """Whether what failed divides by zero; a power may do so, too."""
    match problem.node:
        case Node(Map("div" | "mod" | "quotient" | "pow")):
            return "by zero" in problem.message
        case _:
            return False


def describe(program: Program, problem: EvaluationError, word: Sequence[Atom]) -> Diagnostic:
    """The warning, with an input to try."""
    failure = explain_failure(program.graph, problem, word, (program.source, Span(0, 0)))
    message = f"this has no value at some positions: {problem.message}"
    hint = "say what it is there, as in `x / m if m != 0 else 0`"
    notes = (f"one is position {problem.position} of the input {show_input(word)}",)
    return replace(failure, message=message, hint=hint, notes=notes, severity="warning", code="no-value")


def list_told(program: Program, lines: Iterable[CompileLine]) -> Iterator[Trial]:
    """What the text says is to be compiled, with its tokens."""
    for line in lines:
        try:
            node = program.sop(line.expression)
        except RaspError:
            continue
        if not line.no_value:
            letters = choose_letters(node, line.vocabulary)
            yield Trial(node, tuple(list_words(letters, line.max_length or LONG)), line.attention)


def list_last(program: Program) -> Iterator[Trial]:
    """The s-ops with a name that no other with a name needs."""
    named = [value for value in program.bindings.values() if isinstance(value, Node)]
    needed = {part for node in named for part in list_reachable(node.args)}
    for node in dict.fromkeys(named):
        if isinstance(node.op, SequenceOp) and node not in needed:
            yield Trial(node, tuple(list_words(choose_letters(node, None), LONG)), "full")


def choose_letters(node: Node, vocabulary: Sequence[Atom] | None) -> list[Atom]:
    """A few tokens: zeros first, then what the program compares with, then others."""
    parts = list_reachable([node])
    constants = [part.op.value.value for part in parts if isinstance(part.op, Constant)]
    if vocabulary is None:
        digits = any(isinstance(part.op, Map) and reads_number(part) for part in parts)
        vocabulary = "0123" if digits else [*(c for c in constants if isinstance(c, str)), "a", "b"]
    ranked = sorted(vocabulary, key=lambda token: (token not in (0, "0"), token not in constants))
    return list(dict.fromkeys(ranked))[:LETTERS]


def reads_number(node: Node) -> bool:
    assert isinstance(node.op, Map)
    return node.op.prim in ("to_int", "to_float") and isinstance(node.args[0].op, Tokens)


def list_words(letters: Sequence[Atom], longest: int) -> Iterator[tuple[Atom, ...]]:
    """Words to try, the short ones first."""
    for length in range(1, min(SHORT, longest) + 1):
        yield from product(letters, repeat=length)
    if longest > SHORT:
        yield from ((letter,) * min(LONG, longest) for letter in letters)
