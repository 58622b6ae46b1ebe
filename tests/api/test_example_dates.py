"""The examples of the served document can be sent as they stand, in any year."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.openapi import examples
from api.openapi.example_dates import YEAR, document_on
from munadi.domain.time import HORIZON
from tests.api.harness import ApiHarness
from tests.db.seeding import START


def due_times(document: dict[str, Any]) -> list[datetime]:
    """When the examples of requests are due."""
    sent = [
        document["paths"][f"/v1/contents{path}"]["post"]["requestBody"] for path in ("", "/{content_id}/reschedule")
    ]
    found = re.findall(r'"scheduledAt": "(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)', json.dumps(sent))
    return [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in found]


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (START.date(), YEAR),
        (date(YEAR, 1, 14), YEAR),
        (date(YEAR, 1, 15), YEAR + 1),
        (date(YEAR, 6, 1), YEAR + 1),
        (date(YEAR + 2, 1, 1), YEAR + 2),
        (date(YEAR + 2, 12, 31), YEAR + 3),
    ],
)
def test_the_examples_are_due_in_the_january_that_comes(api: ApiHarness, today: date, year: int) -> None:
    found = due_times(document_on(api.app, today))
    assert len(found) == 3
    assert {each.year for each in found} == {year}
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)
    assert all(now < each < now + HORIZON + timedelta(days=2) for each in found)


def test_the_sources_and_so_what_is_generated_stay_as_they_are(api: ApiHarness) -> None:
    before = json.dumps(api.app.openapi())
    moved = json.dumps(document_on(api.app, date(YEAR + 4, 6, 1)))
    assert json.dumps(api.app.openapi()) == before != moved
    assert f"{YEAR}-01-15" not in moved
    assert f'"endsAt": "{YEAR}-01-01T00:00:00Z"' in moved, "the end of a month of usage belongs to that month"


async def test_the_served_document_and_its_pages_follow_the_clock(api: ApiHarness) -> None:
    page, document = "/docs/api/contents.create", "/openapi.json"
    assert f"{YEAR}-01-15T09:00:00" in (await api.get(page, key="")).text
    api.clock.ahead = datetime(YEAR + 1, 3, 1, tzinfo=UTC) - START
    assert f"{YEAR + 2}-01-15T09:00:00" in (await api.get(page, key="")).text
    served = await api.client.get(document)
    assert {each.year for each in due_times(served.json())} == {YEAR + 2}
    assert (await api.client.head(document)).status_code == 200


async def test_an_example_is_accepted_a_year_later(api: ApiHarness) -> None:
    api.clock.ahead = datetime(YEAR + 1, 3, 1, tzinfo=UTC) - START
    body = (await api.read("/openapi.json"))["paths"]["/v1/contents"]["post"]["requestBody"]
    value = body["content"]["application/json"]["examples"]["scheduled"]["value"]
    assert value.keys() == examples.CONTENTS["scheduled"]["value"].keys()
    made = await api.submit(**{**value, "media": ..., "link": ..., "channels": ["bluesky"]})
    assert made["scheduledAt"].startswith(f"{YEAR + 2}-01-15")
