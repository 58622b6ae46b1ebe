"""Whether a database has the schema of this code. Without Alembic, which a running process does not need."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from munadi import __version__
from munadi.db.session import Database

REVISIONS = Path(__file__).with_name("migrations") / "versions"


def newest_revision() -> str:
    """The newest revision that this code knows. Each file of a revision begins with its number."""
    return max(file.name for file in REVISIONS.glob("[0-9]*.py")).partition("_")[0]


async def schema_problem(database: Database) -> str | None:
    """Why this code cannot work with the database, and what to do; None if it can.

    SQLAlchemyError when the database does not answer.
    """
    found = None if _is_missing_file(database) else await database.lookup(_revision)
    needed = newest_revision()
    if found == needed:
        return None
    if found is None:
        return "the database has no tables yet: run munadi db upgrade, then start this again"
    if found < needed:
        return (
            f"the database is at revision {found} and this version of Munadi needs {needed}: stop the API and the "
            "workers, run munadi db upgrade, then start them again"
        )
    known = f"Munadi {__version__} knows revisions up to {needed}"
    return f"the database is at revision {found}, and {known}: start a version of Munadi that has revision {found}"


def _is_missing_file(database: Database) -> bool:
    """SQLite would make the file."""
    file = database.url.database
    return database.is_sqlite and file is not None and not Path(file).exists()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
