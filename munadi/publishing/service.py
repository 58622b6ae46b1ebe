"""The service for posts: it accepts, validates, edits and changes them. A route translates HTTP to one call and back.

    request → PostChecker (times, media, accounts, drafts) → rows → one write transaction → answer

A post is stored whole or not at all: its rows, its first event, the wake of its workflow and the answer under its
Idempotency-Key are committed together. The checks may be cancelled, as when a client leaves; what is being stored is
stored to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from munadi.db.answers import Answer, BasedOn
from munadi.db.brands.limits import approval_of, limits_of, lock_rules, require_room, rules_of
from munadi.db.contents import saved_drafts
from munadi.db.events.fan_out import add_deliveries
from munadi.db.idempotency import IdempotencyKey, IdempotencyRecord
from munadi.db.keys.callers import Principal
from munadi.db.session import announce_deliveries
from munadi.db.tables import SavedDraftRow
from munadi.domain.audit import Action
from munadi.domain.brand import Duplicates
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.usage import QuotaExceeded
from munadi.intake.bodies import read_sent
from munadi.intake.check_threads import is_long
from munadi.intake.checks import CheckedDrafts, CheckedPost, PostChecker, PostRefused
from munadi.intake.drafts import media_of
from munadi.intake.duplicates import require_no_duplicates
from munadi.intake.edit import edited
from munadi.intake.requests import ContentEdit, ContentRequest
from munadi.intake.validation import Validation, validation_of
from munadi.media.store import MediaStore
from munadi.process.background import to_the_end
from munadi.publishing import approvals, changes
from munadi.publishing.acceptance import NewPost, brand_and_endpoints
from munadi.publishing.editing import store_edit
from munadi.publishing.ending import EndChange, recheck, set_end
from munadi.publishing.media_use import put_files, recheck_if_media_gone, store_media
from munadi.publishing.post_approvals import ApprovalNeeded, PostApprovals, require_rule
from munadi.publishing.post_changes import require_due, require_proposal
from munadi.publishing.spending import beyond, count_edit, count_new
from munadi.telemetry import metrics

CREATE, SUBMIT = "contents.create", "drafts.submit"


def takes_long(request: ContentRequest) -> bool:
    """Whether checking the request waits for other servers, or takes long by itself: a client may leave meanwhile."""
    return any(media_of(request)) or is_long(request)


def _require_end(request: ContentRequest, caller: Principal) -> None:
    """ScopeMissing where the caller may not set the request's time to end."""
    if request.withdraw_at is not None:
        caller.require(Scope.CONTENTS_WITHDRAW)


class DraftOvertaken(Exception):
    """The saved draft was changed, submitted or deleted while this request checked it."""


