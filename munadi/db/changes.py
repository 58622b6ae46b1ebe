"""What people change about a content while there is time: cancel, reschedule, publish now, retry, edit, resolve.

Each is a function on a locked story, so that the API and an operator's signal do the same thing, in one
transaction with its events and a wake. `TooLate` when publishing began; nothing is half done.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import col, select

from munadi.db.audit import record
from munadi.db.outbox import give_up_handle
from munadi.db.settle import locate, owned_by_another
from munadi.db.story import Story
from munadi.db.tables import AttemptRow, PublicationRow
from munadi.domain.audit import Action
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import LAPSE_MARGIN, WAITING, PublicationStatus, Published
from munadi.domain.reasons import failure_of
from munadi.domain.time import DEFAULT_WINDOW

S = PublicationStatus


class ChangeRefused(Exception):
    """The content is not in a state for this change; `code` is stable, the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def _too_late(story: Story, text: str) -> ChangeRefused:
    if all(row.status == S.CANCELED for row in story.publications):
        text = "the content was canceled; submit it anew to publish it"
    return ChangeRefused("TOO_LATE", text)


async def cancel(story: Story) -> list[str]:
    """Withdraw what has not been claimed; the ids that were withdrawn. Again on a canceled content: nothing, no error.

    ChangeRefused TOO_LATE when nothing is left to withdraw.
    """
    waiting = _waiting(story)
    if not waiting:
        if any(row.status == S.CANCELED for row in story.publications):
            return []
        raise _too_late(story, "publishing began or ended for every publication; nothing can be withdrawn")
    _begin(story, Action.CONTENT_CANCELED)
    whole = len(waiting) == len([row for row in story.publications if row.status != S.CANCELED])
    for row in waiting:
        await story.move(row, S.CANCELED, EventType.PUBLISH_CANCELED)
    if whole or all(row.status not in (S.PUBLISHING, S.UNCONFIRMED) for row in story.publications):
        await story.emit(EventType.CONTENT_CANCELED)
    await _changed(story)
    return [row.id for row in waiting]


async def reschedule(
    story: Story, due: datetime, timezone: str | None, publish_by: datetime | None, *, zone_given: bool
) -> None:
    """Move everything that still waits to another time; an explicit publishBy stays unless a new one is given."""
    waiting = _waiting(story)
    if not waiting:
        raise _too_late(story, "publishing began; the time can no longer be changed")
    content = story.content
    if publish_by is not None:
        content.publish_by, content.publish_by_explicit = publish_by, True
    elif not content.publish_by_explicit:
        content.publish_by = due + DEFAULT_WINDOW
    elif content.publish_by <= due:
        raise ChangeRefused(
            "PUBLISH_BY_NOT_AFTER_DUE",
            f"the content's own publishBy {content.publish_by.isoformat()} is not after the new time; give a new one",
        )
    _begin(story, Action.CONTENT_RESCHEDULED)
    content.scheduled_at = due
    if zone_given:
        content.timezone = timezone
    for row in waiting:
        row.due_at = due
        if row.handle_expires_at is not None and row.handle_expires_at <= due + LAPSE_MARGIN:
            await give_up_handle(story.session, row, story.now)
    await story.emit(EventType.CONTENT_RESCHEDULED)
    await _changed(story)


async def publish_now(story: Story) -> None:
    """Make everything that still waits due at once."""
    waiting = _waiting(story)
    if not waiting:
        raise _too_late(story, "publishing began or ended already")
    content = story.content
    _begin(story, Action.CONTENT_PUBLISHED_NOW)
    content.scheduled_at = story.now
    if content.publish_by <= story.now or not content.publish_by_explicit:
        content.publish_by = story.now + DEFAULT_WINDOW
    for row in waiting:
        row.due_at = story.now
    await story.emit(EventType.CONTENT_RESCHEDULED)
    await _changed(story)


