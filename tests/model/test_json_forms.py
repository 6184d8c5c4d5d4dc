"""What is told of a model as JSON has one form, which `docs/checkpoint.schema.json` says to others."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from compiler import CompileOptions, compile_program, save
from compiler.json_forms.model_forms import CheckpointRecord, Summary, SymbolMap
from compiler.strict_json.read_form import read_form
from rasp.elaborate.program import load_program
from rasp.source import Source
from rasp.syntax.directives import read_directives
from tests.places import PROGRAMS
from tests.project.write_schema import CHECKPOINT_SCHEMA, SCHEMAS

#: Programs with heads of all kinds, look-ups, cleared columns, several outputs' worth of decisions, and none.
FILES = sorted(PROGRAMS.rglob("*.rasp"))[::4]
VALIDATOR = jsonschema.Draft202012Validator(json.loads(CHECKPOINT_SCHEMA.read_text(encoding="utf-8")))


def written(file: Path, folder: Path) -> dict[str, Any]:
    """The rasp.json of a program, compiled by the first of its `# compile:` lines."""
    source = Source(str(file), file.read_text(encoding="utf-8"))
    line = read_directives(source).compiles[0]
    assert line.vocabulary is not None and line.max_length is not None
    options = CompileOptions(line.vocabulary, line.max_length, line.attention)
    save(compile_program(load_program(source), {"out": line.expression}, options), folder)
    return json.loads((folder / "rasp.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_schemas_are_what_the_types_say(path: Path) -> None:
    text = SCHEMAS[path]()
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    assert path.read_text(encoding="utf-8") == text, "make docs"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_checkpoints_have_the_form(file: Path, tmp_path: Path) -> None:
    record = written(file, tmp_path / "model")
    VALIDATOR.validate(record)
    assert read_form(CheckpointRecord, record) == record


def change(record: Any, path: tuple[str | int, ...], value: object) -> None:
    """Put a value in a place; `...` takes away what is there."""
    *above, last = path
    for step in above:
        record = record[step]
    if value is ...:
        del record[last]
    else:
        record[last] = value


#: What is changed in a record, and to what: none of these has the form.
WRONG: dict[str, tuple[tuple[str | int, ...], object]] = {
    "missing": (("summary", "certificate"), ...),
    "more": (("summary", "certificate", "proved"), True),
    "a text for a number": (("summary", "layers"), "1"),
    "a boolean for a number": (("summary", "layers"), True),
    "a fraction for a count": (("summary", "layers"), 1.5),
    "a kind that there is not": (("options", "attention"), "sideways"),
    "a number for a kind": (("options", "dialect"), 0),
    "not a list": (("symbols", "parts"), {}),
    "a list in a list": (("symbols", "columns", 0), []),
    "a part of no kind": (("symbols", "parts", 1, "units"), [0, 1]),
    "a token that is none": (("options", "vocabulary", 0), None),
    "no map": (("expressions", "out"), 1),
}


@pytest.mark.parametrize(("path", "value"), WRONG.values(), ids=WRONG)
def test_what_has_another_form_is_refused(path: tuple[str | int, ...], value: object, tmp_path: Path) -> None:
    record = written(PROGRAMS / "sorting" / "sort.rasp", tmp_path / "model")
    change(record, path, value)
    assert not VALIDATOR.is_valid(record)
    with pytest.raises(ValueError, match=r"\S"):
        read_form(CheckpointRecord, record)


def test_properties_have_the_form() -> None:
    source = Source("<test>", "")
    compiled = compile_program(load_program(source), "length", CompileOptions(("a", "b"), 4))
    assert read_form(Summary, json.loads(json.dumps(compiled.summary))) == compiled.summary
    assert read_form(SymbolMap, json.loads(json.dumps(compiled.symbols))) == compiled.symbols
