"""Several logins by name: which one a command uses, and what logging out leaves."""

from __future__ import annotations

import json
import stat

import httpx
import pytest

from munadi.cli.completing import profiles as offered
from munadi.cli.credentials import resolve
from munadi.cli.profile_store import Credentials, StoredProfiles, credentials_file, load, save
from munadi.config import unknown_variables
from munadi.process.exits import CommandFailed
from tests.cli.conftest import FakeApi, Munadi, problem

HERE, THERE = "https://here.example", "https://there.example"
LIVE, STAGING = Credentials(HERE, "mnd_live_aaaa"), Credentials(THERE, "mnd_staging_bbbb")
EMPTY = {"data": [], "nextCursor": None}


@pytest.fixture
def both(munadi: Munadi) -> Munadi:
    """A `munadi` with two profiles, of which `live` is in use."""
    save(StoredProfiles("live", {"live": LIVE, "staging": STAGING}))
    return munadi


def asked(api: FakeApi) -> list[tuple[str, str | None]]:
    """Where each request went, and with which key."""
    return [(str(each.url.copy_with(path="/")).rstrip("/"), each.headers.get("authorization")) for each in api.requests]


def test_login_to_a_name_keeps_the_others_and_the_one_in_use(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels", EMPTY)
    first = munadi("login", "--url", HERE, "--api-key", "mnd_live_aaaa", "--json")
    assert json.loads(first.stdout) == {
        "url": HERE, "credentials": str(credentials_file()), "profile": "default", "inUse": True
    }  # fmt: skip
    second = munadi("--profile", "staging", "login", "--url", THERE, "--api-key", "mnd_staging_bbbb")
    assert second.exit_code == 0
    assert "munadi profiles use staging" in second.stderr
    assert load() == StoredProfiles("default", {"default": LIVE, "staging": STAGING})
    assert stat.S_IMODE(credentials_file().stat().st_mode) == 0o600


def test_the_first_login_is_in_use_whatever_its_name(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels", EMPTY)
    assert munadi("--profile", "live", "login", "--url", HERE, "--api-key", "mnd_live_aaaa").exit_code == 0
    assert (load().in_use, resolve()) == ("live", LIVE)


@pytest.mark.parametrize("name", ["", "a b", "-x", "a/b", "x" * 64])
def test_a_name_that_no_profile_can_have(both: Munadi, api: FakeApi, name: str) -> None:
    refused = both("--profile", name, "login", "--url", HERE, "--api-key", "mnd_k")
    if name:
        assert (refused.exit_code, "cannot name a profile" in refused.stderr) == (2, True)
        assert api.requests == []
    else:
        assert sorted(load().profiles) == ["live", "staging"], "an empty name is none"


@pytest.mark.parametrize(
    "words", [("--profile", "staging", "brands", "list"), ("brands", "list", "--profile", "staging")]
)
def test_a_command_uses_the_profile_that_it_names(both: Munadi, api: FakeApi, words: tuple[str, ...]) -> None:
    api.on("GET /v1/brands", EMPTY)
    assert both(*words).exit_code == 0
    assert both("brands", "list").exit_code == 0
    assert asked(api) == [(THERE, f"Bearer {STAGING.api_key}"), (HERE, f"Bearer {LIVE.api_key}")]


@pytest.mark.usefixtures("both")
def test_options_come_first_then_a_named_profile_then_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_PROFILE", "staging")
    assert resolve() == STAGING
    assert resolve(profile="live") == LIVE
    monkeypatch.setenv("MUNADI_URL", "https://shell.example")
    monkeypatch.setenv("MUNADI_API_KEY", "mnd_shell")
    assert resolve() == Credentials("https://shell.example", "mnd_shell")
    assert resolve(profile="live") == LIVE, "what is named on the line comes before the shell"
    assert resolve(url="https://option.example", profile="live") == Credentials("https://option.example", None)
    assert resolve(api_key="mnd_option", profile="live") == Credentials(HERE, "mnd_option")
    assert "MUNADI_PROFILE" not in unknown_variables()


def test_a_profile_that_is_not_there_is_refused_before_any_call(
    both: Munadi, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = both("--profile", "stagign", "brands", "list")
    assert (refused.exit_code, api.requests) == (2, [])
    assert "no profile 'stagign'" in refused.stderr
    assert "There are: live, staging." in refused.stderr
    monkeypatch.setenv("MUNADI_PROFILE", "gone")
    with pytest.raises(CommandFailed, match="no profile 'gone'"):
        resolve()


def test_profiles_are_listed_without_keys_and_chosen(both: Munadi, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = both("profiles", "list", "--json")
    assert json.loads(listed.stdout)["data"] == [
        {"name": "live", "url": HERE, "keyEndsIn": "aaaa", "inUse": True},
        {"name": "staging", "url": THERE, "keyEndsIn": "bbbb", "inUse": False},
    ]
    used = both("profiles", "use", "staging")
    assert (used.exit_code, used.stdout) == (0, f"using staging ({THERE})\n")
    assert (load().in_use, used.stderr) == ("staging", "")
    shown = both("profiles", "list").stdout
    assert [line.split() for line in shown.splitlines()][1:] == [
        ["live", HERE, "aaaa"], ["in", "use", "staging", THERE, "bbbb"]
    ]  # fmt: skip
    assert not {"mnd_live_aaaa", "mnd_staging_bbbb"} & set(shown.split())
    refused = both("profiles", "use", "production")
    assert (refused.exit_code, load().in_use) == (2, "staging")
    monkeypatch.setenv("MUNADI_API_KEY", "mnd_shell")
    assert "MUNADI_API_KEY of this shell override it" in both("profiles", "use", "live").stderr
    assert (offered("sta"), offered("")) == (["staging"], ["live", "staging"])


@pytest.mark.parametrize(
    ("answer", "valid", "said"),
    [
        (EMPTY, True, "ends in aaaa, stays valid"),
        (problem(401), False, "is not valid any more"),
        (problem(500), None, "could not be asked"),
        (httpx.ConnectError("refused"), None, "could not be asked"),
    ],
    ids=["valid", "revoked", "an error", "not reachable"],
)
def test_logout_forgets_the_key_and_says_what_becomes_of_it(
    both: Munadi, api: FakeApi, answer: dict[str, object] | httpx.Response | Exception, valid: bool | None, said: str
) -> None:
    api.on("GET /v1/channels", answer)
    done = both("logout")
    assert done.exit_code == 0
    assert said in done.stderr
    assert ("munadi keys revoke KEY_ID" in done.stderr) == (valid is not False)
    assert load() == StoredProfiles("live", {"live": Credentials(HERE, None), "staging": STAGING})
    assert "mnd_live" not in credentials_file().read_text() + done.output
    save(StoredProfiles("live", {"live": LIVE}))
    assert json.loads(both("logout", "--json").stdout) == {
        "profile": "live", "url": HERE, "keyEndsIn": "aaaa", "keyIsValid": valid
    }  # fmt: skip


def test_after_logout_the_address_is_kept_and_another_profile_is_not_used_instead(both: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels", EMPTY)
    api.on("GET /v1/brands", problem(401))
    assert both("logout").exit_code == 0
    assert both("brands", "list").exit_code == 4
    assert asked(api)[-1] == (HERE, None)
    assert "had no key" in both("logout").stdout
    assert both("logout", "--profile", "staging", "--remove").exit_code == 0
    assert sorted(load().profiles) == ["live"]
    assert both("logout", "--remove").exit_code == 0
    assert load() == StoredProfiles()
    missing = both("logout")
    assert (missing.exit_code, "no profile 'default'" in missing.stderr) == (2, True)


@pytest.mark.usefixtures("munadi")
def test_a_file_from_before_profiles_is_one_of_them(munadi: Munadi, api: FakeApi) -> None:
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text(json.dumps({"url": HERE, "apiKey": "mnd_live_aaaa"}))
    assert resolve() == LIVE
    api.on("GET /v1/channels", EMPTY)
    assert munadi("login", "--profile", "staging", "--url", THERE, "--api-key", "mnd_staging_bbbb").exit_code == 0
    assert load() == StoredProfiles("default", {"default": LIVE, "staging": STAGING})


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"profiles": []}', '{"profiles": {"x": 1}, "inUse": "x"}', "{}"])
def test_a_damaged_file_is_reported_and_offers_nothing(munadi: Munadi, text: str) -> None:
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text(text)
    refused = munadi("profiles", "list")
    assert (refused.exit_code, "cannot be read" in refused.stderr) == (2, True)
    assert offered("") == []
