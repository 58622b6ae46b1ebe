"""The service for review links: one person without an account reads a proposed post, and decides about it once.

A link acts for the key that made it: it works while that key may approve posts of the brand. Opening it changes
nothing, since programs that scan mail open links, too. The decision is about the version that the page showed, and
uses the link up in the same transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, BasedOn, Conflict, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.store import brand_view
from munadi.db.contents import queries as contents
from munadi.db.contents.details import PublicationDetail, publication_detail
from munadi.db.contents.views import content_view
from munadi.db.idempotency import IdempotencyKey
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal, find_key
from munadi.db.tables import BrandRow, ContentRow, ReviewLinkRow
from munadi.domain.approval import ApprovalStatus
from munadi.domain.audit import Action, acting, current_actor
from munadi.domain.brand import BrandView
from munadi.domain.content import ContentView
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.publication import WAITING
from munadi.domain.review import MOST_OPEN, ReviewLink, ReviewLinkCreate, ReviewLinkWithUrl
from munadi.domain.usage import Month
from munadi.publishing import approvals
from munadi.publishing.content import LockedContent
from munadi.publishing.service import PostService

SECRET_BYTES = 32


class InvalidReview(Exception):
    """The link is unknown, used or expired, or acts for a key that may not approve any more. The message is for the
    person who has opened it, and the page that shows it looks like the brand's if the link is one of a brand."""

    def __init__(self, message: str, brand_ref: str | None = None) -> None:
        super().__init__(message)
        self.brand_ref = brand_ref


@dataclass(frozen=True)
class Review:
    """What a link shows: the post as it is now, and what each of its networks gets."""

    link: ReviewLinkRow
    brand: BrandView
    content: ContentView
    publications: Sequence[PublicationDetail]

    @property
    def is_open(self) -> bool:
        """Whether there is something left to decide."""
        approval = self.content.approval
        waits = any(each.status in WAITING for each in self.publications)
        return approval is not None and approval.status is not ApprovalStatus.GRANTED and waits


