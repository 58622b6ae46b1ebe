"""Accepts, validates and edits posts. A route translates HTTP to one of these calls and back.

    request → PostChecker (times, media, accounts, drafts) → rows → one write transaction → response

A post is stored whole or not at all: its rows, its first event, the wake of its workflow and the response under its
Idempotency-Key are committed together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from munadi.db.audit import record
from munadi.db.brands.limits import limits_of, require_room, take_turns
from munadi.db.contents.views import content_view
from munadi.db.events.fan_out import add_deliveries, subscriptions
from munadi.db.idempotency import IdempotencyRecord, StoredResponse
from munadi.db.ids import new_id
from munadi.db.session import Database, announce_deliveries
from munadi.db.tables import ContentRow, DraftRow, EventRow, PublicationRow
from munadi.domain.audit import Action
from munadi.domain.brand import BrandLimits
from munadi.domain.content import ContentView
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.publication import PublicationStatus
from munadi.domain.usage import QuotaExceeded
from munadi.intake.checks import CheckedDrafts, CheckedPost, PostChecker, PostRefused, in_thread_if_long
from munadi.intake.drafts import media_of
from munadi.intake.requests import ContentRequest
from munadi.intake.validation import Validation, validation_of
from munadi.media.store import MediaStore
from munadi.ports import Clock
from munadi.publishing.changes import require_untouched
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import give_up_handle

T = TypeVar("T")
# The relay wakes the workflow after this time, if the API's own call after the response failed.
WAKE_AFTER = timedelta(seconds=1)


class Caller(Protocol):
    """What the service must know about the API key of a call."""

    def may_see(self, brand_ref: str) -> bool:
        """Whether the key may see this brand."""

    def limits_of(self, brand_ref: str) -> BrandLimits | None:
        """The brand's limits, if they were read together with the key."""


