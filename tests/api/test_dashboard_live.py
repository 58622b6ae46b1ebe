"""Open pages are told what happened: soon, only what they may know, at the cost of one poll, until their key ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event
from starlette.requests import ClientDisconnect
from starlette.types import Message

from api.auth import Principal
from api.dashboard.live import MAX_WATCHERS, MAX_WATCHERS_OF_KEY, Live, LiveResponse
from api.dashboard.session import LIFE, Session, new_session
from api.problems import ProblemError
from munadi.db.keys.sessions import SessionStore
from munadi.db.keys.store import KeyStore
from munadi.domain.key import Scope
from tests.api.browsing import visiting
from tests.api.desk import START, Desk
from tests.api.test_over_sockets import served
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

MUNADI = [sys.executable, "-P", "-m", "munadi.cli"]


@asynccontextmanager
async def quick(desk: Desk) -> AsyncIterator[Live]:
    """A faster one in the place of the application's own."""
    slow: Live = desk.app.state.live
    await slow.close()
    desk.app.state.live = live = Live(desk.services.database, desk.clock, interval=0.05, heartbeat=0.3)
    try:
        yield live
    finally:
        await live.close()


async def viewer(desk: Desk, *scopes: Scope, brand_ref: str | None = None) -> tuple[Principal, Session]:
    """Whoever has a new key of these scopes, signed in."""
    key = (await desk.key(*scopes, brand_ref=brand_ref))["Authorization"].removeprefix("Bearer ")
    row = await KeyStore(desk.services.database).find(key)
    assert row is not None
    session_id = await SessionStore(desk.services.database).start(row.id, row.brand_ref, START, LIFE)
    return Principal(row.id, frozenset(row.scopes), row.brand_ref), new_session(session_id, START)


def positions(told: str) -> list[int]:
    return [json.loads(line[6:])["position"] for line in told.splitlines() if line.startswith('data: {"')]


async def _until_told(stream: AsyncIterator[str]) -> AsyncIterator[str]:
    async for each in stream:
        yield each
        if positions(each):
            return


