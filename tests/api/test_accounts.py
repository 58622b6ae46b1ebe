"""Accounts: verified before they are stored, shown without a secret, fixed by a reconnect, revoked once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update

from munadi.db.tables import PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from tests.api.harness import ApiHarness, bytes_of, open_api
from tests.api.problems import expect_errors, expect_problem, expect_quota_exceeded

pytestmark = pytest.mark.fake_network
IMPORT = "/v1/brands/acme/accounts"
SENT = {"channel": "bluesky", "credentials": {"accessToken": "CANARY-access", "refreshToken": "CANARY-refresh"}}


def error(reason: Reason, **facts: Any) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, "the network says no", provider_code="E1", **facts)


async def check(api: ApiHarness, account_id: str) -> dict[str, Any]:
    return await api.create(f"/v1/accounts/{account_id}/check", None)


async def disconnect(api: ApiHarness, account_id: str) -> None:
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204


async def test_an_account_is_verified_then_stored(api: ApiHarness) -> None:
    made = await api.post(IMPORT, SENT)
    account = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"/v1/accounts/{account['id']}")
    assert api.network.count("verify") == 1
    assert (account["status"], account["handle"], account["scopes"]) == ("connected", "acme.example", ["publish"])
    assert account["affectedContents"] == []
    assert "CANARY" not in made.text
    assert await api.read_list("/v1/accounts?brandRef=acme") == [account]


async def test_importing_a_profile_again_reconnects_it_and_releases_its_posts(api: ApiHarness) -> None:
    account = await api.import_account()
    held = await api.seed.content(account["id"], hold=HoldReason.TOKEN)
    assert (await api.read(f"/v1/accounts/{account['id']}"))["affectedContents"] == [held]
    again = await api.post(IMPORT, SENT)
    assert (again.status_code, again.json()["id"]) == (200, account["id"])
    assert (await api.seed.publication(held)).hold_reason is None


@pytest.mark.parametrize("idempotency_key", [None, "k1"])
async def test_no_token_is_readable_at_rest(tmp_path: Path, idempotency_key: str | None) -> None:
    async with open_api(tmp_path, fake_network=True) as api:
        await api.post(IMPORT, SENT, idempotency_key=idempotency_key)
    written = bytes_of(tmp_path)
    assert b"acme.example" in written
    assert b"CANARY" not in written


async def test_a_repeated_import_calls_the_network_once(api: ApiHarness) -> None:
    first, again = [await api.post(IMPORT, SENT, idempotency_key="k1") for _ in range(2)]
    assert again.content == first.content
    assert api.network.count("verify") == 1


async def test_a_refusal_of_the_network_is_shown_with_its_remedy(api: ApiHarness) -> None:
    api.network.verify_errors.append(error(Reason.TOKEN_REVOKED))
    problem = expect_problem(await api.post(IMPORT, SENT), 422, "TOKEN_REVOKED")
    assert problem["detail"].startswith("the network says no. Check the credentials")
    assert "retry" not in problem["detail"].lower()
    [shown] = problem["errors"]
    assert (shown["pointer"], shown["code"], shown["channel"]) == ("/credentials", "TOKEN_REVOKED", "bluesky")
    assert (shown["rule"], shown["limit"], shown["actual"]) == (None, None, "E1")
    assert await api.read_list("/v1/accounts") == []


@pytest.mark.parametrize(("wait", "seconds"), [(None, "30"), (timedelta(seconds=7), "7")])
async def test_an_outage_of_the_network_is_a_503(api: ApiHarness, wait: timedelta | None, seconds: str) -> None:
    api.network.verify_errors.append(error(Reason.PROVIDER_OUTAGE, retry_after=wait))
    answer = await api.post(IMPORT, SENT)
    expect_problem(answer, 503, "PROVIDER_OUTAGE")
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
        ({"credentials": {"accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z"}}, "/credentials/expiresAt"),
        ({"serviceUrl": "https://10.0.0.1"}, "/serviceUrl"),
        ({"serviceUrl": "https://user@pds.example"}, "/serviceUrl"),
    ],
)
async def test_bad_input_is_pointed_at_before_the_network_is_called(
    api: ApiHarness, change: dict[str, Any], pointer: str
) -> None:
    expect_errors(await api.post(IMPORT, SENT | change), pointer)
    assert api.network.calls == []


@pytest.mark.parametrize(
    ("credentials", "field", "rule"),
    [
        ({"accessToken": "IG\u00e9"}, "accessToken", "token_characters"),
        ({"accessToken": "two words"}, "accessToken", "token_characters"),
        ({"accessToken": "t\r\nX-Other: 1"}, "accessToken", "token_characters"),
        ({"accessToken": "t", "refreshToken": "\u0001"}, "refreshToken", "token_characters"),
        ({"identifier": "a\n", "password": "p"}, "identifier", "printable_characters"),
        ({"identifier": "a", "password": "p\u0007"}, "password", "printable_characters"),
        ({"identifier": "k\u00f6ln", "password": "pass w\u00f6rd"}, None, None),
    ],
)
async def test_credentials_with_characters_that_cannot_be_sent_are_refused(
    api: ApiHarness, credentials: dict[str, str], field: str | None, rule: str | None
) -> None:
    answer = await api.post(IMPORT, SENT | {"credentials": credentials})
    if field is None:
        assert answer.status_code == 201
        return
    [found] = expect_errors(answer, f"/credentials/{field}")
    assert (found["rule"], api.network.calls) == (rule, [])


async def test_a_brand_connects_no_more_accounts_than_its_limit(api: ApiHarness) -> None:
    await api.limit(accounts=1)
    await api.import_account(externalId="one")
    refused = await api.post(IMPORT, SENT | {"externalId": "two"})
    expect_quota_exceeded(refused, "accounts")
    # No time frees a place: the fields have no window, and a retry makes sense now and then.
    assert (refused.headers["ratelimit"], refused.headers["ratelimit-policy"]) == ('"accounts";r=0', '"accounts";q=1')
    assert refused.headers["retry-after"] == "3600"
    assert (await api.post(IMPORT, SENT | {"externalId": "one"})).status_code == 200


async def test_a_check_updates_what_the_network_knows_of_an_account(api: ApiHarness) -> None:
    account = await api.import_account()
    api.network.handle, api.network.facts = "renamed.example", {"quota": {"used": 50, "total": 50, "left": 0}}
    checked = await check(api, account["id"])
    assert (checked["ok"], checked["failure"], checked["handle"]) == (True, None, "renamed.example")
    assert (account["quota"], checked["quota"]) == (None, {"used": 50, "total": 50, "left": 0})
    api.network.facts = {}
    assert (await check(api, account["id"]))["quota"] is None


async def test_a_check_refreshes_a_token_that_the_network_calls_expired(api: ApiHarness) -> None:
    account = await api.import_account()
    api.network.verify_errors.append(error(Reason.TOKEN_EXPIRED))
    checked = await check(api, account["id"])
    assert (checked["ok"], checked["status"], api.network.count("refresh")) == (True, "connected", 1)
    opened = await api.seed.accounts.opened(account["id"])
    assert opened is not None
    assert opened.account.credentials.access_token.get_secret_value() == "refreshed"


async def test_a_check_reports_a_revoked_grant_once(api: ApiHarness) -> None:
    account = await api.import_account()
    api.network.verify_errors.append(error(Reason.TOKEN_REVOKED))
    for _ in range(2):
        checked = await check(api, account["id"])
        assert (checked["ok"], checked["status"]) == (False, "reauth_required")
        assert checked["failure"]["reason"] == "TOKEN_REVOKED"
    assert len(await api.seed.events(EventType.ACCOUNT_REAUTH_REQUIRED)) == 1


async def test_a_check_during_an_outage_changes_nothing_but_the_last_failure(api: ApiHarness) -> None:
    account = await api.import_account()
    api.network.verify_errors.append(error(Reason.PROVIDER_OUTAGE))
    expect_problem(await api.post(f"/v1/accounts/{account['id']}/check"), 503)
    now = await api.read(f"/v1/accounts/{account['id']}")
    failure = now["lastFailure"]
    assert set(failure) == {"at", "reason", "message", "remedy"}
    assert (failure["reason"], failure["message"]) == ("PROVIDER_OUTAGE", "the network says no")
    assert now | {"lastFailure": None} == account | {"lastFailure": None}


async def test_a_disconnected_account_fails_its_posts_and_stays_readable(api: ApiHarness) -> None:
    account = await api.import_account()
    content_id = await api.seed.content(account["id"])
    for _ in range(2):
        await disconnect(api, account["id"])
    assert (await api.seed.publication(content_id)).status == PublicationStatus.FAILED
    assert (await api.read(f"/v1/accounts/{account['id']}"))["status"] == "disconnected"
    assert await api.read_list("/v1/accounts") == []
    checked = await check(api, account["id"])
    assert (checked["ok"], checked["failure"]["reason"]) == (False, "ACCOUNT_DISCONNECTED")
    assert api.authorizer.revoked == ["CANARY-access"], "its grant is revoked, once"


async def test_a_grant_that_another_brand_uses_is_not_revoked(api: ApiHarness) -> None:
    mine, theirs = await api.import_account(), await api.import_account("rival")
    await disconnect(api, mine["id"])
    assert api.authorizer.revoked == []
    await disconnect(api, theirs["id"])
    assert api.authorizer.revoked == ["CANARY-access"]


async def test_a_grant_is_not_revoked_while_a_post_may_need_reconciling(api: ApiHarness) -> None:
    account = await api.import_account()
    content_id = await api.seed.content(account["id"])
    async with api.services.database.write() as session:
        unconfirmed = update(PublicationRow).values(status=PublicationStatus.UNCONFIRMED.value)
        await session.exec(unconfirmed.where(col(PublicationRow.content_id) == content_id))
    await disconnect(api, account["id"])
    assert api.authorizer.revoked == []


async def test_an_account_is_disconnected_even_when_the_network_does_not_answer(api: ApiHarness) -> None:
    account = await api.import_account()
    api.authorizer.errors.append(error(Reason.PROVIDER_OUTAGE))
    await disconnect(api, account["id"])
    assert (await api.read(f"/v1/accounts/{account['id']}"))["status"] == "disconnected"
