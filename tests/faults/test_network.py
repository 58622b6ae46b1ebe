"""Nine ways in which a network's answer, or the network itself, goes missing at the visible call."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.faults.evidence import prove, two_sizes
from tests.faults.network import Between, Calls, everywhere, open_between, prepared
from tests.faults.trials import Trial, broken, by_network, judge
from tests.harness.brand import attempts
from tests.harness.networks import VISIBLE, plant
from tests.harness.times import p95
from tests.harness.world import CHANNELS, channel_of, proved_shapes
from tests.support.faultproxy import Mode

SEED = 20261126
EACH, AT_ONCE = 50, 25
ACCEPTED = ("reset", "hang", "502", "504", "half_body")
REFUSED, RESET, DNS, TLS = "refused", "reset before it was read", "no such name", "no TLS"
PATIENCE = 180.0
# Reads that only a reconciliation makes once a post is prepared.
READS = frozenset(
    {
        "com.atproto.repo.getRecord",
        "list_media",
        "list_threads",
        "container_status",
        "published_posts",
        "list_posts",
        "list_statuses",
        "read_events",
        "board_pins",
        "list_videos",
        "timeline",
    }
)
# The codes of refusals because the network could not fetch our media: nothing is live by such a call.
NOT_FETCHED = frozenset({"400/235", "photo_pull_failed", "video_pull_failed"})
# The trials, and what else went wrong, as text.
Found = tuple[list[Trial], list[str]]


async def answers_lost(between: Between, plan: Sequence[tuple[str, str]], tag: str) -> Found:
    """(shape, mode) each: the network accepts the post, and its answer is lost in that way."""
    sandbox = between.world.sandbox
    trials = []
    for n, (shape, mode) in enumerate(plan):
        trials.append(Trial(shape, f"accepted, then {mode}", f"{tag} {n} {shape}"))
        await plant(sandbox, channel_of(shape), VISIBLE[shape], f"accept_then_{mode}")
    before, started = await between.calls(), time.time()
    for trial in trials:
        trial.content_id = (await between.world.submit(trial.shape, trial.text))["id"]
        trial.hit_at = started
    await asyncio.gather(*(judge(between.world, trial, patience=PATIENCE) for trial in trials))
    faults = (await sandbox.get("/control/faults")).json()
    unspent = [f"{fault['operation']} {fault['mode']}: the fault did not come" for fault in faults if not fault["hits"]]
    await sandbox.delete("/control/faults")
    return trials, unspent + sent_again(trials, await between.calls(before))


async def unreachable(between: Between, mode: str, shapes: Sequence[str], tag: str) -> Found:
    """Everything is prepared, then the network is out of reach until each has been tried, then it is back."""
    trials = [Trial(shape, mode, f"{tag} {n} {shape}") for n, shape in enumerate(shapes)]
    contents = await prepared(between.world, [(trial.shape, trial.text) for trial in trials])
    before = await between.calls()
    proxied = Mode.REFUSE if mode == REFUSED else Mode.RESET_BEFORE_READ
    await try_and_fail(between, proxied, trials, contents)
    return await healed(between, trials, before)


async def nameless(between: Between, names: Sequence[str], shapes: Sequence[str], tag: str) -> Found:
    """The same while the names of these networks do not resolve, and what answers for the others speaks no TLS."""
    modes = {channel: DNS if channel in names else TLS for channel in CHANNELS}
    away = {DNS: "https://nowhere.invalid", TLS: between.proxy.url.replace("http:", "https:")}
    trials = [Trial(shape, modes[channel_of(shape)], f"{tag} {n} {shape}") for n, shape in enumerate(shapes)]
    contents = await prepared(between.world, [(trial.shape, trial.text) for trial in trials])
    await between.restart({channel: away[modes[channel]] for channel in CHANNELS})
    before = await between.calls()
    await try_and_fail(between, Mode.GARBAGE, trials, contents)
    await between.restart(everywhere(between.proxy.url))
    return await healed(between, trials, before)


async def try_and_fail(
    between: Between, mode: Mode, trials: Sequence[Trial], contents: Sequence[dict[str, Any]]
) -> None:
    """Publish now while the proxy is in `mode`, until each visible call has been tried."""
    await between.proxy.set_mode(mode)
    try:
        for trial, content in zip(trials, contents, strict=True):
            trial.content_id = content["id"]
            await between.world.publish_now(content, may_have_begun=True)
        deadline, waiting = time.monotonic() + 60, list(contents)
        while waiting := [content for content in waiting if not await tried(between, content)]:
            assert time.monotonic() < deadline, f"{len(waiting)} were not tried: {waiting[0]['id']}"
            await asyncio.sleep(0.1)
    finally:
        await between.proxy.set_mode(Mode.PASS)


async def tried(between: Between, content: dict[str, Any]) -> bool:
    return any(attempt["outcome"] for attempt in await attempts(between.world.api, content))


async def healed(between: Between, trials: list[Trial], before: Calls) -> Found:
    """The network is back."""
    for trial in trials:
        trial.hit_at = time.time()
    await asyncio.gather(*(judge(between.world, trial, patience=PATIENCE) for trial in trials))
    after = await between.calls(before)
    wasted = await not_fetched(between, trials)
    return trials, sent_again(trials, after, wasted) + reconciled(trials, after)


async def not_fetched(between: Between, trials: Sequence[Trial]) -> Counter[tuple[str, str]]:
    """The visible calls whose media could not be fetched: after a restart the worker may be ready before the API."""
    found: Counter[tuple[str, str]] = Counter()
    for trial in trials:
        made = await attempts(between.world.api, await between.world.brand.content(trial.content_id))
        if refused := sum(each["providerCode"] in NOT_FETCHED for each in made if each["outcome"] == "not_sent"):
            found[channel_of(trial.shape), VISIBLE[trial.shape]] += refused
    return found


def sent_again(
    trials: Sequence[Trial], after: Calls, wasted: Mapping[tuple[str, str], int] = MappingProxyType({})
) -> list[str]:
    """More visible calls than posts: something was sent that was there. `wasted` calls made none."""
    wanted = Counter((channel_of(trial.shape), VISIBLE[trial.shape]) for trial in trials if trial.network_ids)
    wanted.update(wasted)
    counted = {place: after.count(*place) for place in wanted}
    return [
        f"{place}: {counted[place]} visible calls for {n} posts" for place, n in wanted.items() if counted[place] != n
    ]


def reconciled(trials: Sequence[Trial], after: Calls) -> list[str]:
    """What was certainly not sent is sent again without a check of the network."""
    sure = {channel_of(trial.shape) for trial in trials if trial.fault != RESET}
    seen = {channel: after.operations(channel) & READS for channel in sure}
    return [f"{channel}: not sent, yet checked by {names}" for channel, names in seen.items() if names]


async def few(between: Between) -> list[Found]:
    """Every mode once or twice."""
    return [
        await answers_lost(between, list(zip(CHANNELS, itertools.cycle(ACCEPTED), strict=False)), "lost"),
        await unreachable(between, REFUSED, ("bluesky", "threads-text", "tiktok"), "refused"),
        await unreachable(between, RESET, ("instagram", "facebook", "youtube"), "reset"),
        await nameless(between, ("bluesky", "facebook"), ("bluesky", "facebook", "instagram"), "nameless"),
    ]


async def many(between: Between) -> list[Found]:
    """`EACH` trials of every mode, spread over the shapes of the networks that are asked for."""
    choice, known = random.Random(SEED), proved_shapes()
    shapes = [shape for _ in range(-(-EACH // len(known))) for shape in choice.sample(list(known), len(known))]
    shapes = shapes[:EACH]
    results = [await answers_lost(between, [(shape, mode) for shape in shapes], mode) for mode in ACCEPTED]
    results.append(await unreachable(between, REFUSED, shapes, REFUSED))
    # In parts: checks of the network wait longer each time, while the other posts are still being tried.
    parts = [shapes[start : start + AT_ONCE] for start in range(0, EACH, AT_ONCE)]
    results += [await unreachable(between, RESET, part, f"{RESET} {n}") for n, part in enumerate(parts)]
    channels = list(dict.fromkeys(known.values()))
    half = channels[::2]
    # The network gives the upload address of a TikTok video, and it is stored: under other names it would be foreign.
    named = [shape if shape != "tiktok" else "tiktok-photo" for shape in shapes]
    for names in (half, [channel for channel in channels if channel not in half]):
        results.append(await nameless(between, names, named, f"without {' '.join(names)}"))
    return results


@two_sizes(timeout=2400)
async def test_each_post_is_published_once_when_the_network_fails(tmp_path: Path, large: bool) -> None:
    async with open_between(tmp_path) as between:
        results = await (many if large else few)(between)
    trials = [trial for part, _ in results for trial in part]
    failures = broken(trials) + [failure for _, part in results for failure in part]
    modes = Counter(trial.fault for trial in trials)
    times = {mode: p95(trial.recovery or 0 for trial in trials if trial.fault == mode) for mode in modes}
    measured = {f"p95 after {mode}": f"{times[mode]:.1f} s of {n}" for mode, n in modes.items()}
    proof = "nine ways of a network to fail at the visible call"
    networks = by_network(trials)
    prove(
        "2", proof, trials=len(trials), failures=failures, seed=SEED, measured=measured, networks=networks, large=large
    )


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_network_that_cannot_fetch_from_us_after_a_restart_fetches_again(tmp_path: Path) -> None:
    """The worker is often ready before the API, which serves the files: then a fetch fails within the visible call."""
    shapes, results = ["tiktok-photo"] * 8 + ["pinterest"] * 4, []
    async with open_between(tmp_path) as between:
        for names in (["tiktok"], ["pinterest"], ["tiktok", "pinterest"]):
            results.append(await nameless(between, names, shapes, f"restarted without {' '.join(names)}"))
    trials = [trial for part, _ in results for trial in part]
    failures = broken(trials) + [failure for _, part in results for failure in part]
    measured = {"p95 after the restart": f"{p95(trial.recovery or 0 for trial in trials):.1f} s"}
    proof, networks = "restarts of all of Munadi before a network fetches from it", by_network(trials)
    prove("2", proof, trials=len(trials), failures=failures, measured=measured, networks=networks)
