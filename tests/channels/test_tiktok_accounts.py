"""Whose a token is, what its creator allows, and both tokens anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport
from tests.channels.making import NOW, REFRESH, TOKEN, Bench, bench
from tests.channels.network import answer, form_of, ok
from tests.channels.scene_tiktok import CREATOR, CREATOR_INFO, OPEN_ID, SETTINGS, WHO, done, refused

USER, GRANT = "/v2/user/info/", "/v2/oauth/token/"
GIVEN = AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), expires_at=NOW)
PERSON = {"open_id": OPEN_ID, "union_id": "u1", "display_name": "Acme Inc"}
NEW = {
    "access_token": "act.new",
    "refresh_token": "rft.new",
    "expires_in": 7200,
    "refresh_expires_in": 15_552_000,
    "open_id": OPEN_ID,
    "scope": "user.info.basic,video.publish",
    "token_type": "Bearer",
}


def built(user: httpx.Response | None = None, creator: httpx.Response | None = None) -> Bench:
    made = bench("tiktok", SETTINGS)
    made.network.on("GET", USER, user or done({"user": PERSON}))
    made.network.on("POST", CREATOR, creator or done(CREATOR_INFO))
    return made


async def test_verify_tells_who_and_what_may_be_posted() -> None:
    made = built()
    connection = await made.channel.verify(GIVEN)
    profile = connection.profile
    assert (profile.external_id, profile.handle, profile.display_name) == (OPEN_ID, "acme", "Acme")
    assert profile.scopes == ("user.info.basic", "video.publish")
    assert profile.facts["union_id"] == "u1"
    assert profile.facts["creator_info"]["privacy_level_options"] == CREATOR_INFO["privacy_level_options"]
    assert "creator_avatar_url" not in profile.facts["creator_info"]
    assert connection.credentials == Credentials(
        access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), expires_at=NOW
    )
    assert made.network.requests[0].url.params["fields"] == "open_id,union_id,display_name"


@pytest.mark.parametrize(
    "code", ["spam_risk_too_many_posts", "reached_active_user_cap", "spam_risk_user_banned_from_posting"]
)
async def test_a_creator_who_may_not_post_now_is_connected_all_the_same(code: str) -> None:
    connection = await built(creator=refused(200, code)).channel.verify(GIVEN)
    assert connection.profile.facts["creator_info"] is None
    assert (connection.profile.handle, connection.profile.external_id) == ("Acme Inc", OPEN_ID)


@pytest.mark.parametrize(
    ("user", "creator", "reason"),
    [
        (refused(401, "access_token_invalid"), None, Reason.TOKEN_EXPIRED),
        (refused(401, "scope_not_authorized"), None, Reason.MISSING_SCOPE),
        (None, refused(401, "scope_not_authorized"), Reason.MISSING_SCOPE),
        (done({"user": {}}), None, Reason.UNKNOWN_PROVIDER_ERROR),
        (done(), None, Reason.UNKNOWN_PROVIDER_ERROR),
        (ok({"data": {"user": PERSON}}), None, Reason.PROVIDER_OUTAGE),
        (answer(503, "<html>"), None, Reason.PROVIDER_OUTAGE),
    ],
)
async def test_a_token_that_cannot_post_is_refused(
    user: httpx.Response | None, creator: httpx.Response | None, reason: Reason
) -> None:
    with pytest.raises(ChannelError) as caught:
        await built(user, creator).channel.verify(GIVEN)
    assert caught.value.reason is reason


async def refresh(response: httpx.Response, **settings: Any) -> Credentials:
    made = bench("tiktok", {**SETTINGS, **settings})
    made.network.on("POST", GRANT, response)
    credentials = await made.channel.refresh(WHO)
    assert form_of(made.network.requests[0]) == {
        "client_key": "awkey",
        "client_secret": "s3cr3t-of-app",
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
    }
    return credentials


async def test_a_refresh_rotates_both_tokens() -> None:
    fresh = await refresh(ok(NEW))
    assert fresh.access_token.get_secret_value() == "act.new"
    assert fresh.refresh_token == SecretStr("rft.new")
    assert fresh.expires_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize(("change", "expires_at"), [({"expires_in": None}, None), ({"expires_in": "7200"}, None)])
async def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(change: Any, expires_at: Any) -> None:
    fresh = await refresh(ok({**NEW, "refresh_token": "", **change}))
    assert (fresh.refresh_token, fresh.expires_at) == (SecretStr(REFRESH), expires_at)


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    ("code", "reason"), [("invalid_grant", Reason.TOKEN_REVOKED), ("invalid_client", Reason.APP_NOT_APPROVED)]
)
async def test_a_refused_refresh_whatever_its_status(status: int, code: str, reason: Reason) -> None:
    body = {"error": code, "error_description": f"{REFRESH} is void", "log_id": "1"}
    with pytest.raises(ChannelError) as caught:
        await refresh(answer(status, body))
    assert caught.value.reason is reason
    kept = " ".join(str(value) for value in vars(caught.value).values())
    assert REFRESH not in kept
    assert "s3cr3t" not in kept


@pytest.mark.parametrize("body", [{}, {"access_token": 1}, {"data": {}}, []])
async def test_a_refresh_that_says_nothing_is_an_error(body: Any) -> None:
    with pytest.raises(ChannelError) as caught:
        await refresh(ok(body))
    assert caught.value.effect is Effect.UNKNOWN


async def test_nothing_to_renew_with() -> None:
    made = bench("tiktok", SETTINGS)
    bare = WHO.model_copy(update={"credentials": Credentials(access_token=SecretStr(TOKEN))})
    with pytest.raises(ChannelError) as caught:
        await made.channel.refresh(bare)
    assert caught.value.reason is Reason.TOKEN_REVOKED
    for missing in ("client_id", "client_secret"):
        made = bench("tiktok", {**SETTINGS, missing: None})
        with pytest.raises(ChannelError, match="CLIENT_ID") as caught:
            await made.channel.refresh(WHO)
        assert (caught.value.reason, made.network.requests) == (Reason.INTERNAL_ERROR, [])
