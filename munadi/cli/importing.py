"""`munadi import`: a file of many posts, sent once and accepted in the background."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from munadi.cli.imports import counts_of, print_import, print_rows
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

SHOWN = 100


def import_(
    session: Session,
    file: Annotated[Path, Argument(metavar="FILE", help="A .csv, .ndjson or .zip file; the guide has its columns.")],
    brand_ref: Annotated[
        str | None, Option("--brand-ref", metavar="BRAND", help="The brand of the posts; else the key's own.")
    ] = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Check each row as it would be accepted, and store no post.", show_default=False)
    ] = False,
) -> None:
    """Import the posts of a file, and wait for the result of each row. Exits 0 only if no row was refused.

    Sent again, the same file accepts no row twice: each row's rowKey works like an idempotency key. An interrupted wait
    stops nothing: the import goes on, and `munadi imports get` shows it.
    """
    if not file.is_file():
        raise CommandFailed(f"there is no file {file}", Exit.USAGE)
    try:
        found: Any = session.client.imports.create(file, brand_ref, dry_run=dry_run)
    except ValueError as error:
        raise CommandFailed(str(error), Exit.USAGE) from error
    for now in session.client.imports.follow(found["id"]):
        found = now
        if not session.out.as_json and sys.stderr.isatty():
            session.out.note((counts_of(found), "dim"))
    session.show(found, print_import)
    refused = found["counts"]["refused"]
    if refused:
        page = session.client.imports.rows(found["id"], status="refused", limit=SHOWN)
        session.show(page, print_rows)
    if refused or found["status"] != "completed":
        raise typer.Exit(Exit.REFUSED)
