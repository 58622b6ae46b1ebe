"""How late posts were, as a histogram that a monitor can read, over each database."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from munadi.db.tables import PublicationRow
from tests.api.desk import Desk

NAME = "munadi_publish_lateness_seconds"


async def lateness(desk: Desk) -> dict[str, float]:
    """The samples of the histogram: the upper bound of each bucket, `count` and `sum`."""
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
