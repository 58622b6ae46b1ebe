"""Changes that people make to a post: cancel, reschedule, publish now, retry, edit, resolve, dismiss.

Each is a function on a locked post, so that the API and an operator's signal do the same, in one
transaction with its events and a wake. `TooLate` when publishing began; nothing is half done.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from munadi.db.audit import record
from munadi.db.contents.media_uses import named_media, use_media
from munadi.db.tables import PublicationRow
from munadi.domain.audit import Action
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import (
    LAPSE_MARGIN,
    POST,
    WAITING,
    ClosedBy,
    DismissedAs,
    PostedId,
    PublicationStatus,
    Published,
)
from munadi.domain.reasons import failure_of
from munadi.domain.time import default_publish_by
from munadi.publishing import approvals
from munadi.publishing.content import LockedContent
from munadi.publishing.dismissals import dismissed_at
from munadi.publishing.ending import require_before_end, require_not_ended
from munadi.publishing.leftovers import give_up_preparation
from munadi.publishing.loading import owned_by_another
from munadi.publishing.old_texts import require_texts
from munadi.publishing.outcomes import locate
from munadi.publishing.states import ChangeRefused
from munadi.publishing.steps import attempts_of, doubt_of
from munadi.publishing.withdrawing import note_objects

S = PublicationStatus


def _too_late(locked: LockedContent, text: str) -> ChangeRefused:
    if all(row.status == S.CANCELED for row in locked.publications):
        text = "the content was canceled; submit it again to publish it"
    return ChangeRefused("TOO_LATE", text)


async def cancel(locked: LockedContent) -> list[str]:
    """Cancel the publications that are not yet claimed; returns their ids. On a canceled post it changes nothing.

    ChangeRefused TOO_LATE when nothing is left to cancel. What may be live by an earlier request cannot be canceled:
    "canceled" promises that there is no post.
    """
    waiting = await _surely_waiting(locked)
    if not waiting:
        if any(row.status == S.CANCELED for row in locked.publications):
            return []
        text = f"publishing began or ended for every publication; nothing can be canceled{_unresolved(locked)}"
        raise _too_late(locked, text)
    begin(locked, Action.CONTENT_CANCELED)
    whole = len(waiting) == len([row for row in locked.publications if row.status != S.CANCELED])
    for row in waiting:
        await locked.move(row, S.CANCELED, EventType.PUBLISH_CANCELED)
    if whole or all(row.status not in (S.PUBLISHING, S.UNCONFIRMED) for row in locked.publications):
        await locked.emit(EventType.CONTENT_CANCELED)
    await changed(locked)
    return [row.id for row in waiting]


async def reschedule(
    locked: LockedContent,
    due: datetime,
    timezone: str | None,
    publish_by: datetime | None,
    *,
    zone_given: bool,
    by_approver: bool = False,
) -> None:
    """Move all waiting publications to another time. An explicit publishBy stays unless a new one is given, an approval
    only if who moves the post may approve it (`by_approver`)."""
    waiting = await _surely_waiting(locked)
    if not waiting:
        raise _too_late(locked, f"publishing began; the time can no longer be changed{_unresolved(locked)}")
    content = locked.content
    require_before_end(locked, due, publish_by)
    if publish_by is not None:
        content.publish_by, content.publish_by_explicit = publish_by, True
    elif not content.publish_by_explicit:
        content.publish_by = default_publish_by(due, content.withdraw_at)
    elif content.publish_by <= due:
        raise ChangeRefused(
            "PUBLISH_BY_NOT_AFTER_DUE",
            f"the content's own publishBy {content.publish_by.isoformat()} is not after the new time; give a new one",
        )
    begin(locked, Action.CONTENT_RESCHEDULED)
    locked.due_at(due)
    if zone_given:
        content.timezone = timezone
    for row in waiting:
        row.due_at = due
        if row.preparation_expires_at is not None and row.preparation_expires_at <= due + LAPSE_MARGIN:
            await give_up_preparation(locked.session, row, locked.now)
    await approvals.moved(locked, by_approver=by_approver)
    await locked.emit(EventType.CONTENT_RESCHEDULED)
    await changed(locked)


async def publish_now(locked: LockedContent, *, by_approver: bool = False) -> None:
    """Make all waiting publications due at once. An approval stays as in `reschedule`."""
    waiting = _waiting(locked)
    if not waiting:
        raise _too_late(locked, "publishing began or ended already")
    content = locked.content
    require_not_ended(locked)
    begin(locked, Action.CONTENT_PUBLISHED_NOW)
    locked.due_at(locked.now)
    if content.publish_by <= locked.now or not content.publish_by_explicit:
        content.publish_by = default_publish_by(locked.now, content.withdraw_at)
    for row in waiting:
        row.due_at = locked.now
    await approvals.moved(locked, by_approver=by_approver)
    await locked.emit(EventType.CONTENT_RESCHEDULED)
    await changed(locked)


def _unresolved(locked: LockedContent) -> str:
    """What is unknown about publications, and what a person can do about it, as the end of a sentence."""
    if ids := [row.id for row in locked.publications if row.status == S.UNCONFIRMED]:
        return f". Whether {' and '.join(ids)} went out is unknown: look at the network, then resolve it"
    if ids := [row.id for row in _waiting(locked)]:
        return (
            f". An earlier request of {' and '.join(ids)} may have arrived: the network is checked before another one"
        )
    return ""


async def retried_ones(locked: LockedContent, publication_ids: Collection[str] | None) -> list[PublicationRow]:
    """The publications that a retry queues again: all failed ones, or those of them that are named.

    ChangeRefused when there are none: none has failed, or their accounts were disconnected. A publication keeps its
    account, so connecting the same profile again does not help it.
    """
    failed = [
        row
        for row in locked.publications
        if row.status == S.FAILED and (publication_ids is None or row.id in publication_ids)
    ]
    if not failed:
        raise ChangeRefused("NOTHING_TO_RETRY", f"no publication named here has failed{_unresolved(locked)}")
    found = [row for row in failed if (await locked.account(row.account_id)).deleted_at is None]
    if not found:
        raise ChangeRefused(
            "ACCOUNT_DISCONNECTED",
            "the account was disconnected, so this can never be sent: connect the account again and submit a new post",
        )
    require_texts(locked.content)
    return found


def retried_at(locked: LockedContent, row: PublicationRow) -> datetime:
    """When a retried publication is due: at its own time while that is ahead, else at once."""
    return max(row.due_at, locked.now)


async def retry(locked: LockedContent, publication_ids: Collection[str] | None) -> list[str]:
    """Queue failed publications again, for their time or at once; returns their ids. Raises as `retried_ones`."""
    failed = await retried_ones(locked, publication_ids)
    require_not_ended(locked)
    await _require_media(locked, failed)
    begin(locked, Action.CONTENT_RETRIED)
    if locked.content.publish_by <= locked.now:
        locked.content.publish_by = default_publish_by(locked.now, locked.content.withdraw_at)
        locked.content.publish_by_explicit = False
    for row in failed:
        row.failure = None
        row.due_at = retried_at(locked, row)
        locked.release(row)
        await locked.move(row, S.QUEUED, EventType.PUBLISH_RESUMED)
    if locked.lacks_approval:
        await approvals.request(locked)
    await changed(locked)
    return [row.id for row in failed]


async def resolve(
    locked: LockedContent, row: PublicationRow, *, published: bool, post_id: str | None, url: str | None
) -> None:
    """Resolve an unconfirmed publication by a person's answer. A repeat of the same answer changes nothing.

    It also sets the id of one that was published without an id. ChangeRefused: NOT_UNCONFIRMED when its outcome is
    already known, POST_ID_TAKEN when the post is another publication's.
    """
    if published and row.status == S.PUBLISHED:
        await _identify(locked, row, post_id, url)
        return
    if not published and row.status == S.FAILED and (row.failure or {}).get("reason") == Reason.OUTCOME_UNKNOWN:
        return
    if row.status != S.UNCONFIRMED:
        raise ChangeRefused("NOT_UNCONFIRMED", f"the publication is {row.status}, not unconfirmed")
    if published and post_id is not None and await owned_by_another(locked.session, row, post_id):
        raise ChangeRefused("POST_ID_TAKEN", f"the post {post_id[:100]!r} belongs to another publication")
    begin(locked, Action.PUBLICATION_RESOLVED, row.id)
    attempts = await attempts_of(locked.session, row.id, POST)
    for attempt in attempts:
        if attempt.is_open:
            # When the call ended was never seen, and that the post is not there does not tell what the call did.
            attempt.is_open, attempt.was_uncertain = False, True
            attempt.outcome = (Effect.SENT if published else Effect.UNKNOWN).value
    if attempts:
        # The answer is about everything sent before: a refusal of a later attempt is a refusal again.
        attempts[-1].closed_by = ClosedBy.PERSON.value
    # A late response of the attempt that a person has just resolved must find an older epoch.
    row.epoch += 1
    row.look_since = None
    if published:
        row.provider_post_id, row.provider_url, row.published_at = post_id, url, locked.now
        note_objects(row, POST, (PostedId(id=post_id),) if post_id else ())
        await locked.move(row, S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)
    else:
        await locked.fail(row, failure_of(Reason.OUTCOME_UNKNOWN))
    await changed(locked)


async def _identify(locked: LockedContent, row: PublicationRow, post_id: str | None, url: str | None) -> None:
    """Apply a person's answer to a published post: the same answer, or the id that was not known yet."""
    if post_id is None or post_id == row.provider_post_id:
        return
    if row.provider_post_id is not None:
        raise ChangeRefused("NOT_UNCONFIRMED", f"the publication is published already, as {row.provider_post_id!r}")
    if await owned_by_another(locked.session, row, post_id):
        raise ChangeRefused("POST_ID_TAKEN", f"the post {post_id[:100]!r} belongs to another publication")
    begin(locked, Action.PUBLICATION_RESOLVED, row.id)
    await locate(locked, row, Published(post_id=post_id, url=url))
    await changed(locked)


