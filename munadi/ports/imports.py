"""What a client imports, and what a consent brings: the raw credentials of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True)
class AccountImport:
    """What a client imports (api.md, accounts): a token, or for Bluesky an identifier and an app password."""

    external_id: str | None = None
    service_url: str | None = None
    login: str | None = None
    access_token: SecretStr | None = None
    refresh_token: SecretStr | None = None
    expires_at: datetime | None = None
    identifier: str | None = None
    password: SecretStr | None = None
