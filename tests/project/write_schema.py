"""The JSON Schemas of what is printed and written, from its types: `make docs` writes them into docs/."""

import json
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import jsonschema

from compiler.json_forms import answer_forms, circuit_forms, compile_forms, model_forms, training_forms
from rasp.diagnostics import DiagnosticRecord, MessagesRecord, UnansweredRecord
from tests.places import DOCS

CHECKPOINT_SCHEMA = DOCS / "checkpoint.schema.json"
OUTPUT_SCHEMA = DOCS / "output.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
#: What a command prints with `--json`, each time it prints a line, besides what `ALWAYS` says.
PRINTED: dict[str, Any] = {
    "run": object,
    "apply": answer_forms.Values
    | dict[str, answer_forms.Values]
    | answer_forms.UncertainAnswerRecord
    | UnansweredRecord,
    "generate": answer_forms.GenerationRecord | UnansweredRecord,
    "check": list[DiagnosticRecord],
    "test": list[answer_forms.ExamplesRecord],
    "compile": compile_forms.CompilationRecord | training_forms.MadeSuperposed,
    "info": compile_forms.CheckpointInfo | compile_forms.FolderInfo | training_forms.SuperposedInfo,
    "verify": answer_forms.VerificationRecord,
    "export": answer_forms.ExportRecord,
    "golden": answer_forms.GoldenRecord,
    "inspect": answer_forms.PageRecord,
    "opt": compile_forms.RewritingRecord | list[compile_forms.RuleRecord],
    "bisect": compile_forms.FoundCulprit | compile_forms.FoundLarger,
    "circuit": circuit_forms.CircuitRecord | circuit_forms.CircuitSummary | circuit_forms.SetRecord,
    "train": training_forms.TrainedRecord,
}
ALWAYS = MessagesRecord
WRITTEN: dict[str, Any] = {
    "rasp.json": model_forms.CheckpointRecord
    | compile_forms.StockFolderRecord
    | compile_forms.ExportFolderRecord
    | training_forms.SuperposedRecord,
    "circuit.json": circuit_forms.CircuitRecord,
    "pairs.jsonl": circuit_forms.PairRecord,
    "made.json": circuit_forms.MadeRecord,
    "index.json": circuit_forms.IndexRecord,
    "golden.json": answer_forms.GoldenIndex,
    "NAME.jsonl": answer_forms.BatchRecord,
    "training.json": training_forms.TrainingRecord,
}


def schema_of(form: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a form; those of named forms inside it are added to the definitions."""
    if is_typeddict(form):
        if form.__name__ not in definitions:
            definitions[form.__name__] = {}  # lest it is looked at again
            definitions[form.__name__] |= schema_of_object(form, definitions)
        return {"$ref": f"#/$defs/{form.__name__}"}
    match get_origin(form) or form, get_args(form):
        case origin, _ if origin is object:
            return {}
        case origin, (item,) if origin is list:
            return {"type": "array", "items": schema_of(item, definitions)}
        case origin, (_, item) if origin is dict:
            return {"type": "object", "additionalProperties": schema_of(item, definitions)}
        case origin, names if origin is Literal:
            return {"enum": list(names)}
        case origin, forms if origin in (UnionType, Union):
            # `typing` keeps unions, and takes one for another in another order: that of whoever was imported first.
            ordered = sorted(forms, key=lambda form: [*PLAIN, form].index(form))
            return {"anyOf": [schema_of(each, definitions) for each in ordered]}
        case plain, _:
            return {"type": PLAIN[plain]}


def schema_of_object(form: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(form)
    return {
        "description": form.__doc__,
        "type": "object",
        "properties": {name: schema_of(hint, definitions) for name, hint in hints.items()},
        "required": [name for name in hints if name in form.__required_keys__],
        "additionalProperties": False,
    }


def write_checkpoint_schema() -> str:
    """What docs/checkpoint.schema.json has to hold."""
    definitions: dict[str, Any] = {}
    top = schema_of(model_forms.CheckpointRecord, definitions)
    head = {"$schema": DIALECT, "title": "rasp.json of a checkpoint"}
    return json.dumps(head | top | {"$defs": definitions}, indent=1) + "\n"


def write_output_schema() -> str:
    """What docs/output.schema.json has to hold: a definition for each command, and for each file."""
    named: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for command, form in PRINTED.items():
        said = schema_of(form if form is object else form | ALWAYS, definitions)
        named[command] = {"description": f"a line of `rasp {command} --json`"} | said
    for file, form in WRITTEN.items():
        named[file] = {"description": file} | schema_of(form, definitions)
    schema_of(UnansweredRecord, definitions)  # of `rasp run`, whose values are any JSON
    head = {"$schema": DIALECT, "title": "what `--json` prints, by command, and what is written, by file"}
    return json.dumps(head | {"$defs": named | definitions}, indent=1) + "\n"


def find_validator(name: str) -> jsonschema.Draft202012Validator:
    """What tells whether data has the form of a command, a file or a record, by the schema in docs/."""
    schema = json.loads(OUTPUT_SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})


SCHEMAS = {CHECKPOINT_SCHEMA: write_checkpoint_schema, OUTPUT_SCHEMA: write_output_schema}


if __name__ == "__main__":
    for path, write in SCHEMAS.items():
        path.write_text(write(), encoding="utf-8")
