"""How long parsing and elaborating takes: a table, in processor seconds of this machine.

python benchmarks/frontend.py
"""

import time

from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.parser import parse

RUNS = 5


def functions(count: int) -> str:
    """A text of `count` small functions of four lines."""
    body = "  c = select(a, b, ==) and not select(indices, indices, <);\n  return aggregate(c, a * 2 + 1);\n"
    return "\n".join(f"def f{i}(a, b) {{\n{body}}}" for i in range(count))


def selectors(count: int) -> str:
    """A text that makes dictionaries of 50 selectors each and one selector of them all."""
    made = "".join(
        f"d{i} = {{j: select(indices, indices - j - {i}, ==) for j in range(50)}};\n" for i in range(count)
    )
    used = "".join(f"for j in range(50) {{ s = s or not d{i}[j]; }}\n" for i in range(count))
    return f"{made}s = full_s;\n{used}"


def best(run: object) -> float:
    """The least processor time of several runs: the machine may be busy."""
    times: list[float] = []
    for _ in range(RUNS):
        started = time.process_time()
        run()  # type: ignore[operator]
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    """Print the table."""
    for name, text in (("400 lines of functions", functions(100)), ("5,000 selectors", selectors(100))):
        source = Source("<benchmark>", text)
        parsing = best(lambda source=source: parse(source))
        whole = best(lambda source=source: load_program(source))
        print(f"{name:24} parse {parsing:.3f} s   parse and elaborate {whole:.3f} s")


if __name__ == "__main__":
    main()
