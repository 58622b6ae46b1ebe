"""The calendar page: a month, week or day in the brand's own zone, with each post at its time.

Without a chosen brand it shows all that the key may see: together, and in the day's view side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.brand_choice import Brand, BrandChoice
from api.dashboard.calendar_days import Day, Entry, Json, Span, View, within_reach
from api.dashboard.calendar_filter import STATES, CalendarFilter, TheFilter, drafts_by_day
from api.dashboard.editing import can_be_edited
from api.dashboard.frame import TheFrame
from api.dashboard.hours import hours_of
from api.dashboard.page_data import Reader, TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.times import shared_zone
from api.deps import MAX_PAGE, TheServices
from munadi.domain.time import HORIZON

router = APIRouter(route_class=PageRoute)

# Contents of a day that a view shows; the rest is counted, and shown by the view after it.
SHOWN: dict[View, int] = {"month": 4, "week": 20, "day": 100}
CLOSER: dict[View, View] = {"month": "week", "week": "day"}
# Brands that fit beside each other.
BESIDE, MOST_BESIDE = 4, 6


@router.get("/calendar")
async def show_calendar(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    wanted: TheFilter,
    view: View = "month",
    day: Annotated[date | None, Query(alias="date")] = None,
    beside: Annotated[list[str] | None, Query(description="The brands that stand side by side.")] = None,
) -> Response:
    """The month, the week or the day around a day, today by default."""
    choice, now = frame.choice, services.clock.now()
    brands = _side_by_side(choice, view, beside or ())
    zone = _zone(choice, brands)
    today = now.astimezone(zone).date()
    span = Span.around(within_reach(day or today), view)
    days = span.days(today)
    if brands:
        days = [Day(each.on, each.today, False, brand=brand) for brand in brands for each in days]
        for each, brand in zip(days, brands, strict=True):
            await _fill([each], span, zone, reader, brand["ref"], wanted)
    elif choice.brand or choice.several:
        await _fill(days, span, zone, reader, choice.ref, wanted)
        drafts = await drafts_by_day(reader, choice.ref, zone, wanted)
        for each in days:
            each.drafts = drafts.get(each.on, ())
    if choice.brand and not wanted.is_set:
        await _fill_free(days, span, zone, reader, choice.ref, now)
    if view != "month":
        for each in days:
            each.hours = hours_of(each.on, [*each.entries, *each.drafts], now, zone)
    feeds = await reader.get(f"/v1/brands/{choice.ref}/calendar-feeds") if choice.brand else None
    return render(
        request,
        "calendar.html",
        choice=choice,
        zone=zone.key,
        span=span,
        days=days,
        today=today,
        views=tuple(SHOWN),
        closer=CLOSER.get(view),
        beside=[brand["ref"] for brand in brands],
        most_beside=MOST_BESIDE,
        feeds=feeds,
        wanted=wanted,
        STATES=STATES,
        accounts=await _accounts(reader, choice.ref),
        can_be_edited=lambda post: can_be_edited(post, reader.viewer),
    )


def _side_by_side(choice: BrandChoice, view: View, wanted: Sequence[str]) -> list[Brand]:
    """The brands that each get a column: in the day's view, unless one is chosen."""
    if choice.brand or view != "day" or not choice.several:
        return []
    named = [brand for brand in choice.brands if brand["ref"] in wanted][:MOST_BESIDE]
    return named or list(choice.brands[:BESIDE])


def _zone(choice: BrandChoice, brands: Sequence[Brand]) -> ZoneInfo:
    """That of the brands which stand side by side, if it is the same; else that of the page."""
    shown = [] if choice.brand else brands
    return ZoneInfo(shared_zone(shown) if shown else choice.zone)


async def _accounts(reader: Reader, ref: str) -> list[Json]:
    """The accounts that a person can choose from; none without a brand, or where the key may not know."""
    page = await reader.get_if_allowed("/v1/accounts", brandRef=ref, limit=MAX_PAGE) if ref else None
    return list(page["data"]) if page else []


async def _fill(
    days: Sequence[Day], span: Span, zone: ZoneInfo, reader: Reader, ref: str, wanted: CalendarFilter
) -> None:
    """Fill each day with the posts that the API returns for it: of a brand, or of all that the key may see."""
    if wanted.only_drafts:
        return
    query: dict[str, Any] = {"since": span.first.isoformat(), "until": span.last.isoformat(), **wanted.query}
    found = await reader.get(
        "/v1/calendar", brandRef=ref, timezone=zone.key, perDay=SHOWN[span.view], comingFirst=True, **query
    )
    for day, due in zip(days, found["days"], strict=True):
        day.entries = [_entry(content, zone) for content in due["contents"]]
        day.more = due["total"] - len(day.entries)


async def _fill_free(days: Sequence[Day], span: Span, zone: ZoneInfo, reader: Reader, ref: str, now: datetime) -> None:
    """Note on each day the weekly times of the brand that are free."""
    end = datetime.combine(span.last + timedelta(days=1), time(), zone)
    if not now < end <= now + HORIZON:
        return
    since = max(now, datetime.combine(span.first, time(), zone))
    query = {"since": since.astimezone(UTC).isoformat(), "until": end.astimezone(UTC).isoformat()}
    found = await reader.get(f"/v1/brands/{ref}/slots/times", **query)
    free = [datetime.fromisoformat(each["at"]).astimezone(zone) for each in found["data"] if not each["contentId"]]
    for day in days:
        day.free = [at for at in free if at.date() == day.on]


def _entry(content: Json, zone: ZoneInfo) -> Entry:
    return Entry(content, datetime.fromisoformat(content["scheduledAt"]).astimezone(zone))
