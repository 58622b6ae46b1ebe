"""A brand: the tenant that everything belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from munadi.domain.model import WireModel

# Also Temporal's fairness key, which has at most 64 bytes.
BRAND_REF = r"^[a-z0-9][a-z0-9-]{0,62}$"
BrandRef = Annotated[str, Field(pattern=BRAND_REF, examples=["acme"])]


class BrandLimits(WireModel):
    """What a brand may use; null is no limit. The numbers of a month are counted in UTC."""

    accounts: int | None = Field(None, ge=0, le=1_000_000, description="connected accounts at a time")
    publications_per_month: int | None = Field(None, ge=0, le=1_000_000_000)
    api_calls_per_month: int | None = Field(None, ge=0, le=1_000_000_000)
    webhook_deliveries_per_month: int | None = Field(None, ge=0, le=1_000_000_000)


class BrandView(WireModel):
    """A brand as answered. `timezone` is for display and calendars; it never decides when something is published."""

    ref: str
    name: str | None
    timezone: str | None
    limits: BrandLimits
    created_at: datetime
