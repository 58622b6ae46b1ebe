"""Open pages learn what happened: soon, only of their brands, at the cost of one poll, until their key ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from api.auth import Principal
from api.dashboard.live import MAX_WATCHERS, Live, LiveResponse
from api.dashboard.session import LIFE, Session, new_session
from api.http.problems import ProblemError
from munadi.db.keys.sessions import SessionStore
from munadi.db.keys.store import KeyStore, reach_of
from munadi.domain.key import Scope
from tests.api.api_process import api_processes
from tests.api.harness import ApiHarness
from tests.db.seeding import START
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until

MUNADI = [sys.executable, "-P", "-m", "munadi.cli"]


@asynccontextmanager
async def quick(api: ApiHarness) -> AsyncIterator[Live]:
    """A faster one in place of the application's own."""
    slow: Live = api.app.state.live
    await slow.close()
    api.app.state.live = live = Live(api.services.database, api.clock, interval=0.05, heartbeat=0.3)
    try:
        yield live
    finally:
        await live.close()


async def viewer(api: ApiHarness, brand_ref: str | None = None) -> tuple[Principal, Session]:
    """A person who is signed in with a new key."""
    row = await KeyStore(api.services.database).find(await api.key(Scope.CONTENTS_READ, brand_ref=brand_ref))
    assert row is not None
    session_id = await SessionStore(api.services.database).start(row.id, row.brand_ref, START, LIFE)
    return Principal(row.id, frozenset(row.scopes), reach_of(row)), new_session(session_id, START)


def positions(stream: str) -> list[int]:
    """The positions of the events in a part of a stream."""
    return [json.loads(line[6:])["position"] for line in stream.splitlines() if line.startswith('data: {"')]


async def next_position(lines: AsyncIterator[str]) -> int:
    """The position of the next event."""
    async for line in lines:
        if found := positions(line):
            return found[0]
    raise AssertionError("the stream ended")


async def test_a_page_gets_events_over_a_real_connection(api: ApiHarness) -> None:
    async with quick(api), api.dashboard(api.admin_key) as dashboard, api.served() as address:
        cookies = {"Cookie": f"munadi_session={dashboard.cookie}"}
        async with (
            httpx.AsyncClient(base_url=address, headers=cookies, timeout=5) as client,
            client.stream("GET", "/live") as stream,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            seen = [await next_position(lines)]
            for _ in range(2):
                await api.submit()
                seen.append(await next_position(lines))
            assert seen[0] < seen[1] < seen[2]


async def test_a_viewer_gets_no_event_of_another_brand(api: ApiHarness) -> None:
    rival = await viewer(api, "rival")
    async with quick(api) as live, aclosing(live.follow(*rival)) as stream:
        assert positions(await anext(stream)) == [0]
        await api.submit()
        assert [await anext(stream) for _ in range(2)] == [": still here\n\n"] * 2
        await api.submit(brandRef="rival")
        assert await next_position(stream) > 0


@pytest.mark.parametrize("end", ["key revoked", "signed out", "session expired"])
async def test_a_stream_ends_with_its_key_and_its_session(api: ApiHarness, end: str) -> None:
    principal, session = await viewer(api)
    async with quick(api) as live, aclosing(live.follow(principal, session)) as stream:
        await anext(stream)
        if end == "key revoked":
            await KeyStore(api.services.database).revoke(principal.key_id, START)
        elif end == "signed out":
            await SessionStore(api.services.database).end(session.id, None, START)
        else:
            api.clock.ahead = LIFE + timedelta(seconds=1)
        assert (await anext(stream)).startswith("event: ended")
        assert [each async for each in stream] == []


async def test_a_stream_requires_the_scope(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.WEBHOOKS_READ)) as dashboard:
        assert (await dashboard.get("/live")).status_code == 403


async def test_many_pages_cost_one_poll_and_no_page_costs_nothing(api: ApiHarness) -> None:
    reader = await viewer(api)

    async def cost(pages: int) -> int:
        """The number of statements in half a second of so many open pages."""
        async with quick(api) as live:
            streams = [live.follow(*reader) for _ in range(pages)]
            for stream in streams:
                await anext(stream)
            with api.statements() as open_pages:
                await asyncio.sleep(0.5)
            for stream in streams:
                await stream.aclose()  # type: ignore[attr-defined]
            await asyncio.sleep(0.2)
            with api.statements() as no_page:
                await asyncio.sleep(0.2)
            assert no_page == []
        return len(open_pages)

    one, many = await cost(1), await cost(50)
    assert 0 < many <= one * 1.5


