"""The port for monitors shows a process that hangs, and who may read it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from munadi.config import load_settings
from munadi.process.exits import CommandFailed
from munadi.process.listening import ListenAddress
from munadi.process.settings import check_start
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

# Hangs as long as the file exists.
PROCESS = """
import asyncio, os, sys, time
from munadi.config import Settings
from munadi.process import monitoring
from munadi.process.logs import configure_logging
configure_logging("info")
monitoring.STUCK_AFTER = 1.0

async def check():
    return monitoring.Readiness(True, {})

async def main():
    async with monitoring.monitored(Settings(), "worker", check):
        print("ready", flush=True)
        while True:
            await asyncio.sleep(0.05)
            while os.path.exists(sys.argv[1]):
                time.sleep(0.05)

asyncio.run(main())
"""


@asynccontextmanager
async def monitored(folder: Path, **env: str) -> AsyncIterator[tuple[httpx.AsyncClient, Path]]:
    """A client of the port of a small process, and the file that makes it hang."""
    port, hanging = free_port(), folder / "hang"
    argv = [sys.executable, "-c", PROCESS, str(hanging)]
    settings = {"MUNADI_METRICS_LISTEN": str(port), **env}
    with Process(argv, log=folder / "process.log", env=settings) as process:
        await asyncio.to_thread(process.wait_for_port, port, 60.0)
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as client:
            yield client, hanging


async def test_a_hung_event_loop_shows(tmp_path: Path) -> None:
    async with monitored(tmp_path) as (client, hanging):
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        hanging.touch()
        await asyncio.sleep(3)
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "stuck")
        assert re.fullmatch(r"the event loop has not turned for \d+ s", answer.json()["detail"])
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
        assert "munadi_event_loop_lag_seconds" in (await client.get("/metrics")).text, "that needs no event loop"
        hanging.unlink()
        await asyncio.sleep(2)
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_a_web_page_reads_no_metrics_under_a_name_of_its_own(tmp_path: Path) -> None:
    async with monitored(tmp_path) as (client, _):
        for host, status in (("localhost", 200), ("127.0.0.1:9464", 200), ("evil.example", 401), ("[", 401)):
            assert (await client.get("/metrics", headers={"host": host})).status_code == status, host


async def test_a_token_closes_the_metrics_and_not_the_probes(tmp_path: Path) -> None:
    async with monitored(tmp_path, MUNADI_METRICS__TOKEN="of-prometheus") as (client, _):
        for sent, status in (("", 401), ("Bearer wrong", 401), ("Bearer of-prometheus", 200)):
            assert (await client.get("/metrics", headers={"authorization": sent})).status_code == status
        assert "MUNADI_METRICS__TOKEN" in (await client.get("/metrics")).text, "it says what to do"
        assert (await client.get("/healthz")).status_code == 200


async def test_a_port_that_is_taken_stops_no_work(tmp_path: Path) -> None:
    async with monitored(tmp_path) as (first, _):
        argv = [sys.executable, "-c", PROCESS, str(tmp_path / "none")]
        env = {"MUNADI_METRICS_LISTEN": str(first.base_url.port)}
        with Process(argv, log=tmp_path / "second.log", env=env) as second:
            await asyncio.to_thread(second.wait_for_line, "ready", 60)
            await asyncio.to_thread(second.wait_for_line, "cannot answer monitors at 127.0.0.1.*trying again", 60)


async def test_clients_that_send_nothing_leave_room(tmp_path: Path) -> None:
    """More idle connections than the port serves at a time: each is closed in time, and then it answers again."""
    async with monitored(tmp_path) as (client, _):
        port = client.base_url.port
        assert port is not None
        idle = [await asyncio.open_connection(LOOPBACK, port) for _ in range(20)]
        await asyncio.sleep(6)
        assert (await client.get("/healthz")).status_code == 200
        for _, writer in idle:
            writer.close()


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [("9464", LOOPBACK, 9464), (":9464", LOOPBACK, 9464), ("0.0.0.0:1", "0.0.0.0", 1), ("[::1]:9464", "::1", 9464)],
)
def test_an_address_is_read(given: str, host: str, port: int) -> None:
    assert ListenAddress.parse(given) == ListenAddress(host, port)


@pytest.mark.parametrize("given", ["", "localhost", "host:70000", "host:0", "http://host:1", "a:1/b", "a@b:1", "[:1"])
def test_what_is_no_address_is_refused_at_the_start(given: str, clean_environment: None) -> None:
    with pytest.raises(CommandFailed, match=r"MUNADI_METRICS_LISTEN must be host:port") as refused:
        check_start(load_settings(metrics_listen=given))
    assert refused.value.code == 2


def test_development_stays_on_its_machine(clean_environment: None) -> None:
    with pytest.raises(CommandFailed, match="MUNADI_METRICS_LISTEN is reachable from other machines"):
        check_start(load_settings(metrics_listen="0.0.0.0:9464"))
