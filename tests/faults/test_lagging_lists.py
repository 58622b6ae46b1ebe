"""An answer is lost and the network's list lags: one post, and never `failed`.

X and LinkedIn refuse what is sent again; LinkedIn names a post that cannot be read while the list lags. Pinterest would
take a copy, and Facebook too once another post is in between, so there nothing is sent again before a long absence.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import Trial, by_network, in_batches, judge, visible_calls
from tests.harness.brand import until
from tests.harness.networks import VISIBLE, plant
from tests.harness.world import QUICK, World, channel_of, open_world

SHAPES = ("x", "x-text", "linkedin", "linkedin-text", "facebook", "facebook-photo", "pinterest")
CHANNELS = ("x", "linkedin", "facebook", "pinterest")
TAKE_A_COPY = ("facebook", "pinterest")
# Seconds that the lists lag. An absence counts after nine here, so each of these posts is sent again.
SMALL, LARGE = (30,), (15, 75, 200)
EACH = 3
MOST_CALLS = 2
# An unconfirmed post is looked for after growing waits of minutes.
PATIENCE = 600
# Longer than the longest lag.
LONG_ABSENCE = {f"MUNADI_CHANNELS__{name.upper()}__LONG_ABSENCE": f"PT{max(LARGE) + 30}S" for name in TAKE_A_COPY}


async def lost(world: World, plan: tuple[int, int, str]) -> Trial:
    """One post of a brand of its own, whose answer is lost."""
    number, lag, shape = plan
    channel = channel_of(shape)
    own = await world.another_brand(f"lags-{number}", channel)
    trial = Trial(shape, f"list lags {lag} s", f"lags {number} {shape}")
    await plant(world.sandbox, channel, VISIBLE[shape], "accept_then_reset", profile=await own.brand.profile(channel))
    trial.content_id = (await own.submit(shape, trial.text))["id"]
    if channel in TAKE_A_COPY:
        await until(lambda: visible_calls(own, shape))
        in_between = await own.submit(shape, f"in between {number}")
        await own.brand.ended(in_between["id"])
    await judge(own, trial, keyless=(), patience=PATIENCE)
    made = await visible_calls(own, shape)
    if made > MOST_CALLS:
        trial.trouble = f"{made} visible calls"
    # Where a copy is taken, the second call is the post in between. Elsewhere it was refused, and is on record as such.
    publication = (await own.brand.content(trial.content_id))["publications"][0]
    whole = (await own.api.get(f"/v1/publications/{publication['id']}")).json()
    outcomes = [attempt["outcome"] for attempt in whole["attemptLog"]]
    is_refused = made == MOST_CALLS and channel not in TAKE_A_COPY
    if trial.verdict() is None and is_refused and outcomes != ["sent", "rejected"]:
        trial.trouble = f"attempts are on record as {outcomes}"
    return trial


@two_sizes(timeout=1800)
async def test_a_copy_that_is_refused_while_the_list_lags_is_the_post(tmp_path: Path, large: bool) -> None:
    trials: list[Trial] = []
    async with open_world(tmp_path, QUICK | LONG_ABSENCE, channels=CHANNELS) as world:
        for lag in LARGE if large else SMALL:
            for channel in CHANNELS:
                delay = {"channel": channel, "kind": "index", "seconds": lag}
                assert (await world.sandbox.put("/control/delays", json=delay)).status_code == 200
            plans = [(len(trials) + n, lag, shape) for n, shape in enumerate(SHAPES * (EACH if large else 1))]
            trials += await in_batches(plans, lambda plan: lost(world, plan), at_once=8)
    print(*trials, sep="\n")
    failures = [str(trial) for trial in trials if trial.verdict()]
    resent = sum(trial.status == "published" for trial in trials)
    proof = "an answer is lost, and the list lags"
    networks = by_network(trials)
    prove("2", proof, trials=len(trials), failures=failures, measured={"found": resent}, networks=networks, large=large)
