"""What generators of clients read wrongly, written in the way that they read as it is meant.

Rule: the document describes the same requests and answers as before, except that it leaves out two ways of saying
nothing: a query parameter that is null, and a body that is null. Absent is enough for a client.
"""

from __future__ import annotations

import json
from typing import Any

from api.openapi.parts import used_by_answers, used_by_requests

_NULL = {"type": "null"}
_TEXT = {"type": "string"}
# What holds values, or what a value must not be.
_VALUES = frozenset({"default", "example", "examples", "discriminator", "required", "not"})


def suit_generators(document: dict[str, Any]) -> None:
    """Change the document in place, after everything else in it is complete."""
    schemas = document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _not_null(parameter["schema"])
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content["schema"] = _not_null(content["schema"])
    of_requests, of_answers = used_by_requests(document), used_by_answers(document)
    for name, schema in schemas.items():
        for field in schema.get("properties", {}).values():
            _plain_default(field, of_request=name in of_requests)
    for name in of_answers - of_requests:
        if "enum" not in schemas[name]:
            schemas[name] = _open(schemas[name], schemas)


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that is given. A `pattern` beside `anyOf` is moved to the one choice that is left."""
    choices = [each for each in schema.get("anyOf", ()) if each != _NULL]
    if len(choices) != 1:
        return schema
    beside = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    return {**choices[0], **beside}


def _plain_default(field: dict[str, Any], *, of_request: bool) -> None:
    """Remove a default that makes generators take an optional field of a request for a required one, and words replace
    it where it has a meaning. A default of null has none."""
    if "default" in field and (of_request or field["default"] is None):
        default = field.pop("default")
        if default:
            field["description"] = f"{field['description'].rstrip('.')}. Without it: `{_words(default)}`."


def _words(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def _open(schema: Any, schemas: dict[str, Any]) -> Any:
    """The schema of an answer with each list of values open: a newer server may send one that is not listed.

    A client that is generated from a closed list refuses the whole answer then.
    """
    if isinstance(schema, list):
        return [_open(each, schemas) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if _lists_values(schema, schemas):
        beside = {name: value for name, value in schema.items() if name in ("description", "title", "default")}
        return {"anyOf": [{name: value for name, value in schema.items() if name not in beside}, _TEXT], **beside}
    if any(_lists_values(each, schemas) for each in schema.get("anyOf", ())):
        rest = [each for each in schema["anyOf"] if each != _NULL]
        return {**schema, "anyOf": [*rest, _TEXT, *(each for each in schema["anyOf"] if each == _NULL)]}
    return {name: value if name in _VALUES else _open(value, schemas) for name, value in schema.items()}


def _lists_values(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return "enum" in (schemas[name] if name else schema)
