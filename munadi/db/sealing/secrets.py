"""Seals and opens the credentials of accounts and the secrets of endpoints, each for its own row and column."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from munadi.crypto import KeyRing
from munadi.db.tables import AccountRow, EndpointRow
from munadi.domain.account import Credentials

_COLUMN, _HEADERS = "sealed", "sealed_headers"


@dataclass(frozen=True)
class SigningSecret:
    """A signing secret of an endpoint, valid until `until`; None: until it is rotated."""

    text: str
    until: datetime | None = None


def seal_credentials(keyring: KeyRing, account_id: str, credentials: Credentials) -> bytes:
    """Seal credentials for the row of this account."""
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
    """Open the credentials of an account. SealBroken when they are damaged, moved, or sealed under an unknown key."""
    plain = json.loads(keyring.open(row.sealed, table="accounts", row=row.id, column=_COLUMN))
    return Credentials(
        access_token=SecretStr(plain["accessToken"]),
        refresh_token=SecretStr(plain["refreshToken"]) if plain["refreshToken"] else None,
        expires_at=datetime.fromisoformat(plain["expiresAt"]) if plain["expiresAt"] else None,
        extra={name: SecretStr(text) for name, text in plain["extra"].items()},
        grant_expires_at=datetime.fromisoformat(plain["grantExpiresAt"]) if plain["grantExpiresAt"] else None,
        is_final=bool(plain["isFinal"]),
    )


def seal_secrets(keyring: KeyRing, endpoint_id: str, secrets: Sequence[SigningSecret]) -> bytes:
    """Seal an endpoint's secrets, newest first, for its row."""
    plain = [{"secret": s.text, "until": s.until.isoformat() if s.until else None} for s in secrets]
    return keyring.seal(json.dumps(plain).encode(), table="endpoints", row=endpoint_id, column=_COLUMN)


def seal_headers(keyring: KeyRing, endpoint_id: str, headers: Mapping[str, str]) -> bytes:
    """Seal an endpoint's own headers for its row; nothing for none."""
    if not headers:
        return b""
    plain = json.dumps(dict(headers)).encode()
    return keyring.seal(plain, table="endpoints", row=endpoint_id, column=_HEADERS)


def open_headers(keyring: KeyRing, row: EndpointRow) -> dict[str, str]:
    """Open an endpoint's own headers. SealBroken as for credentials."""
    if not row.sealed_headers:
        return {}
    opened = keyring.open(row.sealed_headers, table="endpoints", row=row.id, column=_HEADERS)
    headers: dict[str, str] = json.loads(opened)
    return headers


def open_secrets(keyring: KeyRing, row: EndpointRow, now: datetime) -> list[SigningSecret]:
    """Open the secrets that are valid now, newest first. SealBroken as for credentials."""
    plain = json.loads(keyring.open(row.sealed, table="endpoints", row=row.id, column=_COLUMN))
    found = [SigningSecret(p["secret"], datetime.fromisoformat(p["until"]) if p["until"] else None) for p in plain]
    return [secret for secret in found if secret.until is None or secret.until > now]
