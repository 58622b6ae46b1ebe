"""`munadi webhooks listen --forward-to`: posts the event log to a receiver, signed as an endpoint's deliveries are.

Only the API is called from here, so it works where Munadi cannot reach the receiver: behind a firewall, or on a laptop.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import httpx

from munadi.cli.post_output import print_event
from munadi.cli.session import Session
from munadi.cli.watching import PATIENCE
from munadi.client import NotReachable, ProblemError
from munadi.process.exits import CommandFailed, Exit
from munadi.webhooks.signing import generate_secret, headers

if TYPE_CHECKING:
    from munadi.client.shapes import Event

PAUSE = 1.0
# As long as a delivery may take.
TIMEOUT = 15.0
# No log is longer: the API takes no later position.
_LAST = 2**62


def forward(session: Session, log: Log, url: str, secret: str | None, *, after: int | None, count: int | None) -> None:
    """Post the events after a position, or only new ones, until Ctrl-C or `count` of them.

    Without a secret it makes one and prints it. Raises CommandFailed for a URL or a secret that cannot be used.
    """
    made = secret is None
    secret = secret or generate_secret()
    forwarder = _forwarder(session, url, secret)
    start = log.end() if after is None else after
    if made and session.out.as_json:
        session.out.json({"secret": secret})
    elif made:
        session.out.note(("secret  ", "dim"), (secret, "bold"), ("  verifies what is forwarded", "dim"))
    session.out.note((f"events after position {start} are forwarded to {url}  (Ctrl-C ends)", "dim"))
    left = count
    with contextlib.closing(forwarder), contextlib.suppress(KeyboardInterrupt):
        for event in log.follow(start):
            status = forwarder.send(event, lambda reason: session.out.note((f"waiting for {url}: {reason}", "yellow")))
            if session.out.as_json:
                session.out.json({"event": event, "statusCode": status})
            print_event(session.out, cast("Event", event), note=f"answered {status}, position {event['position']}")
            left = None if left is None else left - 1
            if left == 0:
                return


def _forwarder(session: Session, url: str, secret: str) -> Forwarder:
    if not url.startswith(("http://", "https://")):
        raise CommandFailed("--forward-to needs a URL that begins with http:// or https://", Exit.USAGE)
    try:
        headers(secret, "evt_1", datetime.now(UTC), b"")
    except ValueError as error:
        raise CommandFailed(f"--secret cannot sign: {error}", Exit.USAGE) from error
    return Forwarder(url, secret, pause=session.pause or time.sleep)


@dataclass(frozen=True)
class Log:
    """The event log as this command reads it: of one brand or all, of some types or all."""

    session: Session
    brand_ref: str | None
    types: Sequence[str] | None

    def end(self) -> int:
        """The position after which there is nothing yet: found by halving, since the log is ordered."""
        low, high = 0, 1
        while high < _LAST and self._page(high, 1)["data"]:
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            if self._page(middle, 1)["data"]:
                low = middle + 1
            else:
                high = middle
        return low

    def follow(self, after: int) -> Iterator[dict[str, Any]]:
        """Every event after a position, and new ones as they come. Waits a minute for an API that does not answer."""
        pause, away_since = self.session.pause or time.sleep, None
        while True:
            try:
                page = self._page(after, None)
                away_since = None
            except (NotReachable, ProblemError) as error:
                if isinstance(error, ProblemError) and not error.is_away:
                    raise
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > PATIENCE:
                    raise
                pause(PAUSE)
                continue
            for event in page["data"]:
                after = event["position"]
                yield event
            if page["nextCursor"] is None:
                pause(PAUSE)

    def _page(self, after: int, limit: int | None) -> Any:
        return self.session.client.events.list(after, brand_ref=self.brand_ref, types=self.types, limit=limit)


class Forwarder:
    """Posts events to `url`, signed with `secret` (`whsec_…`, or `whsk_…` for ed25519). Close it after use."""

    def __init__(
        self, url: str, secret: str, *, pause: Callable[[float], None], transport: httpx.BaseTransport | None = None
    ) -> None:
        self._url, self._secret, self._pause = url, secret, pause
        self._client = httpx.Client(timeout=TIMEOUT, transport=transport, trust_env=False)

    def send(self, event: dict[str, Any], on_wait: Callable[[str], None]) -> int:
        """The status of the answer. While nothing answers it waits and tries again, so that no event is left out.

        `on_wait` is called once per event that has to wait, with the reason.
        """
        body = body_of(event)
        waited = False
        while True:
            try:
                return self._client.post(self._url, content=body, headers=self._headers(event["id"], body)).status_code
            except httpx.TransportError as error:
                if not waited:
                    on_wait(str(error) or type(error).__name__)
                waited = True
                self._pause(PAUSE)

    def close(self) -> None:
        """Close the connections to the local receiver."""
        self._client.close()

    def _headers(self, event_id: str, body: bytes) -> dict[str, str]:
        return {**headers(self._secret, event_id, datetime.now(UTC), body), "content-type": "application/json"}


def body_of(event: dict[str, Any]) -> bytes:
    """The body that an endpoint would get: the event as logged, but for its position in the log."""
    sent = {name: value for name, value in event.items() if name != "position"}
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()
