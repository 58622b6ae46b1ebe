"""A small Lexicon validator with the reference PDS's messages.

Schemas are dicts in the shape of Lexicon JSON. The first problem found is raised, as the reference does.
"""

from __future__ import annotations

import json
from typing import Any

from munadi.sandbox.bluesky.formats import FORMATS
from munadi.sandbox.graphemes import graphemes

Schema = dict[str, Any]
DATA_TYPES = "null, boolean, integer, string, cid, bytes, array or object"
LARGEST_INTEGER = (1 << 53) - 1  # JavaScript's, hence the reference's
LONGEST_SHOWN = 48
TYPED_OBJECT = 'an object which includes the "$type" property'


class LexiconError(ValueError):
    """A value does not fit its schema; the text names the place as `$.record.text`."""


def validate(value: Any, schema: Schema, path: str) -> None:
    {
        "object": _object,
        "array": _array,
        "string": _string,
        "integer": _integer,
        "boolean": _boolean,
        "blob": _blob,
        "union": _union,
        "unknown": _unknown,
    }[schema["type"]](value, schema, path)


def check_data(value: Any, path: str) -> None:
    """Refuse floats and text that is not Unicode, which the data model lacks; this is checked before the schema."""
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST_INTEGER):
        raise _unexpected(f"one of {DATA_TYPES}", value, path)
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise LexiconError(f"Invalid string (lone surrogate) at {path}")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_data(key, path)
            check_data(inner, f"{path}.{key}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            check_data(inner, f"{path}[{index}]")


def _object(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, dict):
        raise _unexpected("object", value, path)
    nullable = schema.get("nullable", ())
    for key, inner in schema["properties"].items():
        if key not in value:
            if key in schema.get("required", ()):
                raise LexiconError(f'Missing required key "{key}" at {path}')
        elif not (value[key] is None and key in nullable):
            validate(value[key], inner, f"{path}.{key}")


def _array(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, list):
        raise _unexpected("array", value, path)
    if len(value) > schema.get("maxLength", len(value)):
        raise LexiconError(f"array too big (maximum {schema['maxLength']}, got {len(value)}) at {path}")
    for index, inner in enumerate(value):
        validate(inner, schema["items"], f"{path}[{index}]")


def _string(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, str):
        raise _unexpected("string", value, path)
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > schema.get("maxLength", size):
        raise LexiconError(f"string too big (maximum {schema['maxLength']}, got {size}) at {path}")
    maximum = schema.get("maxGraphemes")
    if maximum is not None and (count := graphemes(value)) > maximum:
        raise LexiconError(f"grapheme too big (maximum {maximum}, got {count}) at {path}")
    if (form := schema.get("format")) and not FORMATS[form][1](value):
        raise LexiconError(f"Invalid {FORMATS[form][0]} (got {_shown(value)}) at {path}")


def _integer(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _unexpected("integer", value, path)
    if value < schema.get("minimum", value):
        raise LexiconError(f"integer too small (minimum {schema['minimum']}, got {value}) at {path}")


def _boolean(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, bool):
        raise _unexpected("boolean", value, path)


def _blob(value: Any, schema: Schema, path: str) -> None:
    if not is_blob(value):
        raise _unexpected("blob", value, path)
    accept = schema["accept"]
    if not (value["mimeType"] == accept or (accept.endswith("/*") and value["mimeType"].startswith(accept[:-1]))):
        raise LexiconError(f'Expected "{accept}" (got "{value["mimeType"]}") at {path}.mimeType')
    if value["size"] > schema["maxSize"]:
        raise LexiconError(f"blob too big (maximum {schema['maxSize']}, got {value['size']}) at {path}")


def is_blob(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("$type") == "blob"
        and isinstance(value.get("mimeType"), str)
        and isinstance(value.get("size"), int)
        and isinstance(value.get("ref"), dict)
        and FORMATS["cid"][1](value["ref"].get("$link"))
    )


def _union(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("$type"), str):
        raise _unexpected(TYPED_OBJECT, value, path)
    member = schema["refs"].get(value["$type"])
    if member is not None:
        validate(value, member, path)
    elif schema.get("closed"):  # others are open: what is unknown passes
        *names, last = (f'"{name}"' for name in schema["refs"])
        wanted = f"{', '.join(names)} or {last}"
        raise LexiconError(f"Expected one of {wanted} (got {_shown(value['$type'])}) at {path}.$type")


def _unknown(value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, dict):
        raise _unexpected("object", value, path)


def _unexpected(expected: str, value: Any, path: str) -> LexiconError:
    return LexiconError(f"Expected {expected} value type (got {_shown(value)}) at {path}")


def _shown(value: Any) -> str:
    """Values as the reference's messages show them: the first two of what a container has, and the start of a text."""
    if isinstance(value, dict):
        return "{" + _first_two([f"{json.dumps(key, ensure_ascii=False)}: ..." for key in value]) + "}"
    if isinstance(value, list):
        return "[" + _first_two([_shown(inner) for inner in value[:3]]) + "]"
    if isinstance(value, str) and len(value) >= LONGEST_SHOWN:
        value = f"{value[: LONGEST_SHOWN - 1]}…"
    return json.dumps(value, ensure_ascii=False)


def _first_two(shown: list[str]) -> str:
    return ", ".join([*shown[:2], *(["..."] if len(shown) > 2 else [])])
