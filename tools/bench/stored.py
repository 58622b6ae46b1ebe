"""What a system finds in its database: nothing, or the posts of two years, none of which has anything left to do."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from munadi.db.migrate import upgrade
from tests.support.postgres import PostgresServer
from tools.growth.filler import fill

# The filler's posts are due about a fixed day; a worker would publish and look at them while others are measured.
AT_REST = (
    "UPDATE contents SET status = 'canceled', next_look_at = NULL WHERE status IN ('queued', 'publishing')",
    "UPDATE contents SET next_look_at = NULL WHERE next_look_at IS NOT NULL",
    "UPDATE publications SET status = 'canceled' WHERE status IN ('queued', 'publishing')",
    "UPDATE publications SET watch_at = NULL WHERE watch_at IS NOT NULL",
)


class Stored:
    """Databases of `posts` posts for systems. They are filled once; every system gets a copy of its own."""

    def __init__(self, folder: Path, posts: int, postgres: PostgresServer | None) -> None:
        self._posts, self._postgres = posts, postgres
        self._filled = folder / f"{posts}.db"
        self._template = ""

    def settings(self, folder: Path) -> Mapping[str, str]:
        """Lays the database of a system in `folder`, and returns the settings that name it."""
        if self._postgres:
            return {"MUNADI_DATABASE_URL": self._postgres.create_database(self._postgres_template())}
        if self._posts:
            if not self._filled.exists():
                _fill(f"sqlite+aiosqlite:///{self._filled}", self._posts)
            (folder / "data").mkdir()
            shutil.copyfile(self._filled, folder / "data" / "munadi.db")
        return {}

    def _postgres_template(self) -> str:
        if self._posts and self._postgres and not self._template:
            url = self._postgres.create_database()
            _fill(url, self._posts)
            self._template = str(make_url(url).database)
        return self._template or "template0"


def _fill(url: str, posts: int) -> None:
    upgrade(url)
    fill(url, posts)
    plain = make_url(url)
    engine = create_engine(plain.set(drivername=plain.drivername.replace("+aiosqlite", "")))
    with engine.begin() as connection:
        for statement in AT_REST:
            connection.execute(text(statement))
    engine.dispose()
    print(f"{posts:,} posts stored", flush=True)
