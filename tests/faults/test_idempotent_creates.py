"""Fifty requests with one key, over two API processes and a kill -9: one content, one answer, one post."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.brand import Brand, is_up, until
from tests.faults.evidence import prove
from tests.faults.plain import another_api, instant, open_plain, posts_by_text
from tests.faults.world import World

AT_ONCE, KEYS = 50, 40
REPLAYED = "idempotent-replayed"
# Nothing is due before a test says so.
FAR = instant(time.time() + 20 * 3600)


@dataclass
class Key:
    """One key of one brand, the body that goes with it, and the first answer."""

    brand: Brand
    name: str
    apis: Sequence[httpx.AsyncClient]
    in_flight_is_told: bool
    first: bytes = b""
    in_flight: int = 0

    @property
    def text(self) -> str:
        return f"{self.name} of {self.brand.ref}"

    async def ask(self, number: int = 0, **changes: Any) -> httpx.Response:
        body = {"brandRef": self.brand.ref, "text": self.text, "channels": ["bluesky"], "scheduledAt": FAR} | changes
        api = self.apis[number % len(self.apis)]
        return await api.post("/v1/contents", json=body, headers={"Idempotency-Key": self.name})

    async def ask_all(self, count: int) -> list[str]:
        """Everybody at once: what is wrong with the answers, in words."""
        answers = await asyncio.gather(*(self.ask(number) for number in range(count)))
        made = [answer for answer in answers if answer.status_code == 202]
        codes = Counter(answer.status_code for answer in answers)
        self.in_flight = codes[409]
        if not made or set(codes) - ({202, 409} if self.in_flight_is_told else {202}):
            return [f"{self.text}: answered {dict(codes)} {[each.text for each in answers if each.status_code != 202]}"]
        self.first = made[0].content
        firsts = sum(REPLAYED not in answer.headers for answer in made)
        wrong = []
        if firsts != 1 or {answer.content for answer in made} != {self.first}:
            wrong = [f"{self.text}: {firsts} first answers, {len({answer.content for answer in made})} different ones"]
        unhelpful = [answer.text for answer in answers if answer.status_code == 409 and not _is_helpful(answer)]
        return wrong + unhelpful

    async def ask_again(self) -> list[str]:
        """Later: the same bytes again, and a refusal for another body."""
        again, other = await self.ask(), await self.ask(text=f"{self.text}, otherwise")
        wrong = []
        if (again.status_code, again.content, again.headers.get(REPLAYED)) != (202, self.first, "true"):
            wrong.append(f"{self.text}: again answered {again.status_code} {again.text}")
        if (other.status_code, other.json().get("code")) != (422, "IDEMPOTENCY_KEY_REUSED"):
            wrong.append(f"{self.text}: another body was answered {other.status_code} {other.text}")
        return wrong


def _is_helpful(answer: httpx.Response) -> bool:
    return bool(answer.json()["code"] == "IN_FLIGHT" and answer.headers["retry-after"].isdigit())


async def creates(world: World, *, keys: int, at_once: int, on_postgresql: bool) -> tuple[list[Key], list[str]]:
    """So many keys, each used by two brands: fifty times at once, again, after a kill -9 of the API; then published."""
    other = await Brand.create(world.api, world.sandbox, "rival", "bluesky")
    failures: list[str] = []
    async with another_api(world) as second:
        made = [
            Key(brand, f"key-{n:03}", (world.api, second), on_postgresql)
            for n in range(keys)
            for brand in (world.brand, other)
        ]
        for ours, theirs in zip(made[::2], made[1::2], strict=True):
            failures += await ours.ask_all(at_once)
            failures += await theirs.ask_all(at_once // 10)
        failures += [problem for key in made for problem in await key.ask_again()]
        world.stack.kill("api")
        await until(lambda: is_up(world.api), 60)
        failures += [problem for key in made for problem in await key.ask_again()]
    failures += await _published_once(world, made)
    return made, failures


async def _published_once(world: World, made: Sequence[Key]) -> list[str]:
    """One content for each key of each brand, and one post."""
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


@pytest.mark.faults
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_fifty_requests_with_one_key_make_one_content(
    tmp_path: Path, database: str, create_database: Callable[[], str]
) -> None:
    env = {"MUNADI_DATABASE_URL": create_database()} if database == "postgresql" else {}
    async with open_plain(tmp_path, env) as world:
        _, failures = await creates(world, keys=2, at_once=AT_ONCE, on_postgresql=bool(env))
    assert failures == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_fifty_requests_with_one_key_forty_times(
    tmp_path: Path, database: str, create_database: Callable[[], str]
) -> None:
    env = {"MUNADI_DATABASE_URL": create_database()} if database == "postgresql" else {}
    async with open_plain(tmp_path, env) as world:
        made, failures = await creates(world, keys=KEYS, at_once=AT_ONCE, on_postgresql=bool(env))
    measured = {"told that it is in flight": sum(key.in_flight for key in made)}
    proof = f"{AT_ONCE} requests with one key over two APIs, replayed after a kill -9, on {database}"
    prove("17", proof, trials=len(made), failures=failures, measured=measured)
