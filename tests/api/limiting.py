"""Limits set and met: what the tests of limits have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from sqlalchemy import event

from tests.api.desk import Desk

DECEMBER, JANUARY = "2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00Z"
# The desk's clock stands at 2026-12-01T09:00:00Z.
REST_OF_DECEMBER = 30 * 86_400 + 15 * 3600
FIELDS = ("retry-after", "ratelimit", "ratelimit-policy")


async def limit(desk: Desk, brand_ref: str = "acme", **limits: int | None) -> None:
    """Set some of a brand's limits, by their names on the wire; the others stay."""
    answer = await desk.client.patch(f"/v1/brands/{brand_ref}", json={"limits": limits})
    assert answer.status_code == 200, answer.text


async def send(desk: Desk, client: httpx.AsyncClient | None = None, key: str | None = None, **changes: Any) -> Any:
    """A creation's answer."""
    headers = {"Idempotency-Key": key} if key else {}
    return await (client or desk.client).post("/v1/contents", json=desk.content(**changes), headers=headers)


async def usage(desk: Desk, brand_ref: str = "acme", month: str | None = None) -> dict[str, Any]:
    """What a brand used."""
    asked = {"brandRef": brand_ref} | ({"month": month} if month else {})
    answer = await desk.client.get("/v1/usage", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx.Response, rule: str, left: int = 0) -> dict[str, Any]:
    """The problem of a 429 about this limit, which has all three fields."""
    assert answer.status_code == 429, answer.text
    problem: dict[str, Any] = answer.json()
    assert (problem["code"], problem["type"]) == ("QUOTA_EXCEEDED", "urn:munadi:problem:quota-exceeded")
    assert [error["rule"] for error in problem["errors"]] == [rule]
    assert all(field in answer.headers for field in FIELDS), answer.headers
    assert re.fullmatch(rf'"{rule}";r={left}(;t=\d+)?', answer.headers["ratelimit"])
    return problem


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """Every statement of SQL while the block runs."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(" ".join(statement.split()))

    database = desk.services.database
    engines = {database._reader.sync_engine, database._writer.sync_engine}
    if database._lookups is not None:
        engines.add(database._lookups)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
