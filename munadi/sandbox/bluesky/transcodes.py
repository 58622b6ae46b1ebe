"""Video transcodes: from bytes to a blob at the PDS, in states that follow one another in time."""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.bluesky.cid import blob_cid
from munadi.sandbox.bluesky.model import Blob, PartedUpload, Transcode
from munadi.sandbox.bluesky.pds import Pds
from munadi.sandbox.media import video_facts
from munadi.sandbox.storage import Store, Table

STATES = ("CREATED", "ENCODING", "ENCODED", "SCANNING", "SCANNED", "UPLOADING", "UPLOADED")
FAILS_AT = 0.5  # of its time


class Transcodes:
    def __init__(self, pds: Pds, store: Store) -> None:
        self._pds = pds
        self._transcodes: Table[Transcode] = Table(store, "bluesky_transcode", Transcode)
        self.uploads: Table[PartedUpload] = Table(store, "bluesky_upload", PartedUpload)

    def begin(self, did: str, body: bytes) -> Transcode:
        stored = self._pds.media.keep(body, "video/mp4")
        code, message = self._verdict(body)
        transcode = Transcode(
            id=secrets.token_hex(10),
            did=did,
            digest=stored.digest,
            size=len(body),
            cid=blob_cid(body),
            created_at=self._pds.clock.now(),
            failure_code=code,
            failure_message=message,
        )
        return self._transcodes.put(transcode.id, transcode)

    def find(self, job_id: str) -> Transcode | None:
        return self._transcodes.get(job_id)

    def of_file(self, did: str, digest: str) -> Transcode | None:
        """The job that has this file already; one that failed does not stand in the way of another."""
        wanted = (did, digest, None)
        return next((one for one in self._transcodes if (one.did, one.digest, one.failure_code) == wanted), None)

    def since(self, did: str, moment: float) -> list[Transcode]:
        return [transcode for transcode in self._transcodes if transcode.did == did and transcode.created_at > moment]

    def open_uploads(self, did: str) -> list[PartedUpload]:
        """Those that are still being sent in parts: they count against the day already."""
        now = self._pds.clock.now()
        return [one for one in self.uploads if (one.did, one.state) == (did, "created") and one.expires_at > now]

    def progress(self, transcode: Transcode) -> tuple[str, int]:
        """The state now, without its prefix, and how many percent are done."""
        delay = self._pds.delays["video"]
        done = (self._pds.clock.now() - transcode.created_at) / delay if delay else 1.0
        if transcode.failure_code is not None and done >= FAILS_AT:
            return "FAILED", 0
        if done >= 1:
            return "COMPLETED", 100
        return STATES[int(done * len(STATES))], int(done * 100)

    def stored(self, transcode: Transcode) -> dict[str, Any]:
        """The blob of a finished job. It is the file as it came: nothing is transcoded here, whatever it says."""
        self._pds.blobs.put(
            f"{transcode.did} {transcode.cid}",
            Blob(transcode.did, transcode.cid, "video/mp4", transcode.size, transcode.digest),
        )
        return {"$type": "blob", "ref": {"$link": transcode.cid}, "mimeType": "video/mp4", "size": transcode.size}

    def clear(self) -> None:
        self._transcodes.clear()
        self.uploads.clear()

    def _verdict(self, body: bytes) -> tuple[str | None, str]:
        facts, maxima = video_facts(body), self._pds.maxima
        if facts is None:
            return "encoding_failure", "could not read the video"
        if facts.seconds > maxima["videoSeconds"]:
            return "validation_failure", f"video is longer than {maxima['videoSeconds']} seconds"
        if len(body) > maxima["videoBlobBytes"]:
            return "pds_upload_unsupported_blob_size", "the server does not accept blobs of this size"
        return None, ""
