"""Looking ahead: what would not go out is told once, while there is time to act; what would is not mentioned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from munadi.db.tables import AccountRow, ContentRow
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Failure, Reason
from munadi.intake.preflight import PreflightCheck
from munadi.media.reach import PublicAddress
from munadi.media.reader import MEDIA_URL_PURPOSE, StoredMedia
from tests.api.desk import START, Desk, picture
from worker import lookahead
from worker.lookahead import LookingAhead

AHEAD = timedelta(minutes=30)
DUE = START + timedelta(hours=3)


class Network:
    """What the networks say when they are asked about an account; `changes` are what it makes of the account's row."""

    def __init__(self, desk: Desk, changes: dict[str, Any] | None = None, error: ChannelError | None = None) -> None:
        self.desk, self.changes, self.error = desk, changes, error
        self.asked: list[str] = []

    async def check(self, account_id: str) -> Failure | None:
        self.asked.append(account_id)
        if self.error is not None:
            raise self.error
        async with self.desk.services.database.write() as session:
            row = await session.get(AccountRow, account_id)
            assert row is not None
            for name, value in (self.changes or {}).items():
                setattr(row, name, value)
        return None


def looking(desk: Desk, network: Network | None = None, address: str | None = None) -> LookingAhead:
    """With media at `address`, by default the desk's own site, which has none of it."""
    services = desk.services
    keys = services.keyring.derive(MEDIA_URL_PURPOSE)
    media = StoredMedia(services.media_store, address or desk.site.address, keys, desk.clock)
    reach = PublicAddress(httpx.AsyncClient(), media)
    preflight = PreflightCheck(services.channels, media, reach, services.keyring)
    return LookingAhead(services.database, preflight, network or Network(desk), desk.clock, AHEAD)


async def told(desk: Desk, content_id: str) -> list[dict[str, Any]]:
    answer = await desk.client.get(f"/v1/contents/{content_id}/events")
    return [event for event in answer.json()["data"] if event["type"] == "content.preflight.failed"]


async def accepted(desk: Desk, **changes: Any) -> str:
    return str((await desk.accept(scheduledAt=DUE.isoformat(), **changes))["id"])


async def rounds(desk: Desk, *, before: timedelta = timedelta(minutes=20), times: int = 2) -> None:
    """Two workers look, some time before the slot."""
    desk.clock.ahead = DUE - START - before
    for _ in range(times):
        await looking(desk).round()


async def change_account(desk: Desk, channel: ChannelName, **columns: Any) -> None:
    async with desk.services.database.write() as session:
        for row in (await session.exec(select(AccountRow).where(AccountRow.channel == channel.value))).all():
            for name, value in columns.items():
                setattr(row, name, value)


async def dead_grant(desk: Desk) -> None:
    await change_account(desk, ChannelName.BLUESKY, status="reauth_required")


async def ending_token(desk: Desk) -> None:
    await change_account(desk, ChannelName.BLUESKY, status="expiring", token_expires_at=DUE - timedelta(minutes=1))


async def ending_grant(desk: Desk) -> None:
    """The access token is renewed until then; nothing renews the grant."""
    ends = DUE - timedelta(minutes=1)
    await change_account(desk, ChannelName.BLUESKY, token_expires_at=DUE + timedelta(hours=1), grant_expires_at=ends)


async def spent_day(desk: Desk) -> None:
    await change_account(desk, ChannelName.BLUESKY, facts={"quota": {"used": 0, "total": 0, "left": 0}})


async def another_key(desk: Desk) -> None:
    await change_account(desk, ChannelName.BLUESKY, sealed=b"not a sealed value")


async def lost_media(desk: Desk) -> None:
    for path in (desk.folder / "media").rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (dead_grant, "TOKEN_REVOKED"),
        (ending_token, "TOKEN_EXPIRES_BEFORE_SLOT"),
        (ending_grant, "TOKEN_EXPIRES_BEFORE_SLOT"),
        (spent_day, "DAILY_CAP_REACHED"),
        (another_key, "INTERNAL_ERROR"),
        (lost_media, "MEDIA_UNREACHABLE"),
    ],
)
async def test_what_would_not_go_out_is_told_once(
    small_desk: Desk, trouble: Callable[[Desk], Awaitable[None]], reason: str
) -> None:
    desk = small_desk
    upload = {"file": ("a.jpg", picture(), "image/jpeg")}
    media = (await desk.client.post("/v1/media", files=upload)).json()
    content_id = await accepted(desk, media=[{"id": media["id"], "alt": "a"}])
    await trouble(desk)
    await rounds(desk)
    (event,) = await told(desk, content_id)
    assert (event["reason"], event["sns"], event["status"]) == (reason, "bluesky", "accepted")
    assert event["data"]["failure"]["remedy"]
    assert event["data"]["publication"]["id"] == event["publicationId"]


async def test_what_is_well_is_looked_at_once_and_not_mentioned(desk: Desk) -> None:
    content_id = await accepted(desk)
    await rounds(desk)
    assert await told(desk, content_id) == []
    async with desk.services.database.read() as session:
        row = await session.get(ContentRow, content_id)
        assert row is not None
        assert (row.preflight_draft, row.preflight_for) == (1, DUE)


