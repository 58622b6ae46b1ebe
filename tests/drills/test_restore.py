"""A machine is lost under load, and restored on an empty one by the commands of the guide: nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from tests.drills.cluster import ROOT, Cluster
from tests.drills.load import SIZE, Load
from tests.faults.evidence import prove
from tests.faults.sendings import Sending, collect, soon
from tests.harness.files import picture
from tests.support.postgres import DURABLE, PostgresServer, complete_binaries
from tests.support.temporal import TemporalDevServer

pytestmark = [pytest.mark.drills, pytest.mark.timeout(1200)]
GUIDE = ROOT / "docs" / "guides" / "backup-restore.md"
# Posts that are published between the backup and the loss.
AFTER_BACKUP = 20.0
ENDED_WITHIN = 180.0


def commands(heading: str) -> str:
    """The commands of a section of the guide up to its first subsection, without those of containers."""
    section = GUIDE.read_text().partition(f"\n## {heading}\n")[2].partition("\n##")[0]
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    assert blocks, f"{GUIDE.name} has no commands below {heading}"
    return "".join(block for block in blocks if "docker compose" not in block)


async def run(cluster: Cluster, folder: Path, heading: str) -> str:
    """Run the commands of a section of the guide in `folder`, with the settings of the installation."""
    database = cluster.env["MUNADI_DATABASE_URL"].replace("+psycopg", "")
    programs = f"{Path(sys.executable).parent}:{complete_binaries()}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euxc", commands(heading)),
        cwd=folder,
        env={**os.environ, **cluster.env, "PATH": programs, "DATABASE": database},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output


async def lose(cluster: Cluster, postgres: PostgresServer, temporal: TemporalDevServer) -> None:
    """The machine dies: every process is killed, and nothing of its folders is used again."""
    for name in list(cluster.members):
        await cluster.end(name, signal.SIGKILL)
    await asyncio.to_thread(temporal.kill)
    await asyncio.to_thread(postgres.crash)


def broken(sendings: Sequence[Sending], since: float) -> tuple[list[str], int]:
    """Every broken promise, and how many posts were accepted after the backup and are gone with the database."""
    failures, gone = [], 0
    for one in sendings:
        verdict = one.verdict()
        if verdict and (one.accepted_at or 0) >= since and not one.content_ids:
            gone += 1
            verdict = "doubled" if len(one.posts) > 1 else None
        failures += [f"{verdict}: {one}"] if verdict else []
    return failures, gone


async def test_a_lost_machine_is_restored_and_publishes_nothing_twice(
    own_temporal: TemporalDevServer, tmp_path: Path
) -> None:
    with PostgresServer("", DURABLE, complete_binaries()) as lost:
        async with Cluster.open(tmp_path / "lost", lost.create_database(), own_temporal.address) as cluster:
            async with Load.running(cluster, "restore") as load:
                one = Sending("with a picture", cluster.brand.ref, fault="restore", due=soon(120))
                one.media = await cluster.brand.upload(picture())
                await one.until_accepted(cluster.api)
                await run(cluster, tmp_path, "What to back up")
                since = datetime.fromisoformat((tmp_path / "backup.time").read_text().strip()).timestamp()
                await asyncio.sleep(AFTER_BACKUP)
            await lose(cluster, lost, own_temporal)
            lost_at = time.time()
            with PostgresServer("", DURABLE, complete_binaries()) as postgres, TemporalDevServer() as temporal:
                cluster.env |= {
                    "MUNADI_DATABASE_URL": postgres.create_database(),
                    "MUNADI_TEMPORAL__ADDRESS": temporal.address,
                    "MUNADI_DATA_DIR": str(tmp_path / "empty" / "data"),
                }
                printed = await run(cluster, tmp_path, "Restore")
                assert "publications will be checked at their networks" in printed
                await cluster.start_all()
                ready_after = time.time() - lost_at
                sendings = [*load.sendings, one]
                await collect(cluster, sendings, ENDED_WITHIN)
                failures, gone = broken(sendings, since)
                measured = {
                    "all ready after the loss, with the commands": f"{ready_after:.1f} s",
                    "accepted after the backup and gone": str(gone),
                }
                proof = f"{SIZE}: machine lost, restored on an empty one by the guide's commands"
                prove("15", proof, trials=len(sendings), failures=failures, measured=measured)
                await cluster.end_all()
