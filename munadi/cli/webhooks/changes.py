"""Change an endpoint, replay events to it, delete it."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from munadi.cli.command import command
from munadi.cli.options import require_change
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.cli.webhooks.choices import Headers, MaxPerSecond, read_headers
from munadi.cli.webhooks.endpoints import EndpointId, app, print_endpoint


@command(app, "replay", takes="webhooks.replay")
def replay(session: Session, endpoint_id: EndpointId, **given: Any) -> None:
    """Resend an endpoint the events of a time span; each keeps its id."""
    count = 0
    while True:
        made = session.client.webhooks.replay(endpoint_id, **given)
        count += made["replayed"]
        if made["nextSince"] is None:
            break
        given["since"] = made["nextSince"]
        session.out.note((f"{count} events so far, up to {given['since']}", "dim"))
    session.show({"replayed": count, "nextSince": None}, _print_replayed)


@command(app, "update", takes="webhooks.update")
def update(
    session: Session,
    endpoint_id: EndpointId,
    url: Annotated[str | None, Option("--to", metavar="URL", help="Where events are posted to.")] = None,
    every: Annotated[bool, Option("--all", help="All event types of all channels.")] = False,
    enabled: Annotated[
        bool | None, Option("--enable/--disable", help="Enabling also sends the events that waited meanwhile.")
    ] = None,
    max_per_second: MaxPerSecond = None,
    headers: Headers = None,
    **changes: Any,
) -> None:
    """Change an endpoint, or enable a disabled one; options that you do not give stay as they are.

    Headers replace all that the endpoint had.
    """
    by_hand = {"url": url, "enabled": enabled, "headers": read_headers(headers)}
    changes |= {name: value for name, value in by_hand.items() if value is not None}
    if max_per_second is not None:
        changes["maxPerSecond"] = max_per_second or None
    if every:
        changes |= {"types": [], "channels": []}
    require_change(changes, "webhooks.update")
    session.show(session.client.webhooks.update(endpoint_id, changes), print_endpoint)


def _print_replayed(out: Output, made: Any) -> None:
    out.line((str(made["replayed"]), "bold"), " events are being resent; see munadi webhooks deliveries")
