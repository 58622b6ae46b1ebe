"""A large video on a scripted network is sent in parts, and continued where it stopped."""

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
from tests.channels.bluesky.servers import WHO, refusal
from tests.channels.bluesky.test_video import BLOB, LIMITS, UPLOAD, begun, status_of
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, error_of, publication, video
from tests.channels.network import answer, ok

START, PART, FINISH, ARRIVED, ABORT = (
    f"/xrpc/app.bsky.video.{name}"
    for name in ("startUpload", "uploadPart", "finishUpload", "getUploadStatus", "abortUpload")
)
FILM = bytes(range(256)) * 10  # three parts of 1000 bytes, the last one shorter
SESSION = {"jobId": "up-1", "partSizeBytes": 1000, "partCount": 3, "expiresAt": "2026-12-02T09:00:00Z"}
RESET = httpx.ReadError("reset")


def arrived(*parts: int, state: str = "created", **rest: Any) -> httpx.Response:
    return ok({**SESSION, "receivedParts": list(parts), "state": state, **rest})


class Upload:
    """The upload of one video, on a service that accepts everything until a test scripts other answers."""

    def __init__(self) -> None:
        self.built: Bench = begun()
        self.built.media.files["med_0"] = FILM
        self.saved = Saved()
        done = {"completedJobId": "job-1", "jobStatus": status_of("COMPLETED", blob=BLOB)}
        self.on("POST", START, ok(SESSION)).on("GET", ARRIVED, arrived()).on("POST", PART, ok({}))
        self.on("POST", FINISH, ok(done)).on("POST", ABORT, ok({"state": "aborted"}))

    def on(self, method: str, path: str, *answers: Any) -> Any:
        return self.built.network.on(method, path, *answers)

    def sent(self, path: str) -> list[httpx.Request]:
        return self.built.network.sent(path)

    async def prepare(self, size: int = len(FILM)) -> Ready | Pending:
        given = publication("Look", media=(video(bytes=size, duration_ms=9000),))
        return await self.built.prepare(given, WHO, self.saved)

    async def refused(self) -> ChannelError:
        return await error_of(self.prepare())

    @property
    def state(self) -> Prepared:
        return Prepared.of(self.saved.handle)

    @property
    def numbers(self) -> list[str]:
        """The parts that were sent, in order."""
        return [one.url.params["partNumber"] for one in self.sent(PART)]

    @property
    def aborted(self) -> list[Any]:
        return [json.loads(request.content) for request in self.sent(ABORT)]


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> Upload:
    monkeypatch.setattr(sending, "PARTS_FROM", len(FILM))
    return Upload()


async def test_every_part_is_exact_and_in_order(upload: Upload) -> None:
    assert isinstance(await upload.prepare(), Ready)
    facts = {"durationMs": 9000, "width": 1080, "height": 1920}
    announced = {"sizeBytes": len(FILM), "mimeType": "video/mp4", "name": "med_0.mp4", **facts}
    assert json.loads(upload.sent(START)[0].content) == announced
    sent = upload.sent(PART)
    assert b"".join(one.content for one in sent) == FILM
    assert [dict(one.url.params) for one in sent] == [{"jobId": "up-1", "partNumber": f"{n}"} for n in (1, 2, 3)]
    assert [one.headers["content-length"] for one in sent] == ["1000", "1000", "560"]
    assert {one.headers["content-type"] for one in sent} == {"application/octet-stream"}
    assert all(one.headers["authorization"].startswith("Bearer service did:web:pds.example ") for one in sent)
    assert (upload.state.blobs, upload.state.parts, upload.sent(UPLOAD)) == ((BLOB,), None, [])


async def test_a_smaller_file_is_sent_at_once(upload: Upload) -> None:
    upload.built.media.files["med_0"] = FILM[:-1]
    await upload.prepare(len(FILM) - 1)
    assert (len(upload.sent(UPLOAD)), upload.sent(START)) == (1, [])


@pytest.mark.parametrize("status", [404, 501])
async def test_a_service_without_parts_gets_the_file_at_once(upload: Upload, status: int) -> None:
    upload.on("POST", START, answer(status, "<html>"))
    assert isinstance(await upload.prepare(), Pending)
    assert upload.sent(UPLOAD)[0].content == FILM


