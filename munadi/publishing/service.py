"""Accepts, validates and edits posts. A route translates HTTP to one of these calls and back.

    request → PostChecker (times, media, accounts, drafts) → rows → one write transaction → response

A post is stored whole or not at all: its rows, its first event, the wake of its workflow and the response under its
Idempotency-Key are committed together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.brands.limits import limits_of, lock_rules, require_room
from munadi.db.contents.media_uses import forget_uses
from munadi.db.contents.metadata import replace_metadata
from munadi.db.events.fan_out import add_deliveries
from munadi.db.idempotency import IdempotencyRecord, StoredResponse
from munadi.db.session import Database, announce_deliveries
from munadi.db.tables import DraftRow
from munadi.domain.audit import Action
from munadi.domain.brand import Duplicates
from munadi.domain.content import ContentView
from munadi.domain.event import EventType
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.usage import QuotaExceeded
from munadi.intake.checks import CheckedDrafts, CheckedPost, PostChecker, PostRefused, is_long
from munadi.intake.drafts import media_of
from munadi.intake.duplicates import require_no_duplicates
from munadi.intake.requests import ContentRequest
from munadi.intake.validation import Validation, validation_of
from munadi.media.store import MediaStore
from munadi.ports import Clock
from munadi.publishing.acceptance import NewPost, brand_and_endpoints, draft_values
from munadi.publishing.changes import require_untouched
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import give_up_handle
from munadi.publishing.media_use import put_files, recheck_if_media_gone, store_media
from munadi.publishing.model import View

T = TypeVar("T")


class Waiting(Protocol):
    """Awaits something that is cancelled when the client disconnects."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> Awaitable[T]: ...


class Ending(Protocol):
    """Ends what the post was made from, such as a saved draft. If it raises, the post is not stored."""

    async def __call__(self, session: AsyncSession, view: ContentView, /) -> None: ...


