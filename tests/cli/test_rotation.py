"""`munadi keys rotate-encryption`: its report, the next step, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.store import AccountStore
from munadi.db.session import Database
from tests.cli.conftest import Munadi
from tests.db.seeding import Seed

OLD, NEW = create_key(), create_key()
COMMAND = ("keys", "rotate-encryption")


class SealedDatabase:
    """A database with an account and an endpoint, sealed under the old key."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, munadi: Munadi) -> None:
        self.url, self.data = f"sqlite+aiosqlite:///{folder / 'munadi.db'}", folder / "data"
        self._set, self._munadi = monkeypatch.setenv, munadi
        self._set("MUNADI_DATABASE_URL", self.url)
        self._set("MUNADI_DATA_DIR", str(self.data))
        self.account = asyncio.run(self._fill())

    def rotate(self, *keys: str, options: tuple[str, ...] = ()) -> Result:
        """The result of the command with these keys, or without the setting."""
        if keys:
            self._set("MUNADI_SECRET_KEYS", ",".join(keys))
        return self._munadi(*COMMAND, *options)

    def opens_with(self, *keys: str) -> bool:
        """Whether these keys open the account's credentials."""

        async def opens() -> bool:
            database = Database(self.url)
            try:
                return await AccountStore(database, KeyRing(keys)).opened(self.account) is not None
            finally:
                await database.close()

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
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, munadi: Callable[..., Result]) -> SealedDatabase:
    return SealedDatabase(tmp_path, monkeypatch, munadi)


def test_a_rotation_reports_what_was_resealed_and_what_to_do_next(sealed: SealedDatabase) -> None:
    first = sealed.rotate(NEW, OLD)
    assert first.exit_code == 0, first.output
    assert "accounts: 1 re-encrypted\nendpoints: 1 re-encrypted\n" in first.stdout
    assert "Run this again" in first.stderr
    second = sealed.rotate(NEW, OLD)
    assert (second.exit_code, "accounts: 0 re-encrypted" in second.stdout) == (0, True)
    assert "remove every key but the first from MUNADI_SECRET_KEYS" in second.stderr
    assert "48 hours" in second.stderr
    assert sealed.opens_with(NEW)


def test_json_output_contains_no_key(sealed: SealedDatabase) -> None:
    result = sealed.rotate(NEW, OLD, options=("--json",))
    ids = KeyRing([NEW, OLD]).key_ids
    empty = ("connections", "idempotency", "publications", "discards", "receipt_keys", "alerts", "brand_apps")
    tables = dict.fromkeys(empty, 0)
    assert json.loads(result.stdout) == {
        "newestKey": ids[0],
        "olderKeys": [ids[1]],
        "resealed": {"accounts": 1, "endpoints": 1} | tables,
        "unreadable": [],
    }
    assert not [key for key in (OLD, NEW) if key in result.output]


def test_a_key_that_was_removed_too_early_is_reported(sealed: SealedDatabase) -> None:
    result = sealed.rotate(NEW)
    assert result.exit_code == 1
    assert f"accounts {sealed.account} cannot be opened: sealed under a key that is not held" in result.stderr
    assert "add it to the end of MUNADI_SECRET_KEYS" in result.stderr
    machine = sealed.rotate(NEW, options=("--json",))
    assert [row["table"] for row in json.loads(machine.stdout)["unreadable"]] == ["accounts", "endpoints"]
    assert sealed.rotate(NEW, OLD).exit_code == 0
    assert sealed.opens_with(NEW)


def test_a_single_key_has_nothing_to_rotate(sealed: SealedDatabase) -> None:
    result = sealed.rotate(OLD)
    assert (result.exit_code, "put a new one before it" in result.stderr) == (0, True)


@pytest.mark.parametrize(
    ("keys", "rule"),
    [((), "MUNADI_SECRET_KEYS is not set, and there is no key in "), (("short",), "MUNADI_SECRET_KEYS: a key-")],
)
def test_without_valid_keys_nothing_changes(sealed: SealedDatabase, keys: tuple[str, ...], rule: str) -> None:
    result = sealed.rotate(*keys)
    assert result.exit_code == 2
    assert result.stderr.startswith(rule)
    assert sealed.opens_with(OLD)
    assert not sealed.data.exists()


def test_a_database_without_tables_is_reported(munadi: Munadi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUNADI_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("MUNADI_SECRET_KEYS", f"{NEW},{OLD}")
    result = munadi(*COMMAND)
    assert result.exit_code == 1
    assert "not all secrets were re-encrypted: no such table: accounts" in result.stderr
    assert "munadi db upgrade" in result.stderr


def test_the_command_works_as_a_process(
    sealed: SealedDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MUNADI_SECRET_KEYS", f"{NEW},{OLD}")
    argv = [sys.executable, "-m", "munadi.cli", *COMMAND, "--json"]
    run = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["resealed"]["accounts"] == 1
    assert sealed.opens_with(NEW)
