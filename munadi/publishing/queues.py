"""The service for queues: the weekly times of brands and accounts, and the order and pause of the posts in them.

A change of a queue locks the brand's row first, then the posts in the order of their ids. A post that changes places is
rescheduled like any other; all of them give up their slots before one takes another, so that no two meet in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, NotVisible
from munadi.db.audit import record
from munadi.db.brands.limits import rules_of
from munadi.db.brands.service import BrandService
from munadi.db.brands.slots import (
    TO_COME,
    BrandSlots,
    lock_slots,
    next_free,
    replace_slots,
    slots_of,
    taken_times,
    waiting_ids,
)
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.keys.caps import require_caps
from munadi.db.tables import AccountRow
from munadi.domain.audit import Action
from munadi.domain.key import Scope
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import WAITING, HoldReason
from munadi.domain.slots import (
    MAX_MOVED,
    MAX_OF_QUEUE,
    OWN_QUEUE,
    QueueName,
    QueueOrder,
    QueueTimes,
    QueueView,
    SlotAt,
    SlotsView,
    SlotTime,
    of_queue,
)
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.limits import Counted, require_moved
from munadi.publishing.post_changes import PostChanges, require_due, require_proposal
from munadi.publishing.rescheduling import check_time

_random = SystemRandom()


@dataclass(frozen=True)
class _Place:
    """A time of a queue, and the slot whose time it is."""

    at: datetime
    slot_id: str


@dataclass(frozen=True)
class QueueService(PostChanges):
    """Queues. Every method raises NotVisible for a brand that the caller may not see."""

    brands: BrandService

    async def get(self, brand_ref: str, caller: Principal) -> SlotsView:
        """The weekly times of a brand and its accounts."""
        await self.brands.get(brand_ref, caller)
        async with self.database.read() as session:
            return _view(await _known(session, brand_ref))

    async def replace(self, brand_ref: str, wanted: Sequence[SlotTime], caller: Principal) -> SlotsView:
        """Replace all of them. Posts keep the times that they have taken. Raises ProblemsFound."""
        await self.brands.get(brand_ref, caller)
        problems = ProblemCollector()
        async with self.database.write() as session:
            await _check(session, brand_ref, wanted, problems)
            problems.raise_if_any()
            return _view(await replace_slots(session, brand_ref, wanted, self.clock.now()))

    async def times(
        self, brand_ref: str, named: QueueName, caller: Principal, since: datetime | None, until: datetime
    ) -> QueueTimes:
        """The times of a queue from now on, taken ones and free ones, in a range."""
        await self.brands.get(brand_ref, caller)
        async with self.database.read() as session:
            known, after = await _known(session, brand_ref), max(since or self.clock.now(), self.clock.now())
            taken = await taken_times(session, brand_ref, named.queue, after)
        slots = {at: slot.id for at, slot in known.times(named.queue, after, until)}
        found = sorted(slots.keys() | {at for at in taken if at <= until})
        return QueueTimes(data=tuple(SlotAt(at=at, slot_id=slots.get(at), content_id=taken.get(at)) for at in found))

    async def reorder(self, brand_ref: str, sent: QueueOrder, caller: Principal, key: IdempotencyKey) -> Answer:
        """Give posts of a queue another order. Raises ProblemsFound, ChangeRefused."""
        await self.brands.get(brand_ref, caller)
        if (sent.content_ids is None) != sent.shuffle:
            problems = ProblemCollector()
            problems.add("/contentIds", "FIELD_NOT_ALLOWED", "give either contentIds or shuffle")
            problems.raise_if_any()
        moved: list[LockedContent] = []

        async def work(session: AsyncSession) -> Answer:
            await lock_slots(session, brand_ref)
            now, queue = self.clock.now(), sent.queue
            ids = sent.content_ids or await waiting_ids(session, brand_ref, queue, MAX_MOVED, after=now)
            posts = await self._posts(session, brand_ref, queue, ids)
            if sent.shuffle:
                _random.shuffle(posts)
            places = sorted((_place_of(post) for post in posts), key=lambda place: place.at)
            moved[:] = await self._place(session, posts, places, caller)
            _note(session, Action.QUEUE_REORDERED, brand_ref, sent.queue, self.clock.now())
            data = [
                SlotAt(at=place.at, slot_id=place.slot_id, content_id=post.content.id)
                for post, place in zip(posts, places, strict=True)
            ]
            return Answer.of(QueueTimes(data=tuple(data)))

        answer = await self._once(key.record(self.keyring, brand_ref, "slots.reorder"), work)
        self._wake_all(moved)
        return answer

    async def pause(self, brand_ref: str, named: QueueName, caller: Principal, key: IdempotencyKey) -> Answer:
        """Keep the posts of a queue back at their times. A repeat changes nothing. Raises ProblemsFound."""
        await self.brands.get(brand_ref, caller)

        async def work(session: AsyncSession) -> Answer:
            row, now = await lock_slots(session, brand_ref), self.clock.now()
            _require_queue(BrandSlots.of(row), named)
            if named.queue not in (paused := row.paused_queues or {}):
                row.paused_queues = {**paused, named.queue: now.isoformat()}
                _note(session, Action.QUEUE_PAUSED, brand_ref, named.queue, now)
            return Answer.of(_view(BrandSlots.of(row)))

        return await self._once(key.record(self.keyring, brand_ref, "slots.pause"), work)

    async def resume(self, brand_ref: str, named: QueueName, caller: Principal, key: IdempotencyKey) -> Answer:
        """Publish the posts of a queue at their times again. What was kept back takes the next free ones, in its order.

        It is moved first, some posts at a time, and the pause ends once nothing is kept back: nothing is published in a
        burst, whenever this is interrupted. Raises ProblemsFound, ChangeRefused.
        """
        await self.brands.get(brand_ref, caller)
        while await self._move_missed(brand_ref, named.queue, caller):
            pass

        async def work(session: AsyncSession) -> Answer:
            row = await lock_slots(session, brand_ref)
            paused = dict(row.paused_queues or {})
            if paused.pop(named.queue, None) is not None:
                row.paused_queues = paused
                _note(session, Action.QUEUE_RESUMED, brand_ref, named.queue, self.clock.now())
            return Answer.of(_view(BrandSlots.of(row)))

        return await self._once(key.record(self.keyring, brand_ref, "slots.resume"), work)

    async def _move_missed(self, brand_ref: str, queue: str, caller: Principal) -> bool:
        """Move the first posts that a paused queue has kept back; whether there were any."""
        async with self.database.write() as session:
            known, now = BrandSlots.of(await lock_slots(session, brand_ref)), self.clock.now()
            if queue not in known.paused:
                return False
            ids = await waiting_ids(session, brand_ref, queue, MAX_MOVED, until=now)
            posts = await self._posts(session, brand_ref, queue, ids)
            free = await next_free(session, known, queue, now, now, len(posts))
            if len(free) < len(posts):
                _refuse_without_room(brand_ref, queue)
            moved = await self._place(session, posts, [_Place(at, slot.id) for at, slot in free], caller)
        self._wake_all(moved)
        return bool(ids)

    async def _posts(
        self, session: AsyncSession, brand_ref: str, queue: str, ids: Sequence[str]
    ) -> list[LockedContent]:
        """Lock posts of a queue; in the order of `ids`. ProblemsFound for what is no post that waits in it."""
        found = {post.content.id: post for post in await LockedContent.lock_all(session, ids, self.clock.now())}
        problems = ProblemCollector()
        for index, each in enumerate(ids):
            content = found[each].content if each in found else None
            if content is None or content.brand_ref != brand_ref:
                problems.add(f"/contentIds/{index}", "CONTENT_UNKNOWN", f"there is no content {each!r}")
            elif content.slot_id is None or content.slot_queue != queue or content.status not in TO_COME:
                problems.add(
                    f"/contentIds/{index}", "NOT_IN_QUEUE", f"{each} is {content.status}, and not in this queue"
                )
            if each in ids[:index]:
                problems.add(f"/contentIds/{index}", "NOT_IN_QUEUE", f"{each} is named twice")
        problems.raise_if_any()
        return [found[each] for each in ids]

    async def _place(
        self, session: AsyncSession, posts: Sequence[LockedContent], places: Sequence[_Place], caller: Principal
    ) -> list[LockedContent]:
        """Move locked posts of one queue to these places of it; returns those that moved."""
        moving = [(post, place) for post, place in zip(posts, places, strict=True) if _place_of(post) != place]
        queues = {post.content.id: post.content.slot_queue for post, _ in moving}
        rules = await rules_of(session, moving[0][0].content.brand_ref) if moving else None
        for post, _ in moving:
            post.leave_slot()
        await session.flush()
        for post, place in moving:
            require_proposal(post, caller)
            require_caps(caller, [row.channel for row in post.publications])
            counted = Counted.of(post)
            await check_time(post, place.at, self.channels, self.keyring, ProblemCollector())
            for row in post.publications:
                if row.status in WAITING and row.hold_reason == HoldReason.QUEUE_PAUSED:
                    await post.resume(row)
            content = post.content
            content.scheduled_at, content.slot_id, content.slot_queue = place.at, place.slot_id, queues[content.id]
            by_approver = caller.may(Scope.CONTENTS_APPROVE)
            await changes.reschedule(post, place.at, None, None, zone_given=False, by_approver=by_approver)
            require_due(post, caller)
            assert rules is not None
            await require_moved(post, rules.limits, counted)
        return [post for post, _ in moving]

    def _wake_all(self, posts: Sequence[LockedContent]) -> None:
        for post in posts:
            self._wake(post)


async def _known(session: AsyncSession, brand_ref: str) -> BrandSlots:
    known = await slots_of(session, brand_ref)
    if known is None:
        raise NotVisible("brand", brand_ref)
    return known


async def _check(session: AsyncSession, brand_ref: str, wanted: Sequence[SlotTime], problems: ProblemCollector) -> None:
    """A problem for each unknown account, for a time that is there twice, and for a queue with too many."""
    query = select(AccountRow.id).where(AccountRow.brand_ref == brand_ref, col(AccountRow.deleted_at).is_(None))
    accounts, seen, counts = set((await session.exec(query)).all()), set[tuple[str, str, str]](), dict[str, int]()
    for index, slot in enumerate(wanted):
        place = (slot.queue, slot.weekday.value, slot.time)
        counts[slot.queue] = counts.get(slot.queue, 0) + 1
        if slot.account_id is not None and slot.account_id not in accounts:
            problems.add(
                f"/slots/{index}/accountId", "ACCOUNT_UNKNOWN", f"the brand has no account {slot.account_id!r}"
            )
        if place in seen:
            problems.add(f"/slots/{index}", "SLOT_TWICE", f"{slot.weekday} at {slot.time} is in the list already")
        if counts[slot.queue] == MAX_OF_QUEUE + 1:
            message = f"a queue takes at most {MAX_OF_QUEUE} weekly times"
            problems.add(f"/slots/{index}", "TOO_MANY_SLOTS", message, limit=MAX_OF_QUEUE)
        seen.add(place)


def _place_of(post: LockedContent) -> _Place:
    assert post.content.slot_id is not None, "it is in a queue"
    return _Place(post.content.scheduled_at, post.content.slot_id)


def _note(session: AsyncSession, action: Action, brand_ref: str, queue: str, now: datetime) -> None:
    record(session, action, target=queue or brand_ref, brand_ref=brand_ref, now=now)


def _require_queue(known: BrandSlots, named: QueueName) -> None:
    """ProblemsFound for a queue without times."""
    if not of_queue(known.slots, named.queue):
        problems = ProblemCollector()
        problems.add("/accountId", "QUEUE_UNKNOWN", "this queue has no weekly times; set them first")
        problems.raise_if_any()


def _refuse_without_room(brand_ref: str, queue: str) -> None:
    problems = ProblemCollector()
    message = f"the queue has too few free times for what was kept back: add some with PUT /v1/brands/{brand_ref}/slots"
    problems.add("/accountId" if queue != OWN_QUEUE else "", "NO_FREE_SLOT", message)
    problems.raise_if_any()


def _view(known: BrandSlots) -> SlotsView:
    queues = [QueueView(account_id=queue or None, paused_since=known.paused.get(queue)) for queue in known.queues]
    return SlotsView(timezone=known.timezone, slots=tuple(known.slots), queues=tuple(queues))
