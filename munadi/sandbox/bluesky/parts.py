"""The video service's uploads in parts: started, sent part by part in any order, finished into a job, or aborted.

Built from the lexicons app.bsky.video.{startUpload,uploadPart,finishUpload,getUploadStatus,abortUpload}. How many may
be open and for how long is not published: both are limits one can set. Not here: BadAspectRatio, and `finishing`,
which passes at once.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky import schemas
from munadi.sandbox.bluesky.directory import service_did
from munadi.sandbox.bluesky.errors import refuse, refuse_if
from munadi.sandbox.bluesky.model import Account, PartedUpload
from munadi.sandbox.bluesky.video import STORE, TYPES, begin, caller, job_status, of_file, open_uploads, refusal_of
from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import sniff

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

GONE = {"aborted": "UploadAborted", "expired": "UploadExpired", "failed": "UploadFailed"}


async def start(platform: Bluesky, call: Call) -> Answer:
    account = _caller(platform, call)
    requested, maxima = platform.input(call, schemas.START_UPLOAD), platform.limits
    if requested["mimeType"] not in TYPES:
        raise refuse("UnsupportedContentType", f"unsupported content type: {requested['mimeType']}")
    if requested["sizeBytes"] > maxima["videoBytes"]:
        raise refuse("VideoTooLarge", f"the video is larger than {maxima['videoBytes']} bytes")
    if requested.get("durationMs", 0) > maxima["videoSeconds"] * 1000:
        raise refuse("VideoTooLong", f"the video is longer than {maxima['videoSeconds']} seconds")
    refusal = refusal_of(platform, account, requested["sizeBytes"])
    if refusal is not None:
        raise refuse("DailyLimitExceeded" if refusal[0] == "DailyLimitExceeded" else "UploadForbidden", refusal[1])
    if len(open_uploads(platform, account.did)) >= maxima["openVideoUploads"]:
        raise refuse("TooManyOpenUploads", "too many uploads are open")
    upload = PartedUpload(
        id=secrets.token_hex(10),
        did=account.did,
        size=requested["sizeBytes"],
        part_bytes=maxima["videoPartBytes"],
        expires_at=platform.clock.now() + maxima["videoUploadSeconds"],
    )
    platform.uploads.put(upload.id, upload)
    return Answer(200, _session(upload), effect=True)


async def send(platform: Bluesky, call: Call) -> Answer:
    upload = _usable(platform, call, call.query.get("jobId", ""))
    number = call.query.get("partNumber", "")
    if not number.isdecimal() or not 1 <= int(number) <= upload.part_count:
        raise refuse("InvalidPartNumber", f"part {number} is not of 1 to {upload.part_count}")
    expected = min(upload.part_bytes, upload.size - (int(number) - 1) * upload.part_bytes)
    if len(call.body) != expected:
        raise refuse("PartSizeMismatch", f"part {number} has {len(call.body)} bytes, not {expected}")
    upload.parts[number] = platform.shelf.keep(call.body, "application/octet-stream").digest
    platform.uploads.put(upload.id, upload)
    return Answer(200, {"partNumber": int(number), "sizeBytes": expected}, effect=True)


async def finish(platform: Bluesky, call: Call) -> Answer:
    job_id = str(platform.input(call, schemas.UPLOAD_ID)["jobId"])
    upload = _find(platform, call, job_id)
    if upload.job_id is None:
        upload = _usable(platform, call, job_id)
        _assemble(platform, upload)
    return Answer(200, _completed(platform, upload), effect=True)


async def status(platform: Bluesky, call: Call) -> Answer:
    upload = _find(platform, call, call.query.get("jobId", ""))
    body = {**_session(upload), "receivedParts": sorted(int(one) for one in upload.parts), "state": upload.state}
    if upload.failure:
        body["failureReason"] = upload.failure
    return Answer(200, body | (_completed(platform, upload) if upload.job_id else {}))


async def abort(platform: Bluesky, call: Call) -> Answer:
    upload = _find(platform, call, str(platform.input(call, schemas.UPLOAD_ID)["jobId"]))
    effect = upload.state == "created"
    if effect:
        _end(platform, upload, "aborted")
    return Answer(200, {"state": upload.state}, effect=effect)


def _caller(platform: Bluesky, call: Call) -> Account:
    return caller(platform, call, service_did(call), STORE)


def _find(platform: Bluesky, call: Call, job_id: str) -> PartedUpload:
    account, upload = _caller(platform, call), platform.uploads.get(job_id)
    if upload is None or upload.did != account.did:
        raise refuse("UploadNotFound", "no such upload")
    if upload.state == "created" and upload.expires_at <= platform.clock.now():
        _end(platform, upload, "expired")
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
    body = b"".join(platform.shelf.read(digest) or b"" for digest in digests)
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
