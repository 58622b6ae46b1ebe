"""Builds and inserts the rows of an accepted post.

The rows are plain values, inserted by prebuilt statements, without ORM objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select
from sqlmodel import SQLModel, col

from munadi.db.audit import audit_values
from munadi.db.brands.limits import BrandRules
from munadi.db.contents.metadata import INSERT_METADATA, metadata_values
from munadi.db.contents.views import content_view
from munadi.db.events.fan_out import Subscription, gets_events_of, write_event
from munadi.db.ids import new_id
from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import AuditRow, BrandRow, ContentRow, DraftRow, EndpointRow, EventRow, PublicationRow
from munadi.domain.approval import NO_DRAFT
from munadi.domain.audit import Action
from munadi.domain.content import ContentView, PublicationView
from munadi.domain.event import EventType
from munadi.domain.failure import Failure
from munadi.domain.fitting import StoredRendition
from munadi.domain.ids import Prefix
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.publishing import View
from munadi.intake.checked import CheckedDrafts, CheckedPost, CheckedPublication
from munadi.intake.requests import ContentRequest
from munadi.intake.series import OccurrenceRequest
from munadi.publishing import approvals
from munadi.publishing.content import HELD_LOOK
from munadi.publishing.plans import view_of
from munadi.telemetry import tracing

# The relay wakes the workflow after this time, if the API's own call after the response failed: soon where the workflow
# must act soon, else later, so that the relay does not repeat what the API is still about to start.
WAKE_AFTER, WAKE_LATER = timedelta(seconds=1), timedelta(seconds=15)
IMMINENT = timedelta(seconds=30)
# A proposed post without a time is published once it is approved: so long it waits for that, over a weekend too.
PROPOSAL_WINDOW = timedelta(days=7)
# The hold of what waits for an approval; one for an account follows when it is published.
_APPROVAL_HOLD = {"hold_reason": HoldReason.APPROVAL.value, "hold_count": 1}

Values = Mapping[str, Any]


def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    fields = table.model_fields.items()
    return {name: field.get_default(call_default_factory=True) for name, field in fields if not field.is_required()}


_CONTENT, _PUBLICATION, _EVENT = _defaults(ContentRow), _defaults(PublicationRow), _defaults(EventRow)
_INSERT_CONTENT, _INSERT_DRAFT = Prebuilt(insert(ContentRow)), Prebuilt(insert(DraftRow))
_INSERT_PUBLICATIONS = Prebuilt(insert(PublicationRow))
_INSERT_AUDIT = Prebuilt(insert(AuditRow))
_BRAND_AND_ENDPOINTS = Prebuilt(
    select(
        col(BrandRow.limits),
        col(BrandRow.duplicates),
        col(BrandRow.approval),
        col(EndpointRow.id),
        col(EndpointRow.types),
        col(EndpointRow.channels),
    )
    .select_from(BrandRow)
    .join(
        EndpointRow,
        gets_events_of(col(BrandRow.ref)),
        isouter=True,
    )
    .where(col(BrandRow.ref) == bindparam("brand_ref"))
)


@dataclass(frozen=True)
class NewPost:
    """A checked post, ready to be stored: its rows, the view that the client gets, and the plan of its workflow."""

    content: Values
    draft: Values
    publications: Sequence[Values]
    view: ContentView
    events: Sequence[Values]
    plan: View

    @classmethod
    def of(cls, post: CheckedPost, now: datetime, *, is_proposed: bool = False) -> NewPost:
        """Build the rows and the view of a checked post. `is_proposed`: it waits until it is approved."""
        content, publications = _content(post, now), []
        if is_proposed:
            content |= _proposal(post, now)
        for place, each in enumerate(post.drafts.publications):
            publications.append(
                {
                    **_PUBLICATION,
                    "id": new_id(Prefix.PUBLICATION),
                    "content_id": content["id"],
                    "account_id": each.account_id,
                    "channel": each.channel,
                    "place": place,
                    "status": PublicationStatus.ACCEPTED.value,
                    "revision": 1,
                    "due_at": post.due,
                    "lead_seconds": each.lead.total_seconds(),
                    "fingerprint": each.fingerprint,
                    "price": each.price,
                    "steps_left": list(each.steps),
                    "renditions": planned_renditions(each),
                    **(_APPROVAL_HOLD | {"hold_since": now} if is_proposed else _account_hold(each.waits_for, now)),
                    "created_at": now,
                    "updated_at": now,
                }
            )
        draft = draft_values(content["id"], 1, [row["id"] for row in publications], post.drafts, now)
        # Made without a session and without checks, which takes a tenth of the time; only read here.
        content_row, draft_row = ContentRow.model_construct(**content), DraftRow.model_construct(**draft)
        rows = [PublicationRow.model_construct(**row) for row in publications]
        view = content_view(content_row, draft_row, rows)
        return cls(content, draft, publications, view, _events(view, now), view_of(content_row, rows, now))

    def insert(self, connection: Connection) -> None:
        """Insert the rows and the entry of the audit log."""
        view = self.view
        audit = audit_values(Action.CONTENT_CREATED, target=view.id, brand_ref=view.brand_ref, now=view.created_at)
        _INSERT_CONTENT.write(connection, self.content)
        _INSERT_DRAFT.write(connection, self.draft)
        _INSERT_PUBLICATIONS.write(connection, self.publications)
        if view.metadata:
            INSERT_METADATA.write(connection, metadata_values(view.id, view.metadata))
        for event in self.events:
            write_event(connection, event)
        _INSERT_AUDIT.write(connection, audit)

    def receivers(self, event: Values, endpoints: Sequence[Subscription]) -> list[str]:
        """The endpoints that get one of the post's first events."""
        channels = {event["sns"]} if event["sns"] else {row["channel"] for row in self.publications}
        return [one.endpoint_id for one in endpoints if one.wants(EventType(event["type"]), channels)]


