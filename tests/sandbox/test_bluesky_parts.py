"""Uploads in parts at the emulated video service: any order, repeats, and every end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Bluesky, Sandbox, picture, post, video
from tests.sandbox.test_bluesky_video import STORE, auth, call, limits, server_did, set_limit, status, upload

RKEY = "3n342ilh4f622"
FILM = video(1)
PART = len(FILM) // 3 + 1  # three parts, the last one shorter


@pytest.fixture
def service(sandbox: Sandbox, bluesky: Bluesky) -> Service:
    set_limit(sandbox, "videoPartBytes", PART)
    sandbox.control("PUT", "/delays", {"channel": "bluesky", "kind": "video", "seconds": 0})
    return Service(bluesky)


class Service:
    """The calls of one account, each with a token of its own."""

    def __init__(self, bluesky: Bluesky) -> None:
        self.bluesky = bluesky

    def call(self, method: str, name: str, **rest: Any) -> httpx.Response:
        token = auth(self.bluesky, aud=server_did(self.bluesky), lxm=STORE).json()["token"]
        return call(self.bluesky, method, name, token, **rest)

    def start(self, **facts: Any) -> httpx.Response:
        return self.call("POST", "startUpload", json={"sizeBytes": len(FILM), "mimeType": "video/mp4", **facts})

    def begun(self, **facts: Any) -> str:
        answer = self.start(**facts)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["jobId"])

    def send(self, job_id: str, number: int | str, body: bytes | None = None) -> httpx.Response:
        if body is None:
            body = FILM[(int(number) - 1) * PART : int(number) * PART]
        headers = {"content-type": "application/octet-stream"}
        params = {"jobId": job_id, "partNumber": number}
        return self.call("POST", "uploadPart", params=params, content=body, headers=headers)

    def finish(self, job_id: str) -> httpx.Response:
        return self.call("POST", "finishUpload", json={"jobId": job_id})

    def abort(self, job_id: str) -> httpx.Response:
        return self.call("POST", "abortUpload", json={"jobId": job_id})

    def status(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "getUploadStatus", params={"jobId": job_id}).json()
        return found


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_parts_in_any_order_become_the_file(sandbox: Sandbox, service: Service) -> None:
    started = service.start(name="a.mp4", durationMs=1000, width=90, height=160).json()
    job_id = started["jobId"]
    assert (started["partSizeBytes"], started["partCount"]) == (PART, 3)
    assert started["expiresAt"].endswith("Z")
    for number in (3, 1, 3):
        sent = service.send(job_id, number).json()
        assert sent["partNumber"] == number
    assert service.status(job_id)["receivedParts"] == [1, 3]
    assert refusal(service.finish(job_id)) == (400, "MissingParts")
    service.send(job_id, 2)
    assert service.status(job_id)["state"] == "created"
    finished = service.finish(job_id).json()
    done = status(service.bluesky, finished["completedJobId"])
    assert (done["state"], done["blob"]["size"]) == ("JOB_STATE_COMPLETED", len(FILM))
    embed = {"$type": "app.bsky.embed.video", "video": done["blob"]}
    assert service.bluesky.put(RKEY, post(embed=embed)).status_code == 200
    (shown,) = sandbox.posts("bluesky")
    assert sandbox.http.get(shown["media"][0]["url"]).content == FILM


def completed(service: Service) -> tuple[str, str]:
    job_id = service.begun()
    for number in (1, 2, 3):
        service.send(job_id, number)
    return job_id, service.finish(job_id).json()["completedJobId"]


def test_a_finish_can_be_repeated(service: Service) -> None:
    job_id, transcode = completed(service)
    assert service.finish(job_id).json()["completedJobId"] == transcode
    found = service.status(job_id)
    assert (found["state"], found["completedJobId"]) == ("completed", transcode)
    assert refusal(service.send(job_id, 1)) == (400, "UploadAlreadyCompleted")
    assert service.abort(job_id).json() == {"state": "completed"}


def test_a_known_file_gets_its_existing_job(service: Service) -> None:
    first = upload(service.bluesky, FILM).json()["jobId"]
    assert completed(service)[1] == first


@pytest.mark.parametrize(
    ("number", "body", "name"),
    [
        (0, b"x", "InvalidPartNumber"),
        (4, b"x", "InvalidPartNumber"),
        ("one", b"x", "InvalidPartNumber"),
        (1, FILM[: PART - 1], "PartSizeMismatch"),
        (1, FILM[: PART + 1], "PartSizeMismatch"),
        (3, FILM[:PART], "PartSizeMismatch"),
    ],
)
def test_invalid_parts_are_refused(service: Service, number: int | str, body: bytes, name: str) -> None:
    job_id = service.begun()
    assert refusal(service.send(job_id, number, body)) == (400, name)
    assert service.status(job_id)["receivedParts"] == []


@pytest.mark.parametrize(
    ("kind", "value", "facts", "name"),
    [
        ("videoBytes", len(FILM), {}, "VideoTooLarge"),
        ("videoSeconds", 9, {"durationMs": 9000}, "VideoTooLong"),
        ("videoBytesPerDay", len(FILM), {}, "DailyLimitExceeded"),
        ("videosPerDay", 1, {}, "DailyLimitExceeded"),
        ("openVideoUploads", 1, {}, "TooManyOpenUploads"),
    ],
)
def test_the_limits_of_a_start(
    sandbox: Sandbox, service: Service, kind: str, value: int, facts: dict[str, int], name: str
) -> None:
    set_limit(sandbox, kind, value - 1)
    assert refusal(service.start(**facts)) == (400, name)
    set_limit(sandbox, kind, value)
    assert service.start(**facts).status_code == 200


def test_other_files_and_other_callers_are_refused(sandbox: Sandbox, service: Service) -> None:
    assert refusal(service.start(mimeType="video/x-matroska")) == (400, "UnsupportedContentType")
    unnamed = service.call("POST", "startUpload", json={"sizeBytes": 9})
    assert unnamed.json()["message"] == 'Missing required key "mimeType" at $'
    assert call(service.bluesky, "POST", "startUpload", json={}).status_code == 401
    sandbox.control("PUT", "/switches", {"channel": "bluesky", "kind": "emailConfirmed", "enabled": False})
    assert refusal(service.start()) == (400, "UploadForbidden")


def test_bytes_that_are_no_video_fail_at_the_end(sandbox: Sandbox, service: Service) -> None:
    set_limit(sandbox, "videoPartBytes", 1 << 20)
    job_id = service.begun(sizeBytes=len(picture()))
    service.send(job_id, 1, picture())
    assert refusal(service.finish(job_id)) == (400, "UnsupportedContentType")
    found = service.status(job_id)
    assert (found["state"], found["failureReason"]) == ("failed", "unsupported content type: image/png")
    assert refusal(service.finish(job_id)) == (400, "UploadFailed")


def test_an_open_upload_counts_against_the_day_until_it_is_aborted(service: Service) -> None:
    before = limits(service.bluesky)["remainingDailyBytes"]
    job_id = service.begun()
    assert limits(service.bluesky)["remainingDailyBytes"] == before - len(FILM)
    assert service.abort(job_id).json() == {"state": "aborted"}
    assert limits(service.bluesky)["remainingDailyBytes"] == before
    assert refusal(service.send(job_id, 1)) == (400, "UploadAborted")
    assert service.abort(job_id).json() == {"state": "aborted"}


def test_an_unfinished_upload_expires(sandbox: Sandbox, service: Service) -> None:
    set_limit(sandbox, "videoUploadSeconds", 60)
    job_id = service.begun()
    sandbox.control("POST", "/clock", {"advanceSeconds": 59})
    assert service.status(job_id)["state"] == "created"
    sandbox.control("POST", "/clock", {"advanceSeconds": 2})
    assert service.status(job_id)["state"] == "expired"
    assert refusal(service.send(job_id, 1)) == (400, "UploadExpired")


def test_an_upload_belongs_to_its_account(sandbox: Sandbox, service: Service) -> None:
    job_id = service.begun()
    who = sandbox.control("POST", "/profiles", {"channel": "bluesky", "name": "other"})
    login = {"identifier": who["identifier"], "password": who["password"]}
    other = Bluesky(sandbox)
    other.session = other.xrpc("server.createSession", json=login).json()
    assert refusal(Service(other).send(job_id, 1)) == (400, "UploadNotFound")
    assert call(service.bluesky, "POST", "finishUpload", json={"jobId": "nosuch"}).status_code == 401
    assert refusal(service.finish("nosuch")) == (400, "UploadNotFound")
