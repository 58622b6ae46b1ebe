"""The video service's uploads in parts: started, sent part by part in any order, finished into a job, or given up.

Built from the lexicons app.bsky.video.{startUpload,uploadPart,finishUpload,getUploadStatus,abortUpload}. How many may
be open and for how long is not published: both are limits one can set. Not here: BadAspectRatio, and `finishing`,
which passes at once.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from munadi.sandbox.bluesky import schemas
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.model import Account, PartedUpload
from munadi.sandbox.bluesky.pds import Pds, service_did
from munadi.sandbox.bluesky.transcodes import Transcodes
from munadi.sandbox.bluesky.video import STORE, TYPES, Video, job_status
from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import sniff

GONE = {"aborted": "UploadAborted", "expired": "UploadExpired", "failed": "UploadFailed"}


class Parts:
    def __init__(self, pds: Pds, transcodes: Transcodes, video: Video) -> None:
        self._pds = pds
        self._transcodes = transcodes
        self._video = video

    async def start(self, call: Call) -> Answer:
        account = self._caller(call)
        asked, maxima = self._pds.input(call, schemas.START_UPLOAD), self._pds.maxima
        if asked["mimeType"] not in TYPES:
            raise refuse("UnsupportedContentType", f"unsupported content type: {asked['mimeType']}")
        if asked["sizeBytes"] > maxima["videoBytes"]:
            raise refuse("VideoTooLarge", f"the video is larger than {maxima['videoBytes']} bytes")
        if asked.get("durationMs", 0) > maxima["videoSeconds"] * 1000:
            raise refuse("VideoTooLong", f"the video is longer than {maxima['videoSeconds']} seconds")
        refusal = self._video.refusal(account, asked["sizeBytes"])
        if refusal is not None:
            raise refuse("DailyLimitExceeded" if refusal[0] == "DailyLimitExceeded" else "UploadForbidden", refusal[1])
        if len(self._transcodes.open_uploads(account.did)) >= maxima["openVideoUploads"]:
            raise refuse("TooManyOpenUploads", "too many uploads are open")
        upload = PartedUpload(
            id=secrets.token_hex(10),
            did=account.did,
            size=asked["sizeBytes"],
            part_bytes=maxima["videoPartBytes"],
            expires_at=self._pds.clock.now() + maxima["videoUploadSeconds"],
        )
        self._transcodes.uploads.put(upload.id, upload)
        return Answer(200, _session(upload), effect=True)

    async def send(self, call: Call) -> Answer:
        upload = self._usable(call, call.query.get("jobId", ""))
        number = call.query.get("partNumber", "")
        if not number.isdecimal() or not 1 <= int(number) <= upload.part_count:
            raise refuse("InvalidPartNumber", f"part {number} is not of 1 to {upload.part_count}")
        expected = min(upload.part_bytes, upload.size - (int(number) - 1) * upload.part_bytes)
        if len(call.body) != expected:
            raise refuse("PartSizeMismatch", f"part {number} has {len(call.body)} bytes, not {expected}")
        upload.parts[number] = self._pds.media.keep(call.body, "application/octet-stream").digest
        self._transcodes.uploads.put(upload.id, upload)
        return Answer(200, {"partNumber": int(number), "sizeBytes": expected}, effect=True)

    async def finish(self, call: Call) -> Answer:
        job_id = str(self._pds.input(call, schemas.UPLOAD_ID)["jobId"])
        upload = self._find(call, job_id)
        if upload.job_id is None:
            upload = self._usable(call, job_id)
            self._assemble(upload)
        return Answer(200, self._completed(upload), effect=True)

    async def status(self, call: Call) -> Answer:
        upload = self._find(call, call.query.get("jobId", ""))
        body = {**_session(upload), "receivedParts": sorted(int(one) for one in upload.parts), "state": upload.state}
        if upload.failure:
            body["failureReason"] = upload.failure
        return Answer(200, body | (self._completed(upload) if upload.job_id else {}))

    async def abort(self, call: Call) -> Answer:
        upload = self._find(call, str(self._pds.input(call, schemas.UPLOAD_ID)["jobId"]))
        effect = upload.state == "created"
        if effect:
            self._end(upload, "aborted")
        return Answer(200, {"state": upload.state}, effect=effect)

    def _caller(self, call: Call) -> Account:
        return self._video.caller(call, service_did(call), STORE)

    def _find(self, call: Call, job_id: str) -> PartedUpload:
        account, upload = self._caller(call), self._transcodes.uploads.get(job_id)
        if upload is None or upload.did != account.did:
            raise refuse("UploadNotFound", "no such upload")
        if upload.state == "created" and upload.expires_at <= self._pds.clock.now():
            self._end(upload, "expired")
        return upload

    def _usable(self, call: Call, job_id: str) -> PartedUpload:
        """One that takes parts still."""
        upload = self._find(call, job_id)
        if upload.state != "created":
            name = GONE.get(upload.state, "UploadAlreadyCompleted")
            raise refuse(name, upload.failure or f"the upload is {upload.state}")
        return upload

    def _assemble(self, upload: PartedUpload) -> None:
        missing = [number for number in range(1, upload.part_count + 1) if str(number) not in upload.parts]
        if missing:
            raise refuse("MissingParts", f"missing parts: {', '.join(map(str, missing))}")
        digests = (upload.parts[str(number)] for number in range(1, upload.part_count + 1))
        body = b"".join(self._pds.media.read(digest) or b"" for digest in digests)
        found = sniff(body)
        if found is not None and found not in TYPES:
            upload.failure = f"unsupported content type: {found}"
            self._end(upload, "failed")
            raise refuse("UnsupportedContentType", upload.failure)
        known = self._transcodes.of_file(upload.did, hashlib.sha256(body).hexdigest())
        upload.job_id = (known or self._transcodes.begin(upload.did, body)).id
        self._end(upload, "completed")

    def _completed(self, upload: PartedUpload) -> dict[str, Any]:
        transcode = self._transcodes.find(upload.job_id or "")
        assert transcode is not None
        return {"completedJobId": transcode.id, "jobStatus": job_status(self._transcodes, transcode)}

    def _end(self, upload: PartedUpload, state: str) -> None:
        upload.state = state
        self._transcodes.uploads.put(upload.id, upload)


def _session(upload: PartedUpload) -> dict[str, Any]:
    return {
        "jobId": upload.id,
        "partSizeBytes": upload.part_bytes,
        "partCount": upload.part_count,
        "expiresAt": iso(upload.expires_at),
    }
