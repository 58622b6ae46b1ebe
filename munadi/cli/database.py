"""Open the database from a command that runs on the server, without the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from munadi.db.session import Database

T = TypeVar("T")


async def with_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """The result of `work` on the database, which is closed afterwards. Its statements may take long."""
    from munadi.db.limits import Limits
    from munadi.db.session import Database

    database = Database(url, limits=Limits(statement=None))
    try:
        return await work(database)
    finally:
        await database.close()


def advice(url: str) -> str:
    """What to check when the database cannot be opened; shows no password."""
    from sqlalchemy.engine import make_url

    shown = make_url(url).render_as_string(hide_password=True)
    return f"Is {shown} the right one (MUNADI_DATABASE_URL), is it up, and did `munadi db upgrade` run?"
