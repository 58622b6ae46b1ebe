"""The visible call is not idempotent: it is made once, and a live container is not published again.

Instagram and Threads: what a refusal proves, and what the container's status proves after it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Preparation, Published, Ready
from tests.channels.calls import Saved
from tests.channels.containers import (
    CONTAINER,
    INSTAGRAM,
    MADE,
    ONE,
    POST,
    THREADS,
    ContainerNetwork,
    codes,
    graph_error,
    known,
    networks,
    prepared,
)
from tests.channels.making import NOW, bench
from tests.channels.network import answer, form_of, ok


@networks
async def test_the_call_its_id_and_its_address(on: ContainerNetwork) -> None:
    built, saved = on.ready(), Saved(known())
    found = await on.publish(built, saved)
    request = built.network.requests[0]
    assert (request.url.path, form_of(request)) == (on.publish_path, {"creation_id": CONTAINER})
    assert found == Published(post_id=POST, url=on.address, published_at=NOW)
    assert prepared(saved).posts == {"post": POST}


@networks
async def test_the_id_is_saved_before_the_address_is_read(on: ContainerNetwork) -> None:
    built, seen = on.ready(), list[int]()

    class Watched(Saved):
        async def write(self, handle: Preparation) -> None:
            seen.append(len(built.network.requests))

    await on.publish(built, Watched(known()))
    assert seen == [1]


@networks
@pytest.mark.parametrize(
    "read", [graph_error(100, 33), answer(500, "<html>"), httpx.ReadTimeout("slow"), ok({"id": POST}), ok([])]
)
async def test_an_address_that_cannot_be_read_is_a_warning(on: ContainerNetwork, read: Any) -> None:
    found = await on.publish(on.ready(read=read), Saved(known()))
    assert (found.post_id, found.url, codes(found), found.published_at) == (POST, None, ["PERMALINK_PENDING"], NOW)


@networks
async def test_an_address_that_takes_too_long_is_a_warning(on: ContainerNetwork) -> None:
    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            await asyncio.sleep(5)
            yield b"{}"

    built = bench(on.name, {"permalink_timeout": 0.01})
    built.network.on("POST", on.publish_path, ok({"id": POST}))
    built.network.on("GET", f"/{POST}", lambda _: httpx.Response(200, stream=Slow()))
    found = await on.publish(built, Saved(known()))
    assert (found.post_id, codes(found)) == (POST, ["PERMALINK_PENDING"])


MAYBE = [
    *((INSTAGRAM, code) for code in ((1,), (2,), (4, 2207051), (-1, 2207001), (506,))),
    *((THREADS, code) for code in ((1,), (2, None, 500), (10, None, 500), (100, None, 500), (4, 2207051))),
    *((THREADS, code) for code in ((100, 2207051), (506,))),
]
REFUSED_BUT_LIVE = [
    *((INSTAGRAM, code) for code in ((100,), (25, 2207050), (24, 2207006), (24, 2207008))),
    *((THREADS, code) for code in ((100,), (10,), (None, 4279013), (24, 4279009), (1, 2207052), (100, 33))),
]


@pytest.mark.parametrize(
    ("on", "given"),
    [
        *((on, graph_error(*code)) for on, code in MAYBE),
        *((on, given) for on in (INSTAGRAM, THREADS) for given in (answer(502, "<html>"), httpx.ReadError("reset"))),
    ],
)
async def test_a_call_that_may_have_published_is_unknown(on: ContainerNetwork, given: Any) -> None:
    assert (await on.refused(on.ready(given), Saved(known()))).effect is Effect.UNKNOWN


@pytest.mark.parametrize(("on", "code"), REFUSED_BUT_LIVE)
async def test_a_refusal_of_a_container_that_is_live_after_all(on: ContainerNetwork, code: tuple[Any, ...]) -> None:
    assert (await on.publish(on.ready(graph_error(*code), "PUBLISHED"), Saved(known()))).post_id == POST


@networks
@pytest.mark.parametrize("status", ["FINISHED", answer(503, "<html>")], ids=["finished", "unread"])
async def test_a_refusal_stands_when_the_container_is_not_live_or_cannot_be_read(
    on: ContainerNetwork, status: Any
) -> None:
    error = await on.refused(on.ready(graph_error(10), status), Saved(known()))
    assert (error.reason, error.effect) == (Reason.MISSING_SCOPE, Effect.REJECTED)


async def test_instagram_retries_a_missing_container_twice_and_then_replaces_it() -> None:
    built, saved = INSTAGRAM.ready(graph_error(24, 2207008)), Saved(known())
    for misses in (1, 2, 0):
        error = await INSTAGRAM.refused(built, saved)
        assert (error.effect, error.retry_after) == (Effect.NOT_SENT, timedelta(seconds=30))
        assert (saved.kept.ready, prepared(saved).misses) == (misses > 0, misses)
    assert prepared(saved) == Prepared(renewals=1)


async def test_threads_retries_a_missing_container_three_times_and_then_one_other() -> None:
    """Threads may not find a container that it has just called FINISHED (docs/networks/threads.md)."""
    built, saved = THREADS.ready(graph_error(24, 4279009)), Saved(known())
    for misses in (1, 2, 3):
        error = await THREADS.refused(built, saved)
        assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
        assert error.retry_after == timedelta(seconds=5)
        assert (saved.kept.ready, prepared(saved).misses) == (True, misses)
        assert "post" in prepared(saved).containers
    assert (await THREADS.refused(built, saved)).effect is Effect.NOT_SENT
    assert not saved.kept.ready
    assert prepared(saved) == Prepared(misses=4)
    saved = Saved(known(misses=4))
    assert [(await THREADS.refused(built, saved)).effect for _ in range(3)] == [Effect.NOT_SENT] * 3
    assert "post" in prepared(saved).containers
    assert (await THREADS.refused(built, saved)).effect is Effect.REJECTED


async def test_a_missing_container_that_is_found_later_leaves_no_trace() -> None:
    built, saved = THREADS.ready(graph_error(24, 4279009)), Saved(known())
    await THREADS.refused(built, saved)
    built.network.on("POST", THREADS.publish_path, ok({"id": POST}))
    assert (await THREADS.publish(built, saved)).post_id == POST
    assert prepared(saved).misses == 0


@pytest.mark.parametrize(("on", "code"), [(INSTAGRAM, (24, 2207006)), (THREADS, (1, 2207052))])
async def test_a_container_or_medium_lost_at_the_last_step_is_prepared_again_a_few_times(
    on: ContainerNetwork, code: tuple[int, int]
) -> None:
    saved = Saved(known(misses=2 if on is INSTAGRAM else 0))
    assert (await on.refused(on.ready(graph_error(*code)), saved)).effect is Effect.NOT_SENT
    assert prepared(saved) == Prepared(renewals=1)
    saved = Saved(known(renewals=3))
    assert (await on.refused(on.ready(graph_error(*code)), saved)).effect is Effect.REJECTED
    assert saved.history == []


STATES = [
    (known(), "FINISHED", Ready(expires_at=MADE + timedelta(hours=24))),
    (known(), "ERROR", Pending(after=timedelta(0), note="the container is ERROR")),
    (None, "FINISHED", Pending(after=timedelta(0), note="to be prepared")),
]
RUNNING = [
    (on, Pending(after=timedelta(seconds=wait), note="the container is IN_PROGRESS"))
    for on, wait in ((INSTAGRAM, 60), (THREADS, 30))
]


@pytest.mark.parametrize(
    ("on", "handle", "status", "wanted"),
    [
        *((on, known("IN_PROGRESS"), "IN_PROGRESS", wanted) for on, wanted in RUNNING),
        *((on, *row) for on in (INSTAGRAM, THREADS) for row in STATES),
    ],
)
async def test_check_reports_the_progress(
    on: ContainerNetwork, handle: Preparation | None, status: str, wanted: Pending | Ready
) -> None:
    built = on.ready(status=status)
    assert await built.check(ONE, on.account, handle) == wanted
    assert built.network.mutations == []


@networks
async def test_check_adds_the_missing_id_and_address(on: ContainerNetwork) -> None:
    found = await on.ready().check(ONE, on.account, known(posts={"post": POST}))
    assert isinstance(found, Published)
    assert (found.post_id, found.url) == (POST, on.address)


LIMIT = "/26750000000000001/threads_publishing_limit"


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (ok({"data": [{"quota_usage": 250, "config": {"quota_total": 250}}]}), Reason.DAILY_CAP_REACHED),
        (ok({"data": [{"quota_usage": 249, "config": {"quota_total": 250}}]}), Reason.RATE_LIMITED),
        (ok({"data": [{"quota_usage": "x"}]}), Reason.RATE_LIMITED),
        (ok({"data": []}), Reason.RATE_LIMITED),
        (ok([]), Reason.RATE_LIMITED),
        (answer(503, "<html>"), Reason.RATE_LIMITED),
    ],
)
async def test_a_throttle_of_threads_may_be_the_daily_quota(limit: httpx.Response, reason: Reason) -> None:
    built = THREADS.ready(graph_error(4))
    built.network.on("GET", LIMIT, limit)
    error = await THREADS.refused(built, Saved(known()))
    assert (error.reason, error.effect) == (reason, Effect.NOT_SENT)
    assert error.retry_after is not None
    assert built.network.sent(LIMIT)[0].url.params["fields"] == "quota_usage,config"


async def test_instagram_through_a_page_calls_the_other_host_only() -> None:
    hosts = {"graph": "https://never.example", "fb_graph": "https://graph.example/fb/"}
    built, saved = bench("instagram", {"hosts": hosts}), Saved()
    who = INSTAGRAM.account.model_copy(update={"login": "facebook"})
    built.network.on("POST", INSTAGRAM.make_path, ok({"id": "c1"})).on("GET", "/c1", INSTAGRAM.state("FINISHED"))
    built.network.on("POST", INSTAGRAM.publish_path, ok({"id": POST})).on("GET", f"/{POST}", ok({"id": POST}))
    for _ in range(2):
        await built.prepare(ONE, who, saved)
    await built.publish(ONE, who, saved)
    await built.check(ONE, who, saved)
    assert {str(one.url).partition("/v26.0/")[0] for one in built.network.requests} == {"https://graph.example/fb"}
    assert built.channel.spec.hosts == ("https://never.example", "https://graph.example/fb/")
