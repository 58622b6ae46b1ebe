"""Health (alive, ready, degraded, not ready), and metrics that name no brand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from munadi.config import ApiSettings, MetricsSettings
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.temporal_settings import TemporalSettings
from tests.api.dashboard import SITE
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_problem
from tests.api.test_dashboard_plans import scans, watch
from tests.api.test_dashboard_speed import fill
from tests.support.ports import free_port
from tests.support.temporal import TemporalDevServer

# Partial indexes, which hold few rows.
ALLOWED = (
    "contents_needing_a_person",
    "contents_to_wake",
    "contents_to_look_at",
    "deliveries_waiting",
    "deliveries_deferred",
)
FIGURES = {
    "munadi_contents_overdue",
    "munadi_contents_due_soon",
    "munadi_contents_needing_a_person",
    "munadi_accounts",
    "munadi_wakes_pending",
    "munadi_deliveries_due",
    "munadi_deliveries_deferred",
}


async def test_the_process_is_alive(api: ApiHarness) -> None:
    assert await api.read("/healthz", key="") == {"status": "ok"}


async def test_without_temporal_the_api_is_degraded_and_ready_otherwise(
    tmp_path: Path, temporal: TemporalDevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.health.PATIENCE", 20.0)  # on a busy machine the first query takes seconds
    nowhere = f"127.0.0.1:{free_port()}"
    for address, status, state in ((nowhere, "degraded", "down"), (temporal.address, "ready", "up")):
        async with open_api(tmp_path / status, temporal=TemporalSettings(address=address)) as api:
            ready = await api.read("/readyz", key="")
        assert ready == {
            "status": status,
            "dependencies": {"database": "up", "temporal": state},
            "checks": {"overdue": {"status": "ok", "count": 0, "oldest": None}},
        }


async def test_without_the_database_the_api_is_not_ready(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse() -> Any:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    monkeypatch.setattr(api.services.database, "ping", refuse)
    answer = await api.get("/readyz", key="")
    assert expect_problem(answer, 503, "NOT_READY")["detail"] == "database: down, temporal: down"
    assert "retry-after" in answer.headers


@pytest.mark.each_database
async def test_overdue_posts_are_reported_everywhere(api: ApiHarness) -> None:
    await api.submit(brandRef="rival", scheduledAt=...)
    made = await api.submit(scheduledAt=...)
    key = await api.key(Scope.CONTENTS_READ, brand_ref="rival")
    async with api.dashboard() as anyone, api.dashboard(key) as rival:
        assert (await anyone.sign_in(api.admin_key)).status_code == 303
        assert "overdue" not in (await anyone.page("/contents")).partition("<main")[0]
        api.clock.ahead += timedelta(minutes=1)
        check = (await api.read("/readyz", key=""))["checks"]["overdue"]
        assert check == {"status": "degraded", "count": 2, "oldest": made["scheduledAt"]}
        assert (await api.read("/readyz", key=""))["status"] == "degraded"
        shown = (await api.get("/metrics")).text
        assert "munadi_contents_overdue 2.0" in shown
        assert "munadi_contents_due_soon 2.0" in shown
        listed = await api.read("/v1/contents?overdue=true&brandRef=acme")
        assert [each["id"] for each in listed["data"]] == [made["id"]]
        assert ">2 overdue</summary>" in await anyone.page("/contents")
        assert 'id="overdue"' in await anyone.page("/attention")
        assert ">1 overdue</summary>" in await rival.page("/contents"), "a key counts its own brand"
        await api.move(made["id"], PublicationStatus.QUEUED, PublicationStatus.PUBLISHING)
        assert (await api.read("/readyz", key=""))["checks"]["overdue"]["count"] == 1, "it was claimed"


@pytest.mark.fake_network
async def test_metrics_count_the_work_and_name_no_brand(api: ApiHarness) -> None:
    account = await api.seed.account()
    await api.seed.content(account.id, hold=HoldReason.TOKEN)
    failed = await api.seed.content(account.id)
    await api.move(failed, PublicationStatus.FAILED)
    answer = await api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert set(answer.text.splitlines()) >= {
        'munadi_contents_needing_a_person{status="failed"} 1.0',
        'munadi_contents_needing_a_person{status="unconfirmed"} 0.0',
        'munadi_accounts{status="connected"} 1.0',
        "munadi_deliveries_due 0.0",
        "munadi_deliveries_deferred 0.0",
    }
    assert "acme" not in answer.text


async def test_figures_read_no_table_that_grows_with_every_post(api: ApiHarness) -> None:
    """So a scrape costs the same with a million posts."""
    await fill(api, 20)
    seen = watch(api)
    assert (await api.get("/metrics")).status_code == 200
    assert len(seen) >= 6
    assert await scans(api, seen, ALLOWED) == []


async def test_the_tables_are_counted_once_for_many_scrapes(api: ApiHarness) -> None:
    async def counted(scrapes: int, wait: timedelta) -> int:
        """The number of counting statements."""
        api.clock.ahead += wait
        with api.statements() as seen:
            answers = await asyncio.gather(*(api.get("/metrics") for _ in range(scrapes)))
        assert {answer.status_code for answer in answers} == {200}
        return len([each for each in seen if "count(" in each])

    assert await counted(10, timedelta(0)) == 7
    assert await counted(1, timedelta(seconds=4)) == 0
    assert await counted(1, timedelta(seconds=5)) == 2, "what is overdue is counted more often"
    assert await counted(1, timedelta(hours=1)) == 7


async def test_while_the_database_is_slow_figures_state_their_age_and_overdue_is_absent(
    api: ApiHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other figure stays, with the age that an alert needs."""

    async def figures(wait: timedelta) -> dict[str, float]:
        api.clock.ahead += wait
        answer = await api.get("/metrics")
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)
        samples = {one.name: one.samples for one in families if one.samples}
        ages = {one.labels["figure"]: one.value for one in samples["munadi_figure_age_seconds"]}
        assert set(ages) == FIGURES & set(samples)
        return ages

    before = await figures(timedelta(0))
    assert {before["munadi_contents_overdue"], before["munadi_accounts"]} == {0}
    monkeypatch.setattr("api.process.metrics.PATIENCE", 0.1)
    ended = asyncio.Event()

    async def hang(*_: object) -> Any:
        await ended.wait()

    monkeypatch.setattr("api.process.metrics.overdue_in_all", hang)
    monkeypatch.setattr("api.process.metrics._accounts", hang)
    during = await figures(timedelta(seconds=14))
    assert (during["munadi_contents_overdue"], during["munadi_accounts"]) == (14, 14)
    after = await figures(timedelta(seconds=226))
    assert "munadi_contents_overdue" not in after
    assert after["munadi_accounts"] == 240
    ended.set()


