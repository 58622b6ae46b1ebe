"""One stack for all tests that leave it as they found it. A test that needs other settings starts its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest

from tests.harness.brand import Brand
from tests.harness.stack import Stack

# A lost answer is reconciled soon, and at Facebook a post that is not found is soon known to be absent.
QUICK = {
    "MUNADI_DOORS": "ayrshare,postiz",
    "MUNADI_RELAY__LOOK_GRACE": "3",
    "MUNADI_CHANNELS__FACEBOOK__PUBLISH_DEADLINE": "PT5S",
    "MUNADI_CHANNELS__FACEBOOK__MARGIN": "PT1S",
    "MUNADI_CHANNELS__FACEBOOK__ABSENCE_WINDOW": "PT2S",
}
PUBLIC = "https://munadi.example"


@pytest.fixture(scope="package")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is stopped, and leaves no process, when all tests are over."""
    with Stack(tmp_path_factory.mktemp("stack"), QUICK) as running:
        yield running


@pytest.fixture(scope="package")
def public_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a public https address, which checks accounts 10 seconds before a post is due."""
    env = {"MUNADI_PUBLIC_URL": PUBLIC, "MUNADI_ALLOW_PUBLIC_DEVELOPMENT": "true", "MUNADI_RELAY__PREFLIGHT": "10"}
    with Stack(tmp_path_factory.mktemp("stack"), env) as running:
        yield running


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
