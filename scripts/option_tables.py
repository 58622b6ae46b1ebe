"""Makes the tables of a channel's options from the model's schema: accepted values, default, meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]


def meaning(model: type[BaseModel]) -> str:
    """What the model's own words say of its options, its paragraphs each on a line."""
    paragraphs = re.split(r"\n\s*\n", str(model.model_json_schema().get("description", "")))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    """Per option its name, what it takes, and its default."""
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        default = "required" if name in required else _default(each.get("default"))
        yield f"`{name}`", takes(each, schema.get("$defs", {})), default


def takes(schema: Schema, known: Mapping[str, Schema]) -> str:
    """What a value of this schema is, in words. ValueError for a kind that has none here."""
    if "$ref" in schema:
        return takes(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return " or ".join(takes(each, known) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "string":
            return _text(schema)
        case "integer" | "number" as kind:
            name = "whole number" if kind == "integer" else "number"
            return f"{name} {between(schema.get('minimum'), schema.get('maximum'))}".rstrip()
        case "boolean":
            return "true or false"
        case "array":
            size = between(schema.get("minItems"), schema.get("maxItems"))
            return f"list{' of ' * bool(size)}{size}: {takes(schema['items'], known)}"
        case "object":
            if isinstance(each := schema.get("additionalProperties"), dict):
                return f"object, by name: {takes(each, known)}"
            inner = schema.get("properties", {})
            required = schema.get("required", ())
            fields = [f"`{name}`{'' if name in required else '?'} {takes(each, known)}" for name, each in inner.items()]
            return f"object: {'; '.join(fields)}"
    raise ValueError(f"no words for {schema}")


def between(low: float | None, high: float | None) -> str:
    """A range in few signs; empty without ends."""
    if low is None:
        return "" if high is None else f"≤ {high:,}"
    if high is None:
        return f"≥ {low:,}"
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _text(schema: Schema) -> str:
    size = between(schema.get("minLength"), schema.get("maxLength"))
    return f"text{f' of {size} characters' * bool(size)}{_pattern(schema)}"


def _pattern(schema: Schema) -> str:
    return f" like `{schema['pattern']}`" if "pattern" in schema else ""


def _default(value: Any) -> str:
    if value in (None, [], {}):
        return "–"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"
