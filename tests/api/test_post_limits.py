"""Each limit that a post counts against holds wherever a post comes to count: accepted, validated, retried."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.limits import POST_LIMITS
from munadi.domain.brand import BrandLimits
from munadi.domain.failure import Reason
from munadi.domain.reasons import failure_of
from munadi.domain.usage import Limit, Quota, QuotaExceeded
from tests.api.harness import ApiHarness
from tests.api.problems import expect_quota_exceeded

pytestmark = pytest.mark.each_database


@pytest.mark.parametrize("limit", POST_LIMITS)
async def test_a_reached_limit_refuses_a_post_and_what_counts_again(api: ApiHarness, limit: Limit) -> None:
    failed = (await api.submit())["id"]
    async with api.locked(failed) as content:
        await content.fail(content.publications[0], failure_of(Reason.CONTENT_POLICY))
    await api.limit(**{limit: 0})
    [problem] = (await api.validate())["problems"]
    assert (problem["code"], problem["rule"], problem["limit"]) == ("QUOTA_EXCEEDED", limit, 0)
    expect_quota_exceeded(await api.try_submit(), limit)
    expect_quota_exceeded(await api.change(failed, "retry"), limit)
    assert (await api.read_content(failed))["status"] == "failed"


@pytest.mark.parametrize("limit", POST_LIMITS)
async def test_posts_at_once_fill_a_limit_exactly(api: ApiHarness, limit: Limit) -> None:
    await api.limit(**{limit: 3})
    answers = await asyncio.gather(*(api.try_submit() for _ in range(9)))
    assert Counter(answer.status_code for answer in answers) == {202: 3, 429: 6}


async def test_a_limit_that_is_listed_is_enforced(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever validating reports, creating refuses: the list of limits decides which brands are locked, too."""

    async def refuse(
        session: AsyncSession, brand_ref: str, limits: BrandLimits, due: datetime, adding: int, now: datetime
    ) -> None:
        raise QuotaExceeded("no room", [Quota(Limit.DRAFTS, 1, 1)], 2)

    await api.limit(drafts=1)
    await api.submit()
    monkeypatch.setitem(POST_LIMITS, Limit.DRAFTS, refuse)
    [problem] = (await api.validate())["problems"]
    assert problem["rule"] == Limit.DRAFTS
    expect_quota_exceeded(await api.try_submit(), Limit.DRAFTS)
    await api.submit(brandRef="rival")
