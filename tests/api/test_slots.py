"""Slots: weekly times that posts take, each by one post, and the queues of these posts."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from munadi.publishing.claiming import claim_row
from tests.api.api_process import api_processes
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.problems import expect_errors, expect_problem

pytestmark = pytest.mark.each_database
SLOTS = "/v1/brands/acme/slots"
# START is a Tuesday at 09:00 UTC.
DAILY = [
    {"weekday": day, "time": "10:00"}
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
]


async def put(api: ApiHarness, slots: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    answer = await api.request("PUT", SLOTS, {"slots": slots}, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def add(api: ApiHarness, text: str = "Monsoon sale", slot: Any = "next", **changes: Any) -> dict[str, Any]:
    return await api.submit(**{"text": text, "slot": slot, "scheduledAt": ...} | changes)


async def try_add(api: ApiHarness, slot: Any = "next", key: str | None = None, **changes: Any) -> httpx.Response:
    return await api.try_submit(**{"slot": slot, "scheduledAt": ..., "idempotency_key": key} | changes)


def at(days: int, hour: int = 10) -> str:
    """That hour so many days after START's day."""
    return later(days=days, hours=hour - 9).replace("+00:00", "Z")


async def test_posts_take_the_next_free_time_the_next_after_a_time_and_the_one_after_the_last(api: ApiHarness) -> None:
    known = (await put(api, DAILY))["slots"]
    first, second = await add(api, "1"), await add(api, "2")
    assert [first["scheduledAt"], second["scheduledAt"]] == [at(0), at(1)]
    assert (first["slotId"], first["timezone"]) == (known[1]["id"], "UTC")
    assert (await add(api, "3", {"after": at(4, 8)}))["scheduledAt"] == at(4)
    assert (await add(api, "4", {"after": "2026-12-05T17:00:00"}, timezone="Asia/Tokyo"))["scheduledAt"] == at(5)
    assert (await add(api, "5", "last"))["scheduledAt"] == at(6)
    assert (await add(api, "6"))["scheduledAt"] == at(2)
    assert (await api.read_content(first["id"]))["slotId"] == first["slotId"]


async def test_a_canceled_post_and_one_that_moves_away_free_their_times(api: ApiHarness) -> None:
    await put(api, DAILY)
    posts = [await add(api, str(number)) for number in range(3)]
    assert (await api.change(posts[0]["id"], "cancel")).json()["slotId"] is None
    moved = (await api.change(posts[1]["id"], "reschedule", {"scheduledAt": at(9, 12)})).json()
    assert (moved["slotId"], moved["scheduledAt"]) == (None, at(9, 12))
    assert (await api.change(posts[2]["id"], "publish-now")).json()["slotId"] is None
    assert [(await add(api, f"again {n}"))["scheduledAt"] for n in range(3)] == [at(0), at(1), at(2)]
    same = await add(api, "same")
    kept = (await api.change(same["id"], "reschedule", {"scheduledAt": same["scheduledAt"]})).json()
    assert kept["slotId"] == same["slotId"], "it did not move"


async def test_a_repeated_request_has_the_same_slot_though_all_are_taken_by_then(api: ApiHarness) -> None:
    await put(api, [{"weekday": "tuesday", "time": "10:00"}])
    first = await try_add(api, key="once")
    for number in range(52):
        await add(api, f"week {number}")
    again = await try_add(api, key="once")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    expect_errors(await try_add(api, key="twice"), ("/slot", "NO_FREE_SLOT"))


