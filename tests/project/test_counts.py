"""A number and its noun agree wherever we write them: `show_count` says "1 layer" and "2 layers"."""

import re

import pytest

from rasp.values import show_count
from tests.places import ROOT

NOUNS = (
    "argument atom block byte case character class column edge element error example file head hidden input key layer"
    " line loop model name neuron node number operation output parameter pass position program"
    " question round row sample statement step time token trial unit value warning way word"
)
PLURAL = "|".join(f"{noun}(?:e?s)" for noun in NOUNS.split())
#: A number in a text of ours, then (behind at most one adjective) a noun in the plural.
WRITTEN = re.compile(rf"\{{(?P<number>[^{{}}]*)\}}(?: [a-z]+)? (?:{PLURAL})\b")
#: What agrees whatever stands there, and why.
SEVERAL = {
    "compiler/commands/verify.py: {found.per_second:,.0f} inputs": "a rate",
    "compiler/completions/decoder_words.py: {len(values):,} values": "more than a limit",
    "compiler/completions/plan_decoder.py: {length:,} tokens": "more than a limit",
    "compiler/effort.py: {self.limit:,.0f} numbers": "a limit",
    'compiler/emit/assemble.py: {"embedding.positions": positions} if positions': "no text",
    "compiler/explorer/build_page.py: {len(page):,} bytes": "more than a limit",
    "compiler/export/files.py: {len(files[name]):,} bytes": "more than a limit",
    "compiler/export/files.py: {needed:,} bytes": "more than a limit",
    "compiler/export/read_file.py: {most:,} bytes": "a limit",
    "compiler/export/records.py: {modules:,} layers": "more than a limit",
    "compiler/model/generate.py: {count} tokens": "less than none",
    "compiler/model/sampling.py: {self.top_k} tokens": "none or less",
    "compiler/trained/describe_superposed.py: {outcome.inputs_right:.4f} of inputs": "a share",
    "compiler/trained/describe_superposed.py: {outcome.positions_right:.4f} of positions": "a share",
    "compiler/training/learn.py: {self.settings.patience * self.settings.every:,} steps": "hundreds",
    "compiler/training_commands/train_command.py: {results['inputs_right']:.4f} of inputs": "a share",
    "compiler/training_commands/train_command.py: {results['positions_right']:.4f} of positions": "a share",
    "compiler/transformer/arithmetic.py: {proved} numbers": "a kind of numbers",
    "rasp/command_line/checked_command.py: {times} times": "two or more",
    "rasp/command_line/input_lines.py: {LONGEST_LINE:,} bytes": "a limit",
    "compiler/emit/weights.py: {len(classes):,} values": "more than a limit",
    "compiler/explorer/build_page.py: {len(output.classes):,} values": "more than a limit",
    "compiler/strict_json/class_records.py: {longest} numbers": "more than a limit",
    "compiler/lowering/readouts.py: {len(numbers):,} values": "more than a limit",
    "rasp/drawing/draw_file.py: {len(drawing):,} characters": "more than a limit",
    "rasp/drawing/picture.py: {length:,} elements": "more than a limit",
    "rasp/elaborate/binding.py: {len(names)} names": "two or more",
    "rasp/graph/cost.py: {' + '.join(map(str, numbers))} heads": "several layers of them",
    "rasp/graph/primitives.py: {find_kind(b)} values": "a kind of values",
    "rasp/graph/primitives.py: {find_kind(text)} values": "a kind of values",
    "rasp/graph/primitives.py: {kinds} values": "a kind of values",
    "rasp/page_answers/question.py: {len(tokens):,} tokens": "more than a limit",
    "rasp/page_answers/question.py: {len(value):,} characters": "more than a limit",
    "rasp/values.py: {others} values": "a kind of values",
}


@pytest.mark.parametrize(
    "count, noun, shown",
    [
        (0, "layer", "0 layers"),
        (1, "layer", "1 layer"),
        (1200, "layer", "1,200 layers"),
        (2, "class", "2 classes"),
    ],
)
def test_a_noun_agrees_with_its_number(count: int, noun: str, shown: str) -> None:
    assert show_count(count, noun) == shown


def test_numbers_are_written_with_their_nouns() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in ("rasp", "compiler")
        for path in (ROOT / folder).rglob("*.py")
        for match in WRITTEN.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set(SEVERAL)
