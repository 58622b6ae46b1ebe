"""When the connection of an account ends, as far as that decides about a due time.

The access token's end matters only where nothing renews it. What cannot be put off is the end of the grant: a consent
given for a time, or one that only its owner extends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.crypto import KeyRing, SealBroken
from munadi.db.sealing.secrets import open_credentials
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import ChannelSpec, Renewal, TokenLife
from munadi.domain.keeping import TOLD_AHEAD


@dataclass(frozen=True)
class Ending:
    """A connection ends at `at`, unless its owner acts. `is_final`: they have been asked to, or it is over."""

    at: datetime
    is_final: bool


def ending_before(row: AccountRow, due: datetime, spec: ChannelSpec, now: datetime, keyring: KeyRing) -> Ending | None:
    """How the connection ends by `due`; None when it lives longer, can be renewed, or its end is not known."""
    if not any(at is not None and at <= due for at in (row.token_expires_at, row.grant_expires_at)):
        return None  # the common case unseals nothing
    try:
        credentials = open_credentials(keyring, row)
    except SealBroken:
        if row.status != AccountStatus.EXPIRING:
            return None  # a key is missing, not the grant: the post waits until it is back
        credentials = None
    ends_at = _end_of(row, spec.token_life(row.login), credentials)
    if ends_at is None or ends_at > due:
        return None
    # A token that buys the next while it lives is renewed before its end, as long as the network lets us.
    may_be_extended = spec.token_life(row.login).renewed_with is Renewal.TOKEN and ends_at == row.token_expires_at
    is_final = row.status == AccountStatus.EXPIRING or ends_at <= now
    return Ending(ends_at, is_final or (not may_be_extended and ends_at - TOLD_AHEAD <= now))


def _end_of(row: AccountRow, life: TokenLife, credentials: Credentials | None) -> datetime | None:
    """The grant's end unless using it puts that off, and the access token's where nothing renews it."""
    is_expiring = row.status == AccountStatus.EXPIRING  # renewing was tried in vain, or is not possible
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
