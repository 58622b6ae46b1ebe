"""`munadi doctor`: each problem, with what to do. How an API is checked, and a bucket with its keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from munadi.db import migrate
from tests.cli.conftest import Doctor, FakeApi, Munadi, problem
from tests.support.ports import free_port
from tests.support.revisions import revision, versions_with
from tests.support.s3 import S3Server, make_keys

BUCKET_ACTIONS = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket")
Keys = dict[str, dict[str, str]]


def test_a_healthy_installation_has_no_problem(doctor: Doctor) -> None:
    report = doctor()
    assert (report.exit_code, report.failed) == (0, [])


def test_an_unreachable_api_is_exit_code_3(doctor: Doctor, api: FakeApi) -> None:
    assert doctor(health=httpx.ConnectError("refused")).exit_code == 3


def test_each_problem_is_named_with_what_to_do(doctor: Doctor, munadi: Munadi, api: FakeApi) -> None:
    report = doctor(skew=timedelta(minutes=3), temporal="down", channels=problem(401, detail="the key was revoked"))
    assert (report.exit_code, report.failed) == (1, ["clock", "temporal", "key"])
    words = munadi("doctor").stdout
    for expected in ("NTP", "MUNADI_TEMPORAL__ADDRESS", "the key was revoked"):
        assert expected in words


def test_overdue_posts_are_reported_with_their_cause(doctor: Doctor) -> None:
    report = doctor(overdue=3)
    assert (report.exit_code, report.failed) == (1, ["overdue"])
    assert "3 posts are due and not taken by a worker, the oldest since 2026-12-01T03:30:00Z" in report.output
    assert "it may hang" in report.checks["overdue"]["advice"]


def test_an_api_without_its_database_is_reported(doctor: Doctor) -> None:
    report = doctor(ready=problem(503, detail="database: down, temporal: up"))
    assert (report.exit_code, report.failed) == (1, ["database"])


def test_a_missing_key_is_reported(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUNADI_API_KEY")
    assert doctor().failed == ["key"]


def test_a_database_behind_its_migrations_is_reported(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"
    monkeypatch.setenv("MUNADI_DATABASE_URL", url)
    report = doctor()
    assert (report.exit_code, "munadi db upgrade" in report.output) == (1, True)
    migrate.upgrade(url)
    assert doctor().exit_code == 0
    migrate.upgrade(url, versions=versions_with(tmp_path, revision("9999", oldest_code=str(migrate.head()))))
    report = doctor()
    assert report.exit_code == 0
    assert "at revision 9999 of a newer version" in report.checks["migrations"]["message"]


def test_texts_without_an_index_are_a_warning(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres_url: str
) -> None:
    for url, words in ((f"sqlite+aiosqlite:///{tmp_path / 'x.db'}", None), (postgres_url, "CREATE EXTENSION pg_trgm")):
        migrate.upgrade(url)
        monkeypatch.setenv("MUNADI_DATABASE_URL", url)
        found = doctor()
        advice = found.checks["search"]["advice"]
        assert (found.exit_code, words in advice if words else advice) == (0, True if words else None)


def test_a_misspelled_setting_is_a_warning(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_DATBASE_URL", "x")
    report = doctor()
    assert (report.exit_code, "MUNADI_DATBASE_URL is no setting" in report.output) == (0, True)


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        # The Date header has whole seconds: it is up to one second behind.
        (0.0, "this machine and the API agree, as far as whole seconds tell"),
        (-0.9, "this machine and the API agree, as far as whole seconds tell"),
        (4, "differ by"),
        (-6, "differ by"),
    ],
)
def test_a_difference_of_clocks_is_reported(doctor: Doctor, skew: float, words: str) -> None:
    assert words in doctor(skew=timedelta(seconds=skew)).output


def test_every_wrong_setting_is_named(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_API__PORT", "abc")
    monkeypatch.setenv("MUNADI_ENVIRONMENT", "prod")
    report = doctor()
    assert report.failed == ["settings", "settings"]
    assert "MUNADI_ENVIRONMENT must be" in report.output


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[S3Server, Keys]]:
    """An S3 server that accepts these keys only."""
    with S3Server(tmp_path_factory.mktemp("s3")) as s3:
        s3.make_bucket("media")
        keys = {"good": make_keys(s3, *BUCKET_ACTIONS), "reader": make_keys(s3, "s3:GetObject", "s3:ListBucket")}
        keys["stranger"] = {"access_key": "AKIANOBODY", "secret_key": "hunter2-hunter2"}
        keys["mixed"] = keys["good"] | {"secret_key": "hunter2-hunter2"}
        s3.demand_keys()
        yield s3, keys


@pytest.mark.parametrize(
    ("who", "bucket", "check", "words"),
    [
        ("stranger", "media", "settings", ("MUNADI_MEDIA__ACCESS_KEY", "does not know this access key")),
        ("mixed", "media", "settings", ("MUNADI_MEDIA__", "_KEY")),
        ("reader", "media", "settings", ("MUNADI_MEDIA__ACCESS_KEY", "may not read, write, list and delete")),
        ("good", "nobodys", "settings", ("MUNADI_MEDIA__URL", "no such bucket")),
        ("good", None, "media", ("does not answer",)),
        ("good", "media", "media", ()),
    ],
    ids=["unknown key", "wrong secret", "missing permission", "missing bucket", "unreachable", "good"],
)
def test_a_bucket_is_checked_and_no_key_is_shown(
    doctor: Doctor,
    strict: tuple[S3Server, Keys],
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    bucket: str | None,
    check: str,
    words: tuple[str, ...],
) -> None:
    s3, keys = strict
    endpoint = s3.url if bucket else f"http://127.0.0.1:{free_port()}"
    for name, value in {"url": f"s3://{bucket or 'media'}/p", "endpoint": endpoint, **keys[who]}.items():
        monkeypatch.setenv(f"MUNADI_MEDIA__{name.upper()}", value)
    report = doctor()
    found = report.checks[check]
    assert (report.exit_code, found["ok"]) == ((1, False) if words else (0, True)), report.output
    for each in words:
        assert each in found["message"]
    assert not words or "MUNADI_MEDIA__" in found["message"] + found["advice"]
    assert keys[who]["secret_key"] not in report.output
