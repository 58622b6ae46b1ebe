"""Series: posts that come again by a rule, each made once, and none of them in a burst."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from munadi.db.tables import SeriesRow
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.publishing import occurrences
from munadi.publishing.occurrences import OccurrenceMaker
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem

pytestmark = pytest.mark.each_database
# START is Tuesday, 2026-12-01, 09:00 UTC.
DAILY: dict[str, Any] = {
    "brandRef": "acme",
    "rrule": "FREQ=DAILY",
    "start": "2026-12-01T10:00",
    "timezone": "UTC",
    "content": {"text": "Good morning", "channels": ["bluesky"]},
}


def maker(api: ApiHarness) -> OccurrenceMaker:
    return OccurrenceMaker(api.services.database, api.services.posts, api.clock)


async def create(api: ApiHarness, **changes: Any) -> dict[str, Any]:
    return await api.create("/v1/series", DAILY | changes)


async def make(api: ApiHarness) -> None:
    """Rounds of the worker until nothing is left to make."""
    while await maker(api).make_due():
        pass


async def posts(api: ApiHarness, **filters: Any) -> list[dict[str, Any]]:
    """All posts of `acme`, by time."""
    found = await api.read_list("/v1/contents", params={"brandRef": "acme", "limit": 100, **filters})
    return sorted(found, key=lambda post: (post["scheduledAt"], post["id"]))


async def series(api: ApiHarness, series_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await api.read(f"/v1/series/{series_id}")
    return found


async def test_occurrences_are_ordinary_posts_made_two_weeks_ahead_with_texts_in_turn(api: ApiHarness) -> None:
    made = await create(api, variants=["one", "two", "three"])
    assert (made["status"], made["version"], made["upcoming"][0]["contentId"]) == ("active", 1, None)
    await make(api)
    found = await posts(api)
    assert [post["occurrence"] for post in found] == [f"2026-12-{day:02}" for day in range(1, 16)][:14]
    assert [post["text"] for post in found[:4]] == ["one", "two", "three", "one"]
    assert {(post["seriesId"], post["timezone"], post["scheduledAt"][10:]) for post in found} == {
        (made["id"], "UTC", "T10:00:00Z")
    }
    await make(api)
    assert len(await posts(api)) == 14, "a further round makes nothing"
    assert (await series(api, made["id"]))["upcoming"][0]["contentId"] == found[0]["id"]
    api.clock.ahead = timedelta(days=1)
    await make(api)
    assert len(await posts(api)) == 15


async def test_many_makers_make_each_date_once(api: ApiHarness) -> None:
    await create(api)
    await asyncio.gather(*(maker(api).make_due() for _ in range(5)))
    await make(api)
    dates = [post["occurrence"] for post in await posts(api)]
    assert len(dates) == len(set(dates)) == 14


async def test_a_date_that_was_noted_nowhere_is_not_made_twice(api: ApiHarness) -> None:
    """As after a restore of the series alone: the posts themselves keep a date to one."""
    made = await create(api)
    await make(api)
    async with api.services.database.write() as session:
        row = await session.get(SeriesRow, made["id"])
        assert row is not None
        row.made_through, row.next_at = row.made_through - timedelta(days=20), api.clock.now()
    await make(api)
    assert len(await posts(api)) == 14


async def test_after_an_outage_what_has_passed_is_counted_and_not_sent(api: ApiHarness) -> None:
    made = await create(api, rrule="FREQ=DAILY;COUNT=40")
    api.clock.ahead = timedelta(days=30, hours=2)
    await make(api)
    found = await posts(api)
    assert (await series(api, made["id"]))["missed"] == 31
    assert [post["occurrence"] for post in found] == [f"2027-01-0{day}" for day in range(1, 10)]


async def test_what_was_made_ahead_of_an_outage_leaves_one_post_to_publish(api: ApiHarness) -> None:
    """On the day on which clocks go forward the next one is due after 23 hours: then this one's time has ended."""
    await create(api, start="2027-03-25T09:00", timezone="Europe/Berlin")
    api.clock.ahead = timedelta(days=105)
    await make(api)
    found = await posts(api)
    assert all(one["publishBy"] <= other["scheduledAt"] for one, other in pairwise(found))
    assert {post["scheduledAt"][11:16] for post in found} == {"08:00", "07:00"}, "09:00 on clocks there"


