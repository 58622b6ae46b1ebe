"""One sandbox over a real socket for the folder, reset before each test; a profile and a log-in at its networks."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from munadi.sandbox import SandboxState, create_app
from munadi.sandbox.server import server
from tests.channels.consent import LOGINS, Login
from tests.channels.sandbox import Acme, acme_at
from tests.channels.servers import MediaSite, Oracle
from tests.judges.witness import Verdicts


@pytest.fixture(scope="session")
def verdicts() -> Verdicts:
    """What the networks' own descriptions say against the requests that the sandbox accepted."""
    return Verdicts()


@pytest.fixture(scope="session")
def running_sandbox(verdicts: Verdicts) -> Iterator[Oracle]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    serving = server(create_app(SandboxState(), witness=verdicts), "127.0.0.1", port)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
    thread.start()
    oracle = Oracle(f"http://127.0.0.1:{port}")
    yield oracle
    oracle.close()
    serving.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def oracle(running_sandbox: Oracle, verdicts: Verdicts) -> Iterator[Oracle]:
    """The sandbox with its seeds only. Containers are finished at once. What it accepts is valid at the networks."""
    verdicts.taken()
    running_sandbox.call("POST", "/reset")
    for kind in ("image", "reel", "parent"):
        running_sandbox.call("PUT", "/delays", channel="instagram", kind=kind, seconds=0)
    yield running_sandbox
    assert verdicts.taken() == set()


@pytest.fixture(scope="session")
def running_site() -> Iterator[MediaSite]:
    with MediaSite().serving() as site:
        yield site


@pytest.fixture
def site(running_site: MediaSite) -> MediaSite:
    running_site.files.clear()
    return running_site


@pytest.fixture
async def acme(request: pytest.FixtureRequest, oracle: Oracle, site: MediaSite) -> AsyncIterator[Acme]:
    """The profile at the network that the test names with `sandbox.at`, or that its module has as `CHANNEL`."""
    name = getattr(request, "param", None) or request.module.CHANNEL
    async with acme_at(name.partition(" ")[0], oracle, site, through_page=name.endswith("page")) as made:
        yield made


@pytest.fixture
async def login(request: Any, oracle: Oracle) -> AsyncIterator[Login]:
    """The log-in that the test names with `consent.at`."""
    async with httpx.AsyncClient() as client:
        yield Login(LOGINS[request.param], oracle, client)
