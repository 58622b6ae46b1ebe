"""Storing a new post, and storing an edit of one. Each works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.contents.views import content_view
from munadi.db.ids import new_id
from munadi.db.tables import ContentRow, DraftRow, PublicationRow
from munadi.domain.audit import Action
from munadi.domain.content import ContentView
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from munadi.intake.accept import Planned, PlannedDrafts
from munadi.publishing.changes import require_untouched
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import give_up_handle


@dataclass(frozen=True)
class NewContent:
    """The rows of a content to be, and how it is answered: known before anything is written."""

    content: ContentRow
    publications: list[PublicationRow]
    draft: DraftRow
    planned: Planned
    now: datetime

    @property
    def view(self) -> ContentView:
        """The content as answered."""
        return content_view(self.content, self.draft, self.publications)

    async def store(self, session: AsyncSession) -> LockedContent:
        """Write it down with its first event and a wake."""
        session.add_all(self.planned.drafts.media.new)
        session.add(self.content)
        await session.flush()  # what others refer to, before them
        session.add_all([self.draft, *self.publications])
        locked = LockedContent(session, self.content, self.publications, self.draft, self.now)
        locked.wake()
        record(session, Action.CONTENT_CREATED, target=self.content.id, brand_ref=self.content.brand_ref, now=self.now)
        await locked.emit(EventType.CONTENT_ACCEPTED)
        await locked.close()
        return locked


def new_content(planned: Planned, now: datetime) -> NewContent:
    """A planned content with its publications, not stored yet."""
    content = _content_row(planned, now)
    publications = [
        PublicationRow(
            id=new_id(Prefix.PUBLICATION),
            content_id=content.id,
            account_id=each.account_id,
            channel=each.channel,
            place=place,
            status=PublicationStatus.ACCEPTED.value,
            revision=1,
            due_at=planned.due,
            lead_seconds=each.lead.total_seconds(),
            stages=list(each.stages),
            created_at=now,
            updated_at=now,
        )
        for place, each in enumerate(planned.drafts.publications)
    ]
    draft = _draft_row(content, publications, planned.drafts, now)
    return NewContent(content, publications, draft, planned, now)


async def edit(locked: LockedContent, planned: PlannedDrafts) -> None:
    """Put planned drafts in the place of a locked content's. ChangeRefused TOO_LATE once anything was claimed.

    `draft_version`, and with it every handle made so far, moves on only when something would be seen differently.
    """
    require_untouched(locked)
    locked.session.add_all(planned.media.new)
    content = locked.content
    content.version += 1
    fresh = _draft_row(content, locked.publications, planned, locked.now)
    if fresh.resolved == locked.draft.resolved:
        locked.draft.source, locked.draft.warnings = fresh.source, fresh.warnings
    else:
        content.draft_version += 1
        fresh.draft_version = content.draft_version
        locked.session.add(fresh)
        locked.draft = fresh
        for row, each in zip(locked.publications, planned.publications, strict=True):
            row.lead_seconds, row.handle_ready = each.lead.total_seconds(), False
            row.stages = list(each.stages)
            # A preparation of the old draft that is under way must not end the new one with its refusal.
            row.epoch += 1
            await give_up_handle(locked.session, row, locked.now)
    record(locked.session, Action.CONTENT_UPDATED, target=content.id, brand_ref=content.brand_ref, now=locked.now)
    locked.wake()
    await locked.emit(EventType.CONTENT_UPDATED)
    await locked.close()


def _content_row(planned: Planned, now: datetime) -> ContentRow:
    return ContentRow(
        id=new_id(Prefix.CONTENT),
        brand_ref=planned.brand_ref,
        status=PublicationStatus.ACCEPTED.value,
        client_ref=planned.client_ref,
        scheduled_at=planned.due,
        timezone=planned.timezone,
        publish_by=planned.publish_by,
        publish_by_explicit=planned.publish_by_explicit,
        created_at=now,
        updated_at=now,
    )


def _draft_row(
    content: ContentRow, publications: Sequence[PublicationRow], planned: PlannedDrafts, now: datetime
) -> DraftRow:
    return DraftRow(
        content_id=content.id,
        draft_version=content.draft_version,
        source=planned.source,
        resolved={
            row.id: each.draft.model_dump(mode="json")
            for row, each in zip(publications, planned.publications, strict=True)
        },
        warnings=[warning.model_dump(mode="json") for warning in planned.warnings],
        created_at=now,
    )
