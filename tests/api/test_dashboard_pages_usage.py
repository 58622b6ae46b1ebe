"""Usage as the dashboard shows it: each measure beside its limit, in numbers, in words and as a bar."""

from __future__ import annotations

from typing import Any

import pytest

from api.dashboard.usage import MEASURES, level
from munadi.domain.key import Scope
from munadi.domain.model import WireModel
from munadi.domain.usage import UsageView
from tests.api.browsing import Visitor, visiting
from tests.api.desk import Desk
from tests.api.markup import faults


def used(used_: int, limit: int | None) -> dict[str, Any]:
    return {"used": used_, "limit": limit, "remaining": None if limit is None else max(0, limit - used_)}


def test_every_measure_of_the_api_is_shown() -> None:
    view = UsageView.model_json_schema(by_alias=True)["properties"]
    measures = {name for name, told in view.items() if "Used" in str(told.get("$ref", told.get("anyOf", "")))}
    assert {name for name, _, _ in MEASURES} == measures
    assert issubclass(UsageView, WireModel)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (used(9, None), "free"),
        (used(0, 10), "fine"),
        (used(7, 10), "fine"),
        (used(8, 10), "near"),
        (used(10, 10), "full"),
        (used(12, 10), "full"),
        (used(0, 0), "full"),
    ],
)
def test_how_near_a_limit_is(measure: dict[str, Any], expected: str) -> None:
    assert level(measure) == expected


async def test_limits_and_what_is_left(small_desk: Desk, visitor: Visitor) -> None:
    limits = {"accounts": 3, "publicationsPerMonth": 4}
    await small_desk.client.patch("/v1/brands/acme", json={"limits": limits})
    await small_desk.accept(scheduledAt="2026-12-20T09:00:00Z")
    page = await visitor.page("/usage?brandRef=acme")
    assert faults(page) == []
    assert "Usage, December 2026" in page
    accounts = page.partition("Connected accounts</h2>")[2].partition("</section>")[0]
    assert "<strong>3</strong>" in accounts
    assert "of 3" in accounts
    assert "Used up." in accounts
    publications = page.partition("Publications</h2>")[2].partition("</section>")[0]
    assert "<strong>0</strong>" in publications
    assert "3 left." in publications
    assert "1 more scheduled for this month (already counted)." in publications
    assert 'max="4" value="1"' in publications
    assert "no limit" in page.partition("Webhook deliveries</h2>")[2]
    assert 'rel="next"' not in page


async def test_earlier_months_can_be_seen(visitor: Visitor) -> None:
    page = await visitor.page("/usage?brandRef=acme&month=2026-10")
    assert "Usage, October 2026" in page
    assert "in this minute" not in page
    assert "month=2026-09" in page
    assert "month=2026-11" in page
    assert (await visitor.client.get("/usage?brandRef=acme&month=2026-13")).status_code == 422


async def test_a_key_of_one_brand_sees_its_own(small_desk: Desk) -> None:
    key = await small_desk.key_text(Scope.CONTENTS_READ, brand_ref="rival")
    async with visiting(small_desk.app, key) as rival:
        page = await rival.page("/usage?brandRef=acme")
    assert "There is no brand “acme”; showing rival." in page
    assert "/v1/brands/rival" in page