@dataclass(frozen=True)
class Accepted:
    """The response to an accepted post. `plan`: what its workflow starts with, None for a repeated response."""

    response: StoredResponse
    plan: View | None = None


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
        idempotency: IdempotencyRecord | None,
        respond: Callable[[ContentView], StoredResponse],
        waiting: Waiting,
        *,
        brand_is_visible: bool,
        ending: Ending | None = None,
    ) -> Accepted:
        """Store a post, or return the earlier response to the same request. Raises ProblemsFound, QuotaExceeded and,
        when one after the other of its files is being deleted, MediaGone.

        `shape` are the problems of the request's shape. `waiting` surrounds the checks if they may take long: the
        only part that may be cancelled. `ending` runs in the transaction that stores the post.
        """

        async def attempt() -> Accepted:
            return await self._accept(request, shape, idempotency, respond, waiting, brand_is_visible, ending)

        return await recheck_if_media_gone(attempt)

    async def _accept(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        idempotency: IdempotencyRecord | None,
        respond: Callable[[ContentView], StoredResponse],
        waiting: Waiting,
        brand_is_visible: bool,
        ending: Ending | None,
    ) -> Accepted:
        repeatable, has_media = idempotency if brand_is_visible else None, any(media_of(request))
        # A repeated request must not fetch its media again. Without media, the transaction finds the repetition.
        if repeatable is not None and has_media and (earlier := await self._earlier(repeatable)):
            return earlier
        try:
            checking = self.checker.check_new(request, shape, brand_is_visible=brand_is_visible)
            post = await (waiting(checking) if has_media or is_long(request) else checking)
        except ProblemsFound:
            # It may have been accepted before its time passed, or before its account was removed. It stays accepted.
            if repeatable is not None and (earlier := await self._earlier(repeatable)):
                return earlier
            raise
        try:
            await put_files(self.database, post.drafts.media, self.media_store)
            return await self._store(post, idempotency, respond, ending)
        finally:
            post.drafts.media.discard()

    async def validate(
        self, request: ContentRequest, shape: Sequence[Problem], waiting: Waiting, *, brand_is_visible: bool
    ) -> Validation:
        """Run the checks of `accept` without storing anything."""
        brand_ref = request.brand_ref
        checking = self.checker.check_new(request, shape, brand_is_visible=brand_is_visible)
        try:
            post = await waiting(checking)
        except PostRefused as refused:
            answer = partial(validation_of, refused.placed, refused.warnings, refused.problems, refused.more)
            return await self.checker.in_thread_if_long(request, brand_is_visible, answer)
        drafts = post.drafts
        drafts.media.discard()
        try:
            async with self.database.read() as session:
                limits = await limits_of(session, brand_ref)
                adding = len(drafts.publications)
                await require_room(session, brand_ref, limits, post.due, adding, self.clock.now())
        except QuotaExceeded as error:
            return validation_of(drafts.placed, drafts.warnings, [error.problem])
        answer = partial(validation_of, drafts.placed, drafts.warnings)
        return await self.checker.in_thread_if_long(request, brand_is_visible, answer)

    async def _earlier(self, idempotency: IdempotencyRecord) -> Accepted | None:
        async with self.database.read() as session:
            response = await idempotency.find(session)
        return None if response is None else Accepted(response)

    async def _store(
        self,
        post: CheckedPost,
        idempotency: IdempotencyRecord | None,
        respond: Callable[[ContentView], StoredResponse],
        ending: Ending | None,
    ) -> Accepted:
        """Store the post in one transaction. The key is taken first, so that two requests with one key serialize."""
        now, brand_ref = self.clock.now(), post.request.brand_ref
        new = NewPost.of(post, now)
        response = respond(new.view)
        async with self.database.write() as session:
            if idempotency is not None:
                earlier = await idempotency.take(session, now, response)
                if earlier is not None:
                    return Accepted(earlier)
            connection = await session.connection()
            rules, endpoints = await connection.run_sync(brand_and_endpoints, brand_ref)
            if rules.need_a_lock:
                rules = await lock_rules(session, brand_ref)
                if rules.duplicates is Duplicates.REFUSE:
                    await connection.run_sync(require_no_duplicates, post.drafts.placed, post.due)
                await require_room(session, brand_ref, rules.limits, post.due, len(new.publications), now)
            await store_media(session, brand_ref, new.view.id, post.drafts.media)
            await connection.run_sync(new.insert)
            if ending is not None:
                await ending(session, new.view)
            for event in new.events:
                if receivers := new.receivers(event, endpoints):
                    await add_deliveries(session, event, receivers, now, now)
                    announce_deliveries(session)
        return Accepted(response, new.plan)


async def store_edit(locked: LockedContent, drafts: CheckedDrafts, duplicates: Duplicates) -> None:
    """Replace the drafts of a locked post. ChangeRefused TOO_LATE once any publication was claimed, and MediaGone.

    Raises ProblemsFound for a duplicate that the brand refuses; its row is locked then.

    `draft_version` changes, and every handle prepared so far is given up, only when the post would look different.
    """
    require_untouched(locked)
    if duplicates is Duplicates.REFUSE:
        connection = await locked.session.connection()
        due, own_id = locked.content.scheduled_at, locked.content.id
        await connection.run_sync(require_no_duplicates, drafts.placed, due, own_id)
    content = locked.content
    await forget_uses(locked.session, content.id)
    await store_media(locked.session, content.brand_ref, content.id, drafts.media)
    content.version += 1
    publication_ids = [row.id for row in locked.publications]
    metadata = drafts.source.get("metadata") or {}
    if metadata != locked.view.metadata:
        await replace_metadata(locked.session, content.id, metadata)
    fresh = DraftRow(**draft_values(content.id, content.draft_version, publication_ids, drafts, locked.now))
    for row, each in zip(locked.publications, drafts.publications, strict=True):
        row.fingerprint = each.fingerprint
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
