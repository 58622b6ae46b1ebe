"""A slow server holds few places, of its own brand alone, and the calls that find none have sent nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from munadi.channels.bluesky.spec import SPEC as BLUESKY
from munadi.channels.mastodon.spec import SPEC as MASTODON
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.server import Server, server_of
from munadi.outbound import host_calls
from munadi.outbound.host_calls import BRAND_CALLS, BRAND_DOUBTFUL, LONGEST, MOST, SLOW, START, HostCalls

TARPIT, QUICK, NETWORK = (
    Server("https://tarpit.example", True),
    Server("https://quick.example", True),
    Server("x", False),
)


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def linger(self) -> None:
        """Let so much time pass that the running calls linger, and those who wait notice it."""
        self.now += SLOW + 1
        await asyncio.sleep(0.05)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_calls, "CHECKED_EVERY", 0.005)


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def calls(clock: Hand) -> HostCalls:
    return HostCalls(clock)


@asynccontextmanager
async def running(count: int, call: Callable[[int], Awaitable[None]]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """So many calls, until the block ends."""
    tasks = [asyncio.ensure_future(call(number)) for number in range(count)]
    await asyncio.sleep(0.02)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def inside(tasks: list[asyncio.Task[None]]) -> int:
    return sum(not task.done() for task in tasks)


def hanging(calls: HostCalls, brand: str, server: Callable[[int], Server]) -> Callable[[int], Awaitable[None]]:
    async def call(number: int) -> None:
        async with calls.call(brand, server(number)):
            await asyncio.sleep(60)

    return call


async def quick(calls: HostCalls, brand: str, server: Server = QUICK) -> None:
    async with calls.call(brand, server):
        await asyncio.sleep(0)


async def slow(calls: HostCalls, clock: Hand) -> None:
    async with calls.call("acme", TARPIT):
        clock.now += SLOW + 1


async def refused(calls: HostCalls, brand: str, server: Server) -> ChannelError:
    with pytest.raises(ChannelError) as error:
        await quick(calls, brand, server)
    return error.value


async def test_a_slow_server_holds_few_calls_however_many_there_are(calls: HostCalls, clock: Hand) -> None:
    async with running(320, hanging(calls, "attacker", lambda _: TARPIT)) as tasks:
        assert inside(tasks) <= START + host_calls.BRAND_WAITING + 1, "in its first seconds"
        await clock.linger()
        assert inside(tasks) == START
        error = await refused(calls, "attacker", TARPIT)
        assert (error.reason, error.effect) == (Reason.HOST_SLOW, Effect.NOT_SENT)
        assert TARPIT.key in error.message
        # Another brand, and the attacker's own posts to a network, are not held up.
        await quick(calls, "healthy")
        await quick(calls, "attacker", NETWORK)


async def test_many_slow_servers_of_one_brand_hold_no_more(calls: HostCalls, clock: Hand) -> None:
    async with running(320, hanging(calls, "attacker", lambda n: Server(f"https://{n}.example", True))) as tasks:
        assert inside(tasks) <= BRAND_DOUBTFUL + host_calls.BRAND_WAITING + 1, "in its first seconds"
        await clock.linger()
        assert inside(tasks) == BRAND_DOUBTFUL
        await quick(calls, "healthy")


async def test_servers_that_were_quick_before_cannot_hold_every_place(calls: HostCalls, clock: Hand) -> None:
    for number in range(5 * MOST):
        await quick(calls, "attacker", Server(f"https://{number % 5}.example", True))
    async with running(320, hanging(calls, "attacker", lambda n: Server(f"https://{n % 5}.example", True))) as tasks:
        await clock.linger()
        assert inside(tasks) == BRAND_CALLS
        await quick(calls, "healthy")


async def test_a_network_that_hangs_holds_some_of_each_brand(calls: HostCalls, clock: Hand) -> None:
    """No tenant decides how quick a network is: a brand's calls pass until many of them linger."""
    async with running(30, hanging(calls, "acme", lambda _: NETWORK)) as tasks:
        assert inside(tasks) == 30
        await clock.linger()
        assert (await refused(calls, "acme", NETWORK)).reason is Reason.HOST_SLOW
        await quick(calls, "other", NETWORK)


async def test_a_quick_server_takes_a_burst(calls: HostCalls) -> None:
    """320 posts of one brand at once: none is refused once the server has proven quick."""
    for _ in range(3):
        await quick(calls, "acme")
    await asyncio.gather(*(quick(calls, "acme") for _ in range(320)))


async def test_a_server_that_is_quick_again_gets_its_places_back(calls: HostCalls, clock: Hand) -> None:
    for _ in range(3):
        await slow(calls, clock)
    assert calls.places(TARPIT.key) == 1
    told: list[str] = []
    calls.on_quick = told.append
    async with running(1, hanging(calls, "acme", lambda _: TARPIT)):
        await refused(calls, "acme", TARPIT)
    for _ in range(START):
        await quick(calls, "acme", TARPIT)
    assert calls.places(TARPIT.key) >= START
    assert told == [TARPIT.key], "once, for those that were refused"


async def test_who_is_refused_comes_again_one_after_the_other(calls: HostCalls, clock: Hand) -> None:
    for _ in range(3):
        await slow(calls, clock)
    async with running(1, hanging(calls, "acme", lambda _: TARPIT)):
        errors = [await refused(calls, "acme", TARPIT) for _ in range(400)]
        other = await refused(calls, "other", TARPIT)
    waits = [error.retry_after.total_seconds() for error in errors if error.retry_after]
    assert waits[1] - waits[0] > 1, "as quickly as the server answers"
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    assert other.retry_after == errors[0].retry_after, "another brand does not queue behind them"


async def test_large_media_may_take_their_time(calls: HostCalls, clock: Hand) -> None:
    async with calls.call("acme", TARPIT, spare=60):
        clock.now += 30
        assert calls.places(TARPIT.key) == START
    assert calls.places(TARPIT.key) > START


async def test_calls_inside_a_reserved_place_take_no_other(calls: HostCalls, clock: Hand) -> None:
    """The place is kept before the call, and is there for it when all others are taken."""
    async with running(START - 1, hanging(calls, "acme", lambda _: QUICK)), calls.reserved("acme", QUICK):
        await clock.linger()
        for _ in range(3):
            await quick(calls, "acme")


async def test_a_place_is_left_when_its_caller_is_cancelled(calls: HostCalls) -> None:
    for _ in range(5):
        async with running(40, hanging(calls, "acme", lambda _: QUICK)):
            pass
    async with running(START, hanging(calls, "acme", lambda _: QUICK)) as tasks:
        assert inside(tasks) == START
    assert not calls._places
    assert not calls._crowded


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (None, Server("bluesky", False)),
        ("https://bsky.social", Server("bluesky", False)),
        ("https://morel.us-east.host.bsky.network", Server("bluesky", False)),
        ("https://PDS.example/path", Server("https://pds.example", True)),
        ("https://host.bsky.network.evil.example", Server("https://host.bsky.network.evil.example", True)),
        ("https://[", Server("bluesky", False)),
    ],
)
def test_a_server_is_a_networks_own_or_a_tenants(url: str | None, server: Server) -> None:
    assert server_of(BLUESKY, url) == server


def test_every_server_of_mastodon_is_a_tenants() -> None:
    assert server_of(MASTODON, "http://localhost:3000/") == Server("http://localhost:3000", True)
