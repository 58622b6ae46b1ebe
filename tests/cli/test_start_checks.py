"""API and worker refuse a database or a namespace that lacks what they need: one line, exit code 2."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, RemoveSearchAttributesRequest

from munadi.db import migrate
from munadi.db.schema import newest_revision, schema_problem
from munadi.db.session import Database
from munadi.process.temporal_namespace import namespace_problem
from tests.support.ports import LOOPBACK, free_port
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tests.support.revisions import revision, versions_with
from tests.support.temporal import SEARCH_ATTRIBUTES, TemporalDevServer
from workflows.attributes import SEARCH_ATTRIBUTES as NEEDED

USAGE = 2
PROCESSES = ("api", "worker")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **{f"MUNADI_{name}": value for name, value in settings.items()}}


def refusal(folder: Path, module: str, **settings: str) -> str:
    """The line with which a process ended; exit code 2."""
    argv = [sys.executable, "-m", module]
    env = environment({"API__PORT": str(free_port()), **settings})
    run = subprocess.run(argv, capture_output=True, text=True, cwd=folder, env=env, timeout=90)
    assert (run.returncode, run.stdout) == (USAGE, ""), run.stderr
    [line] = [line for line in run.stderr.splitlines() if not line.startswith("{")]
    return line


def at_revision(file: Path, revision: str) -> str:
    """The URL of a database that is said to be at this revision."""
    url = f"sqlite+aiosqlite:///{file}"
    migrate.upgrade(url)
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()
    return url


def test_the_newest_revision_is_alembics() -> None:
    assert newest_revision() == migrate.head()


async def test_the_schema_of_either_database_is_read(database_url: str) -> None:
    database = Database(database_url)
    try:
        assert "no tables yet: run munadi db upgrade" in str(await schema_problem(database))
        await asyncio.to_thread(migrate.upgrade, database_url)
        assert await schema_problem(database) is None
    finally:
        await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.parametrize("module", PROCESSES)
def test_a_process_refuses_a_database_with_another_schema(tmp_path: Path, module: str) -> None:
    nowhere = f"{LOOPBACK}:{free_port()}"
    empty = f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    line = refusal(tmp_path, module, DATABASE_URL=empty, TEMPORAL__ADDRESS=nowhere)
    assert line == "the database has no tables yet: run munadi db upgrade, then start this again"
    assert not (tmp_path / "empty.db").exists()
    older, newer = at_revision(tmp_path / "older.db", "0003"), at_revision(tmp_path / "newer.db", "9000")
    line = refusal(tmp_path, module, DATABASE_URL=older, TEMPORAL__ADDRESS=nowhere)
    assert line.startswith(f"the database is at revision 0003 and this version of Munadi needs {newest_revision()}: ")
    assert "run munadi db upgrade" in line
    line = refusal(tmp_path, module, DATABASE_URL=newer, TEMPORAL__ADDRESS=nowhere)
    assert re.match(r"the database is at revision 9000, and Munadi \S+ knows revisions up to", line)
    wanted = "start a version of Munadi that has revision 9000, or put back the backup of before the upgrade"
    assert line.endswith(wanted)


@pytest.mark.parametrize("module", PROCESSES)
def test_a_process_starts_on_a_newer_database_only_if_that_admits_it(tmp_path: Path, module: str) -> None:
    known, nowhere = newest_revision(), f"{LOOPBACK}:{free_port()}"
    admits = versions_with(tmp_path, revision("9998", oldest_code=known))
    url = f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    migrate.upgrade(url, versions=admits)
    given = {"DATABASE_URL": url, "TEMPORAL__ADDRESS": nowhere}
    env = environment({"API__PORT": str(free_port()), **given})
    with Process([sys.executable, "-m", module], log=tmp_path / "log", env=env, cwd=tmp_path) as process:
        process.wait_for_line(f"revision 9998 of a newer version; running beside it with {known}", 60)
        process.wait_for_line({"api": "Uvicorn running", "worker": "waiting for Temporal"}[module], 60)
        assert process.running
    (admits / "9999.py").write_text(revision("9999", after="9998", oldest_code="9999"))
    migrate.upgrade(url, versions=admits)
    line = refusal(tmp_path, module, **given)
    assert "start a version of Munadi that has revision 9999, or put back the backup" in line


@pytest.mark.parametrize("module", PROCESSES)
def test_a_process_refuses_a_namespace_that_is_missing(
    tmp_path: Path, temporal: TemporalDevServer, module: str
) -> None:
    url = at_revision(tmp_path / "munadi.db", newest_revision())
    given = {"DATABASE_URL": url, "TEMPORAL__ADDRESS": temporal.address, "TEMPORAL__NAMESPACE": "nowhere"}
    line = refusal(tmp_path, module, **given)
    assert line.startswith(f"Temporal at {temporal.address} has no namespace nowhere: ")
    assert "MUNADI_TEMPORAL__NAMESPACE" in line


async def test_a_process_refuses_a_namespace_without_the_search_attributes(
    tmp_path: Path, own_temporal: TemporalDevServer
) -> None:
    client = await own_temporal.connect()
    assert await namespace_problem(client, NEEDED) is None
    remove = RemoveSearchAttributesRequest(search_attributes=["BrandRef", "Attention"], namespace=client.namespace)
    await client.operator_service.remove_search_attributes(remove)
    # Of another type.
    add = AddSearchAttributesRequest(search_attributes={"Attention": 1}, namespace=client.namespace)
    await client.operator_service.add_search_attributes(add)
    url = await asyncio.to_thread(at_revision, tmp_path / "munadi.db", newest_revision())
    given = {"DATABASE_URL": url, "TEMPORAL__ADDRESS": own_temporal.address}
    for module in PROCESSES:
        line = await asyncio.to_thread(refusal, tmp_path, module, **given)
        wanted = "the namespace default has no search attribute BrandRef (Keyword), Attention (Keyword): "
        assert line.startswith(wanted), line
        assert "munadi temporal setup" in line


def test_the_needed_attributes_are_those_of_a_server() -> None:
    assert {each.name for each in NEEDED} == set(SEARCH_ATTRIBUTES)


def test_a_database_that_is_away_is_no_refusal(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://postgres@{LOOPBACK}:{free_port()}/munadi"
    nowhere = f"{LOOPBACK}:{free_port()}"
    for module, words in (("api", "Uvicorn running"), ("worker", "waiting for the database")):
        env = environment({"DATABASE_URL": url, "API__PORT": str(free_port()), "TEMPORAL__ADDRESS": nowhere})
        with Process([sys.executable, "-m", module], log=tmp_path / f"{module}.log", env=env, cwd=tmp_path) as process:
            process.wait_for_line(words, 60)
            assert process.running
            assert process.terminate(60, first=signal.SIGTERM) == 0, process.output


def test_a_database_that_answers_only_later_is_checked_then(tmp_path: Path) -> None:
    """Its tables are of another schema, so the API that has started without it ends."""
    with PostgresServer() as server:
        url = server.create_database()
        server.crash()
        env = environment({"DATABASE_URL": url, "API__PORT": str(free_port())})
        process = Process([sys.executable, "-m", "api"], log=tmp_path / "api.log", env=env, cwd=tmp_path)
        with process:
            process.wait_for_line("Uvicorn running", 60)
            server.start_again()
            process.wait_for_line("the database has no tables yet: run munadi db upgrade", 60)
            assert process.wait(60) == USAGE
