"""API calls: counted for a brand, told on every answer, refused when there were too many."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col, update

from munadi.db.tables import ApiCallsRow, BrandRow
from munadi.domain.brand import BrandLimits
from munadi.domain.key import Scope
from munadi.domain.usage import BrandCalls, Month
from tests.api.browsing import visiting
from tests.api.desk import Desk, open_desk
from tests.api.limiting import REST_OF_DECEMBER, limit, refused, send, statements, usage

MINUTE, MONTH = "apiCallsPerMinute", "apiCallsPerMonth"
LIST = "/v1/contents?brandRef=acme"


async def calls(desk: Desk, brand_ref: str = "acme") -> int:
    """Without the call that asks."""
    found: int = (await usage(desk, brand_ref))["apiCalls"]["used"]
    return found - 1


async def test_of_fifty_at_once_exactly_ten_are_answered(desk: Desk) -> None:
    key = await desk.key(Scope.CONTENTS_READ, brand_ref="acme")
    await limit(desk, apiCallsPerMinute=10)
    answers = await asyncio.gather(*(desk.client.get("/v1/contents", headers=key) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 40}
    assert await calls(desk) == 10


async def test_the_answer_says_how_many_are_left_and_until_when(desk: Desk) -> None:
    await limit(desk, apiCallsPerMinute=3)
    desk.clock.ahead = timedelta(seconds=20, milliseconds=400)
    assert (await desk.client.get(LIST)).headers["ratelimit"] == f'"{MINUTE}";r=2;t=40'
    left = await desk.client.get(LIST)
    assert left.headers["ratelimit-policy"] == f'"{MINUTE}";q=3;w=60'
    assert left.headers["ratelimit"] == f'"{MINUTE}";r=1;t=40'
    assert "retry-after" not in left.headers
    assert (await desk.client.get(LIST)).headers["ratelimit"] == f'"{MINUTE}";r=0;t=40'
    answer = await desk.client.get(LIST)
    problem = refused(answer, MINUTE)
    assert (answer.headers["retry-after"], answer.headers["ratelimit"]) == ("40", f'"{MINUTE}";r=0;t=40')
    assert problem["detail"] == "the brand 'acme' may make 3 API calls a minute"
    desk.clock.ahead = timedelta(minutes=1)
    assert (await desk.client.get(LIST)).headers["ratelimit"] == f'"{MINUTE}";r=2;t=60'


async def test_a_month_has_a_limit_of_its_own(desk: Desk) -> None:
    await limit(desk, apiCallsPerMinute=50, apiCallsPerMonth=3)
    answer = await desk.client.get(LIST)
    assert answer.headers["ratelimit"] == f'"{MINUTE}";r=49;t=60, "{MONTH}";r=2;t={REST_OF_DECEMBER}'
    assert answer.headers["ratelimit-policy"] == f'"{MINUTE}";q=50;w=60, "{MONTH}";q=3;w={31 * 86_400}'
    desk.clock.ahead = timedelta(minutes=5)
    assert [(await desk.client.get(LIST)).status_code for _ in range(2)] == [200, 200]
    assert refused(await desk.client.get(LIST), MONTH)["errors"][0] | {"message": ""} == {
        "pointer": "", "code": "QUOTA_EXCEEDED", "message": "", "channel": None, "rule": MONTH, "limit": 3, "actual": 4,
    }  # fmt: skip
    desk.clock.ahead = timedelta(days=31)
    assert (await desk.client.get(LIST)).status_code == 200


async def test_a_call_counts_for_the_brand_it_names(desk: Desk) -> None:
    for path in ("/v1/contents?brandRef=acme", "/v1/brands/acme", "/v1/usage?brandRef=acme"):
        await desk.client.get(path)
    await send(desk)
    await send(desk, text="x" * 400)
    assert await calls(desk) == 5
    assert await calls(desk, "rival") == 0


@pytest.mark.parametrize(
    "path", ["/v1/contents", "/v1/channels", "/v1/contents?brandRef=nobody", "/v1/contents?brandRef=%00", "/healthz"]
)
async def test_a_call_that_names_no_brand_counts_for_none(desk: Desk, path: str) -> None:
    await desk.client.get(path)
    await desk.services.calls.flush()
    assert await desk.count(ApiCallsRow) == 0


@pytest.mark.parametrize("sent", [[], "acme", {"brandRef": 1}, {"brandRef": ["acme"]}, {"brandRef": "a" * 64}, None])
async def test_a_body_that_names_no_brand_is_no_error_of_ours(desk: Desk, sent: Any) -> None:
    assert (await desk.client.post("/v1/contents", json=sent)).status_code == 422
    await desk.services.calls.flush()
    assert await desk.count(ApiCallsRow) == 0


async def test_a_brands_own_key_counts_for_it_whatever_it_names(desk: Desk) -> None:
    key = await desk.key(Scope.CONTENTS_READ, brand_ref="acme")
    await desk.client.get("/v1/contents?brandRef=rival", headers=key)
    await desk.client.get("/v1/contents/cnt_nothing", headers=key)
    assert (await calls(desk), await calls(desk, "rival")) == (2, 0)


async def test_who_may_not_call_is_not_counted(desk: Desk) -> None:
    key = await desk.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert (await desk.client.post("/v1/contents", json=desk.content(), headers=key)).status_code == 403
    assert (await desk.client.get(LIST, headers={"Authorization": "Bearer mnd_x"})).status_code == 401
    assert await calls(desk) == 0


async def test_one_can_always_see_why_and_raise_the_limit(desk: Desk) -> None:
    await limit(desk, apiCallsPerMinute=0, apiCallsPerMonth=0)
    answer = await desk.client.get(LIST)
    assert "and" in answer.json()["detail"]
    assert answer.headers["retry-after"] == str(REST_OF_DECEMBER)
    own = await desk.key(Scope.CONTENTS_READ, brand_ref="acme")
    shown = await desk.client.get("/v1/usage", headers=own)
    assert (shown.status_code, shown.json()["apiCalls"]["remaining"]) == (200, 0)
    await limit(desk, apiCallsPerMinute=10, apiCallsPerMonth=None)
    assert (await desk.client.get(LIST)).status_code == 200


async def test_what_an_administrator_does_is_not_the_brands_call(desk: Desk) -> None:
    await limit(desk, apiCallsPerMinute=1)
    await desk.client.post("/v1/keys", json={"name": "k", "scopes": ["contents:read"], "brandRef": "acme"})
    assert await calls(desk) == 0
    own = await desk.key(Scope.ADMIN, brand_ref="acme")
    answers = [await desk.client.get("/v1/keys", headers=own) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 429]  # seeing the usage was the one


async def test_limits_that_another_version_stored_are_no_error_of_ours(desk: Desk) -> None:
    limits = {"apiCallsPerMinute": 5, "teleportsPerMonth": 7}
    async with desk.services.database.write() as session:
        await session.exec(update(BrandRow).where(col(BrandRow.ref) == "acme").values(limits=limits))
    assert (await desk.client.get(LIST)).headers["ratelimit-policy"] == f'"{MINUTE}";q=5;w=60'


async def test_brands_do_not_share_a_limit(desk: Desk) -> None:
    await limit(desk, apiCallsPerMinute=0)
    refused(await desk.client.get(LIST), MINUTE)
    answer = await desk.client.get("/v1/contents?brandRef=rival")
    assert answer.status_code == 200
    assert "ratelimit" not in answer.headers


async def test_an_error_says_what_is_left_too_and_a_replay_says_it_anew(desk: Desk) -> None:
    await limit(desk, apiCallsPerMinute=10)
    broken = await send(desk, text="x" * 400)
    assert (broken.status_code, broken.headers["ratelimit"]) == (422, f'"{MINUTE}";r=9;t=60')
    first, again = await send(desk, key="cms-1"), await send(desk, key="cms-1")
    assert first.content == again.content
    assert [each.headers["ratelimit"] for each in (first, again)] == [f'"{MINUTE}";r={left};t=60' for left in (8, 7)]


async def test_another_apis_calls_are_known_once_they_are_written(tmp_path: Path, database_url: str) -> None:
    async with (
        open_desk(tmp_path / "one", database_url) as one,
        open_desk(tmp_path / "two", database_url, fresh=False) as two,
    ):
        await limit(one, apiCallsPerMinute=10)
        for desk, times in ((one, 5), (two, 4)):
            assert [(await desk.client.get(LIST)).status_code for _ in range(times)] == [200] * times
            await desk.services.calls.flush()
        assert (await one.client.get(LIST)).headers["ratelimit"] == f'"{MINUTE}";r=0;t=60'
        await one.services.calls.flush()
        for desk in (one, two):
            refused(await desk.client.get(LIST), MINUTE)
        assert await calls(two) == 10


async def test_calls_outlive_a_restart(tmp_path: Path, database_url: str) -> None:
    async with open_desk(tmp_path, database_url) as desk:
        for _ in range(5):
            await desk.client.get(LIST)
    async with open_desk(tmp_path, database_url, fresh=False) as desk:
        assert await calls(desk) == 5


async def test_calls_are_written_within_a_second_or_so_and_not_one_by_one(desk: Desk) -> None:
    with statements(desk) as seen:
        for _ in range(20):
            await desk.client.get(LIST)
        async with asyncio.timeout(5):
            while await desk.count(ApiCallsRow) == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    written = [each for each in seen if each.startswith("INSERT INTO api_calls")]
    assert 1 <= len(written) <= 3


async def test_counting_takes_no_statement_of_its_own(desk: Desk) -> None:
    with statements(desk) as seen:
        await desk.client.get("/v1/brands/acme")
    assert len([each for each in seen if each.startswith("SELECT")]) == 2, seen  # the key with its brand, and the brand


async def test_what_cannot_be_written_is_kept(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    meter, table = desk.services.calls, SQLModel.metadata.tables["api_calls"]
    async with desk.services.database._writer.begin() as connection:
        await connection.run_sync(table.drop)
    meter.admit(BrandCalls("acme", BrandLimits()), desk.clock.now())
    with pytest.raises(DBAPIError):
        await meter.flush()
    with caplog.at_level(logging.WARNING, "munadi.metering"):
        async with asyncio.timeout(5):
            while "kept for the next try" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    async with desk.services.database._writer.begin() as connection:
        await connection.run_sync(table.create)
    await meter.flush()
    assert await calls(desk) == 1


@pytest.mark.parametrize("name", [MINUTE, MONTH])
async def test_a_batch_under_way_lets_nobody_through(desk: Desk, name: str) -> None:
    """Between the taking of a batch and its commit the database does not know it; the process does."""
    meter = desk.services.calls
    await desk.client.get(LIST)
    await meter.flush()
    await limit(desk, **{name: 5})
    for _ in range(4):
        await desk.client.get(LIST)
    async with desk.services.database.write() as holding:
        await holding.exec(update(ApiCallsRow).values(calls=ApiCallsRow.calls))
        flushing = asyncio.create_task(meter.flush())
        await asyncio.sleep(0.1)
        assert not meter.unwritten("acme", Month("2026-12")).calls
        assert not flushing.done()
        refused(await desk.client.get(LIST), name)
    await flushing
    assert await calls(desk) == 5


async def test_a_call_in_a_session_counts_as_one_with_its_key(desk: Desk) -> None:
    key = await desk.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme")
    async with visiting(desk.app, key["Authorization"].removeprefix("Bearer ")) as visitor:
        for _ in range(3):
            assert (await visitor.client.get("/v1/contents")).status_code == 200
        assert await calls(desk) == 3
        await limit(desk, apiCallsPerMinute=4)
        refused(await visitor.client.get("/v1/contents"), MINUTE)  # seeing the usage was the fourth


async def test_a_page_counts_as_one_call_whatever_it_reads_and_is_refused_like_one(desk: Desk) -> None:
    key = await desk.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme")
    async with visiting(desk.app, key["Authorization"].removeprefix("Bearer ")) as visitor:
        for _ in range(2):
            await visitor.page("/contents")
        assert await calls(desk) == 2
        await limit(desk, apiCallsPerMinute=0)
        page = await visitor.client.get("/contents")
        assert (page.status_code, page.headers["retry-after"]) == (429, "60")
        assert "the brand &#39;acme&#39; may make 0 API calls a minute" in page.text
        # One can always see why, and leave.
        csrf = re.search('name="csrf" content="([^"]+)"', await visitor.page("/usage"))
        assert csrf is not None
        assert (await visitor.client.post("/sign-out", data={"csrf": csrf[1]})).status_code == 303


async def test_a_person_in_the_dashboard_is_held_to_the_other_limits(desk: Desk) -> None:
    await limit(desk, publicationsPerMonth=1)
    key = await desk.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme")
    async with visiting(desk.app, key["Authorization"].removeprefix("Bearer ")) as visitor:
        first, second = [await visitor.act("POST", "/v1/contents", json=desk.content()) for _ in range(2)]
    assert first.status_code == 202
    refused(second, "publicationsPerMonth")
