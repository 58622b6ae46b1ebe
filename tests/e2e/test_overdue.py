"""A worker that hangs looks alive to Temporal. What it does not publish is reported to everyone who looks."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.async_api import Browser, expect

from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand, until
from tests.harness.stack import Stack


@contextmanager
def stopped_worker(stack: Stack) -> Iterator[None]:
    """The worker does nothing until the block ends. It is stopped between two of its transactions: stopped within one,
    it would keep SQLite's lock of writers, and the API could accept nothing."""
    worker = psutil.Process(stack.pids["worker"])
    while not _is_stopped_outside_transactions(worker, stack.data / "munadi.db-writer"):
        worker.resume()
        time.sleep(0.05)
    try:
        yield
    finally:
        worker.resume()


def _is_stopped_outside_transactions(worker: psutil.Process, lock: Path) -> bool:
    worker.suspend()
    with lock.open() as file:
        while worker.status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


async def has_figures(api: httpx.AsyncClient, **figures: int) -> bool:
    shown = (await api.get("/metrics")).text.splitlines()
    return all(f"munadi_contents_{name} {number}.0" in shown for name, number in figures.items())


async def test_a_hanging_worker_shows_in_what_is_overdue(
    stack: Stack, brand: Brand, browser: Browser, api: httpx.AsyncClient
) -> None:
    async def check() -> dict[str, Any] | None:
        ready = (await api.get("/readyz")).json()
        assert ready["dependencies"] == {"database": "up", "temporal": "up"}
        return ready if ready["checks"]["overdue"]["count"] else None

    async def is_calm() -> bool:
        return (await api.get("/readyz")).json()["checks"]["overdue"]["count"] == 0

    async with signed_in(browser, stack, f"/attention?brandRef={brand.ref}") as page:
        await expect(page.get_by_text("You’re all caught up")).to_be_visible()
        with stopped_worker(stack):
            content = await brand.submit("Who takes this?")
            planned = await brand.submit("Who will take this?", seconds=200)
            ready = await until(check)
            # What an autoscaler reads: the API counts it, so it needs no worker.
            await until(lambda: has_figures(api, overdue=1, due_soon=2))
            assert ready["status"] == "degraded"
            assert ready["checks"]["overdue"] == {"status": "degraded", "count": 1, "oldest": content["scheduledAt"]}
            # The page is open, and no event tells it.
            await expect(page.locator("header")).to_contain_text("1 overdue", timeout=20_000)
            await expect(page.get_by_role("heading", name="Overdue")).to_be_visible()
            code, output = await stack.cli("doctor")
            assert (code, "1 post is due and not taken by a worker" in output) == (1, True), output
        assert (await brand.ended(content["id"]))["status"] == "published"
        await until(lambda: has_figures(api, overdue=0, due_soon=1))
        assert (await api.post(f"/v1/contents/{planned['id']}/cancel")).status_code == 200
        await until(is_calm)
        await expect(page.locator("header")).not_to_contain_text("overdue", timeout=20_000)
    assert len(await brand.posts("Who takes this?")) == 1
