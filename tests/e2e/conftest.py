"""One stack for all tests that leave it as they found it. A test that needs other settings starts its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.e2e.brand import Brand
from tests.e2e.stack import Stack

# A lost answer is reconciled soon, and is soon known to be lost at Facebook.
QUICK = {
    "MUNADI_RELAY__LOOK_GRACE": "3",
    "MUNADI_CHANNELS__FACEBOOK__PUBLISH_DEADLINE": "PT5S",
    "MUNADI_CHANNELS__FACEBOOK__MARGIN": "PT1S",
    "MUNADI_CHANNELS__FACEBOOK__ABSENCE_WINDOW": "PT2S",
}
PUBLIC = "https://munadi.example"


def running(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Iterator[Stack]:
    """A stack that is stopped, and leaves no process, when its tests are over."""
    stack = Stack(tmp_path_factory.mktemp("stack"), env).start()
    yield stack
    assert stack.stop() == 0


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    yield from running(tmp_path_factory, QUICK)


@pytest.fixture(scope="session")
def public_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a public https address, which checks accounts 12 seconds before a post is due."""
    env = {"MUNADI_PUBLIC_URL": PUBLIC, "MUNADI_ALLOW_PUBLIC_DEVELOPMENT": "true", "MUNADI_RELAY__PREFLIGHT": "12"}
    yield from running(tmp_path_factory, env)


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """A module that takes another stack overrides this fixture."""
    return shared_stack


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with stack.client() as client:
        yield client


@pytest.fixture
async def sandbox(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with stack.sandbox() as client:
        yield client


@pytest.fixture
async def brand(api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> Brand:
    """A new brand on Bluesky and Instagram."""
    return await Brand.create(api, sandbox, f"b-{uuid4().hex[:10]}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
