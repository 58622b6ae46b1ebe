"""media_publish is not idempotent: it is called once, and a container that is live is never published again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from tests.channels.making import NOW, Bench, Saved, account, bench, image, publication, stage
from tests.channels.network import answer, form_of, ok

IG, CONTAINER, MEDIA = "17841400000000001", "17900000000000001", "18000000000000001"
WHO = account("instagram", IG)
DRAFT = publication("Hello", media=(image(),))
MADE = NOW - timedelta(minutes=5)
READ = {
    "id": MEDIA,
    "caption": "Hello",
    "timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    "permalink": "https://www.instagram.com/p/abc/",
    "media_type": "IMAGE",
    "media_product_type": "FEED",
}


def handle(code: str = "FINISHED", **state: Any) -> Handle:
    post = {"id": CONTAINER, "created_at": MADE.isoformat(), "code": code}
    return Handle(draft_version=1, state={"containers": {"post": post}} | state, ready=True)


def graph_error(code: int, subcode: int | None = None) -> httpx.Response:
    return answer(400, {"error": {"code": code, "error_subcode": subcode, "message": "no"}})


def over(publish: Any = None, status: str = "FINISHED", listed: Any = None, read: Any = None) -> Bench:
    built = bench("instagram")
    built.network.on("POST", f"/{IG}/media_publish", publish or ok({"id": MEDIA}))
    built.network.on("GET", f"/{CONTAINER}", ok({"status_code": status}))
    built.network.on("GET", f"/{IG}/media", ok({"data": [READ]}) if listed is None else listed)
    built.network.on("GET", f"/{MEDIA}", ok(READ) if read is None else read)
    return built


async def publish(built: Bench, saved: Saved) -> Published:
    found = await built.channel.publish(DRAFT, WHO, saved.handle, saved, stage())
    assert isinstance(found, Published)
    return found


def codes(found: Published) -> list[str]:
    return [warning.code for warning in found.warnings]


async def test_the_call_its_id_and_its_address() -> None:
    built, saved = over(), Saved(handle())
    found = await publish(built, saved)
    request = built.network.requests[0]
    assert request.url.path == f"/v26.0/{IG}/media_publish"
    assert form_of(request) == {"creation_id": CONTAINER}
    assert (found.post_id, found.url, found.published_at) == (MEDIA, READ["permalink"], NOW)
    assert found.warnings == ()
    assert saved.handle is not None
    assert saved.handle.state["posts"]["post"] == MEDIA


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
    assert found.post_id == MEDIA


@pytest.mark.parametrize(
    "read", [graph_error(100, 33), answer(500, "<html>"), httpx.ReadTimeout("slow"), ok({"id": MEDIA}), ok([])]
)
async def test_an_address_that_cannot_be_read_is_a_warning(read: Any) -> None:
    found = await publish(over(read=read), Saved(handle()))
    assert (found.post_id, found.url, codes(found)) == (MEDIA, None, ["PERMALINK_PENDING"])
    assert found.published_at == NOW


async def test_an_address_that_takes_too_long_is_a_warning() -> None:
    built = bench("instagram", {"permalink_timeout": 0.01})
    built.network.on("POST", f"/{IG}/media_publish", ok({"id": MEDIA}))

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            await asyncio.sleep(5)
            yield b"{}"

    built.network.on("GET", f"/{MEDIA}", lambda _: httpx.Response(200, stream=Slow()))
    found = await publish(built, Saved(handle()))
    assert (found.post_id, codes(found)) == (MEDIA, ["PERMALINK_PENDING"])


@pytest.mark.parametrize("said", [{}, {"id": None}, {"id": True}, {"id": {}}, {"id": " "}, [], "not json"])
async def test_an_answer_without_an_id_proves_nothing(said: Any) -> None:
    saved = Saved(handle())
    with pytest.raises(ChannelError) as caught:
        await publish(over(ok(said)), saved)
    assert (caught.value.effect, caught.value.provider_code) == (Effect.UNKNOWN, "NO_PROOF")
    assert saved.history == []


@pytest.mark.parametrize(
    "known", [handle(posts={"post": MEDIA}), handle("PUBLISHED")], ids=["id known", "container live"]
)
async def test_what_is_live_is_not_published_again(known: Handle) -> None:
    built = over()
    found = await publish(built, Saved(known))
    assert found.post_id == MEDIA
    assert built.network.mutations == []


@pytest.mark.parametrize("known", [None, Handle(draft_version=1), handle("IN_PROGRESS")])
async def test_half_a_preparation_is_refused(known: Handle | None) -> None:
    built = over()
    with pytest.raises(ChannelError) as caught:
        await built.channel.publish(DRAFT, WHO, known, Saved(), stage())
    assert (caught.value.reason, caught.value.effect) == (Reason.INTERNAL_ERROR, Effect.NOT_SENT)
    assert built.network.requests == []


async def test_not_ready_comes_back_soon() -> None:
    with pytest.raises(ChannelError) as caught:
        await publish(over(graph_error(9007, 2207027)), Saved(handle()))
    assert (caught.value.effect, caught.value.retry_after) == (Effect.NOT_SENT, timedelta(seconds=5))


@pytest.mark.parametrize("code", [(1, None), (2, None), (4, 2207051), (-1, 2207001), (506, None)], ids=str)
async def test_what_may_have_gone_out_is_unknown(code: tuple[int, int | None]) -> None:
    with pytest.raises(ChannelError) as caught:
        await publish(over(graph_error(*code)), Saved(handle()))
    assert caught.value.effect is Effect.UNKNOWN


@pytest.mark.parametrize("code", [(100, None), (25, 2207050), (24, 2207006), (24, 2207008)], ids=str)
async def test_a_refusal_of_a_container_that_is_live_after_all(code: tuple[int, int | None]) -> None:
    found = await publish(over(graph_error(*code), status="PUBLISHED"), Saved(handle()))
    assert found.post_id == MEDIA


async def test_a_refusal_stands_when_the_container_is_not_live() -> None:
    with pytest.raises(ChannelError) as caught:
        await publish(over(graph_error(100)), Saved(handle()))
    assert (caught.value.reason, caught.value.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


async def test_a_missing_container_is_tried_twice_then_made_anew() -> None:
    built, saved = over(graph_error(24, 2207008)), Saved(handle())
    for misses in (1, 2):
        with pytest.raises(ChannelError) as caught:
            await publish(built, saved)
        assert (caught.value.effect, caught.value.retry_after) == (Effect.NOT_SENT, timedelta(seconds=30))
        assert saved.handle is not None
        assert saved.handle.ready
        assert saved.handle.state["misses"] == misses
    with pytest.raises(ChannelError):
        await publish(built, saved)
    assert saved.handle is not None
    assert not saved.handle.ready
    assert Prepared.of(saved.handle) == Prepared(renewals=1)


async def test_containers_are_not_made_anew_for_ever() -> None:
    saved = Saved(handle(renewals=3))
    with pytest.raises(ChannelError) as caught:
        await publish(over(graph_error(24, 2207006)), saved)
    assert caught.value.effect is Effect.REJECTED
    assert saved.history == []


@pytest.mark.parametrize(
    ("known", "status", "wanted"),
    [
        (
            handle("IN_PROGRESS"),
            "IN_PROGRESS",
            Pending(after=timedelta(seconds=60), note="the container is IN_PROGRESS"),
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
    found = await over().channel.check(DRAFT, WHO, handle(posts={"post": MEDIA}))
    assert isinstance(found, Published)
    assert (found.post_id, found.url) == (MEDIA, READ["permalink"])


@pytest.mark.parametrize(
    ("status", "wanted"),
    [("FINISHED", Absent), ("ERROR", Absent), ("EXPIRED", Absent), ("IN_PROGRESS", Unknown), ("NEW_WORD", Unknown)],
)
async def test_find_by_the_containers_status(status: str, wanted: type) -> None:
    assert isinstance(await over(status=status).channel.find(DRAFT, WHO, handle(), NOW), wanted)


async def test_find_with_the_id_known_needs_no_search() -> None:
    built = over()
    found = await built.channel.find(DRAFT, WHO, handle(posts={"post": MEDIA}), NOW)
    assert isinstance(found, Published)
    assert [request.url.path for request in built.network.requests] == [f"/v26.0/{MEDIA}"]
