"""Edits a live publication: what a person asks for, what is kept of it, and what came of it.

Everything here is part of the caller's transaction, on a locked post. `edits` has every version since the publication;
what it was published with is its draft. `edit_at` is when the workflow acts next; null while there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from munadi.db.contents.published_drafts import draft_of
from munadi.db.session import after_commit
from munadi.db.tables import PublicationRow
from munadi.domain.content import Draft
from munadi.domain.edits import EditStatus, PostEdit
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Failure, Reason
from munadi.domain.live_edit import PUBLISHED_VERSION, Edited, LiveEdit, Stop, Version, step_of
from munadi.domain.outcome import CallRecord
from munadi.domain.publication import POST
from munadi.domain.reasons import failure_of
from munadi.domain.withdrawal import LOOKED_AFTER, SURE_WITHIN, PostedObject, WithdrawalStatus
from munadi.publishing.content import LockedContent
from munadi.publishing.live_store import close, open_attempts
from munadi.telemetry import metrics

S = EditStatus


def edits_of(row: PublicationRow) -> list[LiveEdit]:
    """The edits of a publication, the first one first."""
    return [LiveEdit.model_validate(one) for one in row.edits]


def keep(row: PublicationRow, edit: LiveEdit) -> None:
    """Store an edit, in place of the same version if there is one."""
    others = [one for one in edits_of(row) if one.shown.version != edit.shown.version]
    row.edits = [one.model_dump(mode="json", by_alias=True) for one in (*others, edit)]


def published_draft(locked: LockedContent, row: PublicationRow) -> Draft:
    """What was published."""
    return draft_of(locked.draft, row.id)


def current_draft(locked: LockedContent, row: PublicationRow) -> Draft:
    """What the publication says at its network, as far as it is known."""
    published = published_draft(locked, row)
    done = [one for one in edits_of(row) if one.shown.status is S.EDITED]
    return done[-1].draft(published) if done else published


def versions_of(locked: LockedContent, row: PublicationRow) -> dict[int, tuple[Draft, Draft]]:
    """What each edit was to change, by its version: what the network had as far as it is known, and what was wanted."""
    before = published = published_draft(locked, row)
    found = {}
    for one in edits_of(row):
        after = one.draft(published)
        found[one.shown.version] = (before, after)
        if one.shown.status is S.EDITED:
            before = after
    return found


def version_of(locked: LockedContent, row: PublicationRow, edit: LiveEdit) -> Version:
    """What the network is to show, and what it may show before: also a version that is not certain."""
    published = published_draft(locked, row)
    earlier = [one for one in edits_of(row) if one.shown.version < edit.shown.version]
    certain = max((place for place, one in enumerate(earlier) if one.shown.status is S.EDITED), default=-1)
    doubtful = [one.draft(published) for one in earlier[certain + 1 :] if one.is_doubtful]
    old = earlier[certain].draft(published) if certain >= 0 else published
    return Version(object=_object(row), new=edit.draft(published), old=(*doubtful, old))


async def begin(locked: LockedContent, row: PublicationRow, draft: Draft, fields: Sequence[str]) -> None:
    """Begin an edit: the workflow takes it from here. One whose outcome is not certain is not read any more.

    `fields` are those that the network's rule has: of these, `edits` shows what the version says.
    """
    known = edits_of(row)
    if known and known[-1].is_open:
        await _end(locked, row, known[-1], {"ended_at": locked.now})
    failed = known[-1].shown.failure if known else None
    alts, published = tuple(one.alt or "" for one in draft.media), published_draft(locked, row)
    shown = PostEdit(
        version=len(known) + PUBLISHED_VERSION + 1,
        at=locked.now,
        status=S.EDITING,
        text=draft.text,
        title=draft.options.get("title") if "title" in fields else None,
        description=draft.text if "description" in fields else None,
        link=draft.link if "link" in fields else None,
        alt_texts=alts if "altTexts" in fields else None,
    )
    replaces = failed is not None and failed.reason is Reason.EDIT_CONFLICT
    edit = LiveEdit(
        shown=shown,
        options=draft.options,
        link=None if draft.link == published.link else draft.link or "",
        alts=None if draft.media == published.media else alts,
        replaces=replaces,
    )
    keep(row, edit)
    if row.kept_since is not None and not _keeps(row):
        # What a person has dismissed was the last edit: a new one needs attention again.
        row.kept_since = row.dismissed_at = row.dismissed_as = None
    row.edit_at, row.updated_at = locked.now, locked.now
    row.epoch += 1


async def give_up(locked: LockedContent, row: PublicationRow) -> None:
    """End the edit under way, because the post is withdrawn. A request of it may still be received: the post goes all
    the same."""
    row.edit_at = None
    known = edits_of(row)
    if known and known[-1].is_open:
        why = failure_of(Reason.EDIT_REFUSED, "the post is withdrawn, so it is not edited")
        await _end(locked, row, known[-1], {"status": S.REFUSED, "ended_at": locked.now, "failure": why})


async def _end(locked: LockedContent, row: PublicationRow, edit: LiveEdit, changes: Mapping[str, object]) -> None:
    """End an edit whose request may still be received."""
    is_doubtful = edit.is_doubtful
    for attempt in await open_attempts(locked.session, row):
        if attempt.stage == step_of(edit):
            close(attempt, Effect.UNKNOWN, CallRecord(), locked.now)
            is_doubtful = True
    shown = edit.shown.model_copy(update=dict(changes))
    keep(row, edit.model_copy(update={"shown": shown, "is_doubtful": is_doubtful}))


async def settle(
    locked: LockedContent,
    row: PublicationRow,
    edit: LiveEdit,
    result: Edited | Stop | timedelta,
    failure: Failure | None,
) -> None:
    """Store how far an edit is, with an event when it ends or is not certain. It acts again after `result`, or has
    ended. `failure` is why it was refused, or why it is not certain."""
    shown, before = edit.shown, edit.shown.status
    match result:
        case timedelta():
            shown = _waiting(locked, shown, edit, failure)
            since = shown.unconfirmed_since
            is_over = since is not None and locked.now - since >= LOOKED_AFTER
            row.edit_at = None if is_over else locked.now + result
        case Edited(confirmed_by):
            ended = {"status": S.EDITED, "ended_at": locked.now, "failure": None, "confirmed_by": confirmed_by}
            shown, row.edit_at = shown.model_copy(update=ended), None
        case Stop():
            ended = {"status": S.REFUSED, "ended_at": locked.now, "failure": _because(result, failure)}
            shown, row.edit_at = shown.model_copy(update=ended), None
    keep(row, edit.model_copy(update={"shown": shown}))
    row.updated_at = locked.now
    if shown.status in (S.REFUSED, S.UNCONFIRMED):
        row.kept_since = row.kept_since or locked.now
    elif not _keeps(row):
        row.kept_since = None
    if shown.status is not before:
        counter = metrics.EDITS.labels(row.channel, shown.status.value, metrics.reason_of(shown.failure))
        after_commit(locked.session, counter.inc)
        reason = shown.failure.reason if shown.failure else None
        await locked.emit(EventType.PUBLISH_EDITED, row, reason=reason)


def _keeps(row: PublicationRow) -> bool:
    """Whether a withdrawal was refused: that needs a person whatever becomes of an edit."""
    return row.withdrawal is not None and row.withdrawal["status"] == WithdrawalStatus.REFUSED


def _waiting(locked: LockedContent, shown: PostEdit, edit: LiveEdit, failure: Failure | None) -> PostEdit:
    if shown.status is not S.UNCONFIRMED and locked.now - shown.at < SURE_WITHIN:
        return shown
    text = None if edit.asked else "nothing was sent yet, because the network could not be read"
    why = failure or failure_of(Reason.EDIT_UNCONFIRMED, text)
    since = shown.unconfirmed_since or locked.now
    return shown.model_copy(update={"status": S.UNCONFIRMED, "failure": why, "unconfirmed_since": since})


def _because(stop: Stop, failure: Failure | None) -> Failure:
    match stop:
        case Stop.REFUSED:
            return failure or failure_of(Reason.EDIT_REFUSED)
        case Stop.CHANGED:
            return failure_of(Reason.EDIT_CONFLICT)
        case Stop.GONE:
            return failure_of(Reason.EDIT_REFUSED, "the post is not at the network any more, so it was not edited")


def _object(row: PublicationRow) -> PostedObject:
    """What is edited: the first object of the post itself (of an album, the one with the text)."""
    found = [PostedObject.model_validate(one) for one in row.posted]
    return next(one for one in found if one.step == POST)
