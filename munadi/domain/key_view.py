"""API keys as the API takes and returns them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from munadi.domain.brand import BrandRef
from munadi.domain.durations import LONGEST_DURATION, GivenDuration
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.domain.metadata import NewMetadata, OwnMetadata
from munadi.domain.model import CreatedAt, UniqueId, WireModel
from munadi.domain.reach import MOST_BRANDS, BrandPattern
from munadi.domain.time import Instant

# What a text may still be valid for after a rotation, and what it is where the request does not say.
LONGEST_OVERLAP, USUAL_OVERLAP = timedelta(days=30), timedelta(days=1)

Patterns = Annotated[tuple[BrandPattern, ...], Field(min_length=1, max_length=MOST_BRANDS)] | None
_BRANDS = "Each is a brand's `ref`, or the beginning of refs and a star, such as `acme-*`."


class KeyCreate(WireModel):
    """A new key. `brandRef` restricts it to one brand, `brandRefs` to several; without `expiresAt` it lasts until it is
    revoked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "cms", "scopes": ["contents:read", "contents:write"], "brandRef": "acme"}]
        }
    )

    name: str = Field(min_length=1, max_length=200, description="For people.")
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope), description="What the key may do.")
    brand_ref: BrandRef | None = Field(
        None, description="The brand it works for; null or absent: those of `brandRefs`, else every brand."
    )
    brand_refs: Patterns = Field(None, description=f"The brands it works for, in place of `brandRef`. {_BRANDS}")
    caps: KeyCaps | None = Field(
        None, description="What its calls may do at most; null: no caps of its own.", examples=[{"postsPerDay": 20}]
    )
    expires_at: Instant | None = Field(None, description="When it ends; null: never.")
    metadata: NewMetadata = None


class KeyChange(WireModel):
    """A change of a key. Absent fields stay, those within `caps` too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "cms", "caps": {"postsPerDay": 20}}]})

    name: str | None = Field(None, min_length=1, max_length=200, description="For people; null: it stays.")
    brand_refs: Patterns = Field(None, description=f"The brands it works for; null: every brand. {_BRANDS}")
    caps: KeyCaps | None = Field(
        None, description="What its calls may do at most; null: no caps of its own.", examples=[{"postsPerDay": 20}]
    )
    metadata: NewMetadata = None


class KeyRotation(WireModel):
    """How long the text before stays valid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap": "PT1H"}]})

    overlap: GivenDuration = Field(
        USUAL_OVERLAP,
        ge=timedelta(),
        le=LONGEST_OVERLAP,
        json_schema_extra={"maxLength": LONGEST_DURATION},
        description="How long the key's text before stays valid, ISO 8601; `PT0S`: it ends at once. At most 30 days.",
    )


class KeyView(WireModel):
    """A key without its secret text; `hint` has its last four characters."""

    id: UniqueId
    name: str = Field(description="For people.")
    hint: str = Field(description="The key's last characters, to recognize it.")
    scopes: tuple[Scope, ...] = Field(description="What the key may do.")
    brand_ref: str | None = Field(description="The brand of a key of one brand; null: see `brandRefs`.")
    brand_refs: tuple[str, ...] | None = Field(description=f"The brands it works for; null: every brand. {_BRANDS}")
    caps: KeyCaps | None = Field(
        description="What its calls may do at most; null: no caps of its own. Those of the keys that it descends from "
        "hold too."
    )
    parent_id: str | None = Field(description="The key that made it; null: a command on the machine.")
    created_at: CreatedAt
    expires_at: datetime | None = Field(description="When it ends; null: never.")
    revoked_at: datetime | None = Field(description="When it was revoked; null if it was not.")
    last_used_at: datetime | None = Field(description="When it last made a call, to a minute; null: never yet.")
    previous_expires_at: datetime | None = Field(
        description="Until when its text before the last rotation is valid, too; null if it has no such text."
    )
    metadata: OwnMetadata = {}


class KeyWithText(KeyView):
    """The response to a creation and to a rotation, the only ones that show the key."""

    key: str = Field(description="Store it now: it cannot be read again.", examples=["mnd_client_…"])
