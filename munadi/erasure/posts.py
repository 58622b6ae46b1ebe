"""Erases posts, in batches of one transaction each.

The rule here: nothing is deleted while a call about it may be under way. Every call has an attempt that was recorded
before it, under the lock of the post and with a deadline. So a post is left alone until that has passed, and after its
rows are gone no attempt can begin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.post_deletion import delete_posts
from munadi.db.contents.renditions import delete_renditions
from munadi.db.events.log import hold_numbering
from munadi.db.idempotency import forget_answers_about
from munadi.db.idempotency import scope_of as idempotency_scope
from munadi.db.tables import (
    AttemptRow,
    ContentRow,
    EventRow,
    MediaRow,
    MediaUseRow,
    PublicationRow,
    SavedDraftRow,
)
from munadi.domain.ids import workflow_id
from munadi.domain.publication import PublicationStatus
from munadi.erasure.deleting import delete_rows, highest_position
from munadi.erasure.parts import erase_part
from munadi.erasure.scope import Scope, add_to
from munadi.publishing.content import LockedContent

# A worker whose clock is behind ends its call this much after its deadline at most.
LATE = timedelta(seconds=10)
# All runs of a workflow, or those that have ended.
ALL_RUNS, ENDED_RUNS = "all", "ended"


async def next_posts(session: AsyncSession, scope: Scope, after: str, size: int) -> Sequence[str]:
    """The ids of so many posts of the erasure after this one."""
    if scope.account_id is None:
        query = select(ContentRow.id).where(ContentRow.brand_ref == scope.brand_ref, col(ContentRow.id) > after)
        return (await session.exec(query.order_by(col(ContentRow.id)).limit(size))).all()
    of_account = (PublicationRow.account_id == scope.account_id, col(PublicationRow.content_id) > after)
    posts = select(PublicationRow.content_id).where(*of_account).distinct()
    return (await session.exec(posts.order_by(col(PublicationRow.content_id)).limit(size))).all()


async def erase_batch(session: AsyncSession, scope: Scope, ids: Sequence[str], now: datetime) -> bool:
    """Erase these posts, or the account's part of them, in the caller's transaction. Whether none was busy."""
    locked = await LockedContent.lock_all(session, ids, now)
    busy = await _busy(session, ids, now)
    whole, counts, workflows = list[str](), Counter[str](), dict[str, str]()
    for post in locked:
        if post.content.id in busy:
            continue
        rows = [row for row in post.publications if scope.account_id in (None, row.account_id)]
        counts.update(_counted(rows))
        is_whole = len(rows) == len(post.publications)
        workflows[workflow_id(post.content.id)] = ALL_RUNS if is_whole else ENDED_RUNS
        if is_whole:
            whole.append(post.content.id)
    await hold_numbering(session)
    positions = [await highest_position(session, col(EventRow.content_id).in_(whole))]
    for post in locked:
        if post.content.id not in busy and post.content.id not in whole:
            positions.append(await erase_part(post, str(scope.account_id)))
    counts["posts"] = len(whole)
    position = max((each for each in positions if each is not None), default=None)
    counts["media"] = await _forget_unused(session, whole, now) if whole else 0
    await session.flush()
    session.expunge_all()  # the posts were loaded with their lock, and are gone now
    await delete_posts(session, whole)
    await add_to(session, scope, now, counts, workflows=workflows, position=position)
    return not busy


async def _busy(session: AsyncSession, ids: Sequence[str], now: datetime) -> set[str]:
    """Those of these posts with an attempt that may be under way."""
    query = (
        select(PublicationRow.content_id)
        .join(AttemptRow, col(AttemptRow.publication_id) == col(PublicationRow.id))
        .where(col(PublicationRow.content_id).in_(ids), col(AttemptRow.is_open), AttemptRow.deadline_at > now - LATE)
    )
    return set((await session.exec(query)).all())


def _counted(rows: Collection[PublicationRow]) -> Counter[str]:
    is_gone = [row.withdrawal is not None and row.withdrawal.get("status") == "withdrawn" for row in rows]
    live = [row.status == PublicationStatus.PUBLISHED and not gone for row, gone in zip(rows, is_gone, strict=True)]
    unsure = [row.status in (PublicationStatus.UNCONFIRMED, PublicationStatus.PUBLISHING) for row in rows]
    return Counter(publications=len(rows), left_at_networks=sum(live), uncertain=sum(unsure))


async def _forget_unused(session: AsyncSession, ids: Sequence[str], now: datetime) -> int:
    """Delete the files that only these posts used, as `munadi.publishing.media_deletion` does; how many."""
    drafts = select(SavedDraftRow.id).where(col(SavedDraftRow.content_id).in_(ids))
    named = select(MediaUseRow.media_id).where(col(MediaUseRow.used_by).in_(ids) | col(MediaUseRow.used_by).in_(drafts))
    lock = select(MediaRow).where(col(MediaRow.id).in_(named), col(MediaRow.deleted_at).is_(None))
    rows = (await session.exec(lock.order_by(col(MediaRow.id)).with_for_update())).all()
    for users in (ids, drafts):
        await delete_rows(session, MediaUseRow, col(MediaUseRow.used_by).in_(users))
    still = select(MediaUseRow.media_id).where(col(MediaUseRow.media_id).in_([row.id for row in rows]))
    used = set((await session.exec(still)).all())
    gone = [row for row in rows if row.id not in used]
    await delete_renditions(session, [row.id for row in gone], now)
    for row in gone:
        row.deleted_at = now
        await forget_answers_about(session, idempotency_scope(row.brand_ref, "media.create"), row.id)
    return len(gone)