def dismiss(locked: LockedContent, row: PublicationRow, because: DismissedAs) -> None:
    """Note that a failure, what a live post lacks, a withdrawal or an edit that was refused or is not certain, or a
    post that is gone or limited needs no attention any more. A repeat changes nothing.

    ChangeRefused NOT_FAILED for everything else.
    """
    needs_a_person = any(at is not None for at in (row.incomplete_at, row.kept_since, row.hidden_since))
    if row.status != S.FAILED and not (row.status == S.PUBLISHED and needs_a_person):
        text = "only a failure, or a live post that lacks a part, is kept, unedited, gone or limited, can be dismissed"
        raise ChangeRefused("NOT_FAILED", f"the publication is {row.status}; {text}")
    if row.dismissed_as == because:
        return
    begin(locked, Action.PUBLICATION_DISMISSED, row.id)
    row.dismissed_at, row.dismissed_as = locked.now, because.value
    locked.content.dismissed_at = dismissed_at(locked.publications)


def undo_dismissal(locked: LockedContent, row: PublicationRow) -> None:
    """Make what was dismissed need attention again. Without a dismissal it changes nothing."""
    if row.dismissed_at is None:
        return
    begin(locked, Action.PUBLICATION_DISMISSAL_UNDONE, row.id)
    row.dismissed_at = row.dismissed_as = locked.content.dismissed_at = None


