"""Every command that a help text, a document or a hint tells works: examples run, and what is only mentioned exists.

Examples are the lines of help texts and of documents' blocks that start with `rasp` or `$ rasp`. They run in a scratch
folder with the files that they name; those that compile come first, since others use their models. Of the documents
that `tests/project/test_docs.py` replays, only the blocks are looked at that it leaves alone.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from glob import glob
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.training_commands import superpose_command
from tests.places import ROOT
from tests.project import test_docs
from tests.project.documents import BLOCK, block_of

DOCUMENTS = (*sorted((ROOT / "docs").glob("*.md")), *map(ROOT.joinpath, ("README.md", "programs/README.md")))
DOCUMENTS += (
    ROOT / "editors" / "README.md",
    ROOT / "editors" / "vscode" / "README.md",
    ROOT / "benchmarks" / "README.md",
)
EXAMPLE = re.compile(r"^\s*(?:\$ )?rasp (?P<rest>(?:[^\\\n]|\\[\s\S])*)$", re.MULTILINE)
MENTION = re.compile(r"`rasp ([^`\n]+)`")
#: A remark behind an example.
REMARK = re.compile(r"\s{2,}[(#].*$")
#: Blocks that are not replayed.
LEFT_ALONE = ("sh", "text")
#: What cannot run here, and why.
LEFT_OUT = {
    "rasp compile parity.rasp --target gpt2 -o parity": "tests/model/test_stock.py does, where transformers is",
    "rasp compile reverse.rasp --target bert -o reverse": "tests/model/test_stock.py does, where transformers is",
    **dict.fromkeys(
        (
            "rasp compile programs/language/induction.rasp --target gpt2 -o induction",
            "rasp compile programs/language/induction.rasp --target llama -o induction-llama",
        ),
        "tests/model/test_gallery.py does, where transformers is",
    ),
    "rasp golden goldens": "tests/model/test_golden.py does, where transformers is",
    "rasp export sorted --to onnx -o sorted-onnx": "tests/model/test_exports.py does, where onnx is",
    "rasp verify sorted-onnx": "tests/model/test_exports.py does, where onnx is",
    "rasp verify sorted --engine onnxruntime": "tests/model/test_exports.py does, where onnx is",
    "rasp compile programs/sorting/sort.rasp -e sorted_tokens --vocab abcd --max-length 6 "
    "--decode --target llama -o scribe": "needs transformers",
    "rasp generate scribe cab": "needs transformers",
    "rasp generate scribe cab --scratchpad": "needs transformers",
    "rasp verify parity": "tests/model/test_stock.py does, where transformers is",
    "rasp train counts.rasp -e hist --vocab abcd --max-length 8 -o trained": "takes minutes: see test_training.py",
    "rasp train programs/counting/histogram.rasp -e histogram --vocab abcdef --max-length 8 -o trained": "takes minutes: "
    "see test_training.py",
    "rasp train counts.rasp -e hist --heads 2 --trained-length 6 --steps 2000": "takes minutes: see test_training.py",
    "rasp train counts.rasp -e hist --start compiled --noise": "takes minutes: see test_training.py",
    "rasp serve": "waits for a browser: see test_playground.py",
    "rasp serve --open": "waits for a browser: see test_playground.py",
    "rasp serve --port 0 --open": "waits for a browser: see test_playground.py",
    "rasp test programs/": "takes minutes; tests/compiler/test_programs.py runs the same",
    "rasp test programs --json": "takes minutes; tests/compiler/test_programs.py runs the same",
}
FILES = {
    "sort.rasp": '# compile: sorted vocab="abceg" max_length=7\nsorted = sort(tokens, tokens);\nsorted_tokens = sorted;\n',
    "counts.rasp": "hist = selector_width(select(tokens, tokens, ==));\n",
    "sums.rasp": "total = tokens_int + 1;\n",
    "alphabet.rasp": '# compile: next vocab="abcdefg" max_length=7 attention=causal\n'
    'next = {"a": "b", "b": "c", "c": "d", "d": "e", "e": "f", "f": "g", "g": "a"}[tokens];\n',
    "session.txt": "x = 1;\n",
    "words.txt": "abc\ncab\n",
    "prompts.txt": "a\nab\n",
    "inputs.txt": "abc\ncab\n",
}
#: Models that examples use, by the command that makes them.
MODELS = {"alphabet": "compile alphabet.rasp -o alphabet"}
#: That a training ends in a model is shown by a short one; how right models become, tests/model/test_superposed.py says.
FEW_STEPS = replace(superpose_command.STEPS, steps=40)
#: Other words of a command line than those of the program.
REDIRECTED = re.compile(r"\s(>|<|\|)\s.*$")


def helps(command: click.Command = main, name: str = "rasp") -> Iterator[tuple[str, str]]:
    """The help texts of a command and those in it."""
    yield name, command.help or ""
    if isinstance(command, click.Group):
        for word, inner in command.commands.items():
            yield from helps(inner, f"{name} {word}")


def texts() -> dict[str, str]:
    found = {f"{name} --help": text for name, text in helps()}
    return found | {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}


def examples() -> dict[str, str]:
    """Command lines by where they stand first."""
    found: dict[str, str] = {}
    for place, text in texts().items():
        if place in test_docs.DOCUMENTS:
            text = "\n".join(
                block.body for block in map(block_of, BLOCK.finditer(text)) if block.words[0] in LEFT_ALONE
            )
        for match in EXAMPLE.finditer(text):
            line = re.sub(r"\\\n\s*", "", f"rasp {match['rest']}")
            found.setdefault(REMARK.sub("", line).strip(), place)
    return found


EXAMPLES = examples()


def words_of(line: str) -> list[str]:
    words = shlex.split(REDIRECTED.sub("", line))[1:]
    return [each for word in words for each in (sorted(glob(word)) if "*.rasp" in word else [word])]


Outcome = tuple[int, str]
"""Exit code, and the message if it is not 0."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome]]:
    """A folder with the files that examples name, and the models that they make: with what came of making them."""
    folder = tmp_path_factory.mktemp("scratch")
    (folder / "programs").symlink_to(ROOT / "programs")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(superpose_command, "STEPS", FEW_STEPS)
        lines = [*(f"rasp {made}" for made in MODELS.values()), *EXAMPLES]
        made = {line: run(line) for line in lines if " -o " in line and line not in LEFT_OUT}
    return folder, made


