"""Holds the caps of keys where a post is accepted or changed. A refusal comes before anything is stored.

What a key did on a day is counted in the transaction that accepts the post, in one row for each capped key, which is
locked until that transaction ends: of two requests at the same time the second sees what the first has counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import NotPermitted
from munadi.db.keys.callers import Principal
from munadi.db.tables import KeyDayRow
from munadi.domain.key_caps import MILLION, KeyCaps
from munadi.domain.problem import Problem


class KeyCapReached(NotPermitted):
    """The call goes beyond a cap of its key, or of a key that it descends from."""

    code, title = "KEY_CAP", "Beyond the key's caps"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message, problems)


def require_caps(caller: Principal, channels: Iterable[str], due: Iterable[datetime] = ()) -> None:
    """KeyCapReached for a network or a due time that the caller's key does not allow."""
    if problems := beyond_caps(caller, channels, due):
        raise KeyCapReached(problems)


def beyond_caps(caller: Principal, channels: Iterable[str], due: Iterable[datetime]) -> list[Problem]:
    """Where a post goes beyond the caps of the caller's key that need no count."""
    if not caller.caps:
        return []
    caps, found = caller.own_caps, []
    if caps.channels is not None:
        for channel in sorted(set(channels) - set(caps.channels)):
            allowed = " ".join(caps.channels)
            message = f"the key may not publish to {channel}, only to {allowed or 'no network'}"
            found.append(_problem("/channels", message, "channels", allowed, channel))
    for at in sorted(set(due)):
        if caps.not_before is not None and at < caps.not_before:
            message = f"the key may have no post due before {caps.not_before.isoformat()}"
            found.append(_problem("/scheduledAt", message, "notBefore", caps.not_before.isoformat(), at.isoformat()))
        if caps.not_after is not None and at > caps.not_after:
            message = f"the key may have no post due after {caps.not_after.isoformat()}"
            found.append(_problem("/scheduledAt", message, "notAfter", caps.not_after.isoformat(), at.isoformat()))
    return found


async def count_post(session: AsyncSession, caller: Principal, cost: int, now: datetime, posts: int = 1) -> None:
    """Count a new post, and what it will cost in millionths of a dollar, for each capped key that the call is of.
    KeyCapReached where that is too much for the day; then the transaction must be rolled back."""
    for key_id, caps in caller.caps:  # in order of id, so that no two transactions wait for one another
        if caps.is_counted:
            used = await _add(session, key_id, now, posts, cost)
            if problems := _over(caps, *used, now):
                raise KeyCapReached(problems)


async def over_today(session: AsyncSession, caller: Principal, cost: int, now: datetime) -> list[Problem]:
    """What `count_post` would refuse now. Nothing is counted."""
    found = []
    for key_id, caps in caller.caps:
        if caps.is_counted:
            row = await session.get(KeyDayRow, (key_id, _day(now)))
            found += _over(caps, (row.posts if row else 0) + 1, (row.spent if row else 0) + cost, now)
    return found


async def _add(session: AsyncSession, key_id: str, now: datetime, posts: int, spent: int) -> tuple[int, int]:
    """Add to the day of a key; what it has then."""
    connection, row = await session.connection(), KeyDayRow
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(row).values(key_id=key_id, day=_day(now), posts=posts, spent=spent)
    more = statement.excluded
    added = statement.on_conflict_do_update(
        index_elements=["key_id", "day"],
        set_={"posts": col(row.posts) + more.posts, "spent": col(row.spent) + more.spent},
    ).returning(col(row.posts), col(row.spent))
    found = (await connection.execute(added)).one()
    if found.posts == posts:  # the first of the day. The clock of another process may still be in the day before.
        over = _day(now - timedelta(days=1))
        await connection.execute(delete(row).where(col(row.key_id) == key_id, col(row.day) < over))
    return found.posts, found.spent


def _over(caps: KeyCaps, posts: int, spent: int, now: datetime) -> list[Problem]:
    found, day = [], f"{_day(now)}; the next day begins at {_day(now + timedelta(days=1))}T00:00:00Z"
    if caps.posts_per_day is not None and posts > caps.posts_per_day:
        message = f"the key may have {caps.posts_per_day} posts accepted on a day, and has had them on {day}"
        found.append(_problem("", message, "postsPerDay", caps.posts_per_day, posts))
    if caps.spend_limit is not None and spent > caps.spend_limit:
        message = (
            f"the posts of the key may cost {caps.spend_per_day} US dollars on a day; with this one they would cost"
        )
        message += f" {spent / MILLION} on {day}"
        found.append(_problem("", message, "spendPerDay", caps.spend_per_day, spent / MILLION))
    return found


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def _problem(
    pointer: str, message: str, rule: str, limit: int | float | str | None, actual: int | float | str
) -> Problem:
    return Problem(pointer=pointer, code="KEY_CAP", message=message, rule=rule, limit=limit, actual=actual)