@dataclass(frozen=True)
class ReviewService(Service):
    """Review links. `base_url` is where browsers reach the API."""

    posts: PostService
    base_url: str

    async def create(self, content_id: str, wanted: ReviewLinkCreate, caller: Principal, key: IdempotencyKey) -> Answer:
        """Make a link, which only the answer shows. Raises NotVisible, ChangeRefused where nothing waits for an
        approval, and Conflict beyond `MOST_OPEN`."""
        content = await self._visible(content_id, caller)

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            post = await LockedContent.lock(session, content_id, now)
            if post is None:
                raise NotVisible("content", content_id)
            approvals.require_undecided(post)
            await _require_room(session, content_id, now)
            secret = secrets.token_urlsafe(SECRET_BYTES)
            row = ReviewLinkRow(
                id=new_id(Prefix.REVIEW_LINK),
                content_id=content_id,
                key_id=caller.key_id,
                secret_hash=hash_of(secret),
                expires_at=now + wanted.expires_in,
                created_at=now,
            )
            session.add(row)
            brand_ref = content.brand_ref
            record(session, Action.REVIEW_LINK_CREATED, target=row.id, brand_ref=brand_ref, now=now)
            url = f"{self.base_url}/review/{secret}"
            view = ReviewLinkWithUrl(**_view(row).model_dump(by_alias=False), url=url)
            return Answer.of(view, about=content_id)

        operation = f"contents.review-links.create {content_id}"
        return await self._once(key.record(self.keyring, content.brand_ref, operation, only_for=caller.key_id), work)

    async def list(self, content_id: str, caller: Principal) -> Sequence[ReviewLink]:
        """The links of a post without their secrets, the oldest first. Raises NotVisible."""
        await self._visible(content_id, caller)
        query = select(ReviewLinkRow).where(ReviewLinkRow.content_id == content_id).order_by(col(ReviewLinkRow.id))
        async with self.database.read() as session:
            return [_view(row) for row in (await session.exec(query)).all()]

    async def revoke(self, content_id: str, link_id: str, caller: Principal) -> None:
        """End a link for good; what was decided by it stays. Raises NotVisible."""
        content = await self._visible(content_id, caller)
        async with self.database.write() as session:
            row = await session.get(ReviewLinkRow, link_id)
            if row is None or row.content_id != content_id:
                raise NotVisible("review link", link_id)
            await session.delete(row)
            now, brand_ref = self.clock.now(), content.brand_ref
            record(session, Action.REVIEW_LINK_REVOKED, target=link_id, brand_ref=brand_ref, now=now)

    async def open(self, secret: str) -> Review:
        """What a link shows now. Changes nothing. Raises InvalidReview."""
        return (await self._opened(secret))[0]

    async def decide(self, secret: str, version: int, *, granted: bool, note: str | None) -> None:
        """Approve or decline this version of the post, and use the link up. Raises InvalidReview, and as
        `PostService.approve` and `decline`: then the link may be used again."""
        review, caller = await self._opened(secret)
        link, decision = review.link, ApprovalStatus.GRANTED if granted else ApprovalStatus.DECLINED

        async def take(session: AsyncSession) -> str:
            query = select(ReviewLinkRow).where(ReviewLinkRow.id == link.id).with_for_update()
            found = (await session.exec(query.execution_options(populate_existing=True))).first()
            row = _require_unused(found, self.clock.now())
            row.used_at, row.decision = self.clock.now(), decision.value
            return row.id

        based_on = BasedOn(frozenset({str(version)}))
        # A reviewer has no key: they act for the key that made the link.
        with acting(replace(current_actor(), key_id=link.key_id)):
            await self.posts.review(link.content_id, caller, based_on, take, granted=granted, note=note)

    async def _opened(self, secret: str) -> tuple[Review, Principal]:
        now = self.clock.now()
        async with self.database.read() as session:
            query = select(ReviewLinkRow).where(ReviewLinkRow.secret_hash == hash_of(secret))
            known = (await session.exec(query)).first()
            found = await contents.find(session, known.content_id) if known is not None else None
            row = _require_unused(known, now, found[0].brand_ref if found else None)
            brand = await session.get(BrandRow, found[0].brand_ref) if found else None
        if found is None or brand is None or brand.erasing_at is not None:
            raise InvalidReview("There is no such link. Ask for a new one.")
        content, draft, publications = found
        caller = await find_key(self.database, row.key_id, Month.of(now))
        if caller is None or not _may_approve(caller, content.brand_ref, now):
            message = "This link is no longer valid: who made it may not approve posts any more."
            raise InvalidReview(message, brand.ref)
        channels = self.posts.channels
        details = [publication_detail(content, each, draft, channels[each.channel], ()) for each in publications]
        return Review(row, brand_view(brand), content_view(content, draft, publications), details), caller

    async def _visible(self, content_id: str, caller: Principal) -> ContentRow:
        async with self.database.read() as session:
            row = await session.get(ContentRow, content_id) if is_id(content_id, Prefix.CONTENT) else None
        if row is None or not caller.may_see(row.brand_ref):
            raise NotVisible("content", content_id)
        return row


def hash_of(secret: str) -> str:
    """What is stored of a secret. It has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_unused(row: ReviewLinkRow | None, now: datetime, brand_ref: str | None = None) -> ReviewLinkRow:
    if row is None:
        raise InvalidReview("There is no such link. Ask for a new one.")
    if row.used_at is not None:
        if row.decision == ApprovalStatus.GRANTED:
            raise InvalidReview("This link has been used: the post was approved.", brand_ref)
        raise InvalidReview("This link has been used: the post was declined.", brand_ref)
    if row.expires_at <= now:
        raise InvalidReview("This link has expired. Ask for a new one.", brand_ref)
    return row


def _may_approve(caller: Principal, brand_ref: str, now: datetime) -> bool:
    is_valid = caller.revoked_at is None and (caller.expires_at is None or now < caller.expires_at)
    return is_valid and caller.may(Scope.CONTENTS_APPROVE) and caller.may_see(brand_ref)


async def _require_room(session: AsyncSession, content_id: str, now: datetime) -> None:
    links = select(func.count()).select_from(ReviewLinkRow).where(ReviewLinkRow.content_id == content_id)
    is_open = (col(ReviewLinkRow.used_at).is_(None), col(ReviewLinkRow.expires_at) > now)
    if (await session.exec(links.where(*is_open))).one() >= MOST_OPEN:
        detail = f"the post has {MOST_OPEN} open review links already; revoke one that is not needed"
        raise Conflict("TOO_MANY_REVIEW_LINKS", "Conflict", detail)


def _view(row: ReviewLinkRow) -> ReviewLink:
    return ReviewLink(
        id=row.id,
        content_id=row.content_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        decision=ApprovalStatus(row.decision) if row.decision else None,
    )
