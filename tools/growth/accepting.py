"""What the indexes of lists and of texts cost a new post: `python -m tools.growth.accepting`.

Fills a database, and writes the rows of new posts and of their publishing, once as they are and once without these
indexes. Each post is accepted by one transaction and changed by three, as the product does it for a single post.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlmodel import SQLModel

from munadi.db.migrate import upgrade
from tests.support.postgres import PostgresServer, complete_binaries
from tools.growth.__main__ import LOCALE, SETTINGS
from tools.growth.filler import fill
from tools.growth.rows import NOW, RARE_ACTION, RARE_TYPE, Rows, id_of, posts

STORED, ADDED = 100_000, 1_000
INDEXES = (
    "contents_by_status",
    "contents_by_brand_and_status",
    "publications_by_account_and_age",
    "publications_by_channel_and_age",
    "publications_by_status",
    "publications_by_time",
    "events_by_type",
    "events_of_brand_by_type",
    "deliveries_by_status",
    "audit_by_action",
    "audit_by_brand_and_action",
    "audit_by_key_and_action",
    "idempotency_by_age",
)
TEXTS = {
    "sqlite": ("TRIGGER post_words_of_new_drafts", "TRIGGER post_words_of_edits"),
    "postgresql": ("INDEX drafts_by_words",),
}
ACCEPTING = ("contents", "drafts", "publications", "content_metadata", "events", "audit")


_NUMBER = text(
    "UPDATE events SET position = (SELECT max(position) + 1 FROM events) WHERE content_id = :id AND position IS NULL"
)


def main() -> int:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory(prefix="munadi-accepting-") as folder,
        PostgresServer("", SETTINGS, complete_binaries(), LOCALE) as server,
    ):
        for name, url in (("sqlite", f"sqlite:///{folder}/x.db"), ("postgresql", server.create_database())):
            upgrade(url)
            fill(url, STORED)
            print(f"{name}: ms of a post accepted, and of its publishing, beside {STORED:,} others")
            _compare(name, url)
    return 0


def _compare(name: str, url: str) -> None:
    engine = create_engine(url)
    if name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: _configure(connection))
    found = []
    for turn, (what, dropped) in enumerate(
        (("as it is", ()), ("without texts", TEXTS[name]), ("without both", [f"INDEX {each}" for each in INDEXES]))
    ):
        with engine.begin() as connection:
            for each in dropped:
                connection.execute(text(f"DROP {each}"))
        found.append(_milliseconds(engine, turn))
        print(f"  {what:14} {found[-1][0]:.3f} {found[-1][1]:.3f}")
    print(f"  {'ratio':14} {found[0][0] / found[-1][0]:.2f} {found[0][1] / found[-1][1]:.2f}", flush=True)
    engine.dispose()


def _configure(connection: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _milliseconds(engine: Engine, turn: int) -> tuple[float, float]:
    """The medians of accepting a post and of publishing it."""
    accepting, publishing = [], []
    with engine.connect() as connection:
        for rows in _new(turn):
            began = time.perf_counter()
            _accept(connection, rows)
            accepted = time.perf_counter()
            _publish(connection, rows)
            accepting.append(accepted - began)
            publishing.append(time.perf_counter() - accepted)
    return statistics.median(accepting) * 1000, statistics.median(publishing) * 1000


def _new(turn: int) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The rows of each new post."""
    made: Rows = ((table, row) for table, row in posts(ADDED) if table in ACCEPTING and not _is_of_no_post(row))
    number = -1
    for is_new, group in groupby(made, lambda pair: pair[0] == "contents"):
        if is_new:
            head = list(group)
            continue
        number += 1
        yield [_moved(table, row, number + ADDED * turn) for table, row in [*head, *group]]


def _is_of_no_post(row: dict[str, Any]) -> bool:
    return row.get("type") == RARE_TYPE or row.get("action") == RARE_ACTION


def _moved(table: str, row: dict[str, Any], number: int) -> tuple[str, dict[str, Any]]:
    """The row with the ids of a new post, which is accepted now."""
    at = NOW + timedelta(seconds=1)
    prefixes = {"contents": "cnt", "publications": "pub", "audit": "aud"}
    new = {**row, "created_at": at} if "created_at" in row else {**row, "at": at}
    if table in prefixes:
        new["id"] = id_of(prefixes[table], number, at)
    if table == "events":
        new |= {"id": id_of("evt", number * 10 + row["sequence"], at), "position": None}
    if "content_id" in row:
        new["content_id"] = id_of("cnt", number, at)
    if table in ("contents", "publications"):
        new["status"] = "accepted"
    if table == "publications":
        new["provider_post_id"] = None
    return table, new


def _accept(connection: Connection, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
    with connection.begin():
        for table, row in rows:
            if table != "events" or row["sequence"] == 1:
                connection.execute(SQLModel.metadata.tables[table].insert(), row)


def _publish(connection: Connection, rows: Sequence[tuple[str, dict[str, Any]]]) -> None:
    content_id = rows[0][1]["id"]
    later = [row for table, row in rows if table == "events" and row["sequence"] > 1]
    for status in ("queued", "publishing", "published"):
        with connection.begin():
            for table, key in (("contents", "id"), ("publications", "content_id")):
                change = text(f"UPDATE {table} SET status = :status WHERE {key} = :id")
                connection.execute(change, {"status": status, "id": content_id})
            connection.execute(_NUMBER, {"id": content_id})
            if status != "publishing" and later:
                connection.execute(SQLModel.metadata.tables["events"].insert(), later.pop(0))


if __name__ == "__main__":
    raise SystemExit(main())
