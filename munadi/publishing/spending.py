"""What posts will cost at networks whose calls cost money, and what the caps of a key say to that."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.keys.callers import Principal
from munadi.db.keys.caps import beyond_caps, count_post, over_today, require_caps
from munadi.domain.problem import Problem
from munadi.intake.checked import CheckedDrafts, CheckedPost
from munadi.publishing.content import LockedContent


async def count_new(session: AsyncSession, post: CheckedPost, caller: Principal, now: datetime) -> None:
    """Hold the caps of the caller's key to a new post. KeyCapReached, before anything is stored."""
    if caller.caps:
        require_caps(caller, _channels(post.drafts), [post.due])
        await count_post(session, caller, price_of(post.drafts), now)


async def count_edit(session: AsyncSession, post: LockedContent, drafts: CheckedDrafts, caller: Principal) -> None:
    """Count what an edit of a post adds to its price. KeyCapReached, before anything is stored."""
    if caller.caps:
        more = price_of(drafts) - sum(row.price for row in post.publications)
        await count_post(session, caller, max(0, more), post.now, posts=0)


async def beyond(session: AsyncSession, post: CheckedPost, caller: Principal, now: datetime) -> list[Problem]:
    """What `count_new` would refuse now. Nothing is counted."""
    found = beyond_caps(caller, _channels(post.drafts), [post.due])
    return [*found, *await over_today(session, caller, price_of(post.drafts), now)]


def price_of(drafts: CheckedDrafts) -> int:
    """In millionths of a US dollar."""
    return sum(each.price for each in drafts.publications)


def _channels(drafts: CheckedDrafts) -> list[str]:
    return [each.channel for each in drafts.publications]