def require_untouched(locked: LockedContent) -> None:
    """ChangeRefused TOO_LATE once any publication was claimed: then the post can no longer be edited."""
    if any(S(row.status) not in WAITING or row.attempt_count for row in locked.publications):
        raise _too_late(locked, "publishing began; the content can no longer be edited")


async def _require_media(locked: LockedContent, failed: Collection[PublicationRow]) -> None:
    """ChangeRefused MEDIA_DELETED unless the files of these publications are still there. They were free to be deleted
    once the failures were dismissed; from now on they are needed again."""
    wanted = {media_id for row in failed for media_id in named_media(locked.draft.resolved.get(row.id, {}))}
    gone = await use_media(locked.session, locked.content.brand_ref, locked.content.id, wanted)
    if gone:
        text = f"the media {', '.join(sorted(gone))} of this post were deleted; submit the post again with other media"
        raise ChangeRefused("MEDIA_DELETED", text)


def begin(locked: LockedContent, action: Action, publication_id: str | None = None) -> None:
    """Raise the version, before the events of the change, and record the change in the audit log."""
    locked.content.version += 1
    target = publication_id or locked.content.id
    record(locked.session, action, target=target, brand_ref=locked.content.brand_ref, now=locked.now)


async def changed(locked: LockedContent) -> None:
    locked.content.updated_at = locked.now
    locked.wake()
    await locked.close()


async def _surely_waiting(locked: LockedContent) -> list[PublicationRow]:
    """Those that wait and of which nothing can be live: no earlier request of theirs may have been received."""
    return [row for row in _waiting(locked) if not (row.attempt_count and await doubt_of(locked.session, row))]


def _waiting(locked: LockedContent) -> list[PublicationRow]:
    return [row for row in locked.publications if S(row.status) in WAITING]
