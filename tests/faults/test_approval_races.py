"""An approval meets an edit, a cancel, a withdrawal, a refusal and the deadline: what is published was approved as it
is, once, and what is taken back was published."""

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
from tests.harness.networks import posts_by_text
from tests.harness.times import instant
from tests.harness.world import World, open_plain

SEED = 20261203
# On each database.
TRIALS = 250
WITHIN = 0.05
# Before publishBy: an approval is published if the worker has claimed the post by then, which takes from a tenth of a
# second to one on a busy machine.
BEFORE_DEADLINE = 1.5
LEAD, WINDOW = 3.0, 4.0
PROPOSE, APPROVE, WITHDRAW = "contents:propose", "contents:approve", "contents:withdraw"
# What meets, and where: long before publishBy (the post is late already, so an approval publishes it at once), at the
# due time of an approved post, and at publishBy.
MEETINGS = (
    ("edit", "late"),
    ("cancel", "late"),
    ("decline", "late"),
    ("edit", "due"),
    ("cancel", "due"),
    ("decline", "due"),
    ("withdraw", "late"),
    ("withdraw", "due"),
    ("nothing", "deadline"),
    ("edit", "deadline"),
    ("cancel", "deadline"),
    ("withdraw", "deadline"),
)


@dataclass
class People:
    """Two APIs, and the keys of who proposes and who approves."""

    apis: Sequence[httpx.AsyncClient]
    keys: dict[str, str]

    async def ask(
        self, turn: int, scope: str, method: str, path: str, body: Any = None, version: int | None = None
    ) -> httpx.Response:
        """A request with the key of that scope, to one API or the other."""
        headers = {"Authorization": f"Bearer {self.keys[scope]}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await self.apis[turn % len(self.apis)].request(method, path, json=body, headers=headers)


@dataclass
class Trial:
    """One proposed post under those who decide about it. Times are seconds since the epoch."""

    name: str
    rival: str
    where: str
    due: float
    people: People
    dice: random.Random
    content: dict[str, Any] = field(default_factory=dict)
    approved: list[tuple[int, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    canceled: bool = False
    withdrawn: bool = False  # a withdrawal was accepted
    strange: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/contents/{self.content['id']}"

    @property
    def moment(self) -> float:
        """When they meet."""
        return self.due + {"late": 1.0, "due": 0.0, "deadline": WINDOW}[self.where]

    async def run(self, world: World) -> None:
        """Propose it in time, and let all of them act at the moment."""
        await _until(self.due - LEAD)
        body = {
            "brandRef": world.brand.ref,
            "text": f"{self.name} first",
            "channels": ["bluesky"],
            "scheduledAt": instant(self.due),
            "publishBy": instant(self.due + WINDOW),
        }
        answer = await self.people.ask(self.dice.randrange(2), PROPOSE, "POST", "/v1/contents", body)
        assert answer.status_code == 202, answer.text
        self.content = answer.json()
        if self.where == "due":
            await self._approve(1)
        earliest = -BEFORE_DEADLINE if self.where == "deadline" else -WITHIN
        await _until(self.moment + earliest - WITHIN)
        offsets = [self.dice.uniform(earliest, WITHIN) for _ in range(2)]
        asks = [self._act(offsets[0])] if self.rival != "nothing" else []
        if self.where != "due":
            asks.append(self._approve_at(offsets[1]))
        await asyncio.gather(*asks)
        if self.where != "deadline" and self.dice.random() < 0.5:
            await asyncio.sleep(self.dice.uniform(0, 0.5))
            await self._approve((await self._now())["version"])

    def judge(self, content: dict[str, Any], posts: dict[str, list[dict[str, Any]]]) -> str | None:
        """What was broken, or None."""
        shown = [text for text in posts if text.startswith(f"{self.name} ") for _ in posts[text]]
        approval = content["approval"]
        match content["status"], shown:
            case "published", [text] if not self.withdrawn:
                is_approved = (content["version"], text) in self.approved and approval["status"] == "granted"
                if is_approved and approval["version"] == content["version"] and not self.canceled:
                    return "; ".join(self.strange) or None
            case "published", [] if self.withdrawn:
                is_gone = content["publications"][0]["withdrawal"]["status"] == "withdrawn"
                # A withdrawal is a version of its own, behind the one that was approved and published.
                was_approved = approval["version"] in {version for version, _ in self.approved}
                if is_gone and was_approved and approval["status"] == "granted" and not self.canceled:
                    return "; ".join(self.strange) or None
            case "canceled", []:
                return "; ".join(self.strange) or (None if self.canceled else f"{self.name}: canceled by nobody")
            case "failed", []:
                reason = content["publications"][0]["failure"]["reason"]
                # An approval moments before publishBy may leave no time to publish.
                too_late = reason == "WINDOW_MISSED" and self.where == "deadline" and approval["status"] == "granted"
                if not self.canceled and (
                    too_late or (reason == "APPROVAL_MISSING" and approval["status"] != "granted")
                ):
                    return "; ".join(self.strange) or None
        return (
            f"{self.name} ({content['id']}), {self.rival} at {self.where}: is {content['status']} at version "
            f"{content['version']} with {approval}, at the network: {shown}; approved: {self.approved}; {self.answers}"
        )

    async def _approve_at(self, offset: float) -> None:
        version = (await self._now())["version"]
        await _until(self.moment + offset)
        await self._approve(version)

    async def _approve(self, version: int) -> None:
        answer = await self._asked(APPROVE, "POST", f"{self.path}/approve", None, version)
        if answer.status_code == 200:
            found = answer.json()
            self.approved.append((found["version"], found["text"]))
            if found["version"] != version:
                self.strange.append(f"{self.name}: version {found['version']} was approved as {version}")

    async def _act(self, offset: float) -> None:
        version = (await self._now())["version"]
        await _until(self.moment + offset)
        if self.rival == "edit":
            text = {"text": f"{self.name} edit {self.dice.randrange(10**6)}"}
            await self._asked(PROPOSE, "PATCH", self.path, text, version)
        elif self.rival == "withdraw":
            # What is not live yet cannot be taken back: 409. It is asked for until it is, as by somebody in a hurry.
            for _ in range(20):
                answer = await self._asked(WITHDRAW, "POST", f"{self.path}/withdraw")
                self.withdrawn = answer.status_code == 202
                if self.withdrawn or self.moment + 2 < time.time():
                    return
                await asyncio.sleep(0.05)
        elif self.rival == "cancel":
            answer = await self._asked(PROPOSE, "POST", f"{self.path}/cancel")
            self.canceled = answer.status_code == 200
        else:
            await self._asked(APPROVE, "POST", f"{self.path}/decline", {"note": "not like this"})

    async def _asked(
        self, scope: str, method: str, path: str, body: Any = None, version: int | None = None
    ) -> httpx.Response:
        answer = await self.people.ask(self.dice.randrange(2), scope, method, path, body, version)
        words = f"{method} {path.rpartition('/')[2]} {answer.status_code}"
        self.answers.append(words)
        if answer.status_code not in ((202, 409) if scope == WITHDRAW else (200, 409, 412)):
            self.strange.append(f"{self.name}: {words}: {answer.text[:200]}")
        return answer

    async def _now(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.people.apis[0].get(self.path)).json()
        return found


async def race_all(
    world: World, second: httpx.AsyncClient, name: str, *, count: int, seed: int, per_second: float
) -> tuple[list[str], Counter[str]]:
    """So many trials at that rate: what was broken, and how they ended."""
    keys = {}
    for scope in (PROPOSE, APPROVE, WITHDRAW):
        made = await world.api.post("/v1/keys", json={"name": scope, "scopes": [scope], "brandRef": world.brand.ref})
        keys[scope] = made.json()["key"]
    dice, begin, people = random.Random(seed), time.time() + LEAD + 1, People((world.api, second), keys)
    trials = [
        Trial(f"{name}-{n:03}", *MEETINGS[n % len(MEETINGS)], begin + n / per_second, people, random.Random(seed + n))
        for n in dice.sample(range(count), count)
    ]
    await asyncio.gather(*(trial.run(world) for trial in trials))
    await world.brand.all_ended(60)
    await asyncio.sleep(3)  # what was declined and sent nevertheless would be there by now, and withdrawals have ended
    contents = await world.brand.all_ended(60)
    posts = await posts_by_text(world.sandbox)
    failures = [word for trial in trials if (word := trial.judge(contents[trial.content["id"]], posts))]
    ends = Counter(
        f"{trial.where}: {'withdrawn' if trial.withdrawn else contents[trial.content['id']]['status']}"
        for trial in trials
    )
    return failures, ends


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))


@two_sizes(timeout=900)
async def test_nothing_is_published_but_what_was_approved(
    tmp_path: Path, databases: dict[str, dict[str, str]], large: bool
) -> None:
    count, per_second = (TRIALS, 3.0) if large else (60, 5.0)

    async def on(number: int, name: str) -> tuple[list[str], Counter[str]]:
        async with open_plain(tmp_path / name, databases[name]) as world, world.stack.another_api() as second:
            return await race_all(
                world, second.client, name, count=count, seed=SEED + 1000 * number, per_second=per_second
            )

    found = await asyncio.gather(*(on(number, name) for number, name in enumerate(databases)))
    failures = [word for words, _ in found for word in words]
    ends = sum((each for _, each in found), Counter[str]())
    proof = (
        "approval, edit, cancel, withdrawal and refusal within 50 ms, or up to 1.5 s before the deadline; two APIs, "
        "both databases"
    )
    trials = count * len(databases)
    prove("38", proof, trials=trials, failures=failures, seed=SEED, measured=dict(sorted(ends.items())), large=large)
    close = {"late: published", "late: canceled", "late: failed", "due: published", "due: canceled"}
    assert ends.keys() >= close | {"deadline: published", "deadline: failed"}, f"nothing was close: {ends}"
