"""`make dist`: writes what can be installed into dist/, with SHA256SUMS.

    munadi_client-….whl       the client, for pip
    munadi-server-….tar.gz    the server, an application: unpack it and run scripts/setup.sh server
    munadi-….tgz, n8n-nodes-munadi-….tgz   the TypeScript client and the nodes of n8n, for npm; they need npm here

Rule: the same commit makes the same wheel and the same tar file on every machine.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from munadi import __version__
from munadi.cli.extras import server_file

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "dist"
# What a server runs, serves and is installed by, and what the image is made of. Nothing that only the tests need.
SERVER = (
    *("munadi", "workflows", "activities", "api", "worker", "docs", "deploy", "scripts/setup.sh"),
    *("requirements-server.lock", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"),
    *("Dockerfile", ".dockerignore", "docker-compose.yml", ".env.example"),
)
NODE = ("sdks/typescript", "integrations/n8n")
SUMS = "SHA256SUMS"


def build(target: Path, *, node: bool) -> list[Path]:
    """Write the files; with `node` also the npm packages."""
    target.mkdir(parents=True, exist_ok=True)
    made = [*_wheel(target), _server(target), *(_npm_packages(target) if node else ())]
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in made]
    (target / SUMS).write_text("".join(sums))
    return made


def _wheel(target: Path) -> Iterator[Path]:
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target)
    yield from target.glob(f"munadi_client-{__version__}-*.whl")


def _server(target: Path) -> Path:
    """The application's folder as a tar file, without owners and times: its bytes depend on the files alone."""
    made = target / server_file()
    folder = made.name.removesuffix(".tar.gz")
    with (
        made.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in _files(*SERVER):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            content = (ROOT / name).read_bytes()
            entry.size, entry.mode = len(content), 0o755 if name.endswith(".sh") else 0o644
            archive.addfile(entry, BytesIO(content))
    return made


def _npm_packages(target: Path) -> Iterator[Path]:
    for folder in NODE:
        _run("npm", "--prefix", folder, "ci", "--no-audit", "--no-fund", "--loglevel=error")
        packed = _run("npm", "pack", f"./{folder}", "--silent", "--pack-destination", target)
        yield target / packed.splitlines()[-1]


def _files(*paths: str) -> list[str]:
    """The repository's own files below these paths; what git ignores is left out."""
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Write everything that this machine can make, and name what it cannot."""
    node = shutil.which("npm") is not None
    for file in build(TARGET, node=node):
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size:,} bytes")
    if not node:
        print(f"Not written, because npm is not here: the packages of {' and '.join(NODE)}.")


if __name__ == "__main__":
    main()
