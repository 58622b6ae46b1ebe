"""`munadi contents purge`: what it reports, what it refuses, and that a killed one continues."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import Result

from munadi.db.session import Database
from tests.db.old_posts import OUTLIVES, finished_post, newest_event, tables_with
from tests.db.seeding import START, Seed

Found = TypeVar("Found")
YEARS_AGO = START.replace(year=2020)
COMMAND = ("contents", "purge", "--before", "2021-01-01T00:00:00Z")


class OldPosts:
    """A database with posts of 2020."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite+aiosqlite:///{folder / 'munadi.db'}"
        self.ids: list[str] = []

    def with_database(self, work: Callable[[Database], Awaitable[Found]]) -> Found:
        async def run() -> Found:
            database = Database(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def fill(self, count: int) -> None:
        async def work(database: Database) -> None:
            seed = Seed(database)
            await seed.create()
            account = await seed.account()
            self.ids = [await finished_post(seed, account.id, at=YEARS_AGO) for _ in range(count)]
            await newest_event(seed, account.id, START)

        self.with_database(work)

    def tables(self) -> set[str]:
        """The tables that still name one of the posts."""
        return set(self.with_database(lambda database: tables_with(database, self.ids))) - OUTLIVES


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OldPosts:
    made = OldPosts(tmp_path)
    monkeypatch.setenv("MUNADI_DATABASE_URL", made.url)
    return made


def test_it_reports_what_it_deletes_by_table(old: OldPosts, munadi: Callable[..., Result]) -> None:
    old.fill(2)
    planned = munadi(*COMMAND, "--brand", "acme", "--dry-run", "--json")
    assert planned.exit_code == 0, planned.output
    counted = json.loads(planned.stdout)
    assert (counted["posts"], counted["dryRun"], counted["deleted"]["contents"]) == (2, True, 2)
    assert "contents" in old.tables()
    done = munadi(*COMMAND)
    assert done.exit_code == 0, done.output
    assert "2 posts deleted" in done.stdout
    assert "  attempts: 2 rows\n" in done.stdout
    assert old.tables() == set()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--before", "soon"), "--before 'soon' is no ISO 8601 time"),
        (("--before", "2020-01-01T00:00:00"), "has no zone"),
        (("--before", "2090-01-01T00:00:00Z"), "is in the future"),
        (("--before", "2021-01-01T00:00:00Z", "--brand", "nobody"), "there is no brand 'nobody'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    old: OldPosts, munadi: Callable[..., Result], options: tuple[str, ...], named: str
) -> None:
    old.fill(1)
    refused = munadi("contents", "purge", *options)
    assert (refused.exit_code, named in refused.output) == (1, True), refused.output
    assert "contents" in old.tables()


def test_a_killed_purge_leaves_whole_posts_and_is_continued(old: OldPosts) -> None:
    old.fill(60)
    command = [sys.executable, "-m", "munadi.cli", *COMMAND, "--json"]
    process = subprocess.Popen(command, env=os.environ | {"MUNADI_DATABASE_URL": old.url}, stdout=subprocess.PIPE)
    first = old.ids[0]

    async def gone(database: Database) -> bool:
        return "contents" not in await tables_with(database, [first])

    while process.poll() is None and not old.with_database(gone):
        pass
    process.kill()
    process.communicate()
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(finished.stdout)["posts"] < 60
    assert old.tables() == set()
