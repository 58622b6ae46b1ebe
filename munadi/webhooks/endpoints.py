"""Stores webhook endpoints and their signing secrets, which are encrypted and shown once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import false
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.audit import record
from munadi.db.ids import new_id
from munadi.db.sealing.secrets import SigningSecret, open_headers, open_secrets, seal_headers, seal_secrets
from munadi.db.session import Database, announce_deliveries
from munadi.db.tables import IS_PENDING, DeliveryRow, EndpointRow
from munadi.db.webhooks.endpoint_health import end_spell, endpoint_view
from munadi.db.webhooks.endpoint_queues import reopen
from munadi.db.webhooks.missed_events import make_pending_due
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix
from munadi.domain.webhook import (
    DeliveryStatus,
    DisabledReason,
    EndpointView,
    EndpointWithSecret,
    Ordering,
    Payload,
    SignatureScheme,
)
from munadi.domain.webhook_headers import masked, with_kept
from munadi.webhooks.signing import generate_key_pair, generate_secret

log = logging.getLogger("munadi.webhooks")

# How long both secrets sign after a rotation, so that a receiver has time to switch.
ROTATION_OVERLAP = timedelta(hours=24)


class EndpointStore:
    """Endpoints of one database. A deleted one is not found."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def create(
        self,
        session: AsyncSession,
        *,
        url: str,
        brand_ref: str | None,
        types: Sequence[str],
        channels: Sequence[str],
        description: str | None,
        enabled: bool,
        payload: Payload = Payload.FULL,
        signature: SignatureScheme = SignatureScheme.V1,
        ordering: Ordering = Ordering.NONE,
        max_per_second: int | None = None,
        headers: Mapping[str, str] | None = None,
        created_by_key: str | None = None,
        metadata: Mapping[str, str] | None = None,
        now: datetime,
    ) -> EndpointWithSecret:
        """Create an endpoint with its secret, in the caller's transaction. The URL has passed the guard."""
        endpoint_id, key = new_id(Prefix.ENDPOINT), _new_key(signature)
        row = EndpointRow(
            id=endpoint_id,
            brand_ref=brand_ref,
            url=url,
            types=list(types),
            channels=list(channels),
            description=description,
            payload=payload.value,
            signature=signature.value,
            public_key=key.public,
            ordering=ordering.value,
            max_per_second=max_per_second,
            headers=masked(headers or {}),
            sealed_headers=seal_headers(self._keyring, endpoint_id, headers or {}),
            created_by_key=created_by_key,
            own_metadata=dict(metadata) if metadata else None,
            enabled=enabled,
            disabled_reason=None if enabled else DisabledReason.BY_HAND.value,
            sealed=seal_secrets(self._keyring, endpoint_id, [SigningSecret(key.signing)]),
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        record(session, Action.ENDPOINT_CREATED, target=endpoint_id, brand_ref=brand_ref, now=now)
        await session.flush()
        return _with_secret(row, key)

    async def get(self, endpoint_id: str) -> EndpointView | None:
        """An endpoint by id."""
        async with self._database.read() as session:
            row = await session.get(EndpointRow, endpoint_id)
            return None if row is None or row.deleted_at is not None else endpoint_view(row)

    async def list(
        self, *, brand_ref: str | None, with_global: bool = False, limit: int, after: str | None
    ) -> Sequence[EndpointView]:
        """Endpoints in order of id after `after`; of one brand if it is given, `with_global` also those of all."""
        query = select(EndpointRow).where(col(EndpointRow.deleted_at).is_(None)).order_by(col(EndpointRow.id))
        if brand_ref is not None:
            shared = col(EndpointRow.brand_ref).is_(None) if with_global else false()
            query = query.where(or_(col(EndpointRow.brand_ref) == brand_ref, shared))
        if after is not None:
            query = query.where(col(EndpointRow.id) > after)
        async with self._database.read() as session:
            return [endpoint_view(row) for row in (await session.exec(query.limit(limit))).all()]

    async def change(self, endpoint_id: str, changes: dict[str, Any], now: datetime) -> EndpointView | None:
        """Set some columns: url, types, channels, description, payload, ordering, max_per_second, headers, enabled,
        own_metadata.

        A new URL and enabling reset the failures: pending deliveries are sent at once.
        """
        async with self._database.write() as session:
            row = await _live(session, endpoint_id)
            if row is None:
                return None
            was_enabled, was_at = row.enabled, row.url
            if "headers" in changes:
                self._set_headers(row, changes["headers"] or {})
            for name, value in changes.items():
                if name == "headers":
                    continue
                setattr(row, name, list(value) if isinstance(value, tuple) else value)
            if row.enabled != was_enabled:
                row.disabled_reason = None if row.enabled else DisabledReason.BY_HAND.value
            if row.enabled != was_enabled or row.url != was_at:
                end_spell(row)
                await make_pending_due(session, row.id, now)
                await reopen(session, row.id)
                announce_deliveries(session)
            row.updated_at = now
            record(session, Action.ENDPOINT_UPDATED, target=endpoint_id, brand_ref=row.brand_ref, now=now)
            return endpoint_view(row)

    def _set_headers(self, row: EndpointRow, sent: Mapping[str, str]) -> None:
        try:
            before = open_headers(self._keyring, row)
        except SealBroken as error:
            log.error("the headers of %s cannot be opened and are replaced: %s", row.id, error)
            before = {}
        headers = with_kept(sent, before)
        row.headers, row.sealed_headers = masked(headers), seal_headers(self._keyring, row.id, headers)

    async def rotate(
        self,
        session: AsyncSession,
        endpoint_id: str,
        now: datetime,
        *,
        revoke_previous: bool = False,
        signature: SignatureScheme | None = None,
    ) -> EndpointWithSecret | None:
        """Create a new secret, in the caller's transaction. `signature` changes the kind of signature.

        Current secrets stay valid for a day at most, or end at once (`revoke_previous`).

        Secrets that cannot be decrypted are replaced by the new one.
        """
        row = await _live(session, endpoint_id)
        if row is None:
            return None
        row.signature = (signature or SignatureScheme(row.signature)).value
        key, until = _new_key(SignatureScheme(row.signature)), now + ROTATION_OVERLAP
        try:
            signing = open_secrets(self._keyring, row, now)
        except SealBroken as error:
            log.error("the secrets of %s cannot be opened and are replaced: %s", endpoint_id, error)
            signing = []
        old = [] if revoke_previous else [SigningSecret(s.text, min(s.until or until, until)) for s in signing]
        row.sealed = seal_secrets(self._keyring, row.id, [SigningSecret(key.signing), *old])
        row.public_key = key.public
        row.updated_at = now
        record(session, Action.ENDPOINT_SECRET_ROTATED, target=endpoint_id, brand_ref=row.brand_ref, now=now)
        return _with_secret(row, key)

    async def delete(self, endpoint_id: str, now: datetime) -> EndpointView | None:
        """Delete an endpoint and cancel its pending deliveries. None when there is no such endpoint."""
        async with self._database.write() as session:
            # Deliveries before their endpoint: the order in which attempts are recorded.
            await session.exec(
                update(DeliveryRow)
                .where(col(DeliveryRow.endpoint_id) == endpoint_id, IS_PENDING)
                .values(status=DeliveryStatus.CANCELED.value, next_attempt_at=None, deferred_for=None, updated_at=now)
            )
            row = await _live(session, endpoint_id)
            if row is None:
                return None
            row.deleted_at = row.updated_at = now
            row.enabled, row.sealed, row.sealed_headers = False, b"", b""
            record(session, Action.ENDPOINT_DELETED, target=endpoint_id, brand_ref=row.brand_ref, now=now)
            return endpoint_view(row)


async def _live(session: AsyncSession, endpoint_id: str) -> EndpointRow | None:
    row = await session.get(EndpointRow, endpoint_id, with_for_update=True)
    return None if row is None or row.deleted_at is not None else row


class _Key(NamedTuple):
    """`signing` stays here, `public` (v1a only) is shown."""

    signing: str
    public: str | None = None


def _new_key(signature: SignatureScheme) -> _Key:
    if signature is SignatureScheme.V1:
        return _Key(generate_secret())
    pair = generate_key_pair()
    return _Key(pair.private, pair.public)


def _with_secret(row: EndpointRow, key: _Key) -> EndpointWithSecret:
    return EndpointWithSecret(**endpoint_view(row).model_dump(by_alias=False), secret=key.public or key.signing)