async def test_a_series_ends_with_its_rule_and_with_an_event(api: ApiHarness) -> None:
    made = await create(api, rrule="FREQ=DAILY;COUNT=2")
    await make(api)
    assert (await series(api, made["id"]))["status"] == "active", "its last post is still to come"
    api.clock.ahead = timedelta(days=2)
    await make(api)
    ended = await series(api, made["id"])
    assert (ended["status"], ended["endedAs"], ended["upcoming"]) == ("ended", "finished", [])
    [event] = await api.read_list("/v1/events", params={"type": "series.ended", "brandRef": "acme"})
    assert (event["status"], event["data"]["series"]["id"]) == ("finished", made["id"])
    assert len(await posts(api)) == 2


async def test_a_change_makes_the_posts_that_wait_again_and_leaves_what_was_changed_by_itself(api: ApiHarness) -> None:
    made = await create(api)
    await make(api)
    first, second, third, *_ = await posts(api)
    assert (await api.edit(second["id"], {"text": "Only today"})).status_code == 200
    assert (await api.change(third["id"], "cancel")).status_code == 200
    changes = {"content": {"text": "Good evening", "channels": ["bluesky"]}, "start": "2026-12-01T18:00"}
    answer = await api.patch(f"/v1/series/{made['id']}", changes)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    await make(api)
    now = {post["occurrence"]: post for post in await posts(api, status="accepted")}
    assert (now["2026-12-01"]["text"], now["2026-12-01"]["scheduledAt"][11:16]) == ("Good evening", "18:00")
    assert now["2026-12-01"]["id"] != first["id"]
    assert (now["2026-12-02"]["id"], now["2026-12-02"]["text"]) == (second["id"], "Only today")
    assert "2026-12-03" not in now, "a person canceled that date"
    assert len(now) == 13
    assert {post["text"] for date, post in now.items() if date != "2026-12-02"} == {"Good evening"}
    expect_errors(await api.patch(f"/v1/series/{made['id']}", {"rrule": "FREQ=HOURLY"}), "/rrule")
    assert (await series(api, made["id"]))["version"] == 2


async def test_a_stopped_series_makes_nothing_more_and_cancels_when_asked(api: ApiHarness) -> None:
    made, other = await create(api), await create(api, start="2026-12-01T11:00", variants=["another"])
    await make(api)
    assert (await api.delete(f"/v1/series/{made['id']}")).status_code == 204
    assert (await api.delete(f"/v1/series/{other['id']}?cancel=true")).status_code == 204
    assert (await api.delete(f"/v1/series/{other['id']}")).status_code == 204
    api.clock.ahead = timedelta(days=3)
    await make(api)
    states = {(post["seriesId"], post["status"]) for post in await posts(api)}
    assert states == {(made["id"], "accepted"), (other["id"], "canceled")}
    assert [(await series(api, each))["endedAs"] for each in (made["id"], other["id"])] == ["stopped", "stopped"]
    assert len(await api.read_list("/v1/events", params={"type": "series.ended", "brandRef": "acme"})) == 2
    expect_problem(await api.patch(f"/v1/series/{made['id']}", {"rrule": "FREQ=WEEKLY"}), 409, "SERIES_ENDED")


async def test_nothing_is_made_for_a_series_that_ended_or_changed_while_its_post_was_checked(
    api: ApiHarness,
) -> None:
    made = await create(api)
    async with api.services.database.read() as session:
        known = await session.get(SeriesRow, made["id"])
        assert known is not None
    assert (await api.delete(f"/v1/series/{made['id']}?cancel=true")).status_code == 204
    with pytest.raises(occurrences.SeriesChanged):
        await maker(api)._advance(known)
    assert await api.count() == 0


