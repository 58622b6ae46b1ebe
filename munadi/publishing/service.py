"""The service for posts: it accepts, validates, edits and changes them. A route translates HTTP to one call and back.

    request → PostChecker (times, media, accounts, drafts) → rows → one write transaction → answer

A post is stored whole or not at all: its rows, its first event, the wake of its workflow and the answer under its
Idempotency-Key are committed together. The checks may be cancelled, as when a client leaves; what is being stored is
stored to its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer
from munadi.db.brands.limits import approval_of, limits_of, lock_rules, require_room
from munadi.db.contents import saved_drafts
from munadi.db.events.fan_out import add_deliveries
from munadi.db.idempotency import IdempotencyKey, IdempotencyRecord
from munadi.db.keys.callers import Principal
from munadi.db.session import announce_deliveries
from munadi.db.tables import SavedDraftRow
from munadi.domain.brand import Duplicates
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.usage import QuotaExceeded
from munadi.intake.bodies import read_sent
from munadi.intake.check_threads import is_long
from munadi.intake.checked import CheckedPost, PostRefused
from munadi.intake.drafts import media_of
from munadi.intake.duplicates import require_no_duplicates
from munadi.intake.requests import ContentRequest
from munadi.intake.validation import Validation, validation_of
from munadi.process.background import to_the_end
from munadi.publishing.acceptance import NewPost, brand_and_endpoints
from munadi.publishing.media_use import put_files, recheck_if_media_gone, store_media
from munadi.publishing.post_approvals import ApprovalNeeded, require_rule
from munadi.publishing.post_editing import PostEditing
from munadi.publishing.slot_turns import SlotTaken, SlotTurns, refused_as_taken
from munadi.publishing.spending import beyond, count_new
from munadi.telemetry import metrics

CREATE, SUBMIT = "contents.create", "drafts.submit"


def takes_long(request: ContentRequest) -> bool:
    """Whether checking the request waits for other servers, or takes long by itself: a client may leave meanwhile."""
    return any(media_of(request)) or is_long(request)


def _require_end(request: ContentRequest, caller: Principal) -> None:
    """ScopeMissing where the caller may not set the request's time to end."""
    if request.withdraw_at is not None:
        caller.require(Scope.CONTENTS_WITHDRAW)


# What is written in the transaction of a post, which is given with its id. If it raises, nothing is stored.
Beside = Callable[[AsyncSession, str], Awaitable[None]]


class DraftOvertaken(Exception):
    """The saved draft was changed, submitted or deleted while this request checked it."""