async def test_a_part_that_has_arrived_is_not_sent_again(upload: Upload) -> None:
    upload.on("POST", PART, ok({}), RESET)
    await upload.refused()
    assert upload.state.parts == SentInParts(id="up-1", bytes=1000, count=3, since=NOW)
    upload.on("POST", PART, ok({})).on("GET", ARRIVED, arrived(1, 3))
    assert isinstance(await upload.prepare(), Ready)
    assert upload.numbers == ["1", "2", "2"]
    assert (len(upload.sent(START)), len(upload.sent(LIMITS))) == (1, 1)


async def test_the_next_run_continues_a_long_upload(upload: Upload) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        upload.built.clock.forward(seconds=MAX_RUN.total_seconds() / 2)
        return ok({})

    upload.on("POST", PART, slow)
    found = await upload.prepare()
    assert isinstance(found, Pending)
    assert (found.after, found.note) == (timedelta(0), "the video is on its way: part 3 of 3")
    upload.on("GET", ARRIVED, arrived(1, 2))
    assert isinstance(await upload.prepare(), Ready)
    assert upload.numbers == ["1", "2", "3"]


async def test_an_end_whose_answer_was_lost_is_found(upload: Upload) -> None:
    upload.on("POST", FINISH, RESET)
    await upload.refused()
    done = {"completedJobId": "job-1", "jobStatus": status_of("ENCODING")}
    upload.on("GET", ARRIVED, arrived(1, 2, 3, state="completed", **done))
    assert isinstance(await upload.prepare(), Pending)
    assert upload.state.video is not None
    assert (upload.state.video.id, len(upload.sent(PART)), len(upload.sent(FINISH))) == ("job-1", 3, 1)


async def test_the_assembly_of_the_file_is_awaited(upload: Upload) -> None:
    upload.on("GET", ARRIVED, arrived(1, 2, 3, state="finishing"))
    assert isinstance(await upload.prepare(), Pending)
    upload.built.clock.forward(seconds=MAX_SILENCE.total_seconds())
    assert (await upload.refused()).provider_code == "UploadFailed"
    assert upload.state.parts is None


@pytest.mark.parametrize("state", ["failed", "aborted", "expired", "a state of tomorrow"])
async def test_an_upload_that_ended_badly_is_started_again(upload: Upload, state: str) -> None:
    upload.on("GET", ARRIVED, arrived(state=state), arrived())
    error = await upload.refused()
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
    assert isinstance(await upload.prepare(), Ready)
    assert len(upload.sent(START)) == 2


@pytest.mark.parametrize("name", sorted(UPLOAD_ENDED))
async def test_a_refusal_that_ends_the_upload_aborts_it(upload: Upload, name: str) -> None:
    upload.on("POST", PART, refusal(name))
    errors = [await upload.refused() for _ in range(MAX_TRIES)]
    assert (errors[0].provider_code, errors[0].retry_after) == (name, timedelta(minutes=1))
    assert [error.effect for error in errors] == [Effect.NOT_SENT] * (MAX_TRIES - 1) + [Effect.REJECTED]
    assert (upload.aborted, upload.state.parts) == ([{"jobId": "up-1"}] * MAX_TRIES, None)


@pytest.mark.parametrize("name", ["MissingParts", "UploadNotReady", "UploadAlreadyCompleted", "ServiceOverloaded"])
async def test_other_refusals_keep_the_upload(upload: Upload, name: str) -> None:
    upload.on("POST", FINISH, refusal(name))
    assert (await upload.refused()).effect is Effect.NOT_SENT
    assert upload.state.parts is not None
    assert upload.aborted == []


async def test_a_video_that_is_refused_at_its_end_is_reported_even_if_it_cannot_be_aborted(upload: Upload) -> None:
    upload.on("POST", FINISH, refusal("BadAspectRatio")).on("POST", ABORT, answer(500))
    error = await upload.refused()
    assert (error.reason, error.effect) == (Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED)
    assert len(upload.aborted) == 1


@pytest.mark.parametrize("change", [{"jobId": 5}, {"partSizeBytes": 0}, {"partSizeBytes": None}, {"partCount": 2}])
async def test_an_inconsistent_start_is_an_error(upload: Upload, change: dict[str, Any]) -> None:
    upload.on("POST", START, ok({**SESSION, **change}))
    assert (await upload.refused()).effect is not Effect.SENT
    assert upload.state.parts is None
