"""Media and pages brought in from the web: guarded on every hop, bounded in size and time.

The rule here: nothing is believed about a remote file before its bytes are on our disk. The URL is refused
by the guard (GuardRefused) or the fetch (MediaRefused); no other exception tells of remote behaviour.
"""

import asyncio
import hashlib
import os
import ssl
import tempfile
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import httpx
from pydantic import BaseModel, ConfigDict

from munadi.media.facts import MediaCode, MediaRefused
from munadi.webhooks.guard import Guard, guarded_client

USER_AGENT = "Munadi/0.1"
MAX_REDIRECTS = 3
TEXT_TIMEOUT = timedelta(seconds=10)
_WRITE_BYTES = 1024 * 1024
_PLAIN = ("", "identity")
_ENCODINGS = (*_PLAIN, "gzip", "deflate")
# zlib's for "either header, gzip's or its own".
_EITHER_HEADER = 32 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """`total` is for a whole fetch, redirects included; `silence` for one wait on the network."""

    max_bytes: int = 1024**3
    total: timedelta = timedelta(minutes=10)
    connect: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=30)


class FetchedMedia(BaseModel):
    """A fetched file: `path` is the caller's to move or delete; `content_type` is what the server claims."""

    model_config = ConfigDict(frozen=True)

    path: Path
    sha256: str
    bytes: int
    content_type: str | None


class MediaFetcher:
    """Fetches through one guard into `directory` (best: the store's `incoming`). Close it after use."""

    def __init__(
        self,
        guard: Guard,
        limits: FetchLimits | None = None,
        *,
        directory: Path | None = None,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits or FetchLimits()
        self._directory = directory
        self._guard = guard
        timeouts = httpx.Timeout(self._limits.silence.total_seconds(), connect=self._limits.connect.total_seconds())
        self._client = guarded_client(guard, timeout=timeouts, verify=verify)

    async def fetch(self, url: str) -> FetchedMedia:
        """The file at `url`, streamed to a new file.

        Raises GuardRefused, or MediaRefused with MEDIA_UNREACHABLE, MEDIA_TOO_LARGE, MEDIA_TIMEOUT or
        MEDIA_EMPTY; then no file is left behind.
        """
        async with self._response(url, self._limits.total) as response:
            self._check_declared_size(response)
            handle, name = tempfile.mkstemp(dir=self._directory, prefix="fetch-")
            path = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    digest, size = await self._save(response, file)
            except BaseException:
                _discard(path)
                raise
        if size == 0:
            _discard(path)
            raise MediaRefused(MediaCode.MEDIA_EMPTY, "the URL answered with no content", limit=1, actual=0)
        return FetchedMedia(
            path=path, sha256=digest, bytes=size, content_type=response.headers.get("content-type", "")[:255] or None
        )

    async def fetch_text(self, url: str, max_bytes: int = 512 * 1024) -> str:
        """The first `max_bytes` of a page as text, in its declared charset or UTF-8, damage replaced.

        Raises as `fetch`, but a longer page is cut, not refused, and an empty one is an empty text.
        """
        async with self._response(url, min(self._limits.total, TEXT_TIMEOUT)) as response:
            content = bytearray()
            async for chunk in _unfolded(response):
                content += chunk[: max_bytes - len(content)]
                if len(content) >= max_bytes:
                    break
            try:
                return content.decode(response.charset_encoding or "utf-8", "replace")
            except (LookupError, ValueError):  # an unknown charset, or one that is no text encoding
                return content.decode("utf-8", "replace")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def _response(self, url: str, total: timedelta) -> AsyncIterator[httpx.Response]:
        """The final answer, 200, to a GET of `url`; transport errors inside the block are translated too."""
        try:
            async with asyncio.timeout(total.total_seconds()):
                response = await self._follow(str(self._guard.check_form(url)))
                try:
                    yield response
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise MediaRefused(MediaCode.MEDIA_TIMEOUT, "the media's server took too long") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = str(error)[:200] or type(error).__name__
            raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, f"the URL could not be read: {text}") from error

    async def _follow(self, url: str) -> httpx.Response:
        next_url = httpx.URL(url)
        for _ in range(MAX_REDIRECTS + 1):
            # A media is compressed already, so this is not asked for; some send it all the same.
            headers = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}
            request = self._client.build_request("GET", next_url, headers=headers)
            response = await self._client.send(request, stream=True)
            location = response.headers.get("location")
            if response.is_redirect and location:
                await response.aclose()
                next_url = self._guard.check_form(str(next_url.join(location)))
                continue
            if response.status_code == 200 and _encoding(response) in _ENCODINGS:
                return response
            await response.aclose()
            raise _bad_answer(response)
        raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, "the URL redirects too often", limit=MAX_REDIRECTS, actual=None)

    def _check_declared_size(self, response: httpx.Response) -> None:
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and len(declared) < 20:
            self._check_size(int(declared))

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_bytes:
            raise MediaRefused(
                MediaCode.MEDIA_TOO_LARGE,
                f"a media has at most {self._limits.max_bytes} bytes",
                limit=self._limits.max_bytes,
                actual=size,
            )

    async def _save(self, response: httpx.Response, file: BinaryIO) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0

        def write(chunk: bytes) -> None:
            digest.update(chunk)
            file.write(chunk)

        async for chunk in _unfolded(response):
            size += len(chunk)
            self._check_size(size)
            await asyncio.to_thread(write, chunk)
        return digest.hexdigest(), size


async def _unfolded(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body in pieces of at most a megabyte, also where a few octets unfold to gigabytes."""
    if _encoding(response) in _PLAIN:
        async for chunk in response.aiter_raw(_WRITE_BYTES):
            yield chunk
        return
    unfolding = zlib.decompressobj(_EITHER_HEADER)
    try:
        async for chunk in response.aiter_raw(_WRITE_BYTES):
            rest = chunk
            while rest and not unfolding.eof:
                yield unfolding.decompress(rest, _WRITE_BYTES)
                rest = unfolding.unconsumed_tail
    except zlib.error as error:
        raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, "the URL's compressed answer is damaged") from error
    if not unfolding.eof:
        raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, "the URL's compressed answer is cut short")


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)


def _encoding(response: httpx.Response) -> str:
    return str(response.headers.get("content-encoding", "")).strip().lower()


def _bad_answer(response: httpx.Response) -> MediaRefused:
    if response.status_code == 200:
        text = f"the URL answered in the encoding {_encoding(response)[:40]!r}, which was not asked for"
    else:
        text = f"the URL answered {response.status_code}"
    return MediaRefused(MediaCode.MEDIA_UNREACHABLE, text, actual=response.status_code)
