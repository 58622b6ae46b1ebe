"""`munadi brands erase`, `munadi accounts erase`: delete everything that Munadi has of a brand or an account."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer import Argument, Option

from munadi.cli.accounts import AccountId
from munadi.cli.accounts import app as accounts
from munadi.cli.brands import Ref
from munadi.cli.brands import app as brands
from munadi.cli.command import command, plain
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

ErasureId = Annotated[str, Argument(metavar="ERASURE_ID", help="The erasure's id, as `erase` prints it.")]
STAYS = "What is live at the networks stays there: withdraw it first (munadi contents withdraw)."


@command(brands, "erase")
def erase_brand(
    session: Session,
    ref: Ref,
    confirm: Annotated[
        str | None, Option("--confirm", metavar="REF", help="The REF again; else it is asked for.")
    ] = None,
) -> None:
    """Erase a brand: its posts, drafts, files, accounts, events, endpoints and keys. It cannot be undone."""
    if confirm is None:
        confirm = _typed(session, f"Everything that Munadi has of the brand {ref} will be deleted.", ref)
    session.show(session.client.brands.erase(ref, confirm), _print_erasure)


@command(accounts, "erase")
def erase_account(
    session: Session,
    account_id: AccountId,
    confirm: Annotated[
        str | None,
        Option("--confirm", metavar="ACCOUNT_ID", help="The ACCOUNT_ID again; else the profile's name is asked for."),
    ] = None,
) -> None:
    """Erase an account: its tokens, its posts, and its part of posts for several accounts. It cannot be undone."""
    if confirm is None:
        account = session.client.accounts.get(account_id)
        what = f"Everything that Munadi has of {account['handle']} on {account['channel']} will be deleted."
        _typed(session, what, account["handle"])
        confirm = account_id
    session.show(session.client.accounts.erase(account_id, confirm), _print_erasure)


def _typed(session: Session, what: str, name: str) -> str:
    """Ask a person to type the name. CommandFailed for another."""
    session.out.note(f"{what} {STAYS}")
    typed = str(typer.prompt(f"To erase it, type {name}", err=True))
    if typed.strip() != name:
        raise CommandFailed("that is another name: nothing was erased", Exit.REFUSED)
    return name


def _print_erasure(out: Output, erasure: Any) -> None:
    counts = erasure["counts"]
    out.facts(
        [
            ("erasure", erasure["id"]),
            ("brand", erasure["brandRef"]),
            ("account", erasure["accountId"]),
            ("status", erasure["status"]),
            ("waits for", erasure["waitsFor"]),
            ("erased", f"{counts['posts']} posts, {counts['accounts']} accounts, {counts['media']} files"),
            ("left at networks", str(counts["leftAtNetworks"])),
        ]
    )
    if erasure["status"] == "running":
        out.line(f"A worker does it from now on. How far it is: munadi brands erasure {erasure['id']}")


plain(brands, "erasure", "erasures.get", _print_erasure, "Show how far an erasure is.", of=ErasureId)
