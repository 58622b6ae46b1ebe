"""What a client imports, and what a consent brings: the raw credentials of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True)
class AccountImport:
    """What a client imports (api.md, accounts): a token, or for Bluesky an identifier and an app password.

    What follows `password` is never a client's: a consent brings it, and a check of stored credentials.
    """

    external_id: str | None = None
    service_url: str | None = None
    login: str | None = None
    access_token: SecretStr | None = None
    refresh_token: SecretStr | None = None
    expires_at: datetime | None = None
    identifier: str | None = None
    password: SecretStr | None = None
    grant_expires_at: datetime | None = None
    is_final: bool = False
    extra: Mapping[str, SecretStr] = field(default_factory=dict)
