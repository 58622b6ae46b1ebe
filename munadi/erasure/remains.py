"""Erases what is left of a brand or an account after its posts: rows by subject, in batches where there may be many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.contents.renditions import delete_renditions
from munadi.db.events.log import hold_numbering
from munadi.db.keys.store import forget_brand
from munadi.db.tables import (
    AccountRow,
    AlertRow,
    ApiCallsRow,
    AuditRow,
    BrandAppRow,
    BrandingRow,
    BrandRow,
    CalendarFeedRow,
    ConnectionRow,
    DeliveryDeferralRow,
    DeliveryRow,
    DeliveryTriesRow,
    EndpointQueueRow,
    EndpointRow,
    EventRow,
    IdempotencyRow,
    ImportLineRow,
    ImportRow,
    KeyDayRow,
    KeyRow,
    LookBudgetRow,
    MediaRow,
    MediaUseRow,
    OAuthCodeRow,
    OAuthGrantRow,
    OAuthTokenRow,
    RecoveryRow,
    SavedDraftRow,
    SeriesRow,
    SessionRow,
)
from munadi.db.tables.webhooks import HAS_A_RARE_TYPE
from munadi.domain.event import EventType
from munadi.erasure.deleting import delete_events, delete_rows
from munadi.erasure.parts import erase_from_drafts
from munadi.erasure.scope import Scope, add_to

_OF_ACCOUNTS = (
    EventType.ACCOUNT_CONNECTED,
    EventType.ACCOUNT_EXPIRING,
    EventType.ACCOUNT_REAUTH_REQUIRED,
    EventType.ACCOUNT_DISCONNECTED,
)

_OF_CONNECTIONS = (EventType.CONNECTION_COMPLETED, EventType.CONNECTION_FAILED, EventType.CONNECTION_EXPIRED)


async def erase_events(session: AsyncSession, scope: Scope, size: int, now: datetime) -> bool:
    """Erase so many events that belong to no post, with their deliveries. Whether there may be more."""
    query = select(EventRow.id).where(EventRow.brand_ref == scope.brand_ref)
    if scope.account_id is not None:
        query = query.where(text(HAS_A_RARE_TYPE), await _is_about_account(session, scope.account_id))
    ids = (await session.exec(query.limit(size))).all()
    await hold_numbering(session)
    position = await delete_events(session, col(EventRow.id).in_(ids))
    await add_to(session, scope, now, {}, position=position)
    return len(ids) == size


async def _is_about_account(session: AsyncSession, account_id: str) -> ColumnElement[bool]:
    """Events of the account itself, and those of the connections that name it."""
    kind, data = col(EventRow.type), col(EventRow.data)
    own = and_(kind.in_(_OF_ACCOUNTS), data["account"]["id"].as_string() == account_id)
    account = await session.get(AccountRow, account_id)
    if account is None:
        return own
    connections = await _connections(session, account)
    return or_(own, and_(kind.in_(_OF_CONNECTIONS), data["connection"]["id"].as_string().in_(connections)))


async def erase_deliveries(session: AsyncSession, scope: Scope, size: int) -> bool:
    """Erase so many deliveries to the brand's endpoints. Whether there may be more."""
    query = select(DeliveryRow.id).where(col(DeliveryRow.endpoint_id).in_(_endpoints(scope))).limit(size)
    ids = (await session.exec(query)).all()
    await delete_rows(session, DeliveryRow, col(DeliveryRow.id).in_(ids))
    return len(ids) == size


async def erase_imports(session: AsyncSession, scope: Scope, size: int) -> bool:
    """Erase so many rows of the brand's imports. Whether there may be more."""
    imports = select(col(ImportRow.id)).where(ImportRow.brand_ref == scope.brand_ref)
    query = select(ImportLineRow.import_id, ImportLineRow.line).where(col(ImportLineRow.import_id).in_(imports))
    found = (await session.exec(query.limit(size))).all()
    for import_id in {each[0] for each in found}:
        lines = [each[1] for each in found if each[0] == import_id]
        await delete_rows(
            session, ImportLineRow, and_(col(ImportLineRow.import_id) == import_id, col(ImportLineRow.line).in_(lines))
        )
    return len(found) == size


async def erase_media(session: AsyncSession, scope: Scope, size: int, now: datetime) -> bool:
    """Mark so many of the brand's files as deleted, so that their bytes are removed. Whether there may be more."""
    query = select(MediaRow).where(MediaRow.brand_ref == scope.brand_ref, col(MediaRow.deleted_at).is_(None))
    rows = (await session.exec(query.limit(size).with_for_update())).all()
    for row in rows:
        row.deleted_at = now
    await delete_renditions(session, [row.id for row in rows], now)
    await delete_rows(session, MediaUseRow, col(MediaUseRow.media_id).in_([row.id for row in rows]))
    await add_to(session, scope, now, {"media": len(rows)})
    return len(rows) == size


async def has_bytes(session: AsyncSession) -> bool:
    """Whether the store may still have bytes of a file that was deleted."""
    query = select(MediaRow.id).where(col(MediaRow.deleted_at).is_not(None), col(MediaRow.removed_at).is_(None))
    return (await session.exec(query.limit(1))).first() is not None


