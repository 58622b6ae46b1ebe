"""Never `failed` while a post is live, and never two: each network × step × lag of its looks × answer to a resend.

The first request has its effect and its answer is lost. What the second one is refused with may be caused by the first,
and never proves that the first had no effect. Where a second one would be taken as a second post, it is not sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.db.session import Database
from munadi.domain.failure import Effect
from munadi.domain.publication import (
    CHAIN_INCOMPLETE,
    COMMENT,
    FIRST_COMMENT_FAILED,
    OUTCOME_UNKNOWN,
    PublicationStatus,
)
from tests.channels.calls import explained
from tests.channels.contract import Scene
from tests.channels.making import NOW, FixedClock, bench
from tests.channels.scenes import SCENES
from tests.support.tables import create_tables
from tests.uncertain.desk import WINDOW, Desk
from tests.uncertain.lagging import LAGS, LaggingNetwork, LaggingStep, distinct, refusals

S = PublicationStatus
LATEST = NOW + WINDOW + timedelta(hours=2)
SPECS = {scene.name: bench(scene.name, scene.settings).channel.spec for scene in SCENES.values()}
# The later steps of each network that has any, with what the draft needs for them.
LATER = [
    *((scene, COMMENT, {"first_comment": "More"}) for scene in SCENES.values() if SPECS[scene.name].first_comment),
    *((scene, "part-2", {"parts": ("Two",)}) for scene in SCENES.values() if SPECS[scene.name].max_parts > 1),
]
# Why a second request makes no second post there, whatever a list shows. Sources: docs/networks/.
GUARDS = {
    "bluesky": "the record's key is ours",
    "instagram": "a container is published only once",
    "linkedin": "a copy is refused, by naming the first one",
    "mastodon": "the Idempotency-Key",
    "nostr": "the id is a hash of what is said, and when",
    "threads": "a container is published only once",
    "x": "a copy is refused",
}
# The same for a comment below the post. At Instagram nothing stops a second comment; YouTube and LinkedIn never prove
# that a comment is absent, which their own tests show.
COMMENT_GUARDS = {**GUARDS, "youtube": "never absent", "linkedin": "never absent"}
COMMENT_GUARDS.pop("instagram")
lags = pytest.mark.parametrize("lag", LAGS, ids=lambda lag: f"{lag.seconds}s")
# With every refusal of every network: the lags between the others are tried in `make faults`.
BETWEEN = {LAGS[1], LAGS[3]}
lags_of_refusals = pytest.mark.parametrize(
    "lag",
    [pytest.param(lag, marks=pytest.mark.faults) if lag in BETWEEN else lag for lag in LAGS],
    ids=lambda lag: f"{lag.seconds}s",
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    await create_tables(made)
    yield made
    await made.close()


@lags_of_refusals
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_a_refused_second_request_never_fails_a_post_that_may_be_live(
    database: Database, scene: Scene, lag: timedelta
) -> None:
    channel = bench(scene.name, scene.settings).channel
    for key, refusal in distinct(channel, refusals(scene.name)).items():
        network = LaggingNetwork(scene, refusal, lag)
        if lag > LAGS[2] and not network.is_final:
            continue  # it is held for seconds, hundreds of times: that shows nothing that shorter lags do not
        desk = Desk(database, network, scene.account, network.built.clock)
        await desk.put(scene.draft, scene.handle, (), channel.lead(scene.draft).total_seconds())
        row = await desk.run(LATEST)
        what = (key, row.status, row.failure, row.warnings, row.hold_reason)
        assert row.status != S.FAILED, what
        # Nothing is sent after a refusal that may be about the first request.
        assert network.sent <= 2 or not network.is_final, what
        if row.status == S.UNCONFIRMED:
            assert [one["code"] for one in row.warnings] == [OUTCOME_UNKNOWN], what
        elif row.status == S.PUBLISHED:
            assert [one.outcome for one in await desk.attempts()].count(Effect.SENT) == 1, what
            assert row.published_at is not None
            assert abs(row.published_at - NOW) < timedelta(seconds=10), what
        else:
            assert row.hold_reason or not row.preparation_ready, what  # it waits for its account or a preparation


@lags_of_refusals
@pytest.mark.parametrize(("scene", "step", "draft"), LATER, ids=[f"{scene.name}-{step}" for scene, step, _ in LATER])
async def test_a_refused_later_step_is_not_sent_again_and_is_found_whenever_it_shows(
    database: Database, scene: Scene, step: str, draft: dict[str, Any], lag: timedelta
) -> None:
    channel, clock = bench(scene.name, scene.settings).channel, FixedClock()
    network = LaggingStep(channel, clock, lag)
    desk = Desk(database, network, scene.account, clock)
    for key, network.refusal in distinct(channel, refusals(scene.name)).items():
        error, clock.at = explained(channel, network.refusal), NOW
        network.sent.clear()
        await desk.put(scene.draft.model_copy(update=draft), None, (step,), 0)
        row = await desk.run(LATEST)
        what = (key, row.warnings, network.sent, row.steps_left)
        assert (row.status, network.sent["post"]) == (S.PUBLISHED, 1), what
        codes = [one["code"] for one in row.warnings]
        if error.may_be_ours or error.effect is Effect.REJECTED:
            assert network.sent[step] <= 2, what
            # It is seen in the end, so nothing is missing.
            assert (codes, row.steps_left, row.incomplete_at) == ([], [], None), what
        assert codes in ([], [CHAIN_INCOMPLETE], [FIRST_COMMENT_FAILED]), what


@lags
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_nothing_is_sent_again_where_a_copy_would_be_a_second_post(
    database: Database, scene: Scene, lag: timedelta
) -> None:
    network = LaggingNetwork(scene, None, lag)
    desk = Desk(database, network, scene.account, network.built.clock)
    await desk.put(scene.draft, scene.handle, (), network.lead(scene.draft).total_seconds())
    row = await desk.run(LATEST)
    assert network.sent == 1 or scene.name in GUARDS, (row.status, row.warnings)
    assert row.status in (S.PUBLISHED, S.UNCONFIRMED)


@lags
@pytest.mark.parametrize(("scene", "step", "draft"), LATER, ids=[f"{scene.name}-{step}" for scene, step, _ in LATER])
async def test_no_later_step_is_sent_again_where_a_copy_would_be_a_second_one(
    database: Database, scene: Scene, step: str, draft: dict[str, Any], lag: timedelta
) -> None:
    channel, clock = bench(scene.name, scene.settings).channel, FixedClock()
    network = LaggingStep(channel, clock, lag)
    desk = Desk(database, network, scene.account, clock)
    await desk.put(scene.draft.model_copy(update=draft), None, (step,), 0)
    row = await desk.run(LATEST)
    assert network.sent[step] == 1 or scene.name in (COMMENT_GUARDS if step == COMMENT else GUARDS), row.warnings
    assert (row.steps_left, row.warnings) == ([], [])
