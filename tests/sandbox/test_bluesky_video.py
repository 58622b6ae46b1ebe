"""The emulated video service: its tokens, limits and jobs, and its uploads in parts."""

from __future__ import annotations

import pytest

from munadi.sandbox.bluesky.video import STATES
from tests.sandbox.conftest import Bluesky, Sandbox, picture, refusal
from tests.sandbox.films import FILM, LIMITS, PART, SERVICE, STORE, Films

RKEY = "3n342ilh4f622"


@pytest.fixture
def films(bluesky: Bluesky) -> Films:
    bluesky.set(videoPartBytes=PART, video=0)
    return Films(bluesky)


@pytest.mark.parametrize(
    ("ahead", "method", "problem"),
    [
        (1795, STORE, None),
        (3590, STORE, None),
        (3700, STORE, "cannot request a token with an expiration more than an hour in the future"),
        (-5, STORE, "expiration is in past"),
        (50, None, None),
    ],
)
def test_the_lifetime_of_a_service_token(films: Films, ahead: int, method: str | None, problem: str | None) -> None:
    answer = films.auth(aud=SERVICE, exp=films.now() + ahead, **({"lxm": method} if method else {}))
    if problem is None:
        assert answer.json()["token"].count(".") == 2
    else:
        assert (answer.status_code, answer.json()) == (400, {"error": "BadExpiration", "message": problem})


def test_states_follow_one_another(sandbox: Sandbox, films: Films) -> None:
    films.bluesky.set(video=700)
    begun = films.upload()
    assert (begun.status_code, "jobStatus" in begun.json()) == (200, False)  # bare, as the service sends it
    job_id, seen = begun.json()["jobId"], []
    for _ in STATES:
        seen.append(films.job(job_id)["state"])
        sandbox.advance(100)
    assert seen == [f"JOB_STATE_{state}" for state in STATES]
    assert films.job(job_id)["state"] == "JOB_STATE_COMPLETED"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aud": SERVICE}, "invalid token audience"),
        ({"lxm": LIMITS}, "invalid token method"),
        ({"lxm": ""}, "invalid token method"),
    ],
    ids=str,
)
def test_a_token_for_another_method_or_audience_is_refused(films: Films, change: dict[str, str], words: str) -> None:
    refused = films.upload(token=films.token(**change))
    assert (refused.status_code, refused.json()["message"][: len(words)]) == (401, words)


def test_other_tokens_and_other_accounts_are_refused(sandbox: Sandbox, films: Films) -> None:
    token, bluesky = films.token(), films.bluesky
    assert refusal(bluesky.xrpc("server.getSession", token, "GET")) == (400, "InvalidToken")
    sandbox.advance(61)
    refused = [
        films.upload(token=bluesky.session["accessJwt"]),
        films.upload(token=token),  # it has expired
        films.upload(did="did:plc:somebodyelse"),
        films.call("GET", "getUploadLimits", ""),
        films.call("POST", "startUpload", "", json={}),
        films.call("POST", "finishUpload", "", json={"jobId": "nosuch"}),
    ]
    assert [answer.status_code for answer in refused] == [401] * 6


def test_other_types_and_unknown_jobs_are_refused(films: Films) -> None:
    assert refusal(films.upload(kind="image/png"))[1] == "UnsupportedContentType"
    assert films.call("GET", "getJobStatus", "", params={"jobId": "nosuch"}).status_code == 404
    assert refusal(films.start(mimeType="video/x-matroska")) == (400, "UnsupportedContentType")


def test_a_job_of_no_video_fails(films: Films) -> None:
    body = b"no video at all"
    job_id = films.upload(body).json()["jobId"]
    failed = films.job(job_id)
    assert (failed["state"], failed["failureCode"], "blob" in failed) == ("JOB_STATE_FAILED", "encoding_failure", False)
    assert films.upload(body).json()["jobId"] != job_id


# Uploads in parts


def test_parts_in_any_order_become_the_file(films: Films) -> None:
    started = films.start(name="a.mp4", durationMs=1000, width=90, height=160).json()
    job_id = started["jobId"]
    assert (started["partSizeBytes"], started["partCount"], started["expiresAt"][-1]) == (PART, 3, "Z")
    assert [films.send(job_id, number).json()["partNumber"] for number in (3, 1, 3)] == [3, 1, 3]
    assert films.progress(job_id)["receivedParts"] == [1, 3]
    assert refusal(films.end("finish", job_id)) == (400, "MissingParts")
    films.send(job_id, 2)
    assert films.progress(job_id)["state"] == "created"
    done = films.job(films.end("finish", job_id).json()["completedJobId"])
    assert (done["state"], done["blob"]["size"]) == ("JOB_STATE_COMPLETED", len(FILM))


def test_a_finish_can_be_repeated(films: Films) -> None:
    job_id, transcode = films.completed()
    assert films.end("finish", job_id).json()["completedJobId"] == transcode
    found = films.progress(job_id)
    assert (found["state"], found["completedJobId"]) == ("completed", transcode)
    assert refusal(films.send(job_id, 1)) == (400, "UploadAlreadyCompleted")
    assert films.end("abort", job_id).json() == {"state": "completed"}


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
def test_invalid_parts_are_refused(films: Films, number: int | str, body: bytes, name: str) -> None:
    job_id = films.begun()
    assert refusal(films.send(job_id, number, body)) == (400, name)
    assert films.progress(job_id)["receivedParts"] == []


def test_a_video_may_be_too_large(films: Films) -> None:
    films.bluesky.set(videoBytes=len(FILM) - 1)
    assert refusal(films.start()) == (400, "VideoTooLarge")
    assert "file size" in films.upload().json()["message"]


def test_bytes_that_are_no_video_fail_at_the_end(films: Films) -> None:
    films.bluesky.set(videoPartBytes=1 << 20)
    job_id = films.begun(sizeBytes=len(picture()))
    films.send(job_id, 1, picture())
    assert refusal(films.end("finish", job_id)) == (400, "UnsupportedContentType")
    found = films.progress(job_id)
    assert (found["state"], found["failureReason"]) == ("failed", "unsupported content type: image/png")
    assert refusal(films.end("finish", job_id)) == (400, "UploadFailed")


def test_an_upload_is_aborted(films: Films) -> None:
    job_id = films.begun()
    assert films.limits()["canUpload"] is True
    for _ in range(2):
        assert films.end("abort", job_id).json() == {"state": "aborted"}
    assert refusal(films.send(job_id, 1)) == (400, "UploadAborted")


def test_an_upload_belongs_to_its_account(sandbox: Sandbox, films: Films) -> None:
    job_id = films.begun()
    who = sandbox.control("POST", "/profiles", {"channel": "bluesky", "name": "other"})
    other = Films(Bluesky(sandbox, who["password"], who["handle"]))
    assert refusal(other.send(job_id, 1)) == (400, "UploadNotFound")
    assert refusal(films.end("finish", "nosuch")) == (400, "UploadNotFound")
