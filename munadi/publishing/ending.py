"""The time to end of a stored post, `withdraw_at`: sets, moves and removes it, and checks it again with each change.

Everything here is part of the caller's transaction, on a locked post. A post is never published after its time to end:
`publish_by` is at most that time. The workflow of the post withdraws it then (`munadi.publishing.withdrawals`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from munadi.db.accounts.rows import without_token
from munadi.db.contents.published_drafts import draft_of
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.problem import Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import WAITING, PublicationStatus, Warning_
from munadi.domain.time import check_withdraw_at, default_publish_by
from munadi.intake.ending import CODE, POINTER, Stays, check_stays, stays_up
from munadi.intake.times import read_end
from munadi.ports import Channels
from munadi.publishing.content import LockedContent
from munadi.publishing.states import ChangeRefused
from munadi.publishing.withdrawing import may_be_requested, withdrawal_of

# Sets, or only checks, the time to end of a locked post.
EndChange = Callable[[LockedContent], Awaitable[None]]


async def set_end(locked: LockedContent, sent: str | None, channels: Channels) -> None:
    """Set the time to end, or remove it with None. Raises ProblemsFound, and ChangeRefused TOO_LATE once the
    withdrawal began, or when nothing of the post is or can become live."""
    content, unreadable = locked.content, ProblemCollector()
    _require_open(locked)
    at = read_end(sent, content.timezone, POINTER, unreadable)
    problems = ProblemCollector([_of_change(each) for each in unreadable.all])
    waiting = [row for row in locked.publications if row.status in WAITING]
    due = max((row.due_at for row in waiting), default=locked.now)
    explicit = content.publish_by if waiting and content.publish_by_explicit else None
    problems.extend(check_withdraw_at(at, due, explicit, locked.now))
    problems.raise_if_any()
    content.withdraw_at = at
    if waiting and not content.publish_by_explicit:
        content.publish_by = default_publish_by(due, at)
    await recheck(locked, channels)


async def recheck(locked: LockedContent, channels: Channels, due: datetime | None = None) -> None:
    """Check again which networks can withdraw the post at its time to end, and replace the warnings about it.

    `due`: what is not live yet is published then; None: at its own time. ProblemsFound where no network can.
    """
    at, problems, warnings = locked.content.withdraw_at, ProblemCollector(), list[Warning_]()
    if at is not None:
        found = [await _stays(locked, row, at, channels, due or row.due_at) for row in _open_ones(locked)]
        warnings = check_stays(found, problems)
        problems.raise_if_any()
    replace_warnings(locked, warnings)


def require_before_end(locked: LockedContent, due: datetime, publish_by: datetime | None) -> None:
    """ChangeRefused unless a new time, and an explicit end of its window, come before the time to end."""
    end = locked.content.withdraw_at
    if end is not None and end <= due:
        text = f"the post is withdrawn at {end.isoformat()}; change withdrawAt first, or choose an earlier time"
        raise ChangeRefused("WITHDRAW_AT_NOT_AFTER_DUE", text)
    if end is not None and publish_by is not None and end < publish_by:
        text = f"nothing is published after the time to end {end.isoformat()}; choose an earlier publishBy"
        raise ChangeRefused("WITHDRAW_AT_BEFORE_PUBLISH_BY", text)


def require_not_ended(locked: LockedContent) -> None:
    """ChangeRefused when the time to end has passed: what is published now would be withdrawn at once."""
    end = locked.content.withdraw_at
    if end is not None and end <= locked.now:
        text = f"the time to end {end.isoformat()} has passed: set a later withdrawAt, or null, first"
        raise ChangeRefused("TIME_TO_END_PASSED", text)


def replace_warnings(locked: LockedContent, warnings: Sequence[Warning_]) -> None:
    """Store these warnings about what stays up in the place of the earlier ones."""
    others = [one for one in locked.draft.warnings if one["code"] != CODE]
    fresh = [*others, *(one.stored() for one in warnings)]
    if fresh != locked.draft.warnings:
        locked.draft.warnings = fresh


def _of_change(problem: Problem) -> Problem:
    """The problem, without the advice to send a `timezone`, which a change does not have."""
    if problem.code != "TIME_OFFSET_MISSING":
        return problem
    return problem.model_copy(update={"message": "give an offset (…+05:30 or Z): the post has no time zone"})


def _open_ones(locked: LockedContent) -> list[PublicationRow]:
    """The publications that are or can become live, and are not being withdrawn."""
    return [row for row in locked.publications if row.status != PublicationStatus.CANCELED and may_be_requested(row)]


def _require_open(locked: LockedContent) -> None:
    at = locked.content.withdraw_at
    begun = [one for row in locked.publications if (one := withdrawal_of(row)) is not None]
    if at is not None and any(one.requested_at >= at for one in begun):
        raise ChangeRefused("TOO_LATE", "the withdrawal began at its time; withdrawAt can no longer be changed")
    if not _open_ones(locked):
        raise ChangeRefused("TOO_LATE", "nothing of the post is live or can become live; there is nothing to end")


async def _stays(
    locked: LockedContent, row: PublicationRow, at: datetime, channels: Channels, due: datetime
) -> Stays | None:
    stored, channel = await locked.session.get_one(AccountRow, row.account_id), channels[row.channel]
    if stored.deleted_at is not None:
        return Stays(channel.spec, f"The {channel.spec.title} account was disconnected, so the post stays up there.")
    draft = draft_of(locked.draft, row.id)
    return stays_up(channel, draft, without_token(stored), row.published_at or due, at)
