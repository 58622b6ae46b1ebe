"""`munadi brands`: the tenants that own accounts, posts and keys."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.exits import CommandFailed, Exit
from munadi.cli.output import Output
from munadi.cli.paging import Cursor, Limit, say_more
from munadi.cli.session import Session
from munadi.domain.brand import Duplicates

app = group("brands", "Create, change and list brands.")
Choice = Annotated[
    Duplicates | None,
    Option(
        "--duplicates",
        metavar="warn|refuse",
        help="The same post to an account again within 24 hours: warn (the default) or refuse.",
    ),
]


@command(app, "create")
def create(
    session: Session,
    ref: Annotated[str, Argument(metavar="REF", help="Small letters, digits and hyphens, such as acme.")],
    name: Annotated[str | None, Option("--name", help="For people.")] = None,
    timezone: Annotated[str | None, Option("--timezone", metavar="ZONE", help="IANA, for display.")] = None,
    duplicates: Choice = None,
) -> None:
    """Create a brand."""
    chosen = duplicates.value if duplicates else None
    brand = session.client.brands.create(ref, name, timezone, duplicates=chosen)
    session.show(brand, lambda out, made: out.line("created ", (made["ref"], "bold")))


@command(app, "update")
def update(
    session: Session,
    ref: Annotated[str, Argument(metavar="REF", help="The brand to change.")],
    name: Annotated[str | None, Option("--name", help="For people.")] = None,
    timezone: Annotated[str | None, Option("--timezone", metavar="ZONE", help="IANA, for display.")] = None,
    duplicates: Choice = None,
) -> None:
    """Change a brand; what is not given stays."""
    from munadi.client.steps import given

    changes = given(name=name, timezone=timezone, duplicates=duplicates.value if duplicates else None)
    if not changes:
        raise CommandFailed("name what to change: --name, --timezone or --duplicates", Exit.USAGE)
    session.show(session.client.brands.update(ref, changes), _print_brand)


def _print_brand(out: Output, brand: Any) -> None:
    names = ("ref", "name", "timezone", "duplicates")
    out.facts([(name, brand[name]) for name in names])


@command(app, "list")
def list_(session: Session, limit: Limit = None, cursor: Cursor = None) -> None:
    """List brands."""
    session.show(session.client.brands.list(limit, cursor), _print_page)


def _print_page(out: Output, page: Any) -> None:
    names = ["ref", "name", "timezone", "duplicates"]
    rows = [[brand[name] for name in names] for brand in page["data"]]
    out.table(names, rows, empty="no brands; make one: munadi brands create REF")
    say_more(out, page)
