"""Open the database from a command that runs on the server, without the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from munadi.domain.time import iso_time
from munadi.process.exits import CommandFailed

if TYPE_CHECKING:
    from munadi.db.session import Database

T = TypeVar("T")


async def with_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """The result of `work` on the database, which is closed afterwards. Its statements may take long."""
    from munadi.config import load_settings
    from munadi.db.limits import Limits
    from munadi.db.session import Database
    from munadi.process.runtime import pool_of

    database = Database(url, limits=Limits(statement=None), pool=pool_of(load_settings()))
    try:
        return await work(database)
    finally:
        await database.close()


def advice(url: str) -> str:
    """What to check when the database cannot be opened; shows no password."""
    from sqlalchemy.engine import make_url

    shown = make_url(url).render_as_string(hide_password=True)
    return f"Is {shown} the right one (MUNADI_DATABASE_URL), is it up, and did `munadi db upgrade` run?"


def past_instant(option: str, text: str, meaning: str) -> datetime:
    """The time given as an option, which must be in the past. Raises CommandFailed. `meaning` completes "Give the time
    …"."""
    try:
        at = iso_time(text)
    except ValueError:
        raise CommandFailed(f"{option} {text!r} is no ISO 8601 time", advice="Write 2026-11-25T09:30:00Z.") from None
    if at.tzinfo is None:
        raise CommandFailed(f"{option} {text!r} has no zone", advice="End it with Z, or with an offset as +02:00.")
    if at > datetime.now(UTC):
        raise CommandFailed(f"{option} {text} is in the future", advice=f"Give the time {meaning}.")
    return at.astimezone(UTC)
