"""Connects and disconnects accounts, and changes the posts that wait for them in the same transaction.

Posts are locked first, in order of id, then the account's row. Every other transaction takes them in the same order, so
that two of them never wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Cast, ColumnElement, Text, and_, exists, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.channels.registry import spec_of
from munadi.crypto import KeyRing
from munadi.db.accounts.rows import by_profile, describe, new_account, store_credentials
from munadi.db.accounts.views import account_views, is_in_flight, notify_account
from munadi.db.audit import record
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow, DraftRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.audit import Action
from munadi.domain.brand import BrandMode
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import WAITING, HoldReason
from munadi.domain.reasons import failure_of
from munadi.intake.account_trouble import ACCOUNT_CODES, troubles_of
from munadi.ports import Connection
from munadi.publishing.content import LockedContent
from munadi.publishing.outcomes import fail_or_doubt

_WAITING = [status.value for status in WAITING]


async def connect(
    session: AsyncSession,
    keyring: KeyRing,
    brand_ref: str,
    channel: ChannelName,
    connection: Connection,
    *,
    login: str | None,
    metadata: Mapping[str, str] | None = None,
    now: datetime,
) -> AccountView:
    """Store a verified connection, in the caller's transaction. `metadata` replaces that of the account, if given.

    A connected profile is reconnected: it gets new credentials, the posts that waited for them continue, and what
    waiting posts are warned of about their account is what is true of the new connection.
    """
    row, waiting = await _locked_row(session, brand_ref, channel, connection, now)
    describe(row, connection)
    row.login, row.app_id, row.status = login, connection.app_id, AccountStatus.CONNECTED.value
    if metadata is not None:
        row.own_metadata = dict(metadata) or None
    row.lease_holder = row.lease_until = row.renewed_at = None
    row.granted_at = row.last_success_at = row.keep_at = now
    store_credentials(keyring, row, connection.credentials, now)
    row.connected_version = row.credentials_version
    for locked in waiting:
        _warn_again(locked, row, keyring)
    await notify_account(session, EventType.ACCOUNT_CONNECTED, row, now)
    return (await account_views(session, [row]))[0]


async def disconnect(database: Database, account_id: str, now: datetime) -> AccountView | None:
    """Fail the posts that wait for the account and delete its credentials. A repeat changes nothing."""
    async with database.write() as session:
        await fail_waiting(session, account_id, now)
        row = await session.get(AccountRow, account_id, with_for_update=True)
        if row is None:
            return None
        if row.deleted_at is None:
            row.status, row.deleted_at, row.updated_at = AccountStatus.DISCONNECTED.value, now, now
            row.keep_at = now
            if not await is_in_flight(session, account_id):
                row.sealed = b""  # otherwise a reconcile still needs them
            await notify_account(session, EventType.ACCOUNT_DISCONNECTED, row, now)
            record(session, Action.ACCOUNT_DISCONNECTED, target=account_id, brand_ref=row.brand_ref, now=now)
        return (await account_views(session, [row]))[0]


async def release_held(
    session: AsyncSession, account_id: str, now: datetime, *, may_publish: bool = True
) -> list[LockedContent]:
    """After a reconnect: end each TOKEN hold, emit `content.publish.resumed`, wake the workflow.

    Returns these posts, and those that only have a warning about the account. Without the permission to post
    (`may_publish`) they keep waiting.
    """
    waits = and_(
        col(PublicationRow.status).in_(_WAITING),
        or_(col(PublicationRow.hold_reason) == HoldReason.TOKEN.value, _is_warned(account_id)),
    )
    posts = await _locked_contents(session, account_id, now, waits)
    for locked in posts:
        held = _held(locked, account_id) if may_publish else []
        for row in held:
            await locked.resume(row)
        if held:
            locked.wake()
            await locked.close()
    return posts


async def fail_waiting(session: AsyncSession, account_id: str, now: datetime) -> None:
    """Before an account is deleted: fail the publications that wait for it, with ACCOUNT_DISCONNECTED."""
    for locked in await _locked_contents(session, account_id, now, col(PublicationRow.status).in_(_WAITING)):
        for row in locked.publications:
            if row.account_id == account_id and row.status in WAITING:
                await fail_or_doubt(locked, row, failure_of(Reason.ACCOUNT_DISCONNECTED))
        locked.wake()
        await locked.close()


def _is_warned(account_id: str) -> ColumnElement[bool]:
    """Whether a draft of the publication's post has a warning about the account."""
    warnings = Cast(col(DraftRow.warnings), Text)
    return exists().where(
        col(DraftRow.content_id) == col(PublicationRow.content_id), warnings.contains(account_id, autoescape=True)
    )


def _held(locked: LockedContent, account_id: str) -> list[PublicationRow]:
    rows = locked.publications
    return [row for row in rows if row.account_id == account_id and row.hold_reason == HoldReason.TOKEN]


def _warn_again(locked: LockedContent, row: AccountRow, keyring: KeyRing) -> None:
    """Replace the warnings about an account, and the cause of what still waits for it, by what is true of it now."""
    spec = spec_of(ChannelName(row.channel))
    found = list(troubles_of(row, spec, locked.content.scheduled_at, locked.now, keyring))
    before = [one for one in locked.draft.warnings if one.get("accountId") == row.id and one["code"] in ACCOUNT_CODES]
    if before:
        pointer, kept = str(before[0]["pointer"]), [one for one in locked.draft.warnings if one not in before]
        locked.draft.warnings = [*kept, *(trouble.warning(pointer).stored() for trouble in found)]
    causes = [trouble.cause for trouble in found if trouble.cause is not None]
    for held in _held(locked, row.id) if causes else ():
        held.hold_cause = causes[0].model_dump(mode="json", by_alias=True)


async def _locked_row(
    session: AsyncSession, brand_ref: str, channel: ChannelName, connection: Connection, now: datetime
) -> tuple[AccountRow, list[LockedContent]]:
    """The profile's row under lock, with the posts that waited for it: the existing row, after they were released, or
    a new one."""
    external_id = connection.profile.external_id
    query = by_profile(brand_ref, channel, external_id)
    row = (await session.exec(query)).first()
    if row is None:
        brand = await session.get_one(BrandRow, brand_ref)
        row = new_account(brand_ref, channel, external_id, now, is_test=brand.mode == BrandMode.TEST)
        try:
            async with session.begin_nested():
                session.add(row)
            return row, []
        except IntegrityError:
            # Two connected the profile for the first time at once: the second is a reconnect.
            row = (await session.exec(query)).one()
    may_publish = spec_of(channel).may_publish(connection.profile.scopes)
    waiting = await release_held(session, row.id, now, may_publish=may_publish)
    await session.refresh(row, with_for_update=True)
    return row, waiting


async def _locked_contents(
    session: AsyncSession, account_id: str, now: datetime, condition: object
) -> list[LockedContent]:
    query = (
        select(PublicationRow.content_id)
        .where(PublicationRow.account_id == account_id, condition)  # type: ignore[arg-type]
        .distinct()
        .order_by(col(PublicationRow.content_id))
    )
    found = [await LockedContent.lock(session, content_id, now) for content_id in (await session.exec(query)).all()]
    return [locked for locked in found if locked is not None]