@dataclass(frozen=True)
class PostService(PostApprovals):
    """The service. One object per process."""

    checker: PostChecker
    media_store: MediaStore

    async def accept(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        caller: Principal,
        key: IdempotencyKey,
        *,
        operation: str = CREATE,
    ) -> Answer:
        """Store a post, or return the earlier answer to the same request. Raises ProblemsFound, QuotaExceeded,
        KeyCapReached and, when one after the other of its files is being deleted, MediaGone.

        `shape` are the problems of the request's shape; `operation` is the one that the key belongs to. What a key that
        may only propose sends waits for an approval.
        """
        _require_end(request, caller)
        record = key.record(self.keyring, request.brand_ref, operation)
        return await recheck_if_media_gone(partial(self._accept, request, shape, record, caller, None))

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
        return await recheck_if_media_gone(partial(self._accept, request, shape, record, caller, draft))

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

    async def edit(
        self, content_id: str, caller: Principal, based_on: BasedOn, sent: ContentEdit, shape: Sequence[Problem]
    ) -> Answer:
        """Edit a post until any publication was claimed: absent fields stay, None clears one. Its time to end alone can
        be changed until the withdrawal begins. Raises ProblemsFound with pointers into `sent`, ChangeRefused TOO_LATE,
        MediaGone, ScopeMissing."""
        if "withdraw_at" in sent.model_fields_set:
            caller.require(Scope.CONTENTS_WITHDRAW)
            if sent.model_fields_set == {"withdraw_at"} and not shape:
                return await self._change_end(content_id, caller, based_on, sent.withdraw_at)
        return await recheck_if_media_gone(partial(self._edit, content_id, caller, based_on, sent, shape))

    async def _edit(
        self, content_id: str, caller: Principal, based_on: BasedOn, sent: ContentEdit, shape: Sequence[Problem]
    ) -> Answer:
        content, draft = await self._found(content_id, caller)
        based_on.require(content.version)
        whole = edited(content.brand_ref, draft.source, sent)
        try:
            drafts = await self.checker.check_edit(whole.request, shape, content.scheduled_at, content.id)
            end: EndChange = partial(recheck, channels=self.channels)
            if "withdraw_at" in sent.model_fields_set:
                end = partial(set_end, sent=sent.withdraw_at, channels=self.channels)
            return await to_the_end(self._store_edit(content_id, content.brand_ref, caller, based_on, drafts, end))
        except ProblemsFound as error:
            raise ProblemsFound(whole.pointed(error.problems)) from None

    async def _store_edit(
        self,
        content_id: str,
        brand_ref: str,
        caller: Principal,
        based_on: BasedOn,
        drafts: CheckedDrafts,
        end: EndChange,
    ) -> Answer:
        try:
            await put_files(self.database, drafts.media, self.media_store)
            async with self.database.write() as session:
                # Its rules may lock the brand, which comes before the post.
                rules = await rules_of(session, brand_ref)
                post = await self._locked(session, content_id, caller, based_on)
                require_proposal(post, caller)
                require_due(post, caller)
                await count_edit(session, post, drafts, caller)
                await store_edit(post, drafts, rules, end)
                answer = Answer.of(post.view)
        finally:
            drafts.media.discard()
        self._wake(post)
        return answer

    async def _change_end(
        self, content_id: str, caller: Principal, based_on: BasedOn, withdraw_at: str | None
    ) -> Answer:
        async with self.database.write() as session:
            post = await self._locked(session, content_id, caller, based_on)
            require_proposal(post, caller)
            await set_end(post, withdraw_at, self.channels)
            changes.begin(post, Action.CONTENT_UPDATED)
            if post.content.approved_draft is not None:
                await approvals.request(post)
            await post.emit(EventType.CONTENT_UPDATED)
            await changes.changed(post)
            answer = Answer.of(post.view)
        self._wake(post)
        return answer

    async def _accept(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        record: IdempotencyRecord | None,
        caller: Principal,
        draft: SavedDraftRow | None,
    ) -> Answer:
        brand_is_visible = caller.may_see(request.brand_ref)
        repeatable = record if brand_is_visible else None
        # A repeated request must not fetch its media again. Without media, the transaction finds the repetition.
        if repeatable is not None and any(media_of(request)) and (earlier := await self._earlier(repeatable)):
            return earlier
        try:
            post = await self.checker.check_new(request, shape, brand_is_visible=brand_is_visible)
        except ProblemsFound:
            # It may have been accepted before its time passed, or before its account was removed. It stays accepted.
            if repeatable is not None and (earlier := await self._earlier(repeatable)):
                return earlier
            raise
        return await to_the_end(self._store(post, record, caller, draft))

    async def _store(
        self, post: CheckedPost, record: IdempotencyRecord | None, caller: Principal, draft: SavedDraftRow | None
    ) -> Answer:
        media, is_proposed = post.drafts.media, not caller.may(Scope.CONTENTS_WRITE)
        try:
            if media.files:
                await put_files(self.database, media, self.media_store)
            try:
                return await self._insert(post, record, caller, draft, is_proposed=is_proposed)
            except ApprovalNeeded:
                return await self._insert(post, record, caller, draft, is_proposed=True)
        finally:
            media.discard()

    async def _insert(
        self,
        post: CheckedPost,
        record: IdempotencyRecord | None,
        caller: Principal,
        draft: SavedDraftRow | None,
        *,
        is_proposed: bool,
    ) -> Answer:
        """Store the post in one transaction. The key is taken first, so that two requests with one key serialize.

        Raises ApprovalNeeded where the brand wants that of a post that is not `is_proposed`.
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
            await connection.run_sync(new.insert)
            if draft is not None and not await saved_drafts.submit_draft(session, draft, new.view.id, now):
                raise DraftOvertaken
            for event in new.events:
                if receivers := new.receivers(event, endpoints):
                    await add_deliveries(session, event, receivers, now, now)
                    announce_deliveries(session)
        for row in new.publications:
            metrics.ACCEPTED.labels(row["channel"]).inc()
        self.workflows.start(new.plan)
        return answer
