"""Runs an engine against the golden models beside this file. It needs nothing but Python and the engine.

Write a function `answer(folder, prompts, count)`: of the model in `folder`, for each prompt (a list of ids, BOS first) the
list of the `count` ids that follow, each the likeliest. Then

    python check_golden.py my_engine:answer [CASE...]       from where my_engine.py lies; exit code 1 where one is wrong

or, in a test of pytest's,

    from check_golden import check_case, list_names
    @pytest.mark.parametrize("name", list_names())
    def test_golden(name): assert check_case(name, answer) == []
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
Answer = Callable[[str, list[list[int]], int], Sequence[Sequence[int]]]


def list_names(folder: Path = HERE) -> list[str]:
    """The names of all cases."""
    return [case["name"] for case in json.loads((folder / "golden.json").read_text())["cases"]]


def check_case(name: str, answer: Answer, folder: Path = HERE) -> list[str]:
    """What the engine answers wrongly of a case, in words: nothing, where it is right."""
    wrong: list[str] = []
    for line in (folder / f"{name}.jsonl").read_text().splitlines():
        given = json.loads(line)
        found = [list(ids) for ids in answer(str(folder / name), given["prompts"], given["new_tokens"])]
        if len(found) != len(given["prompts"]):
            wrong.append(f"{len(given['prompts'])} prompts have {len(found)} answers")
            continue
        for prompt, ids, expected in zip(given["prompts"], found, given["expected"], strict=True):
            if ids != expected:
                wrong.append(f"after {prompt} come {expected}, not {ids}")
    return wrong


def main(words: Sequence[str], folder: Path = HERE) -> int:
    """Check the cases that are named, or all; the exit code."""
    if not words or ":" not in words[0]:
        print("usage: check_golden.py MODULE:FUNCTION [CASE...]", file=sys.stderr)
        return 2
    unknown = [name for name in words[1:] if name not in list_names(folder)]
    if unknown:
        print(f"there is no case {unknown[0]}: {', '.join(list_names(folder))}", file=sys.stderr)
        return 2
    module, _, function = words[0].partition(":")
    sys.path.insert(0, os.getcwd())
    answer: Answer = getattr(importlib.import_module(module), function)
    failed = False
    for name in words[1:] or list_names(folder):
        wrong = check_case(name, answer, folder)
        print(f"{name}: {'right' if not wrong else f'{len(wrong)} wrong; {wrong[0]}'}")
        failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