async def forget_media(session: AsyncSession, scope: Scope) -> None:
    """Leave of removed files only the hash, which guards uploads of the same bytes for some days."""
    removed, connection = col(MediaRow.removed_at).is_not(None), await session.connection()
    await connection.execute(update(MediaRow).where(removed).values(facts={}, source_url=None))
    if scope.account_id is None:
        of_brand = col(MediaRow.brand_ref) == scope.brand_ref
        await connection.execute(update(MediaRow).where(removed, of_brand).values(brand_ref=None))


async def erase_brand(session: AsyncSession, scope: Scope, now: datetime) -> Sequence[str]:
    """Delete the brand with everything that is few; its accounts. IntegrityError while something refers to it that
    came later."""
    ref = scope.brand_ref
    drafts = select(col(SavedDraftRow.id)).where(SavedDraftRow.brand_ref == ref)
    brandings = select(col(BrandingRow.id)).where(BrandingRow.brand_ref == ref)
    for users in (drafts, brandings):
        await delete_rows(session, MediaUseRow, col(MediaUseRow.used_by).in_(users))
    await delete_rows(session, RecoveryRow, col(RecoveryRow.endpoint_id).in_(_endpoints(scope)))
    await delete_rows(session, EndpointQueueRow, col(EndpointQueueRow.endpoint_id).in_(_endpoints(scope)))
    keys = (await session.exec(select(KeyRow.id).where(KeyRow.brand_ref == ref))).all()
    accounts = (await session.exec(select(AccountRow.id).where(AccountRow.brand_ref == ref))).all()
    for of_key in (SessionRow, OAuthTokenRow, OAuthGrantRow, KeyDayRow):
        await delete_rows(session, of_key, col(of_key.key_id).in_(keys))
    await forget_brand(session, ref, now)
    await delete_rows(session, LookBudgetRow, col(LookBudgetRow.scope).in_(accounts))
    series = select(col(SeriesRow.id)).where(SeriesRow.brand_ref == ref)
    await delete_rows(session, MediaUseRow, col(MediaUseRow.used_by).in_(series))
    for table in (
        SeriesRow,
        AlertRow,
        ImportRow,
        EndpointRow,
        SavedDraftRow,
        ConnectionRow,
        CalendarFeedRow,
        OAuthCodeRow,
        KeyRow,
        AccountRow,
        BrandAppRow,
        BrandingRow,
        ApiCallsRow,
        DeliveryTriesRow,
        DeliveryDeferralRow,
    ):
        await delete_rows(session, table, col(table.brand_ref) == ref)
    await delete_rows(session, IdempotencyRow, col(IdempotencyRow.scope).startswith(f"{ref} ", autoescape=True))
    await anonymise(session, scope, or_(col(AuditRow.brand_ref) == ref, col(AuditRow.key_id).in_(keys)))
    await delete_rows(session, BrandRow, col(BrandRow.ref) == ref)
    return accounts


async def erase_account(session: AsyncSession, scope: Scope, keyring: KeyRing, now: datetime) -> Sequence[str]:
    """Delete the account, its connections, and the recorded answers that show it; the accounts that were deleted."""
    account = await session.get(AccountRow, scope.account_id, with_for_update=True)
    if account is None:
        return ()
    connections = await _connections(session, account)
    about = [account.id, *connections]
    await _forget_answers(session, scope, keyring, [account.id, account.external_id, account.handle])
    await delete_rows(session, LookBudgetRow, col(LookBudgetRow.scope) == account.id)
    await erase_from_drafts(session, scope.brand_ref, account.id, now)
    session.expunge_all()
    await delete_rows(session, ConnectionRow, col(ConnectionRow.id).in_(connections))
    await anonymise(session, scope, col(AuditRow.target).in_(about))
    await delete_rows(session, AccountRow, col(AccountRow.id) == scope.account_id)
    return [str(scope.account_id)]


async def anonymise(session: AsyncSession, scope: Scope, which: ColumnElement[bool]) -> None:
    """Remove addresses and request ids from entries of the audit log: who (the key), what and when stays."""
    others = col(AuditRow.target).is_distinct_from(scope.id)
    emptied = update(AuditRow).where(which, others).values(address=None, request_id=None)
    await (await session.connection()).execute(emptied)


def _endpoints(scope: Scope) -> Any:
    return select(col(EndpointRow.id)).where(EndpointRow.brand_ref == scope.brand_ref)


async def _connections(session: AsyncSession, account: AccountRow) -> Sequence[str]:
    """The connections that made the account or were to reconnect it, and those in which it could be chosen."""
    of_channel = (ConnectionRow.brand_ref == account.brand_ref, ConnectionRow.channel == account.channel)
    rows = (await session.exec(select(ConnectionRow).where(*of_channel))).all()
    return [
        row.id
        for row in rows
        if account.id in (row.account_id, *row.account_ids)
        or account.external_id in [each.get("externalId") for each in row.choices]
    ]


async def _forget_answers(session: AsyncSession, scope: Scope, keyring: KeyRing, marks: Sequence[str]) -> None:
    """Empty the brand's recorded answers that show the account. Their keys stay: a repeated request is refused, and
    publishes nothing again."""
    of_brand = col(IdempotencyRow.scope).startswith(f"{scope.brand_ref} ", autoescape=True)
    for row in (await session.exec(select(IdempotencyRow).where(of_brand))).all():
        try:
            place = {"table": "idempotency", "row": f"{row.scope} {row.key}", "column": "answer"}
            answer = keyring.open(row.answer, **place)
        except SealBroken:
            continue  # nobody can read it
        if any(mark.encode() in answer for mark in marks if mark):
            row.answer, row.about = b"", None
    await session.flush()