async def test_fifty_posts_at_once_take_fifty_slots(api: ApiHarness) -> None:
    await put(api, DAILY)
    answers = await asyncio.gather(*(try_add(api, text=f"post {number}") for number in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert sorted(answer.json()["scheduledAt"] for answer in answers) == sorted(at(day) for day in range(50))


@pytest.mark.each_database(False)
@pytest.mark.parametrize("database", [pytest.param("sqlite", marks=pytest.mark.faults), "postgresql"])
async def test_fifty_posts_at_once_over_two_processes_take_fifty_slots(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = {"MUNADI_DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    async with api_processes(tmp_path, 2, url) as apis, apis.client() as one, apis.client(at=1) as two:
        assert (await one.put(SLOTS, json=DAILY)).status_code == 200, "a list of them alone is read, too"

        async def send(number: int) -> httpx.Response:
            body = {"brandRef": "acme", "text": f"post {number}", "channels": ["bluesky"], "slot": "next"}
            headers = {"Idempotency-Key": f"key-{number}"}
            return await (one, two)[number % 2].post("/v1/contents", json=body, headers=headers)

        first = await asyncio.gather(*(send(number) for number in range(50)))
        again = await asyncio.gather(*(send(number) for number in range(50)))
        assert {answer.status_code for answer in (*first, *again)} == {202}
        assert [answer.content for answer in again] == [answer.content for answer in first]
        times = sorted(answer.json()["scheduledAt"] for answer in first)
        listed = (await two.get(f"{SLOTS}/times", params={"until": times[-1]})).json()["data"]
    assert len(set(times)) == 50
    assert sorted(each["contentId"] for each in listed) == sorted(answer.json()["id"] for answer in first), (
        "without gaps"
    )


async def test_what_cannot_take_a_slot_is_told_so_before_anything_happens(api: ApiHarness) -> None:
    expect_errors(await try_add(api), ("/slot", "NO_FREE_SLOT"))
    await put(api, DAILY)
    expect_errors(await try_add(api, scheduledAt=at(3)), ("/slot", "FIELD_NOT_ALLOWED"))
    for wrong in ("soon", {}, {"place": "last"}, {"after": at(1), "x": 1}, 3, [], True):
        expect_errors(await try_add(api, wrong), "/slot")
    expect_errors(await try_add(api, {"after": "tomorrow"}), "/slot/after")
    expect_errors(await try_add(api, {"after": at(400)}, text="x" * 400), "/slot", "/text")
    expect_errors(await try_add(api, brandRef="nobody"), ("/brandRef", "BRAND_UNKNOWN"))
    assert await api.count() == 0
    assert (await api.validate(slot="next", scheduledAt=...))["valid"] is True
    assert await api.count() == 0


async def test_weekly_times_are_replaced_as_a_whole_and_keep_their_ids(api: ApiHarness) -> None:
    first = await put(api, DAILY[:2])
    second = await put(api, [DAILY[1], {"weekday": "friday", "time": "17:30"}])
    assert second["slots"][0]["id"] == first["slots"][1]["id"]
    assert len(second["slots"]) == 2
    assert second == await api.read(SLOTS)
    assert second["queues"] == [{"accountId": None, "pausedSince": None}]
    wrong = [*DAILY, DAILY[0], {"weekday": "monday", "time": "10:00", "accountId": "acc_unknown"}]
    answer = await api.request("PUT", SLOTS, {"slots": wrong})
    expect_errors(answer, ("/slots/7", "SLOT_TWICE"), ("/slots/8/accountId", "ACCOUNT_UNKNOWN"))
    full = [{"weekday": day["weekday"], "time": f"{hour:02}:00"} for day in DAILY for hour in range(24)]
    assert len((await put(api, full))["slots"]) == 168
    one_more = await api.request("PUT", SLOTS, {"slots": [*full, {"weekday": "monday", "time": "00:30"}]})
    expect_errors(one_more, ("/slots/168", "TOO_MANY_SLOTS"))
    for body in (None, {}, {"slots": [{"weekday": "Monday", "time": "9:00"}]}, {"slots": [{"weekday": "monday"}]}, 7):
        assert (await api.request("PUT", SLOTS, body)).status_code == 422, body
    assert (await put(api, []))["slots"] == []


async def test_an_account_with_times_of_its_own_has_its_own_queue(api: ApiHarness) -> None:
    account = await api.add_account(ChannelName.MASTODON, service_url="https://mastodon.example")
    await put(api, [*DAILY, {"weekday": "tuesday", "time": "10:00", "accountId": account}])
    own = await add(api, "own", channels=["mastodon"])
    of_brand = await add(api, "brand's", channels=["bluesky"])
    both = await add(api, "both", channels=["bluesky", "mastodon"])
    assert [post["scheduledAt"] for post in (own, of_brand, both)] == [at(0), at(0), at(1)]
    named = {"channel": "mastodon", "accountId": account}
    assert (await add(api, "named", channels=[named]))["scheduledAt"] == at(7)
    assert [each["accountId"] for each in (await api.read(SLOTS))["queues"]] == [None, account]


async def test_times_are_in_the_zone_of_the_brand_and_survive_a_change_of_clocks(api: ApiHarness) -> None:
    assert (await api.patch("/v1/brands/acme", {"timezone": "Europe/Berlin"})).status_code == 200
    await put(api, [{"weekday": "sunday", "time": "02:30"}])
    times = [(await add(api, f"week {n}", {"after": "2027-03-20T00:00:00Z"}))["scheduledAt"] for n in range(3)]
    assert times == ["2027-03-21T01:30:00Z", "2027-03-28T01:30:00Z", "2027-04-04T00:30:00Z"]


async def test_posts_of_a_queue_change_places_all_or_none(api: ApiHarness) -> None:
    await put(api, DAILY)
    posts = [await add(api, str(number)) for number in range(4)]
    ids = [post["id"] for post in posts]
    order = [ids[2], ids[0], ids[1]]
    done = await api.create(f"{SLOTS}/reorder", {"contentIds": order}, idempotency_key="order")
    assert [each["contentId"] for each in done["data"]] == order
    moved = [await api.read_content(each) for each in order]
    assert [post["scheduledAt"] for post in moved] == [at(0), at(1), at(2)]
    assert [post["publications"][0]["scheduledAt"] for post in moved] == [at(0), at(1), at(2)]
    assert len({post["slotId"] for post in moved} - {None}) == 3
    assert (await api.event_types(ids[2]))[-1] == "content.rescheduled"
    again = await api.post(f"{SLOTS}/reorder", {"contentIds": order}, idempotency_key="order")
    assert again.headers["idempotent-replayed"] == "true"
    rivals = await api.submit(brandRef="rival")
    free = await api.submit(text="free")
    wrong = {"contentIds": [ids[0], rivals["id"], free["id"], ids[0], "cnt_no"]}
    answer = await api.post(f"{SLOTS}/reorder", wrong)
    codes = ("CONTENT_UNKNOWN", "NOT_IN_QUEUE", "NOT_IN_QUEUE", "CONTENT_UNKNOWN")
    expect_errors(answer, *((f"/contentIds/{n}", code) for n, code in enumerate(codes, start=1)))
    assert [(await api.read_content(each))["scheduledAt"] for each in order] == [at(0), at(1), at(2)]
    expect_errors(await api.post(f"{SLOTS}/reorder", {"contentIds": order, "shuffle": True}), "/contentIds")
    expect_errors(await api.post(f"{SLOTS}/reorder", {}), "/contentIds")


async def test_a_shuffled_queue_has_the_same_posts_at_the_same_times(api: ApiHarness) -> None:
    await put(api, DAILY)
    ids = [(await add(api, str(number)))["id"] for number in range(12)]
    done = (await api.create(f"{SLOTS}/reorder", {"shuffle": True}))["data"]
    assert [each["at"] for each in done] == [at(day) for day in range(12)]
    assert sorted(each["contentId"] for each in done) == sorted(ids)
    assert [each["contentId"] for each in done] != ids, "one in 479 001 600 is"
    listed = await api.read_list(f"{SLOTS}/times", params={"until": at(12, 12)})
    assert [each["contentId"] for each in listed] == [*(each["contentId"] for each in done), None]


async def test_a_paused_queue_keeps_posts_back_and_resumes_without_a_burst(api: ApiHarness) -> None:
    await put(api, DAILY)
    posts = [await add(api, str(number)) for number in range(3)]
    plain = await api.submit(text="plain", scheduledAt=at(0, 11))
    paused = await api.create(f"{SLOTS}/pause", None)
    assert paused["queues"] == [{"accountId": None, "pausedSince": at(0, 9)}]
    assert await api.create(f"{SLOTS}/pause", {}) == paused
    api.clock.ahead = timedelta(days=1, hours=2)
    for post in (*posts[:2], plain):
        await api.move(post["id"], PublicationStatus.QUEUED)
        async with api.locked(post["id"]) as locked:
            step = await claim_row(locked, locked.publications[0])
        assert (step is None) == (post is not plain)
    held = await api.read_content(posts[0]["id"])
    assert held["publications"][0]["hold"]["reason"] == "QUEUE_PAUSED"
    assert held["publishBy"] > at(300), "the pause may last"
    # The first free times: the third post has that of the next day.
    assert (await api.create(f"{SLOTS}/resume", None))["queues"][0]["pausedSince"] is None
    moved = [await api.read_content(post["id"]) for post in posts]
    assert [post["scheduledAt"] for post in moved] == [at(3), at(4), at(2)]
    assert [post["publications"][0]["hold"] for post in moved] == [None, None, None]
    assert moved[0]["publishBy"] == at(4), "a day after its time, as before"
    api.clock.ahead = timedelta(days=3, hours=1)
    async with api.locked(posts[0]["id"]) as locked:
        assert await claim_row(locked, locked.publications[0]) is not None
    expect_errors(await api.post(f"{SLOTS}/pause", {"accountId": "acc_x"}), ("/accountId", "QUEUE_UNKNOWN"))


async def test_other_brands_keys_neither_see_nor_change_slots(api: ApiHarness) -> None:
    await put(api, DAILY)
    rival = await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, brand_ref="rival")
    reader = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert (await api.get(SLOTS, key=reader)).status_code == 200
    expect_problem(await api.get(SLOTS, key=rival), 404)
    for path, method, body in ((SLOTS, "PUT", []), (f"{SLOTS}/pause", "POST", {}), (f"{SLOTS}/resume", "POST", {})):
        expect_problem(await api.request(method, path, body, key=rival), 404)
        expect_problem(await api.request(method, path, body, key=reader), 403)
    expect_errors(await try_add(api, key=None, brandRef="rival"), ("/slot", "NO_FREE_SLOT"))


async def test_the_calendar_shows_free_times_that_lead_to_the_form(api: ApiHarness) -> None:
    await put(api, DAILY)
    await add(api, "taken")
    async with api.dashboard(api.admin_key) as browser:
        for view in ("month", "week", "day"):
            page = (await browser.get(f"/calendar?brandRef=acme&view={view}&date=2026-12-02")).text
            links = re.findall(r'href="(/compose\?brandRef=acme&amp;slot=[^"]+)"', page)
            assert len(links) == {"month": 33, "week": 5, "day": 1}[view], "the first one is taken"
            assert not faults(page)
        form = (await browser.get(unescape(links[0]))).text
        assert 'data-after="2026-12-02T09:59:59+00:00"' in form
        assert "Free weekly time, 2026-12-02 10:00" in form
        assert "Next free weekly time" in (await browser.get("/compose?brandRef=acme")).text
        assert "weekly time" not in (await browser.get("/compose?brandRef=rival")).text


async def test_a_saved_draft_takes_a_slot_when_it_is_submitted(api: ApiHarness) -> None:
    await put(api, DAILY)
    draft = await api.create("/v1/drafts", api.body(slot="next", scheduledAt=...))
    assert draft["valid"], draft["problems"]
    await add(api, "first")
    answer = await api.post(f"/v1/drafts/{draft['id']}/submit")
    assert answer.json()["scheduledAt"] == at(1)
