"""Builds the JSON of posts from their rows, for the API and for events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from munadi.db.tables import ContentRow, DraftRow, PublicationRow
from munadi.domain.approval import Approval
from munadi.domain.content import STORED_ON_WIRE, ContentStatus, ContentView, PublicationView, count
from munadi.domain.edits import PostEdit
from munadi.domain.failure import Failure
from munadi.domain.fitting import StoredRendition
from munadi.domain.ids import workflow_id
from munadi.domain.liveness import Watch
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Dismissal, DismissedAs, Hold, HoldReason, PublicationStatus, Warning_
from munadi.domain.withdrawal import Withdrawal


def publication_view(row: PublicationRow, publish_by: datetime) -> PublicationView:
    """A publication as the API returns it. A hold never lasts beyond `publish_by`: then the publication fails."""
    hold = dismissal = None
    if row.hold_reason is not None and row.hold_since is not None:
        until = min(row.hold_until, publish_by) if row.hold_until is not None else None
        hold = Hold(reason=HoldReason(row.hold_reason), since=row.hold_since, until=until)
    if row.dismissed_at is not None and row.dismissed_as is not None:
        dismissal = Dismissal(at=row.dismissed_at, because=DismissedAs(row.dismissed_as))
    return PublicationView(
        id=row.id,
        channel=row.channel,
        account_id=row.account_id,
        status=PublicationStatus(row.status),
        scheduled_at=row.due_at,
        published_at=row.published_at,
        lateness_ms=row.lateness_ms,
        provider_post_id=row.provider_post_id,
        provider_url=row.provider_url,
        failure=Failure.model_validate(row.failure) if row.failure else None,
        dismissal=dismissal,
        hold=hold,
        withdrawal=Withdrawal.model_validate(row.withdrawal) if row.withdrawal else None,
        edits=tuple(PostEdit.model_validate(one["shown"]) for one in row.edits),
        liveness=Watch.model_validate(row.watch).shown(row.watch_at) if row.watch else None,
        renditions=tuple(StoredRendition.model_validate(one).shown for one in row.renditions or ()),
        attempts=row.attempt_count,
        warnings=tuple(Warning_.model_validate(warning) for warning in row.warnings),
    )


def content_view(content: ContentRow, draft: DraftRow, publications: Sequence[PublicationRow]) -> ContentView:
    """A post as the API returns it, with its current draft."""
    source = draft.source
    return ContentView(
        id=content.id,
        brand_ref=content.brand_ref,
        status=ContentStatus(content.status),
        scheduled_at=content.scheduled_at,
        timezone=content.timezone,
        publish_by=content.publish_by,
        text=source.get("text"),
        media=tuple(MediaAsset.model_validate(asset) for asset in source.get("media", ())),
        link=source.get("link"),
        withdraw_at=content.withdraw_at,
        slot_id=content.slot_id,
        series_id=content.series_id,
        occurrence=content.occurrence,
        client_ref=content.client_ref,
        approval=Approval.model_validate(content.approval) if content.approval else None,
        texts_removed_at=content.texts_removed_at,
        version=content.version,
        draft_version=content.draft_version,
        created_at=content.created_at,
        updated_at=content.updated_at,
        workflow_id=workflow_id(content.id),
        publications=tuple(publication_view(row, content.publish_by) for row in publications),
        warnings=tuple(Warning_.model_validate(warning) for warning in draft.warnings),
        rollup=count(PublicationStatus(row.status) for row in publications),
        **{name: source[name] for name in STORED_ON_WIRE if source.get(name) is not None},
    )
