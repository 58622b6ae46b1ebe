"""Reading: contents in pages, the event log without gaps, the catalogue of channels."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from munadi.channels.registry import channel_options
from munadi.db.events.log import number_events
from munadi.db.tables import EventRow
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from tests.api.desk import Desk, later
from tests.api.test_bad_input import errors_of


def words(text: str) -> set[str]:
    return set(text.split())


async def ids(desk: Desk, query: str, headers: dict[str, str] | None = None) -> list[str]:
    answer = await desk.client.get(f"/v1/contents?{query}", headers=headers or {})
    assert answer.status_code == 200, answer.text
    return [content["id"] for content in answer.json()["data"]]


async def test_a_content_has_every_field_and_null_for_what_is_absent(desk: Desk) -> None:
    content = await desk.accept(clientRef="cms-42")
    assert set(content) == words(
        "id brandRef status scheduledAt timezone publishBy text media link clientRef version "
        "draftVersion createdAt updatedAt workflowId publications warnings rollup "
    )
    assert set(content["publications"][0]) == words(
        "id channel accountId status scheduledAt publishedAt latenessMs providerPostId providerUrl "
        "failure hold attempts warnings "
    )
    assert content["rollup"] == {"total": 1, "accepted": 1} | dict.fromkeys(
        ("queued", "publishing", "published", "failed", "unconfirmed", "canceled"), 0
    )
    assert content["workflowId"] == f"content/{content['id']}"
    got = await desk.client.get(f"/v1/contents/{content['id']}")
    assert (got.json(), got.headers["etag"]) == (content, '"1"')


async def test_pages_hold_every_content_once_newest_first(desk: Desk) -> None:
    made = []
    for minute in range(5):
        desk.clock.ahead = timedelta(minutes=minute // 2)  # some at the same instant
        made.append((await desk.accept())["id"])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (
            await desk.client.get("/v1/contents", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        assert len(answer["data"]) <= 2
        seen += [content["id"] for content in answer["data"]]
        cursor = answer["nextCursor"]
    assert len(seen) == 5
    assert set(seen) == set(made)
    assert seen[0] == made[4]
    assert set(seen[3:]) == set(made[:2])


async def test_every_filter_narrows_the_list(desk: Desk) -> None:
    instagram = await desk.account(ChannelName.INSTAGRAM)
    one = await desk.accept(clientRef="a", scheduledAt=later(days=1))
    two = await desk.accept(
        scheduledAt=later(days=2),
        media=[{"url": desk.site.url("/b.jpg")}],
        channels=[{"channel": "instagram", "accountId": instagram}],
    )
    three = await desk.accept(brandRef="rival", scheduledAt=later(days=3))
    await desk.client.post(f"/v1/contents/{three['id']}/cancel")
    account = one["publications"][0]["accountId"]
    for query, expected in (
        ("brandRef=acme", {one["id"], two["id"]}),
        ("brandRef=nobody", set()),
        ("status=canceled", {three["id"]}),
        ("status=canceled&status=accepted&brandRef=rival", {three["id"]}),
        ("channel=instagram", {two["id"]}),
        (f"accountId={account}", {one["id"]}),
        (f"channel=instagram&accountId={account}", set()),
        ("clientRef=a", {one["id"]}),
        ("scheduledFrom=2026-12-03T09:00:00Z", {two["id"], three["id"]}),
        ("scheduledFrom=2026-12-03T09:00:00Z&scheduledTo=2026-12-03T14:30:00%2B05:30", {two["id"]}),
    ):
        assert set(await ids(desk, query)) == expected, query


async def test_a_key_of_one_brand_sees_no_other(desk: Desk) -> None:
    ours, theirs = await desk.accept(), await desk.accept(brandRef="rival")
    key = await desk.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, brand_ref="acme")
    assert await ids(desk, "", key) == [ours["id"]]
    assert await ids(desk, "brandRef=rival", key) == []
    publication = theirs["publications"][0]["id"]
    for method, path in (
        ("GET", f"/v1/contents/{theirs['id']}"),
        ("GET", f"/v1/contents/{theirs['id']}/events"),
        ("POST", f"/v1/contents/{theirs['id']}/cancel"),
        ("GET", f"/v1/publications/{publication}"),
    ):
        foreign = await desk.client.request(method, path, headers=key)
        unknown = await desk.client.request(
            method, path.replace(theirs["id"], "cnt_x").replace(publication, "pub_x"), headers=key
        )
        errors_of(foreign, 404)
        assert foreign.json()["code"] == unknown.json()["code"]
    types = (await desk.client.get("/v1/events", headers=key)).json()["data"]
    assert {event["brandRef"] for event in types} == {"acme"}


async def test_a_contents_events_are_in_order_and_whole(desk: Desk) -> None:
    await desk.accept()
    content_id = (await desk.accept())["id"]
    await desk.client.post(f"/v1/contents/{content_id}/cancel")
    events = (await desk.client.get(f"/v1/contents/{content_id}/events")).json()["data"]
    assert [(event["sequence"], event["type"]) for event in events] == [
        (1, "content.accepted"),
        (2, "content.publish.canceled"),
        (3, "content.canceled"),
        (4, "content.completed"),
    ]
    assert set(events[0]) == words(
        "id type timestamp sequence brandRef contentId publicationId sns status reason data position "
    )
    assert events[0]["data"]["content"]["id"] == content_id
    assert (events[0]["publicationId"], events[1]["sns"]) == (None, "bluesky")
    # Read by position, like the whole log, where another content's event stands first.
    assert [event["position"] for event in events] == [2, 3, 4, 5]
    rest = (await desk.client.get(f"/v1/contents/{content_id}/events?after=2&limit=2")).json()
    assert ([event["position"] for event in rest["data"]], rest["nextCursor"]) == ([3, 4], "4")


async def test_the_log_can_be_read_by_type_and_brand(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    await desk.accept(brandRef="rival")
    await desk.client.post(f"/v1/contents/{content_id}/cancel")
    for query, expected in (
        ("type=content.canceled", ["content.canceled"]),
        ("brandRef=rival", ["content.accepted"]),
        ("type=content.accepted&type=content.canceled&brandRef=acme", ["content.accepted", "content.canceled"]),
    ):
        found = (await desk.client.get(f"/v1/events?{query}")).json()["data"]
        assert [event["type"] for event in found] == expected
    assert errors_of(await desk.client.get("/v1/events?type=content.liked"))[0]["pointer"] == "?type/0"


async def test_a_reader_with_a_cursor_never_skips_an_event(desk: Desk) -> None:
    """Writers, two numberers and a reader at once; the reader has seen each event once, in order of position."""
    seen: list[dict[str, Any]] = []
    done = asyncio.Event()

    async def read() -> None:
        after = 0
        while True:
            last = done.is_set()
            page = (await desk.client.get(f"/v1/events?after={after}&limit=7")).json()
            seen.extend(page["data"])
            after = seen[-1]["position"] if seen else 0
            if last and not page["data"]:
                return

    async def write() -> None:
        for _ in range(12):
            content_id = (await desk.accept())["id"]
            await desk.client.post(f"/v1/contents/{content_id}/cancel")

    async def number() -> None:
        while not done.is_set():
            await number_events(desk.services.database)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        for _ in range(2):
            group.create_task(number())
        writers = [asyncio.create_task(write()) for _ in range(3)]
        await asyncio.gather(*writers)
        done.set()
    assert len(seen) == await desk.count(EventRow) == 3 * 12 * 4
    assert [event["position"] for event in seen] == list(range(1, len(seen) + 1))
    by_content: dict[str, list[int]] = {}
    for event in seen:
        by_content.setdefault(event["contentId"], []).append(event["sequence"])
    assert all(numbers == [1, 2, 3, 4] for numbers in by_content.values())


async def test_a_late_commit_gets_a_later_position(desk: Desk) -> None:
    """An event written earlier but committed later is numbered after those that were seen meanwhile."""
    first, second = (await desk.accept())["id"], (await desk.accept())["id"]
    if desk.on_sqlite:  # one writer at a time: there is no late commit
        return
    async with desk.story(first) as story:
        desk.clock.ahead = timedelta(minutes=1)
        await story.emit(EventType.CONTENT_UPDATED)
        await story.session.flush()
        await desk.client.post(f"/v1/contents/{second}/publish-now")
        before = (await desk.client.get("/v1/events")).json()["data"]
    after = (await desk.client.get("/v1/events")).json()["data"]
    assert after[: len(before)] == before
    assert [event["type"] for event in after[len(before) :]] == ["content.updated"]


async def test_positions_keep_a_contents_order_though_clocks_disagree(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    for minutes in (5, -5, 3):
        desk.clock.ahead = timedelta(minutes=minutes)
        await desk.client.post(f"/v1/contents/{content_id}/publish-now")
    events = (await desk.client.get("/v1/events")).json()["data"]
    assert [event["sequence"] for event in events] == [1, 2, 3, 4]


async def test_numbering_goes_on_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.db.events.log.BATCH", 2)
    for _ in range(5):
        await desk.accept()
    assert await number_events(desk.services.database) == 5
    assert await number_events(desk.services.database) == 0


async def test_the_catalogue_says_what_the_adapters_apply(small_desk: Desk) -> None:
    every = (await small_desk.client.get("/v1/channels")).json()["data"]
    assert {channel["name"] for channel in every} == {name.value for name in small_desk.services.channels.by_name}
    one = (await small_desk.client.get("/v1/channels/bluesky")).json()
    assert one in every
    assert {limit["rule"]: limit["maximum"] for limit in one["textLimits"]} == {
        "text_graphemes": 300,
        "text_bytes": 3000,
    }
    assert one["factsVersion"]
    assert one["sources"]
    assert one["options"]["additionalProperties"] is False
    assert one["options"] == channel_options()[ChannelName.BLUESKY].model_json_schema(by_alias=True)
    assert {"langs", "tags", "labels", "quote"} <= set(one["options"]["properties"])
    errors_of(await small_desk.client.get("/v1/channels/myspace"), 404)


async def test_a_hold_is_shown_to_end_at_publish_by_at_the_latest(small_desk: Desk) -> None:
    made = await small_desk.accept(publishBy=later(days=100))
    for until, shown in ((later(days=101), later(days=100)), (later(days=99), later(days=99))):
        async with small_desk.story(made["id"]) as story:
            row = story.publications[0]
            if row.status == "accepted":
                await story.move(row, PublicationStatus.QUEUED, None)
            await story.hold(row, HoldReason.RATE_LIMIT, datetime.fromisoformat(until))
        content = await small_desk.read(made["id"])
        publication = content["publications"][0]
        alone = (await small_desk.client.get(f"/v1/publications/{publication['id']}")).json()
        for hold in (publication["hold"], alone["hold"]):
            assert datetime.fromisoformat(hold["until"]) == datetime.fromisoformat(shown)
