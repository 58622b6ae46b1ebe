"""Endpoints and deliveries, through the API."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument

from munadi.cli.command import command, group, plain
from munadi.cli.output import Cell, Output, status
from munadi.cli.paging import brand_of, facts_of, listing, status_of, time_of
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session
from munadi.cli.webhooks.choices import Headers, MaxPerSecond, read_headers

app = group("webhooks", "Send events to your own systems, list deliveries, resend them.")

EndpointId = Annotated[str, Argument(metavar="ENDPOINT_ID", help="whe_…")]
DeliveryId = Annotated[str, Argument(metavar="DELIVERY_ID", help="dlv_…")]


@command(app, "create", takes="webhooks.create")
def create(
    session: Session,
    url: Annotated[str, Argument(metavar="URL", help="The URL that events are sent to.")],
    max_per_second: MaxPerSecond = None,
    headers: Headers = None,
    **given: Any,
) -> None:
    """Create an endpoint. Its secret is printed once."""
    made = session.client.webhooks.create(
        url, max_per_second=max_per_second or None, headers=read_headers(headers), **given
    )
    session.show(made, _print_secret)


@command(app, "test")
def test(session: Session, endpoint_id: EndpointId) -> None:
    """Send a webhook.test event and show the answer. Exits 1 if it was not delivered."""
    delivery = session.client.webhooks.test(endpoint_id)
    session.show(delivery, _print_delivery)
    if delivery.get("status") != "delivered":
        import typer

        raise typer.Exit(1)


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


print_endpoint = facts_of(
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
plain(app, "list", "webhooks.list", _print_endpoints, "List endpoints.")
plain(app, "get", "webhooks.get", print_endpoint, "Show an endpoint and its health.", of=EndpointId)
plain(
    app, "delete", "webhooks.delete", "deleted", "Delete an endpoint, and what is still waiting for it.", of=EndpointId
)
plain(app, "rotate", "webhooks.rotate_secret", _print_secret, ROTATED, of=EndpointId)
# As the API names it.
plain(app, "rotate-secret", "webhooks.rotate_secret", _print_secret, ROTATED, of=EndpointId, hidden=True)
plain(
    app,
    "deliveries",
    "webhooks.deliveries",
    _print_deliveries,
    "List deliveries and the answer to each one's last attempt.",
)
plain(app, "redeliver", "webhooks.redeliver", _print_delivery, "Resend a delivery, whatever its status.", of=DeliveryId)
