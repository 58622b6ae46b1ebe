"""`munadi brands`: the tenants that own accounts, posts and keys."""

from __future__ import annotations

from typing import Annotated, Any, cast

from typer import Argument

from munadi.cli.command import command, group, plain
from munadi.cli.options import require_change
from munadi.cli.paging import facts_of, listing
from munadi.cli.session import Session

COLUMNS = ("ref", "mode", "name", "timezone", "duplicates", "unusableAccounts")
app = group("brands", "Create, change and list brands.")
Ref = Annotated[str, Argument(metavar="REF", help="The brand's short name, such as acme.")]


@command(app, "create", takes="brands.create")
def create(
    session: Session,
    ref: Annotated[str, Argument(metavar="REF", help="Small letters, digits and hyphens, such as acme.")],
    **given: Any,
) -> None:
    """Create a brand."""
    made = session.client.brands.create(ref, **given)
    session.show(made, lambda out, brand: out.line("created ", (brand["ref"], "bold")))


@command(app, "update", takes="brands.update")
def update(session: Session, ref: Ref, **changes: Any) -> None:
    """Change a brand; what is not given stays."""
    require_change(changes, "brands.update")
    session.show(session.client.brands.update(ref, cast(Any, changes)), _print_brand)


_print_brand = facts_of({})
_print_page = listing({name: name for name in COLUMNS}, empty="no brands; make one: munadi brands create REF")

plain(app, "get", "brands.get", _print_brand, "Show a brand and its limits.", of=Ref)
plain(app, "list", "brands.list", _print_page, "List brands.")
