"""Secrets from files: every one can be, and a file that cannot be used keeps the process from starting."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from munadi.config import Settings, load_settings, unknown_variables
from munadi.process.exits import CommandFailed
from munadi.process.settings import check_start, read_settings
from munadi.secret_files import MAX_BYTES
from scripts.setting_tables import secret_variables, settings
from tests.cli.conftest import Munadi

KEYS = "MUNADI_SECRET_KEYS"
NOBODY = 65_534
pytestmark = pytest.mark.usefixtures("clean_environment")


def given(monkeypatch: pytest.MonkeyPatch, file: Path, content: str | bytes, variable: str = KEYS) -> None:
    """A file with this content, named by the variable."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv(f"{variable}_FILE", str(file))


@pytest.mark.parametrize("variable", [*secret_variables()])
def test_every_secret_can_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    given(monkeypatch, tmp_path / "secret", "s3cret of one line\n", variable)
    found: Any = load_settings()
    for key in variable.removeprefix("MUNADI_").lower().split("__"):
        found = found[key] if isinstance(found, dict) else getattr(found, key)
    assert (found.get_secret_value() if isinstance(found, SecretStr) else found) == "s3cret of one line"
    assert unknown_variables() == []
    assert f"`{variable}_FILE`" in settings()


def test_all_kinds_of_secrets_are_among_them() -> None:
    kinds = {variable.rpartition("__")[2] for variable in secret_variables()}
    assert kinds >= {KEYS, "MUNADI_DATABASE_URL", "MUNADI_DATABASE_PASSWORD", "API_KEY", "TOKEN", "CLIENT_SECRET"}


@pytest.mark.parametrize(
    ("content", "value"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a"), (" a b ", " a b "), ("ü", "ü"), ("a,b\n", "a,b")],
)
def test_only_newlines_at_the_end_are_not_part_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, value: str
) -> None:
    given(monkeypatch, tmp_path / "keys", content)
    assert load_settings().secret_keys == SecretStr(value)


def test_it_stands_beside_settings_of_its_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, tmp_path / "one", "from a file", "MUNADI_CHANNELS__X__CLIENT_SECRET")
    given(monkeypatch, tmp_path / "two", "another", "MUNADI_MEDIA__SECRET_KEY")
    monkeypatch.setenv("MUNADI_CHANNELS__X__CLIENT_ID", "ours")
    monkeypatch.setenv("MUNADI_MEDIA__URL", "s3://bucket/media")
    found = load_settings()
    assert found.channels["x"].items() >= {"client_id": "ours", "client_secret": "from a file"}.items()
    assert (found.media.url, found.media.secret_key) == ("s3://bucket/media", SecretStr("another"))


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, tmp_path / "keys", "from the file")
    monkeypatch.setenv(KEYS, "")
    assert load_settings().secret_keys == SecretStr("from the file")
    monkeypatch.setenv(KEYS, "direct")
    monkeypatch.setenv(f"{KEYS}_FILE", "")
    assert load_settings().secret_keys == SecretStr("direct")


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda file: None, "names a file that does not exist: it takes a path, not the value"),
    "a folder": (Path.mkdir, "must name a file, not a folder, a pipe or a device"),
    "a pipe": (os.mkfifo, "must name a file, not a folder, a pipe or a device"),
    "empty": (lambda file: file.write_text(""), "names a file that is empty"),
    "only a newline": (lambda file: file.write_text(" \n"), "names a file that is empty"),
    "too large": (lambda file: file.write_text("k" * (MAX_BYTES + 1)), f"names a file of more than {MAX_BYTES} bytes"),
    "binary": (lambda file: file.write_bytes(b"\xff\xfe"), "names a file that is not UTF-8 text"),
    "two lines": (
        lambda file: file.write_text("a\nb\n"),
        "names a file with more than one line, or with control characters",
    ),
    "unreadable": (lambda file: file.symlink_to("/proc/self/mem"), "names a file that cannot be read: "),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_cannot_be_used_has_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    make, rule = WRONG[kind]
    make(tmp_path / "keys")
    monkeypatch.setenv(f"{KEYS}_FILE", str(tmp_path / "keys"))
    with pytest.raises(CommandFailed) as refused:
        read_settings()
    assert str(refused.value).startswith(f"{KEYS}_FILE {rule}")


