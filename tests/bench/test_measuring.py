"""The bench finds early, doubled and lost posts, counts calls, and gives each process's cost to its own name."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest

from tests.bench.load import Connection, Load, quantile, run_load
from tests.bench.posts import Created, published
from tests.bench.system import ROOT, Bench, System
from tests.bench.usage import measure
from tests.harness.stack import Stack

DUE = 1_000.5


def _system(tmp_path: Path, posts: list[dict[str, str]]) -> System:
    """A system whose network lists these posts."""
    network = httpx.MockTransport(lambda _: httpx.Response(200, json=posts))
    sandbox = httpx.AsyncClient(transport=network, base_url="http://127.0.0.1")
    stack = Stack(tmp_path, munadi=ROOT / ".venv/bin/munadi")
    return System(Bench("sqlite", ROOT, tmp_path), stack, tmp_path, sandbox, sandbox, "", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        (["00:16:40.500"], None),
        (["00:16:40.499"], "early"),
        (["00:16:41.000", "00:16:42.000"], "doubled"),
        ([], "lost"),
    ],
)
async def test_early_doubled_and_lost_posts_are_found(tmp_path: Path, times: list[str], fault: str | None) -> None:
    system = _system(tmp_path, [{"text": "a", "createdAt": f"1970-01-01T{time}+00:00"} for time in times])
    late = await published(system, None, Created(Load(1, [1]), {"a": DUE}, ["bluesky"], []))
    assert [found.partition(":")[0] for found in system.bench.tally.faults] == ([fault] if fault else [])
    assert system.bench.tally.posts == 1
    assert late.keys() == ({"a"} if times else set())


async def test_load_makes_every_call_once_over_kept_connections() -> None:
    seen: list[bytes] = []
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        while head := await reader.readline():
            seen.append(head)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    async def call(connection: Connection, number: int) -> None:
        assert await connection.request("GET", f"/{number}") == (200, b"ok")

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        load = await run_load(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "key", 20, 4, call)
    assert sorted(seen) == sorted(f"GET /{number} HTTP/1.1\r\n".encode() for number in range(20))
    assert opened == 4
    assert len(load.milliseconds) == 20
    assert load.rate > 0


def test_load_goes_to_this_machine_only() -> None:
    with pytest.raises(AssertionError, match=r"127\.0\.0\.1 only"):
        Connection("http://10.0.0.1:80")


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert quantile([3, 1, 2], 0.99) == 3
    assert quantile(list(range(100)), 0.95) == 95


def test_a_process_costs_cpu_and_memory() -> None:
    usage = measure(os.getpid())
    assert usage.cpu["dev"] > 0
    assert usage.memory["dev"] > 1
