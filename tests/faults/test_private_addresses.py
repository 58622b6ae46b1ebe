"""Addresses that lead into the private network, given to a running API of production: no connection, a stable code."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from random import Random

import httpx

from munadi.crypto import create_key
from munadi.outbound.guard import DEFAULT_PORTS, GuardCode
from tests.faults.evidence import prove, two_sizes
from tests.harness.inbox import subscribe
from tests.harness.web import Call, serving
from tests.harness.world import open_plain
from tests.webhooks.corpus import DISGUISED_HOSTS, FORBIDDEN_ADDRESSES

SEED = 20261130
# Where a user gives an address, by the field that has it. The small version asks the slower ones for a sample.
ENTRIES = {"/url of a webhook": None, "/url of a medium": 30, "/serviceUrl of an account": 30}
LEAST_TARGETS = 80
AT_ONCE = 4
# httpx itself refuses to read some targets of redirects.
CODES = {code.value for code in GuardCode} | {"MEDIA_UNREACHABLE"}
# Development allows loopback, also when it is spelled so.
LOOPBACK_TOO = frozenset({"127.0.0.1."})


@dataclass
class Canaries:
    """Servers at loopback addresses, on ports that the guard allows. Nothing may connect to them."""

    ports: set[int] = field(default_factory=set)
    connections: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator[Canaries]:
        """Listen at every loopback address of the corpus and every port that is free."""
        canaries = cls()
        async with AsyncExitStack() as stack:
            for address in filter(_is_loopback, FORBIDDEN_ADDRESSES):
                for port in sorted(DEFAULT_PORTS):
                    with suppress(OSError):  # taken, privileged, or not an address of this machine
                        server = await asyncio.start_server(partial(canaries._note, address), address, port)
                        await stack.enter_async_context(server)
                        canaries.ports.add(port)
            yield canaries

    async def _note(self, address: str, _: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        self.connections.append(address)
        out.close()


def _is_loopback(text: str) -> bool:
    return ip_address(text).is_loopback


def targets(ports: set[int]) -> list[str]:
    """URLs of every forbidden address and disguised host at the canaries' ports, and some of other forms."""
    hosts = [*DISGUISED_HOSTS, *(f"[{each}]" if ":" in each else each for each in FORBIDDEN_ADDRESSES)]
    hosts += ["localhost", "LOCALHOST.", "api.localhost", socket.gethostname()]
    port = max(ports)
    urls = [f"https://{host}:{port}/" for host in hosts]
    urls += [f"{form}:{port}/" for form in ("http://127.0.0.1", "https://u:p@127.0.0.1", "https://a.example@127.0.0.1")]
    return [*urls, *(f"https://127.0.0.1:{other}/" for other in (*sorted(ports - {port}), 22, 6379, 0, 65536))]


async def ask(api: httpx.AsyncClient, entry: str, url: str) -> httpx.Response:
    """Give the address to one entry."""
    if entry == "/url of a webhook":
        return await api.post("/v1/webhooks/endpoints", json={"url": url})
    if entry == "/url of a medium":
        return await api.post("/v1/media", json={"url": url})
    credentials = {"identifier": "someone.example", "password": "abcd-efgh-ijkl-mnop"}
    given = {"channel": "bluesky", "serviceUrl": url, "credentials": credentials}
    return await api.post("/v1/brands/faults/accounts", json=given)


def judge(entry: str, url: str, answer: httpx.Response, codes: Counter[str]) -> list[str]:
    """What is wrong with the answer. Its code is counted."""
    errors = answer.json().get("errors", [])
    [found] = [error["code"] for error in errors] or [""]
    codes[found] += 1
    at = entry.partition(" ")[0]
    if answer.status_code == 422 and found in CODES and errors[0]["pointer"] == at:
        return []
    return [f"{entry} {url}: {answer.status_code} {answer.text[:200]}"]


async def ask_all(api: httpx.AsyncClient, asked: Sequence[tuple[str, str]], codes: Counter[str]) -> list[str]:
    """Ask some at a time; what was wrong."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(entry: str, url: str) -> list[str]:
        async with slots:
            return judge(entry, url, await ask(api, entry, url), codes)

    return [each for found in await asyncio.gather(*(one(*pair) for pair in asked)) for each in found]


async def ask_by_redirects(api: httpx.AsyncClient, codes: Counter[str]) -> tuple[int, list[str]]:
    """Media at an allowed server that redirects to the forbidden ones: in development, where loopback is allowed."""
    hosts = [f"[{each}]" if ":" in each else each for each in FORBIDDEN_ADDRESSES if not _is_loopback(each)]
    urls = [
        f"https://{host}/"
        for host in [*hosts, *(each for each in DISGUISED_HOSTS if each.isascii() and each not in LOOPBACK_TOO)]
    ]

    async def redirect(call: Call) -> None:
        await call.head(302, location=urls[int(call.path.strip("/"))], content_length=0)

    async with serving(redirect) as base:
        asked = [("/url of a medium", f"{base}/{number}") for number in range(len(urls))]
        return len(urls), await ask_all(api, asked, codes)


@two_sizes(timeout=1200)
async def test_no_address_of_a_user_leads_into_the_private_network(tmp_path: Path, large: bool) -> None:
    codes: Counter[str] = Counter()
    own = {"MUNADI_SECRET_KEYS": create_key()}
    production = {"MUNADI_ENVIRONMENT": "production", "MUNADI_PUBLIC_URL": "https://munadi.example"}
    async with (
        Canaries.opened() as canaries,
        open_plain(tmp_path, own) as world,
        world.stack.another_api("production", production) as other,
    ):
        assert canaries.ports, f"no canary could listen: {sorted(DEFAULT_PORTS)} are all taken"
        at = f"https://127.0.0.1:{max(canaries.ports)}/"
        kept = await subscribe(world.api, at)  # allowed in development
        urls = targets(canaries.ports)
        assert len(urls) >= LEAST_TARGETS
        sample = Random(SEED)
        asked = [
            (entry, url)
            for entry, some in ENTRIES.items()
            for url in (urls if large or some is None else sample.sample(urls, some))
        ]
        failures = await ask_all(other.client, asked, codes)
        # An endpoint that was allowed when it was created is checked again when an event is sent.
        tested = (await other.client.post(f"/v1/webhooks/endpoints/{kept['id']}/test")).json()
        error = tested["attemptLog"][0]["error"] or "it was sent"
        failures += [] if error.startswith("ADDRESS_NOT_PUBLIC: ") else [f"a kept endpoint: {error}"]
        redirects, wrong = await ask_by_redirects(world.api, codes)
        failures += wrong + [f"{address} was connected to" for address in canaries.connections]
        # The canaries notice a connection: development may make one.
        await world.api.post("/v1/media", json={"url": at})
        assert len(canaries.connections) > len([each for each in failures if each.endswith("connected to")])
    measured = {"entries": len(ENTRIES), "redirects": redirects, "canaries at ports": sorted(canaries.ports)}
    measured |= dict(sorted(codes.items()))
    prove(
        "21", f"{len(urls)} private and disguised addresses", trials=len(asked) + redirects + 1, failures=failures,
        seed=SEED, measured=measured, large=large,
    )  # fmt: skip
