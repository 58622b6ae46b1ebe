"""A tenant's own server: one that speaks Mastodon's API until its behaviour harms."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.harness.web import Answering, Call
from tools.attacks.attack import Scene

ME, STATUSES = "/api/v1/accounts/verify_credentials", "/api/v1/statuses"


@dataclass
class Mastodon:
    """Give it to `serving`. `publishes` answers the visible call; `owner` are more fields of each account.

    The token `t7` is of the account 7.
    """

    publishes: Answering
    owner: dict[str, Any] = field(default_factory=dict)
    posts: int = 0

    async def __call__(self, call: Call) -> None:
        path = call.path.partition("?")[0]
        number = call.headers.get("authorization", "").rpartition(" t")[2]
        if path == ME:
            await reply(call, {"id": number, "username": f"user{number}", **self.owner})
        elif path == "/api/v2/instance":
            await reply(call, {"version": "4.7.2", "configuration": {}})
        elif path == STATUSES and call.method == "POST":
            self.posts += 1
            await self.publishes(call)
        elif path.endswith("/statuses"):
            await reply(call, [])
        else:
            await call.answer(b'{"error": "Record not found"}', status=404)


async def reply(call: Call, body: object) -> None:
    """JSON."""
    await call.answer(json.dumps(body).encode())


async def add_accounts(scene: Scene, address: str, count: int) -> list[str]:
    """The ids of as many accounts at such a server as Munadi takes."""
    waiting, ids = iter(range(1, count + 1)), list[str]()

    async def client(api: httpx.AsyncClient) -> None:
        for number in waiting:
            given = {"channel": "mastodon", "serviceUrl": address, "credentials": {"accessToken": f"t{number}"}}
            answer = await api.post(f"/v1/brands/{scene.ref}/accounts", json=given)
            if answer.status_code == 201:
                ids.append(answer.json()["id"])

    async with scene.client() as api:
        await asyncio.gather(*(client(api) for _ in range(4)))
    return ids


async def submit_all(scene: Scene, account_ids: list[str], count: int) -> list[str]:
    """The ids of as many posts as Munadi takes, in turn to each account, due at once."""
    waiting, ids = iter(range(count)), list[str]()

    async def client(api: httpx.AsyncClient) -> None:
        for number in waiting:
            target = {"channel": "mastodon", "accountId": account_ids[number % len(account_ids)]}
            body = {"brandRef": scene.ref, "text": f"number {number}", "channels": [target]}
            answer = await api.post("/v1/contents", json=body, headers={"idempotency-key": uuid4().hex})
            if answer.status_code == 202:
                ids.append(answer.json()["id"])

    async with scene.client() as api:
        await asyncio.gather(*(client(api) for _ in range(6)))
    return ids
