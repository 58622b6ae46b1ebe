"""Fifty requests with one key, over two API processes and a kill -9 of one: one answer, one post."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.evidence import prove, two_sizes
from tests.faults.points import Passage, Points
from tests.harness.brand import Brand, is_up, until
from tests.harness.networks import posts_by_text
from tests.harness.times import instant
from tests.harness.world import World, open_plain

AT_ONCE, KEYS = 50, 40
# Of a batch.
POSTS = 20
REPLAYED = "idempotent-replayed"
# Nothing is due before the test publishes it.
FAR = instant(time.time() + 20 * 3600)


@dataclass
class Key:
    """One key of one brand, the body that goes with it, and the first answer."""

    brand: Brand
    name: str
    apis: Sequence[httpx.AsyncClient]
    may_be_in_flight: bool
    first: bytes = b""
    in_flight: int = 0

    @property
    def text(self) -> str:
        return f"{self.name} of {self.brand.ref}"

    async def send(self, number: int = 0, **changes: Any) -> httpx.Response:
        body = {"brandRef": self.brand.ref, "text": self.text, "channels": ["bluesky"], "scheduledAt": FAR} | changes
        api = self.apis[number % len(self.apis)]
        return await api.post("/v1/contents", json=body, headers={"Idempotency-Key": self.name})

    async def send_all(self, count: int) -> list[str]:
        """All requests at once: what is wrong with the answers, as text."""
        answers = await asyncio.gather(*(self.send(number) for number in range(count)))
        made = [answer for answer in answers if answer.status_code == 202]
        codes = Counter(answer.status_code for answer in answers)
        self.in_flight = codes[409]
        if not made or set(codes) - ({202, 409} if self.may_be_in_flight else {202}):
            return [f"{self.text}: answered {dict(codes)} {[each.text for each in answers if each.status_code != 202]}"]
        self.first = made[0].content
        firsts = sum(REPLAYED not in answer.headers for answer in made)
        wrong = []
        if firsts != 1 or {answer.content for answer in made} != {self.first}:
            wrong = [f"{self.text}: {firsts} first answers, {len({answer.content for answer in made})} different ones"]
        unhelpful = [answer.text for answer in answers if answer.status_code == 409 and not _is_helpful(answer)]
        return wrong + unhelpful

    async def send_again(self) -> list[str]:
        """Later: the same bytes again, and a refusal for another body."""
        again, other = await self.send(), await self.send(text=f"{self.text}, otherwise")
        wrong = []
        if (again.status_code, again.content, again.headers.get(REPLAYED)) != (202, self.first, "true"):
            wrong.append(f"{self.text}: again answered {again.status_code} {again.text}")
        if (other.status_code, other.json().get("code")) != (422, "IDEMPOTENCY_KEY_REUSED"):
            wrong.append(f"{self.text}: another body was answered {other.status_code} {other.text}")
        return wrong


def _is_helpful(answer: httpx.Response) -> bool:
    return bool(answer.json()["code"] == "IN_FLIGHT" and answer.headers["retry-after"].isdigit())


async def creates(world: World, *, keys: int, at_once: int, on_postgresql: bool) -> tuple[list[Key], list[str]]:
    """Keys that two brands use: fifty times at once, again, and after a kill -9 of the API; then all are published."""
    other = await Brand.create(world.api, world.sandbox, "rival", "bluesky")
    failures: list[str] = []
    async with world.stack.another_api() as second:
        made = [
            Key(brand, f"key-{n:03}", (world.api, second.client), on_postgresql)
            for n in range(keys)
            for brand in (world.brand, other)
        ]
        for ours, theirs in zip(made[::2], made[1::2], strict=True):
            failures += await ours.send_all(at_once)
            failures += await theirs.send_all(at_once // 10)
        failures += [problem for key in made for problem in await key.send_again()]
        world.stack.kill("api")
        await until(lambda: is_up(world.api), 60)
        failures += [problem for key in made for problem in await key.send_again()]
    failures += await _published_once(world, made)
    return made, failures


async def _published_once(world: World, made: Sequence[Key]) -> list[str]:
    """One stored post for each key of each brand, and one at the network."""
    brands = {key.brand.ref: key.brand for key in made}
    before = [one for brand in brands.values() for one in (await brand.all_ended(0)).values()]
    if sorted(one["text"] for one in before) != sorted(key.text for key in made):
        return [f"{len(before)} contents of {len(made)} keys: {Counter(one['text'] for one in before)}"]
    for content in before:
        await world.publish_now(content)
    for brand in brands.values():
        await brand.all_ended(120)
    posts = await posts_by_text(world.sandbox)
    return [f"{key.text} has {len(posts[key.text])} posts" for key in made if len(posts[key.text]) != 1]


async def batches(world: World, *, crashes: int) -> tuple[int, list[str]]:
    """Batches during which an API dies, before or after the commit of one of their posts; then they are repeated, at it
    and at another API. How many posts there were, and what is wrong as text."""
    points, failures, texts = Points(world.stack.folder / "failpoints-batch"), [], []
    async with world.stack.another_api("batch", {"MUNADI_FAILPOINTS": points.setting}) as victim:
        for number in range(crashes):
            own = [f"batch {number} post {each}" for each in range(POSTS)]
            texts += own
            posts = [
                {"brandRef": world.brand.ref, "text": text, "channels": ["bluesky"], "scheduledAt": FAR} for text in own
            ]
            request = {"json": {"contents": posts}, "headers": {"Idempotency-Key": f"batch-{number}"}}
            # The first commit of a batch takes its key.
            place = Passage(f"api.db.commit.{'after' if number % 2 else 'before'}", (1 + 5 * number) % POSTS)
            plant = points.plant(place, "kill")
            with contextlib.suppress(httpx.TransportError):
                answer = await victim.client.post("/v1/contents/batch", **request)
                failures.append(f"batch {number}: answered {answer.status_code} although killed at {place}")
            assert await plant.hit(20), f"batch {number}: the fault did not come"
            await asyncio.to_thread(victim.process.wait, 10)
            await victim.start()
            answers = [
                await api.post("/v1/contents/batch", **request) for api in (victim.client, world.api, victim.client)
            ]
            found = [[each["status"] for each in answer.json()["results"]] for answer in answers]
            if found != [[202] * POSTS] * 3 or len({answer.content for answer in answers}) != 1:
                failures.append(f"batch {number}, killed at {place}: {found}")
            if [answer.headers.get(REPLAYED) for answer in answers] != [None, "true", "true"]:
                failures.append(
                    f"batch {number}: which answers are repeated: {[dict(each.headers) for each in answers]}"
                )
    stored = [one for one in (await world.brand.all_ended(0)).values() if one["text"].startswith("batch ")]
    if sorted(one["text"] for one in stored) != sorted(texts):
        return len(texts), [*failures, f"{len(stored)} posts of {len(texts)}: {Counter(one['text'] for one in stored)}"]
    for content in stored:
        await world.publish_now(content)
    await world.brand.all_ended(120)
    live = await posts_by_text(world.sandbox)
    failures += [f"{text} has {len(live[text])} posts" for text in texts if len(live[text]) != 1]
    return len(texts), failures


@two_sizes(timeout=900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_batch_during_which_the_api_dies_makes_each_post_once(
    tmp_path: Path, database: str, request: pytest.FixtureRequest, large: bool
) -> None:
    is_postgresql = database == "postgresql"
    env = {"MUNADI_DATABASE_URL": request.getfixturevalue("postgres_url")} if is_postgresql else {}
    async with open_plain(tmp_path, env) as world:
        made, failures = await batches(world, crashes=40 if large else 3)
    proof = f"API killed in the middle of batches of {POSTS} posts, which are repeated, on {database}"
    prove("17", proof, trials=made, failures=failures, large=large)


@two_sizes(timeout=900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_fifty_requests_with_one_key_make_one_post(
    tmp_path: Path, database: str, request: pytest.FixtureRequest, large: bool
) -> None:
    is_postgresql = database == "postgresql"
    env = {"MUNADI_DATABASE_URL": request.getfixturevalue("postgres_url")} if is_postgresql else {}
    async with open_plain(tmp_path, env) as world:
        made, failures = await creates(world, keys=KEYS if large else 2, at_once=AT_ONCE, on_postgresql=is_postgresql)
    measured = {"answered as in flight": sum(key.in_flight for key in made)}
    proof = f"{AT_ONCE} requests with one key over two APIs, replayed after a kill -9, on {database}"
    prove("17", proof, trials=len(made), failures=failures, measured=measured, large=large)
