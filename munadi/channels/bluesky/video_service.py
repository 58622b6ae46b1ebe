"""The video service: upload and transcoding beside the PDS.

Source: docs/networks/bluesky.md, section 3; lexicons app.bsky.video.*. The account's own PDS signs its tokens, each for
one method (`lxm`) at one service (`aud`). The upload's token is for the PDS itself, because the service stores the
finished blob there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from munadi.channels.bluesky.errors import proof
from munadi.channels.bluesky.spec import VIDEO_ENDINGS
from munadi.channels.bluesky.state import SentInParts
from munadi.channels.bluesky.video_errors import explain_video
from munadi.channels.bluesky.xrpc import Server, address
from munadi.channels.http import ChannelTools, Request, no_proof
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

NSID = "app.bsky.video."
STORE = "com.atproto.repo.uploadBlob"
TOKEN_LIFE = timedelta(minutes=30)
# The stored file is read and sent in pieces of this size.
PIECE_BYTES = 4 * 1024 * 1024
# Between the last byte and the answer, the service checks the whole file.
UPLOAD_TIMEOUT = 180.0
ALREADY_PROCESSED = 409
# Statuses of a service that does not take uploads in parts.
NOT_SERVED = frozenset({404, 501})


@dataclass(frozen=True)
class Transcode:
    """A job. `blob` is there once the video is processed; `failed` is the status of a job that ended without one."""

    id: str
    blob: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None
    state: str = ""


@dataclass(frozen=True)
class Arrived:
    """An upload in parts: `created` takes parts, `finishing` is put together, `completed` has a job."""

    state: str
    parts: frozenset[int]
    transcode: Transcode | None


class VideoService:
    """The service at one host; `did` is its DID. Everything raises ChannelError."""

    def __init__(self, host: str, did: str, tools: ChannelTools) -> None:
        self._host = host
        self._did = did
        self._media = tools.media
        self._clock = tools.clock
        self._http = tools.http(explain_video)

    async def limits(self, server: Server) -> dict[str, Any]:
        """What the account may still upload today."""
        token = await server.service_token(self._did, f"{NSID}getUploadLimits", self._clock.now() + TOKEN_LIFE)
        answer = await self._call("GET", "getUploadLimits", token)
        proof(answer, "canUpload", bool, token)
        return dict(answer.body)

    async def upload_token(self, server: Server) -> str:
        """The token for uploads. Its audience is the DID that the PDS names, or else the did:web of its host."""
        did = (await server.describe()).field("did")
        known = isinstance(did, str) and did.startswith("did:")
        audience = did if known else f"did:web:{quote(urlsplit(server.base).netloc)}"
        return await server.service_token(str(audience), STORE, self._clock.now() + TOKEN_LIFE)

    async def upload(self, server: Server, asset: MediaAsset) -> Transcode:
        """Send the file at once. The same file again is answered with its existing job."""
        answer = await self._call(
            "POST",
            "uploadVideo",
            await self.upload_token(server),
            params={"did": server.did, "name": _name(asset)},
            headers={"content-type": asset.mime_type, "content-length": str(asset.bytes)},
            content=self._bytes(asset, 0, asset.bytes),
            timeout=UPLOAD_TIMEOUT,
            also_ok={ALREADY_PROCESSED},
        )
        return self._read(answer)

    async def status(self, job_id: str) -> Transcode:
        """How far a job is."""
        return self._read(await self._call("GET", "getJobStatus", None, params={"jobId": job_id}))

    async def start(self, token: str, asset: MediaAsset) -> SentInParts | None:
        """Announce a file that will come in parts; None when the service takes none."""
        known = {"durationMs": asset.duration_ms, "width": asset.width or None, "height": asset.height or None}
        facts = {name: value for name, value in known.items() if value is not None}
        body = {"sizeBytes": asset.bytes, "mimeType": asset.mime_type, "name": _name(asset), **facts}
        answer = await self._call("POST", "startUpload", token, json=body, also_ok=NOT_SERVED)
        if answer.status in NOT_SERVED:
            return None
        job_id, size = proof(answer, "jobId", str, token), proof(answer, "partSizeBytes", int, token)
        count = answer.field("partCount")
        if size <= 0 or count != -(-asset.bytes // size):
            raise no_proof(answer, [token])
        return SentInParts(id=job_id, bytes=size, count=count, since=self._clock.now())

    async def send(self, token: str, sent: SentInParts, number: int, asset: MediaAsset) -> None:
        """Send one part, counted from 1; the same part may be sent again."""
        start, end = (number - 1) * sent.bytes, min(number * sent.bytes, asset.bytes)
        await self._call(
            "POST",
            "uploadPart",
            token,
            params={"jobId": sent.id, "partNumber": str(number)},
            headers={"content-type": "application/octet-stream", "content-length": str(end - start)},
            content=self._bytes(asset, start, end),
            timeout=UPLOAD_TIMEOUT,
        )

    async def finish(self, token: str, job_id: str) -> Transcode:
        """All parts are there: their job, or another account's when the service has the same file."""
        answer = await self._call("POST", "finishUpload", token, json={"jobId": job_id}, timeout=UPLOAD_TIMEOUT)
        return self._read(answer, "completedJobId")

    async def arrived(self, token: str, job_id: str) -> Arrived:
        """How far an upload in parts is."""
        answer = await self._call("GET", "getUploadStatus", token, params={"jobId": job_id})
        state, parts = proof(answer, "state", str, token), proof(answer, "receivedParts", list, token)
        transcode = self._read(answer, "completedJobId") if state == "completed" else None
        return Arrived(state, frozenset(part for part in parts if isinstance(part, int)), transcode)

    async def abort(self, token: str, job_id: str) -> None:
        """Abort an upload in parts: until then it counts against the account's daily limit."""
        await self._call("POST", "abortUpload", token, json={"jobId": job_id})

    async def _call(self, method: str, name: str, token: str | None, **rest: Any) -> Answer:
        return await self._http.send(Request(method, address(self._host, f"{NSID}{name}"), token=token, **rest))

    async def _bytes(self, asset: MediaAsset, start: int, end: int) -> AsyncIterator[bytes]:
        for begin in range(start, end, PIECE_BYTES):
            yield await self._media.read(asset, begin, min(PIECE_BYTES, end - begin))

    def _read(self, answer: Answer, named: str = "jobId") -> Transcode:
        """A job's status, wrapped in `jobStatus` as the lexicon has it, or bare as the service sends it."""
        wrapped = answer.field("jobStatus")
        status = wrapped if isinstance(wrapped, dict) else answer.body
        job_id = answer.field(named) or (status.get("jobId") if isinstance(status, Mapping) else None)
        if not isinstance(status, dict) or not isinstance(job_id, str):
            raise self._http.explain(answer) if answer.status == ALREADY_PROCESSED else no_proof(answer)
        blob, state = status.get("blob"), str(status.get("state") or "")
        return Transcode(
            id=job_id,
            blob=blob if isinstance(blob, dict) else None,
            failed=status if state == "JOB_STATE_FAILED" else None,
            state=state.removeprefix("JOB_STATE_").lower(),
        )


def _name(asset: MediaAsset) -> str:
    return f"{asset.id}.{VIDEO_ENDINGS.get(asset.mime_type, 'mp4')}"
