"""`munadi brands`: the tenants that own accounts, posts and keys."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.output import Output
from munadi.cli.paging import Cursor, Limit, say_more
from munadi.cli.session import Session

app = group("brands", "Create and list brands.")


@command(app, "create")
def create(
    session: Session,
    ref: Annotated[str, Argument(metavar="REF", help="Small letters, digits and hyphens, such as acme.")],
    name: Annotated[str | None, Option("--name", help="For people.")] = None,
    timezone: Annotated[str | None, Option("--timezone", metavar="ZONE", help="IANA, for display.")] = None,
) -> None:
    """Create a brand."""
    brand = session.client.brands.create(ref, name, timezone)
    session.show(brand, lambda out, made: out.line("created ", (made["ref"], "bold")))


@command(app, "list")
def list_(session: Session, limit: Limit = None, cursor: Cursor = None) -> None:
    """List brands."""
    session.show(session.client.brands.list(limit, cursor), _print_page)


def _print_page(out: Output, page: Any) -> None:
    rows = [[brand["ref"], brand["name"], brand["timezone"]] for brand in page["data"]]
    out.table(["ref", "name", "timezone"], rows, empty="no brands; make one: munadi brands create REF")
    say_more(out, page)
