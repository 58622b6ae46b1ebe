"""The rows of the emulated LinkedIn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model

PERSON, PAGE = "urn:li:person:", "urn:li:organization:"
MEMBER_SCOPES = ["openid", "profile", "w_member_social"]
PAGE_SCOPES = ["w_organization_social", "r_organization_social", "rw_organization_admin"]
# Months of the API that were over when this was written; later ones never end here, unless the switch says so.
ENDED_VERSIONS = {"202409", "202410", "202411", "202412"} | {f"2025{month:02}" for month in range(1, 12)}


@dataclass
class Account(model.Account):
    """A page with the person who administers it, or that person: then `person` is its own id."""

    site = "https://www.linkedin.com/company/{0.username}"
    person: str = ""


@dataclass
class Asset:
    """A file: `digest` is known once all of its bytes are there."""

    urn: str
    owner: str
    kind: str  # images, documents, videos
    total: int
    opened_at: float  # the sandbox's clock
    expires_at: float
    token: str
    tags: dict[str, str] = field(default_factory=dict)  # of the received parts, by their number
    digest: str | None = None
    ready_at: float = 0.0
    problem: str = ""


@dataclass
class Post:
    urn: str
    profile_id: str
    body: dict[str, Any]
    created_at: float
    received_at: float  # real time
    assets: list[str] = field(default_factory=list)
    alts: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("content") or {}
        return found
