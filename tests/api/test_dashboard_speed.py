"""With ten thousand contents every page answers at once, and asks the database no more than it did with few."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlmodel import col, select

from munadi.db.ids import new_id
from munadi.db.tables import AccountRow, AttemptRow, ContentRow, DraftRow, EventRow, PublicationRow
from munadi.domain.failure import Reason
from munadi.domain.ids import Prefix
from munadi.domain.reasons import failure_of
from tests.api.browsing import Visitor, visiting
from tests.api.desk import START, Desk, open_desk

MANY, FEW = 10_000, 100
WITHIN_MS = 150
# By turns: most are published, some are in every other state.
STATUSES = ("published",) * 6 + ("accepted", "queued", "failed", "unconfirmed")


async def fill(desk: Desk, count: int, offset: int = 0) -> str:
    """So many contents of four publications each, with their events; the id of the last one that failed."""
    async with desk.services.database.read() as session:
        accounts = (await session.exec(select(AccountRow).where(col(AccountRow.brand_ref) == "acme"))).all()
    ids = [new_id(Prefix.CONTENT) for _ in range(count)]
    rows: dict[type, list[dict[str, object]]] = {
        ContentRow: [], DraftRow: [], PublicationRow: [], AttemptRow: [], EventRow: []
    }  # fmt: skip
    for number, content_id in enumerate(ids):
        at = START - timedelta(minutes=count - number + offset)
        _add(rows, content_id, number + offset, STATUSES[number % len(STATUSES)], at, accounts)
    async with desk.services.database.write() as session:
        connection = await session.connection()
        for table, values in rows.items():
            await connection.execute(insert(table), values)
    return ids[8]


def _add(rows, content_id, number, status, at, accounts) -> None:  # type: ignore[no-untyped-def]
    times = {"created_at": at, "updated_at": at}
    failure = failure_of(Reason.MEDIA_VALIDATION_FAILED).model_dump(mode="json", by_alias=True)
    rows[ContentRow].append(
        {"id": content_id, "brand_ref": "acme", "status": status, "scheduled_at": at, "sequence": 5,
         "client_ref": f"cms-{number}", "publish_by": at + timedelta(days=1), **times}
    )  # fmt: skip
    source = {"text": f"Content {number}. " + "Words that people wrote. " * 20, "media": [], "link": None}
    publication_ids = [new_id(Prefix.PUBLICATION) for _ in range(4)]
    resolved = {key: {"text": source["text"]} for key in publication_ids}
    rows[DraftRow].append(
        {"content_id": content_id, "draft_version": 1, "source": source, "resolved": resolved, "warnings": [],
         "created_at": at}
    )  # fmt: skip
    for place, publication_id in enumerate(publication_ids):
        account = accounts[place % len(accounts)]
        rows[PublicationRow].append(
            {"id": publication_id, "content_id": content_id, "account_id": account.id, "channel": account.channel,
             "place": place, "status": status, "revision": 1, "due_at": at, "attempt_count": 1,
             "failure": failure if status == "failed" else None, "stages": [], "warnings": [],
             "hold_reason": "OUTAGE" if status == "queued" and number % 100 == 7 else None,
             "hold_since": at if status == "queued" and number % 100 == 7 else None, **times}
        )  # fmt: skip
        rows[AttemptRow].append(
            {"id": new_id(Prefix.ATTEMPT), "publication_id": publication_id, "stage": "post", "number": 1, "epoch": 1,
             "holder": "w", "is_open": False, "intent_at": at, "deadline_at": at, "ended_at": at, "outcome": "sent"}
        )  # fmt: skip
    for sequence in range(5):
        rows[EventRow].append(
            {"id": new_id(Prefix.EVENT), "position": number * 5 + sequence + 1, "type": "content.queued",
             "brand_ref": "acme", "content_id": content_id, "sequence": sequence, "status": status,
             "data": {"content": {"text": source["text"]}, "publication": None}, "created_at": at}
        )  # fmt: skip


class Meter:
    """Counts what the database is asked."""

    def __init__(self, desk: Desk) -> None:
        self.statements: list[str] = []
        for engine in (desk.services.database._reader, desk.services.database._writer):
            event.listen(engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        # Once a second the API writes how many calls it had, whatever page is shown. Only its INSERT names the table:
        # the statements that open and close its transaction are left out by their first word.
        if "api_calls" not in statement and not statement.startswith(("BEGIN IMMEDIATE", "SAVEPOINT", "RELEASE")):
            self.statements.append(statement)

    async def measure(self, visitor: Visitor, path: str, times: int = 1) -> tuple[int, float]:
        """Statements of one showing, and the median milliseconds of several."""
        await visitor.page(path)
        took = []
        for _ in range(times):
            self.statements.clear()
            began = time.perf_counter()
            await visitor.page(path)
            took.append((time.perf_counter() - began) * 1000)
        return len(self.statements), statistics.median(took)


@asynccontextmanager
async def filled(folder: Path) -> AsyncIterator[tuple[Desk, Visitor]]:
    async with open_desk(folder) as desk:
        key = desk.client.headers["authorization"].removeprefix("Bearer ")
        async with visiting(desk.app, key) as visitor:
            yield desk, visitor


def pages(content_id: str, publication_id: str) -> tuple[str, ...]:
    """Those that are here; the rest add their own lines."""
    return (
        "/contents",
        "/contents?status=failed",
        "/contents?brandRef=acme&channel=instagram",
        "/contents?q=content 10042",
        "/contents?q=nowhere to be found",
        f"/contents/{content_id}",
        f"/publications/{publication_id}",
        "/attention",
        "/calendar?brandRef=acme&date=2026-11-25",
        "/calendar?brandRef=acme&date=2026-11-25&view=week",
        "/calendar?brandRef=acme&date=2026-11-24&view=day",
        "/compose?brandRef=acme",
        "/accounts?brandRef=acme",
        "/webhooks",
        "/usage?brandRef=acme",
    )


@pytest.mark.timeout(120)
async def test_pages_are_quick_with_ten_thousand_contents(tmp_path: Path) -> None:
    async with filled(tmp_path) as (desk, visitor):
        meter = Meter(desk)
        content_id = await fill(desk, FEW, MANY)
        publication_id = (await desk.read(content_id))["publications"][0]["id"]
        paths = pages(content_id, publication_id)
        before = {path: (await meter.measure(visitor, path))[0] for path in paths}
        await fill(desk, MANY)
        after = {path: await meter.measure(visitor, path, 7) for path in paths}
    print(
        *(f"{path.partition('_')[0]:45} {count:3} statements {took:6.1f} ms" for path, (count, took) in after.items())
    )
    assert {path: count for path, (count, _) in after.items()} == before
    slow = {path: round(took) for path, (_, took) in after.items() if took >= WITHIN_MS}
    assert not slow, f"median over {WITHIN_MS} ms: {slow}"
