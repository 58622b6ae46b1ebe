"""What tests of published posts need: looks brought forward, what a receiver was told of each network, and the changes
that people and networks make at a post."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import httpx

from munadi.sandbox.pinterest.model import board_of
from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox
from tests.harness.times import epoch, instant
from tests.harness.world import World

Publications = Mapping[str, dict[str, Any]]
Told = dict[str, list[tuple[str, str | None]]]
# An event of a published post, by the end of its name.
AFTER = ("vanished", "limited", "restored", "edited", "withdrawn", "withdrawal_refused", "withdrawal_unconfirmed")
PATIENCE = 90.0
# A withdrawal without an outcome is not certain after three minutes.
LATE = 200.0


async def submit_everywhere(world: World, text: str) -> dict[str, Any]:
    """A post to all networks of the brand, with the least that each takes."""
    photo, film = [[{"id": await world.file(kind)}] for kind in ("picture", "clip")]
    board = board_of(await world.brand.profile("pinterest"))
    channels = [
        *("bluesky", "discord", "facebook", "google_business", "linkedin", "mastodon", "nostr", "telegram"),
        *("threads", "x"),
        {"channel": "instagram", "media": photo},
        {"channel": "pinterest", "media": photo, "options": {"boardId": board}},
        {"channel": "tiktok", "media": film, "options": {"privacyLevel": "PUBLIC_TO_EVERYONE"}},
        {"channel": "youtube", "media": film, "options": {"title": text, "madeForKids": False}},
    ]
    return await world.brand.submit(text, channels=channels)


async def by_network(brand: Brand, content_id: str) -> Publications:
    """The publications of a post."""
    return {one["channel"]: one for one in (await brand.content(content_id))["publications"]}


async def with_ids(brand: Brand, content_id: str) -> Publications:
    """They, once it is published and each network has named its id."""
    await brand.published(content_id, PATIENCE)

    async def read() -> Publications | None:
        found = await by_network(brand, content_id)
        return found if all(one["providerPostId"] for one in found.values()) else None

    named: Publications = await until(read, PATIENCE)
    return named


def bring_forward(world: World, *contents: Mapping[str, Any]) -> float:
    """Let the planned looks at posts be due now. The time before that."""
    before = time.time()
    planned = "SET watch_at = published_at WHERE watch_at IS NOT NULL"
    _update(world, f"UPDATE publications {planned} AND content_id", contents)
    return before


async def age_withdrawal(world: World, content: Mapping[str, Any]) -> None:
    """Let the withdrawal of a post have been asked for long ago, of one that was published longer ago, and be due to be
    looked at now. It waits until what is under way has ended."""
    waits = "SELECT 1 FROM publications WHERE withdrawal_at > updated_at AND content_id = ?"

    async def is_waiting() -> bool:
        with closing(world.database()) as database:
            return bool(database.execute(waits, [content["id"]]).fetchall())

    await until(is_waiting)
    asked = f"json_set(withdrawal, '$.requestedAt', '{instant(time.time() - LATE)}')"
    planned = f"withdrawal_at = created_at, withdrawal = {asked}, published_at = datetime(created_at, '-1 hour')"
    _update(world, f"UPDATE publications SET {planned} WHERE withdrawal_at IS NOT NULL AND content_id", [content])
    _update(world, "UPDATE contents SET wake_seq = wake_seq + 1, next_wake_at = created_at WHERE id", [content])


def _update(world: World, statement: str, contents: Sequence[Mapping[str, Any]]) -> None:
    marks = ", ".join("?" for _ in contents)
    with closing(world.database()) as database, database:
        database.execute(f"{statement} IN ({marks})", [one["id"] for one in contents])


async def looked(brand: Brand, content: Mapping[str, Any], since: float, *channels: str) -> Publications:
    """The publications at these networks as they were when a look since then was first known."""
    found: dict[str, dict[str, Any]] = {}

    async def read() -> bool:
        for name, one in (await by_network(brand, content["id"])).items():
            if name in channels and name not in found and _moment(one, "lookedAt") > since:
                found[name] = one
        return set(found) == set(channels)

    await until(read, PATIENCE)
    return found


async def nothing_seen(brand: Brand, content: Mapping[str, Any], *channels: str) -> Publications:
    """The publications at these networks once a look has shown nothing of each: it is repeated in 15 minutes, or in
    an hour, where a planned look was under way just then."""

    async def read() -> Publications | None:
        found = {name: one for name, one in (await by_network(brand, content["id"])).items() if name in channels}
        waits = [_moment(one, "nextLookAt") - time.time() for one in found.values()]
        return found if all(600 < wait < 5000 for wait in waits) else None

    blind: Publications = await until(read, PATIENCE)
    return blind


def _moment(publication: Mapping[str, Any], name: str) -> float:
    """A time of its liveness, in seconds since the epoch; 0 without one."""
    at = (publication["liveness"] or {}).get(name)
    return epoch(at) if at else 0.0


def verdicts(publications: Publications) -> dict[str, str | None]:
    """What looks have shown, by network."""
    return {name: (one["liveness"] or {}).get("verdict") for name, one in publications.items()}


def told(inbox: Inbox, content: Mapping[str, Any]) -> Told:
    """What the receiver was told of a published post, by network and in its order: events, each with its reason."""
    found: Told = {}
    for event in events_of(inbox, content, *AFTER):
        found.setdefault(event["sns"], []).append((event["type"].removeprefix("content.publish."), event["reason"]))
    return found


def events_of(inbox: Inbox, content: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    """The verified events of these names about a post, each once, in their order."""
    types = {f"content.publish.{name}" for name in names}
    wanted = (event for event in inbox.events if event["contentId"] == content["id"] and event["type"] in types)
    return sorted({event["id"]: event for event in wanted}.values(), key=lambda event: int(event["sequence"]))


async def is_told(inbox: Inbox, content: Mapping[str, Any], wanted: Told) -> None:
    """Wait until the receiver was told this, and nothing else."""
    try:
        await until(_told_so(inbox, content, wanted), PATIENCE)
    except AssertionError:
        assert told(inbox, content) == wanted
        raise


def _told_so(inbox: Inbox, content: Mapping[str, Any], wanted: Told) -> Callable[[], Awaitable[bool]]:
    async def read() -> bool:
        return told(inbox, content) == wanted

    return read


async def change(world: World, publication: Mapping[str, Any], control: str, way: str | None = None) -> None:
    """Let something happen to a published post at its network, as a person does at the sandbox's page."""
    channel = publication["channel"]
    body = {"channel": channel, "post": publication["providerPostId"], "control": control, "way": way}
    answer = await world.sandbox.post("/control/changes", json=body | {"profile": await world.brand.profile(channel)})
    assert answer.is_success, answer.text


async def ask(api: httpx.AsyncClient, path: str, status: int, code: str = "", **body: Any) -> dict[str, Any]:
    """Ask for a change of a live post; the answer, which must have this status, and this code where it is refused."""
    answer = await api.post(path, json=body or None)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert found.get("code", "") == code
    return found


async def needs_attention(world: World) -> str:
    """The page Needs attention of the brand, as a person sees it."""
    async with world.stack.client("") as person:
        await person.post("/sign-in", data={"key": world.stack.info["apiKey"]})
        page = await person.get("/attention", params={"brandRef": world.brand.ref})
        assert page.status_code == 200, page.text
        return page.text
