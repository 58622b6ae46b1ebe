"""A publication as an activity needs it: what to show, for whom, and what is on record."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.content import Draft, PublicationDraft
from munadi.domain.failure import Effect
from munadi.domain.publication import POST, Handle, PublicationStatus
from munadi.publishing.model import OpenAttempt, Work

S = PublicationStatus


async def open_attempts(session: AsyncSession, publication_id: str, stage: str) -> list[AttemptRow]:
    """The visible calls of one stage whose end is not certain: one at most, by a unique index."""
    query = select(AttemptRow).where(
        AttemptRow.publication_id == publication_id, col(AttemptRow.is_open), AttemptRow.stage == stage
    )
    return list((await session.exec(query)).all())


async def work_of(
    session: AsyncSession, content: ContentRow, current: DraftRow, row: PublicationRow, handle: Handle | None = None
) -> Work:
    """Everything an activity needs, from rows that the caller has read or locked, and the `handle` that it opened."""
    draft = Draft.model_validate(current.resolved[row.id])
    stage = row.stages[0] if row.status == S.PUBLISHED and row.stages else None
    return Work(
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
        look_since=row.look_since,
        open_attempt=_first(await open_attempts(session, row.id, POST)),
        stage=stage,
        stage_attempt=_first(await open_attempts(session, row.id, stage)) if stage else None,
    )


def _first(opened: list[AttemptRow]) -> OpenAttempt | None:
    if not opened:
        return None
    attempt = opened[0]
    return OpenAttempt(
        attempt.id,
        attempt.stage,
        attempt.intent_at,
        attempt.deadline_at,
        Effect(attempt.outcome) if attempt.outcome else None,
        attempt.number,
    )
