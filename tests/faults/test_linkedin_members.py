"""What a LinkedIn member posts cannot be looked for: an unknown outcome is unconfirmed, never sent again by itself.

A person resolves it. If they say that it is missing and send it again, it is published where that is true, and refused
as a duplicate where it is not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults.evidence import prove, two_sizes
from tests.faults.points import Passage
from tests.faults.trials import Trial, at_passage, in_batches, judge, visible_calls
from tests.harness.brand import Brand
from tests.harness.networks import plant
from tests.harness.world import QUICK, World, open_world

SEED = 20261130
EACH_LOST, EACH_KILLED = 8, 4
SHAPES = ("linkedin-text", "linkedin")
KILLS = (
    "worker.attempts.claim.after",
    "worker.channel.linkedin.publish.gate.after",
    "worker.channel.linkedin.publish.sent",
    "worker.channel.linkedin.publish.answered",
    "worker.channel.linkedin.publish.after",
    "worker.attempts.record_outcome.before",
    "worker.attempts.record_outcome.after",
)
LOST = ("accept_then_reset", "accept_then_502", "accept_then_hang", "reset", "hang")
ENDS, UNCONFIRMED = ("published", "unconfirmed"), "content.publish.unconfirmed"


async def member_of(world: World, ref: str) -> World:
    """The same world with a brand whose LinkedIn account is a new member."""
    answer = await world.api.post("/v1/brands", json={"ref": ref})
    assert answer.status_code == 201, answer.text
    brand = Brand(world.api, world.sandbox, ref)
    await brand.connect("linkedin", names={"externalId": "memberId", "accessToken": "memberToken"})
    return replace(world, brand=brand)


async def killed(world: World, plan: tuple[int, tuple[str, str]]) -> Trial:
    """The worker is killed at a failpoint of the member's post. Each trial has an account of its own."""
    number, (shape, name) = plan
    own = await member_of(world, f"killed-{number}")
    trial = await at_passage(own, shape, Passage(name), f"killed {number} {shape}", keyless=SHAPES)
    return await counted(own, trial)


async def lost(world: World, plan: tuple[int, tuple[str, str]]) -> Trial:
    """The answer, or the request, is lost in a way."""
    number, (shape, mode) = plan
    own = await member_of(world, f"lost-{number}")
    trial = Trial(shape, mode, f"lost {number} {shape}")
    await plant(world.sandbox, "linkedin", "create_post", mode, profile=await own.brand.profile("linkedin"))
    trial.content_id = (await own.submit(shape, trial.text))["id"]
    await judge(own, trial, keyless=SHAPES)
    await counted(own, trial)
    if trial.status == "unconfirmed" and not trial.trouble:
        await resent(own, trial)
    return trial


async def counted(own: World, trial: Trial) -> Trial:
    """What members are promised: one call at most, and one end of two that are true."""
    if trial.trouble is None:
        made = await visible_calls(own, trial.shape)
        live = len(trial.network_ids)
        if made > 1 or live > 1:
            trial.trouble = f"{live} posts by {made} visible calls"
        elif trial.status not in ENDS:
            trial.trouble = f"ended as {trial.status}"
        elif trial.status == "unconfirmed" and (await own.brand.events()).count(UNCONFIRMED) != 1:
            trial.trouble = "not reported once as unconfirmed"
        elif trial.status == "published" and trial.post_id not in trial.network_ids:
            trial.trouble = f"published as {trial.post_id}, the member has {trial.network_ids}"
    return trial


async def resent(own: World, trial: Trial) -> None:
    """A person says that it is missing and sends it again: one post in the end, whatever they saw.

    Their word ends the doubt, so LinkedIn's refusal of a copy is a failure that says where to look.
    """
    was_live = bool(trial.network_ids)
    publication = (await own.brand.content(trial.content_id))["publications"][0]
    gone = await own.api.post(f"/v1/publications/{publication['id']}/resolve", json={"outcome": "not_published"})
    again = await own.api.post(f"/v1/contents/{trial.content_id}/retry")
    if (gone.status_code, again.status_code) != (200, 202):
        trial.trouble = f"resolved {gone.status_code}, retried {again.status_code}: {again.text}"
        return
    await judge(own, trial, keyless=SHAPES)
    failure = (await own.brand.content(trial.content_id))["publications"][0]["failure"]
    reason = failure and failure["reason"]
    wanted = ("failed", "DUPLICATE_CONTENT", 1) if was_live else ("published", None, 1)
    if (trial.status, reason, len(trial.network_ids)) != wanted:
        trial.trouble = f"sent again by a person: {trial.status} {failure}, the member has {trial.network_ids}"


def verdict(trial: Trial) -> list[str]:
    return [f"{trial} {trial.trouble}"] if trial.trouble else []


@two_sizes(timeout=1800)
async def test_a_members_lost_answer_is_never_sent_again(tmp_path: Path, large: bool) -> None:
    losses = [(shape, mode) for shape in SHAPES for mode in LOST]
    async with open_world(tmp_path, QUICK, channels=("linkedin",)) as world:
        plans = enumerate(losses * EACH_LOST if large else losses[:1])
        trials = await in_batches(plans, lambda plan: lost(world, plan), at_once=4)
    found("2", "what LinkedIn's members post, with its answer or request lost", trials, large)


@two_sizes(timeout=1800)
async def test_a_members_post_is_never_sent_again_after_a_kill(tmp_path: Path, large: bool) -> None:
    kills = [(shape, name) for shape in SHAPES for name in KILLS]
    if large:
        kills *= EACH_KILLED
        random.Random(SEED).shuffle(kills)
    else:
        kills = [("linkedin-text", KILLS[2]), ("linkedin", KILLS[5])]
    async with open_world(tmp_path, QUICK, channels=("linkedin",)) as world:
        trials = await in_batches(enumerate(kills), lambda plan: killed(world, plan), at_once=2)
    found("1", "what LinkedIn's members post, with the worker killed at every step", trials, large)
    assert all(trial.hit_at is not None for trial in trials), "some faults did not come"


def found(row: str, proof: str, trials: Sequence[Trial], large: bool) -> None:
    """Record what was found. A trial that a person sent again ended as published."""
    print(*trials, sep="\n")
    failures = [failure for trial in trials for failure in verdict(trial)]
    measured = {"still unconfirmed": sum(trial.status == "unconfirmed" for trial in trials)}
    prove(row, proof, trials=len(trials), failures=failures, seed=SEED, measured=measured, large=large)