async def test_only_the_channel_that_is_in_trouble_is_named(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS)
    content_id = await accepted(desk, channels=["bluesky", "threads"])
    await change_account(desk, ChannelName.THREADS, status="reauth_required")
    await rounds(desk)
    assert [event["sns"] for event in await told(desk, content_id)] == ["threads"]


async def test_an_edit_or_another_time_is_looked_at_again(small_desk: Desk) -> None:
    desk = small_desk
    content_id = await accepted(desk)
    await dead_grant(desk)
    await rounds(desk)
    moved = await desk.client.post(
        f"/v1/contents/{content_id}/reschedule", json={"scheduledAt": (DUE + timedelta(minutes=5)).isoformat()}
    )
    assert moved.status_code == 200
    await rounds(desk)
    assert len(await told(desk, content_id)) == 2


@pytest.mark.parametrize("before", [timedelta(minutes=31), timedelta(minutes=-1)])
async def test_neither_too_early_nor_too_late(small_desk: Desk, before: timedelta) -> None:
    content_id = await accepted(small_desk)
    await dead_grant(small_desk)
    await rounds(small_desk, before=before)
    assert await told(small_desk, content_id) == []


async def test_what_was_accepted_a_moment_ago_was_checked_a_moment_ago(small_desk: Desk) -> None:
    desk = small_desk
    desk.clock.ahead = DUE - START - timedelta(minutes=10)
    content_id = await accepted(desk)
    await dead_grant(desk)
    await rounds(desk, before=timedelta(minutes=6))
    assert await told(desk, content_id) == []
    await rounds(desk, before=timedelta(minutes=5))
    assert [event["reason"] for event in await told(desk, content_id)] == ["TOKEN_REVOKED"]


async def test_the_network_is_asked_about_each_account_once_and_what_it_says_counts(small_desk: Desk) -> None:
    desk = small_desk
    network = Network(desk, {"status": "reauth_required"})
    content_ids = [await accepted(desk, text=f"Post {number}") for number in range(3)]
    desk.clock.ahead = DUE - START - timedelta(minutes=20)
    await looking(desk, network).round()
    assert len(network.asked) == 1
    assert [(await told(desk, each))[0]["reason"] for each in content_ids] == ["TOKEN_REVOKED"] * 3


async def test_a_network_that_hangs_keeps_nobody_from_being_told(
    small_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(Network):
        async def check(self, account_id: str) -> Failure | None:
            await asyncio.Event().wait()
            return None

    monkeypatch.setattr(lookahead, "PATIENCE", 0.05)
    content_id = await accepted(small_desk)
    await dead_grant(small_desk)
    small_desk.clock.ahead = DUE - START - timedelta(minutes=20)
    await looking(small_desk, Hanging(small_desk)).round()
    assert [event["reason"] for event in await told(small_desk, content_id)] == ["TOKEN_REVOKED"]


async def test_a_network_that_is_away_says_nothing_of_the_account(small_desk: Desk) -> None:
    away = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "it does not answer")
    content_id = await accepted(small_desk)
    small_desk.clock.ahead = DUE - START - timedelta(minutes=20)
    await looking(small_desk, Network(small_desk, error=away)).round()
    assert await told(small_desk, content_id) == []


@pytest.mark.parametrize(("granted", "reasons"), [(["threads_basic"], ["MISSING_SCOPE"]), ([], [])])
async def test_a_permission_that_was_taken_away_is_told(desk: Desk, granted: list[str], reasons: list[str]) -> None:
    await desk.account(ChannelName.THREADS, scopes=["threads_basic", "threads_content_publish"])
    content_id = await accepted(desk, channels=["threads"])
    desk.clock.ahead = DUE - START - timedelta(minutes=20)
    await looking(desk, Network(desk, {"scopes": granted})).round()
    assert [event["reason"] for event in await told(desk, content_id)] == reasons


async def test_an_account_that_may_not_post_is_refused_at_acceptance(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS, scopes=["threads_basic"])
    answer = await desk.client.post("/v1/contents", json=desk.content(channels=["threads"]))
    assert answer.status_code == 422
    (found,) = answer.json()["errors"]
    assert (found["code"], found["pointer"], found["channel"]) == ("MISSING_SCOPE", "/channels/0", "threads")
    assert (found["limit"], found["actual"]) == ("threads_content_publish", "threads_basic")


@pytest.mark.parametrize("channel", ["threads", "bluesky"])
async def test_media_that_a_network_could_not_fetch_is_told_where_it_fetches(desk: Desk, channel: str) -> None:
    """Bluesky is given bytes, so an address that is wrong does not matter to it."""
    if channel == "threads":
        await desk.account(ChannelName.THREADS)
    upload = {"file": ("a.jpg", picture(), "image/jpeg")}
    media = (await desk.client.post("/v1/media", files=upload)).json()
    content_id = await accepted(desk, channels=[channel], media=[{"id": media["id"], "alt": "a"}])
    desk.clock.ahead = DUE - START - timedelta(minutes=20)
    await looking(desk).round()
    events = await told(desk, content_id)
    assert [event["reason"] for event in events] == (["MEDIA_UNREACHABLE"] if channel == "threads" else [])
    assert [f"{desk.site.address}: it answered 404" in event["data"]["failure"]["message"] for event in events] == [
        True
    ] * len(events)
