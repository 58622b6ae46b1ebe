"""Names are resolved without a thread each, by brand, from a real name server on loopback."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator

import pytest

from munadi.outbound.guard import Guard, GuardCode, GuardRefused
from munadi.outbound.resolver import LOOKUPS_PER_BRAND, Resolver, servers_in
from munadi.outbound.slots import FairSlots
from munadi.ports.calls import calling_for
from tests.support.dns import NameServer, name_server

ZONES = {"ok.test": "93.184.215.14", "slow.test": "93.184.215.14"}


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    async with name_server(ZONES) as server:
        server.silent.add("slow.test")
        yield server


@pytest.fixture
async def resolve(names: NameServer) -> AsyncIterator[Resolver]:
    resolver = Resolver([names.address])
    yield resolver
    await resolver.close()


async def test_slow_names_of_one_brand_cost_no_thread_and_delay_nobody(resolve: Resolver, names: NameServer) -> None:
    """Before, 64 such lookups held every thread for as long as the name server was silent, also after our wait."""
    threads = threading.active_count()

    async def slow(number: int) -> None:
        async with asyncio.timeout(2):
            await resolve(f"{number}.slow.test", 443)

    with calling_for("attacker"):
        attack = [asyncio.create_task(slow(number)) for number in range(400)]
    await asyncio.sleep(0.2)
    waits = []
    with calling_for("healthy"):
        for number in range(50):
            began = time.monotonic()
            assert await resolve(f"h{number}.ok.test", 443) == ["93.184.215.14"]
            waits.append(time.monotonic() - began)
    assert max(waits) < 0.5, waits
    assert threading.active_count() <= threads + 1
    # The attacker's own lookups are bounded: only a share of them has been asked for.
    assert len({name for name in names.asked if name.endswith("slow.test")}) <= LOOKUPS_PER_BRAND
    ended = await asyncio.gather(*attack, return_exceptions=True)
    assert {type(one) for one in ended} == {TimeoutError}
    began = time.monotonic()
    assert await resolve("again.ok.test", 443), "what was given up holds nothing"
    assert time.monotonic() - began < 0.5


async def test_a_lookup_ends_with_its_caller(resolve: Resolver) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await resolve("one.slow.test", 443)
    assert time.monotonic() - began < 0.5


def test_an_answer_that_comes_after_the_event_loop_has_ended_reaches_no_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """c-ares reported it to the closed loop, an exception in a callback that has no caller."""
    ignored: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: ignored.append(repr(found.exc_value)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        resolver = Resolver([f"127.0.0.1:{server.getsockname()[1]}"])

        async def give_up() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await resolver("late.test", 443)

        asyncio.run(give_up())
        for _ in range(2):  # one question for each kind of address
            question, peer = server.recvfrom(512)
            not_found = question[:2] + b"\x81\x83" + question[4:]
            server.sendto(not_found, peer)
        time.sleep(0.2)  # there is no event for what must not happen
    assert ignored == []
    assert not resolver._open


async def test_posts_and_webhooks_share_nothing(names: NameServer) -> None:
    """The slots of one purpose are full; the other's lookup does not wait."""
    posts, webhooks = (Resolver([names.address], FairSlots(1, 1)) for _ in range(2))
    full = asyncio.create_task(webhooks("one.slow.test", 443))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(0.5):
        assert await posts("post.ok.test", 443)
    full.cancel()
    await asyncio.gather(full, return_exceptions=True)
    await asyncio.gather(posts.close(), webhooks.close())


async def test_a_name_that_does_not_exist_is_an_os_error(resolve: Resolver) -> None:
    with pytest.raises(OSError):
        await resolve("nobody.example", 443)


async def test_names_of_this_machine_need_no_name_server() -> None:
    """/etc/hosts and the names of loopback, even while no name server can be reached."""
    resolver = Resolver(["127.0.0.1:9"])
    try:
        assert "127.0.0.1" in await resolver("localhost", 80)
        assert "127.0.0.1" in await resolver("a.localhost", 80)
        for line in _hosts():
            assert await resolver(line, 80)
    finally:
        await resolver.close()


async def test_a_guard_resolves_by_it_and_gives_up_in_time(names: NameServer, resolve: Resolver) -> None:
    guard = Guard(resolve=resolve, resolve_timeout=0.3)
    target = await guard.check("https://a.ok.test/")
    assert [str(address) for address in target.addresses] == ["93.184.215.14"]
    with pytest.raises(GuardRefused) as refused:
        await guard.check("https://a.slow.test/")
    assert refused.value.code is GuardCode.NAME_NOT_RESOLVED


@pytest.mark.parametrize(
    ("given", "servers"),
    [
        ("", []),
        ("10.0.0.53", ["10.0.0.53:53"]),
        ("10.0.0.53:5353, ::1", ["10.0.0.53:5353", "[::1]:53"]),
        ("[2001:db8::1]:54", ["[2001:db8::1]:54"]),
    ],
)
def test_the_setting_names_servers(given: str, servers: list[str]) -> None:
    assert servers_in(given) == servers


@pytest.mark.parametrize("given", ["dns.example", "10.0.0.53:0", "10.0.0.53:70000", "10.0.0.53:x", "[::1"])
def test_the_setting_refuses_what_is_no_address(given: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a name server"):
        servers_in(given)


def _hosts() -> list[str]:
    """The machine's own name, if its hosts file has it."""
    try:
        with open("/etc/hosts") as lines:
            names = [line.split()[1] for line in lines if len(line.split()) > 1 and not line.startswith("#")]
    except OSError:
        return []
    return [name for name in names if name == socket.gethostname()]
