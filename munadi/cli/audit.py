"""`munadi audit`: who did what, when and from where."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from munadi.cli.paging import Cursor, Limit, brand_of, listing, time_of
from munadi.cli.session import Session


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


_print_page = listing(
    {
        "at": time_of("at"),
        "action": "action",
        "target": "target",
        "brand": brand_of,
        "key": "keyId",
        "address": "address",
        "count": lambda entry: str(entry["count"]),
    },
    empty="no entries",
)
