"""Media and pages brought in from the web: guarded on every hop, bounded in size and time.

Rule: nothing that a server claims about a file counts before its bytes are on our disk. The URL is refused
by the guard (GuardRefused) or the fetch (MediaRefused); no other exception reports remote behaviour.
"""

import asyncio
import hashlib
import os
import re
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import httpx
from pydantic import BaseModel, ConfigDict

from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.sniff import HEAD_BYTES
from munadi.media.transfer import ENCODINGS, Allowance, Pace, encoding_of, read_body
from munadi.outbound.guard import Guard
from munadi.outbound.transport import guarded_client

USER_AGENT = "Munadi/0.1"
MAX_REDIRECTS = 3
TEXT_TIMEOUT = timedelta(seconds=10)
# Only what pages are written in: Python knows encodings that take quadratic time, and remembers every unknown name.
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-z0-9_-]{1,20})", re.IGNORECASE)
_ISO_8859 = {f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17))}
_WINDOWS = {f"windows-{page}" for page in (874, *range(1250, 1259))}
_CHARSETS = (
    _ISO_8859 | _WINDOWS | {"utf-8", "utf8", "utf-16", "us-ascii", "latin1", "koi8-r", "koi8-u", "shift_jis", "euc-jp"}
)
_CHARSETS |= {"iso-2022-jp", "gbk", "gb2312", "gb18030", "big5", "euc-kr"}

# Given the first `HEAD_BYTES` of a file and what the server calls it: raises MediaRefused for one that is not wanted,
# else returns the most bytes it may have; None: as any other.
HeadCheck = Callable[[bytes, str | None], int | None]


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """`total` is for a whole fetch, redirects included; `silence` for one wait on the network.

    A body must bring `slowest` bytes a second on average in each `window`.
    """

    max_bytes: int = 1024**3
    total: timedelta = timedelta(minutes=10)
    connect: timedelta = timedelta(seconds=10)
    silence: timedelta = timedelta(seconds=20)
    slowest: int = 8192
    window: timedelta = timedelta(seconds=10)


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

    async def fetch(
        self, url: str, *, allowance: Allowance | None = None, head: HeadCheck | None = None
    ) -> FetchedMedia:
        """The file at `url`, streamed to a new file; `allowance` is what this fetch shares with others.

        Raises GuardRefused, or MediaRefused with MEDIA_UNREACHABLE, MEDIA_TOO_LARGE, MEDIA_TIMEOUT or
        MEDIA_EMPTY, or with what `head` raises; then no file is left behind. So it is when the call is cancelled.
        """
        path: Path | None = None
        try:
            async with self._response(url, self._limits.total, allowance) as (response, pace):
                content_type = response.headers.get("content-type", "")[:255] or None
                saving = _Saving(self._limits.max_bytes, content_type, allowance, head)
                saving.check_declared(response)
                handle, name = tempfile.mkstemp(dir=self._directory, prefix="fetch-")
                path = Path(name)
                with os.fdopen(handle, "wb") as file:
                    await saving.run(read_body(response, pace, self._limits.max_bytes), file)
        except BaseException:
            _discard(path)
            raise
        return FetchedMedia(path=path, sha256=saving.sha256, bytes=saving.size, content_type=content_type)

    async def fetch_text(self, url: str, max_bytes: int = 512 * 1024, *, allowance: Allowance | None = None) -> str:
        """The first `max_bytes` of a page as text, in its declared charset or UTF-8, damage replaced.

        Raises as `fetch`, but a longer page is cut, not refused, and an empty one is an empty text.
        """
        async with self._response(url, min(self._limits.total, TEXT_TIMEOUT), allowance) as (response, pace):
            content = bytearray()
            async for piece in read_body(response, pace, max_bytes):
                content += piece[: max_bytes - len(content)]
                if len(content) >= max_bytes:
                    break
            return content.decode(_charset(response), "replace")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def _response(
        self, url: str, total: timedelta, allowance: Allowance | None
    ) -> AsyncIterator[tuple[httpx.Response, Pace]]:
        """The final answer, 200, to a GET of `url`; transport errors inside the block are translated too."""
        ends = asyncio.get_running_loop().time() + total.total_seconds()
        shared = allowance.deadline() if allowance else ends
        pace = Pace(asyncio.timeout(None), self._limits.slowest, self._limits.window)
        try:
            async with asyncio.timeout_at(min(ends, shared)), pace.timeout:
                response = await self._follow(str(self._guard.check_form(url)))
                try:
                    yield response, pace
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            if pace.timeout.expired():
                raise pace.too_slow() from error
            if allowance and shared < ends and isinstance(error, TimeoutError):
                raise allowance.too_late() from error
            text, seconds = "the media's server took too long", total.total_seconds()
            raise MediaRefused(MediaCode.MEDIA_TIMEOUT, text, limit=seconds) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = str(error)[:200] or type(error).__name__
            raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, f"the URL could not be read: {text}") from error

    async def _follow(self, url: str) -> httpx.Response:
        next_url = httpx.URL(url)
        for _ in range(MAX_REDIRECTS + 1):
            # A media is compressed already, so this is not asked for; some send it all the same.
            headers = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}
            request = self._client.build_request("GET", next_url, headers=headers)
            # One wait on the network is `silence`, but a head that drips is many short ones.
            async with asyncio.timeout(self._limits.silence.total_seconds()):
                response = await self._client.send(request, stream=True)
            location = response.headers.get("location")
            if response.is_redirect and location:
                await response.aclose()
                next_url = self._guard.check_form(str(next_url.join(location)))
                continue
            if response.status_code == 200 and encoding_of(response) in ENCODINGS:
                return response
            await response.aclose()
            raise _bad_answer(response)
        raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, "the URL redirects too often", limit=MAX_REDIRECTS, actual=None)


