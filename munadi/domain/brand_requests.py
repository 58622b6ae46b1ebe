"""The request bodies about brands."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from munadi.domain.brand import ApprovalRule, BrandLimits, BrandMode, BrandRef, Duplicates, UnusableAccounts
from munadi.domain.fitting import Fit
from munadi.domain.look_ages import Looks
from munadi.domain.metadata import NewMetadata
from munadi.domain.model import WireModel
from munadi.domain.time import ZoneName

_EXAMPLE: dict[str, Any] = {
    "name": "Acme Stores",
    "timezone": "Asia/Kolkata",
    "limits": {"accounts": 10},
    "duplicates": "refuse",
    "unusableAccounts": "refuse",
    "approval": "always",
    "fit": "convert",
    "looks": {"after": ["PT1H", "P1D"], "channels": {"x": ["P1D"]}},
    "metadata": {"tenant": "42"},
}


class BrandChange(WireModel):
    """The fields that can be changed. Null clears a field."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str | None = Field(None, max_length=200, description="For people.")
    timezone: ZoneName | None = Field(None, description="IANA name, for display and calendars.")
    limits: BrandLimits | None = Field(None, description="What the brand may use; null: no limit.")
    duplicates: Duplicates | None = Field(
        None,
        description="What happens to a post that an account publishes within 24 hours already: `warn` (by default) or "
        "`refuse`. See docs/warnings.md.",
    )
    unusable_accounts: UnusableAccounts | None = Field(
        None,
        description="What happens to a post for an account that must be connected again: `warn` (by default), and it "
        "waits for that, or `refuse`. See docs/accounts.md.",
    )
    approval: ApprovalRule | None = Field(
        None,
        description="Which posts wait for an approval: those of keys that may only propose (`proposals`, by default), "
        "all of them (`always`), or none, so that such keys are refused (`never`). See docs/guides/approval.md.",
    )
    fit: Fit | None = Field(
        None,
        description="What happens to videos that a network does not take, where a post does not say: `refuse` the post "
        "(by default), or `convert` them first. See docs/guides/files-that-fit.md.",
    )
    looks: Looks | None = Field(
        None,
        description="When published posts are looked at; it replaces what was set. Null: as the installation's "
        "settings say. See docs/guides/looking.md.",
    )
    metadata: NewMetadata = None


class BrandCreate(BrandChange):
    """A new brand; only `ref` is required."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ref": "acme", **_EXAMPLE}]})

    ref: BrandRef = Field(description="The brand's short name, unique and never changed.")
    mode: BrandMode = Field(
        BrandMode.LIVE,
        description="`live` (by default), or `test`: it publishes to the sandbox alone. It never changes.",
    )
