"""Reading: posts in pages, the event log without gaps, the catalogue of channels."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, delete, select, update

from api.dashboard.labels import happened
from munadi.channels.registry import channel_options
from munadi.db.events.log import number_events
from munadi.db.events.notify import event_body
from munadi.db.tables import EventRow
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from tests.api.harness import ApiHarness, later, open_api
from tests.api.problems import expect_errors, expect_problem

pytestmark = pytest.mark.each_database
POST_FIELDS = """id brandRef status scheduledAt timezone publishBy text media link withdrawAt slotId seriesId
    occurrence clientRef metadata fit fitMode approval version draftVersion createdAt updatedAt workflowId
    publications
    warnings rollup textsRemovedAt"""
PUBLICATION_FIELDS = """id channel accountId status scheduledAt publishedAt latenessMs providerPostId providerUrl
    failure dismissal hold withdrawal edits liveness renditions attempts warnings"""
EVENT_FIELDS = """id type timestamp sequence brandRef test contentId publicationId channel sns status reason data
    position"""


async def test_a_post_has_every_field_and_null_for_what_is_absent(api: ApiHarness) -> None:
    content = await api.submit(clientRef="cms-42")
    assert set(content) == set(POST_FIELDS.split())
    assert set(content["publications"][0]) == set(PUBLICATION_FIELDS.split())
    others = ("queued", "publishing", "published", "failed", "unconfirmed", "canceled")
    assert content["rollup"] == {"total": 1, "accepted": 1} | dict.fromkeys(others, 0)
    assert content["workflowId"] == f"content/{content['id']}"
    got = await api.get(f"/v1/contents/{content['id']}")
    assert got.json() == content
    assert got.headers["etag"].startswith('"1-')


async def test_pages_have_every_post_once_newest_first(api: ApiHarness) -> None:
    made = []
    for minute in range(5):
        api.clock.ahead = timedelta(minutes=minute // 2)  # some at the same instant
        made.append((await api.submit())["id"])
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while query.get("cursor", "") is not None:
        page = await api.read("/v1/contents", params=query)
        assert len(page["data"]) <= 2
        seen += [content["id"] for content in page["data"]]
        query["cursor"] = page["nextCursor"]
    assert (len(seen), set(seen)) == (5, set(made))
    assert (seen[0], set(seen[3:])) == (made[4], set(made[:2]))


async def test_every_filter_narrows_the_list(api: ApiHarness) -> None:
    instagram = await api.add_account(ChannelName.INSTAGRAM)
    one = await api.submit(clientRef="a", scheduledAt=later(days=1))
    two = await api.submit(
        scheduledAt=later(days=2),
        media=[{"url": api.site.url("/b.jpg")}],
        channels=[{"channel": "instagram", "accountId": instagram}],
    )
    three = await api.submit(brandRef="rival", scheduledAt=later(days=3))
    await api.change(three["id"], "cancel")
    account = one["publications"][0]["accountId"]
    for query, expected in (
        ("brandRef=acme", [two, one]),
        ("status=canceled", [three]),
        ("status=canceled&status=accepted&brandRef=rival", [three]),
        ("channel=instagram", [two]),
        (f"accountId={account}", [one]),
        (f"channel=instagram&accountId={account}", []),
        ("clientRef=a", [one]),
        ("since=2026-12-03T09:00:00Z", [three, two]),
        ("since=2026-12-03T09:00:00Z&until=2026-12-03T14:30:00%2B05:30", []),
        ("since=2026-12-03T09:00:00Z&until=2026-12-03T14:30:00.000001%2B05:30", [two]),
        ("scheduledFrom=2026-12-03T09:00:00Z", [three, two]),
        ("scheduledFrom=2026-12-03T09:00:00Z&scheduledTo=2026-12-03T14:30:00%2B05:30", [two]),
        ("scheduledTo=9999-12-31T23:59:59.999999Z&since=2026-12-03T09:00:00Z", [three, two]),
    ):
        found = await api.read_list(f"/v1/contents?{query}")
        assert {content["id"] for content in found} == {content["id"] for content in expected}, query


async def test_a_key_of_one_brand_sees_its_own_posts_and_events(api: ApiHarness) -> None:
    ours, _ = await api.submit(), await api.submit(brandRef="rival")
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert [content["id"] for content in await api.read_list("/v1/contents", key=key)] == [ours["id"]]
    assert {event["brandRef"] for event in await api.read_list("/v1/events", key=key)} == {"acme"}


async def test_the_events_of_a_post_are_in_order_and_complete(api: ApiHarness) -> None:
    await api.submit()
    content_id = (await api.submit())["id"]
    await api.change(content_id, "cancel")
    events = await api.read_list(f"/v1/contents/{content_id}/events")
    types = ["content.accepted", "content.publish.canceled", "content.canceled", "content.completed"]
    assert [(event["sequence"], event["type"]) for event in events] == list(enumerate(types, 1))
    assert set(events[0]) == set(EVENT_FIELDS.split())
    assert events[0]["data"]["content"]["id"] == content_id
    assert (events[0]["publicationId"], events[1]["sns"], events[1]["channel"]) == (None, "bluesky", "bluesky")
    assert [event["channel"] for event in events] == [event["sns"] for event in events]
    # They are read by position, like the whole log, where an event of another post comes first.
    assert [event["position"] for event in events] == [2, 3, 4, 5]
    rest = await api.read(f"/v1/contents/{content_id}/events?after=2&limit=2")
    assert ([event["position"] for event in rest["data"]], rest["nextCursor"]) == ([3, 4], "4")


async def test_an_event_of_a_newer_version_is_read_beside_it(api: ApiHarness) -> None:
    async def call_it(kind: str) -> None:
        async with api.services.database.write() as session:
            await session.exec(update(EventRow).values(type=kind))

    content_id = (await api.submit())["id"]
    await call_it("content.of_a_newer_version")
    for path in ("/v1/events", f"/v1/contents/{content_id}/events"):
        [event] = await api.read_list(path)
        assert event["type"] == "content.of_a_newer_version" == happened(event)
    async with api.services.database.read() as session:
        row = (await session.exec(select(EventRow))).one()
    assert json.loads(event_body(row))["type"] == "content.of_a_newer_version"
    await call_it("content.accepted")  # the harness compares the events that it finds with their schema


async def test_the_log_can_be_read_by_type_and_brand(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    await api.submit(brandRef="rival")
    await api.change(content_id, "cancel")
    for query, expected in (
        ("type=content.canceled", ["content.canceled"]),
        ("brandRef=rival", ["content.accepted"]),
        ("type=content.accepted&type=content.canceled&brandRef=acme", ["content.accepted", "content.canceled"]),
    ):
        assert [event["type"] for event in await api.read_list(f"/v1/events?{query}")] == expected


async def test_the_cursor_of_events_is_taken_by_both_names(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    await api.change(content_id, "cancel")
    for path in ("/v1/events", f"/v1/contents/{content_id}/events"):
        first = await api.read(f"{path}?limit=2")
        rest = [await api.read_list(f"{path}?{name}={first['nextCursor']}") for name in ("cursor", "after")]
        assert [[event["position"] for event in each] for each in rest] == [[3, 4]] * 2
        expect_errors(await api.get(f"{path}?after=1&cursor=2"), ("?cursor", "INVALID_FIELD"))


async def test_a_cursor_from_before_the_oldest_kept_event_is_refused(api: ApiHarness) -> None:
    for _ in range(4):
        await api.submit()
    await number_events(api.services.database)
    async with api.services.database.write() as session:
        await session.exec(delete(EventRow).where(col(EventRow.position) <= 3))
    [error] = expect_errors(await api.get("/v1/events?after=2"), ("?after", "CURSOR_EXPIRED"), status=410)
    assert (error["limit"], error["actual"]) == (3, 2)
    assert [event["position"] for event in await api.read_list("/v1/events")] == [4]
    assert [event["position"] for event in await api.read_list("/v1/events?after=3")] == [4]


async def test_one_event_is_read_by_its_id(api: ApiHarness) -> None:
    await api.submit()
    [listed] = await api.read_list("/v1/events")
    assert await api.read(f"/v1/events/{listed['id']}") == listed
    expect_problem(await api.get("/v1/events/evt_01m8ejxcmxerarazfhwp4p2q3q"), 404, "NOT_FOUND")


async def test_a_reader_with_a_cursor_never_misses_an_event(api: ApiHarness) -> None:
    """Writers, two numberers and a reader at once. The reader gets each event once, in order of position."""
    seen: list[dict[str, Any]] = []
    done = asyncio.Event()

    async def read() -> None:
        after = 0
        while True:
            last = done.is_set()
            page = await api.read_list(f"/v1/events?after={after}&limit=7")
            seen.extend(page)
            after = seen[-1]["position"] if seen else 0
            if last and not page:
                return

    async def write() -> None:
        for _ in range(12):
            await api.change((await api.submit())["id"], "cancel")

    async def number() -> None:
        while not done.is_set():
            await number_events(api.services.database)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        for _ in range(2):
            group.create_task(number())
        await asyncio.gather(*(write() for _ in range(3)))
        done.set()
    assert len(seen) == await api.count(EventRow) == 3 * 12 * 4
    assert [event["position"] for event in seen] == list(range(1, len(seen) + 1))
    by_content: dict[str, list[int]] = defaultdict(list)
    for event in seen:
        by_content[event["contentId"]].append(event["sequence"])
    assert all(numbers == [1, 2, 3, 4] for numbers in by_content.values())


@pytest.mark.each_database(False)
async def test_a_late_commit_gets_a_later_position(tmp_path: Path, postgres_url: str) -> None:
    """An event that is written earlier and committed later is numbered after those that were read meanwhile.

    SQLite has one writer at a time, so there is no late commit.
    """
    async with open_api(tmp_path, postgres_url) as api:
        first, second = (await api.submit())["id"], (await api.submit())["id"]
        async with api.locked(first) as content:
            api.clock.ahead = timedelta(minutes=1)
            await content.emit(EventType.CONTENT_UPDATED)
            await content.session.flush()
            await api.change(second, "publish-now")
            before = await api.read_list("/v1/events")
        after = await api.read_list("/v1/events")
    assert after[: len(before)] == before
    assert [event["type"] for event in after[len(before) :]] == ["content.updated"]


async def test_positions_keep_the_order_of_a_post_though_clocks_disagree(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    for minutes in (5, -5, 3):
        api.clock.ahead = timedelta(minutes=minutes)
        await api.change(content_id, "publish-now")
    assert [event["sequence"] for event in await api.read_list("/v1/events")] == [1, 2, 3, 4]


async def test_events_are_numbered_in_batches(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.db.events.log.BATCH", 2)
    for _ in range(5):
        await api.submit()
    assert await number_events(api.services.database) == 5
    assert await number_events(api.services.database) == 0


@pytest.mark.each_database(False)
async def test_the_catalogue_has_the_limits_that_the_channels_apply(api: ApiHarness) -> None:
    every = await api.read_list("/v1/channels")
    assert {channel["name"] for channel in every} == {name.value for name in api.services.channels.by_name}
    one = await api.read("/v1/channels/bluesky")
    assert one in every
    limits = {limit["rule"]: limit["maximum"] for limit in one["textLimits"]}
    assert limits == {"text_graphemes": 300, "text_bytes": 3000}
    assert (bool(one["factsVersion"]), bool(one["sources"])) == (True, True)
    assert one["options"]["additionalProperties"] is False
    assert one["options"] == channel_options()[ChannelName.BLUESKY].model_json_schema(by_alias=True)
    assert {"langs", "tags", "labels", "quote"} <= set(one["options"]["properties"])


@pytest.mark.each_database(False)
async def test_a_hold_ends_at_publish_by_at_the_latest(api: ApiHarness) -> None:
    made = await api.submit(publishBy=later(days=100))
    await api.move(made["id"], PublicationStatus.QUEUED)
    for until, shown in ((later(days=101), later(days=100)), (later(days=99), later(days=99))):
        async with api.locked(made["id"]) as content:
            await content.hold(content.publications[0], HoldReason.RATE_LIMIT, datetime.fromisoformat(until))
        publication = (await api.read_content(made["id"]))["publications"][0]
        alone = await api.read(f"/v1/publications/{publication['id']}")
        for hold in (publication["hold"], alone["hold"]):
            assert datetime.fromisoformat(hold["until"]) == datetime.fromisoformat(shown)
