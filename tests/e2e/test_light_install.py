"""The built wheel, installed without extras in an empty environment: a client and a command line, and no server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.test_typescript_sdk import run
from tests.harness.brand import Brand
from tests.harness.stack import Stack

ROOT = Path(__file__).parents[2]
UV = ROOT / ".cache" / "uv" / "bin" / "uv"
# Nothing that only a server uses, and no Ed25519, which is an extra of its own.
SERVER_PACKAGES = {"fastapi", "starlette", "uvicorn", "temporalio", "sqlmodel", "sqlalchemy", "mcp", "av", "pillow"}
BY_CLIENT = """
import sys
from munadi.client import Client
with Client(sys.argv[1], sys.argv[2]) as munadi:
    content = munadi.contents.publish({"brandRef": sys.argv[3], "text": sys.argv[4], "channels": ["bluesky"]})
    print(munadi.contents.wait(content["id"], timeout=60)["status"])
"""
BY_RECEIVER = """
from datetime import UTC, datetime
from munadi.webhooks import WebhookVerificationError, generate_secret, sign, verify
secret, body, now = generate_secret(), b'{"type": "content.completed"}', datetime.now(UTC)
sent = {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp()))}
sent["webhook-signature"] = sign(secret, "evt_1", now, body)
print(verify(body, sent, secret)["type"])
for refused in (generate_secret(), "whpk_" + "A" * 43 + "="):
    try:
        verify(body, sent, refused)
    except WebhookVerificationError as error:
        print(error)
"""


class Light:
    """The environment's programs, without this machine's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def python(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run its Python, away from the repository."""
        argv = [str(self.folder / "bin" / "python"), *arguments]
        given = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **env}
        return subprocess.run(argv, cwd=self.folder, env=given, capture_output=True, text=True, timeout=120)

    def munadi(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run its command line."""
        return self.python(str(self.folder / "bin" / "munadi"), *arguments, **env)


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Light:
    """The wheel and what it requires, at the versions of the lock file."""
    folder = tmp_path_factory.mktemp("light")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    wheel = next(folder.glob("*.whl"))
    environment = folder / "environment"
    run(UV, "venv", "-q", "--python", sys.executable, environment, cwd=folder)
    install = [UV, "pip", "install", "-q", "--python", environment, "-c", ROOT / "requirements.lock", wheel]
    try:
        # `make setup` has just put them into uv's cache.
        run(*install, "--offline", cwd=folder)
    except AssertionError:
        run(*install, cwd=folder)
    return Light(environment)


def test_no_package_of_a_server_is_installed(light: Light) -> None:
    listed = json.loads(run(UV, "pip", "list", "--format", "json", "--python", light.folder, cwd=light.folder))
    names = {each["name"] for each in listed}
    assert {"munadi", "httpx", "typer"} <= names
    assert names & SERVER_PACKAGES == set()
    assert len(names) <= 20, sorted(names)
    files = [path for path in light.folder.glob("lib/*/site-packages/**/*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if "__pycache__" not in path.parts)
    assert size < 25_000_000


def test_the_command_line_works(light: Light, stack: Stack, brand: Brand) -> None:
    helped = light.munadi("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "publishes prepared posts" in helped.stdout
    text = f"from a light command line {uuid4().hex[:8]}"
    given = {"MUNADI_URL": stack.info["api"], "MUNADI_API_KEY": stack.info["apiKey"]}
    posted = light.munadi(
        "contents", "publish", "--brand-ref", brand.ref, "--channel", "bluesky", "--text", text, "--wait", **given
    )
    assert posted.returncode == 0, posted.stderr
    assert "published" in posted.stdout
    checked = light.munadi("doctor", "--json", **given)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    settings = next(each for each in json.loads(checked.stdout)["checks"] if each["name"] == "settings")
    assert "server is not installed" in settings["message"]


def test_the_client_publishes(light: Light, stack: Stack, brand: Brand) -> None:
    text = f"from a light client {uuid4().hex[:8]}"
    done = light.python("-c", BY_CLIENT, stack.info["api"], stack.info["apiKey"], brand.ref, text)
    assert (done.stdout, done.stderr) == ("published\n", "")


def test_a_webhook_is_verified(light: Light) -> None:
    done = light.python("-c", BY_RECEIVER)
    assert done.stderr == ""
    accepted, wrong, asymmetric = done.stdout.splitlines()
    assert (accepted, wrong) == ("content.completed", "no signature matches")
    assert asymmetric.endswith("a key pair needs the package cryptography: pip install 'munadi[ed25519]'")


@pytest.mark.parametrize(
    "command", ["dev", "demo", "api", "worker", "sandbox", "db upgrade", "channels list --offline"]
)
def test_a_command_of_the_server_says_what_installs_it(light: Light, command: str) -> None:
    done = light.munadi(*command.split())
    assert (done.returncode, done.stdout) == (2, "")
    line, end = done.stderr.split("\n")
    assert (line.startswith("munadi "), end) == (True, "")
    assert line.endswith(": pip install 'munadi[server]'")


def test_a_command_reports_it_as_json_too(light: Light) -> None:
    done = light.munadi("mcp", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["title"].endswith(": pip install 'munadi[mcp]'")


@pytest.mark.parametrize("arguments", ["-c,import api", "-c,import api.app", "-m,api", "-c,import worker", "-m,worker"])
def test_a_process_of_the_server_says_what_installs_it(light: Light, arguments: str) -> None:
    done = light.python(*arguments.split(","))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith(": pip install 'munadi[server]'\n")


def test_without_an_api_the_channels_are_not_guessed(light: Light) -> None:
    done = light.munadi("channels", "list", "--url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (3, "")
    assert "not reachable" in done.stderr
