"""The test servers are real, fresh, and gone when their test is over."""

import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from sqlalchemy import event, literal
from sqlmodel import select
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from munadi.db.session import Database
from tests.harness.web import Call, serving
from tests.support.browser import chromium, open_page
from tests.support.faultproxy import FaultProxy, Mode
from tests.support.files_in_memory import is_suitable
from tests.support.loopback import NotThisMachine
from tests.support.ports import accepts, free_port, free_ports
from tests.support.processes import Process
from tests.support.sleeping_workflow import SleepAMonth
from tests.support.temporal import StrandedRun, TemporalDevServer, result_of, time_skipping_environment

BRAND = SearchAttributeKey.for_keyword("BrandRef")


def test_folders_without_room_are_not_used_for_temporary_files() -> None:
    assert [folder for folder in ("/proc", "/sys", "/nowhere") if is_suitable(Path(folder))] == []


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(20))) == 20


def test_a_process_is_seen_and_ended(tmp_path: Path) -> None:
    port = free_port()
    argv = [sys.executable, "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with Process(argv, log=tmp_path / "log") as server:
        server.wait_for_port(port)
        assert server.wait_for_line(r"port (\d+)").group(1) == str(port)
    assert not server.running
    assert not accepts(port)


def test_a_process_that_ends_early_shows_its_output(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "print('no disk'); raise SystemExit(3)"]
    with Process(argv, log=tmp_path / "log") as process, pytest.raises(AssertionError, match="no disk"):
        process.wait_for_line("ready")
    assert process.exit_code == 3


def test_an_orphan_is_found_and_ended(tmp_path: Path) -> None:
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid)"
    with Process([sys.executable, "-c", code], log=tmp_path / "log") as parent:
        orphan = int(parent.wait_for_line(r"^\d+$").group())
        parent.wait()
        assert [found.pid for found in parent.left_behind()] == [orphan]
        with pytest.raises(AssertionError, match="left children behind"):
            parent.assert_nothing_left(within=0.1)
    parent.assert_nothing_left()


def test_each_database_is_new_and_empty(create_database: Callable[[], str]) -> None:
    first, second = create_database(), create_database()
    assert first != second
    assert first.startswith("postgresql+psycopg://")
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE seen (id int)")
    with psycopg.connect(second.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


async def test_a_workflow_survives_a_kill_of_temporal(own_temporal: TemporalDevServer) -> None:
    client = await own_temporal.connect()
    attributes = TypedSearchAttributes([SearchAttributePair(BRAND, "acme")])
    handle = await client.start_workflow(
        SleepAMonth.run, id="kept", task_queue="without-workers", search_attributes=attributes
    )
    own_temporal.kill()
    assert not accepts(own_temporal.port)
    own_temporal.start()
    description = await (await own_temporal.connect()).get_workflow_handle(handle.id).describe()
    assert description.typed_search_attributes[BRAND] == "acme"


async def test_a_page_is_shown_in_its_width_and_in_the_dark(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<h1>Hear ye</h1>")
    url = (tmp_path / "page.html").as_uri()
    async with chromium() as browser, open_page(browser, url, width=320, dark=True) as page:
        assert await page.inner_text("h1") == "Hear ye"
        assert await page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [320, True]


async def test_the_fault_proxy_misbehaves_as_its_mode_says() -> None:
    async def answer(call: Call) -> None:
        await call.answer(b"ok")

    async with serving(answer) as url, httpx.AsyncClient(timeout=0.5) as client, FaultProxy(*_place(url)) as proxy:
        assert (await client.get(proxy.url)).text == "ok"
        assert proxy.bytes_forwarded > 0
        for mode, error in [
            (Mode.REFUSE, httpx.ConnectError),
            (Mode.RESET_BEFORE_READ, httpx.NetworkError),
            (Mode.HANG, httpx.ReadTimeout),
            (Mode.GARBAGE, httpx.RemoteProtocolError),
        ]:
            await proxy.set_mode(mode)
            before = proxy.bytes_forwarded
            with pytest.raises(error):
                await client.get(proxy.url)
            assert proxy.bytes_forwarded == before, mode
        with pytest.raises(httpx.ConnectError):
            await client.get(proxy.url.replace("http:", "https:"))
        await proxy.set_mode(Mode.DELAY, delay=0.1)
        assert (await client.get(proxy.url)).elapsed >= timedelta(seconds=0.1)
        await proxy.set_mode(Mode.PASS)
        assert (await client.get(proxy.url)).text == "ok"


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


async def test_a_statement_is_compiled_once_for_all_databases(
    tmp_path: Path, create_database: Callable[[], str]
) -> None:
    files = [f"sqlite+aiosqlite:///{tmp_path}/{number}.db" for number in range(2)]
    for one, other in (files, [create_database(), create_database()]):
        assert await compiled_for(one) is await compiled_for(other)


async def compiled_for(url: str) -> Any:
    """What SQLAlchemy executes for a statement in a database."""
    database, found = Database(url), list[Any]()
    event.listen(database._engine.sync_engine, "after_cursor_execute", lambda *given: found.append(given[4].compiled))
    async with database.read() as session:
        await session.exec(select(literal(1)))
    await database.close()
    return found[-1]


def test_no_test_can_connect_to_another_machine() -> None:
    with socket.socket() as elsewhere, pytest.raises(NotThisMachine):
        elsewhere.connect(("192.0.2.1", 80))


async def test_a_run_whose_workflow_task_nobody_gets_is_stranded() -> None:
    async with time_skipping_environment() as environment:
        handle = await environment.client.start_workflow(SleepAMonth.run, id="stranded", task_queue="nobody")
        with pytest.raises(StrandedRun, match="stranded waits"):
            await result_of(handle, within=1)
