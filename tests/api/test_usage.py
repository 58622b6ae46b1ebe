"""GET /v1/usage: whose, of which month, against which limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Effect
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus, Published
from munadi.publishing.model import Outcome
from munadi.publishing.outcomes import apply_outcome
from tests.api.desk import Desk, later
from tests.api.limiting import DECEMBER, JANUARY, limit, statements, usage


async def test_a_new_brand_has_used_nothing(desk: Desk) -> None:
    free = {"used": 0, "limit": None, "remaining": None}
    assert await usage(desk, "rival") == {
        "brandRef": "rival",
        "month": "2026-12",
        "startsAt": "2026-12-01T00:00:00Z",
        "endsAt": "2027-01-01T00:00:00Z",
        "connectedAccounts": free | {"used": 1},
        "publications": free | {"planned": 0},
        # This very call.
        "apiCalls": free | {"used": 1},
        "apiCallsPerMinute": free | {"used": 1},
        "webhookDeliveries": free,
    }


async def publish(desk: Desk, content_id: str, after: timedelta) -> None:
    """As if its network had taken it."""
    async with desk.story(content_id) as story:
        story.now = desk.clock.now() + after
        [row] = story.publications
        await story.move(row, PublicationStatus.QUEUED, EventType.CONTENT_QUEUED)
        await story.move(row, PublicationStatus.PUBLISHING, EventType.PUBLISH_STARTED)
        row.published_at = story.now
        await story.move(row, PublicationStatus.PUBLISHED, EventType.PUBLISH_SUCCEEDED)


async def test_what_was_used_stands_beside_what_is_planned_and_what_may_be(desk: Desk) -> None:
    made = [await desk.accept(scheduledAt=DECEMBER) for _ in range(3)]
    await desk.accept(scheduledAt=JANUARY)
    await publish(desk, made[0]["id"], timedelta(minutes=1))
    await desk.client.post(f"/v1/contents/{made[1]['id']}/cancel")
    await limit(desk, accounts=10, publicationsPerMonth=5, webhookDeliveriesPerMonth=7)
    found = await usage(desk)
    assert found["publications"] == {"used": 1, "planned": 1, "limit": 5, "remaining": 3}
    assert found["connectedAccounts"] == {"used": 3, "limit": 10, "remaining": 7}
    assert found["webhookDeliveries"] == {"used": 0, "limit": 7, "remaining": 7}
    january = await usage(desk, month="2027-01")
    assert (january["publications"]["planned"], january["apiCalls"]["used"]) == (1, 0)
    assert january["apiCallsPerMinute"] is None


async def test_a_post_that_goes_out_late_counts_in_the_month_it_went_out(desk: Desk) -> None:
    made = await desk.accept(scheduledAt=DECEMBER)
    await publish(desk, made["id"], timedelta(days=31))
    assert (await usage(desk))["publications"]["used"] == 0
    assert (await usage(desk, month="2027-01"))["publications"]["used"] == 1


async def test_accounts_of_a_month_that_ended_are_those_it_ended_with(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS, deleted_at=desk.clock.now() + timedelta(days=35), status="disconnected")
    desk.clock.ahead = timedelta(days=40)
    assert (await usage(desk, month="2026-12"))["connectedAccounts"]["used"] == 4
    assert (await usage(desk))["connectedAccounts"]["used"] == 3
    assert (await usage(desk, month="2026-11"))["connectedAccounts"]["used"] == 0


async def test_a_key_of_one_brand_sees_its_own_and_no_other(desk: Desk) -> None:
    for scope in (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, Scope.WEBHOOKS_READ):
        own = await desk.key(scope, brand_ref="rival")
        for path in ("/v1/usage", "/v1/usage?brandRef=rival"):
            assert (await desk.client.get(path, headers=own)).json()["brandRef"] == "rival"
        for other in ("acme", "nobody", "", "NO SUCH"):
            answer = await desk.client.get(f"/v1/usage?brandRef={other}", headers=own)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    writer = await desk.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    assert (await desk.client.get("/v1/usage", headers=writer)).status_code == 403


async def test_a_key_of_all_brands_gets_a_page_of_them(desk: Desk) -> None:
    await desk.client.post("/v1/brands", json={"ref": "third"})
    first = (await desk.client.get("/v1/usage?limit=2&month=2026-12")).json()
    assert [each["brandRef"] for each in first["data"]] == ["acme", "rival"]
    assert [each["connectedAccounts"]["used"] for each in first["data"]] == [3, 1]
    rest = (await desk.client.get(f"/v1/usage?limit=2&cursor={first['nextCursor']}")).json()
    assert ([each["brandRef"] for each in rest["data"]], rest["nextCursor"]) == (["third"], None)


async def test_a_page_takes_as_many_statements_as_one_brand(desk: Desk) -> None:
    with statements(desk) as one:
        await usage(desk)
    for number in range(10):
        await desk.client.post("/v1/brands", json={"ref": f"more-{number}"})
    with statements(desk) as all_:
        assert len((await desk.client.get("/v1/usage")).json()["data"]) == 12
    assert len(all_) == len(one)


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-1", "1999-12", "2026-12-01", "december", "", "2026-12%0A", "٢٠٢٦-12"]
)
async def test_a_month_is_a_month(small_desk: Desk, month: str) -> None:
    answer = await small_desk.client.get(f"/v1/usage?month={month}")
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, ["?month"])


@pytest.mark.parametrize("month", ["2000-01", "2099-12"])
async def test_the_first_and_the_last_month_there_is(desk: Desk, month: str) -> None:
    assert (await usage(desk, month=month))["publications"]["planned"] == 0


async def test_a_settled_post_is_counted_by_the_transaction_that_settles_it(desk: Desk) -> None:
    """The real way: the outcome of a network's answer is recorded."""
    made = await desk.accept(scheduledAt=later(minutes=1))
    async with desk.story(made["id"]) as story:
        [row] = story.publications
        await story.move(row, PublicationStatus.QUEUED, None)
        await story.move(row, PublicationStatus.PUBLISHING, None)
        live = Outcome(effect=Effect.SENT, published=Published(post_id="1"))
        await apply_outcome(story, row, None, step="post", epoch=row.epoch, outcome=live)
    found = (await usage(desk))["publications"]
    assert (found["used"], found["planned"]) == (1, 0)
