"""The calendar, over the API and in the dashboard: each post on its day in a zone, and how many are not shown."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from api.dashboard.calendar_days import Span, View
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus as S
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.db.seeding import START

PAGE = "/calendar?brandRef=acme"


async def read_days(api: ApiHarness, key: str | None = None, **query: Any) -> list[dict[str, Any]]:
    """The days of December for `acme`."""
    params = {"from": "2026-12-01", "to": "2026-12-31", "brandRef": "acme"} | query
    days: list[dict[str, Any]] = (await api.read("/v1/calendar", params=params, key=key))["days"]
    return days


def filled(days: list[dict[str, Any]]) -> dict[str, tuple[int, list[str]]]:
    """The number of posts and the shown ones, for each day that has some."""
    return {day["date"]: (day["total"], [content["id"] for content in day["contents"]]) for day in days if day["total"]}


@pytest.mark.each_database
async def test_days_are_those_of_the_zone(api: ApiHarness) -> None:
    first, second = [await api.submit(scheduledAt=f"2026-12-03T18:{time}Z") for time in ("29:59", "30:00")]
    kolkata = await read_days(api, timezone="Asia/Kolkata")
    assert filled(kolkata) == {"2026-12-03": (1, [first["id"]]), "2026-12-04": (1, [second["id"]])}
    assert [day["date"] for day in kolkata] == [f"2026-12-{day:02}" for day in range(1, 32)]
    assert filled(await read_days(api)) == {"2026-12-03": (2, [first["id"], second["id"]])}
    assert kolkata[2]["contents"][0] == await api.read_content(first["id"])


@pytest.mark.each_database
async def test_the_first_posts_of_a_day_are_shown_and_all_are_counted(api: ApiHarness) -> None:
    made = [(await api.submit(scheduledAt=f"2026-12-05T{hour:02}:00:00Z"))["id"] for hour in (12, 10, 11, 10, 9)]
    other = await api.submit(scheduledAt="2026-12-06T09:00:00Z")
    by_time = [made[4], *sorted((made[1], made[3])), made[2], made[0]]
    for per_day in (0, 1, 3, 100):
        found = filled(await read_days(api, perDay=per_day))
        assert found == {"2026-12-05": (5, by_time[:per_day]), "2026-12-06": (1, [other["id"]][:per_day])}


@pytest.mark.each_database
async def test_a_foreign_brand_looks_like_one_that_does_not_exist(api: ApiHarness) -> None:
    for brand_ref in ("acme", "rival"):
        theirs = await api.submit(brandRef=brand_ref, scheduledAt="2026-12-05T09:00:00Z")
    key = await api.key(Scope.CONTENTS_READ, brand_ref="rival")
    for brand_ref in ("acme", "nosuch", ""):
        query = {"from": "2026-12-05", "to": "2026-12-05", "brandRef": brand_ref}
        expect_problem(await api.get("/v1/calendar", params=query, key=key), 404, "NOT_FOUND")
    own = (await api.read("/v1/calendar?since=2026-12-05&until=2026-12-05", key=key))["days"]
    assert filled(own) == filled(await read_days(api, brandRef="rival")) == {"2026-12-05": (1, [theirs["id"]])}


async def test_a_day_that_a_zone_left_out_is_empty(api: ApiHarness) -> None:
    """Samoa had no 30 December 2011."""
    days = await read_days(api, **{"from": "2011-12-29", "to": "2011-12-31"}, timezone="Pacific/Apia")
    assert [(day["date"], day["total"]) for day in days] == [(f"2011-12-{day}", 0) for day in (29, 30, 31)]


@given(some.dates(date(2001, 1, 1), date(2900, 1, 1)), some.sampled_from(["month", "week", "day"]))
def test_a_span_is_whole_weeks_around_its_day(day: date, view: View) -> None:
    span = Span.around(day, view)
    found = span.days(day)
    if view != "day":
        assert (found[0].on.weekday(), found[-1].on.weekday()) == (0, 6)
    assert [each.on for each in found if each.today] == [day]
    assert day.replace(day=1) in {each.on.replace(day=1) for each in found if not each.outside}
    assert len(found) in {"month": range(28, 43), "week": (7,), "day": (1,)}[view]
    assert Span.around(span.after, view).before in [each.on for each in found]
    assert Span.around(span.before, view).after in [each.on for each in found]


def parts_by_day(page: str) -> dict[str, str]:
    """Each day's part of a page."""
    parts = re.split(r'<li class="day[^"]*" id="day-', page)[1:]
    return {part[:10]: part for part in parts}


