"""The two transports: one runs an operation's steps on this thread, one on an event loop. They make no decisions."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from munadi.client.errors import ClientError, NotReachable
from munadi.client.retrying import RETRIES, pauses_of
from munadi.client.steps import Digest, Emit, Pause, Repeats, RunningOperation, Step, Try, Upload, key_header

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
UPLOAD_TIMEOUT = httpx.Timeout(300.0, connect=5.0)
Clock = Callable[[], float]
# A proxy from the environment would see an API key that is meant for one host.
OPTIONS: dict[str, Any] = {"timeout": TIMEOUT, "trust_env": False}
# Each task that waits for a post holds a connection; other calls shall find one.
CONNECTIONS = httpx.Limits(max_connections=1_000, max_keepalive_connections=20)


class Transport:
    """The transport of `Client`. Tests replace the network by `transport`, and sleeping by `pause`."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        retries: int = RETRIES,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self._pauses = pauses_of(retries)
        self.url, self.clock, self._pause = url.rstrip("/"), clock, pause
        self._headers = _headers(api_key)
        self._http = httpx.Client(base_url=self.url, transport=transport, **OPTIONS)

    def run(self, operation: Iterable[Step]) -> Any:
        """The result of an operation. Raises what it raises: ProblemError, NotReachable."""
        running: RunningOperation[Any] = RunningOperation(operation)
        while (step := running.next()) is not None:
            self._take(step, running)
        return running.result

    def iterate(self, operation: Iterable[Step]) -> Iterator[Any]:
        """Each value that an operation yields."""
        running: RunningOperation[Any] = RunningOperation(operation)
        while (step := running.next()) is not None:
            if isinstance(step, Emit):
                yield step.value
            else:
                self._take(step, running)

    def close(self) -> None:
        """Close the connections to the API. The transport cannot be used afterwards."""
        self._http.close()

    def _take(self, step: Step, running: RunningOperation[Any]) -> None:
        try:
            match step:
                case Try():
                    running.answer(self._try(step))
                case Repeats():
                    running.answer(self._pauses)
                case Digest(file):
                    running.answer(_digest(file))
                case Pause(seconds):
                    self._pause(seconds)
        except ClientError as error:
            running.fail(error)

    def _try(self, attempt: Try) -> httpx.Response:
        with _unanswered(self.url), _opened(attempt.call.upload) as file:
            return self._http.request(**_arguments(attempt, self._headers, file))


class AsyncTransport:
    """The transport of `AsyncClient`. `http` shares the connections of another transport."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        retries: int = RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
        http: httpx.AsyncClient | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self._retries, self._pauses = retries, pauses_of(retries)
        self.url, self.clock, self._pause = url.rstrip("/"), clock, pause
        self._headers = _headers(api_key)
        self._http = http or httpx.AsyncClient(base_url=self.url, transport=transport, limits=CONNECTIONS, **OPTIONS)

    def with_key(self, api_key: str | None) -> AsyncTransport:
        """A transport on the same connections with another key."""
        return AsyncTransport(
            self.url, api_key, retries=self._retries, http=self._http, pause=self._pause, clock=self.clock
        )

    async def run(self, operation: Iterable[Step]) -> Any:
        """The result of an operation. Raises what it raises: ProblemError, NotReachable."""
        running: RunningOperation[Any] = RunningOperation(operation)
        while (step := running.next()) is not None:
            await self._take(step, running)
        return running.result

    async def iterate(self, operation: Iterable[Step]) -> AsyncIterator[Any]:
        """Each value that an operation yields. Raises what it raises: ProblemError, NotReachable."""
        running: RunningOperation[Any] = RunningOperation(operation)
        while (step := running.next()) is not None:
            if isinstance(step, Emit):
                yield step.value
            else:
                await self._take(step, running)

    async def aclose(self) -> None:
        """Close the connections to the API. The transport cannot be used afterwards."""
        await self._http.aclose()

    async def _take(self, step: Step, running: RunningOperation[Any]) -> None:
        try:
            match step:
                case Try():
                    running.answer(await self._try(step))
                case Repeats():
                    running.answer(self._pauses)
                case Digest(file):
                    running.answer(await asyncio.to_thread(_digest, file))
                case Pause(seconds):
                    await self._pause(seconds)
        except ClientError as error:
            running.fail(error)

    async def _try(self, attempt: Try) -> httpx.Response:
        with _unanswered(self.url), _opened(attempt.call.upload) as file:
            return await self._http.request(**_arguments(attempt, self._headers, file))


class _Counted:
    """A file that reports how much of it was read."""

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._file, self._on_bytes = file, on_bytes

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._on_bytes(self._file.tell())
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()


def _headers(api_key: str | None) -> dict[str, str]:
    headers = {"accept": "application/json", "user-agent": "munadi-client"}
    return headers | ({"authorization": f"Bearer {api_key}"} if api_key else {})


def _arguments(attempt: Try, headers: Mapping[str, str], file: Any) -> dict[str, Any]:
    """The arguments of the httpx request. ValueError for an address in place of a path: the API key goes along."""
    if not attempt.call.path.startswith("/") or attempt.call.path.startswith("//"):
        raise ValueError(f"a path of the API begins with one slash: {attempt.call.path[:200]!r}")
    call, key = attempt.call, attempt.idempotency_key
    upload = call.upload
    is_form, body_type = upload is not None and upload.body_type is None, upload.body_type if upload else None
    with_key = {} if key is None else {"idempotency-key": key_header(key)}
    return {
        "method": call.method,
        "url": call.path,
        "params": {name: value for name, value in call.params.items() if value is not None},
        "json": call.body,
        "data": call.fields,
        "files": {"file": (upload.file.name, file)} if upload and is_form else None,
        "content": file if body_type else None,
        "headers": {**headers, **call.headers, **with_key, **({"content-type": body_type} if body_type else {})},
        "timeout": TIMEOUT if upload is None else UPLOAD_TIMEOUT,
    }


@contextmanager
def _opened(upload: Upload | None) -> Iterator[Any]:
    if upload is None:
        yield None
        return
    with upload.file.open("rb") as file:
        yield file if upload.on_bytes is None else _Counted(file, upload.on_bytes)


@contextmanager
def _unanswered(url: str) -> Iterator[None]:
    """The network library's errors as NotReachable."""
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise NotReachable(url, str(error), is_no_address=True) from error
    except httpx.TransportError as error:
        raise NotReachable(url, str(error) or type(error).__name__) from error


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
