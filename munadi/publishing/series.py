"""The service for series: posts that come again by a rule.

A series has no posts of its own kind: the worker makes each occurrence as an ordinary post, ahead of its time
(`occurrences.py`). A change of a series locks its row, then its posts. What is made in a transaction that has the row
locked is made for the series as it is, so nothing is made after its end or for a rule that has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotVisible
from munadi.db.audit import record
from munadi.db.contents.media_uses import forget_uses, named_media, use_media
from munadi.db.idempotency import IdempotencyKey
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal
from munadi.db.keys.caps import KeyCapReached
from munadi.db.tables import ContentRow, SeriesRow
from munadi.domain.audit import Action
from munadi.domain.content import ContentStatus
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.series import SeriesEnd, SeriesView
from munadi.domain.time import HORIZON
from munadi.intake.recurrence import settled_through
from munadi.intake.series import SeriesContent, SeriesEdit, SeriesRequest, by_id_only, read_rule
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.post_changes import PostChanges
from munadi.publishing.series_rows import AHEAD, end_series, placed, plan_of, series_view
from munadi.publishing.service import PostService
from munadi.publishing.states import ChangeRefused

MOST = 100
_TO_COME = (ContentStatus.ACCEPTED.value, ContentStatus.QUEUED.value)


@dataclass(frozen=True)
class SeriesService(PostChanges):
    """Series. `posts` checks what an occurrence will send."""

    posts: PostService

    async def create(
        self, sent: SeriesRequest, shape: Sequence[Problem], caller: Principal, key: IdempotencyKey
    ) -> Answer:
        """Store a series; its posts follow. Raises ProblemsFound, KeyCapReached, and Conflict beyond `MOST`."""
        _require_uncapped(caller)
        keyed = key.record(self.keyring, sent.brand_ref, "series.create")
        if caller.may_see(sent.brand_ref) and (earlier := await self._earlier(keyed)):
            return earlier
        series_id, now = new_id(Prefix.SERIES), self.clock.now()
        row = SeriesRow(
            id=series_id,
            brand_ref=sent.brand_ref,
            rrule=sent.rrule,
            start="",
            timezone=sent.timezone,
            content=_stored(sent.content),
            variants=list(sent.variants or ()),
            made_through=now.date(),
            created_by_key=caller.key_id,
            created_at=now,
            updated_at=now,
        )
        await self._check(row, sent.start, sent.content, shape, caller)

        async def work(session: AsyncSession) -> Answer:
            await _require_room(session, sent.brand_ref)
            session.add(row)
            await session.flush()
            await _use_files(session, row)
            record(session, Action.SERIES_CREATED, target=row.id, brand_ref=row.brand_ref, now=now)
            return Answer.of(await series_view(session, row, now))

        return await self._once(keyed, work)

    async def get(self, series_id: str, caller: Principal) -> SeriesView:
        """A series. Raises NotVisible."""
        async with self.database.read() as session:
            return await series_view(session, await _visible(session, series_id, caller), self.clock.now())

    async def change(self, series_id: str, sent: SeriesEdit, shape: Sequence[Problem], caller: Principal) -> SeriesView:
        """Change a series. Its posts that wait are made again, but for those that were changed by themselves.

        Raises NotVisible, ProblemsFound, and Conflict where it has ended, or was changed meanwhile.
        """
        _require_uncapped(caller)
        async with self.database.read() as session:
            row = await _visible(session, series_id, caller)
        _require_active(row)
        session_version, fields = row.version, sent.model_fields_set
        start = sent.start if sent.start is not None else row.start
        row.rrule, row.timezone = sent.rrule or row.rrule, sent.timezone or row.timezone
        if "variants" in fields:
            row.variants = list(sent.variants or ())
        if sent.content is not None:
            row.content = _stored(sent.content)
        content = sent.content or SeriesContent.model_validate(row.content)
        await self._check(row, start, content, shape, caller)
        made: list[LockedContent] = []
        async with self.database.write() as session:
            stored = await _locked(session, series_id, caller)
            _require_active(stored)
            if stored.version != session_version:
                raise Conflict("SERIES_CHANGED", "Changed meanwhile", "the series was changed meanwhile; try again")
            now = self.clock.now()
            for name in ("rrule", "start", "timezone", "content", "variants", "made_through", "next_at"):
                setattr(stored, name, getattr(row, name))
            stored.version, stored.updated_at, stored.problems = stored.version + 1, now, []
            await forget_uses(session, series_id)
            await _use_files(session, stored)
            made = await self._cancel(session, stored, now, to_be_made_again=True)
            record(session, Action.SERIES_UPDATED, target=series_id, brand_ref=stored.brand_ref, now=now)
            await session.flush()
            view = await series_view(session, stored, now)
        for post in made:
            self._wake(post)
        return view

    async def stop(self, series_id: str, caller: Principal, *, cancel: bool) -> None:
        """End a series: nothing more is made. `cancel`: its posts that wait are canceled, too. A repeat without a need
        changes nothing. Raises NotVisible."""
        canceled: list[LockedContent] = []
        async with self.database.write() as session:
            row, now = await _locked(session, series_id, caller), self.clock.now()
            if row.ended_at is None:
                await end_series(session, row, SeriesEnd.STOPPED, now)
                record(session, Action.SERIES_STOPPED, target=row.id, brand_ref=row.brand_ref, now=now)
            if cancel:
                canceled = await self._cancel(session, row, now, to_be_made_again=False)
        for post in canceled:
            self._wake(post)

    async def _cancel(
        self, session: AsyncSession, row: SeriesRow, now: datetime, *, to_be_made_again: bool
    ) -> list[LockedContent]:
        """Cancel the posts of a locked series that wait. Those that are to be made again leave their date, unless
        somebody changed them: then they stay."""
        query = select(ContentRow.id).where(
            ContentRow.series_id == row.id, col(ContentRow.status).in_(_TO_COME), ContentRow.scheduled_at > now
        )
        canceled = []
        for post in await LockedContent.lock_all(session, (await session.exec(query)).all(), now):
            was_changed = post.content.version > 1
            if post.content.status not in _TO_COME or (to_be_made_again and was_changed):
                continue
            with suppress(ChangeRefused):  # its publishing began: it is published, and keeps its date
                await changes.cancel(post)
                canceled.append(post)
                if to_be_made_again:
                    post.content.occurrence = None
        return canceled

    async def _check(
        self, row: SeriesRow, start: str, content: SeriesContent, shape: Sequence[Problem], caller: Principal
    ) -> None:
        """Check a series as it would be stored, and plan its first date. Raises ProblemsFound with every problem."""
        now, problems = self.clock.now(), ProblemCollector(shape)
        read = read_rule(row.rrule, start, row.timezone, problems)
        problems.extend(by_id_only(content))
        if read is not None and abs(read[1] - now.replace(tzinfo=None)) > HORIZON:
            problems.add("/start", "TIME_BEYOND_HORIZON", f"start is within {HORIZON.days} days, before or after now")
            read = None
        problems.raise_if_any()
        assert read is not None
        rule, local = read
        row.start, row.made_through = local.isoformat(timespec="minutes"), settled_through(local, rule.zone, now)
        due = next(rule.after(row.made_through), None)
        if due is None:
            problems.add("/rrule", "RRULE_REFUSED", "all dates of the rule have passed")
            problems.raise_if_any()
        row.next_at = now
        plan = plan_of(row)
        for number, variant in enumerate(row.variants or [None]):
            assert due is not None
            soon = due._replace(number=number, at=min(due.at, now + AHEAD))
            request = plan.request(soon, None)
            try:
                is_visible = caller.may_see(row.brand_ref)
                checked = await self.posts.checker.check_new(request, (), brand_is_visible=is_visible)
                checked.drafts.media.discard()
            except ProblemsFound as error:
                problems.extend(placed(one, number if variant is not None else None) for one in error.problems)
                problems.raise_if_any()

    async def list(self, brand_ref: str | None, *, limit: int, after: str | None) -> Sequence[SeriesView]:
        """Series in order of id: those of one brand, or all, for a caller of all brands alone."""
        query = select(SeriesRow).order_by(col(SeriesRow.id)).limit(limit)
        if brand_ref is not None:
            query = query.where(SeriesRow.brand_ref == brand_ref)
        if after is not None:
            query = query.where(col(SeriesRow.id) > after)
        async with self.database.read() as session:
            rows = (await session.exec(query)).all()
            return [await series_view(session, row, self.clock.now()) for row in rows]


def _stored(content: SeriesContent) -> dict[str, Any]:
    return content.model_dump(mode="json", by_alias=True, exclude_none=True)


def _require_uncapped(caller: Principal) -> None:
    """KeyCapReached for a key with caps: they are of its own posts, and a series makes posts without it."""
    if caller.caps:
        message = "a key with caps makes no series, because its posts would not be counted"
        raise KeyCapReached([Problem(pointer="", code="KEY_CAP", message=message, rule="caps")])


def _require_active(row: SeriesRow) -> None:
    if row.ended_at is not None:
        raise Conflict("SERIES_ENDED", "No longer possible", "the series has ended; make another one")


async def _require_room(session: AsyncSession, brand_ref: str) -> None:
    query = select(func.count()).select_from(SeriesRow)
    query = query.where(SeriesRow.brand_ref == brand_ref, col(SeriesRow.ended_at).is_(None))
    if (await session.exec(query)).one() >= MOST:
        raise Conflict("TOO_MANY_SERIES", "Too many series", f"the brand has {MOST} series that go on; end one first")


async def _use_files(session: AsyncSession, row: SeriesRow) -> None:
    """Keep the files of a series. Raises ProblemsFound for one that was deleted meanwhile."""
    if gone := await use_media(session, row.brand_ref, row.id, named_media(row.content)):
        message = f"the media {', '.join(sorted(gone))} were deleted meanwhile"
        raise ProblemsFound([Problem(pointer="/content/media", code="MEDIA_UNKNOWN", message=message, rule="media")])


async def _visible(session: AsyncSession, series_id: str, caller: Principal) -> SeriesRow:
    row = await session.get(SeriesRow, series_id) if is_id(series_id, Prefix.SERIES) else None
    if row is None or not caller.may_see(row.brand_ref):
        raise NotVisible("series", series_id)
    return row


async def _locked(session: AsyncSession, series_id: str, caller: Principal) -> SeriesRow:
    found = await _visible(session, series_id, caller)
    await session.refresh(found, with_for_update=True)
    return found
