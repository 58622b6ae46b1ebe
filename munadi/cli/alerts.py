"""Alerts: who hears of trouble, where and when."""

from __future__ import annotations

from typing import Annotated, Any, cast

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.options import require_change
from munadi.cli.output import Cell, Output
from munadi.cli.paging import brand_of, facts_of, listing, time_of
from munadi.cli.secret_input import read_secret
from munadi.cli.session import Session
from munadi.process.exits import Exit

app = group("alerts", "Let people hear of trouble: by mail, in a chat, on a phone.")

AlertId = Annotated[str, Argument(metavar="ALERT_ID", help="alr_…")]
# It has the token of a chat or the password of a mailbox.
UrlFile = Annotated[
    str | None,
    Option(
        "--url-file",
        metavar="FILE",
        help="File with the address, such as ntfys://topic; - reads standard input. Without it you are asked.",
    ),
]


@command(app, "create", takes="alerts.create")
def create(session: Session, url: UrlFile = None, **given: Any) -> None:
    """Create an alert. It is about what happens from now on."""
    address = read_secret(url, "--url-file", "address")
    session.show(session.client.alerts.create(address, **given), _print_alert)


@command(app, "update", takes="alerts.update")
def update(session: Session, alert_id: AlertId, url: UrlFile = None, **changes: Any) -> None:
    """Change an alert; options that you do not give stay as they are."""
    if url is not None:
        changes["url"] = read_secret(url, "--url-file", "address")
    require_change(changes, "alerts.update")
    session.show(session.client.alerts.update(alert_id, cast(Any, changes)), _print_alert)


@command(app, "test")
def test(session: Session, alert_id: AlertId) -> None:
    """Send a message now. Exits 1 if it was not taken."""
    done = session.client.alerts.test(alert_id)
    session.show(done, _print_test)
    if not done["sent"]:
        import typer

        raise typer.Exit(Exit.REFUSED)


def _print_test(out: Output, done: Any) -> None:
    out.facts([("sent", ("yes", "green") if done["sent"] else ("no", "red")), ("because", done["error"])])


def _state(alert: Any) -> Cell:
    if not alert["enabled"]:
        return "paused", "yellow"
    return ("failing", "yellow") if alert["failingSince"] else ("ok", "green")


def _wants(alert: Any) -> str:
    return " ".join(alert["types"]) or "all"


_print_alert = facts_of(
    {
        "alert": "id",
        "to": "service",
        "address": "shown",
        "state": _state,
        "brand": brand_of,
        "about": _wants,
        "last error": "lastError",
        "failing since": time_of("failingSince"),
    }
)
_print_alerts = listing(
    {"id": "id", "state": _state, "brand": brand_of, "about": _wants, "to": "service", "address": "shown"},
    empty="no alerts",
)

plain(app, "list", "alerts.list", _print_alerts, "List alerts.")
plain(app, "get", "alerts.get", _print_alert, "Show an alert, and how its last message went.", of=AlertId)
plain(app, "delete", "alerts.delete", "deleted", "Delete an alert.", of=AlertId)
