"""Describes JSON Schemas of the OpenAPI document to people: types in words, the fields as rows, a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_REF = "#/components/schemas/"
# Fields of fields of fields: what lies deeper is named by its type.
DEEPEST = 3
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "maxProperties": "at most {} names",
    "pattern": "matches {}",
}
_SAMPLES: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}


@dataclass(frozen=True)
class Field:
    """A field of a body. `name` is its path, such as `data[].status`; `rules` are limits and the default, in words."""

    name: str
    type: str
    is_required: bool
    description: str
    rules: tuple[str, ...]


class Schemas:
    """The named schemas of a document, by which references are read."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._named: Mapping[str, Schema] = document["components"]["schemas"]
        self._examples: Mapping[str, Any] = document["components"].get("examples", {})

    def read(self, schema: Schema) -> Schema:
        """The schema itself, in the place of a reference to it. What stands beside the reference stays."""
        found = schema
        while "$ref" in found:
            beside = {name: value for name, value in found.items() if name != "$ref"}
            found = {**self._named[found["$ref"].removeprefix(_REF)], **beside}
        return found

    def example(self, found: Mapping[str, Any]) -> Any:
        """The value of an example, in the place of a reference to it."""
        name = found.get("$ref", "").rpartition("/")[2]
        return (self._examples[name] if name else found)["value"]

    def choices(self, schema: Schema) -> list[Schema]:
        """The alternatives of a schema, without null; the schema alone if there are none."""
        found = self.read(schema)
        several = found.get("anyOf") or found.get("oneOf") or [found]
        return [each for each in map(self.read, several) if each.get("type") != "null"]

    def type_of(self, schema: Schema) -> str:
        """Its type in words, such as `list of strings, or null`."""
        found = self.read(schema)
        several = found.get("anyOf") or found.get("oneOf") or [found]
        return ", or ".join(dict.fromkeys(self._type(self.read(each)) for each in several))

    def _type(self, schema: Schema) -> str:
        if "const" in schema:
            return f"“{schema['const']}”"
        if "enum" in schema:
            return "one of " + ", ".join(str(each) for each in schema["enum"])
        if schema.get("type") == "array":
            return f"list of: {self.type_of(schema.get('items', {}))}"
        return str(schema.get("format") or schema.get("type") or "any JSON")

    def rules_of(self, schema: Schema) -> tuple[str, ...]:
        """Its limits and its default, in words."""
        merged: dict[str, Any] = {}
        for each in self.choices(schema):
            merged = {**each, **merged}
        found = [words.format(merged[name]) for name, words in _LIMITS.items() if name in merged]
        default = self.read(schema).get("default")
        return (*found, *([] if default in (None, [], {}) else [f"{_plain(default)} by default"]))

    def fields_of(self, schema: Schema, prefix: str = "", depth: int = 1) -> Iterator[Field]:
        """The fields of an object, each before its own fields. An alternative's fields stand together."""
        seen: set[str] = set()
        for each in self.choices(schema):
            if each.get("type") == "array":
                yield from self.fields_of(each.get("items", {}), f"{prefix}[]", depth)
            for name, inner in each.get("properties", {}).items():
                if name in seen:
                    continue
                seen.add(name)
                path = f"{prefix}.{name}".lstrip(".")
                required = name in each.get("required", ())
                described = str(inner.get("description") or self.read(inner).get("description") or "")
                yield Field(path, self.type_of(inner), required, described, self.rules_of(inner))
                if depth < DEEPEST:
                    yield from self.fields_of(inner, path, depth + 1)

    def sample(self, schema: Schema) -> Any:
        """A value to begin with: the schema's own example, or its required fields."""
        found = self.choices(schema)[0]
        if found.get("examples"):
            return found["examples"][0]
        for name in ("default", "const"):
            if found.get(name) is not None:
                return found[name]
        if "enum" in found:
            return found["enum"][0]
        if "properties" in found:
            return {name: self.sample(found["properties"][name]) for name in found.get("required", ())}
        return _SAMPLES.get(str(found.get("type")))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
