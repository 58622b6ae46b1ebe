"""Slots: the weekly times at which a queue publishes, and the instants that they mean. Pure.

A queue is a brand's own, or that of one account with times of its own. A local time is read as RFC 5545 (3.3.5) reads
it: one that a clock change skips is as much later as the clock was put forward, and one that comes twice is the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, model_validator

from munadi.domain.model import UniqueId, WireModel

MAX_SLOTS = 1_000
# One for each hour of a week.
MAX_OF_QUEUE = 168
# Posts that change places in one transaction.
MAX_MOVED = 100
# The queue of a brand's own slots; any other is the id of an account.
OWN_QUEUE = ""


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEKDAYS = tuple(Weekday)
LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]


class SlotTime(WireModel):
    """A weekly time of a queue."""

    account_id: str | None = Field(
        None, max_length=40, description="The account whose own time it is; null: the brand's."
    )
    weekday: Weekday = Field(description="The day of the week.")
    time: LocalTime = Field(description="The time of day in the brand's time zone, such as 09:00.")

    @property
    def queue(self) -> str:
        """The queue that it belongs to."""
        return self.account_id or OWN_QUEUE


class Slot(SlotTime):
    """A weekly time as it is stored. Its id stays while the time does."""

    id: UniqueId


class SlotsReplace(WireModel):
    """All weekly times of a brand. A list of them alone is read, too."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"slots": [{"weekday": "monday", "time": "09:00"}, {"weekday": "thursday", "time": "17:30"}]}]
        }
    )

    slots: tuple[SlotTime, ...] = Field(
        max_length=MAX_SLOTS, description="The weekly times, in the brand's time zone. An empty list: none."
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, sent: Any) -> Any:
        return {"slots": sent} if isinstance(sent, list) else sent


class QueueView(WireModel):
    """A queue: the brand's own, or that of an account with times of its own."""

    account_id: str | None = Field(None, description="The account whose queue it is; null: the brand's.")
    paused_since: datetime | None = Field(
        None, description="Since when its posts are kept back; null: they are published at their times."
    )


class SlotsView(WireModel):
    """The weekly times of a brand and its accounts."""

    timezone: str = Field(description="The IANA time zone of the times: the brand's.")
    slots: tuple[Slot, ...] = Field(description="The weekly times, as they were sent.")
    queues: tuple[QueueView, ...] = Field(description="The queues that have times or are paused.")


class SlotAt(WireModel):
    """One time of a queue."""

    at: datetime = Field(description="When it is.")
    slot_id: str | None = Field(description="The slot whose time it is; null: it is not among the weekly times now.")
    content_id: str | None = Field(description="The post that has taken it; null: it is free.")


class QueueTimes(WireModel):
    """The times of a queue, in their order."""

    data: tuple[SlotAt, ...] = Field(description="The times, taken ones and free ones.")


class QueueName(WireModel):
    """Which queue."""

    account_id: str | None = Field(
        None, max_length=40, description="The account whose own queue it is; null: the brand's queue."
    )

    @property
    def queue(self) -> str:
        """The queue that it names."""
        return self.account_id or OWN_QUEUE


class QueueOrder(QueueName):
    """A new order of the posts of a queue: the one that is given, or a random one."""

    content_ids: tuple[Annotated[str, Field(max_length=40)], ...] | None = Field(
        None,
        min_length=2,
        max_length=MAX_MOVED,
        description="Posts of the queue, the one first that is to be published first. They share out the times that "
        "they have taken.",
    )
    shuffle: bool = Field(False, strict=True, description="Instead: the next 100 posts of the queue, in random order.")


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a local time, in UTC. Whether or not it exists that day, there is one."""
    # Python reads a skipped time of fold=0 by the offset before the change, as RFC 5545 does.
    return datetime.combine(day, at, zone).replace(fold=0).astimezone(UTC)


def occurrences(
    slots: Iterable[Slot], zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[tuple[datetime, Slot]]:
    """The instants of slots after `after` and at most at `until`, each once, in their order."""
    by_day: dict[Weekday, list[tuple[time, Slot]]] = {}
    for slot in slots:
        by_day.setdefault(slot.weekday, []).append((time.fromisoformat(slot.time), slot))
    last = after
    # A time that is skipped may be read as one of the next day.
    today = after.astimezone(zone).date() - timedelta(days=1)
    while by_day and today <= until.astimezone(zone).date():
        found = {instant_of(today, at, zone): slot for at, slot in by_day.get(_WEEKDAYS[today.weekday()], ())}
        for instant in sorted(found):
            if last < instant <= until:
                last = instant
                yield instant, found[instant]
        today += timedelta(days=1)


def of_queue(slots: Sequence[Slot], queue: str) -> list[Slot]:
    """The slots of one queue."""
    return [slot for slot in slots if slot.queue == queue]