async def test_a_refused_occurrence_is_tried_again_until_its_time_and_says_why(api: ApiHarness) -> None:
    made = await create(api)
    [account] = [each for each in await api.read_list("/v1/accounts?brandRef=acme") if each["channel"] == "bluesky"]
    assert (await api.delete(f"/v1/accounts/{account['id']}")).status_code == 204
    await make(api)
    told = await series(api, made["id"])
    assert [each["pointer"] for each in told["problems"]] == ["/content/channels/0"]
    assert await api.count() == 0
    await api.add_account(ChannelName.BLUESKY)
    api.clock.ahead = timedelta(minutes=11)
    await make(api)
    assert (await series(api, made["id"]))["problems"] == []
    assert len(await posts(api)) == 14


async def test_a_repeated_request_makes_one_series_and_bad_ones_name_what_is_wrong(api: ApiHarness) -> None:
    first = await api.post("/v1/series", DAILY, idempotency_key="once")
    again = await api.post("/v1/series", DAILY, idempotency_key="once")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert await api.count(SeriesRow) == 1

    async def refused(*expected: Any, **changes: Any) -> None:
        body = {name: value for name, value in (DAILY | changes).items() if value is not ...}
        expect_errors(await api.post("/v1/series", body), *expected)

    await refused(("/rrule", "RRULE_REFUSED"), rrule="FREQ=MINUTELY")
    await refused(("/timezone", "TIMEZONE_UNKNOWN"), timezone="Mars/Olympus")
    await refused("/start", start="soon")
    await refused(("/start", "TIME_BEYOND_HORIZON"), start="0001-01-01T09:00")
    await refused(("/start", "TIME_FORMAT"), start="2026-12-02T09:00:30")
    await refused(("/rrule", "RRULE_REFUSED"), rrule="FREQ=DAILY;COUNT=1", start="2026-11-30T09:00")
    await refused(("/brandRef", "BRAND_UNKNOWN"), brandRef="nobody")
    await refused("/content/text", content={"text": "x" * 400, "channels": ["bluesky"]})
    await refused("/variants/1", variants=["fine", "x" * 400])
    await refused("/content/channels/0/channel", content={"text": "x", "channels": ["nowhere"]})
    url = {"url": "https://example.com/a.jpg"}
    await refused(
        ("/content/media/0/url", "MEDIA_NEEDS_ID"), content={"text": "x", "channels": ["bluesky"], "media": [url]}
    )
    for wrong in ({"scheduledAt": "2027-01-01T00:00:00Z"}, {"slot": "next"}, {"brandRef": "acme"}):
        name = next(iter(wrong))
        await refused((f"/content/{name}", "UNKNOWN_FIELD"), content={"text": "x", "channels": ["bluesky"], **wrong})
    await refused("/rrule", rrule=7)
    await refused("/content", content=...)
    assert await api.count(SeriesRow) == 1
    capped = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme", caps=KeyCaps(posts_per_day=1))
    expect_problem(await api.post("/v1/series", DAILY, key=capped), 403, "KEY_CAP")


async def test_a_file_of_a_series_is_kept_until_it_ends(api: ApiHarness) -> None:
    media = await api.uploaded()
    made = await create(api, rrule="FREQ=YEARLY", start="2027-06-01T09:00", content={
        "text": "x", "channels": ["bluesky"], "media": [media]})  # fmt: skip
    expect_problem(await api.delete(f"/v1/media/{media['id']}"), 409)
    assert (await api.delete(f"/v1/series/{made['id']}")).status_code == 204
    assert (await api.delete(f"/v1/media/{media['id']}")).status_code == 204


async def test_posts_of_a_series_wait_for_an_approval_where_the_brand_wants_that(api: ApiHarness) -> None:
    assert (await api.patch("/v1/brands/acme", {"approval": "always"})).status_code == 200
    await create(api, rrule="FREQ=DAILY;COUNT=1")
    await make(api)
    [post] = await posts(api)
    assert post["publications"][0]["hold"]["reason"] == "APPROVAL"
