"""A large video on a scripted network: in parts, continuing where it stopped, given up for good when it must be."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky import video as sending
from munadi.channels.bluesky.state import Prepared, SentInParts
from munadi.channels.bluesky.video import MAX_RUN, MAX_SILENCE, MAX_TRIES
from munadi.channels.bluesky.video_errors import UPLOAD_ENDED
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, Bench, Saved, error_of, publication, video
from tests.channels.network import answer, ok
from tests.channels.test_bluesky_video import BLOB, LIMITS, UPLOAD, WHO, begun, status_of

START, PART, FINISH, ARRIVED, ABORT = (
    f"/xrpc/app.bsky.video.{name}"
    for name in ("startUpload", "uploadPart", "finishUpload", "getUploadStatus", "abortUpload")
)
FILM = bytes(range(256)) * 10  # three parts of 1000 bytes, the last one shorter
SESSION = {"jobId": "up-1", "partSizeBytes": 1000, "partCount": 3, "expiresAt": "2026-12-02T09:00:00Z"}
DONE = ok({"completedJobId": "job-1", "jobStatus": status_of("COMPLETED", blob=BLOB)})


def arrived(*parts: int, state: str = "created", **rest: Any) -> httpx.Response:
    return ok({**SESSION, "receivedParts": list(parts), "state": state, **rest})


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(sending, "PARTS_FROM", len(FILM))
    built = begun()
    built.media.files["med_0"] = FILM
    built.network.on("POST", START, ok(SESSION)).on("GET", ARRIVED, arrived())
    built.network.on("POST", PART, ok({})).on("POST", FINISH, DONE).on("POST", ABORT, ok({"state": "aborted"}))
    return built


async def prepare(built: Bench, saved: Saved, size: int = len(FILM)) -> Ready | Pending:
    given = publication("Look", media=(video(bytes=size, duration_ms=9000),))
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def refused(built: Bench, saved: Saved) -> ChannelError:
    return await error_of(prepare(built, saved))


def numbers(built: Bench) -> list[str]:
    return [one.url.params["partNumber"] for one in built.network.sent(PART)]


def parts_of(saved: Saved) -> SentInParts | None:
    return Prepared.of(saved.handle).parts


async def test_every_part_is_exact_and_in_order(built: Bench) -> None:
    saved = Saved()
    assert isinstance(await prepare(built, saved), Ready)
    asked = json.loads(built.network.sent(START)[0].content)
    facts = {"durationMs": 9000, "width": 1080, "height": 1920}
    assert asked == {"sizeBytes": len(FILM), "mimeType": "video/mp4", "name": "med_0.mp4", **facts}
    sent = built.network.sent(PART)
    assert b"".join(one.content for one in sent) == FILM
    assert [dict(one.url.params) for one in sent] == [{"jobId": "up-1", "partNumber": f"{n}"} for n in (1, 2, 3)]
    assert [one.headers["content-length"] for one in sent] == ["1000", "1000", "560"]
    assert {one.headers["content-type"] for one in sent} == {"application/octet-stream"}
    assert all(one.headers["authorization"].startswith("Bearer service did:web:pds.example ") for one in sent)
    assert Prepared.of(saved.handle).blobs == (BLOB,)
    assert parts_of(saved) is None
    assert built.network.sent(UPLOAD) == []


async def test_a_smaller_file_is_sent_at_once(built: Bench) -> None:
    built.media.files["med_0"] = FILM[:-1]
    await prepare(built, Saved(), len(FILM) - 1)
    assert (len(built.network.sent(UPLOAD)), built.network.sent(START)) == (1, [])


@pytest.mark.parametrize("status", [404, 501])
async def test_a_service_without_parts_takes_the_file_at_once(built: Bench, status: int) -> None:
    built.network.on("POST", START, answer(status, "<html>"))
    assert isinstance(await prepare(built, Saved()), Pending)
    assert built.network.sent(UPLOAD)[0].content == FILM


async def test_what_has_arrived_is_not_sent_again(built: Bench) -> None:
    saved = Saved()
    built.network.on("POST", PART, ok({}), httpx.ReadError("reset"))
    await refused(built, saved)
    assert parts_of(saved) == SentInParts(id="up-1", bytes=1000, count=3, since=NOW)
    built.network.on("POST", PART, ok({})).on("GET", ARRIVED, arrived(1, 3))
    assert isinstance(await prepare(built, saved), Ready)
    assert numbers(built) == ["1", "2", "2"]
    assert (len(built.network.sent(START)), len(built.network.sent(LIMITS))) == (1, 1)


async def test_a_long_upload_lets_the_next_run_continue(built: Bench) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        built.clock.forward(seconds=MAX_RUN.total_seconds() / 2)
        return ok({})

    saved = Saved()
    built.network.on("POST", PART, slow)
    found = await prepare(built, saved)
    assert isinstance(found, Pending)
    assert (found.after, found.note) == (timedelta(0), "the video is on its way: part 3 of 3")
    built.network.on("GET", ARRIVED, arrived(1, 2))
    assert isinstance(await prepare(built, saved), Ready)
    assert numbers(built) == ["1", "2", "3"]


async def test_an_end_whose_answer_was_lost_is_found(built: Bench) -> None:
    saved = Saved()
    built.network.on("POST", FINISH, httpx.ReadError("reset"))
    await refused(built, saved)
    done = {"completedJobId": "job-1", "jobStatus": status_of("ENCODING")}
    built.network.on("GET", ARRIVED, arrived(1, 2, 3, state="completed", **done))
    assert isinstance(await prepare(built, saved), Pending)
    running = Prepared.of(saved.handle).video
    assert running is not None
    assert (running.id, len(built.network.sent(PART)), len(built.network.sent(FINISH))) == ("job-1", 3, 1)


async def test_an_upload_that_is_put_together_is_waited_for(built: Bench) -> None:
    saved = Saved()
    built.network.on("GET", ARRIVED, arrived(1, 2, 3, state="finishing"))
    assert isinstance(await prepare(built, saved), Pending)
    built.clock.forward(seconds=MAX_SILENCE.total_seconds())
    assert (await refused(built, saved)).provider_code == "UploadFailed"
    assert parts_of(saved) is None


@pytest.mark.parametrize("state", ["failed", "aborted", "expired", "a state of tomorrow"])
async def test_an_upload_that_ended_badly_is_started_again(built: Bench, state: str) -> None:
    saved = Saved()
    built.network.on("GET", ARRIVED, arrived(state=state), arrived())
    error = await refused(built, saved)
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
    assert isinstance(await prepare(built, saved), Ready)
    assert len(built.network.sent(START)) == 2


@pytest.mark.parametrize("name", sorted(UPLOAD_ENDED))
async def test_a_refusal_that_ends_the_upload_gives_it_up(built: Bench, name: str) -> None:
    saved = Saved()
    built.network.on("POST", PART, answer(400, {"error": name}))
    error = await refused(built, saved)
    assert (error.provider_code, error.effect, error.retry_after) == (name, Effect.NOT_SENT, timedelta(minutes=1))
    assert json.loads(built.network.sent(ABORT)[0].content) == {"jobId": "up-1"}
    assert parts_of(saved) is None


@pytest.mark.parametrize("name", ["MissingParts", "UploadNotReady", "UploadAlreadyCompleted", "ServiceOverloaded"])
async def test_other_refusals_keep_it(built: Bench, name: str) -> None:
    saved = Saved()
    built.network.on("POST", FINISH, answer(400, {"error": name}))
    assert (await refused(built, saved)).effect is Effect.NOT_SENT
    assert parts_of(saved) is not None
    assert built.network.sent(ABORT) == []


async def test_uploads_that_fail_again_and_again_are_given_up(built: Bench) -> None:
    saved = Saved()
    built.network.on("POST", PART, answer(400, {"error": "UploadFailed"}))
    errors = [await refused(built, saved) for _ in range(MAX_TRIES)]
    assert [error.effect for error in errors] == [Effect.NOT_SENT] * (MAX_TRIES - 1) + [Effect.REJECTED]


async def test_a_video_that_is_refused_at_its_end_is_reported_and_its_place_given_free(built: Bench) -> None:
    saved = Saved()
    built.network.on("POST", FINISH, answer(400, {"error": "BadAspectRatio"})).on("POST", ABORT, answer(500))
    error = await refused(built, saved)
    assert (error.reason, error.effect) == (Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED)
    assert len(built.network.sent(ABORT)) == 1


@pytest.mark.parametrize("change", [{"jobId": 5}, {"partSizeBytes": 0}, {"partSizeBytes": None}, {"partCount": 2}])
async def test_a_start_that_does_not_add_up_is_an_error(built: Bench, change: dict[str, Any]) -> None:
    saved = Saved()
    built.network.on("POST", START, ok({**SESSION, **change}))
    assert (await refused(built, saved)).effect is not Effect.SENT
    assert parts_of(saved) is None


async def test_what_was_not_sent_to_its_end_is_given_free_with_the_publication(built: Bench) -> None:
    saved = Saved()
    await saved(Prepared().model_dump(mode="json"))
    await built.channel.discard(WHO, saved.kept)
    assert built.network.sent(ABORT) == []
    built.network.on("POST", PART, httpx.ReadError("reset"))
    await refused(built, saved)
    await built.channel.discard(WHO, saved.kept)
    assert json.loads(built.network.sent(ABORT)[0].content) == {"jobId": "up-1"}
