"""`munadi audit`: who did what, when and from where."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer import Option

from munadi.cli.command import command
from munadi.cli.output import Output
from munadi.cli.paging import Cursor, Limit, say_more
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "audit")(audit)


def audit(
    session: Session,
    action: Annotated[str | None, Option("--action", help="Such as key.created.")] = None,
    key_id: Annotated[str | None, Option("--key-id", metavar="KEY_ID", help="The key that acted.")] = None,
    target: Annotated[
        str | None, Option("--target", metavar="ID", help="The changed thing's id, such as cnt_….")
    ] = None,
    since: Annotated[str | None, Option("--since", metavar="TIME", help="ISO 8601, inclusive.")] = None,
    until: Annotated[str | None, Option("--until", metavar="TIME", help="ISO 8601, exclusive.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """Show the audit log, the newest entry first. Needs a key with the scope admin."""
    page = session.client.audit.list(
        action=action, key_id=key_id, target=target, since=since, until=until, limit=limit, cursor=cursor
    )
    session.show(page, _print_page)


def _print_page(out: Output, page: Any) -> None:
    out.table(
        ["at", "action", "target", "brand", "key", "address", "count"],
        [
            [
                clock_time(entry["at"]),
                entry["action"],
                entry["target"] or "-",
                entry["brandRef"] or "all",
                entry["keyId"] or "-",
                entry["address"] or "-",
                str(entry["count"]),
            ]
            for entry in page["data"]
        ],
        empty="no entries",
    )
    say_more(out, page)
