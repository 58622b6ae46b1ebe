"""The two base shapes: `Model` inside Munadi, `WireModel` on its borders (camel case, unknown fields refused)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """An immutable value inside Munadi."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WireModel(BaseModel):
    """An immutable value on the wire: camelCase names, absent values are null, unknown fields are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )
