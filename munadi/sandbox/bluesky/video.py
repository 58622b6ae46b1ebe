"""The video service: who may upload, uploads whole or in parts, and the jobs that transcode them.

Source: docs/networks/bluesky.md and the lexicons `app.bsky.video.*`. Tokens are checked for audience, method and
expiry; the answer to an upload is bare, where the lexicon wraps it in `jobStatus`; the same file again is a 409 with
the job it has.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.model import (
    Account,
    Blob,
    PartedUpload,
    Transcode,
    blob_cid,
    refuse,
    refuse_if,
    require_usable,
)
from munadi.sandbox.bluesky.sessions import SERVICE_TYPE, service_did
from munadi.sandbox.clock import DAY, iso
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import sniff, video_facts

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

STATES = ("CREATED", "ENCODING", "ENCODED", "SCANNING", "SCANNED", "UPLOADING", "UPLOADED")
FAILS_AT = 0.5  # of its time
SERVICE_DID = "did:web:video.bsky.app"
NSID = "app.bsky.video"
LIMITS = f"{NSID}.getUploadLimits"
STORE = "com.atproto.repo.uploadBlob"
TYPES = {"video/mp4", "video/mpeg", "video/webm", "video/quicktime", "image/gif"}
DEFAULTS = {
    "videoBytes": 60_000_000,  # the sandbox itself takes no body over 64 MiB; the service takes 300 MB
    "videoPartBytes": 8 * 1024 * 1024,
}
DAILY = {"remainingDailyVideos": 25, "remainingDailyBytes": 10_000_000_000}
GONE = {"aborted": "UploadAborted", "failed": "UploadFailed"}


async def get_limits(platform: Bluesky, call: Call) -> Answer:
    """Nothing is counted here; plant a fault for an account that may not upload."""
    caller(platform, call, SERVICE_DID, LIMITS)
    return Answer(200, {"canUpload": True, **DAILY})


async def upload_video(platform: Bluesky, call: Call) -> Answer:
    account = _storing(platform, call)
    if call.query.get("did") != account.did:
        raise _unauthorized("the token is another account's")
    if call.content_type not in TYPES:
        raise refuse("UnsupportedContentType", f"unsupported content type: {call.content_type}")
    maximum = platform.limits["videoBytes"]
    if len(call.body) > maximum:
        text = f"file size ({len(call.body)} bytes) is larger than the maximum allowed size ({maximum} bytes)"
        raise refuse(text, text)
    known = of_file(platform, account.did, hashlib.sha256(call.body).hexdigest())
    if known is not None:
        body = {"error": "already_exists", "message": "Video already processed", **job_status(platform, known)}
        return Answer(409, body)
    return Answer(200, job_status(platform, begin(platform, account.did, call.body)), effect=True)


async def get_job_status(platform: Bluesky, call: Call) -> Answer:
    transcode = platform.transcodes.get(call.query.get("jobId", ""))
    if transcode is None:
        raise refuse("NotFound", "job not found", status=404)
    return Answer(200, {"jobStatus": job_status(platform, transcode)})


def caller(platform: Bluesky, call: Call, audience: str, method: str) -> Account:
    """The account of a service token for this audience and method."""
    if call.bearer is None:
        raise _unauthorized("missing token")
    try:
        claims = platform.tokens.verified(call.bearer, SERVICE_TYPE)
    except Refusal as refusal:
        raise _unauthorized(str(refusal.answer.body["message"])) from None
    if claims["aud"] != audience:
        raise _unauthorized(f"invalid token audience: got {claims['aud']}, wanted {audience}")
    if claims.get("lxm") != method:
        raise _unauthorized(f"invalid token method: got {claims.get('lxm')}, wanted {method}")
    account = platform.profile(claims["iss"])
    require_usable(account)
    return account


def _unauthorized(message: str) -> Refusal:
    return refuse("unauthorized", message, status=401)


def job_status(platform: Bluesky, transcode: Transcode) -> dict[str, Any]:
    """How far a job is, as `app.bsky.video.defs#jobStatus`."""
    state, percent = progress(platform, transcode)
    body: dict[str, Any] = {"jobId": transcode.id, "did": transcode.did, "state": f"JOB_STATE_{state}"}
    body["progress"] = percent
    if state == "COMPLETED":
        # It is the uploaded file: the sandbox transcodes nothing.
        blob = Blob(transcode.did, transcode.cid, "video/mp4", transcode.size, transcode.digest)
        body["blob"] = platform.blobs.put(blob.key, blob).reference
    if state == "FAILED":
        message = transcode.failure_message
        body |= {"error": message, "failureCode": transcode.failure_code, "message": message}
    return body


def begin(platform: Bluesky, did: str, body: bytes) -> Transcode:
    digest, now = platform.blob_store.keep(body, "video/mp4").digest, platform.clock.now()
    problem = None if video_facts(body) else ("encoding_failure", "could not read the video")
    transcode = Transcode(secrets.token_hex(10), did, digest, len(body), blob_cid(body), now, *(problem or ()))
    return platform.transcodes.put(transcode.id, transcode)


def of_file(platform: Bluesky, did: str, digest: str) -> Transcode | None:
    """The job that has this file already; a failed job does not prevent another."""
    wanted = (did, digest, None)
    return next((one for one in platform.transcodes if (one.did, one.digest, one.failure_code) == wanted), None)


def progress(platform: Bluesky, transcode: Transcode) -> tuple[str, int]:
    """The state now, without its prefix, and how many percent are done."""
    delay = platform.delays["video"]
    done = (platform.clock.now() - transcode.created_at) / delay if delay else 1.0
    if transcode.failure_code is not None and done >= FAILS_AT:
        return "FAILED", 0
    if done >= 1:
        return "COMPLETED", 100
    return STATES[int(done * len(STATES))], int(done * 100)


async def start_upload(platform: Bluesky, call: Call) -> Answer:
    account = _storing(platform, call)
    requested, maxima = platform.input(call), platform.limits
    size = requested["sizeBytes"]
    refuse_if(requested["mimeType"] not in TYPES, "UnsupportedContentType")
    refuse_if(size > maxima["videoBytes"], "VideoTooLarge", f"it is larger than {maxima['videoBytes']} bytes")
    ends = platform.clock.now() + DAY
    upload = PartedUpload(secrets.token_hex(10), account.did, size, maxima["videoPartBytes"], ends)
    platform.uploads.put(upload.id, upload)
    return Answer(200, _session(upload), effect=True)


async def upload_part(platform: Bluesky, call: Call) -> Answer:
    upload = _usable(platform, call, call.query.get("jobId", ""))
    number = call.query.get("partNumber", "")
    if not number.isdecimal() or not 1 <= int(number) <= upload.part_count:
        raise refuse("InvalidPartNumber", f"part {number} is not of 1 to {upload.part_count}")
    expected = min(upload.part_bytes, upload.size - (int(number) - 1) * upload.part_bytes)
    if len(call.body) != expected:
        raise refuse("PartSizeMismatch", f"part {number} has {len(call.body)} bytes, not {expected}")
    upload.parts[number] = platform.blob_store.keep(call.body, "application/octet-stream").digest
    platform.uploads.put(upload.id, upload)
    return Answer(200, {"partNumber": int(number), "sizeBytes": expected}, effect=True)


async def finish_upload(platform: Bluesky, call: Call) -> Answer:
    job_id = str(platform.input(call)["jobId"])
    upload = _find(platform, call, job_id)
    if upload.job_id is None:
        upload = _usable(platform, call, job_id)
        _assemble(platform, upload)
    return Answer(200, _completed(platform, upload), effect=True)


async def get_upload_status(platform: Bluesky, call: Call) -> Answer:
    upload = _find(platform, call, call.query.get("jobId", ""))
    body = {**_session(upload), "receivedParts": sorted(int(one) for one in upload.parts), "state": upload.state}
    if upload.failure:
        body["failureReason"] = upload.failure
    return Answer(200, body | (_completed(platform, upload) if upload.job_id else {}))


async def abort_upload(platform: Bluesky, call: Call) -> Answer:
    upload = _find(platform, call, str(platform.input(call)["jobId"]))
    effect = upload.state == "created"
    if effect:
        _end(platform, upload, "aborted")
    return Answer(200, {"state": upload.state}, effect=effect)


def _storing(platform: Bluesky, call: Call) -> Account:
    return caller(platform, call, service_did(call), STORE)


def _find(platform: Bluesky, call: Call, job_id: str) -> PartedUpload:
    account, upload = _storing(platform, call), platform.uploads.get(job_id)
    if upload is None or upload.did != account.did:
        raise refuse("UploadNotFound", "no such upload")
    return upload


def _usable(platform: Bluesky, call: Call, job_id: str) -> PartedUpload:
    """An upload that still accepts parts."""
    upload = _find(platform, call, job_id)
    if upload.state != "created":
        name = GONE.get(upload.state, "UploadAlreadyCompleted")
        raise refuse(name, upload.failure or f"the upload is {upload.state}")
    return upload


def _assemble(platform: Bluesky, upload: PartedUpload) -> None:
    missing = [number for number in range(1, upload.part_count + 1) if str(number) not in upload.parts]
    refuse_if(missing, "MissingParts", f"missing parts: {', '.join(map(str, missing))}")
    digests = (upload.parts[str(number)] for number in range(1, upload.part_count + 1))
    body = b"".join(platform.blob_store.read(digest) or b"" for digest in digests)
    found = sniff(body)
    if found is not None and found not in TYPES:
        upload.failure = f"unsupported content type: {found}"
        _end(platform, upload, "failed")
        raise refuse("UnsupportedContentType", upload.failure)
    known = of_file(platform, upload.did, hashlib.sha256(body).hexdigest())
    upload.job_id = (known or begin(platform, upload.did, body)).id
    _end(platform, upload, "completed")


def _completed(platform: Bluesky, upload: PartedUpload) -> dict[str, Any]:
    transcode = platform.transcodes.get(upload.job_id or "")
    assert transcode is not None
    return {"completedJobId": transcode.id, "jobStatus": job_status(platform, transcode)}


def _end(platform: Bluesky, upload: PartedUpload, state: str) -> None:
    upload.state = state
    platform.uploads.put(upload.id, upload)


def _session(upload: PartedUpload) -> dict[str, Any]:
    return {
        "jobId": upload.id,
        "partSizeBytes": upload.part_bytes,
        "partCount": upload.part_count,
        "expiresAt": iso(upload.expires_at),
    }
