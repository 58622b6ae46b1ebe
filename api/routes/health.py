"""Liveness, readiness and metrics, for orchestrators and monitors. No brand names.

`/healthz` and `/readyz` need no key. `/metrics` does, because numbers about all brands are not public.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from api.auth import BEARER, require
from api.deps import TheServices
from api.http.address import is_own_host
from api.http.problems import ProblemError
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.process.metrics import StateOfWork, versions_of
from api.process.services import Services
from api.process.temporal_watch import temporal_is_up
from munadi.db.contents.overdue import overdue_in_all
from munadi.domain.key import Scope
from munadi.domain.model import WireModel
from munadi.process import monitoring

router = APIRouter(tags=["health"])

PATIENCE = 2.0
_READY = {
    "status": "ready",
    "dependencies": {"database": "up", "temporal": "up"},
    "checks": {"overdue": {"status": "ok", "count": 0, "oldest": None}},
}
_METRICS = "# HELP munadi_contents_overdue Posts that are due and unclaimed\nmunadi_contents_overdue 0.0\n"


class Readiness(StrEnum):
    """`degraded`: posts are accepted, and wait for Temporal or a worker."""

    READY = "ready"
    DEGRADED = "degraded"


class Dependency(StrEnum):
    """The state of one dependency."""

    UP = "up"
    DOWN = "down"


class Alive(WireModel):
    """The answer of a process that responds."""

    status: str = Field("ok", description="Always `ok`.")


class CheckStatus(StrEnum):
    """The result of a check."""

    OK = "ok"
    DEGRADED = "degraded"


class OverdueCheck(WireModel):
    """Posts that are due and that no worker has claimed for more than five seconds. `oldest`: the first due time."""

    status: CheckStatus = Field(description="`degraded` while anything is overdue.")
    count: int = Field(description="How many there are.")
    oldest: datetime | None = Field(description="When the first of them was due; null if there is none.")


class Checks(WireModel):
    """What is checked beyond the dependencies."""

    overdue: OverdueCheck = Field(description="Posts that are due and that no worker has claimed.")


class Ready(WireModel):
    """Whether this process is ready, the state of each dependency, and whether work is being done."""

    status: Readiness = Field(description="`degraded`: posts are accepted, and wait.")
    dependencies: dict[str, Dependency] = Field(description="The state of each dependency.")
    checks: Checks = Field(description="Whether work is being done.")


@router.get("/healthz", operation_id="health.checkAlive", responses=shows(200, {"status": "ok"}), summary="Liveness")
async def healthz() -> Alive:
    """200 while the process responds; no dependency is checked."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="health.checkReady",
    responses={**shows(200, _READY), **error_responses(503)},
    summary="Readiness",
)
async def readyz(services: TheServices) -> Ready:
    """`ready`, or `degraded` while Temporal is down or posts are overdue: no worker runs, or it hangs. Posts are still
    accepted. 503 only without the database."""
    dependencies, overdue = await _state(services)
    if overdue is None:
        detail = ", ".join(f"{name}: {state}" for name, state in dependencies.items())
        raise ProblemError(503, "NOT_READY", "Not ready", detail, headers={"Retry-After": "2"})
    is_ready = dependencies["temporal"] is Dependency.UP and overdue.status is CheckStatus.OK
    status = Readiness.READY if is_ready else Readiness.DEGRADED
    return Ready(status=status, dependencies=dependencies, checks=Checks(overdue=overdue))


async def check_ready(services: Services) -> monitoring.Readiness:
    """The same for the port of `MUNADI_METRICS_LISTEN`."""
    dependencies, overdue = await _state(services)
    return monitoring.Readiness(overdue is not None, {"dependencies": dependencies})


async def _state(services: Services) -> tuple[dict[str, Dependency], OverdueCheck | None]:
    """The state of each dependency, and what is overdue if the database answers."""
    overdue, temporal = await asyncio.gather(_overdue(services), _temporal(services))
    return {"database": Dependency.DOWN if overdue is None else Dependency.UP, "temporal": temporal}, overdue


_administrator = require(Scope.ADMIN, limited=False)


async def may_read_metrics(
    request: Request,
    services: TheServices,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> None:
    """ProblemError 401 or 403 unless metrics are public, or the request has their token or a key for everything.

    On a machine's own loopback address they are public under its own names alone: a web page may have one that its
    owner points there.
    """
    settings = services.settings.metrics
    if settings.public and is_own_host(request, services.settings):
        return
    token = settings.token.get_secret_value() if settings.token else ""
    if token and bearer and secrets.compare_digest(bearer.credentials.encode(), token.encode()):
        return
    principal = await _administrator(request, services, bearer)
    if not principal.is_for_all:
        raise ProblemError(
            403, "SCOPE_MISSING", "Not permitted", "metrics count all brands; the key is for some of them"
        )


@router.get(
    "/metrics",
    operation_id="metrics.get",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _METRICS}}},
        **error_responses(401, 403),
    },
    summary="Metrics for Prometheus",
    dependencies=[Depends(may_read_metrics)],
)
async def metrics(request: Request, services: TheServices) -> Response:
    """The counters of this process, and the state of all posts as the database counted it some seconds ago.

    For an `admin` key of all brands, for the token `MUNADI_METRICS__TOKEN`, or for everyone with
    `MUNADI_METRICS__PUBLIC=true`.
    """
    state: StateOfWork = request.app.state.state_of_work
    text = generate_latest(REGISTRY) + versions_of(services.channels) + await state.text(services.clock.now())
    return Response(text, media_type=CONTENT_TYPE_LATEST)


async def _overdue(services: Services) -> OverdueCheck | None:
    """What is overdue; None if the database does not answer in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            await services.database.ping()
        async with asyncio.timeout(PATIENCE):
            async with services.database.read() as session:
                found = await overdue_in_all(session, services.clock.now())
    except (SQLAlchemyError, TimeoutError, OSError):
        return None
    status = CheckStatus.DEGRADED if found.count else CheckStatus.OK
    return OverdueCheck(status=status, count=found.count, oldest=found.oldest)


async def _temporal(services: Services) -> Dependency:
    return Dependency.UP if await temporal_is_up(services) else Dependency.DOWN
