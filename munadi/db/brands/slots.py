"""The slots of brands: read, replaced, and which of their times are taken.

A post that has taken a slot names it and its queue, and a unique index of the posts allows one for each queue and time.
So nothing else has to be kept in step: a post that moves away or is canceled names none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import NotVisible
from munadi.db.audit import record
from munadi.db.ids import new_id
from munadi.db.tables import AccountRow, BrandRow, ContentRow
from munadi.domain.account import AccountStatus
from munadi.domain.audit import Action
from munadi.domain.content import ContentStatus
from munadi.domain.ids import Prefix
from munadi.domain.slots import OWN_QUEUE, Slot, SlotTime, occurrences, of_queue
from munadi.domain.time import HORIZON

DEFAULT_ZONE = "UTC"
# The statuses of a post of which nothing is claimed.
TO_COME = (ContentStatus.ACCEPTED.value, ContentStatus.QUEUED.value)


@dataclass(frozen=True)
class BrandSlots:
    """The slots of a brand, the zone of their times, and since when queues are paused."""

    brand_ref: str
    timezone: str
    slots: Sequence[Slot]
    paused: Mapping[str, datetime]

    @classmethod
    def of(cls, row: BrandRow) -> BrandSlots:
        """Those of a brand's row."""
        slots = [Slot.model_validate(each) for each in row.slots or ()]
        paused = {queue: datetime.fromisoformat(since) for queue, since in (row.paused_queues or {}).items()}
        return cls(row.ref, row.timezone or DEFAULT_ZONE, slots, paused)

    @property
    def queues(self) -> list[str]:
        """The queues that have slots or are paused, the brand's own first."""
        return sorted({slot.queue for slot in self.slots} | set(self.paused))

    def times(self, queue: str, after: datetime, until: datetime) -> Iterator[tuple[datetime, Slot]]:
        """The times of a queue after `after`, at most at `until`."""
        return occurrences(of_queue(self.slots, queue), ZoneInfo(self.timezone), after, until)

    def free(
        self, queue: str, after: datetime, now: datetime, taken: Collection[datetime]
    ) -> Iterator[tuple[datetime, Slot]]:
        """The times of a queue that no post has taken."""
        return ((at, slot) for at, slot in self.times(queue, after, now + HORIZON) if at not in taken)


async def slots_of(session: AsyncSession, brand_ref: str) -> BrandSlots | None:
    """The slots of a brand; None where there is no such brand."""
    row = await session.get(BrandRow, brand_ref)
    return None if row is None or row.erasing_at is not None else BrandSlots.of(row)


async def taken_times(session: AsyncSession, brand_ref: str, queue: str, after: datetime) -> dict[datetime, str]:
    """The taken times of a queue after `after`, in their order, each with its post."""
    row = ContentRow
    query = (
        select(row.scheduled_at, row.id)
        .where(
            row.brand_ref == brand_ref,
            row.slot_queue == queue,
            col(row.slot_id).is_not(None),
            row.scheduled_at > after,
        )
        .order_by(col(row.scheduled_at))
    )
    return dict((await session.exec(query)).all())


async def next_free(
    session: AsyncSession, known: BrandSlots, queue: str, after: datetime, now: datetime, count: int = 1
) -> list[tuple[datetime, Slot]]:
    """The next free times of a queue after `after`, within the horizon."""
    taken = await taken_times(session, known.brand_ref, queue, after)
    return list(islice(known.free(queue, after, now, taken), count))


async def waiting_ids(
    session: AsyncSession,
    brand_ref: str,
    queue: str,
    limit: int,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
) -> list[str]:
    """The first posts of a queue that wait, by time: those that are due after a time, or at most at one."""
    row = ContentRow
    query = select(row.id).where(
        row.brand_ref == brand_ref,
        row.slot_queue == queue,
        col(row.slot_id).is_not(None),
        col(row.status).in_(TO_COME),
    )
    if after is not None:
        query = query.where(row.scheduled_at > after)
    if until is not None:
        query = query.where(row.scheduled_at <= until)
    return list((await session.exec(query.order_by(col(row.scheduled_at)).limit(limit))).all())


async def last_taken(session: AsyncSession, brand_ref: str, queue: str, now: datetime) -> datetime:
    """The last taken time of a queue, or now."""
    return max(await taken_times(session, brand_ref, queue, now), default=now)


async def queue_of(session: AsyncSession, known: BrandSlots, channel: str, account_id: str | None) -> str:
    """The queue of a post for one account: its own, if it has times of its own, else the brand's.

    Without an id it is the brand's only account on the channel.
    """
    if not any(slot.account_id for slot in known.slots):
        return OWN_QUEUE
    if account_id is None:
        query = select(AccountRow.id).where(
            AccountRow.brand_ref == known.brand_ref,
            AccountRow.channel == channel,
            AccountRow.status != AccountStatus.DISCONNECTED.value,
            col(AccountRow.deleted_at).is_(None),
        )
        found = (await session.exec(query.limit(2))).all()
        account_id = found[0] if len(found) == 1 else None
    return account_id if account_id is not None and of_queue(known.slots, account_id) else OWN_QUEUE


async def lock_slots(session: AsyncSession, brand_ref: str) -> BrandRow:
    """Lock a brand's row until the transaction ends. Raises NotVisible."""
    query = select(BrandRow).where(col(BrandRow.ref) == brand_ref, col(BrandRow.erasing_at).is_(None))
    row = (await session.exec(query.with_for_update(key_share=True))).first()
    if row is None:
        raise NotVisible("brand", brand_ref)
    return row


async def replace_slots(session: AsyncSession, brand_ref: str, wanted: Sequence[SlotTime], now: datetime) -> BrandSlots:
    """Replace the slots of a brand. One whose time stays keeps its id. Raises NotVisible."""
    row = await lock_slots(session, brand_ref)
    known = {_place(slot): slot.id for slot in BrandSlots.of(row).slots}
    places = {_place(each): each for each in wanted}
    slots = [
        Slot(id=known.get(place) or new_id(Prefix.SLOT), **each.model_dump(by_alias=False))
        for place, each in places.items()
    ]
    row.slots = [slot.model_dump(mode="json") for slot in slots]
    record(session, Action.SLOTS_REPLACED, target=brand_ref, brand_ref=brand_ref, now=now)
    return BrandSlots.of(row)


def _place(slot: SlotTime) -> tuple[str, str, str]:
    return slot.queue, slot.weekday, slot.time
