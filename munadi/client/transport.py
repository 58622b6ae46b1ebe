"""Requests, and which of them may be repeated: reads, and POSTs that carry an idempotency key. Nothing else."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from munadi.client.errors import NotReachable, problem_of

# Seconds between tries. A dead server is reported within two seconds, a restarting one is usually back.
PAUSES = (0.2, 0.5, 1.0)
LONGEST_WAIT = 10.0
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
UPLOAD_TIMEOUT = httpx.Timeout(300.0, connect=5.0)
TOO_BUSY = 503
IN_FLIGHT = 409


class Transport:
    """One API, one key. `transport` stands in for the network in tests, `pause` for sleeping."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"accept": "application/json", "user-agent": "munadi-client"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        self.url = url.rstrip("/")
        self._pause = pause
        # A proxy of the environment would see a key that is meant for one host.
        self._http = httpx.Client(
            base_url=self.url, headers=headers, timeout=TIMEOUT, transport=transport, trust_env=False
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a read. Raises ProblemError, NotReachable; so does every call here."""
        return self.send("GET", path, params=params).json()

    def post(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """The JSON of a POST, under a key of its own unless one is given."""
        return self.send("POST", path, body=body, idempotency_key=idempotency_key or new_key()).json()

    def upload(self, path: str, file: Path, fields: Mapping[str, str]) -> Any:
        """The JSON of a multipart POST of one file. The same bytes again are the same upload, not another one."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return self.send("POST", path, fields=fields, file=file, idempotency_key=f"file-{digest}").json()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        fields: Mapping[str, str] | None = None,
        file: Path | None = None,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The 2xx answer of one request, repeated where that is safe."""
        sent = dict(headers or {})
        if idempotency_key is not None:
            sent["idempotency-key"] = idempotency_key
        given = {name: value for name, value in (params or {}).items() if value is not None}

        def once() -> httpx.Response:
            with ExitStack() as stack:
                opened = {"file": (file.name, stack.enter_context(file.open("rb")))} if file else None
                timeout = UPLOAD_TIMEOUT if file else TIMEOUT
                return self._http.request(
                    method, path, params=given, json=body, data=fields, files=opened, headers=sent, timeout=timeout
                )

        answer = self._repeated(once) if method == "GET" or idempotency_key else self._tried(once)
        if not answer.is_success:
            raise problem_of(answer)
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _tried(self, once: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            return once()
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise NotReachable(self.url, str(error) or type(error).__name__) from error

    def _repeated(self, once: Callable[[], httpx.Response]) -> httpx.Response:
        for pause in PAUSES:
            try:
                answer = self._tried(once)
            except NotReachable as error:
                if isinstance(error.__cause__, httpx.UnsupportedProtocol | httpx.InvalidURL):
                    raise
            else:
                wait = _wish(answer, pause)
                if wait is None:
                    return answer
                pause = wait
            self._pause(pause)
        return self._tried(once)


def new_key() -> str:
    """An idempotency key that nobody used before."""
    return str(uuid.uuid4())


def _wish(answer: httpx.Response, pause: float) -> float | None:
    """Seconds until a repeat is worth it, None when this is the answer.

    A 409 with Retry-After is our own earlier try, still in flight under the same key.
    """
    seconds = answer.headers.get("retry-after", "")
    if answer.status_code == IN_FLIGHT and not seconds:
        return None
    if answer.status_code not in (TOO_BUSY, IN_FLIGHT):
        return None
    return min(float(seconds), LONGEST_WAIT) if seconds.isdigit() else pause
