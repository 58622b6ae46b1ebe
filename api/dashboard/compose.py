"""The compose page: one form for all channels. Options, limits and problems come from the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.fields import fields_of, prose
from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.deps import MAX_PAGE, TheServices

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]


@router.get("/compose")
async def show_compose(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    day: Annotated[date | None, Query(alias="date", description="Schedule the post for this day.")] = None,
) -> Response:
    """The form, for the accounts of one brand."""
    choice = frame.choice
    known = (await reader.get("/v1/channels"))["data"]
    accounts: list[Json] = []
    left_out = False
    if choice.brand:
        page = await reader.get("/v1/accounts", brandRef=choice.ref, limit=MAX_PAGE)
        left_out = page["nextCursor"] is not None
        names = {each["name"] for each in known}
        accounts = [each for each in page["data"] if each["channel"] in names]
    described = _described(known, {each["channel"] for each in accounts})
    zone = (choice.brand or {}).get("timezone") or "UTC"
    soon = next_hour(services.clock.now(), ZoneInfo(zone))
    return render(
        request,
        "compose.html",
        live=False,
        choice=choice,
        accounts=accounts,
        left_out=left_out,
        preset={accounts[0]["id"]} if len(accounts) == 1 else set(),
        described=described,
        first_comment=[each["title"] for each in described if each["firstComment"]],
        zone=zone,
        soon=written(soon),
        when=written(_on(day, soon)) if day else None,
    )


def next_hour(now: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour there that is at least half an hour away."""
    # Added before it is local, so that it is an hour that exists.
    return (now + timedelta(minutes=90)).astimezone(zone).replace(minute=0, second=0, microsecond=0)


def written(at: datetime) -> str:
    """As a form's field takes a local time."""
    return at.replace(tzinfo=None).isoformat(timespec="minutes")


def _on(day: date, soon: datetime) -> datetime:
    """Nine in the morning of a day to come; today, the next hour."""
    return soon if day <= soon.date() else datetime(day.year, day.month, day.day, 9, tzinfo=soon.tzinfo)


def _described(channels: Sequence[Json], wanted: set[str]) -> list[Json]:
    """The channels that can be chosen, each with its options as fields."""
    return [
        each | {"fields": fields_of(each["options"]), "prose": prose(each["options"])}
        for each in channels
        if each["name"] in wanted
    ]
