"""`munadi accounts connect` and `reconnect`: a link for the profile's owner, and its result."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from typer import Argument, Option

from munadi.cli.accounts import app as app
from munadi.cli.command import command
from munadi.cli.completing import channels
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import Exit

PAUSE = 2.0
ENDED = ("connected", "failed", "expired")

Login = Annotated[str | None, Option("--login", help="Which login, for networks that have two.")]
Hint = Annotated[str | None, Option("--hint", help="The expected profile, such as a handle or a server.")]
Redirect = Annotated[str | None, Option("--redirect-url", metavar="URL", help="Where the browser goes afterwards.")]
Expires = Annotated[
    str | None, Option("--expires-at", metavar="TIME", help="When the link expires; in an hour by default.")
]
NoWait = Annotated[bool, Option("--no-wait", help="Print the link and do not wait for the owner; implied by --json.")]


@command(app, "connect")
def connect(
    session: Session,
    brand_ref: Annotated[str, Option("--brand-ref", metavar="BRAND", help="The brand that owns the account.")],
    channel: Annotated[
        str,
        Option("--channel", metavar="CHANNEL", help="See munadi channels list.", autocompletion=channels),
    ],
    login: Login = None,
    hint: Hint = None,
    redirect_url: Redirect = None,
    expires_at: Expires = None,
    no_wait: NoWait = False,
) -> None:
    """Connect a profile in a browser: prints a link for its owner, and waits until it is connected."""
    body = _given(channel=channel, login=login, hint=hint, redirectUrl=redirect_url, expiresAt=expires_at)
    _follow(session, session.client.accounts.connect(brand_ref, body), no_wait)


@command(app, "reconnect")
def reconnect(
    session: Session,
    account_id: Annotated[str, Argument(metavar="ACCOUNT_ID", help="acc_…")],
    hint: Hint = None,
    redirect_url: Redirect = None,
    expires_at: Expires = None,
    no_wait: NoWait = False,
) -> None:
    """Renew an account's consent in a browser; posts waiting for it continue. Only the same profile is accepted."""
    body = _given(hint=hint, redirectUrl=redirect_url, expiresAt=expires_at)
    _follow(session, session.client.accounts.reconnect(account_id, body), no_wait)


def _given(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _follow(session: Session, link: Any, no_wait: bool) -> None:
    """Wait until the link has connected, failed or expired. Exits 1 unless it connected. With --json: do not wait."""
    if no_wait or session.out.as_json:
        session.show(link, _print_link)
        return
    session.out.note(f"open in a browser (until {link['expiresAt']}):")
    session.out.note(link["connectUrl"])
    pause, shown = session.pause or time.sleep, "waiting"
    while (found := session.client.accounts.connection(link["id"]))["status"] not in ENDED:
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
