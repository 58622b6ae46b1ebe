"""Video jobs: from bytes to a blob at the PDS, in states that follow one another in time."""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.bluesky.cid import blob_cid
from munadi.sandbox.bluesky.model import Blob, VideoJob
from munadi.sandbox.bluesky.pds import Pds
from munadi.sandbox.media import video_facts
from munadi.sandbox.storage import Store, Table

STATES = ("CREATED", "ENCODING", "ENCODED", "SCANNING", "SCANNED", "UPLOADING", "UPLOADED")
FAILS_AT = 0.5  # of its time


class VideoJobs:
    def __init__(self, pds: Pds, store: Store) -> None:
        self._pds = pds
        self._jobs: Table[VideoJob] = Table(store, "bluesky_video_job", VideoJob)

    def begin(self, did: str, body: bytes) -> VideoJob:
        stored = self._pds.media.keep(body, "video/mp4")
        code, message = self._verdict(body)
        job = VideoJob(
            id=secrets.token_hex(10),
            did=did,
            digest=stored.digest,
            size=len(body),
            cid=blob_cid(body),
            created_at=self._pds.clock.now(),
            failure_code=code,
            failure_message=message,
        )
        return self._jobs.put(job.id, job)

    def find(self, job_id: str) -> VideoJob | None:
        return self._jobs.get(job_id)

    def of_file(self, did: str, digest: str) -> VideoJob | None:
        """The job that has this file already; one that failed does not stand in the way of another."""
        return next((job for job in self._jobs if (job.did, job.digest, job.failure_code) == (did, digest, None)), None)

    def since(self, did: str, moment: float) -> list[VideoJob]:
        return [job for job in self._jobs if job.did == did and job.created_at > moment]

    def progress(self, job: VideoJob) -> tuple[str, int]:
        """The state now, without its prefix, and how many percent are done."""
        delay = self._pds.delays["video"]
        done = (self._pds.clock.now() - job.created_at) / delay if delay else 1.0
        if job.failure_code is not None and done >= FAILS_AT:
            return "FAILED", 0
        if done >= 1:
            return "COMPLETED", 100
        return STATES[int(done * len(STATES))], int(done * 100)

    def stored(self, job: VideoJob) -> dict[str, Any]:
        """The blob of a finished job. It is the file as it came: nothing is transcoded here, whatever it says."""
        self._pds.blobs.put(f"{job.did} {job.cid}", Blob(job.did, job.cid, "video/mp4", job.size, job.digest))
        return {"$type": "blob", "ref": {"$link": job.cid}, "mimeType": "video/mp4", "size": job.size}

    def clear(self) -> None:
        self._jobs.clear()

    def _verdict(self, body: bytes) -> tuple[str | None, str]:
        facts, maxima = video_facts(body), self._pds.maxima
        if facts is None:
            return "encoding_failure", "could not read the video"
        if facts.seconds > maxima["videoSeconds"]:
            return "validation_failure", f"video is longer than {maxima['videoSeconds']} seconds"
        if len(body) > maxima["videoBlobBytes"]:
            return "pds_upload_unsupported_blob_size", "the server does not accept blobs of this size"
        return None, ""
