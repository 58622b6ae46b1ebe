"""Whether a database has a schema that this code can work with. Without Alembic, which a running process does not need.

While an installation is upgraded or rolled back, the database is at a revision that older processes do not have. It
says itself whether they may run on it (docs/decisions/047).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from munadi import __version__
from munadi.db.session import Database

REVISIONS = Path(__file__).with_name("migrations") / "versions"
_NOTED = text("SELECT oldest_code FROM schema_revisions WHERE revision = :revision")


@dataclass(frozen=True)
class Schema:
    """The revision of a database, and the oldest one whose code may run on it; None where it does not say."""

    revision: str | None
    oldest_code: str | None = None

    def admits(self, code: str) -> bool:
        """Whether code whose newest revision is `code` may run on it."""
        if self.revision is None or self.oldest_code is None:
            return self.revision == code
        return self.oldest_code <= code <= self.revision


@dataclass(frozen=True)
class SchemaProblem:
    """Why this code cannot work with a database, and what to do."""

    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.message}: {self.remedy}"


def newest_revision() -> str:
    """The newest revision that this code knows. Each file of a revision begins with its number."""
    return max(file.name for file in REVISIONS.glob("[0-9]*.py")).partition("_")[0]


async def read_schema(database: Database) -> Schema:
    """What the database says of its schema. SQLAlchemyError when it does not answer."""
    return Schema(None) if _is_missing_file(database) else await database.lookup(schema_of)


def schema_of(connection: Connection) -> Schema:
    """The same, over a connection."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        return Schema(None)
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if "schema_revisions" not in tables:
        return Schema(revision)
    return Schema(revision, connection.execute(_NOTED, {"revision": revision}).scalar_one_or_none())


async def schema_problem(database: Database) -> SchemaProblem | None:
    """Why this code cannot work with the database, and what to do; None if it can.

    SQLAlchemyError when the database does not answer.
    """
    return problem_of(await read_schema(database))


def problem_of(found: Schema) -> SchemaProblem | None:
    """The same, of a schema that was read."""
    needed, at = newest_revision(), f"the database is at revision {found.revision}"
    if found.admits(needed):
        return None
    if found.revision is None:
        return SchemaProblem("the database has no tables yet", "run munadi db upgrade, then start this again")
    if found.revision < needed:
        return SchemaProblem(f"{at} and this version of Munadi needs {needed}", _how_to_upgrade(found.revision))
    wanted = f"start a version of Munadi that has revision {found.oldest_code or found.revision}"
    known = f"{at}, and Munadi {__version__} knows revisions up to {needed}"
    return SchemaProblem(known, f"{wanted}, or put back the backup of before the upgrade")


def _how_to_upgrade(revision: str) -> str:
    """Whether processes of that revision may run on while the database is upgraded is known to this code alone."""
    from munadi.db.migrate import oldest_code

    if oldest_code() <= revision:
        return "run munadi db upgrade, then start this again; processes of the version before may run meanwhile"
    return "stop the API and the workers, run munadi db upgrade, then start them again"


def _is_missing_file(database: Database) -> bool:
    """SQLite would make the file."""
    file = database.url.database
    return database.is_sqlite and file is not None and not Path(file).exists()
