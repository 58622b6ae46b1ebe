"""`munadi keys rotate-encryption`: its report, the next step, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.store import AccountStore
from munadi.db.session import Database
from tests.cli.conftest import Munadi
from tests.db.seeding import Seed

OLD, NEW = create_key(), create_key()
COMMAND = ("keys", "rotate-encryption")


class SealedDatabase:
    """A database with an account and an endpoint, sealed under the old key."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = f"sqlite+aiosqlite:///{folder / 'munadi.db'}"
        self._set = monkeypatch.setenv
        self._set("MUNADI_DATABASE_URL", self.url)
        self._set("MUNADI_DATA_DIR", str(folder / "data"))
        self.account = asyncio.run(self._fill())

    def keys(self, *keys: str) -> None:
        self._set("MUNADI_SECRET_KEYS", ",".join(keys))

    def opens_with(self, *keys: str) -> bool:
        async def opens() -> bool:
            store = Database(self.url)
            try:
                return await AccountStore(store, KeyRing(keys)).opened(self.account) is not None
            finally:
                await store.close()

        return asyncio.run(opens())

    async def _fill(self) -> str:
        database = Database(self.url)
        seed = Seed(database, KeyRing([OLD]))
        await seed.create()
        await seed.endpoint()
        account = await seed.account()
        await database.close()
        return account.id


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SealedDatabase:
    return SealedDatabase(tmp_path, monkeypatch)


def printed(result: Result) -> Any:
    return json.loads(result.stdout)


def test_rotation_reports_what_was_resealed_and_what_to_do_next(database: SealedDatabase, munadi: Munadi) -> None:
    database.keys(NEW, OLD)
    first = munadi(*COMMAND)
    assert first.exit_code == 0, first.output
    assert "accounts: 1 re-encrypted\nendpoints: 1 re-encrypted\n" in first.stdout
    assert "Run this again" in first.stderr
    second = munadi(*COMMAND)
    assert second.exit_code == 0
    assert "accounts: 0 re-encrypted" in second.stdout
    assert "remove every key but the first from MUNADI_SECRET_KEYS" in second.stderr
    assert "48 hours" in second.stderr
    assert database.opens_with(NEW)


def test_json_output_contains_no_key(database: SealedDatabase, munadi: Munadi) -> None:
    database.keys(NEW, OLD)
    result = munadi(*COMMAND, "--json")
    ids = KeyRing([NEW, OLD]).key_ids
    assert printed(result) == {
        "newestKey": ids[0],
        "olderKeys": [ids[1]],
        "resealed": {
            "accounts": 1,
            "endpoints": 1,
            "connections": 0,
            "idempotency": 0,
            "publications": 0,
            "discards": 0,
        },
        "unreadable": [],
    }
    assert NEW not in result.output
    assert OLD not in result.output


def test_a_key_that_was_removed_too_early_is_reported(database: SealedDatabase, munadi: Munadi) -> None:
    database.keys(NEW)
    result = munadi(*COMMAND)
    assert result.exit_code == 1
    assert f"accounts {database.account} cannot be opened: sealed under a key that is not held" in result.stderr
    assert "add it to the end of MUNADI_SECRET_KEYS" in result.stderr
    assert [row["table"] for row in printed(munadi(*COMMAND, "--json"))["unreadable"]] == ["accounts", "endpoints"]
    database.keys(NEW, OLD)
    assert munadi(*COMMAND).exit_code == 0
    assert database.opens_with(NEW)


def test_one_key_alone_is_nothing_to_rotate(database: SealedDatabase, munadi: Munadi) -> None:
    database.keys(OLD)
    result = munadi(*COMMAND)
    assert (result.exit_code, "put a new one before it" in result.stderr) == (0, True)


@pytest.mark.parametrize(
    ("keys", "rule"),
    [(None, "MUNADI_SECRET_KEYS is not set, and there is no key in "), ("short", "MUNADI_SECRET_KEYS: a key-")],
)
def test_without_valid_keys_nothing_changes(
    database: SealedDatabase, munadi: Munadi, keys: str | None, rule: str
) -> None:
    if keys is not None:
        database.keys(keys)
    result = munadi(*COMMAND)
    assert result.exit_code == 2
    assert result.stderr.startswith(rule)
    assert database.opens_with(OLD)
    assert not Path(database.url.removeprefix("sqlite+aiosqlite:///")).with_name("data").exists()


def test_a_database_without_tables_is_reported(munadi: Munadi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUNADI_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("MUNADI_SECRET_KEYS", f"{NEW},{OLD}")
    result = munadi(*COMMAND)
    assert result.exit_code == 1
    assert "not all secrets were re-encrypted: no such table: accounts" in result.stderr
    assert "munadi db upgrade" in result.stderr


def test_the_command_works_as_a_process(database: SealedDatabase, tmp_path: Path) -> None:
    database.keys(NEW, OLD)
    argv = [sys.executable, "-m", "munadi.cli", *COMMAND, "--json"]
    run = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["resealed"]["accounts"] == 1
    assert database.opens_with(NEW)
