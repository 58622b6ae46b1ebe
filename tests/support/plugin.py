"""Fixtures over the real servers. Session-wide where starting costs, fresh per test where state matters."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest
from hypothesis import settings
from playwright.async_api import Browser
from temporalio.testing import WorkflowEnvironment
from xdist.scheduler import LoadScopeScheduling

from munadi.process.garbage import YOUNGEST
from tests.support.browser import connected, shared_chromium
from tests.support.files_in_memory import keep_files_in_memory
from tests.support.loopback import stay_on_this_machine
from tests.support.pds import RealPDS
from tests.support.postgres import PostgresServer, complete_binaries
from tests.support.s3 import S3Server
from tests.support.snac import RealSnac
from tests.support.statements import share_compiled_statements
from tests.support.tables import EmptiedDatabases
from tests.support.temporal import TemporalDevServer, time_skipping_environment

# Tests of whole stacks. They mostly wait, so few of them run beside each other: those that share one stack run in one
# process, and those that start their own in another.
OWN_STACKS = (
    "tests/cli/test_demo",
    "tests/cli/test_dev_",
    "tests/e2e/test_elsewhere",
    "tests/e2e/test_secrets",
    "tests/e2e/test_seventh_channel",
    "tests/e2e/test_tutorial",
)
WHOLE_STACKS = ("tests/e2e/", "tests/faults/", *OWN_STACKS)

# Property tests draw the same examples every time, so that no run depends on luck. `make faults` searches at random:
# it chooses the other profile by `--hypothesis-profile=random`.
settings.register_profile("same", derandomize=True)
settings.register_profile("random", derandomize=False, print_blob=True)
settings.load_profile("same")

# An httpx client reads the certificates of all authorities, which takes longer than most tests: once is enough.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)

_exit_status: dict[str, int] = {}
stay_on_this_machine()
keep_files_in_memory()
share_compiled_statements()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the session."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def complete_postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server of the system for the session: with extensions, and with the letters of every script."""
    with PostgresServer("", binaries=complete_binaries(), locale="C.UTF-8") as server:
        yield server


@pytest.fixture
def create_database(postgres: PostgresServer) -> Iterator[Callable[[], str]]:
    """Call it for the URL of a new, empty database; all are dropped after the test."""
    made: list[str] = []

    def create() -> str:
        made.append(postgres.create_database())
        return made[-1]

    yield create
    for url in made:
        postgres.drop_database(url)


@pytest.fixture
def postgres_url(create_database: Callable[[], str]) -> str:
    """The `postgresql+psycopg://` URL of a new, empty database."""
    return create_database()


@pytest.fixture(scope="session")
def emptied_databases(postgres: PostgresServer) -> EmptiedDatabases:
    """Databases of the session's PostgreSQL that tests use one after the other."""
    return EmptiedDatabases(postgres)


@pytest.fixture
def postgres_tables(emptied_databases: EmptiedDatabases) -> Iterator[str]:
    """The `postgresql+psycopg://` URL of a database with all tables and no rows; a test must leave the tables alone."""
    url = emptied_databases.lend()
    yield url
    emptied_databases.give_back(url)


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalDevServer]:
    """One Temporal dev server for the session. Do not kill it: use `own_temporal` for that."""
    with TemporalDevServer(tmp_path_factory.mktemp("temporal") / "temporal.db") as server:
        yield server


@pytest.fixture
def own_temporal(tmp_path: Path) -> Iterator[TemporalDevServer]:
    """A Temporal dev server for one test, to kill and restart."""
    with TemporalDevServer(tmp_path / "temporal.db") as server:
        yield server


@pytest.fixture
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A fresh time-skipping environment."""
    async with time_skipping_environment() as environment:
        yield environment


@pytest.fixture(scope="session")
def real_pds() -> Iterator[RealPDS]:
    """One Bluesky PDS for the session, with the accounts alice.test and bob.test."""
    with RealPDS(["alice", "bob"]) as pds:
        yield pds


@pytest.fixture(scope="session")
def real_snac() -> Iterator[RealSnac]:
    """One server with Mastodon's API for the session, with the accounts alice and bob."""
    with RealSnac(["alice", "bob"]) as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One S3 server for the session, which accepts every key. Start your own to stop it or to demand keys."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium_address() -> Iterator[str]:
    """One Chromium for the session: to start it takes longer than most tests of a page."""
    with shared_chromium() as address:
        yield address


@pytest.fixture
async def browser(chromium_address: str) -> AsyncIterator[Browser]:
    """Chromium, with nothing of other tests; `tests.support.browser.open_page` opens pages in it."""
    async with connected(chromium_address) as shared:
        yield shared


class StacksBesideFiles(LoadScopeScheduling):
    """Whole stacks in three groups, all else file by file.

    Tests of whole stacks mostly wait: in two groups the longer one ran for minutes after all else was done.

    xdist's own `loadgroup` writes the group into the id of a test, which pytest does not let it do any more, and then
    gives every test to whatever process is free: all of them start stacks.
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.partition("::")[0]
        if name.startswith(OWN_STACKS):
            return "own stacks"
        return f"stacks {crc32(name.encode()) % 2}" if name.startswith(WHOLE_STACKS) else name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> StacksBesideFiles | None:
    """For `--dist loadgroup`."""
    return StacksBesideFiles(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Without the garbage collector: tests live to the end of the run, and walking them took a third of the time.

    Later collections leave it out, too, and are as rare as in a server: with Python's own number they took a tenth of
    the time of tests over a database.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(YOUNGEST)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stacks come first: they take longest, and the other processes run everything else beside them.

    The files of all other folders follow in turn. Some folders mostly compute and some mostly wait: folder by folder
    the processors would be idle at the end, where `workflows` waits.

    In CI a test that fails is run once more, and the summary counts it as a rerun: a machine that starts four stacks at
    once is slow for a minute, and a whole run is too long to be repeated for that. A rerun is still a fault to be
    found, so nobody's own run hides it. What ran into its time limit is not repeated.
    """
    if os.environ.get("CI") == "true":
        for item in items:
            if not item.nodeid.startswith(("tests/workflows/", "tests/faults/")):
                item.add_marker(pytest.mark.flaky(reruns=1, rerun_except=["from pytest-timeout"]))
                # The limit of a whole test ends with its first try; this one holds for each try.
                limit = item.get_closest_marker("timeout")
                seconds = limit.args[0] if limit else float(item.config.getini("timeout"))
                item.add_marker(pytest.mark.timeout(seconds, func_only=True), append=False)
    places = _places(dict.fromkeys(map(_file, items)))
    items.sort(key=lambda item: -1.0 if item.nodeid.startswith(WHOLE_STACKS) else places[_file(item)])


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _places(files: Iterable[str]) -> dict[str, float]:
    """Where between 0 and 1 each file stands, so that the files of every folder are spread over the whole run."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault("/".join(file.split("/")[:2]), []).append(file)
    return {file: number / len(named) for named in folders.values() for number, file in enumerate(named)}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    _exit_status["code"] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave before the interpreter is torn down: temporalio's threads abort some runs there, after all is done."""
    if "temporalio" not in sys.modules or "code" not in _exit_status or hasattr(config, "workerinput"):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_status["code"])
