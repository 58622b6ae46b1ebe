"""Whose a token is, and how long it lives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport
from tests.channels.making import NOW, TOKEN, Bench, account, bench
from tests.channels.network import answer, ok

IG = "17841400000000001"
REFRESH = "/refresh_access_token"


def over(path: str, given: Any) -> Bench:
    built = bench("instagram", {"hosts": {"graph": "https://graph.example/ig/"}, "read_quota": False})
    built.network.on("GET", path, given)
    return built


def known(**changes: Any) -> ConnectedAccount:
    bare = account("instagram", IG)
    return bare.model_copy(update={"credentials": bare.credentials.model_copy(update=changes)})


def refusal(code: int, subcode: int | None = None) -> httpx.Response:
    return answer(400, {"error": {"code": code, "error_subcode": subcode, "message": f"no {TOKEN}"}})


async def test_the_account_is_user_id_not_id() -> None:
    me = {"user_id": IG, "id": "999", "username": "acme", "name": "Acme", "account_type": "BUSINESS"}
    built = over("/me", ok(me))
    given = AccountImport(access_token=SecretStr(TOKEN), external_id=IG, expires_at=NOW, login="instagram")
    connection = await built.channel.verify(given)
    url = built.network.requests[0].url
    assert str(url.copy_with(query=None)) == "https://graph.example/ig/v26.0/me"
    assert url.params["fields"] == "user_id,username,name,account_type"
    profile = connection.profile
    assert (profile.external_id, profile.handle, profile.display_name) == (IG, "acme", "Acme")
    assert profile.facts == {"account_type": "BUSINESS"}
    assert connection.credentials.expires_at == NOW


@pytest.mark.parametrize(
    ("me", "reason"),
    [
        (ok({"id": "999", "username": "acme"}), Reason.UNKNOWN_PROVIDER_ERROR),
        (refusal(190), Reason.TOKEN_EXPIRED),
        (refusal(190, 460), Reason.TOKEN_REVOKED),
        (refusal(10), Reason.MISSING_SCOPE),
    ],
)
async def test_a_token_that_does_not_work(me: httpx.Response, reason: Reason) -> None:
    with pytest.raises(ChannelError) as caught:
        await over("/me", me).channel.verify(AccountImport(access_token=SecretStr(TOKEN)))
    assert caught.value.reason is reason


async def test_a_login_that_is_not_known() -> None:
    with pytest.raises(ChannelError, match="instagram or facebook") as caught:
        await bench("instagram").channel.verify(AccountImport(access_token=SecretStr(TOKEN), login="myspace"))
    assert caught.value.reason is Reason.INVALID_FIELD


@pytest.mark.parametrize(
    ("limits", "quota"),
    [
        (ok({"data": [{"quota_usage": 2, "config": {"quota_total": 50, "quota_duration": 86400}}]}), (2, 50)),
        (ok({"data": [{"quota_usage": 2}]}), None),
        (ok({"data": []}), None),
        (refusal(10), None),
        (answer(500, "<html>"), None),
    ],
)
async def test_the_days_quota_is_read_when_it_can_be(limits: httpx.Response, quota: tuple[int, int] | None) -> None:
    built = bench("instagram")
    built.network.on("GET", "/me", ok({"user_id": IG, "username": "acme", "account_type": "BUSINESS"}))
    built.network.on("GET", f"/{IG}/content_publishing_limit", limits)
    facts = (await built.channel.verify(AccountImport(access_token=SecretStr(TOKEN)))).profile.facts
    assert facts.get("quota") == (quota and {"used": quota[0], "total": quota[1], "left": quota[1] - quota[0]})
    assert built.network.requests[-1].url.params["fields"] == "quota_usage,config"


async def test_a_refresh_lives_sixty_days_more() -> None:
    built = over(REFRESH, ok({"access_token": "fresh", "token_type": "bearer", "expires_in": 5_183_944}))
    fresh = await built.channel.refresh(known())
    url = built.network.requests[0].url
    assert str(url.copy_with(query=None)) == "https://graph.example/ig/refresh_access_token"
    assert dict(url.params) == {"grant_type": "ig_refresh_token", "access_token": TOKEN}
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
