"""How fast the interpreter is: seconds for one evaluation, beside the reference interpreter's.

    python benchmarks/interpreter.py

Building the graph is not counted, converting the input and the answer is. The reference's figures are CPU
seconds of its interpreter (tech-srl/RASP, commit 61dde62), start-up and parsing excluded; its cost grows with
the square of the length, so there are none for n = 20,000. The last table evaluates 100,000 inputs of
length 10 at once, as verification does. Before it, calls of a loaded program are measured beside the same program in numpy
with n × n matrices (`benchmarks/plain_numpy.py`), in CPU seconds of the thread.
"""

import math
import random
import resource
import time
import timeit
from collections.abc import Callable

import rasp
from benchmarks.plain_numpy import PLAIN
from rasp.api import Runnable
from rasp.graph.nodes import Node
from rasp.interpret.atom_array import AtomArray
from rasp.interpret.evaluate import evaluate, evaluate_batch

LENGTHS = (10, 100, 300, 1000, 20_000)
SHORT_LENGTHS = (10, 30, 100, 200, 500, 1000)
CALLS = 20

HISTOGRAM = "answer = selector_width(select(tokens, tokens, ==));"
REVERSE = "answer = aggregate(select(indices, length - 1 - indices, ==), tokens);"
SORT = """
before = select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <));
answer = aggregate(select(selector_width(before), indices, ==), tokens);
"""
DOUBLE_HISTOGRAM = """
freq = selector_width(select(tokens, tokens, ==));
same = select(freq, freq, ==);
first = not has_focus(select(tokens, tokens, ==) and select(indices, indices, <));
answer = selector_width(same and select(first, True, ==));
"""
DYCK_1 = """
prev = select(indices, indices, <=);
opens = round(aggregate(prev, indicator(tokens == "(")) * (indices + 1));
closes = round(aggregate(prev, indicator(tokens == ")")) * (indices + 1));
bal = opens - closes;
bad = aggregate(prev, indicator(bal < 0)) > 0;
answer = "F" if bad else ("T" if bal == 0 else "P");
"""
DYCK_2 = """
prev = select(indices, indices, <=);
opening = tokens in ["(", "["];
opens = round(aggregate(prev, indicator(opening)) * (indices + 1));
depth = opens - (indices + 1 - opens);
level = depth if opening else depth + 1;
same_level = select(level, level, ==);
turn = selector_width(same_level and prev);
opener = same_level and select(turn, turn - 1, ==) and select(opening, True, ==);
pair = aggregate(opener, tokens, "-") + tokens;
wrong = (depth < 0) or (not (opening or (pair in ["()", "[]"])));
bad = aggregate(prev, indicator(wrong)) > 0;
answer = "F" if bad else ("T" if depth == 0 else "P");
"""

#: name: (program, alphabet, the reference's seconds at n = 10, 100, 300, 1000)
PROGRAMS: dict[str, tuple[str, str, tuple[float, ...]]] = {
    "histogram": (HISTOGRAM, "abcdefghijklmnopqrstuvwxyz", (0.001, 0.14, 0.86, 8.3)),
    "reverse": (REVERSE, "abcdefghijklmnopqrstuvwxyz", (0.001, 0.06, 0.53, 6.5)),
    "sort": (SORT, "abcdefghijklmnopqrstuvwxyz", (0.002, 0.15, 1.4, 16.3)),
    "double histogram": (DOUBLE_HISTOGRAM, "abcdefghijklmnopqrstuvwxyz", (0.003, 0.24, 2.1, 25.8)),
    "dyck-1": (DYCK_1, "()", (0.001, 0.05, 0.32, 4.0)),
    "dyck-2": (DYCK_2, "()[]", (0.005, 0.31, 2.2, 25.0)),
}


def answer_of(text: str) -> Node:
    runnable = rasp.load(text)["answer"]
    assert isinstance(runnable, Runnable)
    return runnable.node


def brackets(alphabet: str, length: int, choice: random.Random) -> list[str]:
    """A word with properly nested brackets (and one open at the end of an odd length)."""
    word: list[str] = []
    open_ones: list[str] = []
    while len(word) < length:
        if open_ones and (choice.random() < 0.5 or len(open_ones) >= length - len(word)):
            word.append(open_ones.pop())
        else:
            kind = choice.randrange(len(alphabet) // 2) * 2
            word.append(alphabet[kind])
            open_ones.append(alphabet[kind + 1])
    return word


def sample(alphabet: str, length: int, choice: random.Random) -> list[str]:
    return brackets(alphabet, length, choice) if "(" in alphabet else choice.choices(alphabet, k=length)


def seconds(run: Callable[[], object], repeats: int) -> float:
    """The best of several runs."""
    best = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def single_inputs() -> None:
    choice = random.Random(1)
    ratios: list[float] = []
    print(f"{'program':18}" + "".join(f"{f'n={n}':>12}" for n in LENGTHS) + f"{'reference':>12}{'ratio':>10}")
    for name, (text, alphabet, reference) in PROGRAMS.items():
        node = answer_of(text)
        row: list[float] = []
        for length in LENGTHS:
            tokens = sample(alphabet, length, choice)
            row.append(seconds(lambda node=node, tokens=tokens: evaluate([node], [tokens]), 5))
        ratios.append(reference[3] / row[3])
        cells = "".join(f"{value:12.6f}" for value in row)
        print(f"{name:18}{cells}{reference[3]:12.1f}{ratios[-1]:9.0f}x")
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"at n=1000, geometric mean: {mean:.0f} times as fast as the reference")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB\n")


def beside_numpy() -> None:
    choice = random.Random(3)
    print(f"{'µs a call, numpy, ratio':18}" + "".join(f"{f'n={n}':>22}" for n in SHORT_LENGTHS))
    for name, plain in PLAIN.items():
        runnable = rasp.load(PROGRAMS[name][0])["answer"]
        assert isinstance(runnable, Runnable)
        cells: list[str] = []
        for length in SHORT_LENGTHS:
            tokens = sample(PROGRAMS[name][1], length, choice)
            assert runnable(tokens) == plain(tokens)
            ours = microseconds(lambda run=runnable, tokens=tokens: run(tokens))
            theirs = microseconds(lambda run=plain, tokens=tokens: run(tokens))
            cells.append(f"{ours:8.0f}{theirs:8.0f}{ours / theirs:5.1f}x")
        print(f"{name:18}" + "".join(cells))
    print()


def microseconds(run: Callable[[], object]) -> float:
    """CPU time of a call: the best of many rounds."""
    rounds = timeit.repeat(run, number=CALLS, repeat=30, timer=time.thread_time)
    return min(rounds) / CALLS * 1e6


def many_inputs() -> None:
    choice = random.Random(2)
    print(f"{'100,000 inputs of length 10':34}{'arrays':>12}{'lists':>12}")
    for name, (text, alphabet, _) in PROGRAMS.items():
        node = answer_of(text)
        inputs = [choice.choices(alphabet[:6], k=10) for _ in range(100_000)]
        column = AtomArray.from_atoms(inputs)
        arrays = seconds(lambda node=node, column=column: evaluate_batch([node], column), 2)
        lists = seconds(lambda node=node, inputs=inputs: evaluate([node], inputs), 1)
        print(f"{name:34}{arrays:12.3f}{lists:12.3f}")


if __name__ == "__main__":
    single_inputs()
    beside_numpy()
    many_inputs()
