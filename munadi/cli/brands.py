"""`munadi brands`: the tenants that own accounts, posts and keys."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.output import Output
from munadi.cli.paging import Cursor, Limit, listing
from munadi.cli.session import Session
from munadi.domain.brand import Duplicates, UnusableAccounts
from munadi.process.exits import CommandFailed, Exit

SHOWN = ("ref", "name", "timezone", "duplicates", "unusableAccounts")
app = group("brands", "Create, change and list brands.")
Choice = Annotated[
    Duplicates | None,
    Option(
        "--duplicates",
        metavar="warn|refuse",
        help="The same post to an account again within 24 hours: warn (the default) or refuse.",
    ),
]
OnUnusable = Annotated[
    UnusableAccounts | None,
    Option(
        "--unusable-accounts",
        metavar="warn|refuse",
        help="A post for an account that must be reconnected: warn (the default), and let it wait, or refuse.",
    ),
]


@command(app, "create")
def create(
    session: Session,
    ref: Annotated[str, Argument(metavar="REF", help="Small letters, digits and hyphens, such as acme.")],
    name: Annotated[str | None, Option("--name", help="For people.")] = None,
    timezone: Annotated[str | None, Option("--timezone", metavar="ZONE", help="IANA, for display.")] = None,
    duplicates: Choice = None,
    unusable_accounts: OnUnusable = None,
) -> None:
    """Create a brand."""
    brand = session.client.brands.create(
        ref, name, timezone, duplicates=_value(duplicates), unusable_accounts=_value(unusable_accounts)
    )
    session.show(brand, lambda out, made: out.line("created ", (made["ref"], "bold")))


@command(app, "update")
def update(
    session: Session,
    ref: Annotated[str, Argument(metavar="REF", help="The brand to change.")],
    name: Annotated[str | None, Option("--name", help="For people.")] = None,
    timezone: Annotated[str | None, Option("--timezone", metavar="ZONE", help="IANA, for display.")] = None,
    duplicates: Choice = None,
    unusable_accounts: OnUnusable = None,
) -> None:
    """Change a brand; what is not given stays."""
    from munadi.client.steps import given

    changes = given(
        name=name, timezone=timezone, duplicates=_value(duplicates), unusableAccounts=_value(unusable_accounts)
    )
    if not changes:
        raise CommandFailed("name what to change: --name, --timezone, --duplicates or --unusable-accounts", Exit.USAGE)
    session.show(session.client.brands.update(ref, changes), _print_brand)


def _value(choice: StrEnum | None) -> str | None:
    return choice.value if choice else None


def _print_brand(out: Output, brand: Any) -> None:
    out.facts([(name, brand.get(name)) for name in SHOWN])


@command(app, "list")
def list_(session: Session, limit: Limit = None, cursor: Cursor = None) -> None:
    """List brands."""
    session.show(session.client.brands.list(limit, cursor), _print_page)


_print_page = listing({name: name for name in SHOWN}, empty="no brands; make one: munadi brands create REF")
