"""The video service: who may upload, uploads, and jobs that take their time.

Built from channels/bluesky.md: tokens are checked for audience, method and expiry; the answer to an upload is bare,
where the lexicon wraps it in `jobStatus`; the same file again is a 409 with the job it has.
"""

from __future__ import annotations

import hashlib
from typing import Any

from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.limits import DAY
from munadi.sandbox.bluesky.model import Account, Transcode
from munadi.sandbox.bluesky.pds import Pds, require_usable, service_did
from munadi.sandbox.bluesky.tokens import SERVICE_TYPE
from munadi.sandbox.bluesky.transcodes import Transcodes
from munadi.sandbox.exchange import Answer, Call, Refusal

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


class Video:
    def __init__(self, pds: Pds, transcodes: Transcodes, switches: dict[str, bool]) -> None:
        self._pds = pds
        self._transcodes = transcodes
        self._switches = switches

    async def limits(self, call: Call) -> Answer:
        account = self.caller(call, SERVICE_DID, LIMITS)
        videos, size = self._left(account)
        body: dict[str, Any] = {"remainingDailyVideos": videos, "remainingDailyBytes": size}
        refusal = self.refusal(account, 0)
        if refusal is None:
            return Answer(200, {"canUpload": True, **body})
        return Answer(200, {"canUpload": False, **body, "error": refusal[0], "message": refusal[1]})

    async def upload(self, call: Call) -> Answer:
        account = self.caller(call, service_did(call), STORE)
        if call.query.get("did") != account.did:
            raise _unauthorized("the token is another account's")
        if "content-length" not in call.headers:
            raise refuse("InvalidRequest", "content-length header is required", status=411)
        if call.content_type not in TYPES:
            raise refuse("UnsupportedContentType", f"unsupported content type: {call.content_type}")
        maximum = self._pds.maxima["videoBytes"]
        if len(call.body) > maximum:
            text = f"file size ({len(call.body)} bytes) is larger than the maximum allowed size ({maximum} bytes)"
            raise refuse(text, text)
        known = self._transcodes.of_file(account.did, hashlib.sha256(call.body).hexdigest())
        if known is not None:
            body = {
                "error": "already_exists",
                "message": "Video already processed",
                **job_status(self._transcodes, known),
            }
            return Answer(409, body)
        refusal = self.refusal(account, len(call.body))
        if refusal is not None:
            raise refuse(*refusal)
        return Answer(200, job_status(self._transcodes, self._transcodes.begin(account.did, call.body)), effect=True)

    async def status(self, call: Call) -> Answer:
        transcode = self._transcodes.find(call.query.get("jobId", ""))
        if transcode is None:
            raise refuse("NotFound", "job not found", status=404)
        return Answer(200, {"jobStatus": job_status(self._transcodes, transcode)})

    def caller(self, call: Call, audience: str, method: str) -> Account:
        """The account of a service token for this audience and method."""
        if call.bearer is None:
            raise _unauthorized("missing token")
        try:
            claims = self._pds.tokens.verified(call.bearer, SERVICE_TYPE)
        except Refusal as refusal:
            raise _unauthorized(str(refusal.answer.body["message"])) from None
        if claims["aud"] != audience:
            raise _unauthorized(f"invalid token audience: got {claims['aud']}, wanted {audience}")
        if claims.get("lxm") != method:
            raise _unauthorized(f"invalid token method: got {claims.get('lxm')}, wanted {method}")
        account = self._pds.accounts.of(claims["iss"])
        require_usable(account)
        return account

    def refusal(self, account: Account, size: int) -> tuple[str, str] | None:
        """Why this account may not upload so much now: a name and a sentence."""
        videos, left = self._left(account)
        if not self._switches["emailConfirmed"]:
            return UNCONFIRMED
        if videos < 1:
            return "DailyLimitExceeded", "User has exceeded daily upload videos limit"
        if left < max(size, 1):
            return "DailyLimitExceeded", "User has exceeded daily upload bytes limit"
        return None

    def _left(self, account: Account) -> tuple[int, int]:
        today = self._transcodes.since(account.did, self._pds.clock.now() - DAY)
        sizes = [one.size for one in today] + [one.size for one in self._transcodes.open_uploads(account.did)]
        maxima = self._pds.maxima
        return max(maxima["videosPerDay"] - len(sizes), 0), max(maxima["videoBytesPerDay"] - sum(sizes), 0)


def _unauthorized(message: str) -> Refusal:
    return refuse("unauthorized", message, status=401)


def job_status(transcodes: Transcodes, transcode: Transcode) -> dict[str, Any]:
    """`app.bsky.video.defs#jobStatus`."""
    state, progress = transcodes.progress(transcode)
    body: dict[str, Any] = {
        "jobId": transcode.id,
        "did": transcode.did,
        "state": f"JOB_STATE_{state}",
        "progress": progress,
    }
    if state == "COMPLETED":
        body["blob"] = transcodes.stored(transcode)
    if state == "FAILED":
        body |= {
            "error": transcode.failure_message,
            "failureCode": transcode.failure_code,
            "message": transcode.failure_message,
        }
    return body
