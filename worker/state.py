"""Whether a worker can work now: its database, Temporal, and that it asks for work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.worker import Worker

from munadi.db.session import Database
from munadi.process.monitoring import Readiness
from munadi.process.temporal import is_up

PATIENCE = 2.0


@dataclass
class WorkerState:
    """What a starting worker has so far. `workers` are those that ask for work; none while it starts or stops."""

    database: Database
    client: Client | None = None
    workers: Sequence[Worker] = ()

    async def check(self) -> Readiness:
        """Ready while the database and Temporal answer, and both workers ask for work."""
        database, temporal = await asyncio.gather(self._database_answers(), self._temporal_answers())
        polling = bool(self.workers) and all(worker.is_running for worker in self.workers)
        facts = {
            "dependencies": {"database": _state(database), "temporal": _state(temporal)},
            "checks": {"polling": {"status": "ok" if polling else "stopped"}},
        }
        return Readiness(database and temporal and polling, facts)

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.database.ping()
        except (SQLAlchemyError, TimeoutError):
            return False
        return True

    async def _temporal_answers(self) -> bool:
        return self.client is not None and await is_up(self.client, PATIENCE)


def _state(answers: bool) -> str:
    return "up" if answers else "down"
