"""`munadi accounts connect` and `reconnect`: a link for the profile's owner, and its result."""

from __future__ import annotations

import time
from typing import Annotated, Any, cast

import typer
from typer import Option

from munadi.cli.accounts import AccountId
from munadi.cli.accounts import app as app
from munadi.cli.command import command
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import Exit

PAUSE = 2.0
ENDED = ("connected", "failed", "expired")

NoWait = Annotated[bool, Option("--no-wait", help="Print the link and do not wait for the owner; implied by --json.")]


@command(app, "connect", takes="accounts.connect")
def connect(
    session: Session,
    brand_ref: Annotated[str, Option("--brand-ref", metavar="BRAND", help="The brand that owns the account.")],
    no_wait: NoWait = False,
    **request: Any,
) -> None:
    """Connect a profile in a browser: prints a link for its owner, and waits until it is connected."""
    _follow(session, session.client.accounts.connect(brand_ref, cast(Any, request)), no_wait)


@command(app, "reconnect", takes="accounts.reconnect")
def reconnect(session: Session, account_id: AccountId, no_wait: NoWait = False, **request: Any) -> None:
    """Renew an account's consent in a browser; posts waiting for it continue. Only the same profile is accepted."""
    _follow(session, session.client.accounts.reconnect(account_id, cast(Any, request)), no_wait)


def _follow(session: Session, link: Any, no_wait: bool) -> None:
    """Wait until the link has connected, failed or expired. Exits 1 unless it connected. With --json: do not wait."""
    if no_wait or session.out.as_json:
        session.show(link, _print_link)
        return
    session.out.note(f"open in a browser (until {link['expiresAt']}):")
    session.out.note(link["connectUrl"])
    pause, shown = session.pause or time.sleep, "waiting"
    while (found := session.client.connections.get(link["id"]))["status"] not in ENDED:
        if found["status"] != shown:
            shown = found["status"]
            session.out.note(f"{shown}…")
        pause(PAUSE)
    session.show(found, _print_end)
    if found["status"] != "connected":
        raise typer.Exit(Exit.REFUSED)


def _print_link(out: Output, link: Any) -> None:
    out.facts([("connection", link["id"]), ("link", link["connectUrl"]), ("until", link["expiresAt"])])


def _print_end(out: Output, found: Any) -> None:
    from munadi.cli.post_output import print_failure

    out.line(found["status"], " ", " ".join(found["accountIds"]))
    if found["failure"]:
        print_failure(out, found["channel"], found["failure"])
