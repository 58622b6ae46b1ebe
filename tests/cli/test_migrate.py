"""Migrations on both databases: the code's tables are what a new database gets, once, whichever process is first."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from munadi.db import migrate
from tests.support.revisions import revision, versions_with

BROKEN = '''"""Breaks half way."""

from alembic import op

revision = "9999"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE half_made (id INTEGER)")
    op.execute("INSERT INTO no_such_table VALUES (1)")
'''


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, as the settings have it."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'new folder' / '100%.db'}"
    given: str = request.getfixturevalue("postgres_url")
    return given


def test_a_new_database_has_the_tables_of_the_code(url: str) -> None:
    assert migrate.current(url) is None
    assert migrate.upgrade(url) == migrate.head() == migrate.current(url)
    assert migrate.differences(url) == [], "run scripts/new_migration.py, and commit what it writes"


def test_upgrading_again_changes_nothing(url: str) -> None:
    migrate.upgrade(url)
    assert migrate.upgrade(url) == migrate.head()


def test_upgrades_at_once_take_turns(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: migrate.upgrade(url), range(4))) == {migrate.head()}


def test_a_failing_upgrade_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url)
    versions = versions_with(tmp_path, BROKEN.format(head=migrate.head()))
    with pytest.raises(Exception, match="no_such_table"):
        migrate.upgrade(url, versions=versions)
    assert migrate.current(url) == migrate.head()
    assert "half_made" not in _tables(url)


def test_a_database_of_another_version_is_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'munadi.db'}"
    migrate.upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0030'"))
    engine.dispose()
    run = _munadi(tmp_path, "db", "upgrade", check=False, MUNADI_DATABASE_URL=url.replace("sqlite", "sqlite+aiosqlite"))
    assert run.returncode == 1
    assert "the database is at revision 0030, which this version of Munadi does not have" in run.stderr
    assert "Traceback" not in run.stderr
    assert migrate.current(url) == "0030"


def test_each_revision_notes_which_code_may_run_on_it(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url)
    marked, unmarked = revision("9998", oldest_code=str(migrate.head())), revision("9999", after="9998")
    migrate.upgrade(url, versions=versions_with(tmp_path, marked, unmarked))
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        noted = dict(connection.execute(text("SELECT revision, oldest_code FROM schema_revisions")).all())  # type: ignore[arg-type]
    engine.dispose()
    assert noted[str(migrate.head())] == migrate.oldest_code()
    assert (noted["9998"], noted["9999"]) == (migrate.head(), "9999")


def test_an_upgrade_leaves_a_newer_database_that_admits_it(url: str, tmp_path: Path) -> None:
    """Otherwise a rollback would end at the migration that runs before every start."""
    newer = versions_with(tmp_path, revision("9999", oldest_code=str(migrate.head())))
    migrate.upgrade(url, versions=newer)
    assert migrate.upgrade(url) == "9999" == migrate.current(url)


def test_a_generated_migration_names_our_column_types(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    written = migrate.new_revision(f"sqlite:///{tmp_path / 'empty.db'}", "all tables", versions=versions).read_text()
    assert "from munadi.db.types import" in written
    assert "UtcDateTime()" in written
    assert "AutoString" not in written
    assert "JSONB" not in written


def test_reading_the_revision_creates_no_file(tmp_path: Path) -> None:
    assert migrate.current(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}") is None
    assert not list(tmp_path.iterdir())


def test_the_command_works_from_any_folder(tmp_path: Path) -> None:
    run = _munadi(tmp_path, "db", "upgrade", "--json")
    assert run.stdout == f'{{"revision": "{migrate.head()}", "head": "{migrate.head()}"}}\n'
    assert (tmp_path / "data" / "munadi.db").exists()
    key = _munadi(tmp_path, "db", "create-key").stdout.strip()
    assert key.startswith("mnd_admin_")
    assert len(key.splitlines()) == 1


def test_a_missing_database_is_reported_without_its_password(tmp_path: Path) -> None:
    run = _munadi(tmp_path, "db", "upgrade", check=False,
                  MUNADI_DATABASE_URL="postgresql+psycopg://munadi:canary-secret@127.0.0.1:1/munadi")  # fmt: skip
    assert run.returncode == 1
    assert "MUNADI_DATABASE_URL" in run.stderr
    assert "canary-secret" not in run.stdout + run.stderr


def _munadi(folder: Path, *arguments: str, check: bool = True, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "munadi.cli", *arguments],
        cwd=folder,
        env={**os.environ, "MUNADI_DATA_DIR": str(folder / "data"), **env},
        capture_output=True,
        text=True,
        check=check,
    )


def _tables(url: str) -> list[str]:
    engine = create_engine(url.replace("+aiosqlite", ""))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            return inspect(connection).get_table_names()
    finally:
        engine.dispose()
