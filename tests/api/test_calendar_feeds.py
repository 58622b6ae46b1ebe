"""Secret addresses of a brand's calendar: shown once, stored as a hash, read without a key, and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlmodel import col, delete, select, update

from munadi.db.brands import calendar_feeds as feeds
from munadi.db.tables import CalendarFeedRow, KeyRow
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus as S
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.db.seeding import START
from tests.support.icalendar import Calendar, read_calendar, unescape

PATH = "/v1/brands/acme/calendar-feeds"


async def subscribe(api: ApiHarness) -> tuple[str, str]:
    """A new address: its id and its path."""
    made = await api.create(PATH, None)
    return made["id"], urlsplit(made["url"]).path


async def read(api: ApiHarness, path: str) -> Calendar:
    """What a calendar program, which has no key, gets."""
    answer = await api.client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return read_calendar(answer.content)


@pytest.mark.each_database
async def test_a_calendar_program_reads_the_posts(api: ApiHarness) -> None:
    await api.patch("/v1/brands/acme", {"name": "Acme; Stores", "timezone": "Asia/Kolkata"})
    waits = await api.submit(text="Tea, at five;\nthen\\cake 🍰" + "!" * 90, scheduledAt="2026-12-08T10:00:00Z")
    out, gone = [await api.submit(scheduledAt=f"2026-12-08T1{hour}:00:00Z") for hour in (1, 2)]
    await api.move(out["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    await api.create(f"/v1/contents/{gone['id']}/cancel", None)
    await api.submit(brandRef="rival", text="Of a rival", scheduledAt="2026-12-08T10:00:00Z")
    _, path = await subscribe(api)
    found = await read(api, path)
    assert unescape(found.properties["X-WR-CALNAME"]) == "Acme; Stores · Munadi"
    states = {event["UID"]: event["STATUS"] for event in found.events}
    assert states == {waits["id"]: "TENTATIVE", out["id"]: "CONFIRMED", gone["id"]: "CANCELLED"}
    [tea] = [event for event in found.events if event["UID"] == waits["id"]]
    assert unescape(tea["SUMMARY"]) == "Tea, at five; (Bluesky)"
    assert waits["text"] in unescape(tea["DESCRIPTION"])
    assert (tea["DTSTART"], tea["DTEND"]) == ("20261208T100000Z", "20261208T101500Z")
    assert tea["URL"].endswith(f"/contents/{waits['id']}")
    moved = {"scheduledAt": "2026-12-09T10:00:00Z"}
    await api.create(f"/v1/contents/{waits['id']}/reschedule", moved)
    [after] = [event for event in (await read(api, path)).events if event["UID"] == waits["id"]]
    assert (after["DTSTART"], int(after["SEQUENCE"]) > int(tea["SEQUENCE"])) == ("20261209T100000Z", True)


async def test_the_secret_is_stored_as_a_hash_and_ends_when_it_is_revoked(api: ApiHarness) -> None:
    (first, path), (second, other) = await subscribe(api), await subscribe(api)
    async with api.services.database.read() as session:
        rows = (await session.exec(select(CalendarFeedRow))).all()
    secret = path.removeprefix("/feeds/").removesuffix(".ics")
    assert len(secret) == 43
    assert [row.id for row in rows] == [first, second]
    assert not any(secret in str(row.model_dump()) for row in rows)
    listed = await api.read(PATH)
    assert [sorted(feed) for feed in listed["data"]] == [["brandRef", "createdAt", "createdByKey", "endsAt", "id"]] * 2
    foreign = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    expect_problem(await api.request("DELETE", f"{PATH}/{first}", None, key=foreign), 404)
    expect_problem(await api.request("DELETE", f"/v1/brands/rival/calendar-feeds/{first}", None), 404)
    assert (await api.request("DELETE", f"{PATH}/{first}", None)).status_code == 204
    for wrong in (path, "/feeds/x.ics", f"/feeds/{secret[:-1]}.ics", f"/feeds/{rows[1].secret_hash}.ics"):
        assert (await api.client.get(wrong)).status_code == 404, wrong
    assert (await api.client.post(other)).status_code == 405
    await read(api, other)


async def test_a_brand_has_a_limited_number_of_addresses(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_FEEDS", 1)
    await subscribe(api)
    expect_problem(await api.post(PATH, None), 409, "TOO_MANY_CALENDAR_FEEDS")


@pytest.mark.each_database
@pytest.mark.parametrize("end", ["expires", "is revoked", "loses the brand", "is deleted"])
async def test_an_address_ends_with_the_key_that_made_it(api: ApiHarness, end: str) -> None:
    tomorrow = START + timedelta(days=1)
    body = {
        "name": "program",
        "scopes": ["contents:write"],
        "brandRefs": ["acme", "rival"],
        "expiresAt": f"{tomorrow:%FT%TZ}",
    }
    program = await api.create("/v1/keys", body)
    made = (await api.post(PATH, None, key=program["key"])).json()
    assert (made["createdByKey"], made["endsAt"]) == (program["id"], f"{tomorrow:%FT%TZ}")
    path, (_, lasting) = urlsplit(made["url"]).path, await subscribe(api)
    await read(api, path)
    if end == "expires":
        api.clock.ahead = timedelta(days=1)
    elif end == "is revoked":
        assert (await api.request("DELETE", f"/v1/keys/{program['id']}", None)).status_code == 204
    elif end == "loses the brand":
        await api.patch(f"/v1/keys/{program['id']}", {"brandRefs": ["rival"]})
    else:
        async with api.services.database.write() as session:
            await session.exec(delete(KeyRow).where(col(KeyRow.id) == program["id"]))
    assert (await api.client.get(path)).status_code == 404
    await read(api, lasting)
    ended, living = (await api.read(PATH))["data"]
    assert (ended["endsAt"] <= f"{api.services.clock.now():%FT%TZ}", living["endsAt"]) == (True, None)


async def test_addresses_that_have_ended_make_room(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_FEEDS", 1)
    program = await api.create("/v1/keys", {"name": "program", "scopes": ["contents:write"], "brandRef": "acme"})
    assert (await api.post(PATH, None, key=program["key"])).status_code == 201
    expect_problem(await api.post(PATH, None), 409, "TOO_MANY_CALENDAR_FEEDS")
    await api.request("DELETE", f"/v1/keys/{program['id']}", None)
    kept, _ = await subscribe(api)
    assert [feed["id"] for feed in (await api.read(PATH))["data"]] == [kept]


async def test_an_address_from_before_keys_were_noted_stays(api: ApiHarness) -> None:
    _, path = await subscribe(api)
    async with api.services.database.write() as session:
        await session.exec(update(CalendarFeedRow).values(created_by_key=None))
    await read(api, path)
    [feed] = (await api.read(PATH))["data"]
    assert (feed["createdByKey"], feed["endsAt"]) == (None, None)


async def test_a_long_calendar_has_what_is_to_come_first(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_COMING", 2)
    monkeypatch.setattr(feeds, "MOST_PAST", 1)
    made: list[dict[str, Any]] = [
        await api.submit(scheduledAt=(START + timedelta(hours=hour)).isoformat()) for hour in (1, 2, 5, 6, 7)
    ]
    _, path = await subscribe(api)
    api.clock.ahead = timedelta(hours=3)
    assert [event["UID"] for event in (await read(api, path)).events] == [each["id"] for each in made[1:4]]


async def test_the_page_lists_addresses_and_never_shows_them_again(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    page = await dashboard.page("/calendar?brandRef=acme")
    assert "data-create-feed" in page
    feed_id, path = await subscribe(api)
    page = await dashboard.page("/calendar?brandRef=acme")
    assert faults(page) == []
    assert (feed_id in page, path in page) == (True, False)
    async with api.dashboard(await api.key(Scope.CONTENTS_READ)) as reader:
        page = await reader.page("/calendar?brandRef=acme")
    assert ("data-create-feed" in page, f"DELETE {PATH}" in page) == (False, False)
