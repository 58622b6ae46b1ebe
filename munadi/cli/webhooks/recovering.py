"""Send an endpoint events again: all of a time span, or what it missed, with the progress until the end."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from typer import Option

from munadi.cli.command import command
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.cli.webhooks.endpoints import EndpointId, app
from munadi.process.exits import Exit

PAUSE = 1.0
# A recovery of which some deliveries are deferred has ended for now when it did not move in so many looks.
STILL_LOOKS = 5


@command(app, "replay", takes="webhooks.endpoints.replay")
def replay(session: Session, endpoint_id: EndpointId, **given: Any) -> None:
    """Resend an endpoint the events of a time span; each keeps its id."""
    count = 0
    while True:
        made = session.client.webhooks.endpoints.replay(endpoint_id, **given)
        count += made["replayed"]
        if made["nextSince"] is None:
            break
        given["since"] = made["nextSince"]
        session.out.note((f"{count} events so far, up to {given['since']}", "dim"))
    session.show({"replayed": count, "nextSince": None}, _print_replayed)


@command(app, "recover", takes="webhooks.endpoints.recover")
def recover(
    session: Session,
    endpoint_id: EndpointId,
    wait: Annotated[bool, Option("--wait/--no-wait", help="Show the progress until the end.")] = True,
    **given: Any,
) -> None:
    """Send an endpoint the events that did not arrive, in the background.

    Each event keeps its id. With Ctrl-C the command ends, and the recovery continues. Exits 1 if something could not be
    sent.
    """
    recovery = session.client.webhooks.endpoints.recover(endpoint_id, **given)
    session.out.note((f"{recovery['total']} events to send, recovery {recovery['id']}", "dim"))
    if wait:
        recovery = _follow(session, endpoint_id, recovery)
    session.show(recovery, _print)
    if wait and (recovery["status"] != "done" or recovery["failed"]):
        raise typer.Exit(Exit.REFUSED)


def _follow(session: Session, endpoint_id: str, recovery: Any) -> Any:
    """The recovery at its end, or when a limit keeps it from moving."""
    pause, still = session.pause or time.sleep, 0
    while recovery["status"] == "running" and not (recovery["deferred"] and still >= STILL_LOOKS):
        pause(PAUSE)
        found = session.client.webhooks.endpoints.recoveries.get(endpoint_id, recovery["id"])
        still = still + 1 if found == recovery else 0
        if not still:
            session.out.note((_progress(found), "dim"))
        recovery = found
    return recovery


def _progress(recovery: Any) -> str:
    parts = [f"{recovery['sent']} of {recovery['total']} sent"]
    parts += [f"{recovery[name]} {name}" for name in ("failed", "deferred") if recovery[name]]
    return ", ".join(parts)


def _print(out: Output, recovery: Any) -> None:
    out.line((recovery["status"], "bold"), f": {_progress(recovery)}")
    if recovery["failed"]:
        out.note("The endpoint did not take them. See munadi webhooks deliveries --status exhausted")
    if recovery["deferred"]:
        out.note("They wait for the brand's webhookDeliveriesPerMonth: raise it, or wait until the month ends.")


def _print_replayed(out: Output, made: Any) -> None:
    out.line((str(made["replayed"]), "bold"), " events are being resent; see munadi webhooks deliveries")
