"""The posts that are due on each day of a time zone: how many, and the first ones."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import BrandFilter, ContentReader, TheServices
from api.filters import brand_filter, object_filter
from api.http.deprecation import one_of, renamed
from api.http.problems import refused
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from munadi.db.brands.modes import Brands
from munadi.db.contents.calendar import DueFilter, due_days, due_days_coming_first
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.ids import Prefix
from munadi.domain.model import WireModel
from munadi.domain.problem import Problem
from munadi.domain.time import Day, ZoneName

router = APIRouter(prefix="/v1", tags=["contents"])

LONGEST = timedelta(days=62)
_EXAMPLE = {"timezone": "Asia/Kolkata", "days": [{"date": "2027-01-15", "total": 1, "contents": [examples.CONTENT]}]}


class CalendarDay(WireModel):
    """A day: `total` posts are due on it; `contents` has the first ones, earliest first."""

    date: Annotated[date, Field(description="The day, in the calendar's time zone.")]
    total: int = Field(description="How many posts are due on this day.")
    contents: tuple[ContentView, ...] = Field(description="The first posts of the day.")


class CalendarView(WireModel):
    """Every day of the range, including days without posts. Days are those of `timezone`."""

    timezone: str = Field(description="The IANA time zone in which the time was given, or in which it is shown.")
    days: tuple[CalendarDay, ...] = Field(description="Every day of the range, in order.")


@router.get(
    "/calendar",
    operation_id="calendar.get",
    responses={**shows(200, _EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="Read a calendar",
    dependencies=renamed("from", "to"),
)
async def get_calendar(
    services: TheServices,
    principal: ContentReader,
    since: Annotated[Day | None, Query(description="The first day, such as 2027-01-01.")] = None,
    until: Annotated[Day | None, Query(description="The last day.")] = None,
    from_: Annotated[
        Day | None, Query(alias="from", deprecated=True, description="The former name of `since`.")
    ] = None,
    to: Annotated[Day | None, Query(deprecated=True, description="The former name of `until`.")] = None,
    timezone: Annotated[ZoneName, Query(description="The IANA time zone of the days.")] = "UTC",
    brand_ref: BrandFilter = None,
    status: Annotated[list[ContentStatus] | None, Query(description="Only with one of these statuses.")] = None,
    channel: Annotated[list[ChannelName] | None, Query(description="Only on one of these networks.")] = None,
    account_id: Annotated[str | None, Query(alias="accountId", description="Only on this account.")] = None,
    per_day: Annotated[int, Query(alias="perDay", ge=0, le=100, description="At most this many posts per day.")] = 10,
    coming_first: Annotated[
        bool, Query(alias="comingFirst", description="Today's posts that are still to come before those that were due.")
    ] = False,
) -> CalendarView:
    """Posts by the day on which they are due, for at most two months."""
    days = _days(one_of("since", since, "from", from_), one_of("until", until, "to", to))
    zone = ZoneInfo(timezone)
    brand = await brand_filter(brand_ref, principal, services)
    wanted = DueFilter(
        Brands(brand, principal.leaves_out_tests),
        [each.value for each in status or ()],
        [each.value for each in channel or ()],
        await object_filter(account_id, Prefix.ACCOUNT, principal, services),
    )
    edges = [datetime.combine(day, time(), zone) for day in (*days, days[-1] + timedelta(days=1))]
    async with services.database.read() as session:
        find = due_days if not coming_first else partial(due_days_coming_first, now=services.clock.now())
        found = await find(session, wanted, edges, per_day)
    return CalendarView(
        timezone=timezone,
        days=tuple(
            CalendarDay(date=day, total=due.total, contents=due.contents) for day, due in zip(days, found, strict=True)
        ),
    )


def _days(first: date | None, last: date | None) -> list[date]:
    """Every day from the first to the last. ProblemError 422 for none, too many, and those at the calendar's ends."""
    if first is None or last is None:
        names = [name for name, day in (("since", first), ("until", last)) if day is None]
        raise refused(
            [Problem(pointer=f"?{name}", code="MISSING_FIELD", message="is needed", rule="missing") for name in names]
        )
    code, message = None, ""
    if last < first:
        code, message = "RANGE_EMPTY", "until is not before since"
    elif last - first >= LONGEST:
        code, message = "RANGE_TOO_LONG", f"at most {LONGEST.days} days at a time"
    elif first.year < 2 or last.year > 9998:
        code, message = "TIME_FORMAT", "is outside the calendar"
    if code:
        raise refused([Problem(pointer="?until", code=code, message=message, rule=code.lower())])
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