async def test_a_key_of_one_brand_reads_no_metrics(api: ApiHarness) -> None:
    for key, status in (("", 401), (await api.key(Scope.ADMIN, brand_ref="acme"), 403), (api.admin_key, 200)):
        assert (await api.get("/metrics", key=key)).status_code == status


async def test_a_token_of_the_settings_reads_metrics_and_nothing_else(tmp_path: Path) -> None:
    token = "prometheus-of-acme"
    async with open_api(tmp_path, metrics=MetricsSettings(token=SecretStr(token))) as api:
        for path, key, status in (
            ("/metrics", token, 200), ("/metrics", "prometheus", 401), ("/v1/contents", token, 401)
        ):  # fmt: skip
            assert (await api.get(path, key=key)).status_code == status


async def test_a_setting_makes_metrics_public(tmp_path: Path) -> None:
    ours = {"metrics": MetricsSettings(public=True), "public_url": SITE}
    async with open_api(tmp_path, **ours) as api:
        for host in ("munadi.test", "127.0.0.1:8080", "localhost", "[::1]:8080"):
            assert (await api.get("/metrics", key="", headers={"Host": host})).status_code == 200
        for host in ("evil.example", "127.0.0.1.evil.example:8080", "[::1", ""):
            assert (await api.get("/metrics", key="", headers={"Host": host})).status_code == 401, "a page's own name"
            assert (await api.get("/metrics", headers={"Host": host})).status_code == 200, "with a key"
    async with open_api(tmp_path, fresh=False, api=ApiSettings(host="0.0.0.0"), **ours) as api:
        assert (await api.get("/metrics", key="", headers={"Host": "munadi.monitoring.svc"})).status_code == 200