class _Saving:
    """Writes one body to a file; knows its digest and size, and refuses it as soon as it is too much or not wanted."""

    def __init__(
        self, most: int, content_type: str | None, allowance: Allowance | None, head: HeadCheck | None
    ) -> None:
        self.size = 0
        self._most = most
        self._content_type = content_type
        self._allowance = allowance
        self._head_check = head
        self._head = b""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """In hex, once `run` has ended."""
        return self._digest.hexdigest()

    def check_declared(self, response: httpx.Response) -> None:
        """Refuse by what the server itself declares, unread."""
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and len(declared) < 20:
            self._check_size(int(declared))

    async def run(self, pieces: AsyncIterator[bytes], file: BinaryIO) -> None:
        """Write all pieces."""

        def write(piece: bytes) -> None:
            self._digest.update(piece)
            file.write(piece)

        async for piece in pieces:
            self.size += len(piece)
            self._look_at(piece)
            self._check_size(self.size)
            if self._allowance:
                self._allowance.take(len(piece))
            await asyncio.to_thread(write, piece)
        if self.size == 0:
            raise MediaRefused(MediaCode.MEDIA_EMPTY, "the URL answered with no content", limit=1, actual=0)
        self._look_at(b"", ended=True)

    def _look_at(self, piece: bytes, *, ended: bool = False) -> None:
        """Ask `head` once, when enough of the file is known."""
        if self._head_check is None:
            return
        self._head += piece[: HEAD_BYTES - len(self._head)]
        if ended or len(self._head) >= HEAD_BYTES:
            check, self._head_check = self._head_check, None
            most = check(self._head, self._content_type)
            self._most = self._most if most is None else min(most, self._most)

    def _check_size(self, size: int) -> None:
        if size > self._most:
            text = f"a media of its kind has at most {self._most} bytes"
            raise MediaRefused(MediaCode.MEDIA_TOO_LARGE, text, limit=self._most, actual=size)


def _discard(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)


def _charset(response: httpx.Response) -> str:
    found = _CHARSET.search(str(response.headers.get("content-type", ""))[:255])
    name = found[1].lower() if found else ""
    return name if name in _CHARSETS else "utf-8"


def _bad_answer(response: httpx.Response) -> MediaRefused:
    if response.status_code == 200:
        text = f"the URL answered in the encoding {encoding_of(response)[:40]!r}, which was not asked for"
    else:
        text = f"the URL answered {response.status_code}"
    return MediaRefused(MediaCode.MEDIA_UNREACHABLE, text, actual=response.status_code)
