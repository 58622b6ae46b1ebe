"""Alive, ready, degraded, not ready; and numbers without names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from munadi.config import TemporalSettings
from munadi.domain.publication import HoldReason
from tests.api.door import Door, open_door
from tests.support.ports import free_port
from tests.support.temporal import TemporalDevServer


async def test_the_process_is_alive(door: Door) -> None:
    answer = await door.ask("GET", "/healthz", key="")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_temporal_it_is_degraded_and_takes_work(tmp_path: Path) -> None:
    gone = TemporalSettings(address=f"127.0.0.1:{free_port()}")
    async with open_door(tmp_path, temporal=gone) as door:
        answer = await door.ask("GET", "/readyz", key="")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "dependencies": {"database": "up", "temporal": "down"}}


async def test_with_everything_up_it_is_ready(tmp_path: Path, temporal: TemporalDevServer) -> None:
    async with open_door(tmp_path, temporal=TemporalSettings(address=temporal.address)) as door:
        answer = await door.ask("GET", "/readyz", key="")
    assert answer.json() == {"status": "ready", "dependencies": {"database": "up", "temporal": "up"}}


async def test_without_the_database_it_is_not_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse() -> Any:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    monkeypatch.setattr(door.services.database, "ping", refuse)
    answer = await door.ask("GET", "/readyz", key="")
    assert answer.status_code == 503
    assert answer.json()["code"] == "NOT_READY"
    assert answer.json()["detail"] == "database: down, temporal: down"
    assert "retry-after" in answer.headers


async def test_metrics_tell_the_state_of_the_work_and_no_names(door: Door) -> None:
    account = await door.seed.account()
    await door.seed.content(account.id, hold=HoldReason.TOKEN)
    answer = await door.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'munadi_publications{status="queued"} 1.0' in lines
    assert 'munadi_publications{status="failed"} 0.0' in lines
    assert 'munadi_accounts{status="connected"} 1.0' in lines
    assert "munadi_deliveries_due 0.0" in lines
    assert "acme" not in answer.text
