"""A used-up daily quota: the report, and the end of the hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from tests.channels.calls import Saved
from tests.channels.containers import CONTAINER, INSTAGRAM, ONE, graph_error, known
from tests.channels.making import NOW, Bench, bench, error_of
from tests.channels.network import answer, ok

WHO = INSTAGRAM.account
LIMIT = f"/{WHO.external_id}/content_publishing_limit"
HOUR = timedelta(hours=1)


def usage(used: int, total: int) -> httpx.Response:
    return ok({"data": [{"quota_usage": used, "config": {"quota_total": total, "quota_duration": 86_400}}]})


def posted(ages: list[timedelta], total: int) -> Any:
    """The answer about the limit of an account whose last posts have these ages."""

    def limit(request: httpx.Request) -> httpx.Response:
        since = float(request.url.params.get("since", (NOW - 24 * HOUR).timestamp()))
        assert since >= (NOW - 24 * HOUR).timestamp()
        return usage(sum(1 for age in ages if (NOW - age).timestamp() > since), total)

    return limit


def over(limit: Any) -> Bench:
    built = bench("instagram")
    built.network.on("POST", INSTAGRAM.publish_path, graph_error(9, 2207042))
    built.network.on("GET", f"/{CONTAINER}", ok({"status_code": "FINISHED"}))
    built.network.on("GET", LIMIT, limit)
    return built


async def refused(built: Bench) -> ChannelError:
    saved = Saved(known())
    error = await error_of(built.publish(ONE, WHO, saved))
    assert (error.reason, error.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    return error


@pytest.mark.parametrize(
    ("ages", "total", "frees_in"),
    [
        ([23 * HOUR, 5 * HOUR, HOUR], 3, HOUR),  # the oldest is a day old in an hour
        ([23 * HOUR, 5 * HOUR, HOUR], 2, 19 * HOUR),  # two of them must expire
        ([timedelta(minutes=20)], 1, 24 * HOUR - timedelta(minutes=20)),
    ],
)
async def test_the_hold_ends_when_one_more_post_may_be_published(
    ages: list[timedelta], total: int, frees_in: timedelta
) -> None:
    built = over(posted(ages, total))
    error = await refused(built)
    assert error.retry_after is not None
    assert timedelta(minutes=-2) <= error.retry_after - frees_in <= timedelta(minutes=15)
    assert f"{len(ages)} of {total} posts" in error.message
    assert len(built.network.sent(LIMIT)) <= 10
    assert len(built.network.mutations) == 1


@pytest.mark.parametrize("limit", [answer(500, "<html>"), ok({"data": []}), usage(1, 50)], ids=["down", "odd", "left"])
async def test_an_unreadable_limit_is_read_again_in_an_hour(limit: httpx.Response) -> None:
    assert (await refused(over(limit))).retry_after == HOUR


@pytest.mark.parametrize("limit", [posted([timedelta(minutes=1)], 1), usage(50, 50), usage(0, 0)])
async def test_a_limit_that_is_full_for_every_period_is_read_again_in_an_hour(limit: Any) -> None:
    """All posts are new, or the network ignores `since`."""
    assert (await refused(over(limit))).retry_after == HOUR


async def test_a_limit_that_is_known_for_the_whole_day_only_waits_an_hour() -> None:
    def limit(request: httpx.Request) -> httpx.Response:
        return graph_error(100) if "since" in request.url.params else usage(50, 50)

    error = await refused(over(limit))
    assert (error.retry_after, "50 of 50 posts" in error.message) == (HOUR, True)


async def test_other_refusals_read_no_limit() -> None:
    built = over(usage(50, 50))
    built.network.on("POST", INSTAGRAM.publish_path, graph_error(4))
    saved = Saved(known())
    error = await error_of(built.publish(ONE, WHO, saved))
    assert error.reason is Reason.RATE_LIMITED
    assert built.network.sent(LIMIT) == []
