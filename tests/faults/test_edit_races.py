"""Several edits of one version: one is accepted, the others get 412. The last accepted text is published."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.evidence import prove
from tests.faults.plain import another_api, instant, open_plain, posts_by_text
from tests.faults.world import World

SEED = 20261128
CONTENTS, EDITORS, ROUNDS = 100, 10, 3
# Every third editor moves the time instead of the text.
MOVES_EVERY = 3
# The last editors of a content go on until its time has come and they are refused.
LAST_SECONDS = 4.0


@dataclass
class Desk:
    """One content under its editors: what was accepted last, and what went wrong."""

    name: str
    apis: Sequence[httpx.AsyncClient]
    content: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    edits: int = 0

    @property
    def path(self) -> str:
        return f"/v1/contents/{self.content['id']}"

    async def round(self, editors: int, dice: random.Random) -> None:
        """All editors have read the same version; each sends its own change."""
        version = self.content["version"]
        order = dice.sample(range(editors), editors)
        answers = await asyncio.gather(*(self._change(version, number, dice) for number in order))
        accepted = [answer.json() for answer in answers if answer.status_code == 200]
        self.answers.update(answer.status_code for answer in answers)
        codes = Counter(answer.status_code for answer in answers)
        if codes != {200: 1, 412: editors - 1}:
            self.failures.append(f"{self.name} version {version}: {dict(codes)}")
        if accepted and accepted[-1]["version"] != version + 1:
            self.failures.append(f"{self.name} version {version}: {accepted[-1]['version']} follows")
        if accepted:
            self.content = accepted[-1]

    async def race_the_clock(self, due: float) -> None:
        """Edit from before the due time until an edit is refused as too late."""
        moved = await self.apis[0].post(f"{self.path}/reschedule", json={"scheduledAt": instant(due)})
        assert moved.status_code == 200, moved.text
        self.content = moved.json()
        await asyncio.sleep(max(0.0, due - 0.3 - time.time()))
        for _ in range(500):
            answer = await self._edit(self.apis[self.edits % len(self.apis)], self.content["version"])
            self.answers[answer.status_code] += 1
            if answer.status_code != 200:
                break
            self.content = answer.json()
        if answer.status_code != 409:
            self.failures.append(f"{self.name}: the last edit was answered {answer.status_code} {answer.text}")

    def judge(self, content: dict[str, Any], posts: dict[str, list[dict[str, Any]]]) -> None:
        """One post, with the text that was accepted last; nothing of any other version."""
        mine = [text for text in posts if text.startswith(f"{self.name} ")]
        shown = [text for text in mine for _ in posts[text]]
        if content["status"] != "published" or shown != [self.content["text"]]:
            told = f"accepted last: {self.content['text']!r} (version {self.content['version']})"
            self.failures.append(f"{self.name} ({content['id']}) {content['status']}: {told}, at the network: {shown}")

    async def _change(self, version: int, number: int, dice: random.Random) -> httpx.Response:
        api = self.apis[number % len(self.apis)]
        if number % MOVES_EVERY == 0:
            at = instant(time.time() + dice.uniform(3600, 7200))
            return await api.post(
                f"{self.path}/reschedule", json={"scheduledAt": at}, headers={"If-Match": f'"{version}"'}
            )
        return await self._edit(api, version)

    async def _edit(self, api: httpx.AsyncClient, version: int) -> httpx.Response:
        self.edits += 1
        text = f"{self.name} edit {self.edits}"
        return await api.patch(self.path, json={"text": text}, headers={"If-Match": f'"{version}"'})


async def edited(
    world: World, apis: Sequence[httpx.AsyncClient], name: str, *, contents: int, rounds: int, at_once: int
) -> list[Desk]:
    """So many contents under ten editors each, then published while the last editor is still at it."""
    dice = random.Random(SEED)
    desks = [Desk(f"{name}-{n:03}", apis) for n in range(contents)]
    gate = asyncio.Semaphore(at_once)

    async def one(desk: Desk) -> None:
        async with gate:
            desk.content = await world.brand.submit(f"{desk.name} first", seconds=3600)
            for _ in range(rounds):
                await desk.round(EDITORS, dice)
            await desk.race_the_clock(time.time() + LAST_SECONDS)

    await asyncio.gather(*(one(desk) for desk in desks))
    ended = await world.brand.all_ended(60)
    posts = await posts_by_text(world.sandbox)
    for desk in desks:
        desk.judge(ended[desk.content["id"]], posts)
    return desks


def failures_of(desks: Sequence[Desk]) -> list[str]:
    return [failure for desk in desks for failure in desk.failures]


def summary(desks: Sequence[Desk]) -> dict[str, Any]:
    """How often each answer was given."""
    answers = sum((desk.answers for desk in desks), Counter[int]())
    return {f"answers {code}": count for code, count in sorted(answers.items())}


@pytest.mark.faults
async def test_one_of_ten_edits_of_one_version_is_accepted(tmp_path: Path) -> None:
    async with open_plain(tmp_path) as world:
        desks = await edited(world, [world.api], "desk", contents=4, rounds=2, at_once=4)
    print(summary(desks))
    assert failures_of(desks) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_one_of_ten_edits_is_accepted_a_hundred_times(tmp_path: Path, create_database: Callable[[], str]) -> None:
    desks: list[Desk] = []
    for name, env in (("sqlite", {}), ("postgresql", {"MUNADI_DATABASE_URL": create_database()})):
        async with open_plain(tmp_path / name, env) as world, another_api(world) as second:
            desks += await edited(world, [world.api, second], name, contents=CONTENTS, rounds=ROUNDS, at_once=6)
    trials = len(desks) * ROUNDS
    proof = f"{EDITORS} editors of one version, {len(desks)} contents, two APIs, both databases"
    prove("10", proof, trials=trials, failures=failures_of(desks), seed=SEED, measured=summary(desks))
