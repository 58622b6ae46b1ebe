"""`munadi webhooks listen` and `verify`: receive or forward webhooks, or check one message offline."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from munadi.cli.command import command
from munadi.cli.completing import event_types
from munadi.cli.session import Session
from munadi.cli.webhooks.endpoints import app
from munadi.process.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from munadi.cli.webhooks.receiver import Received, Receiver

LONG_AGO_DAYS = 36_500


@command(app, "listen")
def listen(
    session: Session,
    port: Annotated[int, Option("--port", min=0, max=65535, help="0 picks a free one.")] = 0,
    secret: Annotated[
        str | None,
        Option("--secret", metavar="SECRET", help="The endpoint's secret, whsec_…; without it an endpoint is created."),
    ] = None,
    host: Annotated[str, Option("--host", help="The address to listen on.")] = "127.0.0.1",
    brand_ref: Annotated[str | None, Option("--brand-ref", metavar="BRAND", help="Only this brand's events.")] = None,
    count: Annotated[int | None, Option("--count", min=1, help="End after this many events.")] = None,
    forward_to: Annotated[
        str | None,
        Option("--forward-to", metavar="URL", help="Read the event log instead, and post its events there, signed."),
    ] = None,
    after: Annotated[
        int | None,
        Option("--after", min=0, metavar="POSITION", help="With --forward-to: from there on, not only new events."),
    ] = None,
    types: Annotated[
        list[str] | None,
        Option("--type", metavar="TYPE", help="Only this event type; repeat for more.", autocompletion=event_types),
    ] = None,
) -> None:
    """Receive webhooks here, check each signature and print the events, until Ctrl-C.

    Without --secret an endpoint for this receiver is created in Munadi, and deleted at the end. With --forward-to
    nothing listens and no endpoint is needed: only this command calls, so it works behind any firewall.
    """
    if forward_to is not None:
        from munadi.cli.webhooks.forwarding import Log, forward

        forward(session, Log(session, brand_ref, types), forward_to, secret, after=after, count=count)
        return
    if after is not None or types:
        raise CommandFailed("--after and --type need --forward-to", Exit.USAGE)
    from munadi.cli.webhooks.receiver import Receiver

    printed = _Printing(session, count)
    try:
        receiver = Receiver(printed, secret=secret, host=host, port=port)
    except OSError as error:
        raise CommandFailed(f"cannot listen on {host}:{port}: {error.strerror}") from error
    with receiver, _endpoint(session, receiver, brand_ref):
        session.out.note((f"listening on {receiver.url}  (Ctrl-C ends)", "dim"))
        with _terminated_sets(printed.enough), contextlib.suppress(KeyboardInterrupt):
            printed.enough.wait()


@command(app, "verify", remote=False)
def verify(
    session: Session,
    secret: Annotated[str, Option("--secret", metavar="SECRET", help="whsec_…, or whpk_… for ed25519.")],
    file: Annotated[Path, Option("--file", "-f", metavar="FILE", help="The body, exactly as received.")],
    headers: Annotated[Path, Option("--headers", metavar="FILE", help="JSON, or lines of name: value.")],
    any_age: Annotated[bool, Option("--any-age", help="Accept a message that is older than five minutes.")] = False,
) -> None:
    """Check a message's signature offline. Exits 1 if the secret did not sign it."""
    from datetime import timedelta

    from munadi.cli.webhooks.receiver import read_headers
    from munadi.webhooks.signing import TOLERANCE, WebhookVerificationError
    from munadi.webhooks.signing import verify as check

    try:
        body, given = file.read_bytes(), read_headers(headers.read_text())
    except (OSError, ValueError) as error:
        raise CommandFailed(f"cannot read it: {error}", Exit.USAGE) from error
    try:
        event = check(body, given, secret, timedelta(days=LONG_AGO_DAYS) if any_age else TOLERANCE)
    except WebhookVerificationError as error:
        raise CommandFailed(
            f"not verified: {error}", advice="Use the raw body, unchanged, and the endpoint's own secret."
        ) from error
    session.show({"verified": True, "event": event}, lambda out, _: out.line(("verified", "green")))


@contextlib.contextmanager
def _terminated_sets(ended: threading.Event) -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does, so that the endpoint is deleted then too."""
    previous = signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Printing:
    """Prints what arrives; `enough` is set after the wanted number of events."""

    def __init__(self, session: Session, count: int | None) -> None:
        self.enough = threading.Event()
        self._session = session
        self._left = count

    def __call__(self, received: Received) -> None:
        from munadi.cli.post_output import print_event

        if received.event is None:
            self._session.out.note(("refused  ", "red"), received.refused or "")
            return
        event: Any = received.event
        if self._session.out.as_json:
            self._session.out.json(event)
        elif {"type", "timestamp", "sequence", "data"} <= event.keys():
            print_event(self._session.out, event, note="verified, sent again" if received.again else "verified")
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.enough.set()


@contextlib.contextmanager
def _endpoint(session: Session, receiver: Receiver, brand_ref: str | None) -> Iterator[None]:
    """Create an endpoint while listening, unless the secret of an existing one was given."""
    if receiver.secret is not None:
        yield
        return
    made = session.client.webhooks.endpoints.create(
        receiver.url, brand_ref=brand_ref, description="munadi webhooks listen"
    )
    receiver.secret = made["secret"]
    session.out.note((f"endpoint {made['id']} is deleted at the end", "dim"))
    try:
        yield
    finally:
        session.client.webhooks.endpoints.delete(made["id"])
