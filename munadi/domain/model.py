"""The base classes of models: `Model` inside Munadi, `WireModel` for requests and responses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

# No name of a time zone is longer, in characters.
MAX_ZONE = 64
DURATION = r"^P(?!$)(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$"
# A length of time in an answer: ISO 8601, with fractions of a second. The format `duration` of JSON Schema has none.
Duration = Annotated[
    timedelta,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": DURATION,
            "description": "ISO 8601, to fractions of a second.",
            "examples": ["PT30S", "PT0.001S", "P30D"],
        }
    ),
]

# Fields that many answers have.
UniqueId = Annotated[str, Field(description="Unique; its first letters name the kind of thing.")]
BrandOf = Annotated[str, Field(description="The brand it belongs to.")]
ChannelOf = Annotated[str, Field(description="The network, as `GET /v1/channels` names it.")]
CreatedAt = Annotated[datetime, Field(description="When it was made.")]
UpdatedAt = Annotated[datetime, Field(description="When it last changed.")]


class Model(BaseModel):
    """An immutable value inside Munadi."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Passed(Model):
    """A value that passes through Temporal. While a new version is rolled out it may have fields that are not known."""

    model_config = ConfigDict(extra="ignore")


class WireModel(BaseModel):
    """An immutable value on the wire: camelCase names, absent values are null, unknown fields are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )
