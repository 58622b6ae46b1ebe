"""The calendar of contents: each on the day of a zone that it is due, with the number of those that are not shown."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.key import Scope
from tests.api.desk import Desk

CALENDAR = "/v1/calendar"


async def read(desk: Desk, headers: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
    asked = {"from": "2026-12-01", "to": "2026-12-31", "brandRef": "acme"} | query
    answer = await desk.client.get(CALENDAR, params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def filled(calendar: dict[str, Any]) -> dict[str, tuple[int, list[str]]]:
    return {
        day["date"]: (day["total"], [content["id"] for content in day["contents"]])
        for day in calendar["days"]
        if day["total"]
    }


async def test_days_are_those_of_the_zone(desk: Desk) -> None:
    first = await desk.accept(scheduledAt="2026-12-03T18:29:59Z")
    second = await desk.accept(scheduledAt="2026-12-03T18:30:00Z")
    kolkata = await read(desk, timezone="Asia/Kolkata")
    assert filled(kolkata) == {"2026-12-03": (1, [first["id"]]), "2026-12-04": (1, [second["id"]])}
    assert [day["date"] for day in kolkata["days"]] == [f"2026-12-{day:02}" for day in range(1, 32)]
    assert filled(await read(desk)) == {"2026-12-03": (2, [first["id"], second["id"]])}
    assert kolkata["days"][2]["contents"][0] == await desk.read(first["id"])


async def test_a_days_first_contents_are_shown_and_all_are_counted(desk: Desk) -> None:
    made = [(await desk.accept(scheduledAt=f"2026-12-05T{hour:02}:00:00Z"))["id"] for hour in (12, 10, 11, 10, 9)]
    other = await desk.accept(scheduledAt="2026-12-06T09:00:00Z")
    by_time = [made[4], *sorted((made[1], made[3])), made[2], made[0]]
    for per_day in (0, 1, 3, 100):
        found = filled(await read(desk, perDay=per_day))
        assert found == {"2026-12-05": (5, by_time[:per_day]), "2026-12-06": (1, [other["id"]][:per_day])}


async def test_another_brand_is_like_one_without_contents(desk: Desk) -> None:
    await desk.accept(scheduledAt="2026-12-05T09:00:00Z")
    theirs = await desk.accept(brandRef="rival", scheduledAt="2026-12-05T09:00:00Z")
    key = await desk.key(Scope.CONTENTS_READ, brand_ref="rival")
    assert filled(await read(desk, key)) == {}
    assert await read(desk, key) == await read(desk, key, brandRef="nosuch")
    assert filled(await read(desk, key, brandRef="")) == {}
    own = (await desk.client.get(f"{CALENDAR}?from=2026-12-05&to=2026-12-05", headers=key)).json()
    assert filled(own) == {"2026-12-05": (1, [theirs["id"]])}
    assert filled(await read(desk, brandRef="rival")) == {"2026-12-05": (1, [theirs["id"]])}


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("from=2026-12-02&to=2026-12-01", "?to", "RANGE_EMPTY"),
        ("from=2026-12-01&to=2027-02-01", "?to", "RANGE_TOO_LONG"),
        ("from=0001-01-01&to=0001-01-02", "?to", "TIME_FORMAT"),
        ("from=9999-12-30&to=9999-12-31", "?to", "TIME_FORMAT"),
        ("from=2026-12-01", "?to", "MISSING_FIELD"),
        ("from=2026-12-01&to=2026-12-02&timezone=Mars/Base", "?timezone", "TIMEZONE_UNKNOWN"),
        ("from=2026-12-01&to=2026-12-02&perDay=101", "?perDay", "INVALID_FIELD"),
    ],
)
async def test_what_cannot_be_shown_is_refused(small_desk: Desk, query: str, pointer: str, code: str) -> None:
    answer = await small_desk.client.get(f"{CALENDAR}?{query}")
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


async def test_a_day_that_a_zone_left_out_is_empty(small_desk: Desk) -> None:
    """Samoa had no 30 December 2011."""
    days = (await read(small_desk, **{"from": "2011-12-29", "to": "2011-12-31"}, timezone="Pacific/Apia"))["days"]
    assert [(day["date"], day["total"]) for day in days] == [
        ("2011-12-29", 0), ("2011-12-30", 0), ("2011-12-31", 0)
    ]  # fmt: skip