@dataclass(frozen=True)
class PostService(PostEditing):
    """The service. One object per process."""

    turns: SlotTurns = field(default_factory=SlotTurns)

    async def accept(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        caller: Principal,
        key: IdempotencyKey,
        *,
        operation: str = CREATE,
        beside: Beside | None = None,
    ) -> Answer:
        """Store a post, or return the earlier answer to the same request. Raises ProblemsFound, QuotaExceeded,
        KeyCapReached and, when one after the other of its files is being deleted, MediaGone.

        `shape` are the problems of the request's shape; `operation` is the one that the key belongs to; `beside` writes
        something in the same transaction. What a key that may only propose sends waits for an approval.
        """
        _require_end(request, caller)
        record = key.record(self.keyring, request.brand_ref, operation)
        return await recheck_if_media_gone(partial(self._accept, request, shape, record, caller, beside))

    async def submit(
        self,
        draft: SavedDraftRow,
        request: ContentRequest,
        shape: Sequence[Problem],
        caller: Principal,
        key: IdempotencyKey,
    ) -> Answer:
        """Store a saved draft as a post, and end the draft with it. Raises as `accept`, and DraftOvertaken.

        `request` and `shape` are what the draft's content reads as.
        """
        _require_end(request, caller)
        record = key.record(self.keyring, draft.brand_ref, SUBMIT)

        async def ended(session: AsyncSession, content_id: str) -> None:
            if not await saved_drafts.submit_draft(session, draft, content_id, self.clock.now()):
                raise DraftOvertaken

        return await recheck_if_media_gone(partial(self._accept, request, shape, record, caller, ended))

    async def submitted(self, draft: SavedDraftRow, key: IdempotencyKey) -> Answer | None:
        """The earlier answer to a request that submitted this draft."""
        record = key.record(self.keyring, draft.brand_ref, SUBMIT)
        return await self._earlier(record)

    async def validate_body(self, sent: Any, caller: Principal) -> Validation:
        """As `validate`, for a body that may be malformed."""
        try:
            request, shape = read_sent(sent, ContentRequest)
        except ProblemsFound as error:
            return validation_of((), error.warnings, error.problems, error.more)
        return await self.validate(request, shape, caller)

    async def validate(self, request: ContentRequest, shape: Sequence[Problem], caller: Principal) -> Validation:
        """Run the checks of `accept` without storing anything."""
        brand_ref, is_visible = request.brand_ref, caller.may_see(request.brand_ref)
        if request.withdraw_at is not None and not caller.may(Scope.CONTENTS_WITHDRAW):
            message = f"the key lacks the scope {Scope.CONTENTS_WITHDRAW}, which a time to end needs"
            lacking = Problem(pointer="/withdrawAt", code="SCOPE_MISSING", message=message, rule="scope_missing")
            shape = [*shape, lacking]
        try:
            post = await self.checker.check_new(request, shape, brand_is_visible=is_visible)
        except PostRefused as refused:
            answer = partial(validation_of, refused.placed, refused.warnings, refused.problems, refused.more)
            return await self.checker.in_thread_if_long(request, is_visible, answer)
        drafts = post.drafts
        drafts.media.discard()
        try:
            async with self.database.read() as session:
                limits = await limits_of(session, brand_ref)
                adding = len(drafts.publications)
                await require_room(session, brand_ref, limits, post.due, adding, self.clock.now())
                if caller.may(Scope.CONTENTS_PROPOSE) and not caller.may(Scope.CONTENTS_WRITE):
                    require_rule(await approval_of(session, brand_ref), is_proposed=True)
                if too_much := await beyond(session, post, caller, self.clock.now()):
                    return validation_of(drafts.placed, drafts.warnings, too_much)
        except QuotaExceeded as error:
            return validation_of(drafts.placed, drafts.warnings, [error.problem])
        except ProblemsFound as error:
            return validation_of(drafts.placed, drafts.warnings, error.problems)
        answer = partial(validation_of, drafts.placed, drafts.warnings)
        return await self.checker.in_thread_if_long(request, is_visible, answer)

    async def _accept(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        record: IdempotencyRecord | None,
        caller: Principal,
        beside: Beside | None,
    ) -> Answer:
        brand_is_visible = caller.may_see(request.brand_ref)
        repeatable = record if brand_is_visible else None
        # A repeated request must not fetch its media again. Without media, the transaction finds the repetition.
        if repeatable is not None and any(media_of(request)) and (earlier := await self._earlier(repeatable)):
            return earlier
        try:
            post = await self.checker.check_new(request, shape, brand_is_visible=brand_is_visible)
            return await to_the_end(self._store(post, record, caller, beside))
        except ProblemsFound:
            # It may have been accepted before its time passed, its account was removed, or every slot was taken. It
            # stays accepted.
            if repeatable is not None and (earlier := await self._earlier(repeatable)):
                return earlier
            raise

    async def _store(
        self, post: CheckedPost, record: IdempotencyRecord | None, caller: Principal, beside: Beside | None
    ) -> Answer:
        media, is_proposed = post.drafts.media, not caller.may(Scope.CONTENTS_WRITE)
        try:
            if media.files:
                await put_files(self.database, media, self.media_store)
            if post.slot is None:
                return await self._insert_as_ruled(post, record, caller, beside, is_proposed=is_proposed)
            async with self.turns.of(post.request.brand_ref):
                while True:  # another process that was faster has taken one of a limited number of slots
                    post = await self.checker.check_again(post)
                    with suppress(SlotTaken):
                        return await self._insert_as_ruled(post, record, caller, beside, is_proposed=is_proposed)
        finally:
            media.discard()

    async def _insert_as_ruled(
        self,
        post: CheckedPost,
        record: IdempotencyRecord | None,
        caller: Principal,
        beside: Beside | None,
        *,
        is_proposed: bool,
    ) -> Answer:
        """As `_insert`, as a proposal where the brand wants that."""
        try:
            return await self._insert(post, record, caller, beside, is_proposed=is_proposed)
        except ApprovalNeeded:
            return await self._insert(post, record, caller, beside, is_proposed=True)

    async def _insert(
        self,
        post: CheckedPost,
        record: IdempotencyRecord | None,
        caller: Principal,
        beside: Beside | None,
        *,
        is_proposed: bool,
    ) -> Answer:
        """Store the post in one transaction. The key is taken first, so that two requests with one key serialize.

        Raises ApprovalNeeded where the brand wants that of a post that is not `is_proposed`, and SlotTaken.
        """
        now, brand_ref, media = self.clock.now(), post.request.brand_ref, post.drafts.media
        new = NewPost.of(post, now, is_proposed=is_proposed)
        answer = Answer.of(new.view)
        async with self.database.write() as session:
            if record is not None and (earlier := await record.take(session, now, answer.recorded)) is not None:
                return Answer.repeated(earlier)
            connection = await session.connection()
            rules, endpoints = await connection.run_sync(brand_and_endpoints, brand_ref)
            require_rule(rules.approval, is_proposed=is_proposed)
            if rules.need_a_lock:
                rules = await lock_rules(session, brand_ref)
                if rules.duplicates is Duplicates.REFUSE:
                    await connection.run_sync(require_no_duplicates, post.drafts.placed, post.due)
                await require_room(session, brand_ref, rules.limits, post.due, len(new.publications), now)
            await count_new(session, post, caller, now)  # as an edit does, which locks the brand first
            if media.rows:
                await store_media(session, brand_ref, new.view.id, media)
            with refused_as_taken():
                await connection.run_sync(new.insert)
            if beside is not None:
                await beside(session, new.view.id)
            for event in new.events:
                if receivers := new.receivers(event, endpoints):
                    await add_deliveries(session, event, receivers, now, now)
                    announce_deliveries(session)
        for row in new.publications:
            metrics.ACCEPTED.labels(row["channel"]).inc()
        self.workflows.start(new.plan)
        return answer
