"""The README's gallery: what each engine's line says works (here on fewer inputs), and no engine is forgotten."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.engines.engine_table import ENGINES
from compiler.formats.format_names import FORMAT_NAMES
from tests.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## In other software\n")[2].partition("\n## ")[0]
#: An engine, and the command that makes and checks its model.
ROWS = dict(re.findall(r"^\| ([^|]+) \| `rasp ([^`]+)` \| [^|]+ \|$", SECTION, re.MULTILINE))
#: The models that they start from: the plain one is the README's first.
MAKERS = ("compile reverse.rasp -o reversed", *re.findall(r"^rasp (compile .*)$", SECTION, re.MULTILINE))
MODULES = {
    "transformers": "transformers",
    "ONNX Runtime": "onnxruntime",
    "OpenVINO": "openvino",
    "CTranslate2": "ctranslate2",
    "llama.cpp": "xllamacpp",
    "TransformerLens": "transformer_lens",
    "nnsight": "nnsight",
    "nanoGPT": "torch",
}


def run(line: str) -> None:
    result = CliRunner().invoke(main, shlex.split(line), prog_name="rasp")
    assert result.exit_code == 0, result.output
    assert "%|" not in result.output  # a library's bar of progress


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models that the lines start from."""
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "programs").symlink_to(ROOT / "programs")
    [program] = re.findall(r"^```rasp reverse.rasp\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (folder / "reverse.rasp").write_text(program, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in MAKERS:
            run(line)
    return folder


@pytest.mark.parametrize("engine", ROWS)
def test_the_line_of_an_engine_works(engine: str, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec(MODULES[engine]) is None:
        pytest.skip(f"{MODULES[engine]} is not installed")
    monkeypatch.chdir(models)
    run(f"{ROWS[engine]} --budget 200")


def test_every_format_and_engine_has_a_line() -> None:
    assert set(ROWS) == set(MODULES)
    told = {word for line in ROWS.values() for word in line.split()}
    assert set(FORMAT_NAMES) | {"openvino"} < told
    untold = {name for name, row in ENGINES.items() if name not in told and row.format not in told}
    assert untold == {"transformers-eager"}  # the same library
