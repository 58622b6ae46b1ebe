"""threads_publish is not idempotent: it is called once, and a container that is live is never published again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Handle, Pending, Published, Ready
from tests.channels.making import NOW, TOKEN, Bench, Saved, account, bench, publication, stage
from tests.channels.network import answer, form_of, ok

ID, CONTAINER, POST = "26750000000000001", "17890000000000001", "18010000000000001"
WHO = account("threads", ID)
DRAFT = publication("Hello")
MADE = NOW - timedelta(minutes=5)
ADDRESS = "https://www.threads.com/@acme/post/abc"
LIMIT = f"/{ID}/threads_publishing_limit"


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


READ = {"id": POST, "text": "Hello", "timestamp": at(NOW), "permalink": ADDRESS, "media_type": "TEXT_POST"}


def handle(code: str = "FINISHED", **state: Any) -> Handle:
    post = {"id": CONTAINER, "created_at": MADE.isoformat(), "code": code}
    return Handle(draft_version=1, state={"containers": {"post": post}} | state, ready=True)


def graph_error(code: int, subcode: int | None = None, status: int = 400) -> httpx.Response:
    return answer(status, {"error": {"code": code, "error_subcode": subcode, "message": f"no {TOKEN}"}})


def over(publish: Any = None, status: Any = "FINISHED", listed: Any = None, read: Any = None) -> Bench:
    built = bench("threads")
    built.network.on("POST", f"/{ID}/threads_publish", publish or ok({"id": POST}))
    built.network.on("GET", f"/{CONTAINER}", ok({"status": status}) if isinstance(status, str) else status)
    built.network.on("GET", f"/{ID}/threads", ok({"data": [READ]}) if listed is None else listed)
    built.network.on("GET", f"/{POST}", ok(READ) if read is None else read)
    built.network.on("GET", LIMIT, answer(503, "<html>"))
    return built


async def publish(built: Bench, saved: Saved) -> Published:
    found = await built.channel.publish(DRAFT, WHO, saved.handle, saved, stage())
    assert isinstance(found, Published)
    return found


async def refused(built: Bench, saved: Saved) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await publish(built, saved)
    return caught.value


def codes(found: Published) -> list[str]:
    return [warning.code for warning in found.warnings]


async def test_the_call_its_id_and_its_address() -> None:
    built, saved = over(), Saved(handle())
    found = await publish(built, saved)
    request = built.network.requests[0]
    assert request.url.path == f"/v1.0/{ID}/threads_publish"
    assert form_of(request) == {"creation_id": CONTAINER}
    assert (found.post_id, found.url, found.published_at, found.warnings) == (POST, ADDRESS, NOW, ())
    assert Prepared.of(saved.handle).posts == {"post": POST}


async def test_the_id_is_saved_before_the_address_is_read() -> None:
    built = over()
    seen: list[int] = []

    async def save(state: dict[str, Any], **_: Any) -> None:
        seen.append(len(built.network.requests))

    await built.channel.publish(DRAFT, WHO, handle(), save, stage())
    assert seen == [1]


async def test_a_store_that_fails_does_not_hide_a_live_post() -> None:
    async def save(state: dict[str, Any], **_: Any) -> None:
        raise RuntimeError("overtaken")

    found = await over().channel.publish(DRAFT, WHO, handle(), save, stage())
    assert isinstance(found, Published)
    assert found.post_id == POST


@pytest.mark.parametrize(
    "read", [graph_error(100, 33), answer(500, "<html>"), httpx.ReadTimeout("slow"), ok({"id": POST}), ok([])]
)
async def test_an_address_that_cannot_be_read_is_a_warning(read: Any) -> None:
    found = await publish(over(read=read), Saved(handle()))
    assert (found.post_id, found.url, codes(found)) == (POST, None, ["PERMALINK_PENDING"])
    assert found.published_at == NOW


async def test_an_address_that_takes_too_long_is_a_warning() -> None:
    built = bench("threads", {"permalink_timeout": 0.01})
    built.network.on("POST", f"/{ID}/threads_publish", ok({"id": POST}))

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            await asyncio.sleep(5)
            yield b"{}"

    built.network.on("GET", f"/{POST}", lambda _: httpx.Response(200, stream=Slow()))
    found = await publish(built, Saved(handle()))
    assert (found.post_id, codes(found)) == (POST, ["PERMALINK_PENDING"])


@pytest.mark.parametrize("said", [{}, {"id": None}, {"id": True}, {"id": {}}, {"id": ""}, [], "not json"])
async def test_an_answer_without_an_id_proves_nothing(said: Any) -> None:
    saved = Saved(handle())
    with pytest.raises(ChannelError) as caught:
        await publish(over(ok(said)), saved)
    assert (caught.value.effect, caught.value.provider_code) == (Effect.UNKNOWN, "NO_PROOF")
    assert saved.history == []


@pytest.mark.parametrize("known", [handle(posts={"post": POST}), handle("PUBLISHED")], ids=["id", "container"])
async def test_what_is_live_is_not_published_again(known: Handle) -> None:
    built = over()
    assert (await publish(built, Saved(known))).post_id == POST
    assert built.network.mutations == []


@pytest.mark.parametrize("known", [None, Handle(draft_version=1), handle("IN_PROGRESS")])
async def test_half_a_preparation_is_refused(known: Handle | None) -> None:
    built = over()
    error = await refused(built, Saved(known))
    assert (error.reason, error.effect) == (Reason.INTERNAL_ERROR, Effect.NOT_SENT)
    assert built.network.requests == []


@pytest.mark.parametrize(
    "given",
    [
        graph_error(1),
        graph_error(2, status=500),
        graph_error(10, status=500),
        graph_error(100, status=500),
        graph_error(4, 2207051),
        graph_error(100, 2207051),
        graph_error(506),
        answer(502, "<html>"),
        httpx.ReadError("reset"),
    ],
)
async def test_what_may_have_gone_out_is_unknown(given: Any) -> None:
    error = await refused(over(given), Saved(handle()))
    assert error.effect is Effect.UNKNOWN
    assert TOKEN not in f"{error.raw}{error.provider_message}{error.message}"


@pytest.mark.parametrize(
    "code", [(100, None), (10, None), (None, 4279013), (24, 4279009), (1, 2207052), (100, 33)], ids=str
)
async def test_a_refusal_of_a_container_that_is_live_after_all(code: tuple[Any, int | None]) -> None:
    assert (await publish(over(graph_error(*code), status="PUBLISHED"), Saved(handle()))).post_id == POST


async def test_a_refusal_stands_when_the_container_is_not_live_or_cannot_be_read() -> None:
    for status in ("FINISHED", answer(503, "<html>")):
        error = await refused(over(graph_error(10), status=status), Saved(handle()))
        assert (error.reason, error.effect) == (Reason.MISSING_SCOPE, Effect.REJECTED)


async def test_the_race_is_no_failure() -> None:
    """The same container three times, five seconds apart; then one other; then no more (facts, section 6)."""
    built, saved = over(graph_error(24, 4279009)), Saved(handle())
    for misses in (1, 2, 3):
        error = await refused(built, saved)
        assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
        assert error.retry_after == timedelta(seconds=5)
        assert saved.handle is not None
        assert saved.handle.ready
        assert Prepared.of(saved.handle).misses == misses
        assert "post" in Prepared.of(saved.handle).containers
    assert (await refused(built, saved)).effect is Effect.NOT_SENT
    assert saved.handle is not None
    assert not saved.handle.ready
    assert Prepared.of(saved.handle) == Prepared(misses=4)
    saved = Saved(handle(misses=4))
    assert [(await refused(built, saved)).effect for _ in range(3)] == [Effect.NOT_SENT] * 3
    assert "post" in Prepared.of(saved.handle).containers
    assert (await refused(built, saved)).effect is Effect.REJECTED


async def test_a_race_that_is_over_leaves_no_trace() -> None:
    built, saved = over(graph_error(24, 4279009)), Saved(handle())
    await refused(built, saved)
    built.network.on("POST", f"/{ID}/threads_publish", ok({"id": POST}))
    assert (await publish(built, saved)).post_id == POST
    assert Prepared.of(saved.handle).misses == 0


async def test_a_medium_lost_at_the_last_step_is_prepared_anew() -> None:
    built, saved = over(graph_error(1, 2207052)), Saved(handle())
    assert (await refused(built, saved)).effect is Effect.NOT_SENT
    assert Prepared.of(saved.handle) == Prepared(renewals=1)
    saved = Saved(handle(renewals=3))
    assert (await refused(built, saved)).effect is Effect.REJECTED
    assert saved.history == []


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
async def test_a_throttle_may_be_the_days_quota(limit: httpx.Response, reason: Reason) -> None:
    built = over(graph_error(4))
    built.network.on("GET", LIMIT, limit)
    error = await refused(built, Saved(handle()))
    assert (error.reason, error.effect) == (reason, Effect.NOT_SENT)
    assert error.retry_after is not None
    assert built.network.sent(LIMIT)[0].url.params["fields"] == "quota_usage,config"


@pytest.mark.parametrize(
    ("known", "status", "wanted"),
    [
        (
            handle("IN_PROGRESS"),
            "IN_PROGRESS",
            Pending(after=timedelta(seconds=30), note="the container is IN_PROGRESS"),
        ),
        (handle(), "FINISHED", Ready(expires_at=MADE + timedelta(hours=24))),
        (handle(), "ERROR", Pending(after=timedelta(0), note="the container is ERROR")),
        (None, "FINISHED", Pending(after=timedelta(0), note="to be prepared")),
    ],
)
async def test_check_tells_how_far_it_is(known: Handle | None, status: str, wanted: Pending | Ready) -> None:
    built = over(status=status)
    assert await built.channel.check(DRAFT, WHO, known) == wanted
    assert built.network.mutations == []


async def test_check_fills_in_what_was_pending() -> None:
    found = await over().channel.check(DRAFT, WHO, handle(posts={"post": POST}))
    assert isinstance(found, Published)
    assert (found.post_id, found.url) == (POST, ADDRESS)
