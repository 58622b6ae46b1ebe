"""What tests do to contents: change them as clients, move them as the workflow."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.db.tables import PublicationRow
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.desk import Desk

S = PublicationStatus


async def change(desk: Desk, content_id: str, what: str, body: Any = None, match: str | None = None) -> httpx.Response:
    headers = {"If-Match": match} if match is not None else {}
    return await desk.client.post(f"/v1/contents/{content_id}/{what}", json=body, headers=headers)


async def edit(desk: Desk, content_id: str, body: Any, match: str | None = '"1"') -> httpx.Response:
    headers = {"If-Match": match} if match is not None else {}
    return await desk.client.patch(f"/v1/contents/{content_id}", json=body, headers=headers)


async def walk(desk: Desk, content_id: str, *path: PublicationStatus) -> None:
    """Move every publication along the arrows."""
    async with desk.story(content_id) as story:
        for row in story.publications:
            for status in path:
                if status is S.FAILED:
                    await story.fail(row, failure_of(Reason.PROVIDER_OUTAGE))
                else:
                    await story.move(row, status, None)
                if status is S.PUBLISHING:
                    row.epoch += 1
                    row.attempt_count += 1


async def types_of(desk: Desk, content_id: str) -> list[str]:
    found = (await desk.client.get(f"/v1/contents/{content_id}/events")).json()["data"]
    return [event["type"] for event in found]


async def rows(desk: Desk, content_id: str) -> list[PublicationRow]:
    async with desk.story(content_id) as story:
        return story.publications