def brand_and_endpoints(connection: Connection, brand_ref: str) -> tuple[BrandRules, list[Subscription]]:
    """Read a brand's rules and the endpoints that get its events, in this transaction."""
    rows = _BRAND_AND_ENDPOINTS.read(connection, {"brand_ref": brand_ref})
    endpoints = [Subscription(*row[3:]) for row in rows if row[3] is not None]
    return BrandRules.kept(rows[0][:3] if rows else None), endpoints


def planned_renditions(publication: CheckedPublication) -> list[dict[str, Any]] | None:
    """What its row remembers of its renditions, none of which is made yet."""
    planned = publication.draft.renditions
    return [StoredRendition.of(one).model_dump(mode="json") for one in planned] or None


def draft_values(
    content_id: str, draft_version: int, publication_ids: Sequence[str], drafts: CheckedDrafts, now: datetime
) -> dict[str, Any]:
    """The row of a checked draft, with its publications in the order of the request."""
    published = zip(publication_ids, drafts.publications, strict=True)
    values = {
        "content_id": content_id,
        "draft_version": draft_version,
        "source": drafts.source,
        "created_at": now,
    }
    warnings = [warning.stored() for warning in drafts.warnings]
    resolved = {publication_id: each.draft.model_dump(mode="json") for publication_id, each in published}
    return values | {"warnings": warnings, "resolved": resolved}


def _content(post: CheckedPost, now: datetime) -> dict[str, Any]:
    request = post.request
    publications = post.drafts.publications
    # When the workflow must act first: the start of a preparation if that is still ahead, else the due time.
    begins = min(post.due - each.lead if post.due - each.lead > now else post.due for each in publications)
    held = [each for each in publications if each.waits_for is not None]
    # A reconnect may have crossed with this, so what waits for one is read now and then.
    looks = [now + HELD_LOOK] if held else []
    looks += [max(now, begins)] if len(held) < len(publications) else []
    return {
        **_CONTENT,
        "id": new_id(Prefix.CONTENT),
        "brand_ref": request.brand_ref,
        "status": PublicationStatus.ACCEPTED.value,
        "client_ref": request.client_ref,
        "scheduled_at": post.due,
        "timezone": request.timezone or (post.slot.timezone if post.slot else None),
        "slot_id": post.slot.slot_id if post.slot else None,
        "slot_queue": post.slot.queue if post.slot else None,
        **_occurrence(post.request),
        "publish_by": post.publish_by,
        "publish_by_explicit": post.publish_by_explicit,
        "withdraw_at": post.withdraw_at,
        "sequence": 1 + len(held),  # of its last event
        "wake_seq": 1,
        "next_wake_at": now + (WAKE_LATER if begins - now > IMMINENT else WAKE_AFTER),
        "next_look_at": min(post.publish_by, *looks),
        "created_at": now,
        "updated_at": now,
    }


def _occurrence(request: ContentRequest) -> dict[str, Any]:
    if not isinstance(request, OccurrenceRequest):
        return {}
    return {"series_id": request.series_id, "occurrence": request.occurrence}


def _proposal(post: CheckedPost, now: datetime) -> dict[str, Any]:
    """What differs in the row of a post that waits for an approval. Without a time and a publishBy it waits longer."""
    publish_by = post.publish_by
    if post.request.scheduled_at is None and post.slot is None and not post.publish_by_explicit:
        publish_by = min(post.due + PROPOSAL_WINDOW, post.withdraw_at or datetime.max.replace(tzinfo=UTC))
    approval = approvals.asked(1, now)
    return {
        "approval": approval,
        "approved_draft": NO_DRAFT,
        "proposed_as": approval["status"],
        "publish_by": publish_by,
        "sequence": 2 + len(post.drafts.publications),
        "next_look_at": publish_by,
        "next_wake_at": now + WAKE_LATER,
    }


def _account_hold(waits_for: Failure | None, now: datetime) -> dict[str, Any]:
    """The hold of a publication whose account must be connected again first."""
    if waits_for is None:
        return {}
    cause = waits_for.model_dump(mode="json", by_alias=True)
    return {"hold_reason": HoldReason.TOKEN.value, "hold_since": now, "hold_count": 1, "hold_cause": cause}


def _events(view: ContentView, now: datetime) -> list[dict[str, Any]]:
    """The post's first events: it was accepted, waits for an approval, and what of it waits for that or an account."""
    content = view.model_dump(mode="json")

    def event(sequence: int, kind: EventType, held: PublicationView | None = None) -> dict[str, Any]:
        return {
            **_EVENT,
            "id": new_id(Prefix.EVENT),
            "type": kind.value,
            "brand_ref": view.brand_ref,
            "content_id": view.id,
            "publication_id": held.id if held else None,
            "sequence": sequence,
            "sns": held.channel if held else None,
            "status": held.status.value if held else view.status.value,
            "reason": held.hold.reason.value if held and held.hold else None,
            "data": {"content": content, "publication": held.model_dump(mode="json") if held else None},
            "trace": tracing.current(),
            "created_at": now,
        }

    of_post = [EventType.CONTENT_ACCEPTED, *([EventType.APPROVAL_REQUESTED] if view.approval else [])]
    found = [event(place, kind) for place, kind in enumerate(of_post, start=1)]
    held = [each for each in view.publications if each.hold is not None]
    return found + [event(place, EventType.PUBLISH_HELD, each) for place, each in enumerate(held, start=1 + len(found))]
