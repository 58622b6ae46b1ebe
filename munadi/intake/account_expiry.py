"""Compares the end of an account's connection with a due time.

The access token's end matters only where nothing renews it. Munadi cannot extend the grant: the owner
gave consent for a limited time, or only the owner can extend it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.crypto import KeyRing, SealBroken
from munadi.db.sealing.secrets import open_credentials
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import ChannelSpec, Renewal, TokenLife
from munadi.domain.renewal import WARN_AHEAD


@dataclass(frozen=True)
class Expiry:
    """A connection ends at `at` unless its owner acts. `is_final`: the owner was already notified, or it has ended."""

    at: datetime
    is_final: bool


def expiry_before(row: AccountRow, due: datetime, spec: ChannelSpec, now: datetime, keyring: KeyRing) -> Expiry | None:
    """The end of the connection by `due`; None when it lasts longer, can be renewed, or has no known end."""
    if not any(at is not None and at <= due for at in (row.token_expires_at, row.grant_expires_at)):
        return None  # the common case unseals nothing
    try:
        credentials = open_credentials(keyring, row)
    except SealBroken:
        if row.status != AccountStatus.EXPIRING:
            return None  # an encryption key is missing, not the grant: the post waits until the key is back
        credentials = None
    ends_at = _expiry_of(row, spec.token_life(row.login), credentials)
    if ends_at is None or ends_at > due:
        return None
    # Some networks exchange a live token for the next one: it is renewed before its end.
    may_be_extended = spec.token_life(row.login).renewed_with is Renewal.TOKEN and ends_at == row.token_expires_at
    is_final = row.status == AccountStatus.EXPIRING or ends_at <= now
    return Expiry(ends_at, is_final or (not may_be_extended and ends_at - WARN_AHEAD <= now))


def _expiry_of(row: AccountRow, life: TokenLife, credentials: Credentials | None) -> datetime | None:
    """The earlier of two ends: the grant's, unless use extends it, and the access token's, where nothing renews it."""
    is_expiring = row.status == AccountStatus.EXPIRING  # renewal failed, or is not possible
    refresh = credentials.refresh_token if credentials else None
    has_refresh_token = refresh is not None and bool(refresh.get_secret_value())
    is_for_a_time = credentials is not None and credentials.is_final
    is_put_off = (
        has_refresh_token and life.renewed_with is Renewal.REFRESH_TOKEN and not is_for_a_time and not is_expiring
    )
    ends = [
        row.grant_expires_at if not is_put_off else None,
        row.token_expires_at if not has_refresh_token else None,
    ]
    known = [at for at in ends if at is not None]
    if not known and is_expiring:
        return row.token_expires_at
    return min(known, default=None)
