"""A tenant's own server with as much of Mastodon's API as publishing needs; a test makes it slow."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.harness.web import Call, serving

# How long a slow server keeps a connection, a byte each half second: longer than any deadline.
DRIPS = 60


@dataclass
class TenantsServer:
    """While it `is_slow`, it takes nothing and its answers drip. `posts` counts texts, `at` has when they came."""

    url: str = ""
    is_slow: bool = False
    posts: Counter[str] = field(default_factory=Counter)
    at: dict[str, float] = field(default_factory=dict)
    under_way: int = 0
    most_under_way: int = 0

    async def answer(self, call: Call) -> None:
        """Answer one request."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.is_slow:
                await _drip(call)
            else:
                await self._answer(call)
        finally:
            self.under_way -= 1

    async def _answer(self, call: Call) -> None:
        owner = call.headers.get("authorization", "").removeprefix("Bearer ")
        path = call.path.partition("?")[0]
        if call.method == "POST" and path == "/api/v1/statuses":
            text = json.loads(call.body)["status"]
            self.posts[text] += 1
            self.at[text] = time.time()
            await self._json(call, _status(self.url, owner, str(len(self.at))))
        elif path == "/api/v1/accounts/verify_credentials":
            await self._json(call, {"id": owner, "username": f"u{owner}"})
        elif path == "/api/v2/instance":
            await self._json(call, {"version": "4.3.0", "configuration": {}})
        elif path.endswith("/statuses"):
            await self._json(call, [])
        else:
            await self._json(call, {"error": "Record not found"}, 404)

    async def _json(self, call: Call, value: Any, status: int = 200) -> None:
        await call.answer(json.dumps(value).encode(), status=status)


def _status(url: str, owner: str, status_id: str) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    return {"id": status_id, "url": f"{url}/@u{owner}/{status_id}", "created_at": at, "visibility": "public"}


async def _drip(call: Call) -> None:
    await call.head(content_type="application/json", content_length=1000)
    for _ in range(2 * DRIPS):
        await call.send(b" ")
        await asyncio.sleep(0.5)


@asynccontextmanager
async def tenants_server() -> AsyncIterator[TenantsServer]:
    """The server, until the block ends."""
    server = TenantsServer()
    async with serving(server.answer) as address:
        server.url = address
        yield server
