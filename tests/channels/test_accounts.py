"""The account of a token: the networks' answers to a check, and what they mean for the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.accounts.importing import prove
from munadi.domain.failure import Effect, Reason
from munadi.ports import AccountImport
from tests.channels.account_networks import (
    APP,
    BARE,
    CHANNEL,
    FACEBOOK,
    GIVEN,
    GOOGLE_BUSINESS,
    INSTAGRAM,
    NETWORKS,
    OPEN_ID,
    PAGE,
    THREADS,
    TIKTOK,
    YOUTUBE,
    Network,
    graph,
    networks,
)
from tests.channels.making import NOW, REFRESH, SECRET, TOKEN, error_of
from tests.channels.network import answer, ok
from tests.channels.scene_tiktok import CREATOR, done, refused
from tests.channels.scene_youtube import refusal

R, S = Reason, Effect


@networks
async def test_a_token_belongs_to_one_profile(on: Network) -> None:
    built = on.bench()
    found = await built.channel.verify(BARE if on in (GOOGLE_BUSINESS, YOUTUBE) else GIVEN)
    request = built.network.requests[0]
    assert (request.url.path.endswith(on.me), dict(request.url.params)) == (True, on.asked)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    profile = found.profile
    assert (profile.external_id, profile.handle, profile.display_name) == on.profile
    assert (profile.facts, found.credentials.expires_at) == (on.facts, None)
    if on is TIKTOK:
        assert profile.scopes == ("user.info.basic", "video.publish")


@networks
async def test_a_given_expiry_and_id_are_kept(on: Network) -> None:
    given = AccountImport(
        access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), external_id=on.profile[0], expires_at=NOW
    )
    credentials = (await on.bench().channel.verify(given)).credentials
    kept = None if on in (INSTAGRAM, THREADS) else SecretStr(REFRESH)  # their tokens renew themselves
    assert (credentials.expires_at, credentials.refresh_token) == (NOW, kept)


REFUSED_PROOFS: list[tuple[Network, Any, Reason]] = [
    *((on, graph(190), R.TOKEN_EXPIRED) for on in (INSTAGRAM, THREADS)),
    *((on, graph(190, 460), R.TOKEN_REVOKED) for on in (INSTAGRAM, THREADS)),
    *((on, graph(10), R.MISSING_SCOPE) for on in (INSTAGRAM, THREADS)),
    (INSTAGRAM, ok({"id": "999", "username": "acme"}), R.UNKNOWN_PROVIDER_ERROR),
    (THREADS, ok({"username": "acme"}), R.UNKNOWN_PROVIDER_ERROR),
    (THREADS, graph(452, 4279019), R.TOKEN_REVOKED),
    (FACEBOOK, graph(190, 463), R.TOKEN_EXPIRED),
    (FACEBOOK, graph(190, 458), R.TOKEN_REVOKED),
    (FACEBOOK, graph(190, 492), R.ROLE_OR_2FA_REQUIRED),
    (FACEBOOK, graph(100, message="Tried accessing nonexisting field (category)"), R.INVALID_FIELD),  # a person's
    (FACEBOOK, ok({}), R.UNKNOWN_PROVIDER_ERROR),
    (TIKTOK, refused(401, "access_token_invalid"), R.TOKEN_EXPIRED),
    (TIKTOK, refused(401, "scope_not_authorized"), R.MISSING_SCOPE),
    *((TIKTOK, done(data), R.UNKNOWN_PROVIDER_ERROR) for data in ({"user": {}}, None)),
    (TIKTOK, ok({"data": {"user": {"open_id": OPEN_ID}}}), R.PROVIDER_OUTAGE),
    (YOUTUBE, refusal(403, "insufficientPermissions"), R.MISSING_SCOPE),  # a token that may only upload
    (YOUTUBE, refusal(401, "authError"), R.TOKEN_EXPIRED),
    (YOUTUBE, refusal(401, "youtubeSignupRequired"), R.TARGET_NOT_ACCESSIBLE),
    (YOUTUBE, refusal(403, "accessNotConfigured"), R.APP_NOT_APPROVED),
    (YOUTUBE, refusal(403, "channelSuspended"), R.ACCOUNT_RESTRICTED),
    *((YOUTUBE, ok(body), R.TARGET_NOT_ACCESSIBLE) for body in ({"items": []}, {"items": [{"id": 5}]})),
    (YOUTUBE, ok({"kind": "youtube#channelListResponse"}), R.TARGET_NOT_ACCESSIBLE),
    *((on, answer(503, "<html>"), R.PROVIDER_OUTAGE) for on in NETWORKS.values()),
]


@pytest.mark.parametrize(("on", "me", "reason"), REFUSED_PROOFS)
async def test_a_token_that_does_not_work(on: Network, me: httpx.Response, reason: Reason) -> None:
    error = await error_of(on.bench(me).channel.verify(BARE), reason)
    if reason is R.INVALID_FIELD:
        assert "/me/accounts" in error.message


@pytest.mark.parametrize(
    ("on", "who", "handle"),
    [
        (FACEBOOK, ok({"id": PAGE, "name": "Acme Shop"}), "Acme Shop"),
        *((YOUTUBE, ok({"items": [{"id": CHANNEL, **more}]}), handle) for more, handle in (
            ({}, CHANNEL), ({"snippet": {"title": "Acme"}}, "Acme"), ({"snippet": 5}, CHANNEL)
        )),
    ],
)  # fmt: skip
async def test_a_profile_without_a_handle_gets_another_name(on: Network, who: httpx.Response, handle: str) -> None:
    assert (await on.bench(who).channel.verify(BARE)).profile.handle == handle


@pytest.mark.parametrize(("on", "login"), [(INSTAGRAM, "myspace"), (FACEBOOK, "instagram")])
async def test_an_unknown_login_is_refused(on: Network, login: str) -> None:
    given = AccountImport(access_token=SecretStr(TOKEN), login=login)
    assert (await error_of(on.bench().channel.verify(given))).reason is R.INVALID_FIELD


async def test_an_id_above_two_to_the_53_is_kept_exactly() -> None:
    built = THREADS.bench(ok({"id": 9007199254740993, "username": "acme"}))
    assert (await built.channel.verify(BARE)).profile.external_id == "9007199254740993"


def usage(used: int, total: int | None) -> httpx.Response:
    return ok({"data": [{"quota_usage": used, **({"config": {"quota_total": total}} if total else {})}]})


@pytest.mark.parametrize(
    ("on", "edge"), [(INSTAGRAM, "content_publishing_limit"), (THREADS, "threads_publishing_limit")]
)
@pytest.mark.parametrize(
    ("limits", "quota"),
    [
        (usage(4, 250), {"used": 4, "total": 250, "left": 246}),
        (usage(251, 250), {"used": 251, "total": 250, "left": 0}),
        *((odd, None) for odd in (usage(2, None), ok({"data": []}), graph(10), answer(500, "<html>"))),
    ],
)
async def test_the_daily_quota_is_read_when_it_can_be(
    on: Network, edge: str, limits: httpx.Response, quota: dict[str, int] | None
) -> None:
    built = on.bench(read_quota=True)
    built.network.on("GET", f"/{on.profile[0]}/{edge}", limits)
    assert (await built.channel.verify(BARE)).profile.facts.get("quota") == quota
    assert built.network.requests[-1].url.params["fields"] == "quota_usage,config"


INSPECTED = {"is_valid": True, "expires_at": 1_800_000_000, "scopes": ["one"]}


@pytest.mark.parametrize(("on", "settings"), [(THREADS, {"inspect_tokens": True}), (FACEBOOK, APP)])
async def test_an_inspection_adds_scopes_and_expiry_and_may_fail(on: Network, settings: dict[str, Any]) -> None:
    built = on.bench(**settings)
    built.network.on("GET", "/debug_token", ok({"data": INSPECTED}))
    found = await built.channel.verify(BARE)
    asked = dict(built.network.sent("/debug_token")[0].url.params)
    assert asked == {"input_token": TOKEN, "access_token": f"4711|{SECRET}" if on is FACEBOOK else TOKEN}
    assert (found.profile.scopes, found.credentials.expires_at) == (
        ("one",),
        datetime.fromtimestamp(1_800_000_000, UTC),
    )
    odd = [{"data": []}, {"data": {"scopes": "all", "expires_at": "soon"}}, {"data": {"expires_at": 0}}, []]
    for inspection in (
        graph(100),
        answer(500, "<html>"),
        httpx.ReadTimeout("slow"),
        *map(ok, odd),
        ok({"data": {"expires_at": 10**30}}),
    ):
        built.network.on("GET", "/debug_token", inspection)
        found = await built.channel.verify(BARE)
        assert (found.profile.scopes, found.credentials.expires_at) == ((), None)


@pytest.mark.parametrize(
    "code", ["spam_risk_too_many_posts", "reached_active_user_cap", "spam_risk_user_banned_from_posting"]
)
async def test_a_tiktok_creator_who_may_not_post_now_is_connected_anyway(code: str) -> None:
    built = TIKTOK.bench()
    built.network.on("POST", CREATOR, refused(200, code))
    profile = (await built.channel.verify(GIVEN)).profile
    assert (profile.facts["creator_info"], profile.handle, profile.external_id) == (None, "Acme Inc", OPEN_ID)
    built.network.on("POST", CREATOR, refused(401, "scope_not_authorized"))
    assert (await error_of(built.channel.verify(GIVEN))).reason is R.MISSING_SCOPE


async def test_a_renewable_youtube_token_lives_an_hour_and_is_renewed_at_its_end() -> None:
    assert (await YOUTUBE.bench().channel.verify(GIVEN)).credentials.expires_at == NOW + timedelta(hours=1)
    built = YOUTUBE.bench()
    built.network.on("GET", YOUTUBE.me, refusal(401, "authError"), YOUTUBE.who)
    credentials = (await prove(built.channel, GIVEN)).credentials
    assert (credentials.access_token, credentials.refresh_token) == (SecretStr("fresh"), SecretStr(REFRESH))
    assert built.network.requests[-1].headers["authorization"] == "Bearer fresh"
