"""Takes a live publication back: what a person asks for, what is kept of it, and what came of it.

Everything here is part of the caller's transaction, on a locked post. The publication stays `published`: that it was
live is history. Its objects at the network are in `posted`, how far their removal is in them, and in `withdrawal` what
a client reads. `withdrawal_at` is when the workflow acts next; null while there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.db.contents.published_drafts import draft_of
from munadi.db.session import after_commit
from munadi.db.tables import PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import Failure, Reason
from munadi.domain.publication import COMMENT, PostedId, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.domain.withdrawal import (
    LOOKED_AFTER,
    SURE_WITHIN,
    Ending,
    LeftObject,
    PostedObject,
    Withdrawal,
    WithdrawalStatus,
)
from munadi.domain.withdrawal_rule import WithdrawalRule
from munadi.intake.ending import lacking, why_not
from munadi.ports import Channels
from munadi.publishing import live_editing
from munadi.publishing.content import LockedContent
from munadi.publishing.live_store import account_of, open_attempts
from munadi.publishing.states import ChangeRefused
from munadi.telemetry import metrics

W = WithdrawalStatus


class NotWithdrawable(Exception):
    """The network has no way to take this post back. `permalink` is where a person finds it."""

    def __init__(self, text: str, permalink: str | None) -> None:
        super().__init__(text)
        self.permalink = permalink


def posted_objects(row: PublicationRow) -> list[PostedObject]:
    """All that the publication has, or had, at its network, in the order in which it was made."""
    return [PostedObject.model_validate(one) for one in row.posted]


def objects_of(row: PublicationRow) -> list[PostedObject]:
    """What a withdrawal removes by a request of its own."""
    return [one for one in posted_objects(row) if not one.goes_along]


def keep_objects(row: PublicationRow, objects: Sequence[PostedObject]) -> None:
    """Store them, beside what goes along with them."""
    along = [one for one in posted_objects(row) if one.goes_along]
    row.posted = [one.model_dump(mode="json", exclude_defaults=True) for one in (*objects, *along)]


def note_objects(row: PublicationRow, step: str, made: Sequence[PostedId]) -> None:
    """Note what a step has made at the network. A step that is found again replaces what was noted of it."""
    others = [one for one in objects_of(row) if one.step != step]
    keep_objects(row, [*others, *(PostedObject(step=step, id=one.id, version=one.version) for one in made)])


def withdrawal_of(row: PublicationRow) -> Withdrawal | None:
    """The withdrawal of a publication, as it is stored."""
    return Withdrawal.model_validate(row.withdrawal) if row.withdrawal else None


def may_be_requested(row: PublicationRow) -> bool:
    """Whether no withdrawal of it is under way or done. A refused one may be requested again."""
    known = withdrawal_of(row)
    return known is None or known.status is W.REFUSED


def require_live(row: PublicationRow) -> None:
    """ChangeRefused for what is not published."""
    if row.status != PublicationStatus.PUBLISHED:
        raise ChangeRefused("NOT_LIVE", f"the publication is {row.status}; only a published one can be withdrawn")


async def rule_of(post: LockedContent, row: PublicationRow, channels: Channels) -> WithdrawalRule:
    """How the network takes this publication back. NotWithdrawable where it does not; ChangeRefused without access."""
    account = await account_of(post, row, "remove")
    channel = channels[row.channel]
    draft = draft_of(post.draft, row.id)
    rule = channel.withdrawal(draft, account)
    if (why := why_not(channel.spec, rule, row.published_at, post.now)) is not None:
        raise NotWithdrawable(why, row.provider_url)
    if (without := lacking(rule.scopes, account.scopes)) is not None:
        raise ChangeRefused("MISSING_SCOPE", without)
    return rule


async def request(locked: LockedContent, row: PublicationRow, rule: WithdrawalRule) -> bool:
    """Ask for the withdrawal of a live publication; False when that was done before and is not refused.

    ChangeRefused for a publication that is not live, has no id yet, or whose next step may be under way. What was
    refused may be asked for again.
    """
    if not may_be_requested(row):
        return False
    require_live(row)
    if not row.posted:
        text = "the network has not named the post's id yet, so it cannot be removed; try again later, or by hand"
        raise ChangeRefused("POST_ID_PENDING", text)
    if row.steps_left and await open_attempts(locked.session, row):
        text = f"the step {row.steps_left[0]} is being published; withdraw again in a minute"
        raise ChangeRefused("STILL_PUBLISHING", text)
    await live_editing.give_up(locked, row)
    row.steps_left, row.step_look_at = [], None  # what would be published after a removal would stay
    keep_objects(row, [_as_new(one, rule) for one in objects_of(row)])
    _store(row, Withdrawal(status=W.WITHDRAWING, requested_at=locked.now, left=_left(row)))
    row.withdrawal_at = locked.now
    if row.kept_since is not None or row.hidden_since is not None:
        # What a person has dismissed was the refusal, or what looks showed: a new one needs attention again.
        row.kept_since = row.hidden_since = row.dismissed_at = row.dismissed_as = None
    row.epoch += 1
    return True


async def settle(
    locked: LockedContent,
    row: PublicationRow,
    objects: Sequence[PostedObject],
    after: timedelta,
    failure: Failure | None,
) -> None:
    """Store how far a withdrawal is, with an event for each new status. It acts again `after` that long, or has ended.

    `failure` is why it was refused, or why it is not certain.
    """
    known = withdrawal_of(row)
    assert known is not None, f"{row.id} is not being withdrawn"
    keep_objects(row, objects)
    open_ones = [one for one in objects if one.ending is None]
    if open_ones:
        passed = locked.now - known.requested_at
        is_late = known.status is W.UNCONFIRMED or passed >= SURE_WITHIN
        now = known.model_copy(update={"left": _left(row)})
        if is_late:
            why = failure or failure_of(Reason.WITHDRAWAL_UNCONFIRMED, _not_certain(open_ones))
            since = known.unconfirmed_since or locked.now
            now = now.model_copy(update={"status": W.UNCONFIRMED, "failure": why, "unconfirmed_since": since})
        await _change(locked, row, known, now)
        is_over = now.unconfirmed_since is not None and locked.now - now.unconfirmed_since >= LOOKED_AFTER
        row.withdrawal_at = None if is_over else locked.now + after
        return
    refused = [one for one in objects if one.ending is Ending.REFUSED]
    status = W.REFUSED if refused else W.WITHDRAWN
    confirmed = {one.confirmed_by for one in objects}
    because = (failure or failure_of(Reason.WITHDRAWAL_REFUSED)) if refused else None
    ended = {
        "status": status,
        "ended_at": locked.now,
        "failure": because,
        "left": _left(row),
        "confirmed_by": "answer" if "answer" in confirmed else "look",
    }
    await _change(locked, row, known, known.model_copy(update=ended))
    row.withdrawal_at = None


async def refuse(locked: LockedContent, row: PublicationRow, failure: Failure) -> None:
    """End a withdrawal that cannot be done: nothing more is sent until it is asked for again."""
    ended = [
        one.model_copy(update={"ending": Ending.REFUSED, "confirmed_by": "answer"}) if one.ending is None else one
        for one in objects_of(row)
    ]
    await settle(locked, row, ended, timedelta(0), failure)


async def refuse_at_once(locked: LockedContent, row: PublicationRow, why: str) -> None:
    """Record that a withdrawal whose time has come cannot be done, with its event. Nothing was sent."""
    planned = Withdrawal(status=W.WITHDRAWING, requested_at=locked.now)
    failure = failure_of(Reason.WITHDRAWAL_REFUSED, why)
    ended = {"status": W.REFUSED, "ended_at": locked.now, "failure": failure, "left": _left(row)}
    await _change(locked, row, planned, planned.model_copy(update=ended))
    row.withdrawal_at = None


_EVENTS = {
    W.WITHDRAWN: EventType.PUBLISH_WITHDRAWN,
    W.REFUSED: EventType.WITHDRAWAL_REFUSED,
    W.UNCONFIRMED: EventType.WITHDRAWAL_UNCONFIRMED,
}


async def _change(locked: LockedContent, row: PublicationRow, before: Withdrawal, now: Withdrawal) -> None:
    _store(row, now)
    row.updated_at = locked.now
    if now.status in (W.REFUSED, W.UNCONFIRMED):
        row.kept_since = row.kept_since or locked.now
    else:
        row.kept_since = None
    if now.status is not before.status:
        counter = metrics.WITHDRAWALS.labels(row.channel, now.status.value, metrics.reason_of(now.failure))
        after_commit(locked.session, counter.inc)
        await locked.emit(_EVENTS[now.status], row, reason=now.failure.reason if now.failure else None)


def _store(row: PublicationRow, withdrawal: Withdrawal) -> None:
    row.withdrawal = withdrawal.model_dump(mode="json", by_alias=True)


def _as_new(one: PostedObject, rule: WithdrawalRule) -> PostedObject:
    """As before the first request, where the last withdrawal was refused; what is gone stays so."""
    if one.ending in (Ending.WITHDRAWN, Ending.GONE):
        return one
    along = one.step == COMMENT and rule.takes_comments
    return PostedObject(step=one.step, id=one.id, version=one.version, goes_along=along)


def _left(row: PublicationRow) -> tuple[LeftObject, ...]:
    there = [one for one in objects_of(row) if one.ending in (None, Ending.REFUSED)]
    return tuple(
        LeftObject(step=one.step, id=one.id, url=row.provider_url if one.id == row.provider_post_id else None)
        for one in there
    )


def _not_certain(objects: Sequence[PostedObject]) -> str:
    steps = ", ".join(dict.fromkeys(one.step for one in objects))
    return f"It is not certain whether this is still at the network: {steps}. Munadi looks until that is known."
