"""What `make dist` states about its files: an in-toto statement with the predicate of SLSA provenance 1.0, unsigned.

It says what is known here and no more: the commit, the lock files by their hashes, and the command. Who ran it on which
machine is not known, and is not claimed. The same commit gives the same statement.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STATEMENT, PREDICATE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
# Names, not addresses: the project publishes no description of its build elsewhere than in docs/releasing.md.
BUILD_TYPE, BUILDER = "urn:munadi:build:make-dist", "urn:munadi:builder:unattested-machine"
# What decides which packages the build uses.
LOCKS = ("requirements.lock", "requirements-uv.lock", "requirements-server.lock")
NODE_LOCKS = ("sdks/typescript/package-lock.json", "integrations/n8n/package-lock.json")


def commit_of(repository: Path) -> str | None:
    """The commit that the files of a repository are those of; None where something was changed since."""
    if _git(repository, "status", "--porcelain", "--untracked-files=normal"):
        return None
    return _git(repository, "rev-parse", "HEAD")


def commit_time(repository: Path) -> int:
    """When the newest commit was made, in seconds since 1970."""
    return int(_git(repository, "log", "-1", "--format=%ct"))


def statement(files: Iterable[Path], commit: str, epoch: int, *, node: bool, root: Path = ROOT) -> dict[str, Any]:
    """What was made of which commit."""
    locks = [*LOCKS, *(NODE_LOCKS if node else ())]
    return {
        "_type": STATEMENT,
        "subject": [{"name": file.name, "digest": {"sha256": sha256(file)}} for file in files],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"command": "make dist"},
                "internalParameters": {"SOURCE_DATE_EPOCH": str(epoch)},
                "resolvedDependencies": [
                    {"name": "source", "digest": {"gitCommit": commit}},
                    *({"name": name, "digest": {"sha256": sha256(root / name)}} for name in locks),
                ],
            },
            "runDetails": {"builder": {"id": BUILDER}},
        },
    }


def sha256(file: Path) -> str:
    """A file's digest."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"git {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()
