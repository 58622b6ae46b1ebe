"""What `make dist` writes, in empty environments: a client without a server, and a server that publishes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from scripts.dist import build
from tests.e2e.cms_story import an_editor_works
from tests.e2e.test_typescript_sdk import run
from tests.harness.brand import Brand
from tests.harness.stack import Stack

ROOT = Path(__file__).parents[2]
UV = ROOT / ".cache" / "uv" / "bin" / "uv"
# Nothing that only a server uses.
SERVER_PACKAGES = {"fastapi", "starlette", "uvicorn", "temporalio", "sqlmodel", "sqlalchemy", "mcp", "av", "pillow"}
WORKER = "A_USERS_OWN = True\n"
BY_CLIENT = """
import sys
from munadi.client import Client
import worker
assert worker.A_USERS_OWN
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
OUR_FILES = """
import json
from importlib.metadata import distributions
ours = [each for each in distributions() if each.name.startswith("munadi")]
print(json.dumps([str(file) for each in ours for file in each.files or []]))
"""


class Environment:
    """An environment's programs, without this machine's settings, in a folder where a user has a module `worker`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder.with_name(f"{folder.name}-work")
        self.work.mkdir()
        (self.work / "worker.py").write_text(WORKER)

    def python(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run its Python. The folder's modules are the program's own, as beside a script."""
        argv = [str(self.folder / "bin" / "python"), *arguments]
        given = {"PATH": "/usr/bin:/bin", "HOME": str(self.work), **env}
        return subprocess.run(argv, cwd=self.work, env=given, capture_output=True, text=True, timeout=120)

    def munadi(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run its command line."""
        return self.python(str(self.folder / "bin" / "munadi"), *arguments, **env)

    def packages(self) -> set[str]:
        """The names of the installed distributions."""
        listed = json.loads(run(UV, "pip", "list", "--format", "json", "--python", self.folder, cwd=self.work))
        return {each["name"] for each in listed}

    def top_level(self) -> set[str]:
        """The modules that our own distributions put at the top of site-packages."""
        files = json.loads(self.python("-c", OUR_FILES).stdout)
        tops = {file.partition("/")[0] for file in files if not file.startswith("..")}
        return {name for name in tops if not name.endswith(".dist-info")}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` writes, but for the npm packages, which the TypeScript client's test packs."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder, node=False)
    return folder


def installed(dist: Path, folder: Path, extra: str = "") -> Environment:
    """The client's file in an empty environment, at the versions of the lock file."""
    wheel = next(dist.glob("munadi_client-*.whl"))
    run(UV, "venv", "-q", "--python", sys.executable, folder, cwd=dist)
    what = f"{wheel}[{extra}]" if extra else wheel
    install = [UV, "pip", "install", "-q", "--python", folder, "-c", ROOT / "requirements.lock", what]
    try:
        # `make setup` has just put them into uv's cache.
        run(*install, "--offline", cwd=dist)
    except AssertionError:
        run(*install, cwd=dist)
    return Environment(folder)


@pytest.fixture(scope="module")
def client(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The client alone."""
    return installed(dist, tmp_path_factory.mktemp("client") / "environment")


@pytest.fixture(scope="module")
def light(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The client with its command line."""
    return installed(dist, tmp_path_factory.mktemp("light") / "environment", "cli")


@pytest.fixture(scope="module")
def server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder, unpacked and set up as its guide says."""
    folder = tmp_path_factory.mktemp("server")
    with tarfile.open(next(dist.glob("munadi-server-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = folder.iterdir()
    (unpacked / ".cache").mkdir()
    (unpacked / ".cache" / "uv").symlink_to(UV.parents[1])  # which saves a download
    run("scripts/setup.sh", "server", cwd=unpacked)
    return unpacked


def test_only_the_clients_packages_are_installed(client: Environment, light: Environment) -> None:
    assert client.packages() >= {"munadi-client", "httpx"}
    assert len(client.packages()) <= 9
    assert light.packages() >= {"munadi-client", "httpx", "typer"}
    assert light.packages() & SERVER_PACKAGES == set()
    assert len(light.packages()) <= 20, sorted(light.packages())
    for environment, megabytes in ((client, 7), (light, 25)):
        files = [path for path in environment.folder.glob("lib/*/site-packages/**/*") if path.is_file()]
        size = sum(path.stat().st_size for path in files if "__pycache__" not in path.parts)
        assert size < megabytes * 1_000_000


def test_site_packages_get_our_own_name_and_no_other(client: Environment, light: Environment) -> None:
    assert client.top_level() == light.top_level() == {"munadi"}
    assert client.python("-c", "import worker; print(worker.A_USERS_OWN)").stdout == "True\n"
    for name in ("api", "activities", "workflows", "scripts", "docs"):
        assert "ModuleNotFoundError" in client.python("-c", f"import {name}").stderr


def test_the_client_is_typed(client: Environment) -> None:
    strict_types(client, ROOT / "tests" / "generators" / "sdk.py")


def strict_types(client: Environment, program: Path) -> None:
    """Check a program against the installed package, in the environment's folder as `program`."""
    shutil.copy(program, client.work / "program.py")
    check = [sys.executable, "-m", "mypy", "--strict", "--python-executable", client.folder / "bin" / "python"]
    given = {**os.environ, "MYPY_CACHE_DIR": str(client.work / "cache")}
    argv = [str(part) for part in (*check, "program.py")]
    done = subprocess.run(argv, cwd=client.work, env=given, capture_output=True, text=True)
    assert done.stdout == "Success: no issues found in 1 source file\n", done.stdout + done.stderr


def test_a_webhook_is_verified(client: Environment) -> None:
    done = client.python("-c", BY_RECEIVER)
    assert done.stderr == ""
    accepted, wrong, asymmetric = done.stdout.splitlines()
    assert (accepted, wrong) == ("content.completed", "no signature matches")
    assert asymmetric.endswith("needs the package cryptography: install it, or the client with its extra ed25519")


def test_a_command_line_without_its_packages_says_what_installs_it(client: Environment) -> None:
    done = client.munadi("--help")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith(": pip install './munadi_client-0.2.0-py3-none-any.whl[cli]'\n")


def test_the_command_line_works(light: Environment, stack: Stack, brand: Brand) -> None:
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


def test_the_client_publishes(client: Environment, stack: Stack, brand: Brand) -> None:
    text = f"from a light client {uuid4().hex[:8]}"
    done = client.python("-c", BY_CLIENT, stack.info["api"], stack.info["apiKey"], brand.ref, text)
    assert (done.stdout, done.stderr) == ("published\n", "")


async def test_a_cms_of_the_package_alone_follows_its_articles(client: Environment, stack: Stack) -> None:
    strict_types(client, ROOT / "examples" / "cms" / "cms.py")
    await an_editor_works(stack, client.work, [client.folder / "bin" / "python", "-u", "program.py"])


@pytest.mark.parametrize(
    "command", ["dev", "demo", "api", "worker", "sandbox", "db upgrade", "channels list --offline"]
)
def test_a_command_of_the_server_says_what_installs_it(light: Environment, command: str) -> None:
    done = light.munadi(*command.split())
    assert (done.returncode, done.stdout) == (2, "")
    line, end = done.stderr.split("\n")
    assert (line.startswith("munadi "), end) == (True, "")
    assert line.endswith(": munadi-server-0.2.0.tar.gz installs it, or a clone of the repository")


def test_a_command_reports_it_as_json_too(light: Environment) -> None:
    done = light.munadi("mcp", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["title"].endswith(": pip install './munadi_client-0.2.0-py3-none-any.whl[mcp]'")


def test_without_an_api_the_channels_are_not_guessed(light: Environment) -> None:
    done = light.munadi("channels", "list", "--url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (3, "")
    assert "not reachable" in done.stderr


@pytest.fixture
def unpacked(server: Path, tmp_path: Path) -> Iterator[Stack]:
    """`munadi dev` of the unpacked server, started in a folder where a user has a module `worker`."""
    (tmp_path / "worker.py").write_text(WORKER)
    with Stack(tmp_path, munadi=server / ".venv" / "bin" / "munadi") as running:
        yield running


async def test_the_unpacked_server_publishes_what_the_client_sends(unpacked: Stack, light: Environment) -> None:
    async with unpacked.client() as api, unpacked.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "dist", "bluesky")
        given = {"MUNADI_URL": unpacked.info["api"], "MUNADI_API_KEY": unpacked.info["apiKey"]}
        publish = ["contents", "publish", "--brand-ref", "dist", "--channel", "bluesky", "--text", "unpacked", "--wait"]
        posted = light.munadi(*publish, **given)
        assert posted.returncode == 0, posted.stdout + posted.stderr
        assert len(await brand.posts("unpacked")) == 1
        assert (await api.get("/docs/")).status_code == 200


def test_the_unpacked_server_installs_nothing_of_its_own_name(server: Path) -> None:
    environment = server / ".venv"
    site = next(environment.glob("lib/*/site-packages"))
    ours = {"munadi", "api", "worker", "workflows", "activities", "docs"}
    assert [path.name for path in site.iterdir() if path.name.partition(".")[0].lower() in ours] == []
    assert (site / "munadi-server.pth").read_text() == f"{server}\n"
    shown = run(environment / "bin" / "munadi", "--version", cwd=server.parent)
    assert shown == "munadi 0.2.0\n"
