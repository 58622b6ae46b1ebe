"""Whose a Threads token is, what it may do, and how long it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport
from tests.channels.making import NOW, TOKEN, Bench, account, bench
from tests.channels.network import answer, ok

ID = "26750000000000001"
HOSTS = {"graph": "https://graph.example/th/", "token": "https://token.example/th/"}
REFRESH, LIMIT = "/refresh_access_token", f"/{ID}/threads_publishing_limit"
GIVEN = AccountImport(access_token=SecretStr(TOKEN))
ME = {"id": int(ID), "username": "acme", "name": "Acme", "is_verified": True}


def over(path: str, given: Any, told: Any = None) -> Bench:
    built = bench("threads", {"hosts": HOSTS})
    built.network.on("GET", LIMIT, refusal(10))
    built.network.on("GET", path, given)
    built.network.on("GET", "/debug_token", ok({}) if told is None else told)
    return built


def known(**changes: Any) -> ConnectedAccount:
    bare = account("threads", ID)
    return bare.model_copy(update={"credentials": bare.credentials.model_copy(update=changes)})


def refusal(code: int, subcode: int | None = None) -> httpx.Response:
    return answer(400, {"error": {"code": code, "error_subcode": subcode, "message": f"no {TOKEN}"}})


async def test_an_id_above_two_to_the_53_is_kept_whole() -> None:
    built = over("/me", ok(ME | {"id": 9007199254740993}))
    built.network.on("GET", "/9007199254740993/threads_publishing_limit", refusal(10))
    connection = await built.channel.verify(GIVEN)
    url = built.network.requests[0].url
    assert str(url.copy_with(query=None)) == "https://graph.example/th/v1.0/me"
    assert url.params["fields"] == "id,username,name,is_verified"
    profile = connection.profile
    assert (profile.external_id, profile.handle, profile.display_name) == ("9007199254740993", "acme", "Acme")
    assert profile.facts == {"is_verified": True}


@pytest.mark.parametrize(
    ("limits", "quota"),
    [
        (ok({"data": [{"quota_usage": 4, "config": {"quota_total": 250}}]}), {"used": 4, "total": 250, "left": 246}),
        (ok({"data": [{"quota_usage": 251, "config": {"quota_total": 250}}]}), {"used": 251, "total": 250, "left": 0}),
        (ok({"data": []}), None),
        (refusal(10), None),
        (answer(500, "<html>"), None),
    ],
)
async def test_the_days_quota_is_read_when_it_can_be(limits: httpx.Response, quota: dict[str, int] | None) -> None:
    built = over("/me", ok(ME))
    built.network.on("GET", LIMIT, limits)
    assert (await built.channel.verify(GIVEN)).profile.facts.get("quota") == quota
    silent = bench("threads", {"hosts": HOSTS, "read_quota": False, "inspect_tokens": False})
    silent.network.on("GET", "/me", ok(ME))
    assert "quota" not in (await silent.channel.verify(GIVEN)).profile.facts


async def test_an_inspection_adds_scopes_and_expiry() -> None:
    told = {"data": {"is_valid": True, "expires_at": 1_800_000_000, "scopes": ["threads_basic"]}}
    built = over("/me", ok(ME), ok(told))
    connection = await built.channel.verify(GIVEN)
    asked = built.network.sent("/v1.0/debug_token")[0].url.params
    assert dict(asked) == {"access_token": TOKEN, "input_token": TOKEN}
    assert connection.profile.scopes == ("threads_basic",)
    assert connection.credentials.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)


async def test_an_expiry_that_was_given_stands() -> None:
    built = over("/me", ok(ME), ok({"data": {"expires_at": 1_800_000_000}}))
    given = AccountImport(access_token=SecretStr(TOKEN), external_id=ID, expires_at=NOW)
    assert (await built.channel.verify(given)).credentials.expires_at == NOW


@pytest.mark.parametrize(
    "told",
    [
        refusal(100),
        answer(500, "<html>"),
        httpx.ReadTimeout("slow"),
        ok([]),
        ok({"data": []}),
        ok({"data": {"scopes": "all", "expires_at": "soon"}}),
        ok({"data": {"expires_at": 0}}),
        ok({"data": {"expires_at": 10**30}}),
    ],
)
async def test_an_import_does_not_depend_on_the_inspection(told: Any) -> None:
    connection = await over("/me", ok(ME), told).channel.verify(GIVEN)
    assert (connection.profile.scopes, connection.credentials.expires_at) == ((), None)


@pytest.mark.parametrize(
    ("me", "reason"),
    [
        (ok({"username": "acme"}), Reason.UNKNOWN_PROVIDER_ERROR),
        (refusal(190), Reason.TOKEN_EXPIRED),
        (refusal(190, 460), Reason.TOKEN_REVOKED),
        (refusal(452, 4279019), Reason.TOKEN_REVOKED),
        (refusal(10), Reason.MISSING_SCOPE),
    ],
)
async def test_a_token_that_does_not_work(me: httpx.Response, reason: Reason) -> None:
    with pytest.raises(ChannelError) as caught:
        await over("/me", me).channel.verify(GIVEN)
    assert caught.value.reason is reason
    assert TOKEN not in f"{caught.value.raw}{caught.value.provider_message}"


async def test_a_refresh_lives_sixty_days_more() -> None:
    built = over(REFRESH, ok({"access_token": "fresh", "token_type": "bearer", "expires_in": 5_183_944}))
    fresh = await built.channel.refresh(known())
    url = built.network.requests[0].url
    assert str(url.copy_with(query=None)) == "https://token.example/th/refresh_access_token"
    assert dict(url.params) == {"grant_type": "th_refresh_token", "access_token": TOKEN}
    assert fresh.access_token.get_secret_value() == "fresh"
    assert fresh.expires_at == NOW + timedelta(seconds=5_183_944)


@pytest.mark.parametrize("expires_at", [None, NOW + timedelta(days=59)])
async def test_a_token_too_young_to_be_refreshed_is_kept(expires_at: Any) -> None:
    who = known(expires_at=expires_at)
    assert await over(REFRESH, refusal(100)).channel.refresh(who) == who.credentials


@pytest.mark.parametrize(
    ("given", "expires_at", "reason"),
    [
        (refusal(100), NOW, Reason.INVALID_FIELD),
        (refusal(190), NOW + timedelta(days=9), Reason.TOKEN_REVOKED),
        (refusal(190, 463), None, Reason.TOKEN_REVOKED),
        (refusal(452, 4279019), NOW + timedelta(days=9), Reason.TOKEN_REVOKED),
        (refusal(10), NOW + timedelta(days=9), Reason.MISSING_SCOPE),
        (refusal(190, 459), None, Reason.LOGIN_CHECKPOINT),
        (answer(500, "<html>"), None, Reason.PROVIDER_OUTAGE),
        (refusal(4), None, Reason.RATE_LIMITED),
        (ok({}), None, Reason.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_refresh_that_fails_says_whether_the_token_is_dead(
    given: httpx.Response, expires_at: Any, reason: Reason
) -> None:
    with pytest.raises(ChannelError) as caught:
        await over(REFRESH, given).channel.refresh(known(expires_at=expires_at))
    assert caught.value.reason is reason
    assert TOKEN not in f"{caught.value.raw}{caught.value.provider_message}"
