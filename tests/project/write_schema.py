"""The JSON Schema of a checkpoint's record, from its types: `python -m tests.project.write_schema` writes it into docs/."""

import json
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from compiler.report.json_forms import CheckpointRecord
from compiler.trained.superposed_files import SuperposedRecord
from rasp.diagnostics import DiagnosticRecord
from tests.places import DOCS

SCHEMA = DOCS / "checkpoint.schema.json"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema_of(form: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a form; those of named forms inside it are added to the definitions."""
    if is_typeddict(form):
        if form.__name__ not in definitions:
            definitions[form.__name__] = {}  # lest it is looked at again
            definitions[form.__name__] |= schema_of_object(form, definitions)
        return {"$ref": f"#/$defs/{form.__name__}"}
    match get_origin(form) or form, get_args(form):
        case origin, (item,) if origin is list:
            return {"type": "array", "items": schema_of(item, definitions)}
        case origin, (_, item) if origin is dict:
            return {"type": "object", "additionalProperties": schema_of(item, definitions)}
        case origin, names if origin is Literal:
            return {"enum": list(names)}
        case origin, forms if origin in (UnionType, Union):
            return {"anyOf": [schema_of(each, definitions) for each in forms]}
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


def schema_text() -> str:
    """What docs/checkpoint.schema.json has to hold."""
    definitions: dict[str, Any] = {}
    top = schema_of(CheckpointRecord, definitions)
    schema_of(DiagnosticRecord, definitions)  # what `--json` tells: of no checkpoint, but of the same program
    schema_of(SuperposedRecord, definitions)  # the rasp.json of a model that was trained
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rasp.json of a checkpoint"}
    return json.dumps(head | top | {"$defs": definitions}, indent=1) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
