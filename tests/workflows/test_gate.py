"""The deadline gate: a worker that was paused past the deadline sends no byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from activities.gate import DeadlineGate
from munadi.channels.http import ChannelHttp, Request
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
PERIOD = timedelta(seconds=30)
SECRET = "canary-token"


class TwoClocks:
    """Wall and monotonic time, which a test moves apart."""

    def __init__(self) -> None:
        self.wall = self.ticks = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.wall)

    def monotonic(self) -> float:
        return 1_000.0 + self.ticks


@pytest.mark.parametrize(
    ("wall", "ticks", "is_open", "left"),
    [
        (0, 0, True, 30.0),
        (29.999, 29.999, True, 0.001),
        (30, 0, False, 0.0),
        (0, 30, False, 0.0),
        (-3600, 31, False, 0.0),
        (31, 5, False, 0.0),
        (3600, 3600, False, 0.0),
        (-10, 20, True, 10.0),
        (20, 5, True, 10.0),
    ],
)
def test_either_clock_alone_closes_it(wall: float, ticks: float, is_open: bool, left: float) -> None:
    clocks = TwoClocks()
    gate = DeadlineGate.open_for(clocks, clocks.now(), PERIOD)
    clocks.wall, clocks.ticks = wall, ticks
    assert gate.seconds_left == pytest.approx(left, abs=1e-6)
    if is_open:
        gate()
        return
    with pytest.raises(ChannelError) as refused:
        gate()
    assert (refused.value.effect, refused.value.provider_code) == (Effect.NOT_SENT, "DEADLINE_GATE")


def test_a_missed_deadline_is_unknown_only_if_the_request_had_begun() -> None:
    clocks = TwoClocks()
    gate = DeadlineGate.open_for(clocks, clocks.now(), PERIOD)
    early = gate.late(passed=False)
    assert (early.effect, early.reason) == (Effect.NOT_SENT, Reason.NETWORK_UNREACHABLE)
    late = gate.late(passed=True)
    assert (late.effect, late.provider_code, late.raw) == (Effect.UNKNOWN, "DEADLINE", "no answer by the deadline")


class Listener:
    """A real socket that stores every byte it receives, and closes without an answer."""

    def __init__(self) -> None:
        self.connections = 0
        self.received = b""
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            async with asyncio.timeout(1):
                self.received += await reader.read(65_536)
        except TimeoutError:
            pass
        writer.close()
        self.closed.set()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Listener, str]]:
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    async with server:
        yield listener, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/post"


async def send(url: str, gate: Callable[[], None], client: httpx.AsyncClient) -> ChannelError:
    def explain(answer: Answer) -> ChannelError:
        return ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, answer.text)

    with pytest.raises(ChannelError) as raised:
        await ChannelHttp(client, explain).send(Request("POST", url, token=SECRET, json={"text": "hello"}), gate)
    return raised.value


async def test_a_closed_gate_sends_no_byte_on_a_real_socket() -> None:
    clocks = TwoClocks()
    gate = DeadlineGate.open_for(clocks, clocks.now(), PERIOD)
    clocks.wall = 31
    async with listening() as (listener, url), httpx.AsyncClient() as client:
        error = await send(url, gate, client)
        await listener.closed.wait()
    assert (error.effect, error.provider_code) == (Effect.NOT_SENT, "DEADLINE_GATE")
    assert (listener.connections, listener.received) == (1, b"")


async def test_the_deadline_passes_while_the_connection_is_made() -> None:
    """The gate is checked after the connection is made: connecting may take all the time that is left."""
    asked: list[int] = []
    async with listening() as (listener, url), httpx.AsyncClient() as client:
        clocks = TwoClocks()
        gate = DeadlineGate.open_for(clocks, clocks.now(), PERIOD)

        def late() -> None:
            asked.append(listener.connections)
            clocks.ticks = 31
            gate()

        error = await send(url, late, client)
        await listener.closed.wait()
    assert error.effect is Effect.NOT_SENT
    assert listener.received == b""
    assert len(asked) == 1


async def test_an_open_gate_sends_and_a_lost_answer_is_unknown() -> None:
    """The same socket receives the bytes of an open gate."""
    clocks = TwoClocks()
    gate = DeadlineGate.open_for(clocks, clocks.now(), PERIOD)
    async with listening() as (listener, url), httpx.AsyncClient() as client:
        error = await send(url, gate, client)
    assert error.effect is Effect.UNKNOWN
    assert listener.received.startswith(b"POST /post")
