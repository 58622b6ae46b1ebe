"""The answer is lost and the network cannot be read: nothing is sent again, and a person resolves the post."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.evidence import prove, two_sizes
from tests.faults.network import prepared
from tests.faults.trials import in_batches, visible_calls
from tests.harness.inbox import Inbox
from tests.harness.networks import VISIBLE, calls, plant
from tests.harness.times import epoch
from tests.harness.world import QUICK, World, channel_of, open_world

SEED = 20261127
EACH = 12
UNCONFIRMED = "content.publish.unconfirmed"
# The reads by which a lost answer is reconciled, by shape: they are out of order.
READS = {
    "bluesky": ("com.atproto.repo.getRecord",),
    "instagram": ("container_status", "list_media"),
    "threads": ("container_status", "list_threads"),
    "discord": ("list_messages",),
    "discord-text": ("list_messages",),
    "google_business": ("list_posts",),
    "google_business-text": ("list_posts",),
    "facebook": ("published_posts",),
    "facebook-reel": ("video_status",),
    "linkedin": ("list_posts",),
    "linkedin-text": ("list_posts",),
    "linkedin-document": ("list_posts",),
    "mastodon": ("get_media", "list_statuses"),
    "mastodon-text": ("list_statuses",),
    "nostr": ("read_events",),
    "nostr-text": ("read_events",),
    "pinterest": ("board_pins",),
    "pinterest-video": ("board_pins",),
    "x": ("timeline",),
    "x-text": ("timeline",),
    "tiktok": ("status",),
    "youtube": ("list_videos",),
}
# Networks that are read without naming an account.
ANONYMOUS = frozenset({"bluesky"})
# Where a post without media has no key, so that posts of one text look the same.
TWINS = "facebook"
DARK, ALIKE, TAKEN = "reads down", "two candidates", "alike to another's post"
# A post that is not live, at a network where nothing proves that: never sent again by itself.
KEYLESS, ABSENT = ("telegram-text", "telegram-stored"), "absent, without a key"
# How the answer is lost. Both twins are live before either is reconciled; what is alike to another's is not live.
LOST = {DARK: "accept_then_reset", ALIKE: "accept_then_hang", TAKEN: "reset", ABSENT: "reset"}
Plan = tuple[str, str, list[str], str]


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
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        gaps = [f"{gap:.0f}" for gap in self.gaps]
        return f"{self.shape} {self.why} ({self.text}) {self.status}, checks after {gaps} s: {self.wrong or 'right'}"


async def doubt(world: World, plan: Plan) -> list[Doubt]:
    """Posts of a new brand whose answers are lost, for a reason that no check of the network can overcome."""
    shape, why, texts, ref = plan
    channel = channel_of(shape)
    own = await world.another_brand(ref, channel)
    profile = await own.brand.profile(channel)
    doubts = [Doubt(shape, why, text, profile) for text in texts]
    if why == TAKEN:
        await own.brand.published((await own.submit(shape, texts[0]))["id"], 120)
    contents = await prepared(own, [(shape, text) for text in texts])
    await plant(world.sandbox, channel, VISIBLE[shape], LOST[why], profile=profile, times=len(texts))
    reader = {} if shape in ANONYMOUS else {"profile": profile}
    for operation in READS[shape] if why == DARK else ():
        await plant(world.sandbox, channel, operation, "error", status=500, times=None, **reader)
    for one, content in zip(doubts, contents, strict=True):
        one.content_id, one.publication_id = content["id"], content["publications"][0]["id"]
        await own.publish_now(content)
    for one in doubts:
        one.status = (await own.brand.ended(one.content_id, 180))["status"]
        one.seen_at = time.time()
    return doubts


async def judge(world: World, doubts: Sequence[Doubt], inbox: Inbox) -> None:
    """Rules for posts with an unknown outcome: one post, not sent again, reported, and checked later."""
    for one in doubts:
        posts = await world.posts(one.text, one.shape)
        alike = sum(other.text == one.text and other.profile == one.profile for other in doubts)
        one.visible = await visible_calls(world, one.shape, one.profile)
        live = 0 if one.why == ABSENT else alike
        calls_made = alike + (one.why == TAKEN)  # the other's own call
        if one.status != "unconfirmed":
            one.wrong.append(f"is {one.status}")
        if len(posts) != live or one.visible != calls_made:
            one.wrong.append(f"{len(posts)} posts by {one.visible} visible calls for {alike} contents")
        if inbox.of(one.content_id).count(UNCONFIRMED) != 1:
            one.wrong.append(f"the inbox has {inbox.of(one.content_id)}")


def next_check(world: World, one: Doubt) -> float | None:
    """Seconds from when it was unconfirmed to the next planned check."""
    with closing(world.database()) as database:
        query = "SELECT next_look_at FROM publications WHERE id = ?"
        [(at,)] = database.execute(query, [one.publication_id])
    return None if at is None else epoch(at) - one.seen_at


async def resolve(world: World, one: Doubt, outcome: str, post_id: str = "") -> tuple[int, Any]:
    """Status, and the code of the problem or the id of the post."""
    body = {"outcome": outcome} | ({"providerPostId": post_id} if post_id else {})
    answer = await world.api.post(f"/v1/publications/{one.publication_id}/resolve", json=body)
    found = answer.json()
    return answer.status_code, found.get("code", found.get("providerPostId"))


async def expect(world: World, one: Doubt, outcome: str, post_id: str, wanted: tuple[int, Any]) -> None:
    if (answer := await resolve(world, one, outcome, post_id)) != wanted:
        one.wrong.append(f"resolved as {outcome} {post_id}: {answer}, not {wanted}")


async def resolve_twins(world: World, twins: Sequence[Doubt]) -> None:
    """Two people name the same post for both at once; then each its own; the same again; and another."""
    first, second = (str(post["id"]) for post in await world.posts(twins[0].text, TWINS))
    raced = await asyncio.gather(*(resolve(world, one, "published", first) for one in twins))
    if sorted(raced) != [(200, first), (409, "POST_ID_TAKEN")]:
        twins[0].wrong.append(f"both named {first}: {raced}")
    other = twins[[status for status, _ in raced].index(409)]
    for _ in range(2):
        await expect(world, other, "published", second, (200, second))
    await expect(world, other, "published", first, (409, "NOT_UNCONFIRMED"))
    await expect(world, other, "not_published", "", (409, "NOT_UNCONFIRMED"))


async def resolve_absent(world: World, one: Doubt) -> None:
    """A person reports that there is no post: it fails, and is never sent again by itself."""
    for _ in range(2):
        await expect(world, one, "not_published", "", (200, None))
    await expect(world, one, "published", "1", (409, "NOT_UNCONFIRMED"))
    content = await world.brand.content(one.content_id)
    failure = content["publications"][0]["failure"]
    if content["status"] != "failed" or failure["reason"] != "OUTCOME_UNKNOWN":
        one.wrong.append(f"then {content['status']} {failure}")


async def watch(world: World, one: Doubt) -> None:
    """How far apart the checks were since it was in doubt; the visible call is still the only one."""
    made = await calls(world.sandbox, channel_of(one.shape), profile=one.profile)
    at = [epoch(call["at"]) for call in made if call["operation"] in READS.get(one.shape, ())]
    at = [moment for moment in at if moment > one.seen_at]
    times = [one.seen_at, *(moment for n, moment in enumerate(at) if n == 0 or moment - at[n - 1] > 5)]
    one.gaps = [after - before for before, after in itertools.pairwise(times)]
    if one.shape in READS and one.shape not in ANONYMOUS and (len(one.gaps) < 2 or one.gaps[1] < 2 * one.gaps[0]):
        one.wrong.append("checks do not continue at a growing distance")
    if await visible_calls(world, one.shape, one.profile) != one.visible:
        one.wrong.append("sent again")


def plans_of(large: bool) -> list[Plan]:
    """Every reason once, or several posts of every shape and some twins."""
    if not large:
        return [
            (TWINS, ALIKE, ["twins", "twins"], "twins"),
            ("bluesky", DARK, ["dark"], "dark"),
            ("instagram", DARK, ["darker"], "darker"),
            (TWINS, TAKEN, ["taken"], "taken"),
            *((shape, ABSENT, [f"absent {shape}"], f"absent-{shape}") for shape in KEYLESS),
        ]
    plans = [(shape, DARK, [f"{shape} {n:02}"], f"dark-{shape}-{n}") for shape in READS for n in range(EACH)]
    plans += [(TWINS, ALIKE, [f"twins {n:02}"] * 2, f"twins-{n}") for n in range(EACH)]
    plans += [(TWINS, TAKEN, [f"taken {n:02}"], f"taken-{n}") for n in range(EACH)]
    plans += [(KEYLESS[n % len(KEYLESS)], ABSENT, [f"absent {n:02}"], f"absent-{n}") for n in range(EACH)]
    random.Random(SEED).shuffle(plans)
    return plans


@two_sizes(timeout=1800)
async def test_an_unknown_outcome_is_reported_and_resolved_by_people(tmp_path: Path, large: bool) -> None:
    """The large version watches the checks of the network until two distances between them are known."""
    async with open_world(tmp_path, QUICK) as world, Inbox().listening(world.api) as inbox:
        # The network accepts a text that was just posted.
        switch = {"channel": TWINS, "kind": "refuseDuplicates", "enabled": False}
        assert (await world.sandbox.put("/control/switches", json=switch)).status_code == 200
        parts = await in_batches(plans_of(large), lambda plan: doubt(world, plan), at_once=8)
        doubts = [one for part in parts for one in part]
        await judge(world, doubts, inbox)
        planned = [next_check(world, one) for one in doubts]
        if large:
            await asyncio.sleep(max(0.0, max(one.seen_at for one in doubts) + 400 - time.time()))
            for one in doubts:
                await watch(world, one)
        await asyncio.gather(*(resolve_absent(world, part[0]) for part in parts if len(part) == 1))
        await asyncio.gather(*(resolve_twins(world, part) for part in parts if len(part) == 2))
    print(*doubts, sep="\n")
    gaps = sorted(one.gaps[-1] / one.gaps[0] for one in doubts if len(one.gaps) > 1)
    grow = f"{gaps[0]:.1f} times" if gaps else "–"
    measured = {"shapes": len({one.shape for one in doubts}), "distances of checks grow at least by": grow}
    failures = [str(one) for one in doubts if one.wrong] + inbox.failures
    proof = "lost answers that no look can explain"
    prove("3", proof, trials=len(doubts), failures=failures, seed=SEED, measured=measured, large=large)
    assert large or all(one is not None and 20 < one < 70 for one in planned), planned
