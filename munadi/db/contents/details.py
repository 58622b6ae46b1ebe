"""A publication with its draft and its attempts, as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from munadi.db.contents.published_drafts import draft_of
from munadi.db.contents.views import publication_view
from munadi.db.tables import AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.channel import TextLength
from munadi.domain.content import Draft, PublicationView
from munadi.domain.failure import Effect
from munadi.domain.model import UniqueId, WireModel
from munadi.domain.publication import ClosedBy
from munadi.ports import AnyChannel


class AttemptView(WireModel):
    """One attempt of a visible call, as the log of attempts shows it."""

    id: UniqueId
    stage: str = Field(description="Which visible call: `post`, `comment`, `part-2` and so on.")
    number: int = Field(description="Counts from 1.")
    intent_at: datetime = Field(description="When the call was about to be made.")
    ended_at: datetime | None = Field(description="When it ended; null while it has not.")
    outcome: Effect | None = Field(description="What became of it; null while it is in progress or not known.")
    provider_code: str | None = Field(description="The network's own code.")
    raw: str | None = Field(description="The network's response, redacted and shortened.")
    duration_ms: int | None = Field(description="How long it took, in milliseconds.")


class PublicationDetail(PublicationView):
    """A publication with its draft and its attempts."""

    content_id: str = Field(description="The post it belongs to.")
    draft: Draft = Field(description="What it shows: overrides applied, media probed, link placed.")
    lengths: tuple[TextLength, ...] = Field(description="Each text measured against each limit of the network.")
    attempt_log: tuple[AttemptView, ...] = Field(description="Every attempt, the first one first.")


def publication_detail(
    content: ContentRow, row: PublicationRow, current: DraftRow, channel: AnyChannel, attempts: Sequence[AttemptRow]
) -> PublicationDetail:
    """A publication with its part of the post's `current` draft and its attempts, as returned."""
    draft = draft_of(current, row.id)
    return PublicationDetail(
        **publication_view(row, content.publish_by).model_dump(by_alias=False),
        content_id=row.content_id,
        draft=draft,
        lengths=tuple(channel.lengths(draft)),
        attempt_log=tuple(attempt_view(attempt) for attempt in attempts),
    )


def attempt_view(row: AttemptRow) -> AttemptView:
    """An attempt as returned."""
    took = (row.ended_at - row.intent_at).total_seconds() if row.ended_at else None
    return AttemptView(
        id=row.id,
        stage=row.stage,
        number=row.number,
        intent_at=row.intent_at,
        ended_at=row.ended_at,
        outcome=known_outcome(row),
        provider_code=row.provider_code,
        raw=row.raw,
        duration_ms=round(took * 1000) if took is not None else None,
    )


def known_outcome(row: AttemptRow) -> Effect | None:
    """Unknown while its call ended without an answer, and after a list that lags did not show it."""
    if row.outcome is None:
        return Effect.UNKNOWN if row.was_uncertain else None
    only_looked = row.closed_by == ClosedBy.LOOK and row.outcome == Effect.NOT_SENT
    return Effect.UNKNOWN if only_looked else Effect(row.outcome)
