"""Nine ways in which a network's answer, or the network itself, goes missing at the visible call."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.brand import plant
from tests.faults.evidence import prove
from tests.faults.network import VISIBLE, Between, Calls, channel_of, everywhere, open_between
from tests.faults.trials import Trial, broken, judge, p95
from tests.faults.world import CHANNELS, SHAPES
from tests.support.faultproxy import Mode

SEED = 20261126
EACH, AT_ONCE = 50, 25
ACCEPTED = ("reset", "hang", "502", "504", "half_body")
REFUSED, RESET, DNS, TLS = "refused", "reset before it was read", "no such name", "no TLS"
PATIENCE = 180.0


@pytest.fixture
async def between(tmp_path: Path) -> AsyncIterator[Between]:
    async with open_between(tmp_path) as opened:
        yield opened


async def answers_lost(between: Between, plan: Sequence[tuple[str, str]], tag: str) -> tuple[list[Trial], list[str]]:
    """(shape, mode) each: the network accepts the post, and its answer is lost in that way."""
    trials = []
    for n, (shape, mode) in enumerate(plan):
        trials.append(Trial(shape, f"accepted, then {mode}", f"{tag} {n} {shape}"))
        await plant(between.world.sandbox, channel_of(shape), VISIBLE[shape], f"accept_then_{mode}")
    before, started = await between.calls(), time.time()
    for trial in trials:
        trial.content_id = (await between.world.submit(trial.shape, trial.text))["id"]
        trial.hit_at = started
    await asyncio.gather(*(judge(between.world, trial, patience=PATIENCE) for trial in trials))
    faults = (await between.world.sandbox.get("/control/faults")).json()
    unspent = [f"{fault['operation']} {fault['mode']}: the fault did not come" for fault in faults if not fault["hits"]]
    await between.world.sandbox.delete("/control/faults")
    return trials, unspent + sent_again(trials, await between.calls_since(before))


async def unreachable(between: Between, mode: str, shapes: Sequence[str], tag: str) -> tuple[list[Trial], list[str]]:
    """Everything is prepared, then the network is out of reach until each has been tried, then it is back."""
    trials = [Trial(shape, mode, f"{tag} {n} {shape}") for n, shape in enumerate(shapes)]
    contents = await between.prepared([(trial.shape, trial.text) for trial in trials])
    before = await between.calls()
    await between.proxy.set_mode(Mode.REFUSE if mode == REFUSED else Mode.RESET_BEFORE_READ)
    try:
        await go(between, trials, contents)
    finally:
        await between.proxy.set_mode(Mode.PASS)
    return await healed(between, trials, before)


async def nameless(
    between: Between, names: Sequence[str], shapes: Sequence[str], tag: str
) -> tuple[list[Trial], list[str]]:
    """The same while the names of these networks do not resolve, and what answers for the others speaks no TLS."""
    modes = {channel: DNS if channel in names else TLS for channel in CHANNELS}
    away = {DNS: "https://nowhere.invalid", TLS: between.proxy.url.replace("http:", "https:")}
    trials = [Trial(shape, modes[channel_of(shape)], f"{tag} {n} {shape}") for n, shape in enumerate(shapes)]
    contents = await between.prepared([(trial.shape, trial.text) for trial in trials])
    await between.restart({channel: away[modes[channel]] for channel in CHANNELS})
    before = await between.calls()
    await between.proxy.set_mode(Mode.GARBAGE)
    try:
        await go(between, trials, contents)
    finally:
        await between.proxy.set_mode(Mode.PASS)
    await between.restart(everywhere(between.proxy.url))
    return await healed(between, trials, before)


async def go(between: Between, trials: Sequence[Trial], contents: Sequence[dict[str, Any]]) -> None:
    """Publish now, and wait until each visible call has been tried in vain."""
    for trial, content in zip(trials, contents, strict=True):
        trial.content_id = content["id"]
        await between.world.publish_now(content)
    deadline, waiting = time.monotonic() + 60, list(contents)
    while waiting := [content for content in waiting if not await tried(between, content)]:
        assert time.monotonic() < deadline, f"{len(waiting)} were not tried: {waiting[0]['id']}"
        await asyncio.sleep(0.1)


async def tried(between: Between, content: dict[str, Any]) -> bool:
    detail = (await between.world.api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()
    return any(attempt["outcome"] for attempt in detail["attemptLog"])


async def healed(between: Between, trials: list[Trial], before: Calls) -> tuple[list[Trial], list[str]]:
    """The network is back."""
    for trial in trials:
        trial.hit_at = time.time()
    await asyncio.gather(*(judge(between.world, trial, patience=PATIENCE) for trial in trials))
    after = await between.calls_since(before)
    return trials, sent_again(trials, after) + looked(trials, after)


def sent_again(trials: Sequence[Trial], after: Calls) -> list[str]:
    """More visible calls than posts: something was sent that was there."""
    wanted = Counter((channel_of(trial.shape), VISIBLE[trial.shape]) for trial in trials if trial.network_ids)
    counted = {place: after.count(*place) for place in wanted}
    return [
        f"{place}: {counted[place]} visible calls for {n} posts" for place, n in wanted.items() if counted[place] != n
    ]


def looked(trials: Sequence[Trial], after: Calls) -> list[str]:
    """What was certainly not sent is sent again without a look."""
    sure = {channel_of(trial.shape) for trial in trials if trial.fault != RESET}
    seen = {channel: after.operations(channel) & LOOKS for channel in sure}
    return [f"{channel}: not sent, yet looked for by {names}" for channel, names in seen.items() if names]


# Reads that only a look makes once a content is prepared.
LOOKS = frozenset(
    {"com.atproto.repo.getRecord", "list_media", "list_threads", "container_status", "published_posts", "list_videos"}
)


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_each_post_is_published_once_when_the_network_fails(between: Between) -> None:
    lost = list(zip(CHANNELS, (*ACCEPTED, "reset"), strict=True))
    results = [await answers_lost(between, lost, "lost")]
    results.append(await unreachable(between, REFUSED, ("bluesky", "threads-text", "tiktok"), "refused"))
    results.append(await unreachable(between, RESET, ("instagram", "facebook", "youtube"), "reset"))
    results.append(await nameless(between, ("bluesky", "facebook"), ("bluesky", "facebook", "instagram"), "nameless"))
    trials = [trial for part, _ in results for trial in part]
    print(*[(t.shape, t.fault, t.status, f"{t.recovery:.1f} s", t.network_ids) for t in trials], sep="\n")
    assert not broken(trials)
    assert not [word for _, words in results for word in words]


@pytest.mark.soak
@pytest.mark.timeout(2400)
async def test_nine_ways_for_every_shape(tmp_path: Path) -> None:
    async with open_between(tmp_path) as between:
        trials, words = await many(between, EACH)
    proof, failures = "nine ways of a network to fail at the visible call", broken(trials) + words
    prove("2", proof, trials=len(trials), failures=failures, seed=SEED, measured=measured(trials))


async def many(between: Between, each: int) -> tuple[list[Trial], list[str]]:
    """`each` trials of every mode, spread over the shapes."""
    choice = random.Random(SEED)
    shapes = [shape for _ in range(-(-each // len(SHAPES))) for shape in choice.sample(list(SHAPES), len(SHAPES))]
    shapes = shapes[:each]
    results = [await answers_lost(between, [(shape, mode) for shape in shapes], mode) for mode in ACCEPTED]
    results.append(await unreachable(between, REFUSED, shapes, REFUSED))
    # In parts: what is looked for in vain all the while that others are still tried waits longer and longer.
    parts = [shapes[start : start + AT_ONCE] for start in range(0, each, AT_ONCE)]
    results += [await unreachable(between, RESET, part, f"{RESET} {n}") for n, part in enumerate(parts)]
    half = CHANNELS[::2]
    # A TikTok video's upload address is given by the network and kept: under other names it would be a foreign one.
    named = [shape if shape != "tiktok" else "tiktok-photo" for shape in shapes]
    for names in (half, [channel for channel in CHANNELS if channel not in half]):
        results.append(await nameless(between, names, named, f"without {' '.join(names)}"))
    return [trial for part, _ in results for trial in part], [word for _, words in results for word in words]


def measured(trials: Sequence[Trial]) -> dict[str, str]:
    """How soon each was right again, and how often each mode was tried."""
    modes = Counter(trial.fault for trial in trials)
    times = {mode: p95(trial.recovery or 0 for trial in trials if trial.fault == mode) for mode in modes}
    return {f"p95 after {mode}": f"{times[mode]:.1f} s of {n}" for mode, n in modes.items()}
