"""No page of the dashboard reads a whole table that grows with every post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, update

from munadi.db.contents.sources import MOST
from munadi.db.tables import DraftRow
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.test_dashboard_speed import PAGES, fill

GROWING = {"contents", "publications", "drafts", "attempts", "events", "audit", "media", "media_uses", "deliveries"}
# Partial indexes of few rows are read whole; those by age or id are read in their order until the page is full.
ALLOWED = (
    "contents_needing_a_person",
    "contents_dismissed",
    "contents_to_look_at",
    "publications_held",
    "publications_incomplete",
    "contents_by_age",
    "sqlite_autoindex_media_1",
    "sqlite_autoindex_audit_1",
)
Statements = list[tuple[str, Any]]


def watch(api: ApiHarness) -> Statements:
    seen: Statements = []
    database = api.services.database
    for engine in (database._engine.sync_engine, database._lookups):
        event.listen(engine, "before_cursor_execute", lambda c, cur, sql, values, *_: seen.append((sql, values)))
    return seen


async def scans(api: ApiHarness, statements: Statements, allowed: Sequence[str] = ALLOWED) -> list[str]:
    """What SQLite reads from its first row to its last, with the query."""
    found = []
    async with api.services.database.read() as session:
        connection = await session.connection()
        for sql, values in statements:
            if not sql.lstrip().startswith(("SELECT", "WITH")):
                continue
            plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)).all()
            found += [f"{step[3]}: {sql}" for step in plan if _is_scan(step[3], allowed)]
    return found


def _is_scan(step: str, allowed: Sequence[str]) -> bool:
    words = step.split()
    if words[0] != "SCAN" or words[1] not in GROWING:
        return False
    return not any(f"INDEX {name}" in step for name in allowed)


@pytest.mark.parametrize("brand", ["acme", ""])
async def test_no_page_scans_what_grows(api: ApiHarness, dashboard: DashboardBrowser, brand: str) -> None:
    content_id = await fill(api, 20)
    publication_id = (await api.read_content(content_id))["publications"][0]["id"]
    await dashboard.page(f"/contents?brandRef={brand}")  # the browser keeps the choice
    seen = watch(api)
    explained = 0
    for path in PAGES:
        address = path.format(content_id=content_id, publication_id=publication_id)
        seen.clear()
        await dashboard.page(address.replace("brandRef=acme", f"brandRef={brand}"))
        explained += len(seen)
        assert await scans(api, list(seen)) == [], path
    assert explained > 3 * len(PAGES)


async def test_a_search_shows_what_it_finds_behind_many_posts(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    content_id = await fill(api, MOST + 100)
    async with api.services.database.write() as session:
        source = {"text": "Qj", "media": [], "link": None}
        await session.exec(update(DraftRow).where(col(DraftRow.content_id) == content_id).values(source=source))
    first = await api.read("/v1/contents", params={"q": "Qj"})
    assert (first["data"], first["nextCursor"] is None) == ([], False)
    assert [each["id"] for each in await _all_pages(api, first)] == [content_id]
    assert f'id="{content_id}"' in await dashboard.page("/contents?q=Qj")
    assert "No post matches these filters." in await dashboard.page("/contents?q=qz")


async def _all_pages(api: ApiHarness, page: dict[str, Any]) -> list[dict[str, Any]]:
    found = [*page["data"]]
    while page["nextCursor"]:
        page = await api.read("/v1/contents", params={"q": "Qj", "cursor": page["nextCursor"]})
        found += page["data"]
    return found
