"""Accounts as the API and events show them, with the posts that wait for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.notify import notify
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountFailure, AccountView
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import WAITING, PublicationStatus
from munadi.domain.reasons import REASONS

_AFFECTED = [*(status.value for status in WAITING), PublicationStatus.PUBLISHING.value]
_IN_FLIGHT = [PublicationStatus.PUBLISHING.value, PublicationStatus.UNCONFIRMED.value]


async def is_in_flight(session: AsyncSession, account_id: str) -> bool:
    """Whether a publication of the account may still have to be reconciled at the network."""
    query = select(PublicationRow.id).where(
        PublicationRow.account_id == account_id, col(PublicationRow.status).in_(_IN_FLIGHT)
    )
    return (await session.exec(query.limit(1))).first() is not None


async def is_connected_anywhere(session: AsyncSession, row: AccountRow) -> bool:
    """Whether some brand has this account's profile connected."""
    query = select(AccountRow.id).where(
        AccountRow.channel == row.channel,
        AccountRow.external_id == row.external_id,
        col(AccountRow.deleted_at).is_(None),
    )
    return (await session.exec(query.limit(1))).first() is not None


async def affected_contents(session: AsyncSession, account_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Per account, the posts with a publication that waits for it or is being published."""
    query = (
        select(PublicationRow.account_id, PublicationRow.content_id)
        .where(col(PublicationRow.account_id).in_(account_ids), col(PublicationRow.status).in_(_AFFECTED))
        .order_by(col(PublicationRow.content_id))
    )
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for account_id, content_id in (await session.exec(query)).all():
        found[account_id][content_id] = None
    return {account_id: tuple(contents) for account_id, contents in found.items()}


async def account_views(session: AsyncSession, rows: Sequence[AccountRow]) -> list[AccountView]:
    """Accounts as the API returns them, with the posts that wait for them."""
    affected = await affected_contents(session, [row.id for row in rows])
    return [_view(row, affected.get(row.id, ())) for row in rows]


async def notify_account(
    session: AsyncSession, kind: EventType, row: AccountRow, now: datetime, *, reason: str | None = None
) -> None:
    """Append an event of the account, with the account as it is now, to the caller's transaction."""
    await session.flush()
    view = (await account_views(session, [row]))[0]
    await notify(
        session,
        kind,
        brand_ref=row.brand_ref,
        sns=row.channel,
        status=row.status,
        reason=reason,
        data={"account": view.model_dump(mode="json")},
        now=now,
    )


def _view(row: AccountRow, affected: tuple[str, ...]) -> AccountView:
    quota = row.facts.get("quota")
    return AccountView(
        id=row.id,
        brand_ref=row.brand_ref,
        channel=row.channel,
        external_id=row.external_id,
        handle=row.handle,
        display_name=row.display_name,
        service_url=row.service_url,
        login=row.login,
        status=AccountStatus(row.status),
        scopes=tuple(row.scopes),
        token_expires_at=row.token_expires_at,
        grant_expires_at=row.grant_expires_at,
        paused_until=row.paused_until,
        last_success_at=row.last_success_at,
        last_failure=_failure(row.last_failure),
        unshown_since=row.unshown_since,
        quota=quota if isinstance(quota, dict) else None,
        metadata=row.own_metadata or {},
        affected_contents=affected,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _failure(kept: dict[str, Any] | None) -> AccountFailure | None:
    if kept is None:
        return None
    reason = Reason(kept["reason"])
    at = datetime.fromisoformat(kept["at"])
    message = kept["message"] or REASONS[reason].meaning
    return AccountFailure(at=at, reason=reason, message=message, remedy=REASONS[reason].remedy)
