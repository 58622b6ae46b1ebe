"""The page of a queue: the weekly times of a brand or an account, the posts that have taken them, and what is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import Reader, TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.rules import WEEKDAYS
from api.deps import MAX_PAGE, TheServices

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
# How far ahead the page looks, and how many of the times it shows.
AHEAD, FURTHER = timedelta(days=14), timedelta(days=60)
SHOWN = 100


@dataclass(frozen=True)
class Taken:
    """A time of the queue, local, with its post; None where it is free."""

    at: datetime
    post: Json | None


@router.get("/queue")
async def show_queue(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    account_id: Annotated[str | None, Query(alias="accountId", max_length=40, description="The account's own.")] = None,
    further: Annotated[bool, Query(description="Two months in place of two weeks.")] = False,
) -> Response:
    """The queue of the chosen brand, or of one of its accounts."""
    ref = frame.choice.ref
    if not ref:
        return render(request, "queue.html", slots=None)
    slots = await reader.get(f"/v1/brands/{ref}/slots")
    page = await reader.get_if_allowed("/v1/accounts", brandRef=ref, limit=MAX_PAGE)
    accounts = {each["id"]: each for each in (page or {"data": ()})["data"]}
    wanted = account_id or None
    now = services.clock.now()
    end = now + (FURTHER if further else AHEAD)
    times = await _times(reader, ref, wanted, end, ZoneInfo(slots["timezone"]))
    return render(
        request,
        "queue.html",
        slots=slots,
        accounts=accounts,
        wanted=wanted,
        queues=_queues(slots, wanted),
        own=[each for each in slots["slots"] if each["accountId"] == wanted],
        weekly=_weekly(slots, wanted),
        paused=next((each["pausedSince"] for each in slots["queues"] if each["accountId"] == wanted), None),
        times=times[:SHOWN],
        more=max(len(times) - SHOWN, 0),
        further=further,
        waiting=[each.post["id"] for each in times[:SHOWN] if each.post],
    )


def _queues(slots: Json, wanted: str | None) -> list[str | None]:
    """The queues that have times or are paused, the brand's own first; the one that is shown, too."""
    found = {each["accountId"] for each in slots["queues"]} | {wanted}
    return [None, *sorted(each for each in found if each)]


def _weekly(slots: Json, wanted: str | None) -> dict[str, list[str]]:
    """The times of each weekday of a queue."""
    return {
        day: sorted(each["time"] for each in slots["slots"] if (each["accountId"], each["weekday"]) == (wanted, day))
        for day in WEEKDAYS
    }


async def _times(reader: Reader, ref: str, account_id: str | None, until: datetime, zone: ZoneInfo) -> Sequence[Taken]:
    """The times that are to come, each with its post."""
    found = await reader.get(f"/v1/brands/{ref}/slots/times", accountId=account_id, until=until.isoformat())
    ids = [each["contentId"] for each in found["data"] if each["contentId"]][:MAX_PAGE]
    page = await reader.get("/v1/contents", id=ids) if ids else {"data": ()}
    posts = {post["id"]: post for post in page["data"]}
    return [
        Taken(datetime.fromisoformat(each["at"]).astimezone(zone), posts.get(each["contentId"]))
        for each in found["data"]
        if each["contentId"] is None or each["contentId"] in posts
    ]
