"""Finds the OAuth client keys that accounts still use. Networks read the public keys at this installation's URL.

A grant stays bound to the client key it was made with, even after a rotation of the secret key that it was derived
from. The channel stores the public key in the account's facts, under `client_key`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, or_, select

from munadi.db.session import Database
from munadi.db.tables import AccountRow
from munadi.domain.channel import ChannelName

# The public parts of an elliptic key (RFC 7517, 4; RFC 7518, 6.2.1); nothing else is served.
MEMBERS = ("kid", "kty", "crv", "x", "y", "use", "alg")
# A disconnected account's grant is revoked just after its row is marked, with its key.
KEPT_AFTER_DISCONNECT = timedelta(days=1)


async def keys_in_use(database: Database, channel: ChannelName, now: datetime) -> list[dict[str, str]]:
    """The distinct public JWKs of the channel's accounts."""
    fact = col(AccountRow.facts)["client_key"]
    members = [fact[name].as_string() for name in MEMBERS]
    deleted = col(AccountRow.deleted_at)
    query = (
        select(*members)
        .where(AccountRow.channel == channel.value, members[0].is_not(None))
        .where(or_(deleted.is_(None), deleted > now - KEPT_AFTER_DISCONNECT))
        .distinct()
    )
    async with database.read() as session:
        rows = (await session.exec(query)).all()
    return [dict(zip(MEMBERS, row, strict=True)) for row in rows]
