"""What a change of an account does to the contents that wait for it. Contents are locked first, in order of id, the
account's row after them: the order in which the ledger takes them too, so that nobody waits in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.story import Story
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountFailure, AccountView
from munadi.domain.failure import Reason
from munadi.domain.publication import WAITING, HoldReason, PublicationStatus
from munadi.domain.reasons import REASONS, failure_of

_WAITING = [status.value for status in WAITING]
_AFFECTED = [*_WAITING, PublicationStatus.PUBLISHING.value]
_IN_FLIGHT = [PublicationStatus.PUBLISHING.value, PublicationStatus.UNCONFIRMED.value]


async def release_held(session: AsyncSession, account_id: str, now: datetime) -> None:
    """The account was reconnected: lift each TOKEN hold, emit `content.publish.resumed`, wake the workflow."""
    held = col(PublicationRow.hold_reason) == HoldReason.TOKEN.value
    for story in await _stories(session, account_id, now, held):
        for row in story.publications:
            if row.account_id == account_id and row.hold_reason == HoldReason.TOKEN:
                await story.resume(row)
        story.wake()
        await story.close()


async def fail_waiting(session: AsyncSession, account_id: str, now: datetime) -> None:
    """The account goes: what waited for it fails, and says why."""
    for story in await _stories(session, account_id, now, col(PublicationRow.status).in_(_WAITING)):
        for row in story.publications:
            if row.account_id == account_id and row.status in WAITING:
                await story.fail(row, failure_of(Reason.ACCOUNT_DISCONNECTED))
        story.wake()
        await story.close()


async def is_in_flight(session: AsyncSession, account_id: str) -> bool:
    """Whether a publication of the account may still have to be looked for at the network."""
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
    """Per account, the contents with a publication that waits for it, or is at it just now."""
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
    """Accounts as answered, with what hangs on them."""
    affected = await affected_contents(session, [row.id for row in rows])
    return [_view(row, affected.get(row.id, ())) for row in rows]


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
        quota=quota if isinstance(quota, dict) else None,
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


async def _stories(session: AsyncSession, account_id: str, now: datetime, condition: object) -> list[Story]:
    query = (
        select(PublicationRow.content_id)
        .where(PublicationRow.account_id == account_id, condition)  # type: ignore[arg-type]
        .distinct()
        .order_by(col(PublicationRow.content_id))
    )
    found = [await Story.lock(session, content_id, now) for content_id in (await session.exec(query)).all()]
    return [story for story in found if story is not None]
