"""Accounts: tried before they are kept, answered without a secret, mended by a reconnect."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from munadi.db.tables import PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from tests.api.door import Door, bytes_of, open_door

IMPORT = "/v1/brands/acme/accounts"
SENT = {"channel": "bluesky", "credentials": {"accessToken": "CANARY-access", "refreshToken": "CANARY-refresh"}}


def error(reason: Reason, **facts: Any) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, "the network says no", provider_code="E1", **facts)


async def imported(door: Door, **changes: Any) -> dict[str, Any]:
    answer = await door.ask("POST", IMPORT, json=SENT | changes)
    assert answer.status_code in (200, 201)
    found: dict[str, Any] = answer.json()
    return found


async def test_an_account_is_verified_then_kept(door: Door) -> None:
    made = await door.ask("POST", IMPORT, json=SENT)
    account = made.json()
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/accounts/{account['id']}"
    assert door.network.count("verify") == 1
    assert (account["status"], account["handle"], account["scopes"]) == ("connected", "acme.example", ["publish"])
    assert account["affectedContents"] == []
    assert "CANARY" not in made.text
    assert (await door.ask("GET", "/v1/accounts?brandRef=acme")).json()["data"] == [account]


async def test_the_same_profile_again_reconnects_and_releases(door: Door) -> None:
    account = await imported(door)
    held = await door.seed.content(account["id"], hold=HoldReason.TOKEN)
    assert (await door.ask("GET", f"/v1/accounts/{account['id']}")).json()["affectedContents"] == [held]
    again = await door.ask("POST", IMPORT, json=SENT)
    assert (again.status_code, again.json()["id"]) == (200, account["id"])
    assert (await door.seed.publication(held)).hold_reason is None


@pytest.mark.parametrize("repeatable", [{}, {"Idempotency-Key": "k1"}])
async def test_no_token_is_readable_at_rest(tmp_path: Path, repeatable: dict[str, str]) -> None:
    async with open_door(tmp_path) as door:
        await door.ask("POST", IMPORT, json=SENT, headers=repeatable)
    written = bytes_of(tmp_path)
    assert b"acme.example" in written
    assert b"CANARY" not in written


async def test_a_repeated_import_asks_the_network_once(door: Door) -> None:
    first, again = [await door.ask("POST", IMPORT, json=SENT, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert again.content == first.content
    assert door.network.count("verify") == 1


async def test_what_the_network_refuses_is_told_with_the_remedy(door: Door) -> None:
    door.network.verifying.append(error(Reason.TOKEN_REVOKED))
    answer = await door.ask("POST", IMPORT, json=SENT)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "TOKEN_REVOKED")
    assert problem["detail"].startswith("the network says no. Check the credentials")
    assert "retry" not in problem["detail"].lower()
    assert problem["errors"][0] | {"message": ""} == {
        "pointer": "/credentials",
        "code": "TOKEN_REVOKED",
        "message": "",
        "channel": "bluesky",
        "rule": None,
        "limit": None,
        "actual": "E1",
    }
    assert (await door.ask("GET", "/v1/accounts")).json()["data"] == []


@pytest.mark.parametrize(("wait", "seconds"), [(None, "30"), (timedelta(seconds=7), "7")])
async def test_an_outage_is_not_the_clients_fault(door: Door, wait: timedelta | None, seconds: str) -> None:
    door.network.verifying.append(error(Reason.PROVIDER_OUTAGE, retry_after=wait))
    answer = await door.ask("POST", IMPORT, json=SENT)
    assert (answer.status_code, answer.json()["code"]) == (503, "PROVIDER_OUTAGE")
    assert answer.headers["retry-after"] == seconds


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"channel": "myspace"}, "/channel"),
        ({"channel": "tiktok"}, "/channel"),
        ({"credentials": {}}, "/credentials"),
        ({"credentials": {"identifier": "a"}}, "/credentials"),
        ({"credentials": {"accessToken": "t", "identifier": "a", "password": "p"}}, "/credentials"),
        ({"credentials": {"accessToken": "t", "expiresAt": "2026-01-01T00:00:00"}}, "/credentials/expiresAt"),
        ({"serviceUrl": "https://10.0.0.1"}, "/serviceUrl"),
        ({"serviceUrl": "https://user@pds.example"}, "/serviceUrl"),
    ],
)
async def test_what_is_wrong_is_pointed_at_before_the_network_is_asked(
    door: Door, change: dict[str, Any], pointer: str
) -> None:
    answer = await door.ask("POST", IMPORT, json=SENT | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert door.network.calls == []


@pytest.mark.parametrize(
    ("credentials", "pointer", "rule"),
    [
        ({"accessToken": "IG\u00e9"}, "/accessToken", "token_characters"),
        ({"accessToken": "two words"}, "/accessToken", "token_characters"),
        ({"accessToken": "t\r\nX-Other: 1"}, "/accessToken", "token_characters"),
        ({"accessToken": "t", "refreshToken": "\u0001"}, "/refreshToken", "token_characters"),
        ({"identifier": "a\n", "password": "p"}, "/identifier", "printable_characters"),
        ({"identifier": "a", "password": "p\u0007"}, "/password", "printable_characters"),
    ],
)
async def test_credentials_that_no_network_could_be_sent_are_refused(
    door: Door, credentials: dict[str, str], pointer: str, rule: str
) -> None:
    answer = await door.ask("POST", IMPORT, json=SENT | {"credentials": credentials})
    assert answer.status_code == 422
    assert [(error["pointer"], error["rule"]) for error in answer.json()["errors"]] == [
        (f"/credentials{pointer}", rule)
    ]
    assert door.network.calls == []


async def test_a_password_may_hold_any_letter(door: Door) -> None:
    answer = await door.ask(
        "POST", IMPORT, json=SENT | {"credentials": {"identifier": "k\u00f6ln", "password": "pass w\u00f6rd"}}
    )
    assert answer.status_code == 201


async def test_a_brand_connects_no_more_than_its_limit(door: Door) -> None:
    await door.ask("PATCH", "/v1/brands/acme", json={"limits": {"accounts": 1}})
    await imported(door, externalId="one")
    refused = await door.ask("POST", IMPORT, json=SENT | {"externalId": "two"})
    assert (refused.status_code, refused.json()["code"]) == (429, "QUOTA_EXCEEDED")
    # No time frees a place: the fields have no window, and asking again makes sense now and then.
    assert (refused.headers["ratelimit"], refused.headers["ratelimit-policy"]) == ('"accounts";r=0', '"accounts";q=1')
    assert refused.headers["retry-after"] == "3600"
    assert (await door.ask("POST", IMPORT, json=SENT | {"externalId": "one"})).status_code == 200


async def test_a_check_tells_the_truth_of_the_network(door: Door) -> None:
    account = await imported(door)
    door.network.handle = "renamed.example"
    checked = (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).json()
    assert (checked["ok"], checked["failure"], checked["handle"]) == (True, None, "renamed.example")


async def test_a_check_renews_a_token_that_the_network_calls_expired(door: Door) -> None:
    account = await imported(door)
    door.network.verifying.append(error(Reason.TOKEN_EXPIRED))
    checked = (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).json()
    assert (checked["ok"], checked["status"]) == (True, "connected")
    assert door.network.count("refresh") == 1
    opened = await door.seed.accounts.opened(account["id"])
    assert opened is not None
    assert opened.account.credentials.access_token.get_secret_value() == "refreshed"


async def test_a_check_that_finds_a_dead_grant_says_so_once(door: Door) -> None:
    account = await imported(door)
    door.network.verifying.append(error(Reason.TOKEN_REVOKED))
    for _ in range(2):
        checked = (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).json()
        assert (checked["ok"], checked["status"]) == (False, "reauth_required")
        assert checked["failure"]["reason"] == "TOKEN_REVOKED"
    assert len(await door.seed.events(EventType.ACCOUNT_REAUTH_REQUIRED)) == 1


async def test_a_check_during_an_outage_changes_nothing(door: Door) -> None:
    account = await imported(door)
    door.network.verifying.append(error(Reason.PROVIDER_OUTAGE))
    assert (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).status_code == 503
    now = (await door.ask("GET", f"/v1/accounts/{account['id']}")).json()
    assert now.pop("lastFailure") | {"at": "", "remedy": ""} == {
        "at": "",
        "reason": "PROVIDER_OUTAGE",
        "message": "the network says no",
        "remedy": "",
    }
    assert now == {name: value for name, value in account.items() if name != "lastFailure"}


async def test_a_disconnected_account_fails_its_posts_and_stays_readable(door: Door) -> None:
    account = await imported(door)
    content_id = await door.seed.content(account["id"])
    for _ in range(2):
        assert (await door.ask("DELETE", f"/v1/accounts/{account['id']}")).status_code == 204
    assert (await door.seed.publication(content_id)).status == PublicationStatus.FAILED
    assert (await door.ask("GET", f"/v1/accounts/{account['id']}")).json()["status"] == "disconnected"
    assert (await door.ask("GET", "/v1/accounts")).json()["data"] == []
    checked = (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).json()
    assert (checked["ok"], checked["failure"]["reason"]) == (False, "ACCOUNT_DISCONNECTED")


async def test_a_list_of_another_brand_is_empty(door: Door) -> None:
    await imported(door)
    key = await door.key(Scope.ACCOUNTS_READ, brand_ref="rival")
    for query in ("", "?brandRef=acme", "?brandRef=nobody"):
        assert (await door.ask("GET", f"/v1/accounts{query}", key=key)).json() == {"data": [], "nextCursor": None}


async def test_a_disconnected_accounts_grant_is_ended_at_the_network_once(door: Door) -> None:
    account = await imported(door)
    for _ in range(2):
        assert (await door.ask("DELETE", f"/v1/accounts/{account['id']}")).status_code == 204
    assert door.authority.revoked == ["CANARY-access"]


async def test_a_grant_that_another_brand_uses_is_not_ended(door: Door) -> None:
    mine = await imported(door)
    theirs = (await door.ask("POST", "/v1/brands/rival/accounts", json=SENT)).json()
    await door.ask("DELETE", f"/v1/accounts/{mine['id']}")
    assert door.authority.revoked == []
    await door.ask("DELETE", f"/v1/accounts/{theirs['id']}")
    assert door.authority.revoked == ["CANARY-access"]


async def test_a_grant_is_kept_while_a_post_may_have_to_be_looked_for(door: Door) -> None:
    account = await imported(door)
    content_id = await door.seed.content(account["id"])
    async with door.services.database.write() as session:
        row = (await session.exec(select(PublicationRow).where(PublicationRow.content_id == content_id))).one()
        row.status = PublicationStatus.UNCONFIRMED.value
    await door.ask("DELETE", f"/v1/accounts/{account['id']}")
    assert door.authority.revoked == []


async def test_an_account_goes_even_when_the_network_does_not_answer(door: Door) -> None:
    account = await imported(door)
    door.authority.refusing.append(error(Reason.PROVIDER_OUTAGE))
    assert (await door.ask("DELETE", f"/v1/accounts/{account['id']}")).status_code == 204
    assert (await door.ask("GET", f"/v1/accounts/{account['id']}")).json()["status"] == "disconnected"
