"""One stack for the tests that leave it whole; those that break things take their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.e2e.stack import Brand, Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with stack.client() as client:
        yield client


@pytest.fixture
async def brand(stack: Stack, api: httpx.AsyncClient) -> AsyncIterator[Brand]:
    async with stack.sandbox() as sandbox:
        yield await Brand.create(api, sandbox, f"b-{uuid4().hex[:10]}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
