"""Endpoints and their deliveries, and what an endpoint may choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.options import require_change
from munadi.cli.output import Cell, Output, status
from munadi.cli.paging import brand_of, facts_of, listing, status_of, time_of
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("webhooks", "Send events to your own systems, list deliveries, resend them.")

EndpointId = Annotated[str, Argument(metavar="ENDPOINT_ID", help="whe_…")]
DeliveryId = Annotated[str, Argument(metavar="DELIVERY_ID", help="dlv_…")]
MaxPerSecond = Annotated[
    int | None, Option("--max-per-second", min=0, metavar="NUMBER", help="Requests a second at most; 0: no limit.")
]
Headers = Annotated[
    list[str] | None, Option("--header", metavar="NAME:VALUE", help="Sent with each request; repeat. Sealed at rest.")
]


@command(app, "create", takes="webhooks.endpoints.create")
def create(
    session: Session,
    url: Annotated[str, Argument(metavar="URL", help="The URL that events are sent to.")],
    max_per_second: MaxPerSecond = None,
    headers: Headers = None,
    **given: Any,
) -> None:
    """Create an endpoint. Its secret is printed once."""
    made = session.client.webhooks.endpoints.create(
        url, max_per_second=max_per_second or None, headers=_read_headers(headers), **given
    )
    session.show(made, _print_secret)


@command(app, "update", takes="webhooks.endpoints.update")
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
    by_hand = {"url": url, "enabled": enabled, "headers": _read_headers(headers)}
    changes |= {name: value for name, value in by_hand.items() if value is not None}
    if max_per_second is not None:
        changes["maxPerSecond"] = max_per_second or None
    if every:
        changes |= {"types": [], "channels": []}
    require_change(changes, "webhooks.endpoints.update")
    session.show(session.client.webhooks.endpoints.update(endpoint_id, cast(Any, changes)), _print_endpoint)


@command(app, "test")
def test(session: Session, endpoint_id: EndpointId) -> None:
    """Send a webhook.test event and show the answer. Exits 1 if it was not delivered."""
    delivery = session.client.webhooks.endpoints.test(endpoint_id)
    session.show(delivery, _print_delivery)
    if delivery.get("status") != "delivered":
        import typer

        raise typer.Exit(1)


def _read_headers(lines: Sequence[str] | None) -> dict[str, str] | None:
    """Headers by their names; None if none are given. A line without a colon is a mistake in the call."""
    if not lines:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise CommandFailed("write a header as 'Name: value', such as 'Authorization: Bearer …'", Exit.USAGE)
        headers[name.strip()] = value.strip()
    return headers


def _print_secret(out: Output, endpoint: Any) -> None:
    out.facts([("endpoint", endpoint["id"]), ("url", endpoint["url"]), ("secret", (endpoint["secret"], "bold"))])
    out.note(("Copy the secret now, it is not shown again. Use it to verify signatures.", "dim"))


def _state(endpoint: Any) -> Cell:
    if not endpoint["enabled"]:
        return (f"disabled {endpoint['disabledReason'] or ''}".strip(), "red")
    return ("failing", "yellow") if endpoint["failingSince"] else ("ok", "green")


def _wants(endpoint: Any) -> str:
    return " ".join([*endpoint["types"], *endpoint["channels"]]) or "all"


def _delivery_state(delivery: Any) -> Cell:
    return ("deferred", "yellow") if delivery["deferred"] else status_of(delivery)


def _next_try(delivery: Any) -> str | None:
    return "endpoint disabled" if delivery.get("waitsForEndpoint") else clock_time(delivery["nextAttemptAt"])


def _print_delivery(out: Output, delivery: Any) -> None:
    out.facts(
        [
            ("delivery", delivery["id"]),
            ("event", f"{delivery['eventType']}  {delivery['eventId']}"),
            ("status", status(delivery["status"])),
            ("last answer", _last_answer(delivery)),
            ("next try", clock_time(delivery["nextAttemptAt"])),
            ("waits for", _waits_for(delivery)),
        ]
    )


def _waits_for(delivery: Any) -> str | None:
    if delivery.get("waitsForEndpoint"):  # older servers do not know it
        return f"its endpoint {delivery['endpointId']}, which is disabled; munadi webhooks update … --enable sends it"
    deferred = delivery["deferred"]
    return f"the limit {deferred['limit']} of {deferred['brandRef']}; raise it to send now" if deferred else None


def _last_answer(delivery: Any) -> str | None:
    tries = delivery["attemptLog"]
    if not tries:
        return None
    last = tries[-1]
    return f"{last['error'] or last['statusCode']} in {last['durationMs']} ms"


_print_endpoint = facts_of(
    {
        "endpoint": "id",
        "url": "url",
        "state": _state,
        "brand": brand_of,
        "events": _wants,
        "description": "description",
        "failing since": time_of("failingSince"),
    }
)
_print_endpoints = listing(
    {"id": "id", "state": _state, "brand": brand_of, "events": _wants, "url": "url"}, empty="no endpoints"
)

_print_deliveries = listing(
    {
        "id": "id",
        "event": "eventType",
        "status": _delivery_state,
        "tries": lambda delivery: str(delivery["attempts"]),
        "last answer": _last_answer,
        "next try": _next_try,
    },
    empty="no deliveries",
)

ROTATED = "Make a new secret; the old one still signs for 24 hours. It is printed once."
plain(app, "list", "webhooks.endpoints.list", _print_endpoints, "List endpoints.")
plain(app, "get", "webhooks.endpoints.get", _print_endpoint, "Show an endpoint and its health.", of=EndpointId)
plain(
    app,
    "delete",
    "webhooks.endpoints.delete",
    "deleted",
    "Delete an endpoint, and what is still waiting for it.",
    of=EndpointId,
)
plain(app, "rotate", "webhooks.endpoints.rotate_secret", _print_secret, ROTATED, of=EndpointId)
# As the API names it.
plain(app, "rotate-secret", "webhooks.endpoints.rotate_secret", _print_secret, ROTATED, of=EndpointId, hidden=True)
plain(
    app,
    "deliveries",
    "webhooks.deliveries.list",
    _print_deliveries,
    "List deliveries and the answer to each one's last attempt.",
)
plain(
    app,
    "redeliver",
    "webhooks.deliveries.redeliver",
    _print_delivery,
    "Resend a delivery, whatever its status.",
    of=DeliveryId,
)
