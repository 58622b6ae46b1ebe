"""Revision 0007 counts the attempts that were made before the counter existed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import column, create_engine, insert, select, text
from sqlalchemy import table as lightweight
from sqlmodel import SQLModel

from munadi.db import migrate
from tests.db.seeding import START

# With the columns of that revision: the current table has more.
ENDPOINT = """
    INSERT INTO endpoints (id, url, types, channels, enabled, sealed, created_at, updated_at)
    VALUES ('whe', 'https://x', '[]', '[]', true, '', '2026-11-01', '2026-11-01')
"""
TIMES = {"created_at": START, "updated_at": START}


def test_earlier_attempts_are_counted_by_brand_and_month(empty_url: str, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for file in (migrate.MIGRATIONS / "versions").glob("000[1-6]_*.py"):
        (before / file.name).write_text(file.read_text())
    assert migrate.upgrade(empty_url, versions=before) == "0006"
    _put(empty_url)
    migrate.upgrade(empty_url)
    assert migrate.differences(empty_url) == []
    tries = SQLModel.metadata.tables["delivery_tries"]
    engine = create_engine(empty_url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        found = connection.execute(select(tries.c.brand_ref, tries.c.month, tries.c.tries)).all()
    engine.dispose()
    assert sorted(tuple(row) for row in found) == [
        ("acme", "2026-11", 2),
        ("acme", "2026-12", 2),
        ("rival", "2026-12", 1),
    ]


def _put(empty_url: str) -> None:
    """Insert deliveries of two brands and of none, attempted in two months, and one without an attempt."""
    logs = {
        "acme": [
            ["2026-11-30T23:59:59.999999Z", "2026-12-01T00:00:00Z"],
            ["2026-11-02T10:00:00Z", "2026-12-03T10:00:00Z"],
        ],
        "rival": [["2026-12-31T23:59:59Z"], []],
        None: [["2026-12-05T00:00:00Z"]],
    }
    tables = SQLModel.metadata.tables
    engine = create_engine(empty_url.replace("+aiosqlite", ""))
    with engine.begin() as connection:

        def put(table: str, **values: Any) -> None:
            # Without the defaults of columns that the tables of this revision do not have.
            columns = [column(name, tables[table].c[name].type) for name in values]
            connection.execute(insert(lightweight(table, *columns)).values(**values))

        for ref in ("acme", "rival"):
            put("brands", ref=ref, limits={}, created_at=START)
        connection.execute(text(ENDPOINT))
        for brand, each in logs.items():
            for number, log in enumerate(each):
                name = f"{brand}-{number}"
                put("events", id=name, type="webhook.test", brand_ref=brand, data={}, created_at=START)
                entries = [{"number": place, "at": at} for place, at in enumerate(log, 1)]
                put(
                    "deliveries",
                    id=name,
                    event_id=name,
                    endpoint_id="whe",
                    status="pending",
                    log=entries,
                    attempts=0,
                    **TIMES,
                )
    engine.dispose()
