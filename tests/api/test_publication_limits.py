"""The limit on publications: met exactly, by whoever comes first, and never at the cost of what was accepted."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from munadi.db.brands.limits import require_room
from munadi.db.tables import EventRow, IdempotencyRow, PublicationRow
from munadi.domain.brand import BrandLimits
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.reasons import failure_of
from munadi.domain.usage import QuotaExceeded
from tests.api.desk import FAR, Desk, later, open_desk
from tests.api.limiting import DECEMBER, JANUARY, REST_OF_DECEMBER, limit, refused, send, statements, usage

PUBLICATIONS = "publicationsPerMonth"


async def test_of_fifty_at_once_exactly_ten_are_accepted(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=10)
    answers = await asyncio.gather(*(send(desk) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {202: 10, 429: 40}
    for answer in answers:
        if answer.status_code == 429:
            refused(answer, PUBLICATIONS)
    assert await desk.count() == 10
    assert (await usage(desk, month="2027-03"))["publications"] == {
        "used": 0, "planned": 10, "limit": 10, "remaining": 0,
    }  # fmt: skip


async def test_over_two_apis_it_is_ten_too(tmp_path: Path, database_url: str) -> None:
    async with (
        open_desk(tmp_path / "one", database_url) as one,
        open_desk(tmp_path / "two", database_url, fresh=False) as two,
    ):
        await limit(one, publicationsPerMonth=10)
        answers = await asyncio.gather(*(send(each) for _ in range(25) for each in (one, two)))
        assert Counter(answer.status_code for answer in answers) == {202: 10, 429: 40}
        assert await two.count() == 10


async def test_the_answer_says_what_and_until_when(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    await desk.accept(scheduledAt=DECEMBER)
    answer = await send(desk, scheduledAt=DECEMBER)
    problem = refused(answer, PUBLICATIONS)
    assert answer.headers["ratelimit-policy"] == f'"{PUBLICATIONS}";q=1;w={31 * 86_400}'
    assert answer.headers["ratelimit"] == f'"{PUBLICATIONS}";r=0;t={REST_OF_DECEMBER}'
    assert answer.headers["retry-after"] == str(REST_OF_DECEMBER)
    assert (problem["errors"][0]["limit"], problem["errors"][0]["actual"]) == (1, 2)
    assert "2026-12 (UTC): 0 are published and 1 planned, and this would add 1" in problem["detail"]


async def test_nothing_is_left_of_what_was_refused(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=0)
    media = [{"url": desk.site.url("/a.jpg")}]
    refused(await send(desk, key="cms-1", media=media), PUBLICATIONS)
    assert [await desk.count(table) for table in (PublicationRow, EventRow, IdempotencyRow)] == [0, 0, 0]
    await limit(desk, publicationsPerMonth=1)
    assert (await send(desk, key="cms-1", media=media)).status_code == 202


async def test_a_month_ends_where_the_next_begins(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    assert (await send(desk, scheduledAt=DECEMBER)).status_code == 202
    assert (await send(desk, scheduledAt=JANUARY)).status_code == 202
    for when in (DECEMBER, JANUARY, "2027-01-01T05:29:59+05:30", "2026-12-31T22:00:00-03:00"):
        refused(await send(desk, scheduledAt=when), PUBLICATIONS)
    assert (await send(desk, scheduledAt="2027-02-01T00:00:00Z")).status_code == 202


async def test_a_post_for_now_counts_in_the_month_that_begins_meanwhile(desk: Desk) -> None:
    """Read in December, stored in January: January's place is taken."""
    await limit(desk, publicationsPerMonth=1)
    await desk.accept(scheduledAt=JANUARY)
    just_before, just_after = datetime.fromisoformat(DECEMBER), datetime.fromisoformat(JANUARY)
    async with desk.services.database.read() as session:
        with pytest.raises(QuotaExceeded) as refusal:
            await require_room(session, "acme", BrandLimits(publications_per_month=1), just_before, 1, just_after)
    assert refusal.value.quotas[0].resets_in == timedelta(days=31)


async def test_a_content_is_accepted_whole_or_not_at_all(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS)
    await limit(desk, publicationsPerMonth=3)
    both = {"channels": ["bluesky", "threads"]}
    assert (await send(desk, **both)).status_code == 202
    assert refused(await send(desk, **both), PUBLICATIONS, left=1)["errors"][0]["actual"] == 4
    assert (await send(desk)).status_code == 202


