"""API calls: counted for a brand, reported on every answer, refused when there are too many."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col, update

from munadi.db.keys.calls import add_calls
from munadi.db.tables import ApiCallsRow, BrandRow
from munadi.domain.brand import BrandLimits
from munadi.domain.key import Scope
from munadi.domain.usage import BrandCalls, Month
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_quota_exceeded
from tests.api.test_publication_limits import REST_OF_DECEMBER
from tests.support.waiting import wait_until

pytestmark = pytest.mark.each_database
MINUTE, MONTH = "apiCallsPerMinute", "apiCallsPerMonth"
LIST = "/v1/contents?brandRef=acme"
PERSON = (Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, Scope.ACCOUNTS_READ)


async def calls(api: ApiHarness, brand_ref: str = "acme") -> int:
    """The counted calls, without this one."""
    found: int = (await api.usage(brand_ref))["apiCalls"]["used"]
    return found - 1


async def test_of_fifty_concurrent_calls_exactly_ten_are_answered(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    await api.limit(apiCallsPerMinute=10)
    answers = await asyncio.gather(*(api.get("/v1/contents", key=key) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 40}
    assert await calls(api) == 10


async def test_an_answer_says_how_many_calls_are_left_and_until_when(api: ApiHarness) -> None:
    await api.limit(apiCallsPerMinute=3)
    api.clock.ahead = timedelta(seconds=20, milliseconds=400)
    for left in (2, 1, 0):
        answer = await api.get(LIST)
        assert answer.headers["ratelimit-policy"] == f'"{MINUTE}";q=3;w=60'
        assert answer.headers["ratelimit"] == f'"{MINUTE}";r={left};t=40'
        assert "retry-after" not in answer.headers
    refused = await api.get(LIST)
    problem = expect_quota_exceeded(refused, MINUTE)
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("40", f'"{MINUTE}";r=0;t=40')
    assert problem["detail"] == "the brand 'acme' may make 3 API calls a minute"
    api.clock.ahead = timedelta(minutes=1)
    assert (await api.get(LIST)).headers["ratelimit"] == f'"{MINUTE}";r=2;t=60'


async def test_a_month_has_a_limit_of_its_own(api: ApiHarness) -> None:
    await api.limit(apiCallsPerMinute=50, apiCallsPerMonth=3)
    answer = await api.get(LIST)
    assert answer.headers["ratelimit"] == f'"{MINUTE}";r=49;t=60, "{MONTH}";r=2;t={REST_OF_DECEMBER}'
    assert answer.headers["ratelimit-policy"] == f'"{MINUTE}";q=50;w=60, "{MONTH}";q=3;w={31 * 86_400}'
    api.clock.ahead = timedelta(minutes=5)
    assert [(await api.get(LIST)).status_code for _ in range(2)] == [200, 200]
    [error] = expect_quota_exceeded(await api.get(LIST), MONTH)["errors"]
    assert (error["pointer"], error["code"], error["channel"]) == ("", "QUOTA_EXCEEDED", None)
    assert (error["limit"], error["actual"]) == (3, 4)
    api.clock.ahead = timedelta(days=31)
    assert (await api.get(LIST)).status_code == 200


async def test_a_call_counts_for_the_brand_it_names(api: ApiHarness) -> None:
    for path in (LIST, "/v1/brands/acme", "/v1/usage?brandRef=acme"):
        await api.get(path)
    for text in ("Monsoon sale", "x" * 400):
        await api.try_submit(text=text)
    assert (await calls(api), await calls(api, "rival")) == (5, 0)


async def test_usage_shows_calls_that_are_just_being_written(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    released = asyncio.Event()

    async def add_slowly(*args: Any) -> None:
        await add_calls(*args)
        await released.wait()

    monkeypatch.setattr("munadi.limits.calls.add_calls", add_slowly)
    for _ in range(3):
        await api.get(LIST)
    writing = asyncio.create_task(api.services.calls.flush())
    await wait_until(lambda: not api.services.calls.unwritten("acme", Month.of(api.clock.now())).calls)
    reading = asyncio.create_task(calls(api))
    await asyncio.sleep(0.3)
    released.set()
    assert await reading == 3
    await writing


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        *(("GET", path, None) for path in ("/v1/contents", "/v1/channels", "/healthz")),
        *(("GET", f"/v1/contents?brandRef={brand_ref}", None) for brand_ref in ("nobody", "%00")),
        *(
            ("POST", "/v1/contents", body)
            for body in ([], "acme", {"brandRef": 1}, {"brandRef": ["acme"]}, {"brandRef": "a" * 64}, None)
        ),
    ],
)
async def test_a_call_that_names_no_brand_counts_for_none(api: ApiHarness, method: str, path: str, body: Any) -> None:
    assert (await api.request(method, path, body)).status_code in (200, 404, 422)
    await api.services.calls.flush()
    assert await api.count(ApiCallsRow) == 0


async def test_a_call_with_a_brands_own_key_counts_for_that_brand(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    for path in ("/v1/contents?brandRef=rival", "/v1/contents/cnt_nothing"):
        await api.get(path, key=key)
    assert (await calls(api), await calls(api, "rival")) == (2, 0)


async def test_a_call_without_permission_is_not_counted(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert (await api.try_submit(key=key)).status_code == 403
    assert (await api.get(LIST, key="mnd_x")).status_code == 401
    assert await calls(api) == 0


async def test_the_usage_can_be_read_and_the_limit_raised_when_it_is_exceeded(api: ApiHarness) -> None:
    await api.limit(apiCallsPerMinute=0, apiCallsPerMonth=0)
    answer = await api.get(LIST)
    assert "and" in answer.json()["detail"]
    assert answer.headers["retry-after"] == str(REST_OF_DECEMBER)
    own = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert (await api.read("/v1/usage", key=own))["apiCalls"]["remaining"] == 0
    await api.limit(apiCallsPerMinute=10, apiCallsPerMonth=None)
    assert (await api.get(LIST)).status_code == 200


async def test_an_administrators_call_does_not_count_for_a_brand(api: ApiHarness) -> None:
    await api.limit(apiCallsPerMinute=1)
    await api.create("/v1/keys", {"name": "k", "scopes": ["contents:read"], "brandRef": "acme"})
    assert await calls(api) == 0
    own = await api.key(Scope.ADMIN, brand_ref="acme")
    # Reading the usage was the one call of this minute.
    assert [(await api.get("/v1/keys", key=own)).status_code for _ in range(2)] == [429, 429]


async def test_an_unknown_limit_of_another_version_is_ignored(api: ApiHarness) -> None:
    limits = {"apiCallsPerMinute": 5, "teleportsPerMonth": 7}
    async with api.services.database.write() as session:
        await session.exec(update(BrandRow).where(col(BrandRow.ref) == "acme").values(limits=limits))
    assert (await api.get(LIST)).headers["ratelimit-policy"] == f'"{MINUTE}";q=5;w=60'


async def test_brands_do_not_share_a_limit(api: ApiHarness) -> None:
    await api.limit(apiCallsPerMinute=0)
    expect_quota_exceeded(await api.get(LIST), MINUTE)
    answer = await api.get("/v1/contents?brandRef=rival")
    assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)


async def test_errors_and_repeated_answers_have_the_current_limits(api: ApiHarness) -> None:
    await api.limit(apiCallsPerMinute=10)
    broken = await api.try_submit(text="x" * 400)
    first, again = [await api.try_submit(idempotency_key="cms-1") for _ in range(2)]
    assert (broken.status_code, first.content) == (422, again.content)
    for answer, left in ((broken, 9), (first, 8), (again, 7)):
        assert answer.headers["ratelimit"] == f'"{MINUTE}";r={left};t=60'


async def test_two_api_processes_know_each_others_written_calls(tmp_path: Path, database_url: str) -> None:
    async with (
        open_api(tmp_path / "one", database_url) as one,
        open_api(tmp_path / "two", database_url, fresh=False) as two,
    ):
        await one.limit(apiCallsPerMinute=10)
        for api, times in ((one, 5), (two, 4)):
            assert [(await api.get(LIST)).status_code for _ in range(times)] == [200] * times
            await api.services.calls.flush()
        assert (await one.get(LIST)).headers["ratelimit"] == f'"{MINUTE}";r=0;t=60'
        await one.services.calls.flush()
        for api in (one, two):
            expect_quota_exceeded(await api.get(LIST), MINUTE)
        assert await calls(two) == 10


async def test_counted_calls_survive_a_restart(tmp_path: Path, database_url: str) -> None:
    async with open_api(tmp_path, database_url) as api:
        for _ in range(5):
            await api.get(LIST)
    async with open_api(tmp_path, database_url, fresh=False) as api:
        assert await calls(api) == 5


async def test_calls_are_written_together_within_a_second_or_so(api: ApiHarness) -> None:
    with api.statements() as seen:
        for _ in range(20):
            await api.get(LIST)
        async with asyncio.timeout(5):
            while await api.count(ApiCallsRow) == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert 1 <= len([each for each in seen if each.startswith("INSERT INTO api_calls")]) <= 3


async def test_counting_adds_no_statement_to_a_call(api: ApiHarness) -> None:
    with api.statements() as seen:
        await api.get("/v1/brands/acme")
    # One for the key with its brand, one for the brand.
    assert len([each for each in seen if each.startswith("SELECT")]) == 2, seen


async def test_calls_that_cannot_be_written_are_kept(api: ApiHarness, caplog: pytest.LogCaptureFixture) -> None:
    meter, table = api.services.calls, SQLModel.metadata.tables["api_calls"]
    async with api.services.database.write() as session:
        await (await session.connection()).run_sync(table.drop)
    await meter.admit(BrandCalls("acme", BrandLimits()), api.clock.now())
    with pytest.raises(DBAPIError):
        await meter.flush()
    with caplog.at_level(logging.WARNING, "munadi.limits.calls"):
        await wait_until(lambda: "kept for the next try" in caplog.text, within=5)
    async with api.services.database.write() as session:
        await (await session.connection()).run_sync(table.create)
    await meter.flush()
    assert await calls(api) == 1


@pytest.mark.each_database(False)
async def test_over_two_api_processes_exactly_the_limit_is_answered(tmp_path: Path, postgres_tables: str) -> None:
    """Neither waits for what the other one writes once a second."""
    async with (
        open_api(tmp_path / "one", postgres_tables) as one,
        open_api(tmp_path / "two", postgres_tables, fresh=False) as two,
    ):
        await one.limit(apiCallsPerMinute=10, apiCallsPerMonth=15)
        answers = await asyncio.gather(*(api.get(LIST) for _ in range(30) for api in (one, two)))
        assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 50}
        for refused in answers:
            if refused.status_code == 429:
                expect_quota_exceeded(refused, MINUTE)
        two.clock.ahead = timedelta(minutes=1)
        # A process whose clock is behind counts in the newest minute, and the month's limit holds in any.
        answers = await asyncio.gather(*(api.get(LIST) for _ in range(30) for api in (two, one)))
        assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 55}
        assert await calls(one) == 15


@pytest.mark.each_database(False)
@pytest.mark.parametrize("name", [MINUTE, MONTH])
async def test_calls_in_an_uncommitted_batch_count(api: ApiHarness, name: str) -> None:
    """Between the start of a batch and its commit the database does not know its calls. The process does."""
    meter = api.services.calls
    await api.get(LIST)
    await meter.flush()
    await api.limit(**{name: 5})
    for _ in range(4):
        await api.get(LIST)
    async with api.services.database.write() as holding:
        await holding.exec(update(ApiCallsRow).values(calls=ApiCallsRow.calls))
        flushing = asyncio.create_task(meter.flush())
        await asyncio.sleep(0.1)
        assert not meter.unwritten("acme", Month("2026-12")).calls
        assert not flushing.done()
        expect_quota_exceeded(await api.get(LIST), name)
    await flushing
    assert await calls(api) == 5


@pytest.mark.parametrize("path", ["/v1/contents", "/contents"])
async def test_a_call_and_a_page_in_a_session_count_as_one_call_each(api: ApiHarness, path: str) -> None:
    async with api.dashboard(await api.key(*PERSON, brand_ref="acme")) as dashboard:
        for _ in range(3):
            await dashboard.page(path)
        assert await calls(api) == 3
        await api.limit(apiCallsPerMinute=4)  # reading the usage was the fourth
        refused = await dashboard.get(path)
        if path.startswith("/v1"):
            expect_quota_exceeded(refused, MINUTE)
        else:
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert "The brand &#39;acme&#39; may make 4 API calls a minute" in refused.text
            # The page of the usage and the sign-out still work.
            csrf = (await dashboard.page("/usage")).partition('name="csrf" content="')[2].partition('"')[0]
            assert (await dashboard.sign_out(csrf)).status_code == 303


async def test_the_other_limits_hold_in_the_dashboard(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=1)
    async with api.dashboard(await api.key(*PERSON, brand_ref="acme")) as dashboard:
        first, second = [await dashboard.act("POST", "/v1/contents", api.body()) for _ in range(2)]
    assert first.status_code == 202
    expect_quota_exceeded(second, "publicationsPerMonth")
