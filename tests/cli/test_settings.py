"""A process with wrong settings reports each in one line before it starts anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from munadi.config import Settings
from munadi.process.exposure import exposures
from tests.cli.conftest import Munadi

WEAK = "hunter2-hunter2"
USAGE = 2
HTTPS = "https://munadi.example"
NO_TEMPORAL = {"TEMPORAL__ADDRESS": "127.0.0.1:1"}
UNSAFE = {"ENVIRONMENT": "production", "PUBLIC_URL": HTTPS, **NO_TEMPORAL}
PRODUCTION = {**UNSAFE, "SECRET_KEYS": "0123456789abcdef" * 4}
NO_KEY = "MUNADI_SECRET_KEYS must be set outside development; make one: openssl rand -base64 32"
# A rule is what a line begins with, and after `…` what is in it.
PUBLIC_BIND = (
    "MUNADI_API__HOST is reachable from other machines, and this is development mode: "
    "…MUNADI_ENVIRONMENT=production…MUNADI_ALLOW_PUBLIC_DEVELOPMENT=true"
)
PUBLIC_URL = "MUNADI_PUBLIC_URL is not an address of this machine, and this is development mode: "
HTTP = "MUNADI_PUBLIC_URL {}, and in production keys and sessions must travel over https: …MUNADI_ALLOW_HTTP=true"
SHORT = "MUNADI_SECRET_KEYS: a key-encryption key has at least 32"
WRONG = ["MUNADI_ENVIRONMENT must be 'development' or 'production'", "MUNADI_API__PORT must be a valid integer"]
PARTS = ["MUNADI_LOG_LEVEL", "MUNADI_DATABASE_URL", "MUNADI_MEDIA__URL", "MUNADI_CHANNELS__YOUTUBE__CHUNK_BYTES"]
pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.mark.parametrize(
    ("commands", "settings", "rules"),
    [
        (["api", "worker", "dev"], UNSAFE, ["MUNADI_SECRET_KEYS must be set outside development"]),
        (["api", "worker"], {**PRODUCTION, "FAILPOINTS": "points"}, ["MUNADI_FAILPOINTS makes processes crash"]),
        (["api", "worker"], {**PRODUCTION, "SECRET_KEYS": WEAK}, [SHORT]),
        (
            ["worker"],
            {},
            ["MUNADI_TEMPORAL__ADDRESS must be set: host:port of a Temporal server (munadi dev runs one)"],
        ),
        (["api", "worker", "dev", "db upgrade"], {"ENVIRONMENT": "prod", "API__PORT": "abc"}, WRONG),
        (
            ["api"],
            {"LOG_LEVEL": "loud", "DATABASE_URL": "x", "MEDIA__URL": "ftp://x", "CHANNELS__YOUTUBE__CHUNK_BYTES": "x"},
            PARTS,
        ),
        (["api"], {"API__PORT": "70000"}, ["MUNADI_API__PORT must be from 0 to 65535"]),
        (["api"], {"API": "x"}, ["…such as MUNADI_API__PORT"]),
        (
            ["api", "worker"],
            {"WORKER__SLOTS": "100", "WORKER__MOST_SLOTS": "50", **NO_TEMPORAL},
            ["MUNADI_WORKER__MOST_SLOTS is 50: it must be at least MUNADI_WORKER__SLOTS, which is 100"],
        ),
        (
            ["api"],
            {"DATABASE_POOL__SIZE": "0", "WORKER__SLOTS": "5"},
            ["MUNADI_DATABASE_POOL__SIZE must be …5", "MUNADI_WORKER__SLOTS must be …40"],
        ),
        (["api", "dev"], {"API__HOST": "0.0.0.0"}, [PUBLIC_BIND]),
        (["api --host 192.0.2.7"], {"API__HOST": "127.0.0.1"}, [PUBLIC_BIND]),
        (["api", "worker"], {"PUBLIC_URL": HTTPS, **NO_TEMPORAL}, [PUBLIC_URL]),
        (["api"], {**PRODUCTION, "PUBLIC_URL": "http://munadi.example"}, [HTTP.format("is http")]),
        (["api"], {**PRODUCTION, "PUBLIC_URL": ""}, [HTTP.format("is not set")]),
    ],
)
def test_each_wrong_setting_has_a_line(
    munadi: Munadi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, commands: list[str], settings: dict[str, str],
    rules: list[str],
) -> None:  # fmt: skip
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, value in settings.items():
        monkeypatch.setenv(f"MUNADI_{name}", value)
    for command in commands:
        result = munadi(*command.split())
        assert (result.exit_code, result.stdout) == (USAGE, ""), result.output
        *found, where = result.stderr.splitlines()
        assert "settings.md" in where
        for line, (begin, *words) in zip(found, (rule.split("…") for rule in rules), strict=True):
            assert line.startswith(begin), line
            assert [each for each in words if each not in line] == []
        assert WEAK not in result.stderr
        if command != "dev":  # it locks its folder first
            assert list(folder.iterdir()) == []


@pytest.mark.parametrize("module", ["api", "worker", "munadi.cli api"])
def test_a_process_reports_the_same(tmp_path: Path, module: str) -> None:
    for settings, wanted in ((UNSAFE, NO_KEY), ({**PRODUCTION, "API__PORT": "http"}, WRONG[1])):
        environment = {**os.environ, **{f"MUNADI_{name}": value for name, value in settings.items()}}
        argv = [sys.executable, "-m", *module.split()]
        run = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
        assert (run.returncode, run.stdout) == (USAGE, ""), run.stderr
        rule, where = run.stderr.splitlines()
        assert (rule, "settings.md" in where) == (wanted, True)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "munadi.example", ""])
def test_no_network_address_passes_as_loopback(host: str) -> None:
    assert len(list(exposures(Settings.model_validate({"api": {"host": host}})))) == 1


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
