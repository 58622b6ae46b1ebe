"""A failpoint acts once, only for its subject, in its turn, and never in production."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from munadi.config import Environment, Settings
from munadi.process.instrument import instrument_of
from tests.faults.failpoints import Failpoints, PlantedError
from tests.faults.points import Passage, Points


class Port:
    """Something with an awaited call."""

    async def call(self, subject: str) -> str:
        return subject


@pytest.fixture
def points(tmp_path: Path) -> Points:
    return Points(tmp_path / "points")


async def test_a_plant_hits_only_its_subject_and_once(points: Points) -> None:
    port = Failpoints(points.folder, "worker.").around(Port(), "port")
    plant = points.plant(Passage("worker.port.call.after"), "raise", ["pub_1"])
    assert await port.call("pub_2") == "pub_2"
    assert plant.hit_at() is None
    with pytest.raises(PlantedError):
        await port.call("pub_1")
    assert plant.hit_at() == pytest.approx(time.time(), abs=5)
    assert await port.call("pub_1") == "pub_1"


async def test_two_plants_of_one_name_do_not_disturb_each_other(points: Points) -> None:
    port = Failpoints(points.folder, "worker.").around(Port(), "port")
    first, second = (points.plant(Passage("worker.port.call.before"), "raise", [f"pub_{n}"]) for n in (1, 2))
    with pytest.raises(PlantedError):
        await port.call("pub_2")
    assert (first.hit_at() is None, second.hit_at() is None) == (True, False)
    first.remove()
    assert await port.call("pub_1") == "pub_1"


async def test_skipped_passages_pass(points: Points) -> None:
    port = Failpoints(points.folder, "api.").around(Port(), "port")
    points.plant(Passage("api.port.call.before", skip=2), "raise")
    assert [await port.call("pub_1") for _ in range(2)] == ["pub_1", "pub_1"]
    with pytest.raises(PlantedError):
        await port.call("pub_1")


async def test_passages_are_recorded_in_order(points: Points) -> None:
    port = Failpoints(points.folder, "worker.").around(Port(), "port")
    points.record(True)
    for subject in ("pub_1", "pub_2", "pub_1"):
        await port.call(subject)
    points.record(False)
    await port.call("pub_1")
    before, after = "worker.port.call.before", "worker.port.call.after"
    assert points.passages(["pub_1"]) == [Passage(before), Passage(after), Passage(before, 1), Passage(after, 1)]


def test_a_commit_is_passed_inside_a_call_only(points: Points, tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from sqlmodel import text
from munadi.db.session import Database
from tests.faults.failpoints import install

class Port:
    def __init__(self, database): self.database = database
    async def call(self):
        async with self.database.write() as session: await session.exec(text("CREATE TABLE t (n INTEGER)"))

async def main():
    database = Database("sqlite+aiosqlite:///{tmp_path}/commits.db")
    points = install(sys.argv[1], "api")
    await points.around(Port(database), "port").call()
    async with database.write() as session: await session.exec(text("DROP TABLE t"))
    await database.close()

asyncio.run(main())
"""
    points.record(True)
    subprocess.run([sys.executable, "-c", script, str(points.folder)], timeout=60, check=True)
    names = ["port.call.before", "db.commit.before", "db.commit.after", "port.call.after"]
    assert points.every() == [Passage(f"api.{name}") for name in names]


def test_kill_is_kill_9(points: Points) -> None:
    plant = points.plant(Passage("worker.here"), "kill")
    script = "import sys; from pathlib import Path; from tests.faults.failpoints import Failpoints;"
    script += "Failpoints(Path(sys.argv[1]), 'worker.').hit('here')"
    dead = subprocess.run([sys.executable, "-c", script, str(points.folder)], timeout=60, check=False)
    assert dead.returncode == -signal.SIGKILL
    assert plant.hit_at() is not None
    assert plant.pid() is not None


def test_production_refuses_them(points: Points) -> None:
    settings = Settings.model_construct(environment=Environment.PRODUCTION, failpoints=points.setting)
    with pytest.raises(ValueError, match="MUNADI_FAILPOINTS"):
        instrument_of(settings, "worker")
