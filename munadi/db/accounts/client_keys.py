"""Which of our client keys accounts still use: a network that knows us by an address reads the public keys there.

A grant stays bound to the client key it began with, whatever became of the secret key that it was derived from. The
channel writes the public key into the account's facts under `client_key`.
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
    """The public JWKs of the channel's accounts, each once."""
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
