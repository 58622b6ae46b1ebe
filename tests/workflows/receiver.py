"""A fake receiver of webhooks over the real delivery store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import select

from munadi.crypto import KeyRing, create_key
from munadi.db.tables import DeliveryRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.delivery import SendResult
from munadi.webhooks.endpoints import EndpointStore
from tests.workflows.world import World

KEYS = KeyRing([create_key()])


@dataclass
class Receiver:
    """Refuses the first `failures` and every URL in `broken`. Answers URLs in `dead` only after `release`."""

    failures: int = 0
    dead: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    refused: int = 0
    dead_tries: int = 0
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    dead_tried: asyncio.Event = field(default_factory=asyncio.Event)

    def serve(self, world: World) -> None:
        """Send the world's events to this receiver."""
        world.deliveries = DeliveryStore(world.database, KEYS)
        world.sender = self

    async def send(
        self,
        *,
        url: str,
        message_id: str,
        body: bytes,
        secrets: Sequence[str],
        timestamp: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> SendResult:
        if url in self.dead:
            self.dead_tries += 1
            self.dead_tried.set()
            await self.release.wait()
            return SendResult(ok=False, status_code=None, duration_ms=10_000, error="TIMEOUT: no answer")
        if self.failures or url in self.broken:
            self.failures = max(0, self.failures - 1)
            self.refused += 1
            return SendResult(ok=False, status_code=500, duration_ms=1, error="HTTP_STATUS: 500")
        self.received.append((url, json.loads(body)))
        return SendResult(ok=True, status_code=204, duration_ms=1, error=None)

    def types(self, url: str) -> list[str]:
        """The types of the events that a URL received, in order."""
        return [event["type"] for at, event in self.received if at == url]


async def subscribe(world: World, url: str = "https://hooks.example/a", types: Sequence[str] = ()) -> str:
    """Create an endpoint in the world's database. Returns its id."""
    async with world.database.write() as session:
        made = await EndpointStore(world.database, KEYS).create(
            session,
            url=url,
            brand_ref=None,
            types=types,
            channels=(),
            description=None,
            enabled=True,
            now=datetime.now(UTC),
        )
    return made.id


async def deliveries_of(world: World, content_id: str) -> list[DeliveryRow]:
    """The deliveries of a post, by endpoint and sequence."""
    async with world.database.read() as session:
        query = select(DeliveryRow).where(DeliveryRow.content_id == content_id)
        rows = (await session.exec(query)).all()
    return sorted(rows, key=lambda row: (row.endpoint_id, row.sequence or 0))
