"""A post for an account that must be connected again: accepted with a warning, and only that publication waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.account import Profile
from munadi.domain.channel import ChannelName
from munadi.ports import Connection
from munadi.publishing import account_changes
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors
from tests.db.seeding import START, token

GRANTED = ("threads_basic", "threads_content_publish")
# Columns of an account, the code of its warning, and whether its publication waits from the acceptance on.
TROUBLES: dict[str, tuple[dict[str, Any], str, bool]] = {
    "a dead grant": ({"status": "reauth_required"}, "ACCOUNT_REAUTH_REQUIRED", True),
    "a missing permission": ({"scopes": ["threads_basic"]}, "MISSING_SCOPE", True),
    "a token that ends": (
        {"status": "expiring", "token_expires_at": START + timedelta(days=1)},
        "TOKEN_EXPIRES_BEFORE_SLOT",
        False,
    ),
}
each_trouble = pytest.mark.parametrize(("columns", "code", "waits"), TROUBLES.values(), ids=TROUBLES)


async def add(api: ApiHarness, columns: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An account at Threads that cannot publish, and a post for it and for one that can."""
    account = await api.add_account(ChannelName.THREADS, external_id="77", **columns)
    channels = ["bluesky", {"channel": "threads", "accountId": account}]
    return account, {"text": "For both", "media": [], "channels": channels, "scheduledAt": later(days=49)}


async def reconnect(api: ApiHarness, scopes: tuple[str, ...] = GRANTED, lasts: timedelta = timedelta(days=60)) -> None:
    """The owner connects the account again, an hour later."""
    api.clock.ahead += timedelta(hours=1)
    now = api.clock.now()
    fresh = Connection(Profile(external_id="77", handle="acme", scopes=scopes), token("new", None, now + lasts))
    async with api.services.database.write() as session:
        await account_changes.connect(
            session, api.services.keyring, "acme", ChannelName.THREADS, fresh, login=None, now=now
        )


def about(answer: dict[str, Any], account: str) -> list[tuple[str, str]]:
    """The code and pointer of each warning that names the account."""
    return [(one["code"], one["pointer"]) for one in answer["warnings"] if one["accountId"] == account]


def holds(content: dict[str, Any]) -> list[str | None]:
    return [each["hold"] and each["hold"]["reason"] for each in content["publications"]]


@pytest.mark.each_database
@each_trouble
async def test_only_the_publication_of_that_account_waits(
    api: ApiHarness, columns: dict[str, Any], code: str, waits: bool
) -> None:
    account, post = await add(api, columns)
    checked = await api.validate(**post)
    made = await api.submit(**post)
    warned = [(code, "/channels/1/accountId")]
    assert (checked["valid"], about(checked, account), about(made, account)) == (True, warned, warned)
    [message] = [one["message"] for one in made["warnings"] if one["accountId"]]
    assert account in message
    assert "reconnect" in message
    assert holds(made) == [None, "TOKEN" if waits else None]
    events = await api.read_list(f"/v1/contents/{made['id']}/events")
    wanted = [("content.accepted", None)] + ([("content.publish.held", "TOKEN")] if waits else [])
    assert [(event["type"], event["reason"]) for event in events] == wanted
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    stored = (await api.get(f"/v1/contents/{made['id']}")).json()
    assert (about(stored, account), holds(stored)) == (warned, holds(made))


@each_trouble
async def test_a_brand_may_refuse(api: ApiHarness, columns: dict[str, Any], code: str, waits: bool) -> None:
    account, post = await add(api, columns)
    changed = await api.patch("/v1/brands/acme", {"unusableAccounts": "refuse"})
    assert changed.json()["unusableAccounts"] == "refuse"
    [error] = expect_errors(await api.try_submit(**post), ("/channels/1/accountId", code))
    assert account in error["message"]
    checked = await api.validate(**post)
    assert (checked["valid"], [one["code"] for one in checked["problems"]]) == (False, [code])
    assert await api.count() == 0
    await api.patch("/v1/brands/acme", {"unusableAccounts": None})
    await api.submit(**post)


@pytest.mark.each_database
@each_trouble
async def test_a_reconnect_ends_the_hold_and_the_warning(
    api: ApiHarness, columns: dict[str, Any], code: str, waits: bool
) -> None:
    account, post = await add(api, columns)
    made = await api.submit(**post)
    await reconnect(api)
    after = (await api.get(f"/v1/contents/{made['id']}")).json()
    assert (about(after, account), holds(after)) == ([], [None, None])
    assert [each["status"] for each in after["publications"]] == ["accepted", "accepted"]
    kinds = [event["type"] for event in await api.read_list(f"/v1/contents/{made['id']}/events")]
    assert kinds == ["content.accepted"] + (["content.publish.held", "content.publish.resumed"] if waits else [])


@each_trouble
async def test_a_reconnect_that_is_not_enough_says_what_is_left(
    api: ApiHarness, columns: dict[str, Any], code: str, waits: bool
) -> None:
    account, post = await add(api, columns)
    made = await api.submit(**post)
    await reconnect(api, scopes=("threads_basic",))
    after = (await api.get(f"/v1/contents/{made['id']}")).json()
    assert about(after, account) == [("MISSING_SCOPE", "/channels/1/accountId")]
    assert holds(after) == holds(made), "what waits for the owner still does"


@each_trouble
async def test_edits_moves_and_saved_drafts_say_the_same(
    api: ApiHarness, columns: dict[str, Any], code: str, waits: bool
) -> None:
    account, post = await add(api, columns)
    made = await api.submit(**post)
    edited = await api.edit(made["id"], {"text": "For both, better"})
    assert (edited.status_code, about(edited.json(), account)) == (200, [(code, "/channels/1/accountId")])
    moved = await api.change(made["id"], "reschedule", {"scheduledAt": later(days=50)})
    assert (moved.status_code, about(moved.json(), account)) == (200, [(code, "/scheduledAt")])
    assert holds(moved.json()) == holds(made)
    draft = await api.create("/v1/drafts", api.body(**post | {"text": "A draft"}))
    sent = await api.post(f"/v1/drafts/{draft['id']}/submit", {})
    assert sent.status_code == 202, sent.text
    assert about(sent.json(), account) == [(code, "/channels/1/accountId")]


async def test_a_deleted_account_and_an_unknown_one_are_refused(api: ApiHarness) -> None:
    account, post = await add(api, {})
    assert (await api.delete(f"/v1/accounts/{account}")).status_code in (200, 204)
    expect_errors(await api.try_submit(**post), ("/channels/1/accountId", "ACCOUNT_UNKNOWN"))
    post["channels"] = ["bluesky", "threads"]
    expect_errors(await api.try_submit(**post), ("/channels/1", "ACCOUNT_MISSING"))
