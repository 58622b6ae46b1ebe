"""One visible call, never twice: what was sent is looked at by its publish_id, and a pull without one is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.domain.channel import Resend
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Handle, Pending, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Bench, Saved, bench, error_of, image, publication, video, visible_step
from tests.channels.network import answer
from tests.channels.scene_tiktok import (
    COMPLETE,
    PUBLISH_ID,
    SETTINGS,
    STATUS,
    TIKTOK,
    UNFINISHED,
    UPLOAD_PATH,
    UPLOAD_URL,
    WHO,
    creator_state,
    done,
    handle,
    refused,
    said,
    upload_state,
)
from tests.channels.tiktok_network import BYTES, INIT, OPTIONS, PHOTOS, VIDEO, TikTokInMemory, bodies

FILE = TIKTOK.draft
FILE_READY = handle(creator=creator_state(), upload=upload_state())
PULL = publication("Pull", media=(video(),), options={**OPTIONS, "mode": "pull"})
PHOTO = publication("Photos", media=(image(0), image(1)), options=OPTIONS)
PULL_READY = handle(creator=creator_state())
SENT: dict[str, Any] = {"creator": creator_state(), "publish_id": PUBLISH_ID, "sent_at": NOW.isoformat()}


def scripted(*statuses: httpx.Response | Exception) -> Bench:
    built = bench("tiktok", SETTINGS)
    built.network.reading_posts = (STATUS,)
    built.network.on("POST", INIT, done({"publish_id": PUBLISH_ID}))
    built.network.on("POST", PHOTOS, done({"publish_id": PUBLISH_ID}))
    built.network.on("PUT", UPLOAD_PATH, httpx.Response(201))
    built.network.on("POST", STATUS, *(statuses or (COMPLETE,)))
    return built


async def publish(built: Bench, given: PublicationDraft, known: Handle, saved: Saved | None = None) -> Any:
    return await built.channel.publish(given, WHO, known, saved or Saved(known), visible_step())


async def refusal(built: Bench, given: PublicationDraft, known: Handle, saved: Saved | None = None) -> ChannelError:
    return await error_of(publish(built, given, known, saved))


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


async def test_the_last_chunk_makes_a_file_public() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    await tiktok.until_ready(VIDEO, saved)
    found = await tiktok.bench.publish(VIDEO, WHO, saved)
    assert found == Pending(after=timedelta(seconds=5), note="TikTok is processing the video")
    assert tiktok.uploads == {"v_pub~1": BYTES}
    assert tiktok.bench.network.requests[-1].headers["content-range"] == "bytes 32-43/44"
    assert state(saved).sent_at == NOW
    assert (saved.kept.ready, saved.kept.expires_at) == (True, None)


async def test_a_small_file_is_one_chunk() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    given = publication("Small", media=(video(bytes=7),), options=OPTIONS)
    tiktok.bench.media.files["med_0"] = BYTES[:7]
    await tiktok.until_ready(given, saved)
    assert tiktok.uploads == {"v_pub~1": b""}
    await tiktok.bench.publish(given, WHO, saved)
    assert tiktok.live == ["v_pub~1"]
    source = bodies(tiktok.bench, INIT)[0]["source_info"]
    assert source == {"source": "FILE_UPLOAD", "video_size": 7, "chunk_size": 7, "total_chunk_count": 1}


@pytest.mark.parametrize(("given", "path"), [(PULL, INIT), (PHOTO, PHOTOS)], ids=["pull", "photos"])
async def test_the_init_makes_a_pull_public(given: PublicationDraft, path: str) -> None:
    built, saved = scripted(), Saved(PULL_READY)
    found = await publish(built, given, PULL_READY, saved)
    assert found == Pending(after=timedelta(seconds=5), note="TikTok is fetching the media")
    assert [request.url.path for request in built.network.requests] == [f"/tiktok{path}"]
    assert built.network.requests[0].headers["content-type"] == "application/json; charset=UTF-8"
    assert (state(saved).publish_id, state(saved).sent_at) == (PUBLISH_ID, NOW)
    assert isinstance(await built.channel.check(given, WHO, saved.handle), Published)


@pytest.mark.parametrize("status", [403, 404, 416])
@pytest.mark.parametrize(
    ("looks", "expected"),
    [(COMPLETE, Published), (said("PROCESSING_UPLOAD", uploaded_bytes=20), Pending)],
    ids=["complete", "whole"],
)
async def test_a_refused_last_chunk_may_be_there_already(status: int, looks: httpx.Response, expected: Any) -> None:
    built, saved = scripted(looks), Saved(FILE_READY)
    built.network.on("PUT", UPLOAD_PATH, answer(status))
    assert isinstance(await publish(built, FILE, FILE_READY, saved), expected)
    assert state(saved).sent_at == NOW


@pytest.mark.parametrize("status", [403, 404, 416])
async def test_a_refused_last_chunk_of_an_unfinished_upload_starts_again(status: int) -> None:
    built, saved = scripted(UNFINISHED), Saved(FILE_READY)
    built.network.on("PUT", UPLOAD_PATH, answer(status))
    error = await refusal(built, FILE, FILE_READY, saved)
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT)
    assert (state(saved), saved.kept.ready) == (Prepared(renewals=1), False)
    tired = handle(creator=creator_state(), upload=upload_state(), renewals=3)
    assert (await refusal(built, FILE, tired)).effect is Effect.REJECTED


@pytest.mark.parametrize(
    "looks", [answer(503), refused(400, "invalid_publish_id"), said("PROCESSING_UPLOAD"), said("")], ids=str
)
async def test_a_refused_last_chunk_that_cannot_be_looked_into_is_unknown(looks: httpx.Response) -> None:
    built, saved = scripted(looks), Saved(FILE_READY)
    built.network.on("PUT", UPLOAD_PATH, answer(404))
    error = await refusal(built, FILE, FILE_READY, saved)
    assert (error.effect, error.provider_code) == (Effect.UNKNOWN, "HTTP 404")
    assert saved.history == []


async def test_a_refused_last_chunk_of_a_failed_post_is_final() -> None:
    built = scripted(said("FAILED", fail_reason="spam_risk"))
    built.network.on("PUT", UPLOAD_PATH, answer(404))
    error = await refusal(built, FILE, FILE_READY)
    assert (error.reason, error.effect) == (Reason.SPAM_BLOCKED, Effect.REJECTED)


async def test_an_upload_that_is_not_whole_after_its_last_chunk_is_unknown() -> None:
    built = scripted()
    built.network.on("PUT", UPLOAD_PATH, httpx.Response(206))
    assert (await refusal(built, FILE, FILE_READY)).effect is Effect.UNKNOWN


async def test_an_expired_address_is_not_tried() -> None:
    built, saved = scripted(), Saved(FILE_READY)
    built.clock.forward(minutes=55)
    error = await refusal(built, FILE, FILE_READY, saved)
    assert (error.effect, built.network.requests) == (Effect.NOT_SENT, [])
    assert state(saved) == Prepared(renewals=1)


@pytest.mark.parametrize("known", [SENT, {"upload": upload_state(), "sent_at": NOW.isoformat()}], ids=["pull", "file"])
async def test_what_was_sent_is_looked_at_before_anything_is_sent_again(known: dict[str, Any]) -> None:
    given = FILE if "upload" in known else PULL
    assert isinstance(await publish(built := scripted(), given, handle(**known)), Published)
    assert isinstance(await publish(scripted(said("PROCESSING_DOWNLOAD")), given, handle(**known)), Pending)
    assert (await refusal(scripted(answer(503)), given, handle(**known))).effect is Effect.UNKNOWN
    assert built.network.mutations == []


async def test_a_post_that_tiktok_gave_up_is_started_again_only_when_asked_for_again() -> None:
    given_up = said("FAILED", fail_reason="internal")
    first, saved = scripted(given_up), Saved(handle(**SENT))
    error = await refusal(first, PULL, handle(**SENT), saved)
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.REJECTED)
    assert state(saved) == Prepared()
    retried = PULL.model_copy(update={"due_at": NOW + timedelta(seconds=1)})
    error = await refusal(built := scripted(given_up), retried, handle(**SENT), saved)
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT)
    assert state(saved) == Prepared()
    assert built.network.mutations == []


async def test_an_accepted_pull_without_a_publish_id_is_never_sent_again_by_itself() -> None:
    built, saved = scripted(), Saved(PULL_READY)
    built.network.on("POST", INIT, done({}))
    assert isinstance(await publish(built, PULL, PULL_READY, saved), Pending)
    assert isinstance(await built.channel.check(PULL, WHO, saved.kept), Pending)
    assert isinstance(await built.channel.find(PULL, WHO, saved.kept, NOW), Unknown)
    assert (await refusal(built, PULL, saved.kept)).effect is Effect.UNKNOWN
    retried = PULL.model_copy(update={"due_at": NOW + timedelta(hours=1)})
    assert (await refusal(built, retried, saved.kept, saved)).effect is Effect.NOT_SENT
    assert len(built.network.sent(INIT)) == 1


def test_only_a_file_may_be_sent_again_by_the_same_handle() -> None:
    channel = scripted().channel
    assert channel.spec.resend is Resend.NEVER
    broken = publication(options={"mode": "x"})
    assert [channel.resend(given) for given in (FILE, PULL, PHOTO, broken)] == [
        Resend.SAME_HANDLE,
        Resend.NEVER,
        Resend.NEVER,
        Resend.NEVER,
    ]
    assert channel.steps(FILE) == ()


@pytest.mark.parametrize("code", ["scope_not_authorized", "access_token_invalid", "spam_risk"])
async def test_a_look_that_is_refused_leaves_what_was_sent_unknown(code: str) -> None:
    built = scripted(refused(401, code))
    assert (await refusal(built, PULL, handle(**SENT))).effect is Effect.UNKNOWN
    built.network.on("PUT", UPLOAD_PATH, answer(416))
    assert (await refusal(built, FILE, FILE_READY)).effect is Effect.UNKNOWN


async def test_a_kept_address_that_is_no_longer_configured_gets_nothing() -> None:
    moved = handle(creator=creator_state(), upload=upload_state(url="https://elsewhere.example/video/"))
    error = await refusal(built := scripted(), FILE, moved)
    assert (error.effect, error.provider_code) == (Effect.NOT_SENT, "FOREIGN_URL")
    assert built.network.requests == []


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (answer(400), Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED),
        (answer(418, UPLOAD_URL), Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN),
        (answer(429), Reason.RATE_LIMITED, Effect.NOT_SENT),
        (answer(500), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (httpx.ReadError(f"reset by {UPLOAD_URL}"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
    ],
    ids=str,
)
async def test_an_upload_is_answered_with_a_bare_status_and_its_address_is_never_kept(
    given: httpx.Response | Exception, reason: Reason, effect: Effect
) -> None:
    built = scripted(answer(503))
    built.network.on("PUT", UPLOAD_PATH, given)
    error = await refusal(built, FILE, FILE_READY)
    assert (error.reason, error.effect) == (reason, effect)
    assert "secret-upload-token" not in " ".join(str(value) for value in vars(error).values())
