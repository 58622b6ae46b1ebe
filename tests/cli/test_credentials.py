"""Which API a command talks to, and with which key."""

import json
import stat

import httpx
import pytest

from munadi.cli.credentials import resolve
from munadi.cli.profile_store import Credentials, StoredProfiles, credentials_file, save
from tests.cli.conftest import FakeApi, Munadi

STORED = Credentials("https://munadi.example", "mnd_stored")


def store(credentials: Credentials) -> None:
    save(StoredProfiles(profiles={"default": credentials}))


def test_login_stores_a_file_that_only_this_user_can_read(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels", {"data": [], "nextCursor": None})
    result = munadi("login", "--url", "https://munadi.example/", "--api-key", "mnd_stored")
    assert result.exit_code == 0
    assert stat.S_IMODE(credentials_file().stat().st_mode) == 0o600
    profiles = {"default": {"url": "https://munadi.example", "apiKey": "mnd_stored"}}
    assert json.loads(credentials_file().read_text()) == {"inUse": "default", "profiles": profiles}
    assert "mnd_stored" not in result.output
    assert api.requests[0].headers["authorization"] == "Bearer mnd_stored"


def test_a_key_that_is_refused_is_not_stored(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels", httpx.Response(401, json={"title": "Not authenticated"}))
    assert munadi("login", "--url", "https://munadi.example", "--api-key", "mnd_bad").exit_code == 4
    assert not credentials_file().exists()


def test_without_a_terminal_login_asks_for_options(munadi: Munadi) -> None:
    assert munadi("login").exit_code == 2


@pytest.mark.usefixtures("munadi")
def test_options_precede_the_environment_and_the_stored_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve() == Credentials("http://127.0.0.1:8080", None)
    store(STORED)
    assert resolve() == STORED
    monkeypatch.setenv("MUNADI_API_KEY", "mnd_env")
    assert resolve() == Credentials(STORED.url, "mnd_env")
    assert resolve(api_key="mnd_option").api_key == "mnd_option"


@pytest.mark.usefixtures("munadi")
def test_a_stored_key_is_never_sent_to_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    store(STORED)
    monkeypatch.setenv("MUNADI_URL", "https://elsewhere.example")
    assert resolve() == Credentials("https://elsewhere.example", None)
    assert resolve(url=STORED.url + "/") == STORED


def test_damaged_credentials_are_a_usage_error(munadi: Munadi) -> None:
    store(STORED)
    credentials_file().write_text("nonsense")
    assert munadi("contents", "get", "cnt_1").exit_code == 2


@pytest.mark.parametrize("key", ["é", "mnd_é", "mnd_a b", "mnd_a\nb"])
def test_a_key_that_cannot_be_sent_is_a_refusal(
    munadi: Munadi, api: FakeApi, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("MUNADI_API_KEY", key)
    result = munadi("brands", "list")
    assert result.exit_code == 4
    assert "has a character that no key has" in result.stderr
    assert key not in result.stderr
    assert api.requests == []
