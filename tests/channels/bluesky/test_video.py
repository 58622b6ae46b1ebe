"""A video on a scripted network is uploaded, and polled until its blob exists or it has failed."""

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
from tests.channels.bluesky.servers import DID, WHO, refusal
from tests.channels.calls import Saved
from tests.channels.making import NOW, TOKEN, Bench, bench, error_of, publication, video
from tests.channels.network import answer, ok

AUTH, DESCRIBE = "/xrpc/com.atproto.server.getServiceAuth", "/xrpc/com.atproto.server.describeServer"
LIMITS, UPLOAD, STATUS = (f"/xrpc/app.bsky.video.{name}" for name in ("getUploadLimits", "uploadVideo", "getJobStatus"))
BLOB = {"$type": "blob", "ref": {"$link": "bafkvideo"}, "mimeType": "video/mp4", "size": 9}
FREE = {"canUpload": True, "remainingDailyVideos": 25, "remainingDailyBytes": 10_000_000_000}
SIZE = 2 * PIECE_BYTES + 5
R = Reason


def status_of(state: str = "CREATED", **facts: Any) -> dict[str, Any]:
    return {"jobId": "job-1", "did": DID, "state": f"JOB_STATE_{state}", **facts}


DONE = ok({"jobStatus": status_of("COMPLETED", blob=BLOB)})


def token(request: httpx.Request) -> httpx.Response:
    """A token that shows its request."""
    asked = request.url.params
    return ok({"token": f"service {asked['aud']} {asked['lxm']} {asked['exp']}"})


def begun(upload: Any = None, *statuses: Any, limits: Any = FREE, server: Any = "did:web:pds.example") -> Bench:
    """`upload` answers the upload, `statuses` the polls after it."""
    built = bench("bluesky")
    built.media.files["med_0"] = bytes(SIZE)
    built.network.on("GET", AUTH, token).on("GET", DESCRIBE, ok({"did": server}))
    built.network.on("GET", LIMITS, ok(limits)).on("POST", UPLOAD, upload or ok(status_of()))
    built.network.on("GET", STATUS, *(statuses or (DONE,)))
    return built


async def prepare(built: Bench, saved: Saved) -> Ready | Pending:
    given = publication("Look", media=(video(bytes=SIZE),))
    return await built.prepare(given, WHO, saved)


async def refused(built: Bench, saved: Saved | None = None) -> ChannelError:
    return await error_of(prepare(built, saved or Saved()))


async def running(built: Bench) -> Saved:
    """A video whose job has begun."""
    saved = Saved()
    assert isinstance(await prepare(built, saved), Pending)
    assert Prepared.of(saved.handle).video is not None
    return saved


def test_a_video_is_prepared_long_before_its_slot() -> None:
    channel = bench("bluesky").channel
    assert channel.lead(publication(media=(video(),))) == channel.spec.lead >= timedelta(minutes=10)


@pytest.mark.parametrize("server", ["did:web:pds.example", None])
async def test_the_upload_is_exact_and_its_tokens_name_method_and_server(server: str | None) -> None:
    """A server that does not name its DID has the did:web of its host."""
    built = begun(server=server)
    await running(built)
    (sent,), (asked,) = built.network.sent(UPLOAD), built.network.sent(LIMITS)
    expires = int((NOW + timedelta(minutes=30)).timestamp())
    assert (len(sent.content), sent.headers["content-length"], sent.headers["content-type"]) == (
        SIZE,
        str(SIZE),
        "video/mp4",
    )
    assert "transfer-encoding" not in sent.headers
    assert dict(sent.url.params) == {"did": DID, "name": "med_0.mp4"}
    assert [one.headers["authorization"] for one in (sent, asked)] == [
        f"Bearer service did:web:pds.example com.atproto.repo.uploadBlob {expires}",
        f"Bearer service did:web:video.bsky.app app.bsky.video.getUploadLimits {expires}",
    ]
    assert [one.headers["authorization"] for one in built.network.sent(AUTH)] == [f"Bearer {TOKEN}"] * 2


async def test_polls_have_growing_waits_and_end_with_the_blob() -> None:
    built, saved, waits = begun(None, *[ok({"jobStatus": status_of("ENCODING")})] * 3, DONE), Saved(), []
    for forward in (0, 60, 600):
        built.clock.forward(seconds=forward)
        found = await prepare(built, saved)
        assert isinstance(found, Pending)
        waits.append(found.after.total_seconds())
    assert waits == [1.5, 7.5, 15]
    await prepare(built, saved)
    assert await prepare(built, saved) == Ready(expires_at=built.clock.now() + timedelta(hours=1))
    assert Prepared.of(saved.handle).blobs == (BLOB,)
    assert len(built.network.sent(UPLOAD)) == 1


async def test_a_known_file_has_its_job_or_its_blob_at_once() -> None:
    built = begun(DONE)
    assert isinstance(await prepare(built, Saved()), Ready)
    assert built.network.sent(STATUS) == []
    built = begun(answer(409, {"error": "already_exists", "jobId": "job-1"}))
    assert isinstance(await prepare(built, await running(built)), Ready)
    assert built.network.sent(STATUS)[0].url.params["jobId"] == "job-1"


@pytest.mark.parametrize("body", [{"error": "already_exists"}, {"jobStatus": {"state": 1}}, [], None])
@pytest.mark.parametrize("status", [200, 409])
async def test_an_answer_without_a_job_is_an_error(body: Any, status: int) -> None:
    assert (await refused(begun(answer(status, body)))).effect is not Effect.SENT


