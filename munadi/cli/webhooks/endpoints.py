"""Endpoints and deliveries, through the API."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.completing import channels as channel_names
from munadi.cli.completing import delivery_statuses, event_types
from munadi.cli.output import Cell, Output, status
from munadi.cli.paging import Cursor, Limit, brand_of, listing, status_of
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session
from munadi.cli.webhooks.choices import (
    Headers,
    MaxPerSecond,
    OrderingChoice,
    PayloadChoice,
    SignatureChoice,
    read_headers,
)

app = group("webhooks", "Send events to your own systems, list deliveries, resend them.")

EndpointId = Annotated[str, Argument(metavar="ENDPOINT_ID", help="whe_…")]
Types = Annotated[
    list[str] | None,
    Option("--type", metavar="TYPE", help="Only this event type; repeat for more.", autocompletion=event_types),
]
Channels = Annotated[
    list[str] | None,
    Option("--channel", metavar="CHANNEL", help="Only on this channel; repeat for more.", autocompletion=channel_names),
]
BrandRef = Annotated[str | None, Option("--brand-ref", metavar="BRAND", help="Only this brand's events.")]


@command(app, "list")
def list_(session: Session, limit: Limit = None, cursor: Cursor = None) -> None:
    """List endpoints."""
    session.show(session.client.webhooks.list(limit, cursor), _print_endpoints)


@command(app, "create")
def create(
    session: Session,
    url: Annotated[str, Argument(metavar="URL", help="The URL that events are sent to.")],
    brand_ref: BrandRef = None,
    types: Types = None,
    channels: Channels = None,
    description: Annotated[str | None, Option("--description", help="For people.")] = None,
    payload: PayloadChoice = None,
    signature: SignatureChoice = None,
    ordering: OrderingChoice = None,
    max_per_second: MaxPerSecond = None,
    headers: Headers = None,
) -> None:
    """Create an endpoint. Its secret is printed once."""
    made = session.client.webhooks.create(
        url,
        brand_ref=brand_ref,
        types=types,
        channels=channels,
        description=description,
        payload=payload,
        signature=signature,
        ordering=ordering,
        max_per_second=max_per_second or None,
        headers=read_headers(headers),
    )
    session.show(made, _print_secret)


@command(app, "rotate")
@command(app, "rotate-secret", hidden=True)  # as the API names it
def rotate(
    session: Session,
    endpoint_id: EndpointId,
    revoke_previous: Annotated[
        bool, Option("--revoke-previous", help="End the old secret at once, for one that has leaked.")
    ] = False,
    signature: SignatureChoice = None,
) -> None:
    """Make a new secret; the old one still signs for 24 hours. It is printed once."""
    made = session.client.webhooks.rotate_secret(endpoint_id, revoke_previous=revoke_previous, signature=signature)
    session.show(made, _print_secret)


@command(app, "test")
def test(session: Session, endpoint_id: EndpointId) -> None:
    """Send a webhook.test event and show the answer. Exits 1 if it was not delivered."""
    delivery = session.client.webhooks.test(endpoint_id)
    session.show(delivery, _print_delivery)
    if delivery.get("status") != "delivered":
        import typer

        raise typer.Exit(1)


@command(app, "deliveries")
def deliveries(
    session: Session,
    endpoint_id: Annotated[
        str | None, Option("--endpoint-id", metavar="ENDPOINT_ID", help="Only to this endpoint.")
    ] = None,
    event_id: Annotated[str | None, Option("--event-id", metavar="EVENT_ID", help="Only for this event.")] = None,
    content_id: Annotated[str | None, Option("--content-id", metavar="CONTENT_ID", help="Only for this post.")] = None,
    status_: Annotated[
        str | None, Option("--status", metavar="STATUS", help="Such as pending.", autocompletion=delivery_statuses)
    ] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List deliveries and the answer to each one's last attempt."""
    from munadi.cli.content_columns import wrong_filters_as_usage

    with wrong_filters_as_usage():
        page = session.client.webhooks.deliveries(
            endpoint_id=endpoint_id,
            event_id=event_id,
            content_id=content_id,
            status=status_,
            limit=limit,
            cursor=cursor,
        )
    session.show(page, _print_deliveries)


@command(app, "redeliver")
def redeliver(session: Session, delivery_id: Annotated[str, Argument(metavar="DELIVERY_ID", help="dlv_…")]) -> None:
    """Resend a delivery, whatever its status."""
    session.show(session.client.webhooks.redeliver(delivery_id), _print_delivery)


def _print_secret(out: Output, endpoint: Any) -> None:
    out.facts([("endpoint", endpoint["id"]), ("url", endpoint["url"]), ("secret", (endpoint["secret"], "bold"))])
    out.note(("Copy the secret now, it is not shown again. Use it to verify signatures.", "dim"))


def print_endpoint(out: Output, endpoint: Any) -> None:
    """One endpoint and its health."""
    out.facts(
        [
            ("endpoint", endpoint["id"]),
            ("url", endpoint["url"]),
            ("state", _state(endpoint)),
            ("brand", endpoint["brandRef"] or "all"),
            ("events", _wants(endpoint)),
            ("description", endpoint["description"]),
            ("failing since", clock_time(endpoint["failingSince"])),
        ]
    )


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


_print_endpoints = listing(
    {
        "id": "id",
        "state": _state,
        "brand": brand_of,
        "events": _wants,
        "url": "url",
    },
    empty="no endpoints",
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
