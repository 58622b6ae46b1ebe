"""Bluesky: a video is uploaded, whole or in parts, and polled until its blob exists or it has failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.bluesky.video import MAX_SILENCE
from munadi.channels.bluesky.video_errors import UPLOAD_ENDED
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.bluesky.servers import DID, WHO, refusal
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net, after, one
from tests.channels.making import TOKEN, publication, video
from tests.channels.network import answer, ok

R, S = Reason, Effect
SERVER = "GET /xrpc/com.atproto.server."
AUTH, DESCRIBE = f"{SERVER}getServiceAuth", f"{SERVER}describeServer"
LIMITS, STATUS, ARRIVED = (
    f"GET /xrpc/app.bsky.video.{name}" for name in ("getUploadLimits", "getJobStatus", "getUploadStatus")
)
UPLOAD, START, PART, FINISH, ABORT = (
    f"POST /xrpc/app.bsky.video.{name}"
    for name in ("uploadVideo", "startUpload", "uploadPart", "finishUpload", "abortUpload")
)
BLOB = {"$type": "blob", "ref": {"$link": "bafkvideo"}, "mimeType": "video/mp4", "size": 9}
FREE = {"canUpload": True, "remainingDailyVideos": 25, "remainingDailyBytes": 10_000_000_000}
FILE = b"0123456789"
FILM = publication("Look", media=(video(bytes=len(FILE), duration_ms=9000),))
SESSION = {"jobId": "up-1", "partSizeBytes": 4, "partCount": 3, "expiresAt": "2026-12-02T09:00:00Z"}
RESET = httpx.ReadError("reset")
PIECES = {"munadi.channels.bluesky.video_service.PIECE_BYTES": 3}


def status_of(state: str = "CREATED", **facts: Any) -> dict[str, Any]:
    return {"jobId": "job-1", "did": DID, "state": f"JOB_STATE_{state}", **facts}


def job(state: str = "CREATED", **facts: Any) -> httpx.Response:
    return ok({"jobStatus": status_of(state, **facts)})


def token(request: httpx.Request) -> httpx.Response:
    """A token that shows its request."""
    asked = request.url.params
    return ok({"token": f"service {asked['aud']} {asked['lxm']} {asked['exp']}"})


def arrived(*parts: int, state: str = "created", **rest: Any) -> httpx.Response:
    return ok({**SESSION, "receivedParts": list(parts), "state": state, **rest})


DONE = job("COMPLETED", blob=BLOB)
WHOLE = {
    AUTH: token,
    DESCRIBE: ok({"did": "did:web:pds.example"}),
    LIMITS: ok(FREE),
    UPLOAD: ok(status_of()),
    STATUS: DONE,
}
NET = Net("bluesky", WHO, WHOLE, files={"med_0": FILE}, constants=PIECES)
IN_PARTS = Net(
    "bluesky",
    WHO,
    {
        **WHOLE,
        START: ok(SESSION),
        ARRIVED: arrived(),
        PART: ok({}),
        FINISH: ok({"completedJobId": "job-1", "jobStatus": status_of("COMPLETED", blob=BLOB)}),
        ABORT: ok({"state": "aborted"}),
    },
    files={"med_0": FILE},
    constants={**PIECES, "munadi.channels.bluesky.video.PARTS_FROM": len(FILE)},
)
PREPARATIONS = [(NET, FILM, set[int]()), (IN_PARTS, FILM.model_copy(update={"text": "In parts"}), set[int]())]
EXPIRES = int((NOW + timedelta(minutes=30)).timestamp())
STORING = {"authorization": f"Bearer service did:web:pds.example com.atproto.repo.uploadBlob {EXPIRES}"}
ASKING = {"authorization": f"Bearer service did:web:video.bsky.app app.bsky.video.getUploadLimits {EXPIRES}"}
BEGUN = [AUTH, LIMITS, DESCRIBE, AUTH]
AFTER_START = [DESCRIBE, AUTH, ARRIVED]
RUNNING = {"video": {"id": "job-1", "since": NOW.isoformat()}}
STARTED = {"parts": {"id": "up-1", "bytes": 4, "count": 3, "since": NOW.isoformat().replace("+00:00", "Z")}}
OUTAGE = Fails(R.PROVIDER_OUTAGE, S.NOT_SENT)
GIVEN_UP = Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED)
TRIES = [*(Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=60 * minutes) for minutes in (1, 2, 5)), GIVEN_UP]


def prepare(outcome: Any, replies: Any = (), net: Net = NET, **more: Any) -> Case:
    return one("prepare", net, FILM, outcome, dict(replies), **more)


def parts(*calls: Call, **more: Any) -> Case:
    return Case(IN_PARTS, FILM, calls, **more)


def part(number: int) -> Any:
    content = FILE[4 * number - 4 : 4 * number]
    headers = {"content-length": str(len(content)), "content-type": "application/octet-stream", **STORING}
    return (f"{PART}?jobId=up-1&partNumber={number}", content, headers)


LATE = MAX_SILENCE.total_seconds()

# fmt: off
CASES = {
    # A server that does not name its DID has the did:web of its host.
    **{f"the upload is exact and its tokens name method and server: {server}": prepare(after(1.5),
            {DESCRIBE: ok({"did": server})}, saved={"video.id": "job-1"},
            requests=[(AUTH, {}, {"authorization": f"Bearer {TOKEN}"}), (LIMITS, {}, ASKING), DESCRIBE,
                (AUTH, {}, {"authorization": f"Bearer {TOKEN}"}), (f"{UPLOAD}?did={DID}&name=med_0.mp4", FILE,
                    {**STORING, "content-length": "10", "content-type": "video/mp4", "transfer-encoding": None})])
        for server in ("did:web:pds.example", None)},
    "polls have growing waits and end with the blob": Case(NET, FILM,
        [Call("prepare", after(1.5), [*BEGUN, UPLOAD]), Call("prepare", after(7.5), [STATUS], seconds=60),
            Call("prepare", after(15), [STATUS], seconds=600), Call("prepare", Pending),
            Call("prepare", Ready(expires_at=NOW + timedelta(minutes=71)), [STATUS], saved={"blobs": [BLOB]})],
        replies={STATUS: [job("ENCODING"), job("ENCODING"), job("ENCODING"), DONE]}),
    "a known file has its blob at once": prepare(Ready, {UPLOAD: DONE}, requests=[*BEGUN, UPLOAD]),
    "a known file has its job at once": Case(NET, FILM,
        [Call("prepare", Pending), Call("prepare", Ready, [(STATUS, {"jobId": "job-1"})])],
        replies={UPLOAD: answer(409, {"error": "already_exists", "jobId": "job-1"})}),
    **{f"an answer without a job is an error: {status} {number}": prepare(Fails(), {UPLOAD: answer(status, body)},
            saved=None, writes=0)
        for status in (200, 409)
        for number, body in enumerate(({"error": "already_exists"}, {"jobStatus": {"state": 1}}, [], None))},
    "a file that became shorter is not sent to its end": one("prepare",
        Net("bluesky", WHO, WHOLE, files={"med_0": FILE[1:]}, constants=PIECES), FILM,
        Fails(R.MEDIA_UNREACHABLE, S.REJECTED)),
    "a job that failed is forgotten": prepare(Fails(code="encoding_failure", said="in its own words",
            effect=S.REJECTED), {STATUS: job("FAILED", failureCode="encoding_failure", message="in its own words")},
        state=RUNNING, saved={"video": None}),
    **{f"the limits: {number}": prepare(Fails(reason), {LIMITS: ok(limits)}, requests=[AUTH, LIMITS])
        for number, (limits, reason) in enumerate((
                ({"canUpload": False, "message": "Confirm your email address"}, R.FEATURE_NOT_ELIGIBLE),
                ({"canUpload": False, "error": "Uploading is disabled at the moment"}, R.PROVIDER_OUTAGE),
                ({"canUpload": False}, R.FEATURE_NOT_ELIGIBLE),
                ({}, R.PROVIDER_OUTAGE),
                ({"canUpload": False, "remainingDailyVideos": 0}, R.DAILY_CAP_REACHED),
                ({"canUpload": True, "remainingDailyBytes": len(FILE) - 1}, R.DAILY_CAP_REACHED)))},
    "the limits allow just this video": prepare(Pending,
        {LIMITS: ok({"canUpload": True, "remainingDailyBytes": len(FILE), "remainingDailyVideos": 1})}),
    "a service that keeps failing is given up after growing waits": Case(NET, FILM,
        [Call("prepare", outcome) for outcome in TRIES],
        replies={UPLOAD: ok(status_of("FAILED", failureCode="generic_failure"))}),
    **{f"a job that the service does not know is started again: {number}": Case(NET, FILM,
            [Call("prepare", OUTAGE, [STATUS]), Call("prepare", Pending, [*BEGUN, UPLOAD])], RUNNING, {STATUS: lost})
        for number, lost in enumerate((answer(404, {}), refusal("InvalidRequest")))},
    "a poll that fails keeps the job and a silent job is given up": Case(NET, FILM,
        [Call("prepare", Fails()), Call("prepare", Pending),
            Call("prepare", Fails(code="JOB_SILENT"), seconds=LATE, saved={"video": None})], RUNNING,
        {STATUS: [answer(503, "<html>"), ok(status_of("A_STATE_OF_TOMORROW"))]}),
    # a large video is sent in parts, and continued where it stopped
    "every part is exact and in order": parts(Call("prepare", Ready, [*BEGUN,
                (START, {"sizeBytes": len(FILE), "mimeType": "video/mp4", "name": "med_0.mp4", "durationMs": 9000,
                        "width": 1080, "height": 1920}), ARRIVED, part(1), part(2), part(3),
                (FINISH, {"jobId": "up-1"})], saved={"blobs": [BLOB], "parts": None})),
    "a smaller file is sent at once": Case(IN_PARTS, publication("Look", media=(video(bytes=len(FILE) - 1),)),
        [Call("prepare", Pending, [*BEGUN, (UPLOAD, FILE[:-1])])]),
    **{f"a service without parts gets the file at once: {status}": parts(Call("prepare", Pending,
                [*BEGUN, START, DESCRIBE, AUTH, (UPLOAD, FILE)]), replies={START: answer(status, "<html>")})
        for status in (404, 501)},
    "a part that has arrived is not sent again": parts(Call("prepare", Fails(),
            [*BEGUN, START, ARRIVED, part(1), part(2)], saved=STARTED),
        Call("prepare", Ready, [*AFTER_START, part(2), FINISH], replies={PART: ok({}), ARRIVED: arrived(1, 3)}),
        replies={PART: [ok({}), RESET]}),
    "an end whose answer was lost is found": parts(Call("prepare", Fails(),
            [*BEGUN, START, ARRIVED, *[PART] * 3, FINISH]), Call("prepare", Pending, AFTER_START,
            saved={"video.id": "job-1"}, replies={ARRIVED: arrived(1, 2, 3, state="completed", completedJobId="job-1",
                    jobStatus=status_of("ENCODING"))}), replies={FINISH: RESET}),
    "the assembly of the file is awaited": parts(Call("prepare", Pending),
        Call("prepare", Fails(code="UploadFailed"), seconds=LATE, saved={"parts": None}),
        replies={ARRIVED: arrived(1, 2, 3, state="finishing")}),
    **{f"an upload that ended badly is started again: {state}": parts(Call("prepare", OUTAGE),
            Call("prepare", Ready, [*BEGUN, START, ARRIVED, *[PART] * 3, FINISH]),
            replies={ARRIVED: [arrived(state=state), arrived()]})
        for state in ("failed", "aborted", "expired", "a state of tomorrow")},
    **{f"a refusal that ends the upload aborts it: {name}": parts(*(Call("prepare",
                    Fails(outcome.reason, outcome.effect, name, outcome.wait), [..., PART, (ABORT, {"jobId": "up-1"})],
                    saved={"parts": None})
                for outcome in TRIES), replies={PART: refusal(name)})
        for name in sorted(UPLOAD_ENDED)},
    **{f"another refusal keeps the upload: {name}": parts(Call("prepare", Fails(effect=S.NOT_SENT), [..., FINISH],
                saved=STARTED), replies={FINISH: refusal(name)})
        for name in ("MissingParts", "UploadNotReady", "UploadAlreadyCompleted", "ServiceOverloaded")},
    "a video that is refused at its end is reported even if it cannot be aborted": parts(Call("prepare",
            Fails(R.MEDIA_VALIDATION_FAILED, S.REJECTED), [..., FINISH, ABORT]),
        replies={FINISH: refusal("BadAspectRatio"), ABORT: answer(500)}),
    **{f"an inconsistent start is an error: {change}": parts(Call("prepare", Fails(), [*BEGUN, START], writes=0),
            replies={START: ok({**SESSION, **change})})
        for change in ({"jobId": 5}, {"partSizeBytes": 0}, {"partSizeBytes": None}, {"partCount": 2})},
}