async def test_a_file_that_became_shorter_is_not_sent_to_its_end() -> None:
    built = begun()
    built.media.files["med_0"] = bytes(SIZE - 1)
    error = await refused(built)
    assert (error.reason, error.effect) == (R.MEDIA_UNREACHABLE, Effect.REJECTED)


@pytest.mark.parametrize("code", FAILURES)
async def test_every_failure_code(code: str) -> None:
    built = begun(None, ok({"jobStatus": status_of("FAILED", failureCode=code, message="in its own words")}))
    saved = await running(built)
    error = await refused(built, saved)
    assert (error.reason, error.effect) == (FAILURES[code].reason, FAILURES[code].effect)
    assert (error.provider_code, error.provider_message) == (code, "in its own words")
    assert Prepared.of(saved.handle).video is None


@pytest.mark.parametrize("code", NAMES)
async def test_every_name(code: str) -> None:
    error = await refused(begun(refusal(code)))
    assert (error.reason, error.effect, error.provider_code) == (NAMES[code].reason, NAMES[code].effect, code)


@pytest.mark.parametrize(
    ("status", "text", "reason", "effect"),
    [
        (401, "invalid token audience: got a, wanted b", R.TOKEN_EXPIRED, "not_sent"),
        (401, "whatever", R.TOKEN_EXPIRED, "not_sent"),
        (400, "User is not allowed to upload videos", R.FEATURE_NOT_ELIGIBLE, "rejected"),
        (400, "Account is not old enough to upload videos", R.FEATURE_NOT_ELIGIBLE, "rejected"),
        (400, "Confirm your email address to upload videos", R.FEATURE_NOT_ELIGIBLE, "rejected"),
        (400, "User has exceeded daily upload bytes limit", R.DAILY_CAP_REACHED, "not_sent"),
        (400, "file size (9 bytes) is larger than the maximum", R.MEDIA_VALIDATION_FAILED, "rejected"),
        (400, "Uploading is disabled at the moment", R.PROVIDER_OUTAGE, "not_sent"),
        (400, "Failed to get user's upload stats", R.PROVIDER_OUTAGE, "not_sent"),
        (429, "", R.RATE_LIMITED, "not_sent"),
        (503, "", R.PROVIDER_OUTAGE, "unknown"),
        (418, "", R.UNKNOWN_PROVIDER_ERROR, "unknown"),
    ],
)
@pytest.mark.parametrize("place", ["error", "message"])
async def test_sentences_and_statuses(status: int, text: str, reason: Reason, effect: str, place: str) -> None:
    error = await refused(begun(answer(status, {place: text} if text else {})))
    assert (error.reason, error.effect) == (reason, Effect(effect))
    assert (error.retry_after is not None) is (reason in (R.DAILY_CAP_REACHED, R.RATE_LIMITED))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"canUpload": False, "message": "Confirm your email address"}, R.FEATURE_NOT_ELIGIBLE),
        ({"canUpload": False, "error": "Uploading is disabled at the moment"}, R.PROVIDER_OUTAGE),
        ({"canUpload": False}, R.FEATURE_NOT_ELIGIBLE),
        ({}, R.PROVIDER_OUTAGE),
        ({"canUpload": False, "remainingDailyVideos": 0}, R.DAILY_CAP_REACHED),
        ({"canUpload": True, "remainingDailyBytes": SIZE - 1}, R.DAILY_CAP_REACHED),
        ({"canUpload": True, "remainingDailyBytes": SIZE, "remainingDailyVideos": 1}, None),
    ],
)
async def test_nothing_beyond_the_limits_is_uploaded(limits: dict[str, Any], reason: Reason | None) -> None:
    built = begun(limits=limits)
    if reason is None:
        await running(built)
        return
    assert (await refused(built)).reason is reason
    assert built.network.sent(UPLOAD) == []


async def test_a_service_that_keeps_failing_is_given_up_after_growing_waits() -> None:
    built, saved = begun(ok(status_of("FAILED", failureCode="generic_failure"))), Saved()
    errors = [await refused(built, saved) for _ in range(MAX_TRIES)]
    assert [error.retry_after for error in errors] == [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15)]
    assert [error.effect for error in errors] == [Effect.NOT_SENT] * (MAX_TRIES - 1) + [Effect.REJECTED]
    assert errors[-1].reason is R.MEDIA_PROCESSING_FAILED


@pytest.mark.parametrize("lost", [answer(404, {}), refusal("InvalidRequest")])
async def test_a_job_that_the_service_does_not_know_is_started_again(lost: httpx.Response) -> None:
    built = begun(None, lost)
    saved = await running(built)
    assert (await refused(built, saved)).effect is Effect.NOT_SENT
    assert isinstance(await prepare(built, saved), Pending)
    assert len(built.network.sent(UPLOAD)) == 2


async def test_a_poll_that_fails_keeps_the_job_and_a_silent_job_is_given_up() -> None:
    built = begun(None, answer(503, "<html>"), ok(status_of("A_STATE_OF_TOMORROW")))
    saved = await running(built)
    await refused(built, saved)
    assert isinstance(await prepare(built, saved), Pending)
    built.clock.forward(seconds=MAX_SILENCE.total_seconds())
    assert (await refused(built, saved)).provider_code == "JOB_SILENT"
    assert Prepared.of(saved.handle).video is None
