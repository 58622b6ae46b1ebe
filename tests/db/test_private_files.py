"""What Munadi writes is closed to other users of the machine, also what an earlier version left open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from munadi.config import Settings
from munadi.crypto import load_or_create_key
from munadi.db.migrate import upgrade
from munadi.db.session import Database
from munadi.media.opening import open_store

FILES = ("munadi.db", "munadi.db-wal", "munadi.db-shm")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def use(database: Database) -> None:
    """Read and write, so that SQLite has all of its files."""
    async with database.write() as session:
        await session.exec(text("CREATE TABLE IF NOT EXISTS used (id INTEGER)"))  # type: ignore[call-overload]
    await database.ping()
    await database.lookup(lambda connection: connection.execute(text("SELECT 1")).first())


@pytest.mark.parametrize("migrated", [False, True])
async def test_a_new_database_is_its_owners_alone(tmp_path: Path, migrated: bool) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    if migrated:
        upgrade(settings.database)
        assert mode(tmp_path / "data") == 0o700
    else:
        settings.data_dir.mkdir()
    database = Database(settings.database)
    await use(database)
    assert {name: mode(settings.data_dir / name) for name in FILES} == dict.fromkeys(FILES, 0o600)
    await database.close()


async def test_a_database_of_an_earlier_version_is_closed_to_others(tmp_path: Path) -> None:
    kept = sqlite3.connect(tmp_path / "munadi.db")
    kept.execute("PRAGMA journal_mode=WAL")
    kept.execute("CREATE TABLE before (id INTEGER)")
    kept.commit()
    for name in FILES:
        (tmp_path / name).chmod(0o644)
    database = Database(Settings(data_dir=tmp_path).database)
    await use(database)
    assert {name: mode(tmp_path / name) for name in FILES} == dict.fromkeys(FILES, 0o600)
    await database.close()
    kept.close()


def test_folders_of_media_and_keys_are_closed_to_others(tmp_path: Path) -> None:
    media, keys = tmp_path / "media", tmp_path / "keys"
    for folder in (media, keys):
        folder.mkdir(mode=0o755)
    store = open_store(Settings(data_dir=tmp_path))
    digest = store.put_bytes(b"a picture")
    load_or_create_key(keys / "secret.key")
    assert [mode(folder) for folder in (media, media / "incoming", keys)] == [0o700] * 3
    assert [mode(path) for path in (next(media.glob(f"??/??/{digest}")), keys / "secret.key")] == [0o600] * 2


def test_a_media_folder_elsewhere_stays_as_the_operator_made_it(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o750)
    open_store(Settings(data_dir=tmp_path / "data", media={"url": f"file://{shared}"}))
    assert mode(shared) == 0o750
