"""A network that ends the version of its API that is called: warned of, reported ahead, refused once it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.utils import floatToGoString

from munadi.domain.channel import ChannelName
from tests.api.harness import ApiHarness, open_api
from tests.api.test_preflight import DUE, check, reports
from tests.db.seeding import START

# The day that LinkedIn has named for the version 202603.
END = datetime(2027, 3, 16, tzinfo=UTC)
SETTING = "MUNADI_CHANNELS__LINKEDIN__VERSION"
BEFORE, AFTER = END - timedelta(minutes=10), END + timedelta(minutes=10)
POST = {"channels": ["linkedin"], "text": "Hello"}


@pytest.fixture
async def ending(tmp_path: Path) -> AsyncIterator[ApiHarness]:
    """With an account of LinkedIn, whose version ends in some months."""
    async with open_api(tmp_path, channels={"linkedin": {"version": "202603"}}) as api:
        await api.add_account(ChannelName.LINKEDIN)
        yield api


async def test_a_post_after_the_end_is_accepted_with_a_warning_that_names_the_setting(ending: ApiHarness) -> None:
    assert (await ending.submit(**POST, scheduledAt=BEFORE.isoformat()))["warnings"] == []
    later = {**POST, "text": "Hello again"}
    (warning,) = (await ending.submit(**later, scheduledAt=AFTER.isoformat()))["warnings"]
    assert (warning["code"], warning["channel"], warning["pointer"]) == (
        "API_VERSION_ENDS_BEFORE_SLOT",
        "linkedin",
        "/channels/0",
    )
    assert "2027-03-16" in warning["message"]
    assert SETTING in warning["message"]


async def test_a_post_after_the_end_is_reported_before_it_is_due(ending: ApiHarness) -> None:
    content = await ending.submit(**POST, scheduledAt=AFTER.isoformat())
    await check(ending, before=DUE - BEFORE)
    (event,) = await reports(ending, content["id"])
    assert SETTING in event["data"]["failure"]["message"]


async def test_once_the_version_is_over_every_post_is_refused(ending: ApiHarness) -> None:
    ending.clock.ahead = END - START
    answer = await ending.post("/v1/contents/validate", {**POST, "brandRef": "acme"})
    (error,) = [one for one in answer.json()["problems"] if one["code"] == "API_VERSION_ENDED"]
    assert (error["pointer"], error["channel"], error["limit"]) == ("/channels/0", "linkedin", "2027-03-16")
    assert SETTING in error["message"]


async def test_an_estimated_end_refuses_nothing(tmp_path: Path) -> None:
    async with open_api(tmp_path, channels={"linkedin": {"version": "202512"}}) as api:
        await api.add_account(ChannelName.LINKEDIN)
        api.clock.ahead = timedelta(days=60)
        due = START + timedelta(days=61)
        assert (await api.submit(**POST, scheduledAt=due.isoformat()))["warnings"] == []
        spec = await api.read("/v1/channels/linkedin")
        assert (spec["versionEnds"], spec["versionEndKnown"]) == ("2026-12-15", False)


async def test_metrics_have_the_day(ending: ApiHarness) -> None:
    wanted = f'munadi_api_version_ends_timestamp_seconds{{channel="linkedin"}} {floatToGoString(END.timestamp())}'
    assert wanted in (await ending.get("/metrics")).text.splitlines()
