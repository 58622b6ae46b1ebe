"""The service for logins without a browser of their own (RFC 8628): a device shows a short code, and a person who types
it into the dashboard allows it a key.

A device that has nothing but its own long code asks again and again. A short code can be guessed, so it is of use only
to a person who is signed in, for ten minutes, and their tries are counted (`api/dashboard/device.py`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Service
from munadi.db.brands.limits import require_holding
from munadi.db.oauth.clients import TooManyClients
from munadi.db.oauth.service import SignInService, code_row, hash_of
from munadi.db.tables import OAuthCodeRow, OAuthDeviceRow
from munadi.domain.device import (
    DEVICE_LIFE,
    LENGTH,
    LETTERS,
    POLL_SECONDS,
    DeviceCodes,
    read_user_code,
    shown_user_code,
)
from munadi.domain.oauth import CODE_LIFE, Consent, GrantRefused, IssuedTokens
from munadi.domain.usage import Limit

# How many may wait for a person. With so few of 20^8 codes a guess is hopeless.
MOST_PENDING = 200


@dataclass(frozen=True)
class DeviceService(Service):
    """Logins of devices."""

    sign_ins: SignInService

    async def begin(self, address: str | None) -> DeviceCodes:
        """The codes of a new login. Raises TooManyClients while too many wait for a person."""
        now, code = self.clock.now(), secrets.token_urlsafe(32)
        short = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        async with self.database.write() as session:
            await _require_room(session, now)
            session.add(
                OAuthDeviceRow(
                    hash=hash_of(code),
                    user_code_hash=hash_of(short),
                    address=address,
                    created_at=now,
                    expires_at=now + DEVICE_LIFE,
                    next_poll_at=now,
                    poll_seconds=POLL_SECONDS,
                )
            )
        return DeviceCodes(code, shown_user_code(short), int(DEVICE_LIFE.total_seconds()), POLL_SECONDS)

    async def find(self, typed: str) -> OAuthDeviceRow | None:
        """The login that waits for a person, by the code that they typed."""
        short = read_user_code(typed)
        if short is None:
            return None
        query = select(OAuthDeviceRow).where(OAuthDeviceRow.user_code_hash == hash_of(short))
        async with self.database.read() as session:
            return self._waiting((await session.exec(query)).first())

    async def get(self, device: str) -> OAuthDeviceRow | None:
        """The login that waits for a person, by the hash of its long code."""
        async with self.database.read() as session:
            return self._waiting(await session.get(OAuthDeviceRow, device))

    async def allow(self, device: str, consent: Consent) -> None:
        """Let the device have a key when it asks next. Raises QuotaExceeded, and GrantRefused when it does not wait."""
        now = self.clock.now()
        async with self.database.write() as session:
            row = await self._locked(session, device)
            await require_holding(session, consent.brand_ref, Limit.KEYS, self.limits, now)
            row.decided_at = now
            session.add(code_row(device, consent, max(row.expires_at, now + CODE_LIFE)))

    async def deny(self, device: str) -> None:
        """Refuse it. Raises GrantRefused when it does not wait."""
        async with self.database.write() as session:
            (await self._locked(session, device)).decided_at = self.clock.now()

    async def poll(self, code: str) -> IssuedTokens:
        """The key, once a person has allowed it. Raises GrantRefused with the codes of RFC 8628, 3.5."""
        now = self.clock.now()
        async with self.database.write() as session:
            row = await session.get(OAuthDeviceRow, hash_of(code), with_for_update=True)
            # Raised only below: what the row notes must be stored.
            refusal = _refusal(row, now) if row is not None else GrantRefused("invalid_grant", "the code is unknown")
            if refusal is None and await session.get(OAuthCodeRow, hash_of(code)) is None:
                refusal = GrantRefused("access_denied", "a person has refused it")
        if refusal is not None:
            raise refusal
        return await self.sign_ins.exchange(code, as_key=True)

    async def _locked(self, session: AsyncSession, device: str) -> OAuthDeviceRow:
        row = self._waiting(await session.get(OAuthDeviceRow, device, with_for_update=True))
        if row is None:
            raise GrantRefused("invalid_grant", "the login has ended")
        return row

    def _waiting(self, row: OAuthDeviceRow | None) -> OAuthDeviceRow | None:
        is_waiting = row is not None and row.decided_at is None and row.expires_at > self.clock.now()
        return row if is_waiting else None


def _refusal(row: OAuthDeviceRow, now: datetime) -> GrantRefused | None:
    """Why a device gets no answer yet, or none at all; None when a person has decided."""
    if row.decided_at is not None:
        return None
    if row.expires_at <= now:
        return GrantRefused("expired_token", "nobody allowed it in time; start again")
    is_early = now < row.next_poll_at
    if is_early:
        row.poll_seconds += POLL_SECONDS
    row.next_poll_at = now + timedelta(seconds=row.poll_seconds)
    if is_early:
        return GrantRefused("slow_down", f"ask every {row.poll_seconds} seconds")
    return GrantRefused("authorization_pending", "nobody has decided yet")


async def _require_room(session: AsyncSession, now: datetime) -> None:
    """TooManyClients while as many as may do so wait for a person."""
    waiting = col(OAuthDeviceRow.decided_at).is_(None) & (col(OAuthDeviceRow.expires_at) > now)
    found = (await session.exec(select(func.count(), func.min(OAuthDeviceRow.expires_at)).where(waiting))).one()
    if found[0] >= MOST_PENDING:
        raise TooManyClients(max(1, int((found[1] - now).total_seconds())), MOST_PENDING)