def test_a_file_of_another_user_has_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, tmp_path / "keys", "k")
    (tmp_path / "keys").chmod(0)
    was = os.geteuid()
    os.seteuid(NOBODY if was == 0 else was)
    try:
        with pytest.raises(CommandFailed, match=f"^{KEYS}_FILE names a file that cannot be read: Permission denied$"):
            read_settings()
    finally:
        os.seteuid(was)


def test_the_largest_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, tmp_path / "keys", "k" * (MAX_BYTES - 1) + "\n")
    assert load_settings().secret_keys == SecretStr("k" * (MAX_BYTES - 1))


def test_each_wrong_variable_has_a_line_and_shows_no_value(
    munadi: Munadi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, tmp_path / "token", "from the file", "MUNADI_METRICS__TOKEN")
    monkeypatch.setenv("MUNADI_METRICS__TOKEN", "hunter2")
    monkeypatch.setenv(f"{KEYS}_FILE", "hunter2/as+a+path")
    monkeypatch.setenv("MUNADI_API__PORT_FILE", str(tmp_path / "token"))
    result = munadi("api")
    assert (result.exit_code, result.stdout) == (2, "")
    *lines, where = result.stderr.splitlines()
    assert sorted(lines) == [
        "MUNADI_API__PORT_FILE is not read: only secrets come from files; set MUNADI_API__PORT",
        "MUNADI_METRICS__TOKEN_FILE and MUNADI_METRICS__TOKEN are both set: unset one of them",
        f"{KEYS}_FILE names a file that does not exist: it takes a path, not the value",
    ]
    assert "settings.md" in where
    assert "hunter2" not in result.stderr


def test_a_group_in_one_variable_counts_as_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(monkeypatch, tmp_path / "token", "from the file", "MUNADI_METRICS__TOKEN")
    monkeypatch.setenv("MUNADI_METRICS", '{"token": "in JSON"}')
    with pytest.raises(CommandFailed, match="are both set"):
        read_settings()


def test_a_name_that_is_no_setting_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_SECRET_KEY_FILE", "/nowhere")
    load_settings()
    assert unknown_variables() == ["MUNADI_SECRET_KEY_FILE"]


def test_a_password_beside_the_url_is_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUNADI_DATABASE_URL", "postgresql+psycopg://munadi@db.example:5433/posts?sslmode=require")
    given(monkeypatch, tmp_path / "password", "it's p@ss/w:rd%2F?\n", "MUNADI_DATABASE_PASSWORD")
    url = make_url(load_settings().database)
    assert (url.username, url.password, url.host, url.port) == ("munadi", "it's p@ss/w:rd%2F?", "db.example", 5433)
    assert (url.database, url.query) == ("posts", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (None, "needs a MUNADI_DATABASE_URL of PostgreSQL with a user: "),
        ("sqlite+aiosqlite:///munadi.db", "needs a MUNADI_DATABASE_URL of PostgreSQL with a user: "),
        ("postgresql+psycopg://db.example/posts", "needs a MUNADI_DATABASE_URL of PostgreSQL with a user: "),
        ("postgresql+psycopg://munadi:own@db/posts", "is set, and MUNADI_DATABASE_URL has a password too: "),
    ],
)
def test_a_password_that_fits_nowhere_is_refused(url: str | None, rule: str) -> None:
    settings = Settings(database_url=SecretStr(url) if url else None, database_password=SecretStr("hunter2"))
    with pytest.raises(CommandFailed, match=f"^MUNADI_DATABASE_PASSWORD {rule}") as refused:
        check_start(settings)
    assert "hunter2" not in str(refused.value)
