"""Edits of posts that are not published yet: checked as a new post is, stored in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from munadi.db.answers import Answer, BasedOn
from munadi.db.brands.limits import rules_of
from munadi.db.keys.callers import Principal
from munadi.domain.audit import Action
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.intake.checked import CheckedDrafts
from munadi.intake.checks import PostChecker
from munadi.intake.edit import edited
from munadi.intake.requests import ContentEdit
from munadi.media.store import MediaStore
from munadi.process.background import to_the_end
from munadi.publishing import approvals, changes
from munadi.publishing.editing import store_edit
from munadi.publishing.ending import EndChange, recheck, set_end
from munadi.publishing.media_use import put_files, recheck_if_media_gone
from munadi.publishing.post_approvals import PostApprovals
from munadi.publishing.post_changes import require_due, require_proposal
from munadi.publishing.spending import count_edit


@dataclass(frozen=True)
class PostEditing(PostApprovals):
    """What needs the checks of a new post, and changes one that is stored."""

    checker: PostChecker
    media_store: MediaStore

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
