"""The video service: upload and transcoding beside the PDS. Source: facts, section 3, steps V1 to V4.

It is called with tokens that the account's own PDS signs, each for one method (`lxm`) at one service (`aud`). The
upload's token is for the PDS itself, because the service will store the finished blob there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from munadi.channels.bluesky.video_errors import explain_video
from munadi.channels.bluesky.xrpc import Xrpc, address
from munadi.channels.http import ChannelHttp, ChannelTools, no_proof
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

LIMITS, UPLOAD, STATUS = (f"app.bsky.video.{name}" for name in ("getUploadLimits", "uploadVideo", "getJobStatus"))
STORE = "com.atproto.repo.uploadBlob"
TOKEN_LIFE = timedelta(minutes=30)
# The stored file is read and sent in parts of this size.
PART_BYTES = 4 * 1024 * 1024
# From the last byte to the answer, the service looks at the whole file.
UPLOAD_READ_TIMEOUT = 180.0
ALREADY_PROCESSED = 409
ENDINGS = {"video/mp4": "mp4", "video/mpeg": "mpeg", "video/webm": "webm", "video/quicktime": "mov"}


@dataclass(frozen=True)
class Transcode:
    """`blob` is there once the video is; `failed` holds what the service says of a job that ended without one."""

    id: str
    blob: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None
    state: str = ""


class VideoService:
    """For one host; `did` is who it says it is."""

    def __init__(self, host: str, did: str, xrpc: Xrpc, tools: ChannelTools) -> None:
        self._host = host
        self._did = did
        self._xrpc = xrpc
        self._media = tools.media
        self._clock = tools.clock
        self._http = ChannelHttp(tools.client, self._explain)

    async def limits(self, base: str, token: str) -> dict[str, Any]:
        """What the account may still upload today. Raises ChannelError."""
        service_token = await self._token(base, token, self._did, LIMITS)
        answer = await self._http.call("GET", address(self._host, LIMITS), token=service_token)
        if not isinstance(answer.field("canUpload"), bool):
            raise no_proof(answer, [service_token])
        return dict(answer.body)

    async def upload(self, base: str, account: ConnectedAccount, asset: MediaAsset) -> Transcode:
        """Send the file, part by part. The same file again is answered with the job it has. Raises ChannelError."""
        token = account.credentials.access_token.get_secret_value()
        service_token = await self._token(base, token, await self._pds_did(base), STORE)
        answer = await self._http.call(
            "POST",
            address(self._host, UPLOAD),
            token=service_token,
            params={"did": account.external_id, "name": f"{asset.id}.{ENDINGS.get(asset.mime_type, 'mp4')}"},
            headers={"content-type": asset.mime_type, "content-length": str(asset.bytes)},
            content=self._parts(asset),
            read_timeout=UPLOAD_READ_TIMEOUT,
            also_ok={ALREADY_PROCESSED},
        )
        return self._read(answer)

    async def status(self, job_id: str) -> Transcode:
        """How far a job is. Raises ChannelError."""
        answer = await self._http.call("GET", address(self._host, STATUS), params={"jobId": job_id})
        return self._read(answer)

    async def _token(self, base: str, token: str, audience: str, method: str) -> str:
        expires = int((self._clock.now() + TOKEN_LIFE).timestamp())
        params = {"aud": audience, "lxm": method, "exp": str(expires)}
        answer = await self._xrpc.query(base, "com.atproto.server.getServiceAuth", params, token=token)
        service_token = answer.field("token")
        if not isinstance(service_token, str):
            raise no_proof(answer, [token])
        return service_token

    async def _pds_did(self, base: str) -> str:
        """The PDS's own word for who it is, or else the did:web of its host, which it is on Bluesky's servers."""
        answer = await self._xrpc.query(base, "com.atproto.server.describeServer")
        did = answer.field("did")
        return did if isinstance(did, str) and did.startswith("did:") else f"did:web:{quote(urlsplit(base).netloc)}"

    async def _parts(self, asset: MediaAsset) -> AsyncIterator[bytes]:
        for start in range(0, asset.bytes, PART_BYTES):
            length = min(PART_BYTES, asset.bytes - start)
            try:
                content = await self._media.read(asset, start, length)
            except FileNotFoundError:
                content = b""
            if len(content) != length:
                message = f"Bluesky: the stored file of media {asset.id} is gone or shorter than it was"
                raise ChannelError(Reason.MEDIA_UNREACHABLE, Sorting.REJECTED, message)
            yield content

    def _read(self, answer: Answer) -> Transcode:
        """A job's status, wrapped in `jobStatus` as the lexicon has it, or bare as the service sends it."""
        wrapped = answer.field("jobStatus")
        status = wrapped if isinstance(wrapped, dict) else answer.body
        if not isinstance(status, dict) or not isinstance(status.get("jobId"), str):
            raise self._explain(answer) if answer.status == ALREADY_PROCESSED else no_proof(answer)
        blob, state = status.get("blob"), str(status.get("state") or "")
        return Transcode(
            id=status["jobId"],
            blob=blob if isinstance(blob, dict) else None,
            failed=status if state == "JOB_STATE_FAILED" else None,
            state=state.removeprefix("JOB_STATE_").lower(),
        )

    def _explain(self, answer: Answer) -> ChannelError:
        return explain_video(answer, self._clock.now())
