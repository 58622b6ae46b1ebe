"""`munadi db`: operations on the database itself, beside the API."""

from __future__ import annotations

import asyncio
from typing import Annotated

from typer import Option

from munadi.cli.command import command, group
from munadi.cli.exits import CommandFailed
from munadi.cli.session import Session

app = group("db", "Migrate the database, and make the first key.")


@command(app, "upgrade", remote=False)
def upgrade(session: Session) -> None:
    """Bring the database to the newest revision. Does nothing when it is there; two at once take turns."""
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.cli.settings import database_url
    from munadi.db import migrate

    url = database_url()
    try:
        revision = migrate.upgrade(url)
    except SQLAlchemyError as error:
        raise CommandFailed(f"the database could not be migrated: {_cause(error)}", advice=_advice(url)) from error
    session.show(
        {"revision": revision, "head": migrate.head()},
        lambda out, done: out.line("the database is at revision ", (str(done["revision"]), "green")),
    )


@command(app, "create-key", remote=False)
def create_key(session: Session, name: Annotated[str, Option("--name", help="What the key is for.")] = "admin") -> None:
    """Make a key that may do everything. Printed once, and kept nowhere."""
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.cli.settings import database_url

    url = database_url()
    try:
        text = asyncio.run(_create_key(url, name))
    except SQLAlchemyError as error:
        raise CommandFailed(f"no key could be made: {_cause(error)}", advice=_advice(url)) from error
    session.show({"name": name, "apiKey": text}, lambda out, made: out.line(made["apiKey"]))


async def _create_key(url: str, name: str) -> str:
    from munadi.db.bootstrap import create_admin_key
    from munadi.db.session import Database

    database = Database(url)
    try:
        return await create_admin_key(database, name)
    finally:
        await database.close()


def _cause(error: Exception) -> str:
    """The driver's own words, without SQL and without parameters, which may hold secrets."""
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]


def _advice(url: str) -> str:
    from sqlalchemy.engine import make_url

    shown = make_url(url).render_as_string(hide_password=True)
    return f"Is {shown} the right one (MUNADI_DATABASE_URL), is it up, and did `munadi db upgrade` run?"
