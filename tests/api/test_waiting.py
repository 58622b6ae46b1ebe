"""A read of a post that waits: it is answered once the post changes, or with 304 at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlmodel import select

from api.http.waiting import ContentWaits
from munadi.config import LimitSettings
from munadi.db.tables import PublicationRow
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from munadi.telemetry import metrics
from tests.api.harness import ApiHarness, of_request
from tests.api.problems import expect_errors, expect_problem
from tests.support.waiting import wait_until

pytestmark = pytest.mark.each_database
PUBLISHED = (PublicationStatus.QUEUED, PublicationStatus.PUBLISHING, PublicationStatus.PUBLISHED)


@pytest.fixture(autouse=True)
async def quick(api: ApiHarness) -> None:
    """Changes are noticed sooner than in production."""
    api.services.waits = ContentWaits(api.services.database, of_brand=3, interval=0.05)


async def known(api: ApiHarness, **changes: Any) -> tuple[str, str]:
    """A post and the tag of what a client knows of it."""
    post = await api.submit(**changes)
    answer = await api.get(f"/v1/contents/{post['id']}")
    return post["id"], answer.headers["etag"]


def waiting(
    api: ApiHarness, content_id: str, tag: str, seconds: int = 20, **options: Any
) -> asyncio.Task[httpx.Response]:
    path = f"/v1/contents/{content_id}?wait={seconds}"
    return asyncio.create_task(api.get(path, headers={"If-None-Match": tag}, **options))


async def all_wait(api: ApiHarness, count: int = 1) -> None:
    await wait_until(lambda: api.services.waits.count == count)


async def look(api: ApiHarness, content_id: str) -> None:
    """As an attempt or a look at what is live: it changes a publication, and not its post."""
    async with api.services.database.write() as session:
        row = (await session.exec(select(PublicationRow).where(PublicationRow.content_id == content_id))).one()
        row.attempt_count += 1
        session.add(row)


@pytest.mark.parametrize(
    "change",
    [
        lambda api, content_id: api.move(content_id, *PUBLISHED),
        lambda api, content_id: api.edit(content_id, {"text": "Another text"}),
        lambda api, content_id: api.change(content_id, "cancel"),
        look,
    ],
)
async def test_a_change_is_answered_at_once(api: ApiHarness, change: Callable[[ApiHarness, str], Any]) -> None:
    content_id, tag = await known(api)
    other, _ = await known(api, text="Another post")
    answering = waiting(api, content_id, tag)
    await all_wait(api)
    await api.change(other, "cancel")
    await asyncio.sleep(0.15)
    assert not answering.done()
    changed = time.monotonic()
    await change(api, content_id)
    answer = await answering
    assert time.monotonic() - changed < 2
    assert (answer.status_code, answer.json()) == (200, await api.read_content(content_id))
    assert answer.headers["etag"] != tag


async def test_without_a_change_the_answer_is_304_at_the_end(api: ApiHarness) -> None:
    content_id, tag = await known(api)
    began = time.monotonic()
    answer = await waiting(api, content_id, tag, 1)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert 0.95 < time.monotonic() - began < 3


async def test_what_the_client_does_not_know_is_answered_without_waiting(api: ApiHarness) -> None:
    content_id, _ = await known(api)
    began = time.monotonic()
    assert (await waiting(api, content_id, '"0"', 30)).status_code == 200
    assert (await api.get(f"/v1/contents/{content_id}?wait=30")).status_code == 200
    expect_problem(await waiting(api, content_id.replace("cnt", "cnx"), "*", 30), 404, "NOT_FOUND")
    rival = await api.key(Scope.CONTENTS_READ, brand_ref="rival")
    expect_problem(await waiting(api, content_id, "*", 30, key=rival), 404, "NOT_FOUND")
    assert time.monotonic() - began < 5


async def test_a_waiting_request_holds_no_connection_and_asks_nothing_of_its_own(api: ApiHarness) -> None:
    posts = [await known(api, text=f"Post {number}") for number in range(3)]
    answering = [waiting(api, *post) for post in posts]
    await all_wait(api, 3)
    await asyncio.sleep(0.1)
    with api.statements() as statements:
        await asyncio.sleep(0.3)
        assert api.services.database.connections[0] == 0
    # One query in each interval, whatever their number.
    assert 2 <= len(of_request(statements)) <= 8, statements
    for each in answering:
        each.cancel()
    await asyncio.gather(*answering, return_exceptions=True)
    await all_wait(api, 0)
    await asyncio.sleep(0.1)
    with api.statements() as statements:
        await asyncio.sleep(0.2)
    assert of_request(statements) == []


@pytest.mark.each_database(False)
async def test_one_brand_has_so_many_places_and_leaves_the_others_theirs(api: ApiHarness) -> None:
    content_id, tag = await known(api)
    own = [await api.key(Scope.CONTENTS_READ, brand_ref="acme") for _ in range(2)]
    answering = [waiting(api, content_id, tag, key=own[number % 2]) for number in range(3)]
    await all_wait(api, 3)
    refused = await waiting(api, content_id, tag, key=own[0])
    expect_problem(refused, 429, "TOO_MANY_WAITING")
    assert refused.headers["retry-after"] == "5"
    other = waiting(api, content_id, tag)
    await all_wait(api, 4)
    await api.change(content_id, "cancel")
    assert {(await each).status_code for each in (*answering, other)} == {200}
    assert LimitSettings().waiting == 500


@pytest.mark.each_database(False)
async def test_keys_that_take_all_places_leave_others_an_equal_share(api: ApiHarness) -> None:
    api.services.waits = ContentWaits(api.services.database, of_brand=3, total=4, interval=0.05)
    content_id, tag = await known(api)
    greedy, second, rival = [await api.key(Scope.CONTENTS_READ) for _ in range(3)]
    own = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    answering = []
    for number, key in enumerate((greedy, greedy, greedy, second), start=1):
        answering.append(waiting(api, content_id, tag, key=key))
        await all_wait(api, number)
    expect_problem(await waiting(api, content_id, tag, key=greedy), 429, "TOO_MANY_WAITING")
    # The oldest request of who has the most is answered early: what its client knows is still so.
    of_brand = waiting(api, content_id, tag, key=own)
    assert (await asyncio.wait_for(answering[0], 2)).status_code == 304
    await all_wait(api, 4)
    # Each of three has its share now, of one place or two, and nobody takes from another what makes no difference.
    for key in (second, own, greedy):
        expect_problem(await waiting(api, content_id, tag, key=key), 503, "TOO_MANY_WAITING")
    of_rival = waiting(api, content_id, tag, key=rival)
    assert (await asyncio.wait_for(answering[1], 2)).status_code == 304
    await all_wait(api, 4)
    expect_problem(await waiting(api, content_id, tag, key=greedy), 503, "TOO_MANY_WAITING")
    await api.change(content_id, "cancel")
    left = [*answering[2:], of_brand, of_rival]
    assert {(await each).status_code for each in left} == {200}
    await all_wait(api, 0)
    assert {(await waiting(api, content_id, '"0"', key=greedy)).status_code for _ in range(8)} == {200}


@pytest.mark.each_database(False)
async def test_the_end_of_the_process_answers_every_request(api: ApiHarness) -> None:
    content_id, tag = await known(api)
    answering = waiting(api, content_id, tag, 30)
    await all_wait(api)
    api.services.waits.stop()
    assert (await asyncio.wait_for(answering, 2)).status_code == 304
    assert (await asyncio.wait_for(waiting(api, content_id, tag, 30), 2)).status_code == 304


@pytest.mark.each_database(False)
async def test_the_time_that_a_client_asked_to_wait_is_no_latency(api: ApiHarness) -> None:
    content_id, tag = await known(api)
    of_route = metrics.REQUEST_SECONDS.labels("GET", "/v1/contents/{content_id}")
    before = of_route._sum.get()
    await waiting(api, content_id, tag, 1)
    assert of_route._sum.get() - before < 0.5


@pytest.mark.each_database(False)
@pytest.mark.parametrize("seconds", ["31", "-1", "x", "1.5"])
async def test_a_wait_has_bounds(api: ApiHarness, seconds: str) -> None:
    [problem] = expect_errors(await api.get(f"/v1/contents/cnt_1?wait={seconds}"))
    assert problem["pointer"] == "?wait"
