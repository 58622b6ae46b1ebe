"""The next visible step of a publication, read from its rows."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.content import Draft, PublicationDraft
from munadi.domain.failure import Effect
from munadi.domain.publication import POST, Handle, PublicationStatus
from munadi.publishing.model import Attempt, Step

S = PublicationStatus


def step_name(row: PublicationRow) -> str | None:
    """The visible step to take next: the post, then the later steps in order; None when none is left."""
    if row.status != S.PUBLISHED:
        return POST
    return row.stages[0] if row.stages else None


async def open_attempt_of(session: AsyncSession, publication_id: str, step: str | None) -> AttemptRow | None:
    """The attempt of a step whose outcome is not certain. A unique index allows one at most."""
    if step is None:
        return None
    query = select(AttemptRow).where(
        AttemptRow.publication_id == publication_id, col(AttemptRow.is_open), AttemptRow.stage == step
    )
    return (await session.exec(query)).first()


async def step_of(
    session: AsyncSession, content: ContentRow, current: DraftRow, row: PublicationRow, handle: Handle | None = None
) -> Step:
    """Build the next step with its open attempt, from rows that the caller has read or locked."""
    attempt = await open_attempt_of(session, row.id, step_name(row))
    return step_from(content, current, row, handle, attempt)


def step_from(
    content: ContentRow,
    current: DraftRow,
    row: PublicationRow,
    handle: Handle | None,
    attempt: AttemptRow | None = None,
) -> Step:
    """Build the next step, from its rows and the `handle` that the caller opened."""
    draft = Draft.model_validate(current.resolved[row.id])
    return Step(
        publication_id=row.id,
        content_id=row.content_id,
        account_id=row.account_id,
        channel=row.channel,
        status=S(row.status),
        epoch=row.epoch,
        draft_version=content.draft_version,
        draft=PublicationDraft(
            **draft.model_dump(), publication_id=row.id, created_at=row.created_at, due_at=row.due_at
        ),
        handle=handle,
        publish_by=content.publish_by,
        attempts=row.attempt_count,
        looks=row.look_count,
        name=step_name(row),
        attempt=_attempt_of(attempt),
        look_since=row.look_since,
    )


def _attempt_of(row: AttemptRow | None) -> Attempt | None:
    if row is None:
        return None
    effect = Effect(row.outcome) if row.outcome else None
    return Attempt(row.id, row.number, row.intent_at, row.deadline_at, effect)
