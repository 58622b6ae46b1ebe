"""Approves and declines proposed posts: the calls of the service, and which new posts wait for an approval."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, BasedOn
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.brand import ApprovalRule
from munadi.domain.problem import Problem, ProblemsFound
from munadi.publishing import approvals
from munadi.publishing.content import LockedContent
from munadi.publishing.post_edits import PostEdits


class ApprovalNeeded(Exception):
    """The brand wants an approval of each post."""


def require_rule(rule: ApprovalRule, *, is_proposed: bool) -> None:
    """Raise what the rule of a brand has against a new post: ApprovalNeeded, or ProblemsFound for a proposal."""
    if rule is ApprovalRule.ALWAYS and not is_proposed:
        raise ApprovalNeeded
    if rule is ApprovalRule.NEVER and is_proposed:
        message = "the brand takes no proposals, and the key may only propose; use a key with contents:write"
        raise ProblemsFound([Problem(pointer="/brandRef", code="NO_PROPOSALS", message=message, rule="no_proposals")])


# A page's form has no Idempotency-Key: what it decides by serves once.
NO_KEY = IdempotencyKey(None, ())
# Uses up what a decision is made by, and returns its id.
Take = Callable[[AsyncSession], Awaitable[str]]


@dataclass(frozen=True)
class PostApprovals(PostEdits):
    """Approvals. They are about one version: StaleVersion where the post is at another one."""

    async def approve(
        self, content_id: str, caller: Principal, key: IdempotencyKey, based_on: BasedOn, note: str | None
    ) -> Answer:
        """Let a version of a post be published. Raises ChangeRefused, QuotaExceeded."""

        async def change(post: LockedContent) -> None:
            await approvals.approve(post, note)

        return await self._change(content_id, caller, key, "contents.approve", change, based_on, counts=True)

    async def review(
        self, content_id: str, caller: Principal, based_on: BasedOn, take: Take, *, granted: bool, note: str | None
    ) -> Answer:
        """Approve or decline a version by a link that serves once: `take` uses it up in the same transaction, and
        returns who decides. Raises ChangeRefused, QuotaExceeded, StaleVersion, and what `take` raises."""

        async def change(post: LockedContent) -> None:
            by = await take(post.session)
            if granted:
                await approvals.approve(post, note, by)
            else:
                await approvals.decline(post, note or "", by)

        return await self._change(content_id, caller, NO_KEY, "contents.review", change, based_on, counts=True)

    async def decline(
        self, content_id: str, caller: Principal, key: IdempotencyKey, based_on: BasedOn | None, note: str
    ) -> Answer:
        """Keep a post back, and say why. Raises ChangeRefused."""

        async def change(post: LockedContent) -> None:
            await approvals.decline(post, note)

        return await self._change(content_id, caller, key, "contents.decline", change, based_on)
