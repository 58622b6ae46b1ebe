"""The image's build, its steps run here in a folder: no container engine runs where the tests do.

What was built then runs as the image runs it: as its user, with everything but `/data` and `/tmp` read-only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from scripts.lockfile import read_lock
from tests.api.servers import picture
from tests.architecture.tree import ROOT, text
from tests.e2e.test_typescript_sdk import run
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

STEP = re.compile(r"^(COPY|RUN) (.+)$", re.MULTILINE)
UV = ROOT / ".cache" / "uv"
# Two folders stand in for /data and /tmp, which the manifests make writable. Nothing else can be written, by no right.
CONFINED = """
set -eu
for place in "$1" "$2"; do mount --bind "$place" "$place"; done
for whole in / "$3"; do mount -o remount,ro,bind "$whole"; done
shift 3
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


class Container:
    """Runs the image's program as a container does: read-only, without capabilities, with secrets from files."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.folder, self.port, self.monitors = folder, free_port(), free_port()
        (folder / "data").mkdir()
        (folder / "tmp").mkdir()
        (folder / "keys").write_text(f"{token_hex(32)}\n")
        script = folder / "confined.sh"
        script.write_text(CONFINED)
        # Only root may mount; others are root in a namespace of their own.
        own = [] if os.geteuid() == 0 else ["--map-root-user"]
        file_system = next(each for each in folder.parents if each.is_mount())
        places = [folder / "data", folder / "tmp", file_system]
        self.program = ["unshare", *own, "--mount", "sh", script, *places, image / ".venv" / "bin" / "munadi"]
        self.env = {
            "PATH": f"{image / '.venv' / 'bin'}:/usr/bin:/bin",
            "TMPDIR": str(folder / "tmp"),
            "MUNADI_DATA_DIR": str(folder / "data"),
            "MUNADI_ENVIRONMENT": "production",
            "MUNADI_PUBLIC_URL": "https://munadi.example",
            "MUNADI_SECRET_KEYS_FILE": str(folder / "keys"),
            "MUNADI_API__PORT": str(self.port),
            "MUNADI_TEMPORAL__ADDRESS": f"{LOOPBACK}:{free_port()}",
        }

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        return run(*self.program, *arguments, cwd=self.folder, env=self.env)

    def monitored_worker(self) -> Process:
        """A worker with its port for monitors."""
        return self.process("worker", MUNADI_METRICS_LISTEN=f"{LOOPBACK}:{self.monitors}")

    def process(self, name: str, **env: str) -> Process:
        """A process that is left running."""
        return Process([*self.program, name], log=self.folder / f"{name}.log", env={**self.env, **env}, cwd=self.folder)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the first stage of the Dockerfile makes, by its steps."""
    folder = tmp_path_factory.mktemp("image") / "opt"
    (folder / ".cache").mkdir(parents=True)
    (folder / ".cache" / "uv").symlink_to(UV)  # which saves a download
    _head, build, _image = text("Dockerfile").split("\nFROM ")
    for step, words in STEP.findall(build):
        if step == "RUN":
            run("bash", "-c", words, cwd=folder)
            continue
        *sources, target = words.split()
        for source in sources:
            copy(ROOT / source, folder / target / (Path(source).name if target.endswith("/") else ""))
    return folder


def test_the_builds_steps_make_a_munadi_that_starts(image: Path) -> None:
    assert not (image / ".cache").exists()
    assert (image / "api" / "__pycache__").is_dir()
    outside = {"PATH": f"{image / '.venv' / 'bin'}:{os.environ['PATH']}"}
    assert run("munadi", "--version", cwd=image.parent, env=outside).startswith("munadi ")
    code = "import api.app, worker.compose; print(worker.__path__[0])"
    assert run("python", "-P", "-c", code, cwd=image.parent, env=outside) == f"{image / 'worker'}\n"


def test_it_runs_where_only_two_folders_can_be_written(image: Path, tmp_path: Path) -> None:
    container = Container(image, tmp_path)
    with pytest.raises(AssertionError, match=r"[Rr]ead-only file system"):
        run(*container.program[:-1], "touch", tmp_path / "elsewhere", cwd=tmp_path, env=container.env)
    assert "at revision" in container.run("db", "upgrade")
    key = json.loads(container.run("db", "create-key", "--json"))["apiKey"]
    with container.process("api") as api, container.monitored_worker() as worker:
        api.wait_for_port(container.port, 60)
        worker.wait_for_port(container.monitors, 60)
        with httpx.Client(base_url=f"http://{LOOPBACK}:{container.port}", timeout=20) as http:
            # As a kubelet asks: by an address, without a key.
            assert http.get("/healthz").status_code == 200
            assert (http.get("/readyz").status_code, http.get("/readyz").json()["status"]) == (200, "degraded")
            http.headers["Authorization"] = f"Bearer {key}"
            assert http.post("/v1/brands", json={"ref": "acme", "name": "Acme"}).status_code == 201
            sent = {"file": ("a.png", picture(64, 48, "PNG"), "image/png")}
            answer = http.post("/v1/media", files=sent, data={"brandRef": "acme"})
            assert answer.status_code == 201, answer.text
        monitors = f"http://{LOOPBACK}:{container.monitors}"
        assert httpx.get(f"{monitors}/healthz").status_code == 200
        assert httpx.get(f"{monitors}/readyz").status_code == 503, "there is no Temporal"
    for log in ("api.log", "worker.log"):
        assert "Traceback" not in (tmp_path / log).read_text()


def test_nothing_is_installed_without_a_hash_and_nothing_is_built(tmp_path: Path) -> None:
    """`setup.sh` is asked to install what has no hash, or has to be built: it refuses both."""
    (pin,) = read_lock(text("requirements-uv.lock"))
    assert (pin.name, len(pin.hashes) > 10) == ("uv", True)
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/setup.sh", "requirements-uv.lock"):
        copy(ROOT / name, tmp_path / name)
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "uv").symlink_to(UV)
    source = tmp_path / "thing"
    source.mkdir()
    (source / "pyproject.toml").write_text('[project]\nname = "thing"\nversion = "1"\n')
    for lock, refusal in (
        ("sniffio==1.3.1\n", "In `--require-hashes` mode"),
        (f"thing @ file://{source}\n", "In `--require-hashes` mode"),
    ):
        (tmp_path / "requirements-server.lock").write_text(lock)
        done = subprocess.run(["scripts/setup.sh", "server"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode != 0
        assert refusal in done.stderr
    assert "--no-build " in re.sub(r"\)", " ", text("scripts/setup.sh"))


def copy(source: Path, target: Path) -> None:
    """As COPY does with our .dockerignore: a file, or a folder without caches."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
