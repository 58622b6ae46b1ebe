"""The answer is lost and the network cannot be read: nothing is sent again, and a person resolves the post."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.brand import Brand, Inbox, calls, plant
from tests.faults.evidence import prove
from tests.faults.network import VISIBLE, channel_of, database_of, prepared
from tests.faults.world import QUICK, World, open_world

SEED = 20261127
EACH = 12
UNCONFIRMED = "content.publish.unconfirmed"
# The reads by which a lost answer is looked for, by shape: they are out of order.
READS = {
    "bluesky": ("com.atproto.repo.getRecord",),
    "instagram": ("container_status", "list_media"),
    "threads": ("container_status", "list_threads"),
    "facebook": ("published_posts",),
    "facebook-reel": ("video_status",),
    "tiktok": ("status",),
    "youtube": ("list_videos",),
}
# Networks that are read without saying for whom.
ANONYMOUS = frozenset({"bluesky"})
# Where a post without media has no key, so that posts of one text look the same.
TWINS = "facebook"
DARK, ALIKE, TAKEN = "reads down", "two candidates", "alike to another's post"
# How the answer is lost. Both twins are out before either is looked for; what is alike to another's is not out at all.
LOST = {DARK: "accept_then_reset", ALIKE: "accept_then_hang", TAKEN: "reset"}


@dataclass
class Doubt:
    """One post with an unknown outcome, and what happened to it."""

    shape: str
    why: str
    text: str
    profile: str
    content_id: str = ""
    publication_id: str = ""
    status: str = ""
    seen_at: float = 0.0
    visible: int = 0
    gaps: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        gaps = [f"{gap:.0f}" for gap in self.gaps]
        return f"{self.shape} {self.why} ({self.text}) {self.status}, looks after {gaps} s: {self.words or 'kept'}"


async def doubt(world: World, shape: str, why: str, texts: Sequence[str], ref: str) -> list[Doubt]:
    """Posts of a new brand whose answers are lost, for a reason that no check of the network can overcome."""
    channel = channel_of(shape)
    brand = await Brand.create(world.api, world.sandbox, ref, channel)
    profile = (await brand.account(channel))["externalId"]
    own = replace(world, brand=brand)
    doubts = [Doubt(shape, why, text, profile) for text in texts]
    if why == TAKEN:
        first = await brand.ended((await own.submit(shape, texts[0]))["id"], 120)
        assert first["status"] == "published", first
    contents = await prepared(own, [(shape, text) for text in texts])
    await plant(world.sandbox, channel, VISIBLE[shape], LOST[why], profile=profile, times=len(texts))
    reader = {} if shape in ANONYMOUS else {"profile": profile}
    for operation in READS[shape] if why == DARK else ():
        await plant(world.sandbox, channel, operation, "error", status=500, times=None, **reader)
    for one, content in zip(doubts, contents, strict=True):
        one.content_id, one.publication_id = content["id"], content["publications"][0]["id"]
        await own.publish_now(content)
    for one in doubts:
        one.status = (await brand.ended(one.content_id, 180))["status"]
        one.seen_at = time.time()
    return doubts


async def calls_of(world: World, one: Doubt, operation: str = "") -> list[dict[str, Any]]:
    """The calls of its account."""
    made = await calls(world.sandbox, channel_of(one.shape), operation)
    return [call for call in made if call["profile"] == one.profile]


async def judge(world: World, doubts: Sequence[Doubt], inbox: Inbox) -> None:
    """Rules for posts with an unknown outcome: one post, not sent again, reported, and checked later."""
    for one in doubts:
        posts = await world.posts(one.text, one.shape)
        alike = sum(other.text == one.text and other.profile == one.profile for other in doubts)
        one.visible = len(await calls_of(world, one, VISIBLE[one.shape]))
        calls_made = alike + (one.why == TAKEN)  # the other's own call
        if one.status != "unconfirmed":
            one.words.append(f"is {one.status}")
        if len(posts) != alike or one.visible != calls_made:
            one.words.append(f"{len(posts)} posts by {one.visible} visible calls for {alike} contents")
        if inbox.of(one.content_id).count(UNCONFIRMED) != 1:
            one.words.append(f"the inbox has {inbox.of(one.content_id)}")


def next_look(world: World, one: Doubt) -> float | None:
    """Seconds from when it was unconfirmed to the next planned check."""
    with closing(database_of(world)) as database:
        query = "SELECT next_look_at FROM publications WHERE id = ?"
        [(at,)] = database.execute(query, [one.publication_id])
    return None if at is None else _seconds(at) - one.seen_at


async def resolve(world: World, one: Doubt, **body: Any) -> tuple[int, Any]:
    answer = await world.api.post(f"/v1/publications/{one.publication_id}/resolve", json=body)
    told = answer.json()
    return answer.status_code, told.get("code", told.get("providerPostId"))


async def resolve_twins(world: World, twins: Sequence[Doubt]) -> None:
    """Two people name the same post for both at once; then each its own; the same again; and another."""
    first, second = (str(post["id"]) for post in await world.posts(twins[0].text, TWINS))
    raced = await asyncio.gather(*(resolve(world, one, outcome="published", providerPostId=first) for one in twins))
    if sorted(raced) != [(200, first), (409, "POST_ID_TAKEN")]:
        twins[0].words.append(f"both named {first}: {raced}")
    other = twins[[status for status, _ in raced].index(409)]
    for post, wanted in ((second, (200, second)), (second, (200, second)), (first, (409, "NOT_UNCONFIRMED"))):
        if (answer := await resolve(world, other, outcome="published", providerPostId=post)) != wanted:
            other.words.append(f"named {post}: {answer}, not {wanted}")
    if (answer := await resolve(world, other, outcome="not_published")) != (409, "NOT_UNCONFIRMED"):
        other.words.append(f"not published after published: {answer}")


async def resolve_absent(world: World, one: Doubt) -> None:
    """A person reports that there is no post: it fails, and is never sent again by itself."""
    for _ in range(2):
        if (answer := await resolve(world, one, outcome="not_published")) != (200, None):
            one.words.append(f"not published: {answer}")
    if (answer := await resolve(world, one, outcome="published", providerPostId="1")) != (409, "NOT_UNCONFIRMED"):
        one.words.append(f"published after not published: {answer}")
    content = (await world.api.get(f"/v1/contents/{one.content_id}")).json()
    failure = content["publications"][0]["failure"]
    if content["status"] != "failed" or failure["reason"] != "OUTCOME_UNKNOWN":
        one.words.append(f"then {content['status']} {failure}")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path, QUICK) as opened:
        await let_twins_live(opened)
        yield opened


async def let_twins_live(world: World) -> None:
    """A text that was just posted is posted again."""
    switch = {"channel": TWINS, "kind": "refuseDuplicates", "enabled": False}
    assert (await world.sandbox.put("/control/switches", json=switch)).status_code == 200


@pytest.mark.faults
@pytest.mark.timeout(240)
async def test_an_unknown_outcome_is_reported_and_resolved_by_people(world: World) -> None:
    async with world.inbox() as inbox:
        parts = await asyncio.gather(
            doubt(world, TWINS, ALIKE, ["twins", "twins"], "twins"),
            doubt(world, "bluesky", DARK, ["dark"], "dark"),
            doubt(world, "instagram", DARK, ["darker"], "darker"),
            doubt(world, TWINS, TAKEN, ["taken"], "taken"),
        )
        doubts = [one for part in parts for one in part]
        await judge(world, doubts, inbox)
        planned = [next_look(world, one) for one in doubts]
        print(*doubts, sep="\n")
        assert not [str(one) for one in doubts if one.words]
        assert all(one is not None and 20 < one < 70 for one in planned), planned
        await resolve_twins(world, parts[0])
        await resolve_absent(world, parts[1][0])
        await resolve_absent(world, parts[3][0])
        assert not [str(one) for one in doubts if one.words]
        assert not inbox.failures


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_nothing_is_sent_again_while_the_outcome_is_unknown(tmp_path: Path) -> None:
    async with open_world(tmp_path, QUICK) as world, world.inbox() as inbox:
        await let_twins_live(world)
        doubts = await many(world, inbox, EACH)
    gaps = sorted(one.gaps[-1] / one.gaps[0] for one in doubts if len(one.gaps) > 1)
    measured = {"shapes": len({one.shape for one in doubts}), "looks grow at least by": f"{gaps[0]:.1f} times"}
    failures = [str(one) for one in doubts if one.words]
    proof = "lost answers that no look can explain"
    prove("3", proof, trials=len(doubts), failures=failures, seed=SEED, measured=measured)


async def many(world: World, inbox: Inbox, each: int, patience: float = 400) -> list[Doubt]:
    """`each` contents for every shape and some twins; looks are watched until two distances of theirs are known."""
    plans = [(shape, DARK, [f"{shape} {n:02}"], f"dark-{shape}-{n}") for shape in READS for n in range(each)]
    plans += [(TWINS, ALIKE, [f"twins {n:02}"] * 2, f"twins-{n}") for n in range(each)]
    plans += [(TWINS, TAKEN, [f"taken {n:02}"], f"taken-{n}") for n in range(each)]
    random.Random(SEED).shuffle(plans)
    gate = asyncio.Semaphore(8)

    async def one(plan: tuple[str, str, list[str], str]) -> list[Doubt]:
        async with gate:
            return await doubt(world, *plan)

    parts = await asyncio.gather(*(one(plan) for plan in plans))
    doubts = [one for part in parts for one in part]
    await judge(world, doubts, inbox)
    await asyncio.sleep(max(0.0, max(one.seen_at for one in doubts) + patience - time.time()))
    for one in doubts:
        await watch(world, one)
    alone = [part[0] for part in parts if len(part) == 1]
    await asyncio.gather(*(resolve_absent(world, one) for one in alone))
    await asyncio.gather(*(resolve_twins(world, part) for part in parts if len(part) == 2))
    return doubts


async def watch(world: World, one: Doubt) -> None:
    """How far apart the looks were since it was in doubt; the visible call is still the only one."""
    looks = {*READS[one.shape]}
    made = [_at(call) for call in await calls_of(world, one) if call["operation"] in looks and _at(call) > one.seen_at]
    times = [one.seen_at, *(at for n, at in enumerate(made) if n == 0 or at - made[n - 1] > 5)]
    one.gaps = [after - before for before, after in itertools.pairwise(times)]
    if one.shape not in ANONYMOUS and (len(one.gaps) < 2 or one.gaps[1] < 2 * one.gaps[0]):
        one.words.append("looks do not go on at a growing distance")
    if len(await calls_of(world, one, VISIBLE[one.shape])) != one.visible:
        one.words.append("sent again")


def _at(call: Mapping[str, Any]) -> float:
    return _seconds(call["at"])


def _seconds(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
