"""Changes to posts and publications that people make: each call is one transaction, with its record and its wake.

A change is possible until a publication is claimed; afterwards it is ChangeRefused. What is checked under the lock is
checked after the idempotency key: a repetition gets its first answer, though its time may have passed meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, BasedOn, NotVisible, Service
from munadi.db.brands.limits import BrandRules, rules_of
from munadi.db.contents import queries as contents
from munadi.db.contents.details import PublicationDetail, publication_detail
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.keys.caps import require_caps
from munadi.db.tables import ContentRow, DraftRow, PublicationRow
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import WAITING, DismissedAs
from munadi.domain.publishing import View
from munadi.intake.requests import RescheduleRequest, ResolveRequest
from munadi.ports import Channels
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.ending import recheck
from munadi.publishing.limits import Counted, require_moved
from munadi.publishing.rescheduling import recheck_duplicates, reschedule
from munadi.publishing.states import ChangeRefused

Change = Callable[[LockedContent], Awaitable[object]]
PublicationChange = Callable[[LockedContent, PublicationRow], Awaitable[object]]


class Workflows(Protocol):
    """Starts and wakes the workflows of posts, soon and without being waited for. What is lost, the relay does."""

    def start(self, post: View) -> None:
        """A post was accepted."""

    def wake(self, content_id: str, brand_ref: str, channels: Sequence[str]) -> None:
        """A post was changed."""


@dataclass(frozen=True)
class PostChanges(Service):
    """Changes of posts answer with the post, those of publications with the publication.

    Every call raises NotVisible for what the caller may not see, KeyCapReached for what its key does not allow, and
    StaleVersion by `based_on`.
    """

    channels: Channels
    workflows: Workflows

    async def reschedule(
        self, content_id: str, caller: Principal, key: IdempotencyKey, based_on: BasedOn | None, sent: RescheduleRequest
    ) -> Answer:
        """Move everything that is not published yet. Raises ProblemsFound, ChangeRefused, QuotaExceeded."""

        async def change(post: LockedContent) -> None:
            require_proposal(post, caller)
            by_approver = caller.may(Scope.CONTENTS_APPROVE)
            await reschedule(post, sent, self.channels, self.keyring, by_approver=by_approver)

        return await self._change(content_id, caller, key, "contents.reschedule", change, based_on, counts=True)

    async def cancel(self, content_id: str, caller: Principal, key: IdempotencyKey, based_on: BasedOn | None) -> Answer:
        """Cancel everything that was not claimed yet. Raises ChangeRefused."""

        async def change(post: LockedContent) -> None:
            require_proposal(post, caller)
            await changes.cancel(post)

        return await self._change(content_id, caller, key, "contents.cancel", change, based_on)

    async def publish_now(
        self, content_id: str, caller: Principal, key: IdempotencyKey, based_on: BasedOn | None
    ) -> Answer:
        """Publish everything that still waits, right now. Raises ChangeRefused, QuotaExceeded, ProblemsFound."""

        async def change(post: LockedContent) -> None:
            waiting = [row for row in post.publications if row.status in WAITING]
            await recheck_duplicates(post, waiting, post.now, "", self.channels)
            await recheck(post, self.channels, post.now)
            await changes.publish_now(post, by_approver=caller.may(Scope.CONTENTS_APPROVE))

        return await self._change(content_id, caller, key, "contents.publish-now", change, based_on, counts=True)

    async def retry(
        self, content_id: str, caller: Principal, key: IdempotencyKey, wanted: Sequence[str] | None
    ) -> Answer:
        """Retry failed publications, all or the `wanted` ones. Raises ChangeRefused, QuotaExceeded, ProblemsFound."""

        async def change(post: LockedContent) -> None:
            _require_named(post, wanted or ())
            by_due: dict[datetime, list[PublicationRow]] = {}
            for row in await changes.retried_ones(post, wanted):
                by_due.setdefault(changes.retried_at(post, row), []).append(row)
            for due, rows in by_due.items():
                await recheck_duplicates(post, rows, due, "", self.channels)
            await changes.retry(post, wanted)

        return await self._change(content_id, caller, key, "contents.retry", change, counts=True)

    async def resolve(
        self, publication_id: str, caller: Principal, key: IdempotencyKey, sent: ResolveRequest
    ) -> Answer:
        """Resolve an unconfirmed publication by a person's answer. Raises ProblemsFound, ChangeRefused."""
        _require_fitting(sent)

        async def change(post: LockedContent, row: PublicationRow) -> None:
            published = sent.outcome == "published"
            await changes.resolve(post, row, published=published, post_id=sent.provider_post_id, url=sent.provider_url)

        try:
            return await self._change_publication(publication_id, caller, key, "publications.resolve", change)
        except IntegrityError:
            text = f"another publication of this account has the post {sent.provider_post_id!r} already"
            raise ChangeRefused("POST_ID_TAKEN", text) from None

    async def dismiss(
        self, publication_id: str, caller: Principal, key: IdempotencyKey, because: DismissedAs
    ) -> Answer:
        """Note that a failure, or what a live post lacks, needs no attention any more. Raises ChangeRefused."""

        async def change(post: LockedContent, row: PublicationRow) -> None:
            changes.dismiss(post, row, because)

        return await self._change_publication(publication_id, caller, key, "publications.dismiss", change)

    async def undismiss(self, publication_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Undo a dismissal. Without one nothing changes."""

        async def change(post: LockedContent, row: PublicationRow) -> None:
            changes.undo_dismissal(post, row)

        return await self._change_publication(publication_id, caller, key, "publications.undismiss", change)

    async def publication(self, publication_id: str, caller: Principal) -> PublicationDetail:
        """A publication with its draft and its attempts."""
        async with self.database.read() as session:
            content, row = await visible_publication(session, publication_id, caller)
            draft = await contents.current_draft(session, content)
            attempts = await contents.attempts_of(session, row.id)
        return publication_detail(content, row, draft, self.channels[row.channel], attempts)

    async def _change(
        self,
        content_id: str,
        caller: Principal,
        key: IdempotencyKey,
        operation: str,
        change: Change,
        based_on: BasedOn | None = None,
        *,
        counts: bool = False,
    ) -> Answer:
        """Change a post under its lock. `counts`: it can move publications into another month or nearer to another
        post, so the brand's rules hold."""
        content, _ = await self._found(content_id, caller)

        changed: LockedContent | None = None

        async def work(session: AsyncSession) -> Answer:
            nonlocal changed
            # Its rules may lock the brand, which comes before the post.
            rules = await rules_of(session, content.brand_ref) if counts else BrandRules()
            post = await self._locked(session, content_id, caller, based_on)
            known, counted = post.content.wake_seq, Counted.of(post)
            await change(post)
            if counts:
                require_due(post, caller)
            await require_moved(post, rules.limits, counted)
            changed = post if post.content.wake_seq != known else None
            return Answer.of(post.view)

        answer = await self._once(key.record(self.keyring, content.brand_ref, operation), work)
        self._wake(changed)
        return answer

    async def _change_publication(
        self, publication_id: str, caller: Principal, key: IdempotencyKey, operation: str, change: PublicationChange
    ) -> Answer:
        """Change a publication under the lock of its post."""
        async with self.database.read() as session:
            content, _ = await visible_publication(session, publication_id, caller)

        changed: LockedContent | None = None

        async def work(session: AsyncSession) -> Answer:
            nonlocal changed
            post = await self._locked(session, content.id, caller)
            row, known = post.publication(publication_id), post.content.wake_seq
            await change(post, row)
            await session.flush()
            attempts = await contents.attempts_of(session, row.id)
            view = publication_detail(post.content, row, post.draft, self.channels[row.channel], attempts)
            changed = post if post.content.wake_seq != known else None
            return Answer.of(view)

        answer = await self._once(key.record(self.keyring, content.brand_ref, operation), work)
        self._wake(changed)
        return answer

    def _wake(self, changed: LockedContent | None) -> None:
        if changed is not None:
            channels = tuple(row.channel for row in changed.publications)
            self.workflows.wake(changed.content.id, changed.content.brand_ref, channels)

    async def _found(self, content_id: str, caller: Principal) -> tuple[ContentRow, DraftRow]:
        """A post and its draft."""
        async with self.database.read() as session:
            found = await contents.find(session, content_id)
        if found is None or not caller.may_see(found[0].brand_ref):
            raise NotVisible("content", content_id)
        return found[0], found[1]

    async def _locked(
        self, session: AsyncSession, content_id: str, caller: Principal, based_on: BasedOn | None = None
    ) -> LockedContent:
        post = None
        if is_id(content_id, Prefix.CONTENT):
            post = await LockedContent.lock(session, content_id, self.clock.now())
        if post is None or not caller.may_see(post.content.brand_ref):
            raise NotVisible("content", content_id)
        if based_on is not None:
            based_on.require(post.content.version)
        require_caps(caller, [row.channel for row in post.publications])
        return post


def require_proposal(post: LockedContent, caller: Principal) -> None:
    """ScopeMissing where a key that may only propose changes a post that needs no approval."""
    if post.content.approved_draft is None:
        caller.require(Scope.CONTENTS_WRITE)


def require_due(post: LockedContent, caller: Principal) -> None:
    """KeyCapReached where something of a post is now due at a time that the caller's key does not allow."""
    require_caps(caller, (), [row.due_at for row in post.publications if row.status in WAITING])


async def visible_publication(
    session: AsyncSession, publication_id: str, caller: Principal
) -> tuple[ContentRow, PublicationRow]:
    """A publication and its post. Raises NotVisible."""
    found = await contents.find_publication(session, publication_id)
    if found is None or not caller.may_see(found[0].brand_ref):
        raise NotVisible("publication", publication_id)
    return found


def _require_named(post: LockedContent, publication_ids: Sequence[str]) -> None:
    """ProblemsFound for named publications that do not belong to the post."""
    known = {row.id for row in post.publications}
    problems = ProblemCollector()
    for index, each in enumerate(publication_ids):
        if each not in known:
            message = f"the post has no publication {each[:64]!r}"
            problems.add(f"/publicationIds/{index}", "PUBLICATION_UNKNOWN", message)
    problems.raise_if_any()


def _require_fitting(sent: ResolveRequest) -> None:
    """ProblemsFound where a post that was not published is given an id."""
    problems = ProblemCollector()
    if sent.outcome == "not_published":
        for name, value in (("providerPostId", sent.provider_post_id), ("providerUrl", sent.provider_url)):
            if value is not None:
                problems.add(f"/{name}", "FIELD_NOT_ALLOWED", "a publication that was not published has none")
    problems.raise_if_any()