async def retry(story: Story, publication_ids: Collection[str] | None) -> list[str]:
    """Queue failed publications again, due at once, with the stored media; the ids. ChangeRefused when none can be."""
    failed = [
        row
        for row in story.publications
        if row.status == S.FAILED and (publication_ids is None or row.id in publication_ids)
    ]
    if not failed:
        raise ChangeRefused("NOTHING_TO_RETRY", "no publication named here has failed")
    _begin(story, Action.CONTENT_RETRIED)
    if story.content.publish_by <= story.now:
        story.content.publish_by = story.now + DEFAULT_WINDOW
        story.content.publish_by_explicit = False
    for row in failed:
        row.failure = None
        row.due_at = story.now
        story.release(row)
        await story.move(row, S.QUEUED, EventType.PUBLISH_RESUMED)
    await _changed(story)
    return [row.id for row in failed]


async def resolve(story: Story, row: PublicationRow, *, published: bool, post_id: str | None, url: str | None) -> None:
    """A person says what became of an unconfirmed publication. The same answer again changes nothing.

    One that is published without an id is given it so. ChangeRefused: NOT_UNCONFIRMED when something else is known
    of it, POST_ID_TAKEN when the post is another publication's.
    """
    if published and row.status == S.PUBLISHED:
        await _identify(story, row, post_id, url)
        return
    if not published and row.status == S.FAILED and (row.failure or {}).get("reason") == Reason.OUTCOME_UNKNOWN:
        return
    if row.status != S.UNCONFIRMED:
        raise ChangeRefused("NOT_UNCONFIRMED", f"the publication is {row.status}, not unconfirmed")
    if published and post_id is not None and await owned_by_another(story.session, row, post_id):
        raise ChangeRefused("POST_ID_TAKEN", f"the post {post_id[:100]!r} belongs to another publication")
    _begin(story, Action.PUBLICATION_RESOLVED, row.id)
    query = select(AttemptRow).where(AttemptRow.publication_id == row.id, col(AttemptRow.is_open))
    for attempt in (await story.session.exec(query)).all():
        attempt.is_open, attempt.was_uncertain, attempt.ended_at = False, True, story.now
        attempt.outcome = (Effect.SENT if published else Effect.NOT_SENT).value
    # A late answer of the attempt that a person has just settled must not find its epoch current.
    row.epoch += 1
    row.look_since = None
    if published:
        row.provider_post_id, row.provider_url, row.published_at = post_id, url, story.now
        await story.move(row, S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)
    else:
        await story.fail(row, failure_of(Reason.OUTCOME_UNKNOWN))
    await _changed(story)


async def _identify(story: Story, row: PublicationRow, post_id: str | None, url: str | None) -> None:
    """A person's answer for a post that is published: the same, or the id that was not known yet."""
    if post_id is None or post_id == row.provider_post_id:
        return
    if row.provider_post_id is not None:
        raise ChangeRefused("NOT_UNCONFIRMED", f"the publication is published already, as {row.provider_post_id!r}")
    if await owned_by_another(story.session, row, post_id):
        raise ChangeRefused("POST_ID_TAKEN", f"the post {post_id[:100]!r} belongs to another publication")
    _begin(story, Action.PUBLICATION_RESOLVED, row.id)
    await locate(story, row, Published(post_id=post_id, url=url))
    await _changed(story)


def require_untouched(story: Story) -> None:
    """An edit is allowed until any publication was claimed."""
    if any(S(row.status) not in WAITING or row.attempt_count for row in story.publications):
        raise _too_late(story, "publishing began; the content can no longer be edited")


def _begin(story: Story, action: Action, publication_id: str | None = None) -> None:
    """Every change raises the version, before the events that tell of it, and is in the audit log."""
    story.content.version += 1
    target = publication_id or story.content.id
    record(story.session, action, target=target, brand_ref=story.content.brand_ref, now=story.now)


async def _changed(story: Story) -> None:
    story.content.updated_at = story.now
    story.wake()
    await story.close()


def _waiting(story: Story) -> list[PublicationRow]:
    return [row for row in story.publications if S(row.status) in WAITING]
