"""Several edits of one version: one is accepted, the others get 412. The last accepted text is published."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import in_batches
from tests.harness.networks import posts_by_text
from tests.harness.times import instant
from tests.harness.world import World, open_plain

SEED = 20261128
CONTENTS, EDITORS, ROUNDS = 100, 10, 3
# Every third editor moves the time instead of the text.
MOVES_EVERY = 3
# The last editor of a post continues until its time has come and an edit is refused.
LAST_SECONDS = 4.0


@dataclass
class EditedPost:
    """One post under its editors: what was accepted last, and what went wrong."""

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
            last = f"accepted last: {self.content['text']!r} (version {self.content['version']})"
            self.failures.append(f"{self.name} ({content['id']}) {content['status']}: {last}, at the network: {shown}")

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
    world: World, apis: Sequence[httpx.AsyncClient], name: str, *, count: int, rounds: int, at_once: int
) -> list[EditedPost]:
    """`count` posts under ten editors each, then published while the last editor still edits."""
    dice = random.Random(SEED)

    async def one(number: int) -> EditedPost:
        post = EditedPost(f"{name}-{number:03}", apis)
        post.content = await world.brand.submit(f"{post.name} first", seconds=3600)
        for _ in range(rounds):
            await post.round(EDITORS, dice)
        await post.race_the_clock(time.time() + LAST_SECONDS)
        return post

    made = await in_batches(range(count), one, at_once)
    ended = await world.brand.all_ended(60)
    posts = await posts_by_text(world.sandbox)
    for post in made:
        post.judge(ended[post.content["id"]], posts)
    return made


@two_sizes(timeout=900)
async def test_one_of_ten_edits_of_one_version_is_accepted(
    tmp_path: Path, databases: dict[str, dict[str, str]], large: bool
) -> None:
    count, rounds, at_once = (CONTENTS, ROUNDS, 6) if large else (4, 2, 4)
    posts: list[EditedPost] = []
    for name, env in databases.items():
        async with open_plain(tmp_path / name, env) as world, world.stack.another_api() as second:
            apis = [world.api, second.client]
            posts += await edited(world, apis, name, count=count, rounds=rounds, at_once=at_once)
    answers = sum((post.answers for post in posts), Counter[int]())
    measured = {f"answers {code}": number for code, number in sorted(answers.items())}
    failures = [failure for post in posts for failure in post.failures]
    proof = f"{EDITORS} editors of one version, {len(posts)} contents, two APIs, both databases"
    trials = len(posts) * rounds
    prove("10", proof, trials=trials, failures=failures, seed=SEED, measured=measured, large=large)
