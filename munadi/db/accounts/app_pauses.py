"""The pauses of apps: what a network refuses to one account of an app, it would refuse to all of them.

They are rows, so that every worker keeps to what one of them has learned, and the accounts that are connected later do,
too. An app is a network, with the log-in where a network has several, and the id of a brand's own app. Reading a pause
costs no statement of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, AppPauseRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.app_pause import Paused

# A test brand's limits are the sandbox's, and pause no app of a network.
_OF_SANDBOX = "sandbox:"


def app_of(account: ConnectedAccount) -> str:
    """The app that an account is connected to."""
    own = f"/{account.app_id}" if account.app_id else ""
    return f"{_OF_SANDBOX if account.is_test else ''}{account.channel}/{account.login or ''}{own}"


def pause_of(calls: Paused) -> Any:
    """As a column of a query of `AccountRow`: until when its app makes no such calls; null without a pause."""
    network = case((col(AccountRow.is_test).is_(True), literal(_OF_SANDBOX)), else_=literal("")).concat(
        col(AccountRow.channel)
    )
    app = network.concat(literal("/")).concat(func.coalesce(AccountRow.login, literal("")))
    app = app.concat(func.coalesce(literal("/").concat(col(AccountRow.app_id)), literal("")))
    found = select(col(AppPauseRow.until)).where(col(AppPauseRow.app) == app, col(AppPauseRow.calls) == calls.value)
    return found.scalar_subquery()


def account_and_app() -> ColumnElement[Any]:
    """As a column of a query of `AccountRow`: until when no calls are made for the account, because of itself or of its
    app; null without a pause."""
    own, of_app = col(AccountRow.paused_until), pause_of(Paused.ALL)
    return case((or_(of_app.is_(None), own >= of_app), own), else_=of_app).label("paused_until")


async def pause_app(session: AsyncSession, app: str, calls: Paused, until: datetime) -> None:
    """Pause an app until a time; a longer pause stays."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(AppPauseRow).values(app=app, calls=calls.value, until=until)
    is_longer = statement.excluded.until > col(AppPauseRow.until)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["app", "calls"], set_={"until": statement.excluded.until}, where=is_longer
        )
    )


async def forget_ended_pauses(session: AsyncSession, now: datetime) -> None:
    """Delete the pauses that are over."""
    await (await session.connection()).execute(delete(AppPauseRow).where(col(AppPauseRow.until) < now))
