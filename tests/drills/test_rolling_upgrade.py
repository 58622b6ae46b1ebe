"""Each process is replaced in turn by the next version, and then by the one before again, with posts in flight."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from munadi.db import migrate
from tests.drills.cluster import APIS, ROOT, WORKERS, Cluster
from tests.drills.load import SIZE, Load
from tests.support.postgres import DURABLE, PostgresServer, complete_binaries
from tests.support.revisions import revision
from tests.support.temporal import TemporalDevServer

pytestmark = [pytest.mark.drills, pytest.mark.timeout(1200)]
PACKAGES = ("munadi", "api", "worker", "workflows", "activities")
NEXT = "9999"


def next_version(folder: Path) -> Path:
    """The code of this checkout with one revision more, on which the code of before may run."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    added = folder / "munadi" / "db" / "migrations" / "versions" / f"{NEXT}_of_the_next_version.py"
    added.write_text(revision(NEXT, oldest_code=str(migrate.head())))
    return folder


async def test_an_upgrade_and_a_rollback_replace_each_process_in_turn(
    own_temporal: TemporalDevServer, tmp_path: Path
) -> None:
    code = next_version(tmp_path / "next")
    with PostgresServer("", DURABLE, complete_binaries()) as postgres:
        async with Cluster.open(tmp_path, postgres.create_database(), own_temporal.address) as cluster:
            async with Load.running(cluster, "rolling upgrade") as load:
                assert f"revision {NEXT}" in await cluster.munadi("db", "upgrade", code=code)
                # An old process that dies in the middle of a roll-out comes back.
                for name in (WORKERS[0], APIS[0]):
                    await cluster.end(name, signal.SIGKILL)
                    await cluster.start(name)
                for name in (*WORKERS, *APIS):
                    await cluster.replace(name, code)
            await load.judge("14", f"{SIZE}: rolling upgrade, and two old processes killed in it")
            async with Load.running(cluster, "rollback") as load:
                assert f"knows {migrate.head()}, and may run beside it" in await cluster.munadi("db", "upgrade")
                for name in (*APIS, *WORKERS):
                    await cluster.replace(name)
            await load.judge("14", f"{SIZE}: rollback to the version before")
