"""A video on a scripted network: asked, sent part by part, looked at until its blob is there, bounded when it fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.state import Prepared
from munadi.channels.bluesky.video import MAX_SILENCE, MAX_TRIES
from munadi.channels.bluesky.video_errors import FAILURES, NAMES
from munadi.channels.bluesky.video_service import PIECE_BYTES
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, TOKEN, Bench, Saved, account, bench, error_of, publication, video
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
WHO = account("bluesky", DID, service_url="https://pds.example")
AUTH, DESCRIBE = "/xrpc/com.atproto.server.getServiceAuth", "/xrpc/com.atproto.server.describeServer"
LIMITS, UPLOAD, STATUS = (f"/xrpc/app.bsky.video.{name}" for name in ("getUploadLimits", "uploadVideo", "getJobStatus"))
BLOB = {"$type": "blob", "ref": {"$link": "bafkvideo"}, "mimeType": "video/mp4", "size": 9}
FREE = {"canUpload": True, "remainingDailyVideos": 25, "remainingDailyBytes": 10_000_000_000}
SIZE = 2 * PIECE_BYTES + 5


def status_of(state: str = "CREATED", **facts: Any) -> dict[str, Any]:
    return {"jobId": "job-1", "did": DID, "state": f"JOB_STATE_{state}", **facts}


def token(request: httpx.Request) -> httpx.Response:
    """Tells what it was asked for."""
    asked = request.url.params
    return ok({"token": f"service {asked['aud']} {asked['lxm']} {asked['exp']}"})


def begun(upload: Any = None, *looks: Any) -> Bench:
    built = bench("bluesky")
    built.media.files["med_0"] = bytes(SIZE)
    built.network.on("GET", AUTH, token).on("GET", DESCRIBE, ok({"did": "did:web:pds.example"}))
    built.network.on("GET", LIMITS, ok(FREE)).on("POST", UPLOAD, upload or ok(status_of()))
    built.network.on("GET", STATUS, *(looks or (ok({"jobStatus": status_of("COMPLETED", blob=BLOB)}),)))
    return built


async def prepare(built: Bench, saved: Saved) -> Ready | Pending:
    given = publication("Look", media=(video(bytes=SIZE),))
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def refused(built: Bench, saved: Saved | None = None) -> ChannelError:
    return await error_of(prepare(built, saved or Saved()))


def state(saved: Saved) -> Prepared:
    return Prepared.of(saved.handle)


def test_a_video_is_begun_long_before_its_slot() -> None:
    channel = bench("bluesky").channel
    assert channel.lead(publication(media=(video(),))) == channel.spec.lead >= timedelta(minutes=10)


async def test_the_upload_is_exact_and_speaks_for_the_account_at_its_own_server() -> None:
    built, saved = begun(), Saved()
    assert isinstance(await prepare(built, saved), Pending)
    (sent,) = built.network.sent(UPLOAD)
    expires = int((NOW + timedelta(minutes=30)).timestamp())
    assert sent.headers["content-length"] == str(SIZE)
    assert "transfer-encoding" not in sent.headers
    assert (len(sent.content), sent.headers["content-type"]) == (SIZE, "video/mp4")
    assert dict(sent.url.params) == {"did": DID, "name": "med_0.mp4"}
    assert sent.headers["authorization"] == f"Bearer service did:web:pds.example {UPLOAD_METHOD} {expires}"
    (asked,) = built.network.sent(LIMITS)
    assert asked.headers["authorization"] == (
        f"Bearer service did:web:video.bsky.app app.bsky.video.getUploadLimits {expires}"
    )
    assert [one.headers["authorization"] for one in built.network.sent(AUTH)] == [f"Bearer {TOKEN}"] * 2
    assert state(saved).video is not None


UPLOAD_METHOD = "com.atproto.repo.uploadBlob"


async def test_a_server_that_does_not_say_who_it_is_is_its_host() -> None:
    built = begun()
    built.network.on("GET", DESCRIBE, ok({}))
    await prepare(built, Saved())
    assert "service did:web:pds.example " in built.network.sent(UPLOAD)[0].headers["authorization"]


async def test_looks_grow_apart_and_end_with_the_blob() -> None:
    running = ok({"jobStatus": status_of("ENCODING")})
    done = ok({"jobStatus": status_of("COMPLETED", blob=BLOB)})
    built, saved = begun(None, running, running, running, done), Saved()
    waits = []
    for forward in (0, 60, 600):
        built.clock.forward(seconds=forward)
        found = await prepare(built, saved)
        assert isinstance(found, Pending)
        waits.append(found.after.total_seconds())
    assert waits == [1.5, 7.5, 15]
    await prepare(built, saved)
    ready = await prepare(built, saved)
    assert ready == Ready(expires_at=built.clock.now() + timedelta(hours=1))
    assert state(saved).blobs == (BLOB,)
    assert len(built.network.sent(UPLOAD)) == 1


async def test_a_wrapped_answer_with_the_blob_needs_no_look() -> None:
    built = begun(ok({"jobStatus": status_of("COMPLETED", blob=BLOB)}))
    assert isinstance(await prepare(built, Saved()), Ready)
    assert built.network.sent(STATUS) == []


async def test_the_same_file_again_continues_with_the_job_it_has() -> None:
    known = {"error": "already_exists", "message": "Video already processed", "jobId": "job-1"}
    built, saved = begun(answer(409, known)), Saved()
    assert isinstance(await prepare(built, saved), Pending)
    assert isinstance(await prepare(built, saved), Ready)
    assert built.network.sent(STATUS)[0].url.params["jobId"] == "job-1"


@pytest.mark.parametrize("body", [{"error": "already_exists"}, {"jobStatus": {"state": 1}}, [], None])
async def test_an_answer_without_a_job_is_an_error(body: Any) -> None:
    assert (await refused(begun(answer(409, body)))).effect is not Effect.SENT
    await refused(begun(ok(body)))


async def test_a_file_that_became_shorter_is_not_sent_to_its_end() -> None:
    built = begun()
    built.media.files["med_0"] = bytes(SIZE - 1)
    error = await refused(built)
    assert (error.reason, error.effect) == (Reason.MEDIA_UNREACHABLE, Effect.REJECTED)


@pytest.mark.parametrize("code", FAILURES)
async def test_every_failure_code(code: str) -> None:
    built, saved = (
        begun(None, ok({"jobStatus": status_of("FAILED", failureCode=code, message="in its own words")})),
        Saved(),
    )
    await prepare(built, saved)
    error = await refused(built, saved)
    assert (error.reason, error.effect) == (FAILURES[code].reason, FAILURES[code].effect)
    assert (error.provider_code, error.provider_message) == (code, "in its own words")
    assert state(saved).video is None


@pytest.mark.parametrize("code", NAMES)
async def test_every_name(code: str) -> None:
    error = await refused(begun(answer(400, {"error": code, "message": "in its own words"})))
    assert (error.reason, error.effect) == (NAMES[code].reason, NAMES[code].effect)
    assert error.provider_code == code


@pytest.mark.parametrize(
    ("status", "text", "reason", "effect"),
    [
        (401, "invalid token audience: got a, wanted b", Reason.TOKEN_EXPIRED, "not_sent"),
        (401, "whatever", Reason.TOKEN_EXPIRED, "not_sent"),
        (400, "User is not allowed to upload videos", Reason.FEATURE_NOT_ELIGIBLE, "rejected"),
        (400, "Account is not old enough to upload videos", Reason.FEATURE_NOT_ELIGIBLE, "rejected"),
        (400, "Confirm your email address to upload videos", Reason.FEATURE_NOT_ELIGIBLE, "rejected"),
        (400, "User has exceeded daily upload bytes limit", Reason.DAILY_CAP_REACHED, "not_sent"),
        (400, "file size (9 bytes) is larger than the maximum", Reason.MEDIA_VALIDATION_FAILED, "rejected"),
        (400, "Uploading is disabled at the moment", Reason.PROVIDER_OUTAGE, "not_sent"),
        (400, "Failed to get user's upload stats", Reason.PROVIDER_OUTAGE, "not_sent"),
        (429, "", Reason.RATE_LIMITED, "not_sent"),
        (503, "", Reason.PROVIDER_OUTAGE, "unknown"),
        (418, "", Reason.UNKNOWN_PROVIDER_ERROR, "unknown"),
    ],
)
@pytest.mark.parametrize("place", ["error", "message"])
async def test_sentences_and_statuses(status: int, text: str, reason: Reason, effect: str, place: str) -> None:
    error = await refused(begun(answer(status, {place: text} if text else {})))
    assert (error.reason, error.effect) == (reason, Effect(effect))
    assert (error.retry_after is not None) is (reason in (Reason.DAILY_CAP_REACHED, Reason.RATE_LIMITED))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"canUpload": False, "message": "Confirm your email address"}, Reason.FEATURE_NOT_ELIGIBLE),
        ({"canUpload": False, "error": "Uploading is disabled at the moment"}, Reason.PROVIDER_OUTAGE),
        ({"canUpload": False}, Reason.FEATURE_NOT_ELIGIBLE),
        ({}, Reason.PROVIDER_OUTAGE),
        ({"canUpload": False, "remainingDailyVideos": 0}, Reason.DAILY_CAP_REACHED),
        ({"canUpload": True, "remainingDailyBytes": SIZE - 1}, Reason.DAILY_CAP_REACHED),
    ],
)
async def test_what_may_not_be_uploaded_is_not_sent(limits: dict[str, Any], reason: Reason) -> None:
    built = begun()
    built.network.on("GET", LIMITS, ok(limits))
    assert (await refused(built)).reason is reason
    assert built.network.sent(UPLOAD) == []


async def test_exactly_what_is_left_may_be_uploaded() -> None:
    built = begun()
    built.network.on("GET", LIMITS, ok({"canUpload": True, "remainingDailyBytes": SIZE, "remainingDailyVideos": 1}))
    assert isinstance(await prepare(built, Saved()), Pending)


async def test_a_service_that_keeps_failing_is_given_up_after_growing_waits() -> None:
    built, saved = begun(ok(status_of("FAILED", failureCode="generic_failure"))), Saved()
    errors = [await refused(built, saved) for _ in range(MAX_TRIES)]
    assert [error.retry_after for error in errors] == [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15)]
    assert [error.effect for error in errors] == [Effect.NOT_SENT] * (MAX_TRIES - 1) + [Effect.REJECTED]
    assert errors[-1].reason is Reason.MEDIA_PROCESSING_FAILED


@pytest.mark.parametrize("lost", [answer(404, {}), answer(400, {"error": "InvalidRequest"})])
async def test_an_unknown_job_is_started_again(lost: httpx.Response) -> None:
    built, saved = begun(None, lost), Saved()
    await prepare(built, saved)
    assert (await refused(built, saved)).effect is Effect.NOT_SENT
    assert isinstance(await prepare(built, saved), Pending)
    assert len(built.network.sent(UPLOAD)) == 2


async def test_an_outage_of_the_look_keeps_the_job() -> None:
    built, saved = begun(None, answer(503, "<html>")), Saved()
    await prepare(built, saved)
    await refused(built, saved)
    assert state(saved).video is not None


async def test_a_job_that_stays_silent_is_taken_for_lost() -> None:
    built, saved = begun(None, ok(status_of("A_STATE_OF_TOMORROW"))), Saved()
    await prepare(built, saved)
    assert isinstance(await prepare(built, saved), Pending)
    built.clock.forward(seconds=MAX_SILENCE.total_seconds())
    assert (await refused(built, saved)).provider_code == "JOB_SILENT"
    assert state(saved).video is None
