"""The calendar: each content on the day and at the hour that its brand's own zone shows."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import event

from api.dashboard import calendar
from api.dashboard.calendar import Span
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus as S
from tests.api.browsing import Visitor, visiting
from tests.api.changing import walk
from tests.api.desk import Desk
from tests.api.markup import faults

KOLKATA = {"timezone": "Asia/Kolkata"}


def days(page: str) -> dict[str, str]:
    """Each day's part of a page."""
    parts = re.split(r'<li class="day[^"]*" id="day-', page)[1:]
    return {part[:10]: part for part in parts}


@given(some.dates(date(2001, 1, 1), date(2900, 1, 1)), some.sampled_from(["month", "week", "day"]))
def test_a_span_is_whole_weeks_around_its_day(day: date, view: calendar.View) -> None:
    span = Span.around(day, view)
    found = span.days(day)
    if view != "day":
        assert (found[0].on.weekday(), found[-1].on.weekday()) == (0, 6)
    assert [each.on for each in found if each.today] == [day]
    inside = {each.on.replace(day=1) for each in found if not each.outside}
    assert day.replace(day=1) in inside
    assert len(found) in {"month": range(28, 43), "week": (7,), "day": (1,)}[view]
    assert Span.around(span.after, view).before in [each.on for each in found]
    assert Span.around(span.before, view).after in [each.on for each in found]


async def test_contents_stand_on_the_days_of_the_brands_zone(small_desk: Desk, visitor: Visitor) -> None:
    await small_desk.client.patch("/v1/brands/acme", json=KOLKATA)
    early = await small_desk.accept(text="Late in UTC", scheduledAt="2026-12-03T20:00:00Z")
    later = await small_desk.accept(text="<b>Morning</b>\nsecond line", scheduledAt="2026-12-04T03:30:00Z")
    page = await visitor.page("/calendar?brandRef=acme&date=2026-12-10")
    assert faults(page) == []
    found = days(page)
    assert min(found) == "2026-11-30"
    assert max(found) == "2027-01-03"
    assert early["id"] not in found["2026-12-03"]
    fourth = found["2026-12-04"]
    assert fourth.index(early["id"]) < fourth.index(later["id"])
    assert 'data-local="2026-12-04T01:30:00"' in fourth
    assert "</svg>\n09:00<span" in fourth
    assert "&lt;b&gt;Morning&lt;/b&gt;" in fourth
    assert "second line" not in fourth
    assert "Times are in Asia/Kolkata" in page


async def test_what_a_view_has_no_room_for_is_counted_and_shown_closer(small_desk: Desk, visitor: Visitor) -> None:
    made = [await small_desk.accept(scheduledAt=f"2026-12-08T{hour:02}:00:00Z") for hour in range(10, 17)]
    page = await visitor.page("/calendar?brandRef=acme&date=2026-12-10")
    assert sum(f'data-entry="{each["id"]}"' in page for each in made) == 4
    day = days(page)["2026-12-08"]
    assert "3 more" in day
    closer = day.partition('class="more" href="')[2].partition('"')[0].replace("&amp;", "&")
    page = await visitor.page(closer)
    assert len(days(page)) == 7
    assert all(f'data-entry="{each["id"]}"' in page for each in made)
    assert list(days(await visitor.page("/calendar?brandRef=acme&view=day&date=2026-12-08"))) == ["2026-12-08"]


async def test_only_what_waits_can_be_moved_and_only_by_who_may(small_desk: Desk, visitor: Visitor) -> None:
    waits = await small_desk.accept(scheduledAt="2026-12-08T10:00:00Z")
    over = await small_desk.accept(scheduledAt="2026-12-08T11:00:00Z")
    await walk(small_desk, over["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    page = await visitor.page("/calendar?brandRef=acme")
    assert page.count("data-movable") == 1
    assert f'data-entry="{waits["id"]}" data-version="1"' in page
    assert "The network has published it." in page
    key = await small_desk.key_text(Scope.CONTENTS_READ)
    async with visiting(small_desk.app, key) as reader:
        page = await reader.page("/calendar?brandRef=acme")
    assert waits["id"] in page
    assert "data-movable" not in page
    assert 'class="add"' not in page


async def test_the_number_of_queries_does_not_grow_with_contents(small_desk: Desk, visitor: Visitor) -> None:
    async def queries() -> int:
        told: list[str] = []
        engine = small_desk.services.database._reader.sync_engine
        listener = lambda *given: told.append(given[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        try:
            await visitor.page("/calendar?brandRef=acme&date=2026-12-10")
        finally:
            event.remove(engine, "before_cursor_execute", listener)
        return len(told)

    await small_desk.accept(scheduledAt="2026-12-08T10:00:00Z")
    few = await queries()
    for minute in range(40):
        await small_desk.accept(scheduledAt=f"2026-12-09T10:{minute:02}:00Z")
    assert await queries() == few > 0


async def test_odd_addresses_are_no_mistakes_of_ours(visitor: Visitor) -> None:
    for query in ("date=0001-01-01", "date=9999-12-31&view=week", "brandRef=nosuch", "view=month&date=2024-02-29"):
        assert "Calendar" in await visitor.page(f"/calendar?{query}")
    for query in ("date=yesterday", "view=year"):
        answer = await visitor.client.get(f"/calendar?{query}")
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("text/html")
