"""`munadi db`: operations on the database itself, without the API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from typer import Option

from munadi.cli.command import command, group
from munadi.cli.database import advice, past_instant, with_database
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, cause

app = group("db", "Migrate the database, make the first key, report a restored backup.")


_NOT_OURS = (
    "run the version that migrated it last, or put back a backup of before; a database from before 0.2.0 "
    "cannot be kept: name a new one"
)


@command(app, "upgrade", remote=False)
def upgrade(session: Session) -> None:
    """Bring the database to the newest revision. Two runs at once take turns.

    Does nothing if it is there already, or if a newer version has upgraded it and this one may run beside that.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.db import migrate
    from munadi.process.settings import database_url

    url = database_url()
    try:
        revision = migrate.upgrade(url)
    except SQLAlchemyError as error:
        raise CommandFailed(f"the database could not be migrated: {cause(error)}", advice=advice(url)) from error
    except migrate.UnknownRevision as error:
        raise CommandFailed(str(error), advice=_NOT_OURS) from error
    session.show({"revision": revision, "head": migrate.head()}, _show_upgraded)


def _show_upgraded(out: Output, done: Mapping[str, Any]) -> None:
    out.line("the database is at revision ", (str(done["revision"]), "green"))
    if done["revision"] != done["head"]:
        out.line(f"a newer version has upgraded it; this one knows {done['head']}, and may run beside it")


@command(app, "create-key", remote=False)
def create_key(session: Session, name: Annotated[str, Option("--name", help="What the key is for.")] = "admin") -> None:
    """Make a key with every scope. It is printed once and not stored."""
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.db.keys.first_key import create_admin_key
    from munadi.process.settings import database_url

    url = database_url()
    try:
        text = asyncio.run(with_database(url, lambda database: create_admin_key(database, name)))
    except SQLAlchemyError as error:
        raise CommandFailed(f"no key could be made: {cause(error)}", advice=advice(url)) from error
    session.show({"name": name, "apiKey": text}, lambda out, made: out.line(made["apiKey"]))


@command(app, "restored", remote=False)
def restored(
    session: Session,
    since: Annotated[str, Option("--since", help="When the backup was made, as 2026-11-25T09:30:00Z.")],
) -> None:
    """Report that this database is a restored backup. Posts that may have been published since the backup are checked
    at their networks before anything is sent.

    Stop workers and API, put the backup back, run this, start them again.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.process.settings import database_url
    from munadi.publishing.restored import mark_restored

    url, at = database_url(), past_instant("--since", since, "when the backup was made")
    try:
        marked = asyncio.run(with_database(url, lambda database: mark_restored(database, at)))
    except SQLAlchemyError as error:
        raise CommandFailed(f"nothing was marked: {cause(error)}", advice=advice(url)) from error
    session.show(marked.model_dump(mode="json", by_alias=True), _show_restored)


def _show_restored(out: Output, marked: Mapping[str, Any]) -> None:
    out.line(f"{marked['publications']} publications will be checked at their networks before anything is sent")
    for status, count in sorted(marked["byStatus"].items()):
        out.line(f"  {count} {status}")
