"""Computes from the rows of a publication what its workflow must wait for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.approval import lacks_approval
from munadi.domain.channel import ChannelName
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Plan, View
from munadi.domain.withdrawal import WithdrawalStatus

S = PublicationStatus
FOREVER = timedelta(days=3650)


def view_of(content: ContentRow, publications: Sequence[PublicationRow], now: datetime, deliveries: int = 0) -> View:
    """The view of a post for its workflow: one plan per publication."""
    return View(
        content_id=content.id,
        brand_ref=content.brand_ref,
        draft_version=content.draft_version,
        plans=tuple(plan_of(content, row, now) for row in publications),
        deliveries=deliveries,
    )


def plan_of(content: ContentRow, row: PublicationRow, now: datetime) -> Plan:
    """The plan of a publication. An accepted one counts as queued, because its workflow runs."""
    status = S.QUEUED if row.status == S.ACCEPTED else S(row.status)
    prepare_at: datetime | None = None
    if status is S.QUEUED and not is_prepared(row, content.draft_version, max(row.due_at, now)):
        prepare_at = row.due_at - timedelta(seconds=row.lead_seconds)
    held: datetime | None = None
    if lacks_approval(content.approved_draft, content.draft_version):
        held = now + FOREVER
    elif row.hold_reason is not None:
        held = row.hold_until if row.hold_until is not None else now + FOREVER
    return Plan(
        publication_id=row.id,
        channel=ChannelName(row.channel),
        status=status,
        epoch=row.epoch,
        due_at=row.due_at,
        publish_by=content.publish_by,
        prepare_at=prepare_at,
        held_until=held,
        next_look_at=row.next_look_at,
        has_steps_left=status is S.PUBLISHED and bool(row.steps_left),
        account_id=row.account_id,
        step_look_at=row.step_look_at if status is S.PUBLISHED and row.steps_left else None,
        withdrawal_at=withdrawal_at(content, row) if status is S.PUBLISHED else None,
        edit_at=row.edit_at if status is S.PUBLISHED else None,
    )


def withdrawal_at(content: ContentRow, row: PublicationRow) -> datetime | None:
    """When the withdrawal of a live publication acts next, or begins; None where there is none."""
    if not is_to_end(content, row):
        return row.withdrawal_at
    assert content.withdraw_at is not None
    return max(content.withdraw_at, row.withdrawal_at or content.withdraw_at)


def is_to_end(content: ContentRow, row: PublicationRow) -> bool:
    """Whether the time to end is still to begin its withdrawal. One that was refused before that time is tried again,
    because what was missing may have been fixed."""
    end, known = content.withdraw_at, row.withdrawal
    if end is None or known is None:
        return end is not None
    refused = known["status"] == WithdrawalStatus.REFUSED
    return refused and datetime.fromisoformat(known["requestedAt"]) < end


def is_prepared(row: PublicationRow, draft_version: int, when: datetime) -> bool:
    """Whether only the visible call is left at `when`: the preparation is ready, of this draft, and has not ended."""
    if not row.lead_seconds:
        return True
    return (
        row.preparation_ready
        and row.preparation_draft_version == draft_version
        and (row.preparation_expires_at is None or row.preparation_expires_at > when)
    )