@pytest.mark.timeout(60)
async def test_the_process_ends_while_pages_are_open(tmp_path: Path) -> None:
    port = free_port()
    env = {"MUNADI_DATA_DIR": str(tmp_path), "MUNADI_API__PORT": str(port)}
    for arguments in (["db", "upgrade"], ["db", "create-key", "--name", "x", "--json"]):
        with Process([*MUNADI, *arguments], log=tmp_path / f"{arguments[1]}.log", env=env) as once:
            assert await asyncio.to_thread(once.wait, 30) == 0
    key = json.loads(once.output.strip().splitlines()[-1])["apiKey"]
    with Process([*MUNADI, "api"], log=tmp_path / "api.log", env=env) as process:
        await asyncio.to_thread(process.wait_for_port, port)
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as client:
            assert (await client.post("/sign-in", data={"key": key})).status_code == 303
            async with client.stream("GET", "/live") as stream:
                assert await anext(stream.aiter_lines()) == "retry: 2000"
                began = asyncio.get_running_loop().time()
                assert await asyncio.to_thread(process.terminate, 30) == 0
                assert asyncio.get_running_loop().time() - began < 5


async def test_a_brand_has_a_share_of_the_places_and_returns_them(api: ApiHarness) -> None:
    live, of_brand = api.app.state.live, api.services.settings.limits.streams

    def expect_refusal(status: int) -> None:
        with pytest.raises(ProblemError) as refused, live.place("acme"):
            raise AssertionError("it has a place")
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (status, "30")

    with ExitStack() as mine:
        for _ in range(of_brand):
            mine.enter_context(live.place("acme"))
        expect_refusal(429)
        with live.place("rival"), live.place("key_1"):
            pass
    with ExitStack() as all_places:
        for number in range(MAX_WATCHERS):
            all_places.enter_context(live.place(f"brand-{number}"))
        expect_refusal(503)
    with live.place("acme"):
        pass


async def _open_stream(url: str, cookie: str) -> tuple[int, asyncio.StreamWriter]:
    """The status of a new stream, and its connection."""
    reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
    writer.write(f"GET /live HTTP/1.1\r\nHost: munadi\r\nCookie: munadi_session={cookie}\r\n\r\n".encode())
    status = (await asyncio.wait_for(reader.readline(), 30)).split()[1]
    return int(status), writer


async def test_twelve_keys_of_a_brand_leave_streams_for_the_others(tmp_path: Path) -> None:
    async with api_processes(tmp_path, env={"MUNADI_LIMITS__STREAMS": "20"}) as api:

        async def signed_in(key: str) -> str:
            async with api.client("") as client:
                assert (await client.post("/sign-in", data={"key": key})).status_code == 303
                return client.cookies["munadi_session"]

        mine = [await signed_in(await api.brand_key("acme")) for _ in range(12)]
        opened = [await _open_stream(api.urls[0], cookie) for cookie in mine for _ in range(5)]
        try:
            assert Counter(status for status, _ in opened) == {200: 20, 429: 40}
            for key in (await api.brand_key("rival"), api.key):
                status, writer = await _open_stream(api.urls[0], await signed_in(key))
                writer.close()
                assert status == 200
        finally:
            for _, writer in opened:
                writer.close()


async def test_a_stream_returns_its_place_however_it_ends(api: ApiHarness) -> None:
    reader = await viewer(api)

    async def receive() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def broken(message: Message) -> None:
        raise OSError("the client is gone")

    async def fine(message: Message) -> None:
        return None

    async with quick(api) as live:
        for send in (broken, fine):
            with suppress(OSError, ExceptionGroup, ClientDisconnect):
                await LiveResponse(live, *reader)({"type": "http"}, receive, send)
            assert (live._places.used, len(live._watchers)) == (0, 0)
        task = asyncio.create_task(
            LiveResponse(live, *reader)({"type": "http"}, lambda: asyncio.sleep(60), fine)  # type: ignore[arg-type]
        )
        await wait_until(lambda: live._places.used == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (live._places.used, len(live._watchers)) == (0, 0)