class Waiting(Protocol):
    """Awaits something that may be cancelled because the client has left."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> Awaitable[T]: ...


@dataclass(frozen=True)
class Accepted:
    """The response to an accepted post. `view` is None when an earlier response is repeated."""

    response: StoredResponse
    view: ContentView | None = None


@dataclass(frozen=True)
class PublishingService:
    """The service that accepts and validates posts. One object per process."""

    database: Database
    checker: PostChecker
    media_store: MediaStore
    clock: Clock

    async def accept(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        caller: Caller,
        idempotency: IdempotencyRecord | None,
        respond: Callable[[ContentView], StoredResponse],
        waiting: Waiting,
    ) -> Accepted:
        """Store a post, or return the earlier response to the same request. Raises ProblemsFound and QuotaExceeded.

        `shape` are the problems of the request's shape. `waiting` surrounds the checks, the only part that may be
        cancelled.
        """
        brand_is_visible = caller.may_see(request.brand_ref)
        repeatable = idempotency if brand_is_visible else None
        # A repeated request must not fetch its media again. Without media, the transaction finds the repetition.
        if repeatable is not None and any(media_of(request)) and (earlier := await self._earlier(repeatable)):
            return earlier
        try:
            post = await waiting(self.checker.check_new(request, shape, brand_is_visible=brand_is_visible))
        except ProblemsFound:
            # It may have been accepted before its time passed, or before its account was removed. It stays accepted.
            if repeatable is not None and (earlier := await self._earlier(repeatable)):
                return earlier
            raise
        try:
            await post.drafts.media.keep(self.media_store)
            return await self._store(post, caller.limits_of(request.brand_ref), idempotency, respond)
        finally:
            post.drafts.media.discard()

    async def validate(
        self, request: ContentRequest, shape: Sequence[Problem], caller: Caller, waiting: Waiting
    ) -> Validation:
        """What `accept` would report, with the same checks and without storing anything."""
        brand_ref = request.brand_ref
        checking = self.checker.check_new(request, shape, brand_is_visible=caller.may_see(brand_ref))
        try:
            post = await waiting(checking)
        except PostRefused as refused:
            placed, found = refused.placed, refused
            return await in_thread_if_long(placed, validation_of, placed, found.warnings, found.problems, found.more)
        drafts = post.drafts
        drafts.media.discard()
        try:
            async with self.database.read() as session:
                limits = caller.limits_of(brand_ref) or await limits_of(session, brand_ref)
                adding = len(drafts.publications)
                await require_room(session, brand_ref, limits, post.due, adding, self.clock.now())
        except QuotaExceeded as error:
            return validation_of(drafts.placed, drafts.warnings, [error.problem])
        return await in_thread_if_long(drafts.placed, validation_of, drafts.placed, drafts.warnings)

    async def _earlier(self, idempotency: IdempotencyRecord) -> Accepted | None:
        async with self.database.read() as session:
            response = await idempotency.find(session)
        return None if response is None else Accepted(response)

    async def _store(
        self,
        post: CheckedPost,
        limits: BrandLimits | None,
        idempotency: IdempotencyRecord | None,
        respond: Callable[[ContentView], StoredResponse],
    ) -> Accepted:
        """The acceptance transaction. The key is taken first, so that two requests with one key meet there."""
        now, brand_ref = self.clock.now(), post.request.brand_ref
        content, publications, draft = _rows(post, now)
        view = content_view(content, draft, publications)
        response = respond(view)
        event = EventRow(
            id=new_id(Prefix.EVENT),
            type=EventType.CONTENT_ACCEPTED.value,
            brand_ref=brand_ref,
            content_id=content.id,
            sequence=content.sequence,
            status=content.status,
            data={"content": view.model_dump(mode="json"), "publication": None},
            created_at=now,
        )
        async with self.database.write() as session:
            if idempotency is not None:
                earlier = await idempotency.take(session, now, response)
                if earlier is not None:
                    return Accepted(earlier)
            if limits is None or limits.publications_per_month is not None:
                locked_limits = await take_turns(session, brand_ref)
                await require_room(session, brand_ref, locked_limits, post.due, len(publications), now)
            session.add_all(post.drafts.media.new)
            session.add(content)
            await session.flush()  # the rows that the next ones refer to
            session.add_all([draft, *publications, event])
            record(session, Action.CONTENT_CREATED, target=content.id, brand_ref=brand_ref, now=now)
            channels = {row.channel for row in publications}
            wanted = await subscriptions(session, brand_ref)
            endpoint_ids = [one.endpoint_id for one in wanted if one.wants(EventType.CONTENT_ACCEPTED, channels)]
            if await add_deliveries(session, event, endpoint_ids, now, now):
                announce_deliveries(session)
        return Accepted(response, view)


async def store_edit(locked: LockedContent, drafts: CheckedDrafts) -> None:
    """Replace the drafts of a locked post. ChangeRefused TOO_LATE once any publication was claimed.

    `draft_version` changes, and every handle prepared so far is given up, only when the post would look different.
    """
    require_untouched(locked)
    locked.session.add_all(drafts.media.new)
    content = locked.content
    content.version += 1
    fresh = _draft_row(content, locked.publications, drafts, locked.now)
    if fresh.resolved == locked.draft.resolved:
        locked.draft.source, locked.draft.warnings = fresh.source, fresh.warnings
    else:
        content.draft_version += 1
        fresh.draft_version = content.draft_version
        locked.session.add(fresh)
        locked.draft = fresh
        for row, each in zip(locked.publications, drafts.publications, strict=True):
            row.lead_seconds, row.handle_ready = each.lead.total_seconds(), False
            row.stages = list(each.stages)
            # A running preparation of the old draft must not fail the new one.
            row.epoch += 1
            await give_up_handle(locked.session, row, locked.now)
    record(locked.session, Action.CONTENT_UPDATED, target=content.id, brand_ref=content.brand_ref, now=locked.now)
    locked.wake()
    await locked.emit(EventType.CONTENT_UPDATED)
    await locked.close()


def _rows(post: CheckedPost, now: datetime) -> tuple[ContentRow, list[PublicationRow], DraftRow]:
    request, planned = post.request, post.drafts.publications
    content = ContentRow(
        id=new_id(Prefix.CONTENT),
        brand_ref=request.brand_ref,
        status=PublicationStatus.ACCEPTED.value,
        client_ref=request.client_ref,
        scheduled_at=post.due,
        timezone=request.timezone,
        publish_by=post.publish_by,
        publish_by_explicit=post.publish_by_explicit,
        sequence=1,  # of its first event
        wake_seq=1,
        next_wake_at=now + WAKE_AFTER,
        next_look_at=min(post.publish_by, max(now, min(_begins(post.due, each.lead, now) for each in planned))),
        created_at=now,
        updated_at=now,
    )
    publications = [
        PublicationRow(
            id=new_id(Prefix.PUBLICATION),
            content_id=content.id,
            account_id=each.account_id,
            channel=each.channel,
            place=place,
            status=PublicationStatus.ACCEPTED.value,
            revision=1,
            due_at=post.due,
            lead_seconds=each.lead.total_seconds(),
            stages=list(each.stages),
            created_at=now,
            updated_at=now,
        )
        for place, each in enumerate(planned)
    ]
    return content, publications, _draft_row(content, publications, post.drafts, now)


def _begins(due: datetime, lead: timedelta, now: datetime) -> datetime:
    """When the workflow must act first: when the preparation begins, if that is still ahead, else at the due time."""
    return due - lead if lead and due - lead > now else due


def _draft_row(
    content: ContentRow, publications: Sequence[PublicationRow], drafts: CheckedDrafts, now: datetime
) -> DraftRow:
    resolved = zip(publications, drafts.publications, strict=True)
    return DraftRow(
        content_id=content.id,
        draft_version=content.draft_version,
        source=drafts.source,
        resolved={row.id: each.draft.model_dump(mode="json") for row, each in resolved},
        warnings=[warning.model_dump(mode="json") for warning in drafts.warnings],
        created_at=now,
    )