def run(line: str) -> Outcome:
    given = re.search(r"\s<\s(\S+)", line)
    typed = Path(given[1]).read_text(encoding="utf-8") if given else ""
    result = CliRunner().invoke(main, words_of(line), prog_name="rasp", input=typed)
    return result.exit_code, result.stderr if result.exit_code else ""


@pytest.mark.parametrize("line", [line for line in EXAMPLES if line not in LEFT_OUT])
def test_examples_run(
    line: str, scratch: tuple[Path, dict[str, Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, made = scratch
    monkeypatch.chdir(folder)
    assert (made[line] if line in made else run(line)) == (0, ""), EXAMPLES[line]


def test_models_of_examples_are_made(scratch: tuple[Path, dict[str, Outcome]]) -> None:
    assert {line: outcome for line, outcome in scratch[1].items() if outcome != (0, "")} == {}


def test_examples_are_found() -> None:
    assert EXAMPLES.keys() >= LEFT_OUT.keys()
    assert len(EXAMPLES) >= 30
    assert {place for place in EXAMPLES.values() if place.endswith("--help")} >= {
        f"rasp {name} --help"
        for name in ("run", "check", "compile", "verify", "apply", "info", "generate", "test", "fmt")
    }


def mentions() -> set[str]:
    """What is mentioned inside of sentences, in documents, hints and messages."""
    sources = [path for folder in ("rasp", "compiler") for path in (ROOT / folder).rglob("*.py")]
    found = [*texts().values(), *(path.read_text(encoding="utf-8") for path in sources)]
    return {match for text in found for match in MENTION.findall(text)}


def test_what_is_mentioned_exists() -> None:
    for mention in sorted(mentions()):
        words = mention.replace("{", "").replace("}", "").split()
        name, options = words[0], [word for word in words if word.startswith("-")]
        if name in ("prog.rasp", "COMMAND", "<") or name.startswith("-"):
            continue
        choices = {
            option: parameter.type.choices
            for parameter in (main.commands[name].params if name in main.commands else ())
            if isinstance(parameter.type, click.Choice)
            for option in parameter.opts
        }
        assert name in main.commands or name.isupper() or name.endswith(".rasp"), mention
        known = (
            {option for parameter in main.commands[name].params for option in parameter.opts}
            if name in main.commands
            else set()
        )
        assert {option for option in options if option != "--help"} <= known | {"-", "-h"}, mention
        for option, value in pairwise(words):
            assert option not in choices or value.isupper() or value in choices[option], mention
