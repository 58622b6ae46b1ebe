"""The release gate: a post that needs an approval is published only as it was approved.

Everything here is part of the caller's transaction, on a locked post. `approved_draft` of the post decides, and is read
under the same lock by the claim: None needs no approval, otherwise only that draft may be published. Each change that
makes another draft, or another time, takes it back. The hold APPROVAL of the publications shows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.db.audit import record
from munadi.db.tables import PublicationRow
from munadi.domain.approval import NO_DRAFT, Approval, ApprovalStatus
from munadi.domain.audit import Action, current_actor
from munadi.domain.event import EventType
from munadi.domain.publication import WAITING, HoldReason
from munadi.domain.time import default_publish_by
from munadi.publishing.content import LockedContent
from munadi.publishing.ending import require_not_ended
from munadi.publishing.states import ChangeRefused


async def request(locked: LockedContent) -> None:
    """Ask for an approval of the post as it is now; what was decided before is void. Nothing, if nothing waits."""
    if not _waiting(locked):
        return
    locked.content.approved_draft = NO_DRAFT
    _note(locked, ApprovalStatus.REQUESTED, None)
    await locked.hold_unapproved()
    await locked.emit(EventType.APPROVAL_REQUESTED)


async def moved(locked: LockedContent, *, by_approver: bool) -> None:
    """After another time: a post that was approved needs it again, unless who moves it may approve it."""
    content = locked.content
    if content.approved_draft is None:
        return
    if by_approver and not locked.lacks_approval:
        _note(locked, ApprovalStatus.GRANTED, None)
        return
    await request(locked)


async def approve(locked: LockedContent, note: str | None, by: str | None = None) -> None:
    """Let the post be published as it is, at its time, or at once if that has passed. A repeat changes nothing.

    ChangeRefused: NO_APPROVAL_ASKED where it needs none, TOO_LATE when nothing of it waits any more. `by`: who decides,
    if it is not the key of the request.
    """
    content, waiting = locked.content, _asked(locked)
    if not locked.lacks_approval:
        return
    _require_in_time(locked, waiting)
    require_not_ended(locked)
    content.approved_draft = content.draft_version
    _note(locked, ApprovalStatus.GRANTED, note, by)
    late = [row for row in waiting if row.due_at <= locked.now]
    if late and not content.publish_by_explicit:
        content.publish_by = default_publish_by(locked.now, content.withdraw_at)
    for row in late:
        row.due_at = locked.now  # it is late because of the approval: lateness is counted from here
    for row in waiting:
        if row.hold_reason == HoldReason.APPROVAL:
            await locked.resume(row)
    await _decided(locked, Action.CONTENT_APPROVED, EventType.APPROVAL_GRANTED)


async def decline(locked: LockedContent, note: str, by: str | None = None) -> None:
    """Keep the post back, with the reason in words: it waits until it is edited, approved or canceled.

    What was approved and is not published yet can be declined, too. Raises, and takes `by`, as `approve` does.
    """
    content, waiting = locked.content, _asked(locked)
    known = Approval.model_validate(content.approval)
    if (known.status, known.version, known.note) == (ApprovalStatus.DECLINED, content.version, note):
        return
    _require_in_time(locked, waiting)
    content.approved_draft = NO_DRAFT
    _note(locked, ApprovalStatus.DECLINED, note, by)
    await locked.hold_unapproved()
    await _decided(locked, Action.CONTENT_DECLINED, EventType.APPROVAL_DECLINED)


def require_undecided(locked: LockedContent) -> None:
    """ChangeRefused unless something of the post still waits, and somebody may approve or decline it."""
    _require_in_time(locked, _asked(locked))


def asked(version: int, at: datetime) -> dict[str, Any]:
    """The stored request for an approval of a version, by the key of the current request."""
    return _stored(Approval(status=ApprovalStatus.REQUESTED, version=version, by=_actor(), note=None, at=at))


async def _decided(locked: LockedContent, action: Action, event: EventType) -> None:
    record(locked.session, action, target=locked.content.id, brand_ref=locked.content.brand_ref, now=locked.now)
    await locked.emit(event)
    locked.wake()
    await locked.close()


def _note(locked: LockedContent, status: ApprovalStatus, note: str | None, by: str | None = None) -> None:
    approval = Approval(status=status, version=locked.content.version, by=by or _actor(), note=note, at=locked.now)
    locked.content.approval = _stored(approval)


def _stored(approval: Approval) -> dict[str, Any]:
    return approval.model_dump(mode="json", by_alias=True)


def _actor() -> str | None:
    return current_actor().key_id


def _asked(locked: LockedContent) -> list[PublicationRow]:
    """What waits of a post that needs an approval; ChangeRefused where it needs none."""
    if locked.content.approved_draft is None:
        raise ChangeRefused("NO_APPROVAL_ASKED", "the post needs no approval: it is published at its time")
    return _waiting(locked)


def _require_in_time(locked: LockedContent, waiting: list[PublicationRow]) -> None:
    if not waiting:
        status = locked.content.status
        raise ChangeRefused("TOO_LATE", f"the post is {status}: nothing of it waits for an approval any more")
    if locked.now >= locked.content.publish_by:
        at = locked.content.publish_by.isoformat()
        raise ChangeRefused("TOO_LATE", f"nothing is published after publishBy, {at}, which has passed")


def _waiting(locked: LockedContent) -> list[PublicationRow]:
    return [row for row in locked.publications if row.status in WAITING]
