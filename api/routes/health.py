"""Is it alive, can it work, how does it fare: for orchestrators and monitors. No key, no names, no brands."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.deps import TheServices
from api.examples import shows
from api.metrics import state_of
from api.openapi import problems
from api.problems import ProblemError
from api.services import Services
from munadi.domain.model import WireModel
from munadi.temporal import is_up

router = APIRouter(tags=["health"])

PATIENCE = 2.0
_READY = {"status": "ready", "dependencies": {"database": "up", "temporal": "up"}}


class Readiness(StrEnum):
    """`degraded`: work is accepted and waits for Temporal."""

    READY = "ready"
    DEGRADED = "degraded"


class Dependency(StrEnum):
    """How one of them is."""

    UP = "up"
    DOWN = "down"


class Alive(WireModel):
    """The process answers."""

    status: str = "ok"


class Ready(WireModel):
    """What this process can do, and each dependency by name."""

    status: Readiness
    dependencies: dict[str, Dependency]


@router.get("/healthz", responses=shows(200, {"status": "ok"}), summary="Is the process alive")
async def healthz() -> Alive:
    """200 as long as the process answers; looks at nothing else."""
    return Alive()


@router.get("/readyz", responses={**shows(200, _READY), **problems(503)}, summary="Can it take work")
async def readyz(services: TheServices) -> Ready:
    """`ready`, or `degraded` while Temporal is down: work is still accepted. 503 only without the database."""
    database, temporal = await asyncio.gather(_database(services), _temporal(services))
    dependencies = {"database": database, "temporal": temporal}
    if database is Dependency.DOWN:
        detail = ", ".join(f"{name}: {state}" for name, state in dependencies.items())
        raise ProblemError(503, "NOT_READY", "Not ready", detail, headers={"Retry-After": "2"})
    status = Readiness.READY if temporal is Dependency.UP else Readiness.DEGRADED
    return Ready(status=status, dependencies=dependencies)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(503)},
    summary="Metrics for Prometheus",
)
async def metrics(services: TheServices) -> Response:
    """This process's counters, and the state of all work as the database has it."""
    state = await state_of(services.database, services.clock.now())
    return Response(generate_latest(REGISTRY) + generate_latest(state), media_type=CONTENT_TYPE_LATEST)


async def _database(services: Services) -> Dependency:
    try:
        async with asyncio.timeout(PATIENCE):
            await services.database.ping()
    except (SQLAlchemyError, TimeoutError, OSError):
        return Dependency.DOWN
    return Dependency.UP


async def _temporal(services: Services) -> Dependency:
    try:
        up = services.temporal is not None and await is_up(services.temporal)
    except RPCError:
        up = False
    return Dependency.UP if up else Dependency.DOWN
