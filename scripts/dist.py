"""`make dist`: writes what a release consists of into dist/, with SHA256SUMS. docs/releasing.md says what each is for.

    munadi_client-….whl, munadi_client-….tar.gz   the client, for pip
    munadi-server-….tar.gz    the server, an application: unpack it and run scripts/setup.sh server, or build the image
    munadi-deploy-….tar.gz    the manifests for Kubernetes, the compose file, alerts and dashboard
    munadi-….tgz, n8n-nodes-munadi-….tgz   the TypeScript client and the nodes of n8n, for npm; they need npm here
    munadi-server-….cdx.json  what a server installs, as CycloneDX
    provenance.intoto.json    of which commit it was made; missing where something is not committed

Rule: the same commit makes the same files on every machine. SOURCE_DATE_EPOCH is the time in them; unset, the commit's.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from munadi import __version__
from munadi.cli.extras import server_file, wheel_file
from scripts.lockfile import read_lock
from scripts.provenance import commit_of, commit_time, sha256, statement
from scripts.sbom import sbom

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "dist"
# What a server runs, serves and is installed by, and what the image is made of. Nothing that only the tests need.
SERVER = (
    *("munadi", "workflows", "activities", "api", "worker", "docs", "deploy", "scripts/setup.sh"),
    *("requirements-server.lock", "requirements-uv.lock", "README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"),
    *("Dockerfile", ".dockerignore", "docker-compose.yml", ".env.example"),
)
# What is needed to run it from an image, beside the image.
DEPLOY = ("deploy", "docker-compose.yml", ".env.example", "LICENSE")
NODE = ("sdks/typescript", "integrations/n8n")
SUMS, PROVENANCE = "SHA256SUMS", "provenance.intoto.json"


def build(target: Path, *, node: bool) -> list[Path]:
    """Write the files; with `node` also the npm packages."""
    target.mkdir(parents=True, exist_ok=True)
    commit = commit_of(ROOT)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or commit_time(ROOT))
    made = [
        *_client(target, epoch),
        _archive(target / server_file(), SERVER, epoch),
        _archive(target / f"munadi-deploy-{__version__}.tar.gz", DEPLOY, epoch),
        *(_npm_packages(target) if node else ()),
        _bill_of_materials(target),
    ]
    provenance = target / PROVENANCE
    if commit is None:
        provenance.unlink(missing_ok=True)
        print("no provenance: there are changes that are not committed", file=sys.stderr)
    else:
        stated = statement(made, commit, epoch, node=node)
        made.append(_write(provenance, json.dumps(stated, indent=1) + "\n"))
    _write(target / SUMS, "".join(f"{sha256(file)}  {file.name}\n" for file in made))
    return made


def _client(target: Path, epoch: int) -> Iterator[Path]:
    hatchling = (sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", target)
    _run(*hatchling, SOURCE_DATE_EPOCH=str(epoch))
    yield from (target / wheel_file(), target / sdist_file())


def sdist_file() -> str:
    """The client's source, from which pip can build its wheel."""
    return f"munadi_client-{__version__}.tar.gz"


def _archive(made: Path, paths: Iterable[str], epoch: int) -> Path:
    """Files of the repository in a folder of the archive's name. Its bytes depend on files and time alone."""
    folder = made.name.removesuffix(".tar.gz")
    with (
        made.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in _files(*paths):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            content = (ROOT / name).read_bytes()
            entry.size, entry.mode, entry.mtime = len(content), 0o755 if name.endswith(".sh") else 0o644, epoch
            archive.addfile(entry, BytesIO(content))
    return made


def _bill_of_materials(target: Path) -> Path:
    document = sbom(read_lock((ROOT / "requirements-server.lock").read_text()), "munadi-server", __version__)
    return _write(target / f"munadi-server-{__version__}.cdx.json", json.dumps(document, indent=1) + "\n")


def _write(file: Path, content: str) -> Path:
    file.write_text(content)
    return file


def _npm_packages(target: Path) -> Iterator[Path]:
    for folder in NODE:
        _run("npm", "--prefix", folder, "ci", "--no-audit", "--no-fund", "--loglevel=error")
        packed = _run("npm", "pack", f"./{folder}", "--silent", "--pack-destination", target)
        yield target / packed.splitlines()[-1]


def _files(*paths: str) -> list[str]:
    """The repository's own files below these paths; what git ignores is left out."""
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def _run(*command: str | Path, **env: str) -> str:
    given = {**os.environ, **env}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=given, capture_output=True, text=True)
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
