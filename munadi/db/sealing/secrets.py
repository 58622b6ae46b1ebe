"""Secrets in rows: credentials of accounts and secrets of endpoints, each sealed for its own row and column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from munadi.crypto import KeyRing
from munadi.db.tables import AccountRow, EndpointRow
from munadi.domain.account import Credentials

_COLUMN = "sealed"


@dataclass(frozen=True)
class SigningSecret:
    """A secret of an endpoint; `until` None: until it is rotated."""

    text: str
    until: datetime | None = None


def seal_credentials(keyring: KeyRing, account_id: str, credentials: Credentials) -> bytes:
    """Credentials as the row of this account keeps them."""
    refresh = credentials.refresh_token
    plain = {
        "accessToken": credentials.access_token.get_secret_value(),
        "refreshToken": refresh.get_secret_value() if refresh else None,
        "expiresAt": credentials.expires_at.isoformat() if credentials.expires_at else None,
        "extra": {name: secret.get_secret_value() for name, secret in credentials.extra.items()},
        "grantExpiresAt": credentials.grant_expires_at.isoformat() if credentials.grant_expires_at else None,
        "isFinal": credentials.is_final,
    }
    return keyring.seal(json.dumps(plain).encode(), table="accounts", row=account_id, column=_COLUMN)


def open_credentials(keyring: KeyRing, row: AccountRow) -> Credentials:
    """The credentials of an account. SealBroken when they are damaged, moved, or under a key we lack."""
    plain = json.loads(keyring.open(row.sealed, table="accounts", row=row.id, column=_COLUMN))
    return Credentials(
        access_token=SecretStr(plain["accessToken"]),
        refresh_token=SecretStr(plain["refreshToken"]) if plain["refreshToken"] else None,
        expires_at=datetime.fromisoformat(plain["expiresAt"]) if plain["expiresAt"] else None,
        extra={name: SecretStr(text) for name, text in plain.get("extra", {}).items()},  # older rows have none
        # Not there in what was sealed before Munadi kept it.
        grant_expires_at=datetime.fromisoformat(plain["grantExpiresAt"]) if plain.get("grantExpiresAt") else None,
        is_final=bool(plain.get("isFinal")),
    )


def seal_secrets(keyring: KeyRing, endpoint_id: str, secrets: Sequence[SigningSecret]) -> bytes:
    """An endpoint's secrets, newest first, as its row keeps them."""
    plain = [{"secret": s.text, "until": s.until.isoformat() if s.until else None} for s in secrets]
    return keyring.seal(json.dumps(plain).encode(), table="endpoints", row=endpoint_id, column=_COLUMN)


def open_secrets(keyring: KeyRing, row: EndpointRow, now: datetime) -> list[SigningSecret]:
    """The secrets that sign now, newest first. SealBroken as for credentials."""
    plain = json.loads(keyring.open(row.sealed, table="endpoints", row=row.id, column=_COLUMN))
    found = [SigningSecret(p["secret"], datetime.fromisoformat(p["until"]) if p["until"] else None) for p in plain]
    return [secret for secret in found if secret.until is None or secret.until > now]
