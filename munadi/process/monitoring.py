"""The port of a process for monitors: `/healthz`, `/readyz` and `/metrics`, beside its work.

It answers in a thread of its own, so that it can report an event loop that hangs. It takes no slot and no place of the
work: readiness is asked for in the event loop, once at a time, and everything else is in memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from munadi import __version__
from munadi.config import MetricsSettings, Settings
from munadi.process import temporal_metrics
from munadi.process.exposure import is_loopback
from munadi.process.listening import ListenAddress
from munadi.process.pulse import Pulse, beating
from munadi.telemetry import metrics

log = logging.getLogger("munadi.monitoring")

# Seconds without a turn of the event loop after which the process does not count as alive; the watchdog ends it later.
STUCK_AFTER = 10.0
# How long a probe waits for the answer of the event loop, and for how long others get the same answer.
READY_PATIENCE, READY_FRESH = 3.0, 1.0
# Requests at the same time, seconds for one to arrive, and seconds between two tries to get a port that is taken.
AT_ONCE, ARRIVES_WITHIN, RETRY = 8, 5.0, 15.0
# Seconds between two times that what the SDK has counted is taken from it.
DRAIN = 5.0
_CLOSED = "set MUNADI_METRICS__TOKEN and send it as bearer token, or set MUNADI_METRICS__PUBLIC=true\n"


@dataclass(frozen=True)
class Readiness:
    """Whether a process can do its work, and the state of what it needs."""

    is_ready: bool
    facts: dict[str, Any] = field(default_factory=dict)


ReadinessCheck = Callable[[], Awaitable[Readiness]]


@asynccontextmanager
async def monitored(settings: Settings, process: str, check: ReadinessCheck) -> AsyncIterator[None]:
    """While the block runs, measure the event loop, and answer monitors if `MUNADI_METRICS_LISTEN` is set."""
    metrics.BUILD.labels(process, __version__).set(1)
    async with beating() as pulse:
        if settings.metrics_listen is None:
            yield
            return
        address = ListenAddress.parse(settings.metrics_listen)
        answers = _Answers(asyncio.get_running_loop(), pulse, check, settings.metrics, address)
        with _listening(address, answers):
            yield


@contextmanager
def _listening(address: ListenAddress, answers: _Answers) -> Iterator[None]:
    ending = threading.Event()
    thread = threading.Thread(target=_serve, args=(address, answers, ending), name="munadi-monitoring", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()


def _serve(address: ListenAddress, answers: _Answers, ending: threading.Event) -> None:
    """Listen and answer. A port that is taken never stops the work of the process: it is tried again."""
    while not ending.is_set():
        try:
            server = _Server(address, answers)
        except OSError as error:
            log.error(
                "cannot answer monitors at %s:%s (MUNADI_METRICS_LISTEN): %s; trying again in %.0f s",
                address.host,
                address.port,
                error.strerror or error,
                RETRY,
            )
            ending.wait(RETRY)
            continue
        with server:
            while not ending.is_set():
                server.handle_request()
                answers.drain()
        return


class _Answers:
    """What is answered to each path, as status, media type and body. Called in threads."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pulse: Pulse,
        check: ReadinessCheck,
        settings: MetricsSettings,
        address: ListenAddress,
    ) -> None:
        self._loop = loop
        self._pulse = pulse
        self._check = check
        self._settings = settings
        self._address = address
        self._asking = threading.Lock()
        self._last = Readiness(False, {"status": "not_ready"})
        self._fresh_until = 0.0
        self._drained_at = 0.0

    def health(self) -> tuple[int, str, bytes]:
        """200 while the event loop turns."""
        stuck = self._pulse.seconds_since
        if stuck > STUCK_AFTER:
            return _json(503, {"status": "stuck", "detail": f"the event loop has not turned for {stuck:.0f} s"})
        return _json(200, {"status": "ok"})

    def ready(self) -> tuple[int, str, bytes]:
        """200 while the process can do its work."""
        with self._asking:
            if time.monotonic() >= self._fresh_until:
                self._last = self._ask()
                self._fresh_until = time.monotonic() + READY_FRESH
            found = self._last
        status = "ready" if found.is_ready else "not_ready"
        return _json(200 if found.is_ready else 503, {"status": status, **found.facts})

    def metrics(self, host: str, authorization: str) -> tuple[int, str, bytes]:
        """The metrics, for those who may read them."""
        if not self._may_read(host, authorization):
            return 401, "text/plain; charset=utf-8", _CLOSED.encode()
        return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)

    def drain(self) -> None:
        """Take what the SDK has counted, now and then, so that its buffer never fills."""
        now = time.monotonic()
        if now >= self._drained_at + DRAIN:
            self._drained_at = now
            temporal_metrics.drain()

    def _ask(self) -> Readiness:
        asked = asyncio.run_coroutine_threadsafe(_awaited(self._check), self._loop)
        try:
            return asked.result(timeout=READY_PATIENCE)
        except TimeoutError:
            asked.cancel()
            return Readiness(False, {"detail": f"the process did not answer within {READY_PATIENCE:.0f} s"})

    def _may_read(self, host: str, authorization: str) -> bool:
        """A web page may have a name of its own that its owner points at loopback, so loopback has its own names."""
        token = self._settings.token.get_secret_value() if self._settings.token else ""
        if token and secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            return True
        is_own = not self._address.is_loopback or is_loopback(_hostname(host))
        return is_own and (self._settings.public or (self._address.is_loopback and not token))


async def _awaited(check: ReadinessCheck) -> Readiness:
    return await check()


class _Server(ThreadingHTTPServer):
    """Bounded: a few requests at a time, each of which arrives in time. Others are closed at once."""

    daemon_threads = True
    timeout = 1.0  # of `handle_request`, while nobody asks

    def __init__(self, address: ListenAddress, answers: _Answers) -> None:
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self.answers = answers
        self._room = threading.BoundedSemaphore(AT_ONCE)
        super().__init__((address.host, address.port), _Exchange)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is none of our errors."""
        log.debug("a request to the port for monitors broke off", exc_info=True)


class _Exchange(BaseHTTPRequestHandler):
    timeout = ARRIVES_WITHIN
    server: _Server
    server_version, sys_version = "munadi", ""

    def do_GET(self) -> None:
        answers = self.server.answers
        match urlsplit(self.path).path:
            case "/healthz":
                answer = answers.health()
            case "/readyz":
                answer = answers.ready()
            case "/metrics":
                answer = answers.metrics(self.headers.get("host", ""), self.headers.get("authorization", ""))
            case _:
                answer = 404, "text/plain; charset=utf-8", b"/healthz, /readyz or /metrics\n"
        status, kind, body = answer
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Monitors ask all the time; what they get is not worth a line."""


def _json(status: int, body: dict[str, Any]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
