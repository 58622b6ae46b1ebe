"""The service for programs that sign in: a consent gives a code, a code gives tokens, a refresh token gives new ones.

A grant is an API key of one brand, which is seen and revoked like any other. It has no text: only tokens open it, and
of codes and tokens only hashes are stored. Each is used once. Who uses a code or a refresh token for the second time
may be a thief, or the one it was stolen from: the key is revoked.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Service
from munadi.db.brands.limits import require_holding
from munadi.db.keys.callers import key_hash
from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.oauth.clients import OAuthClients, forget_old_clients
from munadi.db.session import Database
from munadi.db.tables import (
    BrandRow,
    KeyRow,
    OAuthClientRow,
    OAuthCodeRow,
    OAuthDeviceRow,
    OAuthGrantRow,
    OAuthTokenRow,
)
from munadi.domain.audit import current_actor
from munadi.domain.key import ALPHABET, RANDOM_LENGTH, KeyKind, Scope, write_key
from munadi.domain.key_caps import KeyCaps
from munadi.domain.oauth import ACCESS_LIFE, CODE_LIFE, REFRESH_LIFE, Consent, GrantRefused, IssuedTokens
from munadi.domain.reach import Reach
from munadi.domain.usage import Limit

REFRESH = "mnr_"
# How long a used code is remembered.
USED_CODES = timedelta(days=1)
BATCH = 1_000


@dataclass(frozen=True)
class SignInService(Service):
    """Programs that sign in."""

    @property
    def clients(self) -> OAuthClients:
        """The registered programs."""
        return OAuthClients(self.database)

    async def allow(self, consent: Consent) -> str:
        """A code for a consent. Raises QuotaExceeded when the brand can have no further key."""
        now, code = self.clock.now(), secrets.token_urlsafe(32)
        async with self.database.write() as session:
            await require_holding(session, consent.brand_ref, Limit.KEYS, self.limits, now)
            client = await session.get(OAuthClientRow, consent.client_id, with_for_update=True)
            if client is None:
                raise GrantRefused("invalid_request", "the program's registration has ended")
            client.used_at = now
            session.add(code_row(hash_of(code), consent, now + CODE_LIFE))
        return code

    async def find_code(self, code: str) -> OAuthCodeRow | None:
        """The consent of a code, used or not; None when there is none, or it is too old, or that of a device."""
        async with self.database.read() as session:
            row = await session.get(OAuthCodeRow, hash_of(code))
        if row is None or not row.redirect_uri:
            return None
        return row if row.used_at or row.expires_at > self.clock.now() else None

    async def exchange(self, code: str, *, as_key: bool = False) -> IssuedTokens:
        """The tokens of a code whose verifier was checked, or the key itself; it is made here. Raises GrantRefused,
        QuotaExceeded. A second use revokes what the first one gave."""
        now = self.clock.now()
        async with self.database.write() as session:
            row = await session.get(OAuthCodeRow, hash_of(code), with_for_update=True)
            if row is None or (row.used_at is None and row.expires_at <= now):
                raise GrantRefused("invalid_grant", "the code is unknown or has ended")
            stolen = row.key_id if row.used_at is not None else None
            if row.used_at is None:
                row.used_at = now
                key, text = await self._make_key(session, row, now)
                row.key_id = key.id
                return _itself(key, text, now) if as_key else self._issue(session, key, now)
        if stolen is not None:
            await self._revoke(stolen, now)
        raise GrantRefused("invalid_grant", "the code was used before; what it gave is revoked")

    async def find_refresh(self, token: str) -> tuple[OAuthGrantRow, Sequence[str]] | None:
        """The grant of a refresh token, used or not, and its scopes; None when there is none, or it is too old."""
        query = (
            select(OAuthGrantRow, KeyRow.scopes)
            .join(OAuthTokenRow, col(OAuthTokenRow.key_id) == col(OAuthGrantRow.key_id))
            .join(KeyRow, col(KeyRow.id) == col(OAuthGrantRow.key_id))
            .where(OAuthTokenRow.hash == hash_of(token), col(OAuthTokenRow.is_refresh))
            .where(col(OAuthTokenRow.expires_at) > self.clock.now())
        )
        async with self.database.read() as session:
            return (await session.exec(query)).first()

    async def refresh(self, token: str) -> IssuedTokens:
        """New tokens for a refresh token. Raises GrantRefused. A second use revokes the grant."""
        now = self.clock.now()
        async with self.database.write() as session:
            row = await session.get(OAuthTokenRow, hash_of(token), with_for_update=True)
            key = await session.get(KeyRow, row.key_id) if row is not None and row.is_refresh else None
            if row is None or key is None or not _is_alive(key, now) or row.expires_at <= now:
                raise GrantRefused("invalid_grant", "the refresh token is unknown, revoked or has ended")
            if row.used_at is None:
                row.used_at = now
                return self._issue(session, key, now)
        await self._revoke(key.id, now)
        raise GrantRefused("invalid_grant", "the refresh token was used before; the sign-in is revoked")

    async def revoke(self, token: str, client_id: str) -> None:
        """End the grant of a token, if it is one of this program. Repeats change nothing."""
        query = (
            select(OAuthTokenRow.key_id)
            .join(OAuthGrantRow, col(OAuthGrantRow.key_id) == col(OAuthTokenRow.key_id))
            .where(col(OAuthTokenRow.hash).in_([hash_of(token), key_hash(token)]), OAuthGrantRow.client_id == client_id)
        )
        async with self.database.read() as session:
            key_id = (await session.exec(query)).first()
        if key_id is not None:
            await self._revoke(key_id, self.clock.now())

    async def _make_key(self, session: AsyncSession, code: OAuthCodeRow, now: datetime) -> tuple[KeyRow, str]:
        """The key of a grant, in the name of the person who gave it, and its text, which only a device is given."""
        person = await session.get(KeyRow, code.granted_by)
        if person is None or not _is_alive(person, now):
            raise GrantRefused("invalid_grant", "the key of the person who agreed has ended")
        await require_holding(session, code.brand_ref, Limit.KEYS, self.limits, now)
        brand = await session.get(BrandRow, code.brand_ref)
        if brand is None or brand.erasing_at is not None:
            raise GrantRefused("invalid_grant", "the brand is being erased")
        actor = current_actor()
        actor.key_id, actor.brand_ref = code.granted_by, code.brand_ref
        key, text = await KeyStore(self.database).create(
            session,
            NewKey(
                name=code.client_name,
                scopes=[Scope(scope) for scope in code.scopes],
                reach=Reach((code.brand_ref,)),
                caps=KeyCaps.kept(code.caps),
                expires_at=code.ends_at,
                lineage=(*person.lineage, person.id),
            ),
            now,
        )
        session.add(
            OAuthGrantRow(
                key_id=key.id,
                client_id=code.client_id,
                resource=code.resource,
                granted_by=code.granted_by,
                created_at=now,
            )
        )
        return key, text

    def _issue(self, session: AsyncSession, key: KeyRow, now: datetime) -> IssuedTokens:
        """A new pair of tokens of a key. Neither outlives the key."""
        random = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
        access, refresh = write_key(KeyKind.TOKEN, random), REFRESH + secrets.token_urlsafe(32)
        ends = key.expires_at
        assert ends is not None, "a grant has an end"
        until = min(now + ACCESS_LIFE, ends)
        session.add(OAuthTokenRow(hash=key_hash(access), key_id=key.id, is_refresh=False, expires_at=until))
        last = min(now + REFRESH_LIFE, ends)
        session.add(OAuthTokenRow(hash=hash_of(refresh), key_id=key.id, is_refresh=True, expires_at=last))
        scopes = tuple(Scope(scope) for scope in key.scopes)
        return IssuedTokens(access, refresh, int((until - now).total_seconds()), scopes)

    async def _revoke(self, key_id: str, now: datetime) -> None:
        await KeyStore(self.database).revoke(key_id, now)


def _is_alive(key: KeyRow, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _itself(key: KeyRow, text: str, now: datetime) -> IssuedTokens:
    """The key in place of tokens, for a device that keeps it as people keep keys."""
    assert key.expires_at is not None, "a grant has an end"
    seconds = int((key.expires_at - now).total_seconds())
    return IssuedTokens(text, None, seconds, tuple(Scope(scope) for scope in key.scopes))


def code_row(hash_: str, consent: Consent, until: datetime) -> OAuthCodeRow:
    """A consent, for whoever shows what the hash is of."""
    return OAuthCodeRow(
        hash=hash_,
        client_id=consent.client_id,
        client_name=consent.client_name,
        brand_ref=consent.brand_ref,
        scopes=[scope.value for scope in consent.scopes],
        caps=None if consent.caps is None else consent.caps.model_dump(mode="json", by_alias=True),
        ends_at=consent.ends_at,
        granted_by=consent.granted_by,
        redirect_uri=consent.redirect_uri,
        challenge=consent.challenge,
        resource=consent.resource,
        expires_at=until,
    )


def hash_of(text: str) -> str:
    """The stored hash of a code or a refresh token: 256 random bits need no slow one."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


async def forget_old_sign_ins(database: Database, now: datetime) -> int:
    """Delete codes and tokens that have ended, and registrations that nobody uses, a batch at a time; their number."""
    count = 0
    async with database.write() as session:
        for table, ended in (
            (OAuthCodeRow, col(OAuthCodeRow.expires_at) <= now - USED_CODES),
            (OAuthDeviceRow, col(OAuthDeviceRow.expires_at) <= now - USED_CODES),
            (OAuthTokenRow, col(OAuthTokenRow.expires_at) <= now),
        ):
            gone = (await session.exec(select(table.hash).where(ended).limit(BATCH))).all()
            if gone:
                await session.exec(delete(table).where(col(table.hash).in_(gone)))
            count += len(gone)
        return count + await forget_old_clients(session, now)
