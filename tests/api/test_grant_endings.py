"""A slot after the end of an account's grant: a warning while there is time to reconnect, then a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from munadi.db.sealing.secrets import seal_credentials
from munadi.db.tables import AccountRow
from munadi.domain.channel import ChannelName
from tests.api.desk import START, Desk, picture
from tests.db.seeding import token

CODE = "TOKEN_EXPIRES_BEFORE_SLOT"


async def connected(desk: Desk, kind: str, ends: datetime) -> dict[str, str]:
    """An account whose grant ends then, as a channel in a request."""
    channel, login, refresh, is_final = {
        "bluesky": (ChannelName.BLUESKY, None, "refresh", True),
        "page": (ChannelName.INSTAGRAM, "facebook", None, False),
    }[kind]
    account = await desk.account(channel, login=login, grant_expires_at=ends)
    grant = {"grant_expires_at": ends, "is_final": is_final}
    credentials = token("access", refresh).model_copy(update=grant)
    await change(desk, account, sealed=seal_credentials(desk.services.keyring, account, credentials))
    return {"channel": channel.value, "accountId": account}


async def change(desk: Desk, account_id: str, **columns: Any) -> None:
    async with desk.services.database.write() as session:
        row = (await session.exec(select(AccountRow).where(AccountRow.id == account_id))).one()
        for name, value in columns.items():
            setattr(row, name, value)


def at(**delta: float) -> str:
    return (START + timedelta(**delta)).isoformat()


def warned(answer: dict[str, Any]) -> list[str]:
    return [one["pointer"] for one in answer["warnings"] if one["code"] == CODE]


async def media(desk: Desk, kind: str) -> dict[str, Any]:
    """Instagram takes no post without a picture."""
    if kind != "page":
        return {}
    uploaded = await desk.client.post("/v1/media", files={"file": ("a.jpg", picture(400, 400), "image/jpeg")})
    return {"media": [{"id": uploaded.json()["id"], "alt": "a"}]}


@pytest.mark.parametrize("kind", ["bluesky", "page"])
async def test_a_slot_two_days_after_the_grant_is_warned_of(small_desk: Desk, kind: str) -> None:
    desk = small_desk
    channel = await connected(desk, kind, START + timedelta(days=12))
    sent = {"channels": [channel], **await media(desk, kind)}
    early = await desk.accept(**sent, scheduledAt=at(days=11))
    late = await desk.accept(**sent, scheduledAt=at(days=14))
    assert (warned(early), warned(late)) == ([], ["/channels/0/accountId"])
    checked = await desk.client.post("/v1/contents/validate", json=desk.content(**sent, scheduledAt=at(days=14)))
    assert warned(checked.json()) == ["/channels/0/accountId"]


@pytest.mark.parametrize("kind", ["bluesky", "page"])
async def test_in_the_last_week_of_a_grant_it_is_refused(small_desk: Desk, kind: str) -> None:
    desk = small_desk
    channel = await connected(desk, kind, START + timedelta(days=6))
    sent = {"channels": [channel], **await media(desk, kind)}
    refused = await desk.client.post("/v1/contents", json=desk.content(**sent, scheduledAt=at(days=8)))
    assert refused.status_code == 422, refused.text
    (problem,) = refused.json()["errors"]
    assert (problem["code"], problem["pointer"]) == (CODE, "/channels/0/accountId")
    assert datetime.fromisoformat(problem["limit"]) == START + timedelta(days=6)
    assert datetime.fromisoformat(problem["actual"]) == START + timedelta(days=8)


@pytest.mark.parametrize("kind", ["bluesky", "page"])
async def test_a_reschedule_beyond_the_end_is_warned_of_and_then_refused(small_desk: Desk, kind: str) -> None:
    desk = small_desk
    channel = await connected(desk, kind, START + timedelta(days=12))
    made = await desk.accept(channels=[channel], **await media(desk, kind), scheduledAt=at(days=2))
    path = f"/v1/contents/{made['id']}/reschedule"
    moved = await desk.client.post(path, json={"scheduledAt": at(days=14)})
    assert (moved.status_code, warned(moved.json())) == (200, ["/scheduledAt"])
    back = await desk.client.post(path, json={"scheduledAt": at(days=11)})
    assert (back.status_code, warned(back.json())) == (200, [])
    desk.clock.ahead = timedelta(days=6)
    refused = await desk.client.post(path, json={"scheduledAt": at(days=14)})
    assert refused.status_code == 422, refused.text
    assert [(one["code"], one["pointer"]) for one in refused.json()["errors"]] == [(CODE, "/scheduledAt")]


async def test_an_edit_repeats_the_warning_and_is_never_refused_for_it(small_desk: Desk) -> None:
    desk = small_desk
    channel = await connected(desk, "bluesky", START + timedelta(days=12))
    made = await desk.accept(channels=[channel], scheduledAt=at(days=14))
    desk.clock.ahead = timedelta(days=11)
    answer = await desk.client.patch(
        f"/v1/contents/{made['id']}", json={"text": "fixed"}, headers={"If-Match": f'"{made["version"]}"'}
    )
    assert (answer.status_code, warned(answer.json())) == (200, ["/channels/0/accountId"])


async def test_a_grant_that_lasts_as_long_as_it_is_used_ends_nothing(small_desk: Desk) -> None:
    """An app password's refresh token has an end, and each use puts it off."""
    desk = small_desk
    ends = START + timedelta(days=2)
    account = await desk.account(ChannelName.BLUESKY, grant_expires_at=ends, token_expires_at=START)
    credentials = token("access", "refresh", START).model_copy(update={"grant_expires_at": ends})
    await change(desk, account, sealed=seal_credentials(desk.services.keyring, account, credentials))
    channel = {"channel": "bluesky", "accountId": account}
    assert warned(await desk.accept(channels=[channel], scheduledAt=at(days=5))) == []


async def test_an_access_token_that_ends_first_does_not_end_an_expiring_grant(small_desk: Desk) -> None:
    """`expiring` is about the grant: its access tokens are renewed until then."""
    desk = small_desk
    channel = await connected(desk, "bluesky", START + timedelta(days=6))
    await change(desk, channel["accountId"], status="expiring", token_expires_at=START + timedelta(hours=2))
    assert warned(await desk.accept(channels=[channel], scheduledAt=at(days=5))) == []
