"""`munadi doctor` where an API or a worker runs: keys, clocks, addresses, apps."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.cli.doctor.check import Check, skewed
from munadi.cli.doctor.outside import credentials, public_address, versions
from munadi.config import Settings
from munadi.crypto import KeyRing, create_key
from munadi.db import migrate
from munadi.db.session import Database
from tests.cli.conftest import Doctor
from tests.db.seeding import Seed
from tests.support.pgbouncer import PgBouncer

OLD, NEW = create_key(), create_key()


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The URL of a database with two secrets under the old key."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    _fill(url)
    monkeypatch.setenv("MUNADI_DATABASE_URL", url)
    return url


def _fill(url: str) -> None:
    migrate.upgrade(url)

    async def fill() -> None:
        database = Database(url)
        seed = Seed(database, KeyRing([OLD]))
        await seed.create()
        await seed.endpoint()
        await seed.account()
        await database.close()

    asyncio.run(fill())


@pytest.mark.parametrize(
    ("keys", "ok", "words", "advice"),
    [
        ([OLD], True, "open all 2 stored secrets", None),
        ([NEW, OLD], True, "2 stored secrets are still encrypted with an older key", "rotate-encryption"),
        ([NEW], False, "2 stored secrets are encrypted with keys that are missing here", "Add the removed key"),
    ],
)
def test_every_stored_secret_has_its_key(
    doctor: Doctor,
    sealed: str,
    monkeypatch: pytest.MonkeyPatch,
    keys: list[str],
    ok: bool,
    words: str,
    advice: str | None,
) -> None:
    monkeypatch.setenv("MUNADI_SECRET_KEYS", ",".join(keys))
    report = doctor()
    found = report.checks["secret keys"]
    assert (found["ok"], report.exit_code) == (ok, 0 if ok else 1)
    assert words in found["message"]
    assert (advice or "") in (found["advice"] or "")
    assert OLD not in report.output
    assert NEW not in report.output


def test_secrets_without_any_key_are_reported(doctor: Doctor, sealed: str) -> None:
    report = doctor()
    assert (report.exit_code, report.checks["secret keys"]["ok"]) == (1, False)
    assert "2 stored secrets and no key" in report.checks["secret keys"]["message"]


def test_the_clock_and_the_secrets_of_postgresql_are_checked(
    doctor: Doctor, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(postgres_url)
    monkeypatch.setenv("MUNADI_DATABASE_URL", postgres_url)
    monkeypatch.setenv("MUNADI_SECRET_KEYS", OLD)
    report = doctor()
    assert report.exit_code == 0, report.output
    assert report.checks["database clock"]["message"] == "this machine and the database differ by 0 s"
    assert report.checks["secret keys"]["message"] == "open all 2 stored secrets"
    found = report.checks["connections"]
    assert (found["message"], found["advice"]) == ("each process may have 20, PostgreSQL has 100 for all", None)
    monkeypatch.setenv("MUNADI_DATABASE_POOL__OVERFLOW", "50")
    assert "Raise max_connections" in doctor().checks["connections"]["advice"]


def test_a_pooler_that_the_settings_do_not_know_is_a_warning(
    doctor: Doctor, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(postgres_url)
    monkeypatch.setenv("MUNADI_SECRET_KEYS", OLD)
    with PgBouncer(postgres_url, sessions=3) as pooler:
        monkeypatch.setenv("MUNADI_DATABASE_URL", pooler.url)
        report = doctor()
        assert report.exit_code == 0, report.output
        assert "MUNADI_DATABASE_POOL__TRANSACTION_MODE=true" in report.checks["connections"]["advice"]
        monkeypatch.setenv("MUNADI_DATABASE_POOL__TRANSACTION_MODE", "true")
        assert doctor().checks["connections"]["advice"] is None


@pytest.mark.parametrize(("seconds", "ok"), [(0.0, True), (4.9, True), (5.1, False), (3_600.0, False)])
def test_clocks_that_differ_are_wrong_from_five_seconds_on(seconds: float, ok: bool) -> None:
    found = skewed("clock", seconds, "the API")
    assert found.ok is ok
    assert ("NTP" in (found.advice or "")) is not ok


def _public(answer: httpx.Response | Exception, **settings: Any) -> Check:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/healthz")
        if isinstance(answer, Exception):
            raise answer
        return answer

    return public_address(Settings(**settings), httpx.MockTransport(respond))


OUTSIDE = "https://munadi.example.com"
WELL = httpx.Response(200, json={"status": "ok"})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "https://10.0.0.5", "http://localhost", "https://api.internal"]
)
def test_a_private_public_address_is_reported(url: str) -> None:
    in_development = _public(WELL, public_url=url)
    assert (in_development.ok, "MUNADI_PUBLIC_URL" in (in_development.advice or "")) == (True, True)
    assert not _public(WELL, public_url=url, environment="production").ok


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (WELL, True, "answers, asked from this machine"),
        (httpx.ConnectError("name not known"), False, "name not known"),
        (httpx.Response(200, text="<html>"), False, "but not as Munadi"),
        (httpx.Response(404, json={"status": "ok"}), False, "answers 404"),
    ],
)
def test_the_public_address_must_answer_as_munadi(answer: httpx.Response | Exception, ok: bool, words: str) -> None:
    found = _public(answer, public_url=OUTSIDE)
    assert (found.ok, words in found.message) == (ok, True), found
    assert (found.advice is None) is ok


def test_an_address_without_tls_is_a_warning() -> None:
    found = _public(WELL, public_url="http://munadi.example.com")
    assert (found.ok, "https" in (found.advice or "")) == (True, True)


def test_half_of_an_apps_credentials_is_an_error_and_none_a_warning() -> None:
    some = {"facebook": {"client_id": "1", "client_secret": "s3cret"}, "tiktok": {"client_id": "2"}}
    wrong, warned = credentials(Settings(channels=some))
    assert (wrong.ok, wrong.message) == (False, "MUNADI_CHANNELS__TIKTOK__CLIENT_SECRET is missing")
    assert warned.ok
    for name in ("instagram", "threads", "youtube"):
        assert name in warned.message
    for name in ("facebook", "tiktok", "bluesky"):
        assert name not in warned.message


@pytest.mark.parametrize(
    ("version", "days", "found"),
    [
        ("202603", 61, []),
        ("202603", 60, [(True, "linkedin ends version 202603 on 2027-03-16")]),
        ("202603", 0, [(False, "linkedin ended version 202603 on 2027-03-16")]),
        ("202605", 1, [(True, "linkedin ends version 202605 about 2027-05-15")]),
        ("202605", 0, [(True, "linkedin may have ended version 202605 about 2027-05-15")]),
        ("202605", -300, [(True, "linkedin may have ended version 202605 about 2027-05-15")]),
    ],
)
def test_a_version_that_ends_soon_is_a_warning_and_one_that_is_known_to_have_ended_an_error(
    version: str, days: int, found: list[tuple[bool, str]]
) -> None:
    settings = Settings(channels={"linkedin": {"version": version}})
    ends = {"202603": date(2027, 3, 16), "202605": date(2027, 5, 15)}[version]
    checks = list(versions(settings, ends - timedelta(days=days)))
    assert [(one.ok, one.message) for one in checks] == found
    assert all("MUNADI_CHANNELS__LINKEDIN__VERSION" in (one.advice or "") for one in checks)
