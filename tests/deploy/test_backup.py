"""The backup job of docker-compose.yml, run against PostgreSQL and a folder of media, and what it wrote restored."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from munadi.db import migrate
from tests.architecture.tree import ROOT
from tests.harness.stack import MUNADI
from tests.support.postgres import PostgresServer, complete_binaries
from tests.support.processes import Process

DAY = 86_400


class Backup:
    """The script, with its environment."""

    def __init__(self, folder: Path, url: str) -> None:
        address = make_url(url)
        self.media, self.target = folder / "media", folder / "backups"
        (self.media / "ab").mkdir(parents=True)
        (self.media / "ab" / "abcd").write_text("a picture")
        (self.media / "incoming").mkdir()
        (self.media / "incoming" / "upload-1").write_text("half a")
        self.target.mkdir()
        (folder / "password").write_text("none is asked for\n")
        self.env = {
            "PATH": f"{complete_binaries()}:{os.environ['PATH']}",
            "PGHOST": str(address.host),
            "PGPORT": str(address.port),
            "PGUSER": str(address.username),
            "PGDATABASE": str(address.database),
            "PGPASSWORD_FILE": str(folder / "password"),
            "MEDIA_DIR": str(self.media),
            "BACKUP_DIR": str(self.target),
            "BACKUP_KEEP_DAYS": "3",
        }

    def run(self, **env: str) -> subprocess.CompletedProcess[str]:
        """Once."""
        command = ["sh", "deploy/postgres/backup.sh"]
        return subprocess.run(command, cwd=ROOT, env={**self.env, **env}, capture_output=True, text=True, timeout=60)

    def dumps(self) -> list[Path]:
        """The dumps, the oldest first."""
        return sorted(self.target.glob("munadi-*.dump"))

    def copies(self) -> dict[str, str]:
        """The copied media."""
        folder = self.target / "media"
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def job(tmp_path: Path, complete_postgres: PostgresServer) -> Backup:
    """A job over a database of the newest revision, and something in it."""
    url = complete_postgres.create_database()
    migrate.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE told (what text)")
        connection.execute("INSERT INTO told VALUES ('before the backup')")
    return Backup(tmp_path, url)


def test_a_backup_can_be_restored(job: Backup, complete_postgres: PostgresServer) -> None:
    done = job.run()
    assert done.returncode == 0, done.stderr
    (dump,) = job.dumps()
    assert done.stdout == f"wrote {dump}\n"
    assert job.copies() == {"ab/abcd": "a picture"}, "uploads under way are no media yet"
    assert {path.stat().st_mode & 0o077 for path in job.target.rglob("*")} == {0}, "no other user may read it"
    restored = complete_postgres.create_database()
    command = ["pg_restore", "--exit-on-error", "--no-owner", "--dbname", restored.replace("+psycopg", ""), str(dump)]
    subprocess.run(command, env=job.env, check=True, capture_output=True)
    with psycopg.connect(restored.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT what FROM told").fetchall() == [("before the backup",)]
    environment = {
        "PATH": os.environ["PATH"],
        "MUNADI_DATABASE_URL": restored,
        "MUNADI_SECRET_KEYS": "0123456789abcdef" * 4,
    }
    # The name has the time that a restore asks for.
    for command in (["upgrade"], ["restored", "--since", dump.stem.removeprefix("munadi-")]):
        done = subprocess.run([MUNADI, "db", *command], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_media_are_copied_once_and_kept_as_long_as_dumps(job: Backup) -> None:
    assert job.run().returncode == 0
    copy = job.target / "media" / "ab" / "abcd"
    copy.write_text("not copied again")
    (job.media / "ab" / "abef").write_text("another")
    os.utime(copy, (time.time() - 9 * DAY,) * 2)
    old = job.target / "munadi-20200101T000000Z.dump"
    old.write_text("old")
    os.utime(old, (time.time() - 9 * DAY,) * 2)
    other = job.target / "not-ours.dump"
    other.write_text("old")
    os.utime(other, (time.time() - 9 * DAY,) * 2)
    assert job.run().returncode == 0
    assert job.copies() == {"ab/abcd": "not copied again", "ab/abef": "another"}
    assert (old.exists(), other.exists()) == (False, True)
    # Its original is gone since two days, and then since nine.
    (job.media / "ab" / "abcd").unlink()
    os.utime(copy, (time.time() - 2 * DAY,) * 2)
    assert job.run().returncode == 0
    assert set(job.copies()) == {"ab/abcd", "ab/abef"}
    os.utime(copy, (time.time() - 9 * DAY,) * 2)
    assert job.run().returncode == 0
    assert set(job.copies()) == {"ab/abef"}


def test_a_backup_that_fails_leaves_no_dump_and_removes_none(job: Backup) -> None:
    kept = job.target / "munadi-20200101T000000Z.dump"
    kept.write_text("old")
    os.utime(kept, (time.time() - 9 * DAY,) * 2)
    done = job.run(PGDATABASE="no_such_database")
    assert done.returncode != 0
    assert "no_such_database" in done.stderr
    assert job.dumps() == [kept]
    assert job.run(PGPASSWORD_FILE="/nowhere").returncode != 0
    assert job.dumps() == [kept]


def test_it_repeats_and_stops_at_once(job: Backup, tmp_path: Path) -> None:
    argv = ["sh", ROOT / "deploy" / "postgres" / "backup.sh"]
    with Process(argv, log=tmp_path / "log", env={**job.env, "BACKUP_EVERY": "1"}) as process:
        deadline = time.monotonic() + 30
        while len(job.dumps()) < 2:
            assert time.monotonic() < deadline, process.output
            time.sleep(0.1)
        began = time.monotonic()
        process.terminate(first=signal.SIGTERM)
        assert time.monotonic() - began < 5
