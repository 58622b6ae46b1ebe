"""The video service: who may upload, uploads, and the jobs that transcode them in states that follow one another.

Source: docs/networks/bluesky.md. Tokens are checked for audience, method and expiry; the answer to an upload is bare,
where the lexicon wraps it in `jobStatus`; the same file again is a 409 with the job it has.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.directory import service_did
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.formats import blob_cid
from munadi.sandbox.bluesky.model import Account, Blob, PartedUpload, Transcode, require_usable
from munadi.sandbox.bluesky.tokens import SERVICE_TYPE
from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import video_facts

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
    "videosPerDay": 25,
    "videoBytesPerDay": 10_000_000_000,
    "videoBytes": 300_000_000,  # the sandbox itself takes no body over 64 MiB
    "videoSeconds": 600,
    "videoBlobBytes": 300_000_000,  # what the account's server stores of it
    "videoPartBytes": 8 * 1024 * 1024,
    "openVideoUploads": 5,  # ours, as is the next: the service does not publish them
    "videoUploadSeconds": 86_400,
}
SWITCHES = {"emailConfirmed": True}
UNCONFIRMED = ("unconfirmed_email", "Confirm your email address to upload videos")


async def get_limits(platform: Bluesky, call: Call) -> Answer:
    account = caller(platform, call, SERVICE_DID, LIMITS)
    videos, size = _left(platform, account)
    body: dict[str, Any] = {"remainingDailyVideos": videos, "remainingDailyBytes": size}
    found = refusal_of(platform, account, 0)
    if found is None:
        return Answer(200, {"canUpload": True, **body})
    return Answer(200, {"canUpload": False, **body, "error": found[0], "message": found[1]})


async def upload_video(platform: Bluesky, call: Call) -> Answer:
    account = caller(platform, call, service_did(call), STORE)
    if call.query.get("did") != account.did:
        raise _unauthorized("the token is another account's")
    if "content-length" not in call.headers:
        raise refuse("InvalidRequest", "content-length header is required", status=411)
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
    found = refusal_of(platform, account, len(call.body))
    if found is not None:
        raise refuse(*found)
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


def refusal_of(platform: Bluesky, account: Account, size: int) -> tuple[str, str] | None:
    """Why this account may not upload so many bytes now: an error name and a message."""
    videos, left = _left(platform, account)
    if not platform.switches["emailConfirmed"]:
        return UNCONFIRMED
    if videos < 1:
        return "DailyLimitExceeded", "User has exceeded daily upload videos limit"
    if left < max(size, 1):
        return "DailyLimitExceeded", "User has exceeded daily upload bytes limit"
    return None


def _left(platform: Bluesky, account: Account) -> tuple[int, int]:
    today = since(platform, account.did, platform.clock.now() - DAY)
    sizes = [one.size for one in today] + [one.size for one in open_uploads(platform, account.did)]
    maxima = platform.limits
    return max(maxima["videosPerDay"] - len(sizes), 0), max(maxima["videoBytesPerDay"] - sum(sizes), 0)


def _unauthorized(message: str) -> Refusal:
    return refuse("unauthorized", message, status=401)


def job_status(platform: Bluesky, transcode: Transcode) -> dict[str, Any]:
    """`app.bsky.video.defs#jobStatus`."""
    state, percent = progress(platform, transcode)
    body: dict[str, Any] = {
        "jobId": transcode.id,
        "did": transcode.did,
        "state": f"JOB_STATE_{state}",
        "progress": percent,
    }
    if state == "COMPLETED":
        body["blob"] = stored(platform, transcode)
    if state == "FAILED":
        body |= {
            "error": transcode.failure_message,
            "failureCode": transcode.failure_code,
            "message": transcode.failure_message,
        }
    return body


def begin(platform: Bluesky, did: str, body: bytes) -> Transcode:
    stored = platform.shelf.keep(body, "video/mp4")
    code, message = _verdict(platform, body)
    transcode = Transcode(
        id=secrets.token_hex(10),
        did=did,
        digest=stored.digest,
        size=len(body),
        cid=blob_cid(body),
        created_at=platform.clock.now(),
        failure_code=code,
        failure_message=message,
    )
    return platform.transcodes.put(transcode.id, transcode)


def of_file(platform: Bluesky, did: str, digest: str) -> Transcode | None:
    """The job that has this file already; a failed job does not prevent another."""
    wanted = (did, digest, None)
    return next((one for one in platform.transcodes if (one.did, one.digest, one.failure_code) == wanted), None)


def since(platform: Bluesky, did: str, moment: float) -> list[Transcode]:
    return [transcode for transcode in platform.transcodes if transcode.did == did and transcode.created_at > moment]


def open_uploads(platform: Bluesky, did: str) -> list[PartedUpload]:
    """The uploads that are still open: they count against the daily limits."""
    now = platform.clock.now()
    return [one for one in platform.uploads if (one.did, one.state) == (did, "created") and one.expires_at > now]


def progress(platform: Bluesky, transcode: Transcode) -> tuple[str, int]:
    """The state now, without its prefix, and how many percent are done."""
    delay = platform.delays["video"]
    done = (platform.clock.now() - transcode.created_at) / delay if delay else 1.0
    if transcode.failure_code is not None and done >= FAILS_AT:
        return "FAILED", 0
    if done >= 1:
        return "COMPLETED", 100
    return STATES[int(done * len(STATES))], int(done * 100)


def stored(platform: Bluesky, transcode: Transcode) -> dict[str, Any]:
    """The blob of a finished job. It is the uploaded file: the sandbox transcodes nothing."""
    platform.blobs.put(
        f"{transcode.did} {transcode.cid}",
        Blob(transcode.did, transcode.cid, "video/mp4", transcode.size, transcode.digest),
    )
    return {"$type": "blob", "ref": {"$link": transcode.cid}, "mimeType": "video/mp4", "size": transcode.size}


def _verdict(platform: Bluesky, body: bytes) -> tuple[str | None, str]:
    facts, maxima = video_facts(body), platform.limits
    if facts is None:
        return "encoding_failure", "could not read the video"
    if facts.seconds > maxima["videoSeconds"]:
        return "validation_failure", f"video is longer than {maxima['videoSeconds']} seconds"
    if len(body) > maxima["videoBlobBytes"]:
        return "pds_upload_unsupported_blob_size", "the server does not accept blobs of this size"
    return None, ""