async def test_a_page_is_told_over_a_real_connection(small_desk: Desk) -> None:
    key = small_desk.client.headers["authorization"].removeprefix("Bearer ")
    async with quick(small_desk), visiting(small_desk.app, key) as visitor, served(small_desk) as address:
        cookies = {"Cookie": f"munadi_session={visitor.cookie}"}
        async with (
            httpx.AsyncClient(base_url=address, headers=cookies, timeout=5) as client,
            client.stream("GET", "/live") as stream,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            seen: list[int] = []
            async for line in lines:
                seen += positions(line)
                if len(seen) == 1:
                    await small_desk.accept()
                if len(seen) == 2:
                    break
            assert seen[1] > seen[0]
            await small_desk.accept()
            async for line in lines:
                if found := positions(line):
                    assert found[0] > seen[1]
                    break


async def test_nothing_is_told_of_brands_that_are_not_the_viewers(small_desk: Desk) -> None:
    rival = await viewer(small_desk, Scope.CONTENTS_READ, brand_ref="rival")
    async with quick(small_desk) as live, aclosing(live.follow(*rival)) as stream:
        assert positions(await anext(stream)) == [0]
        await small_desk.accept()
        assert [await anext(stream) for _ in range(2)] == [": still here\n\n"] * 2
        await small_desk.accept(brandRef="rival")
        told = [each async for each in _until_told(stream)]
        assert len(positions(told[-1])) == 1


async def test_a_stream_ends_with_its_key(small_desk: Desk) -> None:
    reader = await viewer(small_desk, Scope.CONTENTS_READ)
    async with quick(small_desk) as live, aclosing(live.follow(*reader)) as stream:
        await anext(stream)
        await KeyStore(small_desk.services.database).revoke(reader[0].key_id, START)
        assert (await anext(stream)).startswith("event: ended")
        assert [each async for each in stream] == []


async def test_a_stream_ends_when_its_browser_signs_out_and_others_stay(small_desk: Desk) -> None:
    reader = await viewer(small_desk, Scope.CONTENTS_READ)
    sessions = SessionStore(small_desk.services.database)
    async with quick(small_desk) as live, aclosing(live.follow(*reader)) as stream:
        await anext(stream)
        await sessions.end(reader[1].id, None, START)
        assert (await anext(stream)).startswith("event: ended")


async def test_a_stream_ends_with_its_session(small_desk: Desk) -> None:
    reader = await viewer(small_desk, Scope.CONTENTS_READ)
    async with quick(small_desk) as live, aclosing(live.follow(*reader)) as stream:
        await anext(stream)
        small_desk.clock.ahead = LIFE + timedelta(seconds=1)
        assert (await anext(stream)).startswith("event: ended")


async def test_without_the_scope_there_is_nothing_to_follow(small_desk: Desk) -> None:
    key = (await small_desk.key(Scope.WEBHOOKS_READ))["Authorization"].removeprefix("Bearer ")
    async with visiting(small_desk.app, key) as visitor:
        assert (await visitor.client.get("/live")).status_code == 403
    async with visiting(small_desk.app) as nobody:
        assert (await nobody.client.get("/live")).status_code == 401


async def test_many_pages_cost_one_poll_and_none_costs_nothing(small_desk: Desk) -> None:
    reader = await viewer(small_desk, Scope.CONTENTS_READ)
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    engine = small_desk.services.database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", count)

    async def cost(pages: int) -> int:
        """Statements in half a second of so many open pages."""
        nonlocal asked
        async with quick(small_desk) as live:
            streams = [live.follow(*reader) for _ in range(pages)]
            for stream in streams:
                await anext(stream)
            asked = 0
            await asyncio.sleep(0.5)
            found = asked
            for stream in streams:
                await stream.aclose()  # type: ignore[attr-defined]
            await asyncio.sleep(0.2)
            asked = 0
            await asyncio.sleep(0.2)
            assert asked == 0, "nobody watches"
        return found

    one, many = await cost(1), await cost(50)
    event.remove(engine, "before_cursor_execute", count)
    assert 0 < many <= one * 1.5


@pytest.mark.timeout(60)
async def test_the_process_ends_though_pages_are_open(tmp_path: Path) -> None:
    port = free_port()
    env = {"MUNADI_DATA_DIR": str(tmp_path), "MUNADI_API__PORT": str(port)}
    for arguments in (["db", "upgrade"], ["db", "create-key", "--name", "x", "--json"]):
        with Process([*MUNADI, *arguments], log=tmp_path / f"{arguments[1]}.log", env=env) as once:
            assert await asyncio.to_thread(once.wait, 30) == 0
    key = json.loads(once.output.strip().splitlines()[-1])["apiKey"]
    address = f"http://{LOOPBACK}:{port}"
    with Process([*MUNADI, "api"], log=tmp_path / "api.log", env=env) as process:
        await asyncio.to_thread(process.wait_for_port, port)
        async with httpx.AsyncClient(base_url=address, timeout=20) as client:
            assert (await client.post("/sign-in", data={"key": key})).status_code == 303
            async with client.stream("GET", "/live") as stream:
                lines = stream.aiter_lines()
                assert await anext(lines) == "retry: 2000"
                began = asyncio.get_running_loop().time()
                assert await asyncio.to_thread(process.terminate, 30) == 0
                assert asyncio.get_running_loop().time() - began < 5


async def test_a_key_has_a_share_of_the_places_and_gets_them_back(small_desk: Desk) -> None:
    live: Live = small_desk.app.state.live
    with ExitStack() as mine:
        for _ in range(MAX_WATCHERS_OF_KEY):
            mine.enter_context(live.place("key_mine"))
        with pytest.raises(ProblemError) as refused, live.place("key_mine"):
            raise AssertionError("it has a place")
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "30")
        with live.place("key_yours"):
            pass
    with live.place("key_mine"):
        pass
    with ExitStack() as all_places:
        for number in range(MAX_WATCHERS):
            all_places.enter_context(live.place(f"key_{number}"))
        with pytest.raises(ProblemError) as full:
            all_places.enter_context(live.place("key_mine"))
    assert (full.value.status, full.value.headers["Retry-After"]) == (503, "30")
    with live.place("key_mine"):
        pass


async def test_a_stream_gives_its_place_back_however_it_ends(small_desk: Desk) -> None:
    reader = await viewer(small_desk, Scope.CONTENTS_READ)

    async def receive() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def broken(message: Message) -> None:
        raise OSError("the client is gone")

    async def fine(message: Message) -> None:
        return None

    async with quick(small_desk) as live:
        for send in (broken, fine):
            with suppress(OSError, ExceptionGroup, ClientDisconnect):
                await LiveResponse(live, *reader)({"type": "http"}, receive, send)
            assert (live._places.total(), len(live._watchers)) == (0, 0)
        task = asyncio.create_task(
            LiveResponse(live, *reader)({"type": "http"}, lambda: asyncio.sleep(60), fine)  # type: ignore[arg-type]
        )
        await asyncio.sleep(0.1)
        assert live._places.total() == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (live._places.total(), len(live._watchers)) == (0, 0)
