"""What an attack is, and what it may cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.harness.brand import ENDED, Brand
from tools.attacks.names import Names
from tools.attacks.target import Target

SCOPES = [f"{what}:{how}" for what in ("contents", "accounts", "webhooks") for how in ("read", "write")]


@dataclass(frozen=True)
class Figure:
    """One thing that was measured. `at_most`: its limit; None where it is only shown."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is within its limit."""
        return self.at_most is None or self.value <= self.at_most


@dataclass
class Scene:
    """Where an attack runs: the stack, a brand of the attacker's with a key of its own, and the figures so far."""

    target: Target
    ref: str = "attacker"
    key: str = ""
    names: Names | None = None
    figures: list[Figure] = field(default_factory=list)
    shared: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str = "", at_most: float | None = None) -> None:
        """Keep a figure."""
        self.figures.append(Figure(name, round(value, 3), unit, at_most))

    async def create(self) -> None:
        """The attacker's brand, and a key that reaches no further."""
        self.key = await new_tenant(self.target, self.ref)

    def client(self, timeout: float = 60) -> httpx.AsyncClient:
        """The API with the attacker's key."""
        return self.target.client(self.key, timeout)

    async def connect(self, *channels: str) -> None:
        """Honest accounts of the attacker's, at the sandbox."""
        async with self.client() as api, self.target.sandbox() as sandbox:
            for channel in channels:
                await Brand(api, sandbox, self.ref).connect(channel)

    async def submit(self, api: httpx.AsyncClient, text: str, channel: str = "bluesky", **fields: Any) -> str:
        """A post of the attacker's; its id."""
        body = {"brandRef": self.ref, "text": text, "channels": [channel], **fields}
        answer = await api.post("/v1/contents", json=body, headers={"idempotency-key": uuid4().hex})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def ended(self, api: httpx.AsyncClient, content_id: str, within: float) -> tuple[str, float]:
        """The status of a post and the seconds until it had ended, or until it was given up."""
        began, status = time.monotonic(), "unknown"
        while time.monotonic() - began < within:
            try:
                status = (await api.get(f"/v1/contents/{content_id}", timeout=10)).json()["status"]
                if status in ENDED:
                    break
            except (httpx.HTTPError, KeyError):
                pass
            await asyncio.sleep(0.5)
        return status, time.monotonic() - began

    async def healthy_again(self, within: float = 30) -> None:
        """Wait until the API answers, if it is being started again."""
        ends = time.monotonic() + within
        async with self.target.client(key="", timeout=5) as api:
            while time.monotonic() < ends:
                if (await timed(api.get("/healthz"))).status:
                    return
                await asyncio.sleep(0.2)


async def new_tenant(target: Target, ref: str) -> str:
    """A brand, and a key that reaches no further."""
    async with target.client() as api:
        await made(api, "/v1/brands", {"ref": ref})
        return await new_key(target, ref)


async def new_key(target: Target, ref: str) -> str:
    """One more key of a brand."""
    async with target.client() as api:
        key = await made(api, "/v1/keys", {"name": ref, "scopes": SCOPES, "brandRef": ref})
        return str(key["key"])


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def nothing(_scene: Scene) -> None:
    """No preparation."""


def connected(channel: str) -> Callable[[Scene], Awaitable[None]]:
    """A preparation: an honest account of the attacker's on that network."""

    async def prepare(scene: Scene) -> None:
        await scene.connect(channel)

    return prepare


@dataclass(frozen=True)
class Attack:
    """`prepare` runs before anything is measured, `without` beside the healthy brand alone, `run` beside the attack.

    `after` runs when nothing is measured any more. `seed` changes the database's file before all of them. `grows_mb` is
    what API and worker may grow by, `silence` how many seconds /healthz may be silent, `accept` how many seconds an
    accept of the healthy brand may take; it `uploads` pictures, too. `longest` bounds `run`, in seconds. With `names`,
    the stack's names are resolved by a server of ours (`names.py`); `env` are settings of its processes. `hears_all`:
    the healthy receiver gets the events of all brands.
    """

    row: str
    name: str
    what: str
    required: str
    run: Callable[[Scene], Awaitable[None]]
    prepare: Callable[[Scene], Awaitable[None]] = nothing
    without: Callable[[Scene], Awaitable[None]] = nothing
    after: Callable[[Scene], Awaitable[None]] = nothing
    seed: Callable[[Path], None] | None = None
    grows_mb: float = 150.0
    silence: float = 1.0
    accept: float = 0.3
    seconds: float = 20.0
    longest: float = 200.0
    uploads: bool = False
    hears_all: bool = False
    names: bool = False
    env: Mapping[str, str] = field(default_factory=lambda: {"MUNADI_METRICS__PUBLIC": "false"})


@dataclass(frozen=True)
class Timed:
    """How a call over HTTP ended: its seconds, its status (0 without an answer) and its bytes."""

    seconds: float
    status: int = 0
    size: int = 0

    @property
    def failed(self) -> float:
        """1 when there was no answer, or an error of ours."""
        return float(self.status == 0 or self.status >= 500)


async def timed(call: Awaitable[httpx.Response]) -> Timed:
    """Await a call and measure it."""
    began = time.monotonic()
    try:
        answer = await call
    except httpx.HTTPError:
        return Timed(time.monotonic() - began)
    return Timed(time.monotonic() - began, answer.status_code, len(answer.content))
