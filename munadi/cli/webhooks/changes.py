"""Change an endpoint, replay events to it, delete it."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from munadi.cli.command import command
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.cli.webhooks.choices import Headers, MaxPerSecond, OrderingChoice, PayloadChoice, read_headers
from munadi.cli.webhooks.endpoints import Channels, EndpointId, Types, app, print_endpoint
from munadi.process.exits import CommandFailed, Exit


@command(app, "replay")
def replay(
    session: Session,
    endpoint_id: EndpointId,
    since: Annotated[str, Option("--since", metavar="TIME", help="Start of the time span, ISO 8601 with an offset.")],
    until: Annotated[
        str | None, Option("--until", metavar="TIME", help="End of the time span; now by default.")
    ] = None,
    types: Types = None,
) -> None:
    """Resend an endpoint the events of a time span; each keeps its id."""
    count, start = 0, since
    while True:
        made = session.client.webhooks.replay(endpoint_id, start, until, types)
        count += made["replayed"]
        if made["nextSince"] is None:
            break
        start = made["nextSince"]
        session.out.note((f"{count} events so far, up to {start}", "dim"))
    session.show({"replayed": count, "nextSince": None}, _print_replayed)


@command(app, "update")
def update(
    session: Session,
    endpoint_id: EndpointId,
    url: Annotated[str | None, Option("--to", metavar="URL", help="Where events are posted to.")] = None,
    types: Types = None,
    channels: Channels = None,
    every: Annotated[bool, Option("--all", help="All event types of all channels.")] = False,
    description: Annotated[str | None, Option("--description", help="For people.")] = None,
    enabled: Annotated[
        bool | None, Option("--enable/--disable", help="Enabling also sends the events that waited meanwhile.")
    ] = None,
    payload: PayloadChoice = None,
    ordering: OrderingChoice = None,
    max_per_second: MaxPerSecond = None,
    headers: Headers = None,
) -> None:
    """Change an endpoint, or enable a disabled one; options that you do not give stay as they are.

    Headers replace all that the endpoint had.
    """
    given: dict[str, Any] = {
        "url": url,
        "types": types,
        "channels": channels,
        "description": description,
        "enabled": enabled,
    }
    given |= {"payload": payload, "ordering": ordering, "headers": read_headers(headers)}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if max_per_second is not None:
        changes["maxPerSecond"] = max_per_second or None
    if every:
        changes |= {"types": [], "channels": []}
    if not changes:
        raise CommandFailed("name what to change, such as --enable", Exit.USAGE)
    session.show(session.client.webhooks.update(endpoint_id, changes), print_endpoint)


@command(app, "delete")
def delete(session: Session, endpoint_id: EndpointId) -> None:
    """Delete an endpoint, and what is still waiting for it."""
    session.client.webhooks.delete(endpoint_id)
    session.done("deleted", endpoint_id)


def _print_replayed(out: Output, made: Any) -> None:
    out.line((str(made["replayed"]), "bold"), " events are being resent; see munadi webhooks deliveries")
