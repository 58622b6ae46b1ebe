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


class Input(BaseModel):
    """The base of every tool's arguments: camel case as in the API, strict types, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, serialize_by_alias=True
    )

    # The tool that describes the fields of this model, which are not described twice.
    described_by: ClassVar[tuple[str, type[Input]] | None] = None

    def given(self, *without: str) -> dict[str, Any]:
        """The arguments as JSON, without absent or null ones."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(without))

    @classmethod
    def schema_for_clients(cls) -> dict[str, Any]:
        """The JSON Schema that a client gets: without titles, and without null, which is as good as an absent one."""
        schema: dict[str, Any] = _compact(cls.model_json_schema(by_alias=True))
        return _referring(schema, *cls.described_by) if cls.described_by else schema


class Change(Input):
    """The base of changes: what is absent stays, and null removes a field."""

    @property
    def changes(self) -> dict[str, Any]:
        """What was given, nulls included, without what names the thing and its version."""
        named = {name for name in type(self).model_fields if name.endswith("_id")}
        return self.model_dump(mode="json", exclude_unset=True, exclude={"version", *named})

    @classmethod
    def schema_for_clients(cls) -> dict[str, Any]:
        """As for other arguments, and null where it removes a field."""
        schema = super().schema_for_clients()
        for name, field in cls.model_fields.items():
            if not field.is_required():
                place = field.alias or name
                schema["properties"][place] = _or_null(schema["properties"][place])
        return schema


def named(value: Any) -> Any:
    """A network's name as the object that it stands for."""
    return {"channel": value} if isinstance(value, str) else value


def _referring(schema: dict[str, Any], tool: str, model: type[Input]) -> dict[str, Any]:
    """The schema without what the other tool says about the model's fields, and with a word of that."""
    said = model.schema_for_clients()
    known = {**said["properties"], **said["$defs"]}
    quiet = {
        place: {name: _without_words(one) if one == known.get(name) else one for name, one in schema[place].items()}
        for place in MAPS
    }
    return {**schema, **quiet, "description": f"The fields of a post are described at {tool}."}


def _without_words(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in schema.items() if name != "description"}
    if "properties" in kept:
        kept["properties"] = {name: _without_words(one) for name, one in kept["properties"].items()}
    return kept


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
    kept = {name: value for name, value in schema.items() if name != "title" and (name, value) != ("default", None)}
    if "properties" in kept or "enum" in kept:
        kept.pop("description", None)
    choices = [each for each in kept.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        kept = {**choices[0], **{name: value for name, value in kept.items() if name != "anyOf"}}
    return {
        name: {inner: _compact(each) for inner, each in value.items()} if name in MAPS else _compact(value)
        for name, value in kept.items()
    }
