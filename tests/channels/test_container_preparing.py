"""Instagram and Threads: containers are created once, polled without sleeping, and replaced only when they are dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.containers import (
    FILM,
    INSTAGRAM,
    MANY,
    ONE,
    THREADS,
    ContainerNetwork,
    graph_error,
    networks,
    prepared,
)
from tests.channels.making import NOW, image, publication
from tests.channels.network import answer, ok

TEXT = publication("Hello")


def pending(on: ContainerNetwork, seconds: float) -> Pending:
    return Pending(after=timedelta(seconds=seconds), note=f"{on.name.title()} is processing the post")


@networks
async def test_a_container_is_made_and_polled_until_it_is_finished(on: ContainerNetwork) -> None:
    built, saved = on.begun(on.state("IN_PROGRESS"), on.state("FINISHED")), Saved()
    assert await on.prepare(built, ONE, saved) == pending(on, 3)
    assert await on.prepare(built, ONE, saved) == pending(on, 3)
    assert await on.until_ready(built, ONE, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert on.made(built) == [on.image_form]
    assert saved.kept.ready
    assert built.network.requests[0].headers["authorization"].startswith("Bearer ")
    assert built.network.sent("/c1")[0].url.params["fields"] == f"{on.status},{on.message}"


async def test_threads_waits_two_seconds_after_a_container_is_finished() -> None:
    """A publish right after FINISHED may not find the container."""
    built, saved = THREADS.begun(), Saved()
    for forward, wait in ((0, 2), (0, 2), (1.5, 0.5)):
        built.clock.forward(seconds=forward)
        assert await THREADS.prepare(built, TEXT, saved) == pending(THREADS, wait)
    built.clock.forward(seconds=0.5)
    assert isinstance(await THREADS.prepare(built, TEXT, saved), Ready)
    assert THREADS.made(built) == [{"media_type": "TEXT", "text": "Hello"}]


@networks
async def test_a_container_is_saved_before_anything_else_happens(on: ContainerNetwork) -> None:
    built, saved = on.begun(), Saved()
    await on.prepare(built, ONE, saved)
    assert prepared(saved).containers["post"].id == "c1"
    (handle,) = saved.history
    assert (handle.expires_at, handle.ready) == (NOW + timedelta(hours=24), False)


AGES = [
    *((INSTAGRAM, ONE, age, wait) for age, wait in ((0, 3), (14, 3), (15, 10), (299, 10), (300, 60), (3600, 60))),
    *((THREADS, TEXT, age, wait) for age, wait in ((0, 2), (29, 2), (30, 30))),
    *((THREADS, ONE, age, wait) for age, wait in ((0, 3), (31, 30))),
    *((THREADS, FILM, age, wait) for age, wait in ((0, 5), (29, 5), (30, 30), (899, 30))),
]


@pytest.mark.parametrize(("on", "given", "age", "wait"), AGES)
async def test_an_older_container_is_polled_less_often(
    on: ContainerNetwork, given: PublicationDraft, age: int, wait: int
) -> None:
    built, saved = on.begun(on.state("IN_PROGRESS")), Saved()
    await on.prepare(built, given, saved)
    built.clock.forward(seconds=age)
    assert await on.prepare(built, given, saved) == pending(on, wait)


@networks
async def test_a_run_after_a_crash_continues_from_every_saved_state(on: ContainerNetwork) -> None:
    whole, saved = on.begun(), Saved()
    await on.until_ready(whole, MANY, saved)
    assert len(saved.history) == 9  # 4 made, 4 finished, ready
    first = await on.prepare(on.begun(), MANY, Saved())
    assert isinstance(first, Pending)
    assert first.note == "0 of 3 media are ready"
    for handle in [None, *saved.history]:
        again, crashed = on.begun(), Saved(handle)
        before = len(handle.state["containers"]) if handle else 0
        await on.until_ready(again, MANY, crashed)
        assert len(on.made(again)) == 4 - before
        assert crashed.kept.ready


@networks
async def test_a_ready_handle_needs_no_network(on: ContainerNetwork) -> None:
    built, saved = on.begun(), Saved()
    await on.until_ready(built, ONE, saved)
    calls = len(built.network.requests)
    assert isinstance(await on.prepare(built, ONE, saved), Ready)
    assert len(built.network.requests) == calls


@networks
@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (graph_error(100), Reason.INVALID_FIELD, Effect.REJECTED),
        (graph_error(10, status=403), Reason.MISSING_SCOPE, Effect.REJECTED),
        (graph_error(190), Reason.TOKEN_EXPIRED, Effect.NOT_SENT),
        (answer(500, "<html>"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (answer(429, "<html>"), Reason.RATE_LIMITED, Effect.NOT_SENT),
        (ok({}), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
    ],
)
async def test_a_refused_creation_leaves_nothing_behind(
    on: ContainerNetwork, given: Any, reason: Reason, effect: Effect
) -> None:
    built, saved = on.begun(), Saved()
    built.network.on("POST", on.make_path, given)
    error = await on.unprepared(built, ONE, saved)
    assert (error.reason, error.effect) == (reason, effect)
    assert saved.history == []


@networks
async def test_a_status_that_cannot_be_read_changes_nothing(on: ContainerNetwork) -> None:
    built, saved = on.begun(answer(503, "<html>")), Saved()
    await on.unprepared(built, ONE, saved)
    assert len(saved.history) == 1


@networks
async def test_a_published_container_is_never_created_again(on: ContainerNetwork) -> None:
    built, saved = on.begun(on.state("PUBLISHED")), Saved()
    await on.until_ready(built, ONE, saved)
    assert len(on.made(built)) == 1
    assert prepared(saved).containers["post"].code == "PUBLISHED"


@networks
async def test_an_image_that_the_network_does_not_accept_is_sent_as_a_rendition(on: ContainerNetwork) -> None:
    """It is rendered once, not at every poll."""
    opaque = {"has_alpha": False, "animated": False}
    media = (image(0, mime_type="image/webp", **opaque), image(1), image(2, bytes=9_000_000, alt="A", **opaque))
    running = on.state("IN_PROGRESS")
    built, saved = on.begun(running, running, on.state("FINISHED")), Saved()
    await on.until_ready(built, publication("Hello", media=media), saved)
    forms = on.made(built)
    assert [form.get("image_url", "").rpartition("/")[2] for form in forms] == ["med_0-jpeg", "med_1", "med_2-jpeg", ""]
    assert forms[2]["alt_text"] == "A"
    assert built.media.renditions == [(f"med_{index}", "image/jpeg", 8 * 1024 * 1024, None) for index in (0, 2)]


@networks
async def test_a_failed_rendition_ends_the_preparation(on: ContainerNetwork) -> None:
    built = on.begun()

    async def refuse(*_: object, **__: object) -> MediaAsset:
        raise ChannelError(Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED, "it has transparency")

    built.media.rendition = refuse  # type: ignore[method-assign]
    error = await on.unprepared(built, publication("Hello", media=(image(mime_type="image/webp"),)), Saved())
    assert error.message == "it has transparency"
    assert built.network.requests == []
