"""The limit on publications: met exactly under concurrency, and never at the cost of accepted posts."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from munadi.db.brands.limits import require_room
from munadi.db.tables import EventRow, IdempotencyRow, PublicationRow
from munadi.domain.brand import BrandLimits
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.reasons import failure_of
from munadi.domain.usage import QuotaExceeded
from tests.api.client import FAR
from tests.api.harness import ApiHarness, later, of_request, open_api
from tests.api.problems import expect_errors, expect_quota_exceeded
from tests.api.test_usage import DECEMBER, JANUARY

pytestmark = pytest.mark.each_database
PUBLICATIONS = "publicationsPerMonth"
# The clock stands at 2026-12-01T09:00:00Z.
REST_OF_DECEMBER = 30 * 86_400 + 15 * 3600


async def planned(api: ApiHarness, month: str) -> int:
    count: int = (await api.usage(month=month))["publications"]["planned"]
    return count


async def fail(api: ApiHarness, content_id: str) -> None:
    async with api.locked(content_id) as content:
        await content.fail(content.publications[0], failure_of(Reason.CONTENT_POLICY))


async def test_of_fifty_concurrent_posts_exactly_ten_are_accepted(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=10)
    answers = await asyncio.gather(*(api.try_submit() for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {202: 10, 429: 40}
    for answer in answers:
        if answer.status_code == 429:
            expect_quota_exceeded(answer, PUBLICATIONS)
    assert await api.count() == 10
    publications = (await api.usage(month="2027-03"))["publications"]
    assert publications == {"used": 0, "planned": 10, "limit": 10, "remaining": 0}


async def test_two_api_processes_share_the_limit(tmp_path: Path, database_url: str) -> None:
    async with (
        open_api(tmp_path / "one", database_url) as one,
        open_api(tmp_path / "two", database_url, fresh=False) as two,
    ):
        await one.limit(publicationsPerMonth=10)
        answers = await asyncio.gather(*(each.try_submit() for _ in range(25) for each in (one, two)))
        assert Counter(answer.status_code for answer in answers) == {202: 10, 429: 40}
        assert await two.count() == 10


async def test_a_refusal_says_what_is_exceeded_and_until_when(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    await api.submit(scheduledAt=DECEMBER)
    answer = await api.try_submit(scheduledAt=DECEMBER)
    problem = expect_quota_exceeded(answer, PUBLICATIONS)
    assert answer.headers["ratelimit-policy"] == f'"{PUBLICATIONS}";q=1;w={31 * 86_400}'
    assert answer.headers["ratelimit"] == f'"{PUBLICATIONS}";r=0;t={REST_OF_DECEMBER}'
    assert answer.headers["retry-after"] == str(REST_OF_DECEMBER)
    assert (problem["errors"][0]["limit"], problem["errors"][0]["actual"]) == (1, 2)
    assert "2026-12 (UTC): 0 are published and 1 planned, and this would add 1" in problem["detail"]


async def test_a_refused_post_leaves_nothing(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=0)
    media = [{"url": api.site.url("/a.jpg")}]
    expect_quota_exceeded(await api.try_submit(idempotency_key="cms-1", media=media), PUBLICATIONS)
    assert [await api.count(table) for table in (PublicationRow, EventRow, IdempotencyRow)] == [0, 0, 0]
    await api.limit(publicationsPerMonth=1)
    assert (await api.try_submit(idempotency_key="cms-1", media=media)).status_code == 202


async def test_a_month_ends_where_the_next_begins(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    for when in (DECEMBER, JANUARY, "2027-02-01T00:00:00Z"):
        await api.submit(scheduledAt=when)
    for when in (DECEMBER, JANUARY, "2027-01-01T05:29:59+05:30", "2026-12-31T22:00:00-03:00"):
        expect_quota_exceeded(await api.try_submit(scheduledAt=when), PUBLICATIONS)


async def test_an_immediate_post_counts_in_the_month_that_begins_meanwhile(api: ApiHarness) -> None:
    """Read in December, stored in January: January is full."""
    await api.limit(publicationsPerMonth=1)
    await api.submit(scheduledAt=JANUARY)
    just_before, just_after = datetime.fromisoformat(DECEMBER), datetime.fromisoformat(JANUARY)
    async with api.services.database.read() as session:
        with pytest.raises(QuotaExceeded) as refusal:
            await require_room(session, "acme", BrandLimits(publications_per_month=1), just_before, 1, just_after)
    assert refusal.value.quotas[0].resets_in == timedelta(days=31)


async def test_a_post_is_accepted_whole_or_not_at_all(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    await api.limit(publicationsPerMonth=3)
    both = {"channels": ["bluesky", "threads"]}
    await api.submit(**both)
    refused = expect_quota_exceeded(await api.try_submit(**both), PUBLICATIONS, left=1)
    assert refused["errors"][0]["actual"] == 4
    await api.submit()


@pytest.mark.parametrize("with_media", [False, True])
async def test_a_repeated_request_has_its_first_answer_though_the_month_is_full(
    api: ApiHarness, with_media: bool
) -> None:
    post = {"media": [{"url": api.site.url("/a.jpg")}]} if with_media else {}
    await api.limit(publicationsPerMonth=1)
    first = await api.try_submit(idempotency_key="cms-42", **post)
    expect_quota_exceeded(await api.try_submit(idempotency_key="cms-43", **post), PUBLICATIONS)
    again = await api.try_submit(idempotency_key="cms-42", **post)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (202, first.content, "true")


async def test_brands_do_not_share_a_limit(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    await api.submit()
    own = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    for key in (None, own):
        expect_quota_exceeded(await api.try_submit(key=key), PUBLICATIONS)
    for _ in range(2):
        await api.submit(brandRef="rival")


async def test_a_canceled_or_failed_post_frees_its_place(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    first = await api.submit()
    expect_quota_exceeded(await api.try_submit(), PUBLICATIONS)
    assert (await api.change(first["id"], "cancel")).is_success
    await fail(api, (await api.submit())["id"])
    await api.submit()


async def test_a_lower_limit_changes_no_accepted_post(api: ApiHarness) -> None:
    made = [(await api.submit())["id"] for _ in range(3)]
    await api.limit(publicationsPerMonth=1)
    assert {(await api.read_content(each))["status"] for each in made} == {"accepted"}
    within = await api.change(made[0], "reschedule", {"scheduledAt": "2027-03-31T23:59:59Z"})
    assert within.status_code == 200, "it stays in its month"
    assert (await api.edit(made[0], {"text": "x"}, '"2"')).status_code == 200
    assert (await api.usage(month="2027-03"))["publications"]["remaining"] == 0


async def test_moving_a_post_into_a_full_month_is_refused_and_changes_nothing(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    await api.submit(scheduledAt=DECEMBER)
    other = await api.submit(scheduledAt=JANUARY)
    for action, body in (("reschedule", {"scheduledAt": DECEMBER}), ("publish-now", None)):
        expect_quota_exceeded(await api.change(other["id"], action, body), PUBLICATIONS)
    assert await api.read_content(other["id"]) == other
    assert (await api.change(other["id"], "reschedule", {"scheduledAt": FAR})).status_code == 200
    assert (await planned(api, "2027-01"), await planned(api, "2027-03")) == (0, 1)


async def test_concurrent_moves_and_posts_fill_a_month_exactly(api: ApiHarness) -> None:
    made = [await api.submit(scheduledAt=JANUARY) for _ in range(6)]
    await api.limit(publicationsPerMonth=2)
    moves = [api.change(each["id"], "reschedule", {"scheduledAt": FAR}) for each in made]
    answers = await asyncio.gather(*moves, *(api.try_submit() for _ in range(6)))
    assert sum(answer.is_success for answer in answers) == 2
    assert await planned(api, "2027-03") == 2


async def test_concurrent_changes_of_every_kind_neither_deadlock_nor_pass_the_limit(api: ApiHarness) -> None:
    made = [(await api.submit(scheduledAt=JANUARY))["id"] for _ in range(6)]
    await api.limit(publicationsPerMonth=8, accounts=10)
    account = (await api.read_list("/v1/accounts?brandRef=acme&channel=bluesky"))[0]["id"]
    other = await api.add_account(ChannelName.THREADS)
    calls = [api.try_submit(channels=[{"channel": "bluesky", "accountId": account}]) for _ in range(6)]
    for content_id in made:
        calls += [
            api.change(content_id, "reschedule", {"scheduledAt": FAR}),
            api.change(content_id, "publish-now"),
            api.change(content_id, "cancel"),
            api.patch("/v1/brands/acme", {"name": content_id}),
        ]
    answers = await asyncio.gather(*calls, api.delete(f"/v1/accounts/{other}"))
    assert {answer.status_code for answer in answers} <= {200, 202, 204, 409, 429}, Counter(a.text for a in answers)
    for month in ("2026-12", "2027-01", "2027-03"):
        assert await planned(api, month) <= 8


async def test_a_retry_needs_a_free_place(api: ApiHarness) -> None:
    first = (await api.submit(scheduledAt=DECEMBER))["id"]
    await fail(api, first)
    await api.limit(publicationsPerMonth=1)
    second = (await api.submit(scheduledAt=DECEMBER))["id"]
    expect_quota_exceeded(await api.change(first, "retry"), PUBLICATIONS)
    assert (await api.read_content(first))["status"] == "failed"
    await api.change(second, "cancel")
    assert (await api.change(first, "retry")).status_code == 202


async def test_an_overdue_post_needs_no_second_place(api: ApiHarness) -> None:
    made = await api.submit(scheduledAt=later(hours=1))
    await api.limit(publicationsPerMonth=1)
    api.clock.ahead = timedelta(days=40)
    assert (await api.usage())["publications"]["planned"] == 1
    expect_quota_exceeded(await api.try_submit(scheduledAt=later(days=41)), PUBLICATIONS)
    assert (await api.change(made["id"], "publish-now")).status_code == 200


async def test_validating_reports_an_exceeded_limit(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    assert (await api.validate())["valid"] is True
    await api.submit()
    found = await api.validate()
    assert (found["valid"], len(found["publications"])) == (False, 1), "it shows what would be published"
    [problem] = found["problems"]
    assert (problem["code"], problem["rule"]) == ("QUOTA_EXCEEDED", PUBLICATIONS)
    assert (problem["limit"], problem["actual"]) == (1, 2)


async def test_other_violations_are_reported_before_a_limit(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=0)
    expect_errors(await api.try_submit(text="x" * 301), ("/text", "TEXT_TOO_LONG"))


async def test_without_a_limit_no_statement_counts_publications(api: ApiHarness) -> None:
    await api.submit()
    with api.statements() as free:
        assert (await api.try_submit(idempotency_key="one", text="one")).status_code == 202
    await api.limit(publicationsPerMonth=100)
    with api.statements() as limited:
        assert (await api.try_submit(idempotency_key="two", text="two")).status_code == 202
    # An event reads in its own statement whether the brand is for tests.
    free = [each for each in free if not each.startswith("INSERT INTO events")]
    limited = [each for each in limited if not each.startswith("INSERT INTO events")]
    assert not [each for each in free if "delivery_tries" in each or "FROM brands WHERE" in each or "count(" in each]
    assert len(of_request(limited)) - len(of_request(free)) == 2, limited
