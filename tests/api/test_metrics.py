"""How late posts were, as a histogram that a monitor can read, over each database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import event

from munadi.config import MetricsSettings
from munadi.db.tables import PublicationRow
from munadi.domain.key import Scope
from tests.api.desk import Desk
from tests.api.door import Door, open_door

NAME = "munadi_publish_lateness_seconds"


async def lateness(desk: Desk) -> dict[str, float]:
    """The samples of the histogram: the upper bound of each bucket, `count` and `sum`. Counted for this call."""
    desk.clock.ahead += timedelta(hours=1)
    answer = await desk.client.get("/metrics")
    family = next(one for one in text_string_to_metric_families(answer.text) if one.name == NAME)
    assert family.type == "histogram"
    assert {sample.labels.get("channel", "bluesky") for sample in family.samples} <= {"bluesky"}
    return {sample.labels.get("le", sample.name.rpartition("_")[2]): sample.value for sample in family.samples}


async def published(desk: Desk, milliseconds: int) -> None:
    """A content whose publication was that late."""
    publication_id = (await desk.accept())["publications"][0]["id"]
    async with desk.services.database.write() as session:
        row = await session.get(PublicationRow, publication_id)
        assert row is not None
        row.lateness_ms = milliseconds


async def test_lateness_is_counted_in_buckets_that_include_those_below(desk: Desk) -> None:
    await desk.accept()  # waits: neither early nor late
    assert await lateness(desk) == {}
    for milliseconds in (0, 50, 51, 9_000, 7_200_000):
        await published(desk, milliseconds)
    found = await lateness(desk)
    assert {bound: found[bound] for bound in ("0.05", "0.1", "5.0", "10.0", "3600.0", "+Inf")} == {
        "0.05": 2,
        "0.1": 3,
        "5.0": 3,
        "10.0": 4,
        "3600.0": 4,
        "+Inf": 5,
    }
    assert (found["count"], found["sum"]) == (5, 7209.101)


async def test_the_tables_are_counted_once_for_many_scrapes(small_desk: Desk) -> None:
    statements: list[str] = []

    def count(*arguments: object) -> None:
        if "count(" in str(arguments[2]):
            statements.append(str(arguments[2]))

    engine = small_desk.services.database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    answers = await asyncio.gather(*(small_desk.client.get("/metrics") for _ in range(10)))
    first = len(statements)
    small_desk.clock.ahead += timedelta(seconds=9)
    await small_desk.client.get("/metrics")
    assert (first, len(statements)) == (7, 7)
    assert {answer.status_code for answer in answers} == {200}
    small_desk.clock.ahead += timedelta(hours=1)
    await small_desk.client.get("/metrics")
    assert len(statements) == 14
    event.remove(engine, "before_cursor_execute", count)


async def test_a_key_of_one_brand_does_not_read_the_numbers_of_all(door: Door) -> None:
    for key, expected in (("", 401), (await door.key(Scope.ADMIN, brand_ref="acme"), 403), (door.admin_key, 200)):
        assert (await door.ask("GET", "/metrics", key=key)).status_code == expected


async def test_a_token_reads_the_metrics_and_nothing_else(tmp_path: Path) -> None:
    token = "prometheus-of-acme"
    async with open_door(tmp_path, metrics=MetricsSettings(token=SecretStr(token))) as door:
        assert (await door.ask("GET", "/metrics", key=token)).status_code == 200
        assert (await door.ask("GET", "/metrics", key="prometheus")).status_code == 401
        assert (await door.ask("GET", "/v1/contents", key=token)).status_code == 401


async def test_a_setting_opens_the_metrics(tmp_path: Path) -> None:
    async with open_door(tmp_path, metrics=MetricsSettings(public=True)) as door:
        assert (await door.ask("GET", "/metrics", key="")).status_code == 200