async def test_what_was_accepted_is_answered_again_however_full_the_month_is(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    first = await send(desk, key="cms-42")
    refused(await send(desk, key="cms-43"), PUBLICATIONS)
    again = await send(desk, key="cms-42")
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (202, first.content, "true")
    with_media = {"media": [{"url": desk.site.url("/a.jpg")}]}
    await limit(desk, publicationsPerMonth=2)
    first = await send(desk, key="cms-44", **with_media)
    again = await send(desk, key="cms-44", **with_media)
    assert (again.status_code, again.content) == (202, first.content)


async def test_brands_do_not_share_a_limit(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    await desk.accept()
    refused(await send(desk), PUBLICATIONS)
    assert [(await send(desk, brandRef="rival")).status_code for _ in range(2)] == [202, 202]
    own = await desk.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    refused(await desk.client.post("/v1/contents", json=desk.content(), headers=own), PUBLICATIONS)


async def test_what_is_given_up_or_fails_gives_its_place_back(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    first = await desk.accept()
    refused(await send(desk), PUBLICATIONS)
    assert (await desk.client.post(f"/v1/contents/{first['id']}/cancel")).is_success
    second = await desk.accept()
    async with desk.story(second["id"]) as story:
        await story.fail(story.publications[0], failure_of(Reason.CONTENT_POLICY))
    assert (await send(desk)).status_code == 202


async def test_a_lower_limit_touches_nothing_that_was_accepted(desk: Desk) -> None:
    made = [await desk.accept() for _ in range(3)]
    await limit(desk, publicationsPerMonth=1)
    assert {(await desk.read(each["id"]))["status"] for each in made} == {"accepted"}
    moved = await desk.client.post(
        f"/v1/contents/{made[0]['id']}/reschedule", json={"scheduledAt": "2027-03-31T23:59:59Z"}
    )
    assert moved.status_code == 200  # it stays in its month
    edited = await desk.client.patch(f"/v1/contents/{made[0]['id']}", json={"text": "x"}, headers={"If-Match": '"2"'})
    assert edited.status_code == 200
    assert (await usage(desk, month="2027-03"))["publications"]["remaining"] == 0


async def test_moving_into_a_full_month_is_refused_and_changes_nothing(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    await desk.accept(scheduledAt=DECEMBER)
    other = await desk.accept(scheduledAt=JANUARY)
    path = f"/v1/contents/{other['id']}"
    refused(await desk.client.post(f"{path}/reschedule", json={"scheduledAt": DECEMBER}), PUBLICATIONS)
    refused(await desk.client.post(f"{path}/publish-now"), PUBLICATIONS)
    assert await desk.read(other["id"]) == other
    moved = await desk.client.post(f"{path}/reschedule", json={"scheduledAt": FAR})
    assert moved.status_code == 200
    assert (await usage(desk, month="2027-01"))["publications"]["planned"] == 0
    assert (await usage(desk, month="2027-03"))["publications"]["planned"] == 1


async def test_of_many_who_move_into_a_month_as_many_come_in_as_fit(desk: Desk) -> None:
    made = [await desk.accept(scheduledAt=JANUARY) for _ in range(6)]
    await limit(desk, publicationsPerMonth=2)
    answers = await asyncio.gather(
        *(desk.client.post(f"/v1/contents/{each['id']}/reschedule", json={"scheduledAt": FAR}) for each in made),
        *(send(desk) for _ in range(6)),
    )
    assert sum(answer.is_success for answer in answers) == 2
    assert (await usage(desk, month="2027-03"))["publications"]["planned"] == 2


async def test_everything_at_once_neither_waits_in_a_circle_nor_passes_the_limit(desk: Desk) -> None:
    made = [await desk.accept(scheduledAt=JANUARY) for _ in range(6)]
    await limit(desk, publicationsPerMonth=8, accounts=10)
    account = (await desk.client.get("/v1/accounts?brandRef=acme&channel=bluesky")).json()["data"][0]["id"]
    other = await desk.account(ChannelName.THREADS)
    calls = [send(desk, scheduledAt=FAR, channels=[{"channel": "bluesky", "accountId": account}]) for _ in range(6)]
    for each in made:
        path = f"/v1/contents/{each['id']}"
        calls += [
            desk.client.post(f"{path}/reschedule", json={"scheduledAt": FAR}),
            desk.client.post(f"{path}/publish-now"),
            desk.client.post(f"{path}/cancel"),
            desk.client.patch("/v1/brands/acme", json={"name": each["id"]}),
        ]
    calls.append(desk.client.delete(f"/v1/accounts/{other}"))
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= {200, 202, 204, 409, 429}, Counter(a.text for a in answers)
    counts = [(await usage(desk, month=month))["publications"] for month in ("2026-12", "2027-01", "2027-03")]
    assert all(each["planned"] <= 8 for each in counts)


async def test_retrying_needs_a_place_again(desk: Desk) -> None:
    first = await desk.accept(scheduledAt=DECEMBER)
    async with desk.story(first["id"]) as story:
        await story.fail(story.publications[0], failure_of(Reason.CONTENT_POLICY))
    await limit(desk, publicationsPerMonth=1)
    second = await desk.accept(scheduledAt=DECEMBER)
    retry = f"/v1/contents/{first['id']}/retry"
    refused(await desk.client.post(retry), PUBLICATIONS)
    assert (await desk.read(first["id"]))["status"] == "failed"
    await desk.client.post(f"/v1/contents/{second['id']}/cancel")
    assert (await desk.client.post(retry)).status_code == 202


async def test_a_post_that_is_overdue_needs_no_second_place(desk: Desk) -> None:
    made = await desk.accept(scheduledAt=later(hours=1))
    await limit(desk, publicationsPerMonth=1)
    desk.clock.ahead = timedelta(days=40)
    assert (await usage(desk))["publications"]["planned"] == 1
    refused(await send(desk, scheduledAt=later(days=41)), PUBLICATIONS)
    assert (await desk.client.post(f"/v1/contents/{made['id']}/publish-now")).status_code == 200


async def test_validating_says_it_too(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    check = await desk.client.post("/v1/contents/validate", json=desk.content())
    assert check.json()["valid"] is True
    await desk.accept()
    found = (await desk.client.post("/v1/contents/validate", json=desk.content())).json()
    assert (found["valid"], len(found["publications"])) == (False, 1)  # what would be shown, if there were room
    [problem] = found["problems"]
    assert (problem["code"], problem["rule"], problem["limit"], problem["actual"]) == (
        "QUOTA_EXCEEDED", PUBLICATIONS, 1, 2,
    )  # fmt: skip


async def test_other_violations_are_told_before_a_limit(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=0)
    answer = await send(desk, text="x" * 301)
    assert (answer.status_code, [error["code"] for error in answer.json()["errors"]]) == (422, ["TEXT_TOO_LONG"])


async def test_without_a_limit_nothing_is_asked_of_the_database_for_it(desk: Desk) -> None:
    await send(desk)
    with statements(desk) as free:
        assert (await send(desk, key="one")).status_code == 202
    await limit(desk, publicationsPerMonth=100)
    await send(desk)  # the change made every key be read again
    with statements(desk) as limited:
        assert (await send(desk, key="two")).status_code == 202
    assert not [each for each in free if "delivery_tries" in each or "FROM brands WHERE" in each or "count(" in each]
    assert len(limited) - len(free) == 2, limited


async def test_a_key_for_one_brand_cannot_raise_its_own_limit(desk: Desk) -> None:
    own = await desk.key(Scope.ADMIN, brand_ref="acme")
    answer = await desk.client.patch("/v1/brands/acme", json={"limits": {}}, headers=own)
    assert (answer.status_code, answer.json()["code"]) == (403, "BRAND_RESTRICTED")
    renamed = await desk.client.patch("/v1/brands/acme", json={"name": "Acme"}, headers=own)
    assert renamed.status_code == 200


@pytest.mark.parametrize("sent", [{"accounts": -1}, {"publicationsPerMonth": 1.5}, {"apiCallsPerMinute": "many"}])
async def test_a_limit_is_a_number(small_desk: Desk, sent: dict[str, object]) -> None:
    answer: httpx.Response = await small_desk.client.patch("/v1/brands/acme", json={"limits": sent})
    assert answer.status_code == 422
