"""Which old posts may be deleted, and why others are kept.

A post is kept as long as a promise needs it: something of it may still happen, an event of it is to be delivered, or it
tells a later look at its network that a live post there is this one and no other (`UNCERTAIN`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, text, tuple_
from sqlmodel import col, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.sources import Place
from munadi.db.tables import (
    IS_PENDING,
    AttemptRow,
    ContentRow,
    DeliveryRow,
    DiscardRow,
    EventRow,
    PublicationRow,
    RecoveryRow,
)
from munadi.domain.publication import PublicationStatus
from munadi.domain.purge import Kept
from munadi.domain.usage import Month

S = PublicationStatus
_FINISHED = (S.PUBLISHED.value, S.FAILED.value, S.CANCELED.value)
# What may be live without that being known, or may become so by a retry.
_MAY_BE_SENT = (S.ACCEPTED.value, S.QUEUED.value, S.PUBLISHING.value, S.UNCONFIRMED.value, S.FAILED.value)
# In the words of the index `attempts_one_open`.
_IS_OPEN = text("attempts.is_open")


async def old_posts(
    session: AsyncSession, before: datetime, brand_ref: str | None, after: Place | None, limit: int
) -> list[Place]:
    """The places (when it was created, and its id) of posts whose last change was before, the oldest first."""
    created_at, content_id = col(ContentRow.created_at), col(ContentRow.id)
    query = select(created_at, content_id).where(created_at < before, col(ContentRow.updated_at) < before)
    if brand_ref is not None:
        query = query.where(ContentRow.brand_ref == brand_ref)
    if after is not None:
        query = query.where(tuple_(created_at, content_id) > tuple_(*after))
    rows = (await session.exec(query.order_by(created_at, content_id).limit(limit))).all()
    return [(at, key) for at, key in rows]


async def lock_old(session: AsyncSession, ids: Sequence[str], before: datetime) -> dict[str, str]:
    """Lock those of these posts that have not changed since, and that no other transaction has. Their brands by id."""
    query = select(ContentRow.id, ContentRow.brand_ref).where(
        col(ContentRow.id).in_(ids), col(ContentRow.updated_at) < before
    )
    return dict((await session.exec(query.order_by(col(ContentRow.id)).with_for_update(skip_locked=True))).all())


async def reasons_to_keep(
    session: AsyncSession, ids: Sequence[str], before: datetime, now: datetime
) -> dict[str, Kept]:
    """Why each of these posts is needed. Those that are not named may be deleted."""
    found: dict[str, Kept] = {}
    for reason, query in _queries(ids, before, now):
        for content_id in (await session.exec(query)).all():
            found.setdefault(content_id, reason)
    for content_id in await _like_uncertain(session, ids):
        found.setdefault(content_id, Kept.UNCERTAIN)
    return found


def _queries(ids: Sequence[str], before: datetime, now: datetime) -> list[tuple[Kept, Any]]:
    content, row, event = ContentRow, PublicationRow, EventRow
    contents = select(content.id).where(col(content.id).in_(ids))
    publications = select(row.content_id).where(col(row.content_id).in_(ids))
    events = select(col(event.content_id)).where(col(event.content_id).in_(ids))
    attempts = publications.join(AttemptRow, col(AttemptRow.publication_id) == col(row.id))
    discards = publications.join(DiscardRow, col(DiscardRow.publication_id) == col(row.id))
    deliveries = select(col(DeliveryRow.content_id)).where(col(DeliveryRow.content_id).in_(ids), IS_PENDING)
    newest = select(func.max(col(event.position))).scalar_subquery()
    month = Month.of(now)
    is_woken = col(content.wake_seq) > col(content.wake_ack)
    return [
        (Kept.UNFINISHED, contents.where(or_(_is_waiting(content.next_look_at), is_woken))),
        (Kept.UNFINISHED, publications.where(or_(col(row.status).not_in(_FINISHED), _has_steps_left()))),
        (Kept.UNFINISHED, attempts.where(_IS_OPEN)),
        (Kept.CHANGE, contents.where(col(content.withdraw_at) >= before)),
        (Kept.CHANGE, publications.where(or_(_is_waiting(row.withdrawal_at), _is_waiting(row.edit_at)))),
        (Kept.CHANGE, publications.where(col(row.updated_at) >= before)),
        (Kept.LOOK, publications.where(_is_waiting(row.watch_at))),
        (Kept.LEFTOVER, discards.where(col(DiscardRow.next_try_at).is_not(None))),
        (Kept.EVENT, deliveries),
        (Kept.EVENT, events.where(or_(col(event.position).is_(None), col(event.position) == newest))),
        (Kept.EVENT, events.where(_is_being_sent_again())),
        (Kept.USAGE, publications.where(col(row.published_at) >= month.start)),
    ]


def _has_steps_left() -> ColumnElement[bool]:
    """A later step is still to be taken, or the id of the live post is still to be found."""
    row = PublicationRow
    return and_(col(row.status) == S.PUBLISHED.value, or_(_is_waiting(row.step_look_at), _is_waiting(row.next_look_at)))


def _is_waiting(column: Any) -> ColumnElement[bool]:
    return col(column).is_not(None)


def _is_being_sent_again() -> ColumnElement[bool]:
    """A recovery that runs may still come to the event."""
    running = (text("recoveries.status = 'running'"), col(RecoveryRow.since) <= col(EventRow.created_at))
    return exists().where(*running, col(EventRow.created_at) <= col(RecoveryRow.until))


async def _like_uncertain(session: AsyncSession, ids: Sequence[str]) -> set[str]:
    """The posts of which another one of the account that may have been sent looks the same. Where a fingerprint is
    missing (stories have none), any may."""
    row = PublicationRow
    query = select(row.content_id, row.account_id, row.fingerprint).where(
        col(row.content_id).in_(ids), col(row.published_at).is_not(None)
    )
    published = (await session.exec(query)).all()
    if not published:
        return set()
    may_be_received = exists().where(
        col(AttemptRow.publication_id) == col(row.id), or_(col(AttemptRow.is_open), col(AttemptRow.was_uncertain))
    )
    others = select(row.account_id, row.fingerprint).where(
        col(row.account_id).in_({account_id for _, account_id, _ in published}),
        col(row.status).in_(_MAY_BE_SENT),
        col(row.content_id).not_in(ids),
        or_(col(row.look_since).is_not(None), may_be_received),
    )
    uncertain: dict[str, set[str | None]] = {}
    for account_id, fingerprint in (await session.exec(others.distinct())).all():
        uncertain.setdefault(account_id, set()).add(fingerprint)
    return {
        content_id
        for content_id, account_id, fingerprint in published
        if (alike := uncertain.get(account_id)) and (fingerprint is None or None in alike or fingerprint in alike)
    }
