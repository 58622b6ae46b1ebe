"""The next visible step of a publication, read from its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.prebuilt import PrebuiltRows
from munadi.db.tables import AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.attempt import Attempt, Doubt, doubt_about
from munadi.domain.content import Draft, PublicationDraft
from munadi.domain.failure import Effect
from munadi.domain.fitting import PlannedRendition, StoredRendition
from munadi.domain.publication import POST, Preparation, PublicationStatus
from munadi.domain.publishing import Step

S = PublicationStatus

_ATTEMPT = PrebuiltRows(select(AttemptRow).where(col(AttemptRow.id) == bindparam("key")))
ATTEMPTS = PrebuiltRows(
    select(AttemptRow)
    .where(col(AttemptRow.publication_id) == bindparam("publication_id"), col(AttemptRow.stage) == bindparam("step"))
    .order_by(col(AttemptRow.number))
)


def step_name(row: PublicationRow) -> str | None:
    """The visible step to take next: the post, then the later steps in order; None when none is left."""
    if row.status != S.PUBLISHED:
        return POST
    return row.steps_left[0] if row.steps_left else None


async def attempts_of(session: AsyncSession, publication_id: str, step: str | None) -> Sequence[AttemptRow]:
    """The attempts of a step, in order. A unique index allows one open one at most."""
    if step is None:
        return ()
    given = {"publication_id": publication_id, "step": step}
    return await session.run_sync(ATTEMPTS.find, given)


async def attempt_of(session: AsyncSession, attempt_id: str) -> AttemptRow | None:
    """An attempt by its id."""
    found = await session.run_sync(_ATTEMPT.find, {"key": attempt_id})
    return found[0] if found else None


async def doubt_of(session: AsyncSession, row: PublicationRow) -> Doubt | None:
    """Whether an earlier request of the post may have been received."""
    return doubt_about(await attempts_of(session, row.id, POST))


def open_one(attempts: Sequence[AttemptRow]) -> AttemptRow | None:
    """The attempt whose outcome is not certain."""
    return next((row for row in attempts if row.is_open), None)


async def step_of(
    session: AsyncSession,
    content: ContentRow,
    current: DraftRow,
    row: PublicationRow,
    preparation: Preparation | None = None,
) -> Step:
    """Build the next step with its open attempt, from rows that the caller has read or locked."""
    step = step_from(content, current, row, preparation)
    return with_attempts(step, await attempts_of(session, row.id, step.name))


def step_from(content: ContentRow, current: DraftRow, row: PublicationRow, preparation: Preparation | None) -> Step:
    """Build the next step, from its rows and the `preparation` that the caller opened."""
    draft, unfitted = fitted_draft(Draft.model_validate(current.resolved[row.id]), row.renditions)
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
        preparation=preparation,
        publish_by=content.publish_by,
        attempts=row.attempt_count,
        looks=row.look_count,
        name=step_name(row),
        look_since=row.look_since,
        unfitted=unfitted,
    )


def fitted_draft(
    draft: Draft, renditions: Sequence[Mapping[str, Any]] | None
) -> tuple[Draft, tuple[PlannedRendition, ...]]:
    """The draft with the renditions that are made in place of their files, and those that are not made yet."""
    if not draft.renditions:
        return draft, ()
    made = {one["key"]: StoredRendition.model_validate(one).file for one in renditions or ()}
    media, unfitted = list(draft.media), []
    for planned in draft.renditions:
        file = made.get(planned.key)
        if file is None:
            unfitted.append(planned)
        else:
            source = media[planned.index]
            media[planned.index] = file.model_copy(update={"id": source.id, "alt": source.alt, "name": source.name})
    return draft.model_copy(update={"media": tuple(media)}), tuple(unfitted)


def with_attempts(step: Step, attempts: Sequence[AttemptRow]) -> Step:
    """The step with its open attempt, or with the doubt about earlier ones. `attempts` are all of this step."""
    row = open_one(attempts)
    if row is None:
        return replace(step, doubt=doubt_about(attempts))
    attempt = Attempt(
        row.id,
        row.number,
        row.intent_at,
        row.deadline_at,
        Effect(row.outcome) if row.outcome else None,
        row.uncertain_since,
        row.provider_code,
        row.stage,
    )
    return replace(step, attempt=attempt)
