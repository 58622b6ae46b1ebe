"""Chooses the slot of a request. It is taken when the post is stored, if no other post has taken it first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.db.brands.slots import BrandSlots, last_taken, next_free, queue_of, slots_of
from munadi.db.session import Database
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.slots import OWN_QUEUE, of_queue
from munadi.domain.time import HORIZON
from munadi.intake.requests import ContentRequest
from munadi.intake.times import read_end

POINTER = "/slot"


@dataclass(frozen=True)
class ChosenSlot:
    """A free time of a queue, and the zone of its slots."""

    slot_id: str
    queue: str
    at: datetime
    timezone: str


async def choose_slot(
    database: Database, request: ContentRequest, now: datetime, problems: ProblemCollector
) -> ChosenSlot | None:
    """The slot that a request takes; None, with a problem, where there is none. An unknown brand has one already."""
    wanted = request.slot
    assert wanted is not None, "the caller has seen that the request asks for one"
    if request.scheduled_at is not None or request.fold is not None:
        problems.add(POINTER, "FIELD_NOT_ALLOWED", "give either slot, or scheduledAt and its fold")
        return None
    after = now
    if wanted.after is not None:
        given = read_end(wanted.after, request.timezone, "/slot/after", problems)
        if given is None:
            return None
        after = max(given, now)
    async with database.read() as session:
        known = await slots_of(session, request.brand_ref)
        if known is None:
            return None
        queue = OWN_QUEUE
        if len(request.channels) == 1:
            only = request.channels[0]
            queue = await queue_of(session, known, only.channel, only.account_id)
        if wanted.place == "last":
            after = await last_taken(session, known.brand_ref, queue, now)
        found = await next_free(session, known, queue, after, now)
    if not found:
        problems.add(POINTER, "NO_FREE_SLOT", _why(known, queue))
        return None
    at, slot = found[0]
    return ChosenSlot(slot.id, queue, at, known.timezone)


def _why(known: BrandSlots, queue: str) -> str:
    whose = f"the account {queue}" if queue else f"the brand {known.brand_ref!r}"
    if not of_queue(known.slots, queue):
        return f"{whose} has no weekly times: set them with PUT /v1/brands/{known.brand_ref}/slots, or give scheduledAt"
    return f"{whose} has no free time left in the next {HORIZON.days} days: add weekly times, or give scheduledAt"
