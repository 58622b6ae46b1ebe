"""Checks the database of this machine's settings: connection, migrations, clock, secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from munadi.cli.database import with_database
from munadi.cli.doctor.check import DATABASE, Check, skewed
from munadi.process.exits import CommandFailed, cause

if TYPE_CHECKING:
    from munadi.config import Settings


def database(settings: Settings) -> Iterator[Check]:
    """The database's checks; later ones only run if it answers and has its tables."""
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.db.schema import newest_revision, problem_of, read_schema

    try:
        found = asyncio.run(with_database(settings.database, read_schema))
    except SQLAlchemyError as error:
        yield Check("migrations", False, f"the database does not answer: {cause(error)}", DATABASE)
        return
    if problem := problem_of(found):
        yield Check("migrations", False, problem.message, f"{problem.remedy[0].upper()}{problem.remedy[1:]}.")
        return
    known = newest_revision()
    beside = "" if known == found.revision else f" of a newer version; this one knows {known}, and may run beside it"
    yield Check("migrations", True, f"the database is at revision {found.revision}{beside}")
    try:
        yield from _clock(settings)
        yield from _connections(settings)
        yield from _secrets(settings)
        yield _search(settings)
    except SQLAlchemyError as error:
        yield Check("database", False, f"the database does not answer: {cause(error)}", DATABASE)


def _clock(settings: Settings) -> Iterator[Check]:
    """PostgreSQL has a clock of its own; SQLite has this machine's."""
    from munadi.db.clock import database_time

    before = datetime.now(UTC)
    there = asyncio.run(with_database(settings.database, database_time))
    if there is None:
        return
    after = datetime.now(UTC)
    # It was read at some moment in between.
    skew = max((before - there).total_seconds(), (there - after).total_seconds(), 0.0)
    yield skewed("database clock", skew, "the database")


def _connections(settings: Settings) -> Iterator[Check]:
    """Whether an API and a worker fit into PostgreSQL, and whether a pooler is known to the settings."""
    from munadi.db.connections import server_connections

    found = asyncio.run(with_database(settings.database, server_connections))
    if found is None:
        return
    pool = settings.database_pool
    message = f"each process may have {pool.size + pool.overflow}, PostgreSQL has {found.most} for all"
    advice = None
    if found.is_pooled and not pool.transaction_mode:
        message = "a pooler is before PostgreSQL"
        advice = "If its pool_mode is transaction, set MUNADI_DATABASE_POOL__TRANSACTION_MODE=true for every process."
    elif not found.is_pooled and 2 * (pool.size + pool.overflow) > found.most:
        advice = "Raise max_connections, lower MUNADI_DATABASE_POOL__OVERFLOW, or put PgBouncer before it."
    yield Check("connections", True, message, advice)


def _secrets(settings: Settings) -> Iterator[Check]:
    """Check that a key opens every stored secret; each names its key."""
    from munadi.db.sealing.rotation import sealed_under
    from munadi.process.settings import database_and_keys

    counts = asyncio.run(with_database(settings.database, sealed_under))
    try:
        _, keyring = database_and_keys()
    except CommandFailed as error:
        if counts:
            advice = "Put back the key that encrypted them; without it accounts must be reconnected."
            yield Check("secret keys", False, f"{sum(counts.values())} stored secrets and no key: {error}", advice)
        return
    newest, *older = keyring.key_ids
    lost = {key: count for key, count in counts.items() if key not in keyring.key_ids}
    if lost:
        keys = ", ".join(lost)
        message = f"{sum(lost.values())} stored secrets are encrypted with keys that are missing here ({keys})"
        advice = "Add the removed key to the end of MUNADI_SECRET_KEYS; munadi keys rotate-encryption names the rows."
        yield Check("secret keys", False, message, advice)
    elif waiting := sum(counts.get(key, 0) for key in older):
        message = f"{waiting} stored secrets are still encrypted with an older key"
        yield Check("secret keys", True, message, "Run munadi keys rotate-encryption before you remove the older key.")
    else:
        yield Check("secret keys", True, f"open all {counts.get(newest, 0)} stored secrets")


def _search(settings: Settings) -> Check:
    """Whether texts are indexed. Without the index a search finds the same, a part at a time."""
    from munadi.db.contents.word_index import is_indexed

    if asyncio.run(with_database(settings.database, is_indexed)):
        return Check("search", True, "the texts of posts are indexed")
    message = "the texts of posts are not indexed, so a search in many posts takes several pages"
    if settings.database.startswith("sqlite"):
        return Check("search", True, message, "This Python's SQLite has no FTS5 with trigrams (SQLite 3.34 or newer).")
    advice = "As a superuser run CREATE EXTENSION pg_trgm in this database, then munadi db upgrade; both while it runs."
    return Check("search", True, message, advice)
