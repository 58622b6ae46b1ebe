"""Threads' containers are made once, waited for without sleeping, and replaced only when they are dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Bench, Saved, account, bench, image, publication, video
from tests.channels.network import answer, form_of, ok

ID = "26750000000000001"
WHO = account("threads", ID)
CREATE = f"/v1.0/{ID}/threads"
TEXT = publication("Hello")
ONE = publication("Hello", media=(image(),))
FILM = publication("Hello", media=(video(),))
MANY = publication("Hello", media=(image(0), video(1), image(2)))
FINISHED, RUNNING, EXPIRED = (ok({"status": status}) for status in ("FINISHED", "IN_PROGRESS", "EXPIRED"))
GONE = answer(400, {"error": {"code": 100, "error_subcode": 33, "message": "no such object"}})


def failed(message: str) -> httpx.Response:
    return ok({"status": "ERROR", "error_message": message})


def begun(*statuses: httpx.Response | Exception) -> Bench:
    """Containers are numbered c1, c2… and all read as `statuses`, in order."""
    built, made = bench("threads"), [0]

    def create(request: httpx.Request) -> httpx.Response:
        made[0] += 1
        return ok({"id": f"c{made[0]}"})

    built.network.on("POST", CREATE, create).on("GET", "", *(statuses or (FINISHED,)))
    return built


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready | Pending:
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def until_ready(built: Bench, given: PublicationDraft, saved: Saved, runs: int = 12) -> Ready:
    for _ in range(runs):
        found = await prepare(built, given, saved)
        if isinstance(found, Ready):
            return found
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError(f"not ready after {runs} runs")


def state(saved: Saved) -> Prepared:
    return Prepared.of(saved.handle)


def made(built: Bench) -> list[dict[str, str]]:
    return [form_of(request) for request in built.network.sent(CREATE)]


def pending(seconds: float) -> Pending:
    return Pending(after=timedelta(seconds=seconds), note="Threads is processing the post")


async def test_a_text_too_is_created_waited_for_and_left_to_settle() -> None:
    built, saved = begun(RUNNING, FINISHED), Saved()
    assert await prepare(built, TEXT, saved) == pending(2)
    assert await prepare(built, TEXT, saved) == pending(2)
    assert await prepare(built, TEXT, saved) == pending(2)  # FINISHED, but a publish right now may miss it
    built.clock.forward(seconds=1.5)
    assert await prepare(built, TEXT, saved) == pending(0.5)
    built.clock.forward(seconds=0.5)
    assert await prepare(built, TEXT, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert made(built) == [{"media_type": "TEXT", "text": "Hello"}]
    assert saved.handle is not None
    assert saved.handle.ready
    assert built.network.sent("/c1")[0].url.params["fields"] == "status,error_message"


async def test_a_container_is_saved_before_anything_else_happens() -> None:
    built, saved = begun(), Saved()
    await prepare(built, ONE, saved)
    assert len(saved.history) == 1
    assert state(saved).containers["post"].id == "c1"
    assert saved.history[0].expires_at == NOW + timedelta(hours=24)
    assert not saved.history[0].ready


@pytest.mark.parametrize(
    ("given", "age", "wait"),
    [
        (TEXT, 0, 2),
        (TEXT, 29, 2),
        (TEXT, 30, 30),
        (ONE, 0, 3),
        (ONE, 31, 30),
        (FILM, 0, 5),
        (FILM, 29, 5),
        (FILM, 30, 30),
        (FILM, 899, 30),
    ],
)
async def test_the_older_a_container_the_rarer_it_is_read(given: PublicationDraft, age: int, wait: int) -> None:
    built, saved = begun(RUNNING), Saved()
    await prepare(built, given, saved)
    built.clock.forward(seconds=age)
    assert await prepare(built, given, saved) == pending(wait)


async def test_a_carousel_is_children_first_then_their_parent() -> None:
    built, saved = begun(), Saved()
    found = await prepare(built, MANY, saved)
    assert isinstance(found, Pending)
    assert found.note == "0 of 3 media are ready"
    await until_ready(built, MANY, saved)
    assert [form.get("is_carousel_item") for form in made(built)] == ["true", "true", "true", None]
    assert made(built)[-1] == {"media_type": "CAROUSEL", "children": "c1,c2,c3", "text": "Hello"}


async def test_a_run_after_a_crash_goes_on_from_every_saved_state() -> None:
    whole, saved = begun(), Saved()
    await until_ready(whole, MANY, saved)
    assert len(saved.history) == 9  # 4 made, 4 finished, ready
    for known in [None, *saved.history]:
        again, crashed = begun(), Saved(known)
        before = len(known.state["containers"]) if known else 0
        await until_ready(again, MANY, crashed)
        assert len(made(again)) == 4 - before
        assert crashed.handle is not None
        assert crashed.handle.ready


@pytest.mark.parametrize(
    ("message", "reason", "others"),
    [
        ("FAILED_DOWNLOADING_VIDEO", Reason.MEDIA_UNREACHABLE, 2),
        ("FAILED_PROCESSING_VIDEO", Reason.MEDIA_PROCESSING_FAILED, 2),
        ("UNKNOWN", Reason.MEDIA_PROCESSING_FAILED, 2),
        ("A_NEW_WORD", Reason.MEDIA_PROCESSING_FAILED, 2),
        ("INVALID_DURATION", Reason.MEDIA_VALIDATION_FAILED, 0),
        ("INVALID_ASPEC_RATIO", Reason.MEDIA_VALIDATION_FAILED, 0),
    ],
)
async def test_a_failed_container_is_replaced_when_another_may_do_better(
    message: str, reason: Reason, others: int
) -> None:
    built, saved = begun(failed(message)), Saved()
    with pytest.raises(ChannelError) as caught:
        await until_ready(built, FILM, saved)
    assert (caught.value.reason, caught.value.effect) == (reason, Effect.REJECTED)
    assert len(made(built)) == 1 + others


async def test_what_threads_does_not_take_is_sent_as_a_rendition() -> None:
    built, saved = begun(), Saved()
    webp = image(1, mime_type="image/webp", has_alpha=False, animated=False)
    await until_ready(built, publication("Hello", media=(image(0), webp)), saved)
    assert [form.get("image_url", "").rpartition("/")[2] for form in made(built)] == ["med_0", "med_1-jpeg", ""]
    assert len(built.media.renditions) == 1
    alone, kept = begun(), Saved()
    large = image(2, bytes=9_000_000, has_alpha=False, animated=False)
    await until_ready(alone, publication("Hello", media=(large,)), kept)
    assert made(alone)[0]["image_url"].endswith("/med_2-jpeg")


async def test_a_child_is_replaced_alone() -> None:
    built, saved = begun(FINISHED, failed("UNKNOWN"), FINISHED), Saved()
    await until_ready(built, MANY, saved)
    assert made(built)[-1]["children"] == "c1,c4,c3"


async def test_an_expired_container_takes_all_with_it() -> None:
    built, saved = begun(EXPIRED, FINISHED), Saved()
    await prepare(built, MANY, saved)
    await until_ready(built, MANY, saved)
    assert made(built)[-1]["children"] == "c6,c4,c5"


async def test_what_would_lapse_is_made_anew() -> None:
    built, saved = begun(), Saved()
    await until_ready(built, ONE, saved)
    built.clock.forward(hours=24)
    await until_ready(built, ONE, saved)
    assert state(saved).containers["post"].id == "c2"


async def test_a_container_that_stays_unfinished_is_given_up() -> None:
    built, saved = begun(RUNNING), Saved()
    await prepare(built, FILM, saved)
    for _ in range(2):
        built.clock.forward(minutes=15)
        assert isinstance(await prepare(built, FILM, saved), Pending)
        await prepare(built, FILM, saved)
    built.clock.forward(minutes=15)
    with pytest.raises(ChannelError) as caught:
        await prepare(built, FILM, saved)
    assert (caught.value.reason, caught.value.effect) == (Reason.MEDIA_PROCESSING_TIMEOUT, Effect.REJECTED)
    assert len(made(built)) == 3


async def test_a_young_container_may_not_be_found_yet() -> None:
    built, saved = begun(GONE), Saved()
    await prepare(built, ONE, saved)
    assert await prepare(built, ONE, saved) == pending(3)
    assert state(saved).renewals == 0
    built.clock.forward(seconds=60)
    await prepare(built, ONE, saved)
    assert state(saved).renewals == 1


@pytest.mark.parametrize("code", [(1, 2207052), (9004, 2207052)], ids=str)
async def test_a_medium_that_cannot_be_fetched_is_tried_three_times_more(code: tuple[int, int]) -> None:
    error = {"error": {"code": code[0], "error_subcode": code[1], "message": "no"}}
    built, saved = bench("threads"), Saved()
    built.network.on("POST", CREATE, answer(400, error))
    effects = []
    for _ in range(4):
        with pytest.raises(ChannelError) as caught:
            await prepare(built, ONE, saved)
        assert caught.value.reason is Reason.MEDIA_UNREACHABLE
        effects.append(caught.value.effect)
    assert effects == [Effect.NOT_SENT] * 3 + [Effect.REJECTED]


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (answer(400, {"error": {"code": 100, "message": "bad"}}), Reason.INVALID_FIELD, Effect.REJECTED),
        (answer(403, {"error": {"code": 10, "message": "no"}}), Reason.MISSING_SCOPE, Effect.REJECTED),
        (answer(400, {"error": {"code": 190, "message": "no"}}), Reason.TOKEN_EXPIRED, Effect.NOT_SENT),
        (answer(500, "<html>"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (answer(429, "<html>"), Reason.RATE_LIMITED, Effect.NOT_SENT),
        (ok({}), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
    ],
)
async def test_a_refused_creation_leaves_nothing_behind(given: Any, reason: Reason, effect: Effect) -> None:
    built, saved = bench("threads"), Saved()
    built.network.on("POST", CREATE, given)
    with pytest.raises(ChannelError) as caught:
        await prepare(built, ONE, saved)
    assert (caught.value.reason, caught.value.effect) == (reason, effect)
    assert saved.history == []


async def test_a_status_that_cannot_be_read_changes_nothing() -> None:
    built, saved = begun(answer(503, "<html>"), FINISHED), Saved()
    await prepare(built, ONE, saved)
    before = saved.handle
    with pytest.raises(ChannelError):
        await prepare(built, ONE, saved)
    assert saved.handle == before


@pytest.mark.parametrize(("given", "seconds"), [(TEXT, 30), (ONE, 120), (MANY, 600), (FILM, 600)])
def test_text_needs_a_lead_too(given: PublicationDraft, seconds: int) -> None:
    assert bench("threads").channel.lead(given) == timedelta(seconds=seconds)


def test_a_carousel_of_images_and_odd_options_have_a_lead() -> None:
    channel = bench("threads").channel
    assert channel.lead(publication(media=(image(0), image(1)))) == timedelta(minutes=5)
    assert channel.lead(publication("x", options={"nosuch": 1})) == channel.spec.lead
