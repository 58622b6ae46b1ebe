"""Slots: the weekly times of a brand and its accounts, and the queues of posts that take them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.answers import plain
from api.deps import ContentReader, ContentWriter, TheServices
from api.http.problems import refused
from api.idempotency import IdempotencyHeader
from api.openapi import planning_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from munadi.domain.problem import Problem
from munadi.domain.slots import QueueName, QueueOrder, QueueTimes, SlotsReplace, SlotsView
from munadi.domain.time import HORIZON, Instant

router = APIRouter(prefix="/v1/brands/{ref}/slots", tags=["slots"])

Ref = Annotated[str, Path(description="The brand's `ref`.", examples=["acme"])]
LONGEST = timedelta(days=62)


@router.get(
    "",
    operation_id="brands.slots.get",
    responses={**shows(200, planning_examples.SLOTS), **error_responses(401, 403, 404, 422)},
    summary="Read the weekly times",
)
async def get_slots(ref: Ref, principal: ContentReader, services: TheServices) -> SlotsView:
    """The weekly times at which a brand and its accounts publish, and which of their queues are paused."""
    return await services.queues.get(ref, principal)


@router.put(
    "",
    operation_id="brands.slots.replace",
    responses={**shows(200, planning_examples.SLOTS), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Set the weekly times",
)
async def replace_slots(ref: Ref, body: SlotsReplace, principal: ContentWriter, services: TheServices) -> SlotsView:
    """Replace all weekly times. Posts keep the times that they have taken.

    A post for one account that has times of its own takes those; every other post takes the brand's. A time that a
    clock change skips is as much later that day; one that comes twice is the first.
    """
    return await services.queues.replace(ref, body.slots, principal)


@router.get(
    "/times",
    operation_id="brands.slots.times",
    responses={**shows(200, planning_examples.TIMES), **error_responses(401, 403, 404, 422)},
    summary="List taken and free times",
)
async def list_times(
    ref: Ref,
    principal: ContentReader,
    services: TheServices,
    account_id: Annotated[
        str | None, Query(alias="accountId", max_length=40, description="Of the account's own queue.")
    ] = None,
    since: Annotated[Instant | None, Query(description="Only after this time; absent: from now on.")] = None,
    until: Annotated[Instant | None, Query(description="Only until this time; absent: for a week.")] = None,
) -> QueueTimes:
    """The times of a queue that are still to come, for at most two months, with the posts that have taken them."""
    now = services.clock.now()
    return await services.queues.times(ref, QueueName(account_id=account_id), principal, since, _end(since, until, now))


@router.post(
    "/reorder",
    operation_id="brands.slots.reorder",
    response_model=QueueTimes,
    responses={**shows(200, planning_examples.TIMES), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Reorder a queue",
)
async def reorder_queue(
    ref: Ref, body: QueueOrder, principal: ContentWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Posts of a queue change places: all of them, or nothing is changed."""
    return plain(await services.queues.reorder(ref, body, principal, idempotency))


@router.post(
    "/pause",
    operation_id="brands.slots.pause",
    response_model=SlotsView,
    responses={**shows(200, planning_examples.SLOTS), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Pause a queue",
)
async def pause_queue(
    ref: Ref,
    principal: ContentWriter,
    services: TheServices,
    idempotency: IdempotencyHeader,
    body: QueueName | None = None,
) -> Response:
    """Posts in the queue's times wait with the hold `QUEUE_PAUSED`, until it is resumed. Others are published."""
    return plain(await services.queues.pause(ref, body or QueueName(), principal, idempotency))


@router.post(
    "/resume",
    operation_id="brands.slots.resume",
    response_model=SlotsView,
    responses={**shows(200, planning_examples.SLOTS), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Resume a queue",
)
async def resume_queue(
    ref: Ref,
    principal: ContentWriter,
    services: TheServices,
    idempotency: IdempotencyHeader,
    body: QueueName | None = None,
) -> Response:
    """What was kept back takes the next free times of the queue, in its order. Nothing is published at once."""
    return plain(await services.queues.resume(ref, body or QueueName(), principal, idempotency))


def _end(since: datetime | None, until: datetime | None, now: datetime) -> datetime:
    """The end of the range. ProblemError 422 for one that is too long."""
    start = max(since or now, now)
    end = until or start + timedelta(days=7)
    if end > now + HORIZON or end - start > LONGEST:
        message = f"at most {LONGEST.days} days at a time, and {HORIZON.days} days ahead"
        raise refused([Problem(pointer="?until", code="RANGE_TOO_LONG", message=message, rule="range_too_long")])
    return end
