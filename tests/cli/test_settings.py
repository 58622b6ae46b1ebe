"""A process with wrong settings reports each in one line before it starts anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from munadi.config import Settings
from munadi.exposure import exposures

WEAK = "hunter2-hunter2"
USAGE = 2
HTTPS = "https://munadi.example"
PRODUCTION = {"ENVIRONMENT": "production", "SECRET_KEYS": "0123456789abcdef" * 4, "PUBLIC_URL": HTTPS}


pytestmark = pytest.mark.usefixtures("clean_environment")


def _refused(folder: Path, *command: str, **settings: str) -> list[str]:
    """The lines with which the process ends."""
    return _ended(folder, ["munadi.cli", *command], settings)


def _ended(folder: Path, module: list[str], settings: dict[str, str]) -> list[str]:
    environment = {**os.environ, **{f"MUNADI_{name}": value for name, value in settings.items()}}
    argv = [sys.executable, "-m", *module]
    run = subprocess.run(argv, capture_output=True, text=True, cwd=folder, env=environment, timeout=60)
    assert (run.returncode, run.stdout) == (USAGE, ""), run.stderr
    assert "Traceback" not in run.stderr
    *rules, where = run.stderr.splitlines()
    assert "settings.md" in where
    return rules


@pytest.mark.parametrize("command", ["api", "worker", "dev"])
def test_production_needs_a_key(tmp_path: Path, command: str) -> None:
    rules = _refused(tmp_path, command, ENVIRONMENT="production", PUBLIC_URL=HTTPS, TEMPORAL__ADDRESS="127.0.0.1:1")
    assert len(rules) == 1
    assert rules[0].startswith("MUNADI_SECRET_KEYS must be set outside development")


@pytest.mark.parametrize("module", ["api", "worker"])
def test_a_process_started_as_a_module_reports_the_same(tmp_path: Path, module: str) -> None:
    given = {"ENVIRONMENT": "production", "PUBLIC_URL": HTTPS, "TEMPORAL__ADDRESS": "127.0.0.1:1"}
    (rule,) = _ended(tmp_path, [module], given)
    assert rule == "MUNADI_SECRET_KEYS must be set outside development; make one: openssl rand -base64 32"
    (rule,) = _ended(tmp_path, [module], {**given, "SECRET_KEYS": "0123456789abcdef" * 4, "API__PORT": "http"})
    assert rule == "MUNADI_API__PORT must be a valid integer"


@pytest.mark.parametrize("command", ["api", "worker"])
def test_failpoints_are_refused_in_production(tmp_path: Path, command: str) -> None:
    given = {**PRODUCTION, "TEMPORAL__ADDRESS": "127.0.0.1:1"}
    (rule,) = _refused(tmp_path, command, **given, FAILPOINTS=str(tmp_path / "points"))
    assert rule.startswith("MUNADI_FAILPOINTS makes processes crash on purpose")


@pytest.mark.parametrize("command", ["api", "worker"])
def test_a_weak_key_is_refused_and_not_shown(tmp_path: Path, command: str) -> None:
    given = {**PRODUCTION, "SECRET_KEYS": WEAK, "TEMPORAL__ADDRESS": "127.0.0.1:1"}
    (rule,) = _refused(tmp_path, command, **given)
    assert rule.startswith("MUNADI_SECRET_KEYS: a key-encryption key has at least 32")
    assert WEAK not in rule


def test_a_worker_needs_temporal(tmp_path: Path) -> None:
    assert _refused(tmp_path, "worker") == [
        "MUNADI_TEMPORAL__ADDRESS must be set: host:port of a Temporal server (munadi dev runs one)"
    ]


@pytest.mark.parametrize("command", [["api"], ["worker"], ["dev"], ["db", "upgrade"]])
def test_each_setting_that_is_wrong_has_a_line(tmp_path: Path, command: list[str]) -> None:
    assert _refused(tmp_path, *command, ENVIRONMENT="prod", API__PORT="abc") == [
        "MUNADI_ENVIRONMENT must be 'development' or 'production'",
        "MUNADI_API__PORT must be a valid integer",
    ]


def test_settings_of_one_part_are_checked_before_the_start(tmp_path: Path) -> None:
    given = {"LOG_LEVEL": "loud", "DATABASE_URL": "x", "MEDIA__URL": "ftp://x"}
    rules = _refused(tmp_path, "api", **given, CHANNELS__YOUTUBE__CHUNK_BYTES="x")
    assert [rule.split(" ")[0].rstrip(":") for rule in rules] == [
        "MUNADI_LOG_LEVEL",
        "MUNADI_DATABASE_URL",
        "MUNADI_MEDIA__URL",
        "MUNADI_CHANNELS__YOUTUBE__CHUNK_BYTES",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_is_no_port_is_refused(tmp_path: Path) -> None:
    assert _refused(tmp_path, "api", API__PORT="70000") == ["MUNADI_API__PORT must be from 0 to 65535"]
    assert "such as MUNADI_API__PORT" in _refused(tmp_path, "api", API="x")[0]


@pytest.mark.parametrize("command", [["api"], ["api", "--host", "192.0.2.7"], ["dev"]], ids=" ".join)
def test_development_does_not_listen_on_a_network(tmp_path: Path, command: list[str]) -> None:
    (rule,) = _refused(tmp_path, *command, API__HOST="127.0.0.1" if "--host" in command else "0.0.0.0")
    assert rule.startswith("MUNADI_API__HOST is reachable from other machines, and this is development mode: ")
    assert "MUNADI_ENVIRONMENT=production" in rule
    assert "MUNADI_ALLOW_PUBLIC_DEVELOPMENT=true" in rule


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "munadi.example", ""])
def test_no_network_address_passes_as_loopback(host: str) -> None:
    assert len(list(exposures(Settings.model_validate({"api": {"host": host}})))) == 1


@pytest.mark.parametrize("command", ["api", "worker"])
def test_development_has_no_public_address(tmp_path: Path, command: str) -> None:
    (rule,) = _refused(tmp_path, command, PUBLIC_URL=HTTPS, TEMPORAL__ADDRESS="127.0.0.1:1")
    assert rule.startswith("MUNADI_PUBLIC_URL is not an address of this machine, and this is development mode: ")


@pytest.mark.parametrize(("url", "found"), [("http://munadi.example", "is http"), ("", "is not set")])
def test_production_asks_for_https(tmp_path: Path, url: str, found: str) -> None:
    (rule,) = _refused(tmp_path, "api", **{**PRODUCTION, "PUBLIC_URL": url})
    assert rule.startswith(f"MUNADI_PUBLIC_URL {found}, and in production keys and sessions must travel over https: ")
    assert "MUNADI_ALLOW_HTTP=true" in rule


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"public_url": "http://localhost:8080"},
        {"public_url": "http://[::1]:8080", "api": {"host": "::1"}},
        {"public_url": "https://tunnel.example", "api": {"host": "0.0.0.0"}, "allow_public_development": True},
        {"environment": "production", "public_url": HTTPS, "api": {"host": "0.0.0.0"}},
        {"environment": "production", "public_url": "http://10.0.0.7", "allow_http": True},
    ],
)
def test_safe_and_explicitly_allowed_settings_start(settings: dict[str, object]) -> None:
    assert list(exposures(Settings.model_validate(settings))) == []