async def test_posts_stand_on_the_days_of_the_brands_zone(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    early = await api.submit(text="Late in UTC", scheduledAt="2026-12-03T20:00:00Z")
    later = await api.submit(text="<b>Morning</b>\nsecond line", scheduledAt="2026-12-04T03:30:00Z")
    page = await dashboard.page(f"{PAGE}&date=2026-12-10")
    assert faults(page) == []
    assert "Asia/Kolkata (UTC+05:30)</span></p>" in page
    found = parts_by_day(page)
    assert (min(found), max(found)) == ("2026-11-30", "2027-01-03")
    assert early["id"] not in found["2026-12-03"]
    fourth = found["2026-12-04"]
    assert fourth.index(early["id"]) < fourth.index(later["id"])
    for words in ('data-local="2026-12-04T01:30:00"', "</svg>09:00<span", "&lt;b&gt;Morning&lt;/b&gt;"):
        assert words in fourth
    assert "second line" not in fourth


async def test_a_phone_sees_the_days_beside_the_month(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.submit(scheduledAt="2027-01-02T09:00:00Z")
    page = await dashboard.page(f"{PAGE}&date=2026-12-10")
    days = re.findall(r'class="(glance-day[^"]*)"(?: href="([^"]*)")?', page)
    assert (len(days), sum("neighbour" in name for name, _ in days)) == (35, 4)
    assert days[33] == ("glance-day filled neighbour", "#day-2027-01-02")
    assert 'id="day-2027-01-02"' in page


async def test_posts_without_room_are_counted_and_shown_on_a_closer_page(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    made = [await api.submit(scheduledAt=f"2026-12-08T{hour:02}:00:00Z") for hour in range(10, 17)]
    page = await dashboard.page(f"{PAGE}&date=2026-12-10")
    assert sum(f'data-entry="{each["id"]}"' in page for each in made) == 4
    day = parts_by_day(page)["2026-12-08"]
    assert "3 more" in day
    closer = day.partition('class="more" href="')[2].partition('"')[0].replace("&amp;", "&")
    page = await dashboard.page(closer)
    assert len(parts_by_day(page)) == 7
    assert all(f'data-entry="{each["id"]}"' in page for each in made)
    assert list(parts_by_day(await dashboard.page(f"{PAGE}&view=day&date=2026-12-08"))) == ["2026-12-08"]


async def test_only_waiting_posts_can_be_moved_and_only_with_the_scope(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    waits, over = [await api.submit(scheduledAt=f"2026-12-08T{hour}:00:00Z") for hour in (10, 11)]
    await api.move(over["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    page = await dashboard.page(PAGE)
    assert page.count("data-movable") == 1
    assert f'data-entry="{waits["id"]}" data-version="1"' in page
    assert "The network has published it." in page
    async with api.dashboard(await api.key(Scope.CONTENTS_READ)) as reader:
        page = await reader.page(PAGE)
    assert waits["id"] in page
    assert not [words for words in ("data-movable", 'class="add"') if words in page]


async def test_odd_addresses_are_no_server_errors(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    for query in ("date=0001-01-01", "date=9999-12-31&view=week", "brandRef=nosuch", "view=month&date=2024-02-29"):
        assert "Calendar" in await dashboard.page(f"/calendar?{query}")
    for query in ("date=yesterday", "view=year"):
        answer = await dashboard.get(f"/calendar?{query}")
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.each_database
async def test_what_is_still_to_come_today_is_shown_first(api: ApiHarness) -> None:
    today, hours = START.date().isoformat(), (1, 2, 3)
    coming = [(await api.submit(scheduledAt=(START + timedelta(hours=hour)).isoformat()))["id"] for hour in hours]
    tomorrow = await api.submit(scheduledAt=(START + timedelta(days=1)).isoformat())
    api.clock.ahead = timedelta(hours=2)
    for per_day, expected in ((1, coming[1:2]), (3, [coming[1], coming[2], coming[0]])):
        query = {"from": today, "to": "2026-12-31", "perDay": per_day, "comingFirst": True}
        found = filled(await read_days(api, **query))
        assert found == {today: (3, expected), (START + timedelta(days=1)).date().isoformat(): (1, [tomorrow["id"]])}
    assert filled(await read_days(api, perDay=1))[today] == (3, coming[:1]), "only if it is asked for"


def hours_in(part: str) -> dict[str, str]:
    """Each hour's part of a day."""
    found = re.split(r'<li class="hour[^"]*" data-key="\d+" data-at="', part.partition("</section>")[0])[1:]
    return {each[:16]: each for each in found}


async def test_weeks_and_days_have_hours_with_a_line_at_the_present(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    made = await api.submit(text="At half past nine", scheduledAt="2026-12-02T04:00:00Z")
    here = START.astimezone(ZoneInfo("Asia/Kolkata"))
    for view, count in (("week", 7), ("day", 1)):
        page = await dashboard.page(f"{PAGE}&view={view}&date=2026-12-02")
        assert faults(page) == []
        days = parts_by_day(page)
        assert len(days) == count
        hours = hours_in(days["2026-12-02"])
        assert len(hours) == 24
        assert [at for at, part in hours.items() if made["id"] in part] == ["2026-12-02T09:00"]
        assert 'href="/compose?brandRef=acme&amp;date=2026-12-02&amp;at=11:00"' in hours["2026-12-02T11:00"]
    today = hours_in(parts_by_day(await dashboard.page(f"{PAGE}&view=day"))[here.date().isoformat()])
    assert [at for at, part in today.items() if "now-line" in part] == [f"{here:%Y-%m-%dT%H}:00"]
    assert [at for at, part in today.items() if 'class="slot"' in part] == [
        at for at in today if at[11:13] >= f"{here:%H}"
    ]


@pytest.mark.parametrize(("day", "missing"), [("2027-03-28", "2027-03-28T02:00"), ("2026-12-10", None)])
async def test_an_hour_that_the_clock_skips_cannot_be_chosen(
    api: ApiHarness, dashboard: DashboardBrowser, day: str, missing: str | None
) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Europe/Berlin"})
    hours = hours_in(parts_by_day(await dashboard.page(f"{PAGE}&view=day&date={day}"))[day])
    assert [at for at, part in hours.items() if 'class="slot"' not in part] == ([missing] if missing else [])


async def test_all_brands_are_shown_together_and_side_by_side(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    at = "2026-12-08T10:00:00Z"
    posts = {ref: await api.submit(brandRef=ref, text=f"Of {ref}", scheduledAt=at) for ref in ("acme", "rival")}
    for view in ("month", "week"):
        page = await dashboard.page(f"/calendar?brandRef=&view={view}&date=2026-12-08")
        assert faults(page) == []
        day = parts_by_day(page)["2026-12-08"]
        for ref, post in posts.items():
            assert post["id"] in day
            assert f"<strong>{ref}</strong>" in day
    page = await dashboard.page("/calendar?brandRef=&view=day&date=2026-12-08")
    assert faults(page) == []
    columns = re.split(r'id="day-2026-12-08-', page)[1:]
    assert [column.partition('"')[0] for column in columns] == ["acme", "rival"]
    for (ref, post), column in zip(posts.items(), columns, strict=True):
        assert [each["id"] in column for each in posts.values()] == [each is post for each in posts.values()]
        assert f"/compose?brandRef={ref}&amp;date=2026-12-08&amp;at=12:00" in column
    page = await dashboard.page("/calendar?brandRef=&view=day&date=2026-12-08&beside=rival")
    assert (posts["rival"]["id"] in page, posts["acme"]["id"] in page) == (True, False)
    key = await api.key(Scope.CONTENTS_READ, brand_ref="rival")
    async with api.dashboard(key) as rival:
        for view in ("month", "week", "day"):
            page = await rival.page(f"/calendar?view={view}&date=2026-12-08&beside=acme")
            assert (posts["rival"]["id"] in page, posts["acme"]["id"] in page) == (True, False)


@pytest.mark.parametrize(
    ("query", "when"),
    [
        ("date=2026-12-08&at=07:00", "2026-12-08T07:00"),
        ("date=2026-12-08", "2026-12-08T09:00"),
        ("date=2026-11-30&at=00:00", "2026-12-01T"),
    ],
)
async def test_compose_opens_with_the_chosen_hour(dashboard: DashboardBrowser, query: str, when: str) -> None:
    page = await dashboard.page(f"/compose?brandRef=acme&{query}")
    field = re.search(r'<input[^>]*id="at"[^>]*>', page)
    assert field
    assert f'value="{when}' in field[0]
