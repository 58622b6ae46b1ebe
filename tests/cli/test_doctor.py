"""`munadi doctor`: each thing that is wrong, with what to do."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from munadi.db import migrate
from tests.cli.conftest import FakeApi, Munadi, problem


@pytest.fixture(autouse=True)
def elsewhere(munadi: Munadi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api: FakeApi) -> None:
    """All well, and no database on this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MUNADI_DATA_DIR", raising=False)
    monkeypatch.delenv("MUNADI_DATABASE_URL", raising=False)
    monkeypatch.setenv("MUNADI_API_KEY", "mnd_k")
    _well(api)


def _well(api: FakeApi, skew: timedelta = timedelta(0), temporal: str = "up") -> None:
    date = {"date": format_datetime(datetime.now(UTC) + skew, usegmt=True)}
    api.on("GET /healthz", httpx.Response(200, json={"status": "ok"}, headers=date))
    parts = {"status": "ready", "dependencies": {"database": "up", "temporal": temporal}}
    api.on("GET /readyz", httpx.Response(200, json=parts))
    api.on("GET /v1/channels", httpx.Response(200, json={"data": [], "nextCursor": None}))


def _failed(result: Result) -> list[str]:
    return [check["name"] for check in json.loads(result.stdout)["checks"] if not check["ok"]]


def test_all_well(munadi: Munadi) -> None:
    result = munadi("doctor", "--json")
    assert result.exit_code == 0
    assert _failed(result) == []


def test_an_unreachable_api_is_exit_code_3(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /healthz", httpx.ConnectError("refused"))
    assert munadi("doctor").exit_code == 3


def test_each_problem_is_named_with_what_to_do(munadi: Munadi, api: FakeApi) -> None:
    _well(api, skew=timedelta(minutes=3), temporal="down")
    api.on("GET /v1/channels", problem(401, detail="the key was revoked"))
    result = munadi("doctor", "--json")
    assert result.exit_code == 1
    assert _failed(result) == ["clock", "temporal", "key"]
    words = munadi("doctor").stdout
    for expected in ("NTP", "MUNADI_TEMPORAL__ADDRESS", "the key was revoked"):
        assert expected in words


def test_no_database_behind_the_api(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /readyz", problem(503, detail="database: down, temporal: up"))
    result = munadi("doctor", "--json")
    assert (result.exit_code, _failed(result)) == (1, ["database"])


def test_no_key(munadi: Munadi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MUNADI_API_KEY")
    assert _failed(munadi("doctor", "--json")) == ["key"]


def test_a_database_behind_its_migrations(munadi: Munadi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"
    monkeypatch.setenv("MUNADI_DATABASE_URL", url)
    result = munadi("doctor")
    assert result.exit_code == 1
    assert "munadi db upgrade" in result.stdout
    migrate.upgrade(url)
    assert munadi("doctor").exit_code == 0


def test_a_misspelled_setting_is_a_warning(munadi: Munadi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_DATBASE_URL", "x")
    result = munadi("doctor")
    assert result.exit_code == 0
    assert "MUNADI_DATBASE_URL is no setting" in result.stdout


@pytest.mark.parametrize("behind", [0.0, 0.9])
def test_a_date_of_whole_seconds_makes_no_difference(munadi: Munadi, api: FakeApi, behind: float) -> None:
    # Up to one more: the header is cut to whole seconds.
    _well(api, skew=timedelta(seconds=-behind))
    assert "this machine and the API agree, as far as whole seconds tell" in munadi("doctor").stdout


@pytest.mark.parametrize("skew", [4, -6])
def test_a_small_clock_difference_is_reported(munadi: Munadi, api: FakeApi, skew: int) -> None:
    _well(api, skew=timedelta(seconds=skew))
    assert "differ by" in munadi("doctor").stdout


def test_every_setting_that_is_wrong_is_named(munadi: Munadi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_API__PORT", "abc")
    monkeypatch.setenv("MUNADI_ENVIRONMENT", "prod")
    result = munadi("doctor", "--json")
    assert _failed(result) == ["settings", "settings"]
    assert "MUNADI_ENVIRONMENT must be" in result.stdout
