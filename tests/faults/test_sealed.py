"""Secrets that were swapped between rows or changed do not open, a key is rotated while
posts are published, and without the old key nothing is published under a wrong name."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from munadi.crypto import create_key
from tests.faults.evidence import prove
from tests.harness.brand import Brand, until
from tests.harness.networks import posts_of, remove_quotas
from tests.harness.stack import MUNADI, Stack

SEED = 20261127
BRANDS = 12
KEYS = "MUNADI_SECRET_KEYS"


@dataclass
class Place:
    """A data folder on which stacks run, one after the other, each with keys of its own."""

    folder: Path
    started: int = 0

    @asynccontextmanager
    async def running(self, *keys: str) -> AsyncIterator[tuple[Stack, httpx.AsyncClient, httpx.AsyncClient]]:
        """A stack with these keys, its API and its networks."""
        log = self.folder / "dev.log"
        if log.exists():
            log.rename(self.folder / f"dev.{self.started}.log")
        self.started += 1
        async with (
            Stack(self.folder, {KEYS: ",".join(keys)}) as stack,
            stack.client() as api,
            stack.sandbox() as sandbox,
        ):
            await remove_quotas(sandbox)
            yield stack, api, sandbox

    def rows(self) -> sqlite3.Connection:
        """The database's file."""
        return sqlite3.connect(self.folder / "data" / "munadi.db")

    def sealed(self) -> dict[str, bytes]:
        """What is sealed for each brand's account."""
        with closing(self.rows()) as rows:
            return dict(rows.execute("SELECT brand_ref, sealed FROM accounts").fetchall())

    def put(self, values: dict[str, bytes]) -> None:
        """Other bytes in their place."""
        with closing(self.rows()) as rows, rows:
            rows.executemany("UPDATE accounts SET sealed = ? WHERE brand_ref = ?", [(v, k) for k, v in values.items()])


def damaged(sealed: dict[str, bytes], seed: int) -> dict[str, bytes]:
    """The first two swapped, of each other one a random bit turned, the last one as it was."""
    chance, refs = random.Random(seed), sorted(sealed)
    first, second, *others = refs[:-1]
    found = {first: sealed[second], second: sealed[first]}
    for ref in others:
        value = bytearray(sealed[ref])
        place = chance.randrange(len(value) * 8)
        value[place // 8] ^= 1 << place % 8
        found[ref] = bytes(value)
    return found


async def texts_of(sandbox: httpx.AsyncClient) -> list[str]:
    """Every post that the network shows."""
    return [post["text"] for post in await posts_of(sandbox)]


async def settled(brand: Brand, content_id: str) -> dict[str, Any]:
    """A post that has ended, or waits for something."""

    async def read() -> dict[str, Any] | None:
        content = await brand.content(content_id)
        one = content["publications"][0]
        is_settled = one["hold"] or one["status"] in ("published", "failed", "unconfirmed", "canceled")
        return content if is_settled else None

    found: dict[str, Any] = await until(read, 40)
    return found


@pytest.mark.faults
@pytest.mark.timeout(420)
async def test_a_moved_or_changed_secret_opens_nothing(tmp_path: Path) -> None:
    place, key = Place(tmp_path), create_key()
    refs = [f"b{number:02}" for number in range(BRANDS)]
    async with place.running(key) as (_, api, sandbox):
        for ref in refs:
            await Brand.create(api, sandbox, ref, "bluesky")
    whole = place.sealed()
    changed = damaged(whole, SEED)
    place.put(changed)
    failures: list[str] = []
    async with place.running(key) as (_, api, sandbox):
        brands = [Brand(api, sandbox, ref) for ref in refs]
        made = {brand.ref: await brand.submit(f"by {brand.ref}") for brand in brands}
        for ref, content in made.items():
            shown = await settled(brands[0], content["id"])
            if (shown["status"] == "published") != (ref not in changed):
                failures.append(f"{ref} is {shown['status']}")
        if await texts_of(sandbox) != [f"by {refs[-1]}"]:
            failures.append(f"the network shows {await texts_of(sandbox)}")
        for answer in [await api.get("/v1/accounts"), await api.get("/readyz"), await api.get("/healthz")]:
            if answer.status_code != 200:
                failures.append(f"{answer.url.path} answers {answer.status_code}")
    prove("23", "sealed secrets swapped or one bit turned", trials=len(changed), failures=failures, seed=SEED)


@pytest.mark.faults
@pytest.mark.timeout(420)
async def test_a_key_is_rotated_while_posts_are_published(tmp_path: Path) -> None:
    place, old, new = Place(tmp_path), create_key(), create_key()
    published: list[str] = []
    async with place.running(old) as (_, api, sandbox):
        brand = await Brand.create(api, sandbox, "acme", "bluesky")
        await brand.published((await brand.submit("before"))["id"])
    before = place.sealed()
    async with place.running(new, old) as (stack, api, sandbox):
        brand = Brand(api, sandbox, "acme")
        loading = asyncio.create_task(load(brand, 30, published))
        await asyncio.sleep(2)
        rotated = await asyncio.to_thread(rotate, stack, new, old)
        assert rotated.returncode == 0, rotated.stdout + rotated.stderr
        await loading
    assert place.sealed() != before
    async with place.running(new) as (_, api, sandbox):
        await load(Brand(api, sandbox, "acme"), 5, published)
        shown = await texts_of(sandbox)
    failures = [f"{text} has {shown.count(text)} posts" for text in published if shown.count(text) != 1]
    proof = "posts while the key is rotated, and after the old one is gone"
    prove("23", proof, trials=len(published), failures=failures)
    assert len(published) == 35
    # With another key nothing that the new key sealed opens, and nothing is posted.
    async with place.running(create_key()) as (_, api, sandbox):
        brand = Brand(api, sandbox, "acme")
        content = await settled(brand, (await brand.submit("under a foreign key"))["id"])
        assert content["status"] != "published"
        assert "under a foreign key" not in await texts_of(sandbox)


def test_production_does_not_start_without_a_key(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MUNADI_")}
    env = clean | {
        "MUNADI_ENVIRONMENT": "production",
        "MUNADI_DATA_DIR": str(tmp_path),
        "MUNADI_PUBLIC_URL": "https://a.example",
    }
    for part in ("api", "worker"):
        run = subprocess.run([MUNADI, part], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert run.returncode == 2
        assert f"{KEYS} must be set" in run.stderr
    assert not (tmp_path / "munadi.db").exists()


async def load(brand: Brand, count: int, published: list[str]) -> None:
    """Posts one after the other, five a second, each waited for."""
    made = []
    for _ in range(count):
        text = f"loaded {uuid4().hex}"
        made.append((text, (await brand.submit(text, seconds=1))["id"]))
        await asyncio.sleep(0.2)
    for text, content_id in made:
        await brand.published(content_id)
        published.append(text)


def rotate(stack: Stack, *keys: str) -> subprocess.CompletedProcess[str]:
    """The command that an operator gives."""
    env = {**os.environ, KEYS: ",".join(keys), "MUNADI_DATA_DIR": str(stack.folder / "data")}
    command = [MUNADI, "keys", "rotate-encryption"]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
