"""The async client against the API in this process: requests and answers have the types that it declares."""

from __future__ import annotations

import asyncio
import json
import keyword
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.client import AsyncClient, Client, NotEnded, ProblemError
from munadi.client.operations import Group, Operation, Stream
from scripts.typescript_sdk import BY_HAND, ROOT
from tests.api.harness import ApiHarness, open_api
from tests.api.servers import picture

DOCUMENT = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())


def client(api: ApiHarness) -> AsyncClient:
    return AsyncClient("http://munadi.test", api.admin_key, transport=httpx.ASGITransport(app=api.app))


async def test_a_post_is_submitted_once_moved_and_canceled(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api, client(api) as munadi:
        assert (await munadi.contents.validate(api.body()))["valid"]
        first = await munadi.contents.submit(api.body(), "k-1")
        again = await munadi.contents.submit(api.body(), "k-1")
        assert (first.replayed, again.replayed) == (False, True)
        assert first.content == again.content
        content_id = first.content["id"]
        assert first.content["status"] == "accepted"
        moved = await munadi.contents.reschedule(
            content_id, "2027-03-02T09:00:00", timezone="Asia/Kolkata", publish_by="2027-03-03T09:00:00Z"
        )
        assert (moved["scheduledAt"], moved["publishBy"]) == ("2027-03-02T03:30:00Z", "2027-03-03T09:00:00Z")
        edited = await munadi.contents.update(content_id, {"text": "Another"}, moved["version"])
        assert edited["text"] == "Another"
        with pytest.raises(NotEnded):
            await munadi.contents.wait(content_id, timeout=0)
        await munadi.contents.cancel(content_id)
        assert (await munadi.contents.wait(content_id))["status"] == "canceled"
        kinds = [event["type"] async for event in munadi.contents.follow(content_id)]
        assert kinds[0] == "content.accepted"
        assert "content.canceled" in kinds
        log = await munadi.events(types=["content.canceled"], brand_ref="acme")
        assert [event["contentId"] for event in log["data"]] == [content_id]


async def test_missed_events_are_recovered_and_read_one_by_one(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api, client(api) as munadi:
        await munadi.contents.submit(api.body())
        [listed] = (await munadi.events())["data"]
        assert await munadi.event(listed["id"]) == listed
        endpoint = await munadi.webhooks.create("https://93.184.215.14/hook", brand_ref="acme")
        recovery = await munadi.webhooks.recover(endpoint["id"], "2026-01-01T00:00:00Z", only="missed")
        assert (recovery["status"], recovery["only"]) == ("running", "missed")
        assert await munadi.webhooks.recovery(endpoint["id"], recovery["id"]) == recovery
        await munadi.contents.submit(api.body(text="Another"))
        [delivery] = (await munadi.webhooks.deliveries(endpoint_id=endpoint["id"]))["data"]
        assert await munadi.webhooks.delivery(delivery["id"]) == {**delivery, "request": None}
        rotated = await munadi.webhooks.rotate_secret(endpoint["id"], revoke_previous=True)
        assert rotated["secret"] != endpoint["secret"]


async def test_a_calendar_is_read_and_its_address_made_and_revoked(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api, client(api) as munadi:
        await munadi.contents.publish(api.body(scheduledAt="2026-12-24T09:00:00Z"))
        month = await munadi.calendar("2026-12-01", "2026-12-31", brand_ref="acme")
        assert [(day["date"], day["total"]) for day in month["days"] if day["total"]] == [("2026-12-24", 1)]
        made = await munadi.calendar_feeds.create("acme")
        assert [feed["id"] for feed in (await munadi.calendar_feeds.list("acme"))["data"]] == [made["id"]]
        await munadi.calendar_feeds.revoke("acme", made["id"])
        assert (await munadi.calendar_feeds.list("acme"))["data"] == []


async def test_media_are_uploaded_and_errors_are_the_apis_own(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(picture())
    async with open_api(tmp_path) as api, client(api) as munadi:
        media, same = await asyncio.gather(munadi.media.upload("acme", file), munadi.media.upload("acme", file))
        assert media["id"] == same["id"]
        assert (await munadi.media.get(media["id"]))["width"] == 64
        with pytest.raises(ProblemError) as refused:
            await munadi.contents.publish(api.body(channels=["bluesky", "nowhere"], text="x" * 400))
        assert {each["pointer"] for each in refused.value.violations} >= {"/text", "/channels/1/channel"}
        with pytest.raises(ProblemError) as unknown:
            await munadi.with_key("mnd_wrong").contents.list()
        assert unknown.value.status == 401
        assert (await munadi.contents.list(brandRef="acme"))["data"] == []


def test_both_clients_have_the_same_documented_operations() -> None:
    blocking, awaiting = Client("http://munadi.test"), AsyncClient("http://munadi.test")
    names = {(group, name) for group, name, _ in _operations(blocking)}
    assert names == {(group, name) for group, name, _ in _operations(awaiting)}
    assert ("Contents", "wait") in names
    for group, name, call in _operations(blocking):
        assert call.__doc__, f"{group}.{name}"
    blocking.close()
    asyncio.run(awaiting.aclose())


def test_operations_have_the_names_of_the_api_in_both_languages() -> None:
    operations = [one["operationId"] for item in DOCUMENT["paths"].values() for one in item.values()]
    with Client("http://munadi.test") as munadi:
        missing = {name for name in operations if not callable(_found(munadi, name))}
    # A file goes by `upload` in both; metrics are text, and a browser completes a connection.
    assert missing == {"media.create", "metrics.get", "connections.complete"}
    # Python sends a file of posts, too.
    assert missing | {"imports.create"} == BY_HAND


def _found(client: Client, operation: str) -> Any:
    """The method of an operation, in snake case; with `_` behind a word of Python's own."""
    found: Any = client
    for name in operation.split("."):
        python = re.sub("([A-Z])", r"_\1", name).lower()
        found = getattr(found, f"{python}_" if keyword.iskeyword(python) else python, None)
    return found


def _operations(client: Any) -> list[tuple[str, str, Any]]:
    groups = [client, *(each for each in vars(client).values() if isinstance(each, Group))]
    return [
        (type(group).__name__ if group is not client else "client", name, getattr(group, name))
        for group in groups
        for kind in type(group).__mro__
        for name, made in vars(kind).items()
        if isinstance(made, Operation | Stream)
    ]
