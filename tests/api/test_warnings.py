"""Warnings: what validating and submitting a post say about quotas, grants, times and advised limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from munadi.db.sealing.secrets import seal_credentials
from munadi.domain.channel import ChannelName
from tests.api.client import FAR
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors
from tests.api.servers import picture
from tests.db.seeding import START, token

ENDS = "TOKEN_EXPIRES_BEFORE_SLOT"


def warnings(answer: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """All but those about a repeated text, which `test_duplicates.py` has."""
    found = [(one["code"], one["channel"], one["pointer"]) for one in answer["warnings"]]
    return [one for one in found if one[0] != "DUPLICATE_OF_RECENT"]


def of_grants(answer: dict[str, Any]) -> list[str]:
    """The pointers of warnings about the end of a grant."""
    return [pointer for code, _, pointer in warnings(answer) if code == ENDS]


async def grant_until(api: ApiHarness, ends: datetime, is_final: bool = True, **columns: Any) -> dict[str, str]:
    """A Bluesky account whose refresh token ends then, as a channel of a request."""
    account_id = await api.add_account(ChannelName.BLUESKY, grant_expires_at=ends, **columns)
    grant = {"grant_expires_at": ends, "is_final": is_final}
    credentials = token("access", "refresh", columns.get("token_expires_at")).model_copy(update=grant)
    await api.update_account(account_id, sealed=seal_credentials(api.services.keyring, account_id, credentials))
    return {"channel": "bluesky", "accountId": account_id}


async def post_until(api: ApiHarness, kind: str, ends: datetime) -> dict[str, Any]:
    """Fields of a post to an account whose grant ends then. Instagram requires a picture."""
    if kind == "bluesky":
        return {"channels": [await grant_until(api, ends)]}
    page = await api.add_account(ChannelName.INSTAGRAM, login="facebook", grant_expires_at=ends)
    return {"channels": [{"channel": "instagram", "accountId": page}], "media": [await api.uploaded(picture(400, 400))]}


@pytest.mark.each_database
async def test_submitting_and_validating_warn_alike(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    post = {
        "channels": ["bluesky", "threads"],
        "text": "#one #two",
        "media": [{"url": api.site.url("/a.jpg"), "alt": "Teal"}, {"url": api.site.url("/b.jpg")}],
    }
    expected = [
        ("ALT_TEXT_MISSING", "bluesky", "/media/1/alt"),
        ("HASHTAGS_ABOVE_ADVISED", "threads", "/text"),
        ("ALT_TEXT_MISSING", "threads", "/media/1/alt"),
    ]
    assert warnings(await api.validate(**post)) == expected
    made = await api.submit(**post)
    assert warnings(made) == warnings(await api.read_content(made["id"])) == expected


async def test_problems_come_with_the_warnings_that_would_remain(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    checked = await api.validate(channels=["threads"], text="#one #two " + "x" * 500)
    assert checked["valid"] is False
    assert [problem["code"] for problem in checked["problems"]] == ["TEXT_TOO_LONG"]
    assert warnings(checked) == [("HASHTAGS_ABOVE_ADVISED", "threads", "/text")]


async def test_a_near_slot_is_warned_about_and_an_immediate_one_is_not(api: ApiHarness) -> None:
    post = {"media": [{"url": api.site.url("/a.jpg"), "alt": "Teal"}]}
    near = [("PREPARATION_MAY_BE_LATE", "bluesky", "/scheduledAt")]
    assert warnings(await api.submit(**post, scheduledAt=later(seconds=5))) == near
    assert warnings(await api.submit(**post, scheduledAt=...)) == []
    assert warnings(await api.submit(**post, scheduledAt=FAR)) == []


async def test_an_edit_checks_the_new_text_and_no_time(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    made = await api.submit(channels=["threads"], text="#one #two", scheduledAt=later(seconds=1))
    assert [code for code, _, _ in warnings(made)] == ["HASHTAGS_ABOVE_ADVISED", "PREPARATION_MAY_BE_LATE"]
    answer = await api.edit(made["id"], {"text": "#one"})
    assert (answer.status_code, warnings(answer.json())) == (200, [])


@pytest.mark.parametrize(
    ("times", "warned"),
    [
        ({"scheduledAt": ...}, True),
        ({"scheduledAt": ..., "publishBy": later(days=1)}, True),
        ({"scheduledAt": ..., "publishBy": later(days=1)[:19]}, False),
        ({"scheduledAt": FAR.removesuffix("Z")}, False),
        ({"scheduledAt": ..., "timezone": ...}, False),
    ],
)
async def test_a_time_zone_without_a_time_is_warned_about(api: ApiHarness, times: dict[str, Any], warned: bool) -> None:
    post = {"timezone": "Asia/Kolkata", **times}
    expected = [("TIMEZONE_WITHOUT_TIME", None, "/timezone")] if warned else []
    made = await api.submit(**post)
    assert warnings(await api.validate(**post)) == warnings(made) == expected
    assert all("published at once" in one["message"] for one in made["warnings"] if one["pointer"] == "/timezone")


async def test_the_warning_about_a_missing_time_ends_when_the_post_gets_one(api: ApiHarness) -> None:
    made = await api.submit(scheduledAt=..., timezone="Asia/Kolkata")
    assert warnings(made) == [("TIMEZONE_WITHOUT_TIME", None, "/timezone")]
    moved = await api.change(made["id"], "reschedule", {"scheduledAt": later(days=1)})
    assert (moved.status_code, warnings(moved.json())) == (200, [])


async def test_a_draft_without_its_time_is_warned_about_too(api: ApiHarness) -> None:
    answer = await api.post("/v1/drafts", api.body(scheduledAt=..., timezone="Asia/Kolkata"))
    assert (answer.status_code, answer.json()["valid"]) == (201, True)
    assert warnings(answer.json()) == [("TIMEZONE_WITHOUT_TIME", None, "/timezone")]


# The daily quota of a network.


def quota(used: Any, total: int) -> dict[str, Any]:
    return {"quota": {"used": used, "total": total, "left": total - used}}


@pytest.mark.each_database
async def test_one_post_more_than_the_daily_quota_is_accepted_with_a_warning(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS, facts=quota(0, 2))
    both = {"channels": ["bluesky", "threads"]}
    made = [await api.submit(**both) for _ in range(3)]
    assert [warnings(one) for one in made] == [[], [], [("DAILY_CAP_LIKELY", "threads", "/channels/1")]]
    (message,) = (one["message"] for one in made[2]["warnings"] if one["code"] == "DAILY_CAP_LIKELY")
    assert "2 posts in 24 hours, and 2 are due" in message
    checked = await api.validate(**both)
    assert (checked["valid"], warnings(checked)) == (True, warnings(made[2]))


@pytest.mark.each_database
async def test_only_uncanceled_posts_of_the_day_before_count(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS, facts=quota(0, 1))
    canceled = await api.submit(channels=["threads"])
    assert (await api.change(canceled["id"], "cancel")).is_success
    for at, warned in ((FAR, 0), ("2027-03-02T09:00:00Z", 0), ("2027-03-02T08:59:59Z", 1)):
        assert len(warnings(await api.submit(channels=["threads"], scheduledAt=at))) == warned


async def test_an_account_without_a_known_quota_is_not_warned_about(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS, facts={"quota": {"used": 9}})
    for _ in range(2):
        assert warnings(await api.submit(channels=["threads"])) == []


# The end of a token or a grant.


@pytest.mark.each_database
async def test_a_token_that_ends_before_the_slot_and_cannot_be_refreshed_is_warned_about(api: ApiHarness) -> None:
    ends = [START + timedelta(days=days) for days in (1, 999)]
    first, second = [await api.add_account(ChannelName.THREADS, token_expires_at=end) for end in ends]
    one, two = [[{"channel": "threads", "accountId": account}] for account in (first, second)]
    assert warnings(await api.submit(channels=one)) == [(ENDS, "threads", "/channels/0/accountId")]
    assert warnings(await api.submit(channels=one, scheduledAt=later(hours=23))) == []
    assert warnings(await api.submit(channels=two)) == []
    refreshable = seal_credentials(api.services.keyring, first, token("access", "refresh"))
    await api.update_account(first, sealed=refreshable)
    assert warnings(await api.submit(channels=one)) == []


async def test_credentials_under_a_missing_key_are_not_warned_about(api: ApiHarness) -> None:
    ended = START - timedelta(hours=1)
    account = await api.add_account(ChannelName.BLUESKY, token_expires_at=ended, sealed=b"under a key that is gone")
    assert warnings(await api.submit(channels=[{"channel": "bluesky", "accountId": account}])) == []


@pytest.mark.parametrize("kind", ["bluesky", "page"])
async def test_a_slot_after_the_end_of_a_grant_is_warned_about(api: ApiHarness, kind: str) -> None:
    post = await post_until(api, kind, START + timedelta(days=12))
    early, late = [await api.submit(**post, scheduledAt=later(days=days)) for days in (11, 14)]
    assert (of_grants(early), of_grants(late)) == ([], ["/channels/0/accountId"])
    assert of_grants(await api.validate(**post, scheduledAt=later(days=14))) == ["/channels/0/accountId"]
    moved = await api.change(early["id"], "reschedule", {"scheduledAt": later(days=14)})
    assert (moved.status_code, of_grants(moved.json())) == (200, ["/scheduledAt"])
    back = await api.change(early["id"], "reschedule", {"scheduledAt": later(days=11)})
    assert (back.status_code, of_grants(back.json())) == (200, [])


@pytest.mark.parametrize("kind", ["bluesky", "page"])
async def test_in_the_last_week_of_a_grant_a_brand_may_refuse_a_slot_after_its_end(api: ApiHarness, kind: str) -> None:
    post = await post_until(api, kind, START + timedelta(days=12))
    await api.patch("/v1/brands/acme", {"unusableAccounts": "refuse"})
    made = await api.submit(**post, scheduledAt=later(days=7))
    api.clock.ahead = timedelta(days=6)
    refused = await api.try_submit(**post, scheduledAt=later(days=14))
    [error] = expect_errors(refused, ("/channels/0/accountId", ENDS))
    assert datetime.fromisoformat(error["limit"]) == START + timedelta(days=12)
    assert datetime.fromisoformat(error["actual"]) == START + timedelta(days=14)
    moved = await api.change(made["id"], "reschedule", {"scheduledAt": later(days=14)})
    expect_errors(moved, ("/scheduledAt", ENDS))


async def test_an_edit_repeats_the_warning_and_is_not_refused(api: ApiHarness) -> None:
    channel = await grant_until(api, START + timedelta(days=12))
    made = await api.submit(channels=[channel], scheduledAt=later(days=14))
    api.clock.ahead = timedelta(days=11)
    answer = await api.edit(made["id"], {"text": "fixed"})
    assert (answer.status_code, of_grants(answer.json())) == (200, ["/channels/0/accountId"])


@pytest.mark.parametrize(
    ("grant", "columns"),
    [
        # An app password's refresh token has an end that each use puts off.
        ({"ends": START + timedelta(days=2), "is_final": False}, {"token_expires_at": START}),
        # `expiring` is about the grant: its access tokens are refreshed until then.
        ({"ends": START + timedelta(days=6)}, {"status": "expiring", "token_expires_at": START + timedelta(hours=2)}),
    ],
    ids=["a grant that each use extends", "an access token that ends before its grant"],
)
async def test_an_end_that_a_refresh_puts_off_is_not_warned_about(
    api: ApiHarness, grant: dict[str, Any], columns: dict[str, Any]
) -> None:
    channel = await grant_until(api, **grant, **columns)
    assert of_grants(await api.submit(channels=[channel], scheduledAt=later(days=5))) == []
