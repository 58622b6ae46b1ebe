"""What the arguments of all tools share: the base of their models, types of ids, and the schema that a client reads."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

TYPE_ID = "_[0-7][0-9a-hjkmnp-tv-z]{25}$"
PublicationId = Annotated[str, Field(pattern=f"^pub{TYPE_ID}")]
AccountId = Annotated[str, Field(pattern=f"^acc{TYPE_ID}")]
MediaId = Annotated[str, Field(pattern=f"^med{TYPE_ID}")]


# Where a schema has schemas by names of others.
MAPS = ("properties", "$defs")
# What a client need not know before its call: a refusal names the rule and the limit.
CHECKED_HERE = ("title", "pattern", "minLength", "maxLength", "maxItems", "maxProperties", "patternProperties")


class Input(BaseModel):
    """The base of every tool's arguments: camel case as in the API, strict types, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, serialize_by_alias=True
    )

    # The fields of these are described at one tool of a server; elsewhere a client gets only their types.
    described: ClassVar[type[Input] | None] = None

    def given(self, *without: str) -> dict[str, Any]:
        """The arguments as JSON, without absent or null ones."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(without))

    @classmethod
    def schema_for_clients(cls, *, is_brief: bool = False) -> dict[str, Any]:
        """The JSON Schema that a client gets: without titles, without bounds of texts, and without null, which is as
        good as an absent one. `is_brief`: of the fields that another tool describes it has the types."""
        schema: dict[str, Any] = _compact(cls.model_json_schema(by_alias=True))
        return _brief(schema, cls.described) if is_brief and cls.described else schema


class Change(Input):
    """The base of changes: what is absent stays, and null removes a field."""

    @property
    def changes(self) -> dict[str, Any]:
        """What was given, nulls included, without what names the thing and its version."""
        named = {name for name in type(self).model_fields if name.endswith("_id")}
        return self.model_dump(mode="json", exclude_unset=True, exclude={"version", *named})

    @classmethod
    def schema_for_clients(cls, *, is_brief: bool = False) -> dict[str, Any]:
        """As for other arguments, and null where it removes a field."""
        schema = super().schema_for_clients(is_brief=is_brief)
        for name, field in cls.model_fields.items():
            if not field.is_required():
                place = field.alias or name
                schema["properties"][place] = _or_null(schema["properties"][place])
        return schema


def named(value: Any) -> Any:
    """A network's name as the object that it stands for."""
    return {"channel": value} if isinstance(value, str) else value


def _brief(schema: dict[str, Any], described: type[Input]) -> dict[str, Any]:
    """The schema with the mere types of the other model's fields, and the definitions that are used then."""
    names = {field.alias or name for name, field in described.model_fields.items()}
    known = schema.get("$defs", {})
    properties = {name: _type_of(one, known) if name in names else one for name, one in schema["properties"].items()}
    used = {name: one for name, one in known.items() if f"#/$defs/{name}'" in str(properties)}
    rest = {name: value for name, value in schema.items() if name != "$defs"}
    return {**rest, "properties": properties, **({"$defs": used} if used else {})}


def _type_of(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """A schema's type and choices; of a list also those of its entries."""
    if "anyOf" in schema:
        kinds = [kind for each in schema["anyOf"] for kind in _listed(_type_of(each, known)["type"])]
        return {"type": list(dict.fromkeys(kinds))}
    if "$ref" in schema:
        return {"type": known[schema["$ref"].rpartition("/")[2]]["type"]}
    kept: dict[str, Any] = {name: schema[name] for name in ("type", "enum") if name in schema}
    return {**kept, "items": _type_of(schema["items"], known)} if "items" in schema else kept


def _listed(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **choices}


def _compact(schema: Any) -> Any:
    """A schema in fewer words that mean the same. What its models are is said by their tools."""
    if isinstance(schema, list):
        return [_compact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        schema = {**choices[0], **{name: value for name, value in schema.items() if name != "anyOf"}}
    kept = {name: value for name, value in schema.items() if not _is_needless(name, value)}
    if "properties" in kept or "enum" in kept:
        kept.pop("description", None)
    return {
        name: {inner: _compact(each) for inner, each in value.items()} if name in MAPS else _compact(value)
        for name, value in kept.items()
    }


def _is_needless(name: str, value: Any) -> bool:
    return name in CHECKED_HERE or (name, value) in (("default", None), ("additionalProperties", True))
