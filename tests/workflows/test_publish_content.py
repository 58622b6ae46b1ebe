"""The workflow of a post, with skipped time and a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import Pending, PublicationStatus
from tests.workflows.network import not_sent, rejected, spec
from tests.workflows.world import World

B, IG = ChannelName.BLUESKY, ChannelName.INSTAGRAM
S = PublicationStatus
DAY = timedelta(days=1)


def ahead(**delta: float) -> datetime:
    return datetime.now(UTC) + timedelta(**delta)


async def finish(world: World, content_id: str) -> str:
    await world.wake(content_id, first=True)
    return await world.result(content_id)


async def test_publishes_each_channel_once_and_never_early(skipping: World) -> None:
    due = ahead(days=3)
    content_id = await skipping.submit(due)
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    rows = await skipping.publications(content_id)
    for name, channel in skipping.channels.items():
        row = rows[name]
        assert row.status == S.PUBLISHED
        assert row.provider_post_id == f"post-{row.id}"
        assert channel.count("publish") == 1
        assert row.lateness_ms is not None
        assert row.lateness_ms >= 0
    events = await skipping.events(content_id)
    types = [event.type for event in events]
    assert [*types[:2], types[-1]] == ["content.accepted", "content.queued", "content.completed"]
    assert len(types) == 3 + 2 * len(rows)
    for row in rows.values():  # one may succeed before the other starts
        own = [event.type for event in events if event.publication_id == row.id]
        assert own == ["content.publish.started", "content.publish.succeeded"]
    content = await skipping.content(content_id)
    assert (content.status, content.wake_ack, content.next_look_at) == ("published", content.wake_seq, None)


async def test_a_refusal_fails_one_channel_only_and_a_retry_fixes_it(real_two: World) -> None:
    real_two.channels[IG].plan.append(rejected(Reason.MEDIA_VALIDATION_FAILED))
    content_id = await real_two.submit(ahead(seconds=1))
    async with real_two.worker():
        assert "1/2 published; failed: instagram" in await finish(real_two, content_id)
        rows = await real_two.publications(content_id)
        failure = rows[IG].failure or {}
        assert failure["reason"] == "MEDIA_VALIDATION_FAILED"
        assert failure["providerMessage"] == "they said no"
        assert failure["remedy"]
        assert failure["attemptId"]
        assert (await real_two.content(content_id)).status == "partially_published"
        assert await real_two.change(content_id, "retry", None) == [rows[IG].id]
        assert await real_two.result(content_id) == "2/2 published"
    assert real_two.channels[B].count("publish") == 1
    assert real_two.channels[IG].count("publish") == 2
    completed = [e for e in await real_two.events(content_id) if e.type == "content.completed"]
    assert [event.status for event in completed] == ["partially_published", "published"]


@pytest.mark.parametrize(
    ("ending", "outcomes"),
    [("lost", ["sent"]), ("bug", ["sent"]), ("overtaken", ["sent"]), ("refused-silently", ["not_sent", "sent"])],
)
async def test_an_unknown_outcome_is_reconciled_and_sent_again_only_if_absent(
    skipping: World, ending: str, outcomes: list[str]
) -> None:
    skipping.channels[B].plan.append(ending)
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert len(skipping.channels[B].posts) == 1
    assert skipping.channels[B].count("publish") == len(outcomes)
    row = (await skipping.publications(content_id))[B]
    attempts = [(each.outcome, each.is_open) for each in await skipping.attempts(row.id)]
    assert attempts == [(outcome, False) for outcome in outcomes]


async def test_a_call_that_was_not_sent_is_retried_then_held_until_the_network_is_back(skipping: World) -> None:
    skipping.channels[B].plan.extend(not_sent() for _ in range(6))
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    events = [event.type for event in await skipping.events(content_id)]
    assert "content.publish.held" in events
    assert len(skipping.channels[B].posts) == 1


async def test_an_outage_until_publish_by_ends_with_its_reason(skipping: World) -> None:
    skipping.channels[B].plan.extend(not_sent() for _ in range(200))
    content_id = await skipping.submit(ahead(seconds=1), window=timedelta(hours=1))
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[B]
    assert row.status == S.FAILED
    failure = row.failure or {}
    assert (failure["reason"], failure["providerCode"]) == ("NETWORK_UNREACHABLE", "X")
    assert failure["attemptId"] == (await skipping.attempts(row.id))[-1].id
    assert skipping.channels[B].posts == []


async def test_a_rate_limit_holds_for_as_long_as_the_network_says(skipping: World) -> None:
    skipping.channels[B].plan.append(not_sent(Reason.RATE_LIMITED, timedelta(minutes=20)))
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    row = (await skipping.publications(content_id))[B]
    first, second = await skipping.attempts(row.id)
    assert first.ended_at is not None
    assert second.intent_at - first.ended_at >= timedelta(minutes=20)


async def test_a_post_that_cannot_be_checked_stays_unconfirmed_and_checks_continue(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.plan.append("lost")
    channel.blind = True
    content_id = await skipping.submit(ahead(seconds=1), window=timedelta(hours=6))
    async with skipping.worker():
        assert "unconfirmed: bluesky" in await finish(skipping, content_id)
    assert channel.count("publish") == 1
    assert channel.count("find") > 6
    row = (await skipping.publications(content_id))[B]
    assert row.status == S.UNCONFIRMED
    [why] = row.warnings
    assert why["code"] == "OUTCOME_UNKNOWN"
    assert why["message"].startswith("it is unknown whether the post is live: ")
    assert (await skipping.content(content_id)).status == "unconfirmed"
    await skipping.change_resolve(content_id, row.id, published=False)
    row = (await skipping.publications(content_id))[B]
    assert row.warnings == []
    assert (row.failure or {})["reason"] == "OUTCOME_UNKNOWN"


async def test_a_pending_post_is_polled_until_it_is_live(skipping: World) -> None:
    skipping.channels[B].plan.append("pending")
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert skipping.channels[B].count("check") == 1


async def test_preparation_comes_early_and_is_polled(skipping: World) -> None:
    for channel in skipping.channels.values():
        channel.prepare_plan.append(Pending(after=timedelta(seconds=30)))
    due = ahead(hours=2)
    content_id = await skipping.submit(due, lead=600)
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    for channel in skipping.channels.values():
        names = [name for name, _ in channel.calls]
        assert names == ["prepare", "prepare", "publish"]


async def test_a_start_that_was_not_recorded_delays_nothing(skipping: World) -> None:
    """The API stopped after it started the workflow and before it recorded that. The claim queues the post."""
    content_id = await skipping.submit(ahead(hours=2), lead=600)
    async with skipping.worker():
        await skipping.wake(content_id, first=True, recorded=False)
        assert await skipping.result(content_id) == "2/2 published"
    types = [event.type for event in await skipping.events(content_id)]
    assert types[:2] == ["content.accepted", "content.queued"]
    assert types.count("content.queued") == 1
    for channel in skipping.channels.values():
        assert [name for name, _ in channel.calls] == ["prepare", "publish"]


async def test_an_expired_preparation_is_repeated(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.leads = True
    channel.plan.append("lapsed")
    content_id = await skipping.submit(ahead(hours=2), lead=600)
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert [name for name, _ in channel.calls] == ["prepare", "publish", "prepare", "publish"]
    assert len(channel.posts) == 1


async def test_a_preparation_that_is_refused_fails_before_the_slot(skipping: World) -> None:
    skipping.channels[IG].prepare_plan.append(rejected(Reason.MEDIA_VALIDATION_FAILED))
    content_id = await skipping.submit(ahead(hours=2), lead=600)
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[IG]
    assert row.status == S.FAILED
    assert skipping.channels[IG].count("publish") == 0


async def test_a_dead_token_holds_the_post_until_the_window_closes(skipping: World) -> None:
    skipping.channels[B].plan.append(not_sent(Reason.TOKEN_REVOKED))
    content_id = await skipping.submit(ahead(seconds=1), window=timedelta(hours=3))
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[B]
    assert (row.failure or {})["reason"] == "TOKEN_REVOKED"
    assert skipping.tokens.lost_accounts == [row.account_id]


@pytest.mark.parametrize("lead", [0.0, 600.0])
async def test_without_the_permission_to_post_nothing_is_sent_and_the_owner_is_waited_for(
    skipping: World, lead: float
) -> None:
    skipping.channels[B].spec = spec(B, publish_scopes=("post",))
    skipping.tokens.scopes = ("read",)
    content_id = await skipping.submit(ahead(hours=1), lead=lead, window=timedelta(minutes=5))
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[B]
    assert (row.failure or {})["reason"] == "MISSING_SCOPE"
    assert [skipping.channels[B].count(call) for call in ("prepare", "publish")] == [0, 0]
    [first, *_] = [event for event in await skipping.events(content_id) if event.type == EventType.PUBLISH_HELD]
    assert first.reason == "TOKEN"


async def test_an_expired_token_is_renewed_within_the_publication(skipping: World) -> None:
    skipping.channels[B].plan.append(not_sent(Reason.TOKEN_EXPIRED))
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert skipping.tokens.renewals == 1


async def test_a_workflow_of_an_unknown_post_ends_with_a_message(skipping: World) -> None:
    async with skipping.worker():
        await skipping.wake("cnt_01jdq5k1rreb1vkz7vv9f0v6gw", first=True)
        assert await skipping.result("cnt_01jdq5k1rreb1vkz7vv9f0v6gw") == "there is no such content"


@pytest.mark.parametrize("times", [3])
async def test_starting_a_finished_post_again_does_nothing(skipping: World, times: int) -> None:
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        await finish(skipping, content_id)
        for _ in range(times):
            await skipping.wake(content_id)
            assert await skipping.result(content_id) == "2/2 published"
    assert all(channel.count("publish") == 1 for channel in skipping.channels.values())


async def test_a_token_that_expires_before_the_preparation_is_renewed(skipping: World) -> None:
    for channel in skipping.channels.values():
        channel.prepare_plan.append(not_sent(Reason.TOKEN_EXPIRED))
    content_id = await skipping.submit(ahead(hours=2), lead=600)
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert skipping.tokens.renewals == 2
    assert skipping.tokens.lost_accounts == []


async def test_a_dead_token_during_preparation_holds_the_post_without_a_loop(skipping: World) -> None:
    """The network refuses renewed tokens too: one hold until the owner reconnects, and no loop."""
    channel = skipping.channels[B]
    channel.prepare_plan.extend(not_sent(Reason.TOKEN_EXPIRED) for _ in range(500))
    content_id = await skipping.submit(ahead(hours=2), lead=600, window=timedelta(hours=5))
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[B]
    assert (row.failure or {})["reason"] == "TOKEN_EXPIRED"
    assert channel.count("prepare") == 2
    events = [event.type for event in await skipping.events(content_id) if event.publication_id == row.id]
    assert events == ["content.publish.held", "content.publish.failed"]
