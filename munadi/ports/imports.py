"""The raw credentials of a profile: imported by a client, or granted by its owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from munadi.domain.account import Credentials


@dataclass(frozen=True)
class AccountImport:
    """Credentials that are not yet verified: a token, or for Bluesky an identifier and an app password.

    What follows `password` is never a client's: a consent brings it, and a check of stored credentials. `handle` is
    the stored account's: its identity was proven when it was connected. `is_test`: for a test brand, so that the
    sandbox is asked.
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
    handle: str | None = None
    is_test: bool = False

    @classmethod
    def of(
        cls,
        credentials: Credentials,
        *,
        external_id: str,
        service_url: str | None,
        login: str | None = None,
        handle: str | None = None,
        is_test: bool = False,
    ) -> AccountImport:
        """The stored credentials of an account, to verify them again."""
        return cls(
            external_id=external_id,
            service_url=service_url,
            login=login,
            access_token=credentials.access_token,
            refresh_token=credentials.refresh_token,
            expires_at=credentials.expires_at,
            grant_expires_at=credentials.grant_expires_at,
            is_final=credentials.is_final,
            extra=credentials.extra,
            handle=handle,
            is_test=is_test,
        )
