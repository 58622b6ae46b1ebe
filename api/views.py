"""Response models that are not the domain's own views."""

from __future__ import annotations

from pydantic import Field

from munadi.db.contents.views import publication_view
from munadi.db.events.notify import event_of
from munadi.db.tables import ContentRow, EventRow, PublicationRow
from munadi.domain.content import PublicationView
from munadi.domain.event import Event
from munadi.domain.model import BrandOf


class ListedPublication(PublicationView):
    """A publication in a list, with the post and the brand it belongs to."""

    content_id: str = Field(description="The post it belongs to.")
    brand_ref: BrandOf


def listed_publication(content: ContentRow, row: PublicationRow) -> ListedPublication:
    """A publication as a list returns it."""
    return ListedPublication(
        **publication_view(row, content.publish_by).model_dump(by_alias=False),
        content_id=content.id,
        brand_ref=content.brand_ref,
    )


class LoggedEvent(Event):
    """An event in the log, with its place there."""

    position: int | None = Field(
        description="The place in the log: the cursor of `GET /v1/events`. Null: not numbered yet."
    )


def logged(row: EventRow) -> LoggedEvent:
    """An event row as answered."""
    return LoggedEvent(**event_of(row).model_dump(by_alias=False), position=row.position)
