"""A brand: the tenant that everything belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field
from pydantic.alias_generators import to_camel

from munadi.domain.model import WireModel

# Also Temporal's fairness key, which has at most 64 bytes.
BRAND_REF = r"^[a-z0-9][a-z0-9-]{0,62}$"
BrandRef = Annotated[str, Field(pattern=BRAND_REF, examples=["acme"])]


class BrandLimits(WireModel):
    """What a brand may use; null is no limit. The numbers of a month are counted in UTC. See docs/limits.md."""

    accounts: int | None = Field(None, strict=True, ge=0, le=1_000_000, description="connected accounts at a time")
    publications_per_month: int | None = Field(None, strict=True, ge=0, le=1_000_000_000)
    api_calls_per_minute: int | None = Field(None, strict=True, ge=0, le=1_000_000_000)
    api_calls_per_month: int | None = Field(None, strict=True, ge=0, le=1_000_000_000)
    webhook_deliveries_per_month: int | None = Field(None, strict=True, ge=0, le=1_000_000_000)

    def changed_by(self, sent: BrandLimits) -> BrandLimits:
        """With the limits that were sent, null included; the others as they are."""
        return self.model_copy(update={name: getattr(sent, name) for name in sent.model_fields_set})

    @classmethod
    def kept(cls, stored: Mapping[str, Any] | None) -> Self:
        """As they were stored; what another version of Munadi may have stored beside them says nothing here."""
        known = {to_camel(name) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in (stored or {}).items() if name in known})


class BrandView(WireModel):
    """A brand as answered. `timezone` is for display and calendars; it never decides when something is published."""

    ref: str
    name: str | None
    timezone: str | None
    limits: BrandLimits
    created_at: datetime
