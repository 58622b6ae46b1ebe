"""What the control API accepts. Camel case on the wire; unknown fields are refused, so that typos show."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from munadi.sandbox.faults import FaultMode


class ControlModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class NewProfile(ControlModel):
    channel: str
    name: str | None = None
    beside: str | None = None


class ProfileChange(ControlModel):
    status: str


class NewFault(ControlModel):
    channel: str
    operation: str
    mode: FaultMode
    times: int | None = Field(default=1, ge=1)
    profile: str | None = None
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    error: dict[str, Any] | None = None
    delay_seconds: float = Field(default=0.0, ge=0)


class ClockShift(ControlModel):
    advance_seconds: float = Field(ge=0)


class Address(ControlModel):
    public: str = Field(min_length=1)
    local: str = Field(min_length=1)


class Delay(ControlModel):
    channel: str
    kind: str
    seconds: float = Field(ge=0)


class Limit(ControlModel):
    channel: str
    kind: str
    value: int = Field(ge=0)


class Switch(ControlModel):
    channel: str
    kind: str
    enabled: bool


class Expiry(ControlModel):
    channel: str
    profile: str
    which: Literal["access", "refresh", "all"] = "access"


class Revocation(ControlModel):
    channel: str
    profile: str
    subcode: int | None = None  # at Meta the reason, of the 190 family


def camel(row: Any) -> dict[str, Any]:
    """A dataclass as the control API shows it."""
    return {to_camel(field.name): getattr(row, field.name) for field in fields(row)}
