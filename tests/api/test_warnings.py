"""Warnings are told by validate and by create alike, beside problems too; an edit settles no time, so warns of none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.db.sealing.secrets import seal_credentials
from munadi.db.tables import AccountRow
from munadi.domain.channel import ChannelName
from tests.api.desk import FAR, START, Desk, later
from tests.db.seeding import token


def codes(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["code"], one["channel"], one["pointer"]) for one in answer["warnings"]]


async def validated(desk: Desk, **changes: Any) -> dict[str, Any]:
    answer = await desk.client.post("/v1/contents/validate", json=desk.content(**changes))
    assert answer.status_code == 200, answer.text
    checked: dict[str, Any] = answer.json()
    return checked


async def test_create_and_validate_warn_alike(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS)
    given = {
        "channels": ["bluesky", "threads"],
        "text": "#one #two",
        "media": [{"url": desk.site.url("/a.jpg"), "alt": "Teal"}, {"url": desk.site.url("/b.jpg")}],
    }
    expected = [
        ("ALT_TEXT_MISSING", "bluesky", "/media/1/alt"),
        ("HASHTAGS_ABOVE_ADVISED", "threads", "/text"),
        ("ALT_TEXT_MISSING", "threads", "/media/1/alt"),
    ]
    assert codes(await validated(desk, **given)) == expected
    made = await desk.accept(**given)
    assert codes(made) == expected
    assert codes(await desk.read(made["id"])) == expected


async def test_problems_come_with_the_warnings_that_would_be_left(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS)
    checked = await validated(desk, channels=["threads"], text="#one #two " + "x" * 500)
    assert checked["valid"] is False
    assert [problem["code"] for problem in checked["problems"]] == ["TEXT_TOO_LONG"]
    assert codes(checked) == [("HASHTAGS_ABOVE_ADVISED", "threads", "/text")]


async def test_a_near_slot_is_warned_of_and_an_immediate_one_is_not(desk: Desk) -> None:
    given = {"media": [{"url": desk.site.url("/a.jpg"), "alt": "Teal"}]}
    near = [("PREPARATION_MAY_BE_LATE", "bluesky", "/scheduledAt")]
    assert codes(await desk.accept(**given, scheduledAt=later(seconds=5))) == near
    assert codes(await desk.accept(**given, scheduledAt=...)) == []
    assert codes(await desk.accept(**given, scheduledAt=FAR)) == []


async def test_an_edit_tells_anew_what_will_be_seen_and_nothing_of_time(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS)
    made = await desk.accept(channels=["threads"], text="#one #two", scheduledAt=later(seconds=1))
    assert [code for code, _, _ in codes(made)] == ["HASHTAGS_ABOVE_ADVISED", "PREPARATION_MAY_BE_LATE"]
    answer = await desk.client.patch(
        f"/v1/contents/{made['id']}", json={"text": "#one"}, headers={"If-Match": f'"{made["version"]}"'}
    )
    assert (answer.status_code, codes(answer.json())) == (200, [])


async def test_a_token_that_ends_before_the_slot_and_cannot_be_renewed_then(desk: Desk) -> None:
    ends = START + timedelta(days=1)
    first, second = [
        await desk.account(ChannelName.THREADS, "acme", token_expires_at=at)
        for at in (ends, START + timedelta(days=999))
    ]
    only = {"channel": "threads", "accountId": first}
    warned = [("TOKEN_EXPIRES_BEFORE_SLOT", "threads", "/channels/0/accountId")]
    assert codes(await desk.accept(channels=[only])) == warned
    assert codes(await desk.accept(channels=[only], scheduledAt=later(hours=23))) == []
    assert codes(await desk.accept(channels=[{**only, "accountId": second}])) == []
    async with desk.services.database.write() as session:
        row = await session.get(AccountRow, first)
        assert row is not None
        row.sealed = seal_credentials(desk.services.keyring, first, token("access", "refresh"))
    assert codes(await desk.accept(channels=[only])) == []


async def test_a_key_that_is_missing_is_not_blamed_on_the_token(small_desk: Desk) -> None:
    ended = small_desk.clock.now() - timedelta(hours=1)
    account = await small_desk.account(ChannelName.BLUESKY, token_expires_at=ended, sealed=b"under a key that is gone")
    made = await small_desk.accept(channels=[{"channel": "bluesky", "accountId": account}])
    assert codes(made) == []
