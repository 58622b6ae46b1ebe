"""What the calls of the control API take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from munadi.sandbox.faults import FaultMode


class Body(BaseModel):
    """Camel case on the wire; unknown fields are refused, so that typos show."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class NewProfile(Body):
    channel: str
    name: str | None = None
    beside: str | None = None


class ProfileChange(Body):
    status: str


Brand = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | None


class NewFault(Body):
    channel: str
    operation: str
    mode: FaultMode
    times: int | None = Field(default=1, ge=1)
    profile: str | None = None
    brand: Brand = None
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    error: dict[str, Any] | None = None
    delay_seconds: float = Field(default=0.0, ge=0)
    seconds: float | None = Field(default=None, gt=0)


class ClockShift(Body):
    advance_seconds: float = Field(ge=0)
    brand: Brand = None


class Address(Body):
    public: str = Field(min_length=1)
    local: str = Field(min_length=1)


class Setting(Body):
    """A delay, a limit or a switch, each of which has a name of its own for the value."""

    channel: str
    kind: str
    value: bool | int | float = Field(ge=0, validation_alias=AliasChoices("seconds", "value", "enabled"))


class Expiry(Body):
    channel: str
    profile: str
    which: Literal["access", "refresh", "all"] = "access"


class Revocation(Body):
    channel: str
    profile: str
    subcode: int | None = None  # at Meta the reason, of the 190 family


class NewChange(Body):
    """What happens to a post: `way` is the network's own word; without one it is the first. `post` is its id."""

    channel: str
    post: str
    control: str
    way: str | None = None
    profile: str | None = None
