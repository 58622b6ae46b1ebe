"""API keys as the API takes and returns them."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from munadi.domain.brand import BrandRef
from munadi.domain.key import Scope
from munadi.domain.model import CreatedAt, UniqueId, WireModel
from munadi.domain.time import Instant


class KeyCreate(WireModel):
    """A new key. `brandRef` restricts it to one brand; without `expiresAt` it lasts until it is revoked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "cms", "scopes": ["contents:read", "contents:write"], "brandRef": "acme"}]
        }
    )

    name: str = Field(min_length=1, max_length=200, description="For people.")
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope), description="What the key may do.")
    brand_ref: BrandRef | None = Field(None, description="The brand it works for; null or absent: every brand.")
    expires_at: Instant | None = Field(None, description="When it ends; null: never.")


class KeyView(WireModel):
    """A key without its secret text; `hint` has its last four characters."""

    id: UniqueId
    name: str = Field(description="For people.")
    hint: str = Field(description="The key's last characters, to recognize it.")
    scopes: tuple[Scope, ...] = Field(description="What the key may do.")
    brand_ref: str | None = Field(description="The brand it works for; null: every brand.")
    created_at: CreatedAt
    expires_at: datetime | None = Field(description="When it ends; null: never.")
    revoked_at: datetime | None = Field(description="When it was revoked; null if it was not.")


class KeyWithText(KeyView):
    """The response to a creation, the only one that shows the key."""

    key: str = Field(description="Store it now: it cannot be read again.", examples=["mnd_client_…"])
