"""Preflight: a post that would fail is reported once, while there is time to act."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, update

from munadi.db.tables import AccountRow, ContentRow
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Failure, Reason
from munadi.media.reach import PublicAddress
from munadi.media.reader import MEDIA_URL_PURPOSE, StoredMedia
from munadi.publishing.preflight_checks import PreflightCheck
from tests.api.harness import ApiHarness
from tests.db.seeding import START
from worker import preflight
from worker.preflight import PreflightChecker

AHEAD = timedelta(minutes=30)
DUE = START + timedelta(hours=3)


class AccountChecks:
    """What the networks answer about an account: `changes` of its row, an error, or nothing (`hangs`)."""

    def __init__(
        self,
        api: ApiHarness,
        changes: dict[str, Any] | None = None,
        error: ChannelError | None = None,
        hangs: bool = False,
    ) -> None:
        self.api, self.changes, self.error, self.hangs = api, changes or {}, error, hangs
        self.checked: list[str] = []

    async def check(self, account_id: str) -> Failure | None:
        self.checked.append(account_id)
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        await self.api.update_account(account_id, **self.changes)
        return None


async def check(
    api: ApiHarness, checks: AccountChecks | None = None, before: timedelta = timedelta(minutes=20), times: int = 1
) -> None:
    """Let so many workers check due posts, some time before the due time. The media have an address that has none."""
    api.clock.ahead = DUE - START - before
    services = api.services
    media = StoredMedia(services.media_store, api.site.address, services.keyring.derive(MEDIA_URL_PURPOSE), api.clock)
    reach = PublicAddress(httpx.AsyncClient(), media)
    preflight = PreflightCheck(services.channels, media, reach, services.keyring)
    for _ in range(times):
        worker = PreflightChecker(services.database, preflight, checks or AccountChecks(api), api.clock, AHEAD)
        await worker.round()


async def reports(api: ApiHarness, content_id: str) -> list[dict[str, Any]]:
    """The events about failed preflight checks."""
    events = await api.read_list(f"/v1/contents/{content_id}/events")
    return [event for event in events if event["type"] == "content.preflight.failed"]


async def reasons(api: ApiHarness, content_id: str) -> list[str]:
    return [event["reason"] for event in await reports(api, content_id)]


async def submit(api: ApiHarness, **changes: Any) -> str:
    return str((await api.submit(scheduledAt=DUE.isoformat(), **changes))["id"])


async def change_accounts(api: ApiHarness, channel: ChannelName = ChannelName.BLUESKY, **columns: Any) -> None:
    async with api.services.database.write() as session:
        await session.exec(update(AccountRow).where(col(AccountRow.channel) == channel.value).values(**columns))


async def dead_grant(api: ApiHarness) -> None:
    await change_accounts(api, status="reauth_required")


async def ending_token(api: ApiHarness) -> None:
    await change_accounts(api, status="expiring", token_expires_at=DUE - timedelta(minutes=1))


async def ending_grant(api: ApiHarness) -> None:
    """The access token is refreshed until then. Nothing renews the grant."""
    ends = DUE - timedelta(minutes=1)
    await change_accounts(api, token_expires_at=DUE + timedelta(hours=1), grant_expires_at=ends)


async def used_up_quota(api: ApiHarness) -> None:
    await change_accounts(api, facts={"quota": {"used": 0, "total": 0, "left": 0}})


async def missing_key(api: ApiHarness) -> None:
    await change_accounts(api, sealed=b"not a sealed value")


async def lost_media(api: ApiHarness) -> None:
    for path in api.stored_files():
        path.unlink()


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (dead_grant, "TOKEN_REVOKED"),
        (ending_token, "TOKEN_EXPIRES_BEFORE_SLOT"),
        (ending_grant, "TOKEN_EXPIRES_BEFORE_SLOT"),
        (used_up_quota, "DAILY_CAP_REACHED"),
        (missing_key, "INTERNAL_ERROR"),
        (lost_media, "MEDIA_UNREACHABLE"),
    ],
)
async def test_a_post_that_would_fail_is_reported_once(
    api: ApiHarness, trouble: Callable[[ApiHarness], Awaitable[None]], reason: str
) -> None:
    content_id = await submit(api, media=[await api.uploaded()])
    await trouble(api)
    await check(api, times=2)
    (event,) = await reports(api, content_id)
    assert (event["reason"], event["sns"], event["status"]) == (reason, "bluesky", "accepted")
    assert event["data"]["failure"]["remedy"]
    assert event["data"]["publication"]["id"] == event["publicationId"]


@pytest.mark.each_database
async def test_a_good_post_is_checked_once_and_not_reported(api: ApiHarness) -> None:
    content_id = await submit(api)
    await check(api, times=2)
    assert await reports(api, content_id) == []
    async with api.services.database.read() as session:
        row = await session.get(ContentRow, content_id)
        assert row is not None
        assert (row.preflight_draft, row.preflight_for) == (1, DUE)


@pytest.mark.each_database
async def test_only_the_channel_in_trouble_is_reported(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    content_id = await submit(api, channels=["bluesky", "threads"])
    await change_accounts(api, ChannelName.THREADS, status="reauth_required")
    await check(api, times=2)
    assert [event["sns"] for event in await reports(api, content_id)] == ["threads"]


async def test_a_post_is_checked_again_after_a_change_of_its_time(api: ApiHarness) -> None:
    content_id = await submit(api)
    await dead_grant(api)
    await check(api, times=2)
    moved = {"scheduledAt": (DUE + timedelta(minutes=5)).isoformat()}
    assert (await api.change(content_id, "reschedule", moved)).status_code == 200
    await check(api, times=2)
    assert len(await reports(api, content_id)) == 2


@pytest.mark.parametrize(("minutes", "reported"), [(31, []), (29, ["TOKEN_REVOKED"]), (-1, [])])
async def test_a_post_is_checked_neither_too_early_nor_too_late(
    api: ApiHarness, minutes: int, reported: list[str]
) -> None:
    content_id = await submit(api)
    await dead_grant(api)
    await check(api, before=timedelta(minutes=minutes))
    assert await reasons(api, content_id) == reported


async def test_a_new_post_is_not_checked_again_at_once(api: ApiHarness) -> None:
    api.clock.ahead = DUE - START - timedelta(minutes=10)
    content_id = await submit(api)
    await dead_grant(api)
    await check(api, before=timedelta(minutes=6))
    assert await reasons(api, content_id) == []
    await check(api, before=timedelta(minutes=5))
    assert await reasons(api, content_id) == ["TOKEN_REVOKED"]


async def test_each_account_is_checked_once_for_all_its_posts(api: ApiHarness) -> None:
    checks = AccountChecks(api, {"status": "reauth_required"})
    content_ids = [await submit(api, text=f"Post {number}") for number in range(3)]
    await check(api, checks)
    assert len(checks.checked) == 1
    assert [await reasons(api, each) for each in content_ids] == [["TOKEN_REVOKED"]] * 3


async def test_a_network_that_hangs_does_not_prevent_a_report(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "PATIENCE", 0.05)
    content_id = await submit(api)
    await dead_grant(api)
    await check(api, AccountChecks(api, hangs=True))
    assert await reasons(api, content_id) == ["TOKEN_REVOKED"]


async def test_an_outage_of_the_network_is_not_reported(api: ApiHarness) -> None:
    content_id = await submit(api)
    outage = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "it does not answer")
    await check(api, AccountChecks(api, error=outage))
    assert await reports(api, content_id) == []


@pytest.mark.each_database
@pytest.mark.parametrize(("granted", "reported"), [(["threads_basic"], ["MISSING_SCOPE"]), ([], [])])
async def test_a_missing_permission_is_reported(api: ApiHarness, granted: list[str], reported: list[str]) -> None:
    await api.add_account(ChannelName.THREADS, scopes=["threads_basic", "threads_content_publish"])
    content_id = await submit(api, channels=["threads"])
    await check(api, AccountChecks(api, {"scopes": granted}))
    assert await reasons(api, content_id) == reported


@pytest.mark.each_database
@pytest.mark.parametrize(("channel", "reported"), [(ChannelName.THREADS, 1), (ChannelName.BLUESKY, 0)])
async def test_unreachable_media_are_reported_for_a_network_that_fetches_them(
    api: ApiHarness, channel: ChannelName, reported: int
) -> None:
    """Munadi sends bytes to Bluesky, so that the address does not matter there."""
    if channel is ChannelName.THREADS:
        await api.add_account(channel)
    content_id = await submit(api, channels=[channel.value], media=[await api.uploaded()])
    await check(api)
    events = await reports(api, content_id)
    assert [event["reason"] for event in events] == ["MEDIA_UNREACHABLE"] * reported
    assert all(f"{api.site.address}: it answered 404" in event["data"]["failure"]["message"] for event in events)
