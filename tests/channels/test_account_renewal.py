"""Renewing a token: the request, the new tokens, and whether a refusal means that the grant is dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import Credentials
from munadi.domain.failure import Effect, Reason
from tests.channels.account_networks import (
    APP,
    FACEBOOK,
    INSTAGRAM,
    NETWORKS,
    PAGE,
    THREADS,
    TIKTOK,
    YOUTUBE,
    Network,
    graph,
)
from tests.channels.making import NOW, REFRESH, SECRET, TOKEN, error_of
from tests.channels.network import answer, form_of, ok

R, S = Reason, Effect


RENEWALS: list[tuple[Network, str, dict[str, str], Credentials]] = [
    (INSTAGRAM, "https://graph.example/ig/refresh_access_token", {"grant_type": "ig_refresh_token",
     "access_token": TOKEN}, Credentials(access_token=SecretStr("fresh"),
     expires_at=NOW + timedelta(seconds=5_183_944))),
    (THREADS, "https://token.example/th/refresh_access_token", {"grant_type": "th_refresh_token",
     "access_token": TOKEN}, Credentials(access_token=SecretStr("fresh"),
     expires_at=NOW + timedelta(seconds=5_183_944))),
    (TIKTOK, "https://api.example/tiktok/v2/oauth/token/", {"client_key": "4711", "client_secret": SECRET,
     "grant_type": "refresh_token", "refresh_token": REFRESH}, Credentials(access_token=SecretStr("fresh"),
     refresh_token=SecretStr("rft.new"), expires_at=NOW + timedelta(hours=2))),
    (YOUTUBE, "https://oauth2.googleapis.com/token", {**APP, "grant_type": "refresh_token", "refresh_token": REFRESH},
     Credentials(access_token=SecretStr("fresh"), refresh_token=SecretStr(REFRESH),
     expires_at=NOW + timedelta(seconds=3599))),
]  # fmt: skip


@pytest.mark.parametrize(("on", "url", "asked", "fresh"), RENEWALS)
async def test_a_renewal_returns_new_tokens(on: Network, url: str, asked: dict[str, str], fresh: Credentials) -> None:
    built = on.bench()
    found = await built.channel.refresh(on.account)
    request = built.network.requests[0]
    assert str(request.url.copy_with(query=None)) == url
    assert (form_of(request) if request.method == "POST" else dict(request.url.params)) == asked
    assert found.model_copy(update={"refresh_token": fresh.refresh_token}) == fresh
    assert fresh.refresh_token is None or found.refresh_token == fresh.refresh_token


@pytest.mark.parametrize("on", [INSTAGRAM, THREADS])
@pytest.mark.parametrize("expires_at", [None, NOW + timedelta(days=59)])
async def test_a_token_too_young_to_be_renewed_is_kept(on: Network, expires_at: Any) -> None:
    who = on.known(expires_at=expires_at)
    assert await on.bench(renew=graph(100)).channel.refresh(who) == who.credentials


LATER = NOW + timedelta(days=9)


def void(status: int, error: str) -> httpx.Response:
    """A refusal that repeats our secrets."""
    return answer(status, {"error": error, "error_description": f"{REFRESH} of {SECRET} is void"})


REFUSED_RENEWALS: list[tuple[Network, Any, Any, Reason]] = [
    *((on, graph(100), NOW, R.INVALID_FIELD) for on in (INSTAGRAM, THREADS)),
    *((on, graph(190), LATER, R.TOKEN_REVOKED) for on in (INSTAGRAM, THREADS)),
    *((on, graph(190, 463), None, R.TOKEN_REVOKED) for on in (INSTAGRAM, THREADS)),
    *((on, graph(190, 459), None, R.LOGIN_CHECKPOINT) for on in (INSTAGRAM, THREADS)),
    *((on, answer(500, "<html>"), None, R.PROVIDER_OUTAGE) for on in NETWORKS.values()),
    *((on, graph(4), None, R.RATE_LIMITED) for on in (INSTAGRAM, THREADS)),
    *((on, ok({}), None, R.UNKNOWN_PROVIDER_ERROR) for on in (INSTAGRAM, THREADS)),
    (THREADS, graph(452, 4279019), LATER, R.TOKEN_REVOKED),
    (THREADS, graph(10), LATER, R.MISSING_SCOPE),
    *((TIKTOK, void(status, "invalid_grant"), None, R.TOKEN_REVOKED) for status in (200, 400, 401)),
    *((TIKTOK, void(status, "invalid_client"), None, R.APP_NOT_APPROVED) for status in (200, 400, 401)),
    *((TIKTOK, ok(body), None, R.UNKNOWN_PROVIDER_ERROR) for body in ({}, {"access_token": 1}, {"data": {}}, [])),
    (YOUTUBE, answer(400, {"error": "invalid_grant"}), None, R.TOKEN_REVOKED),
    (YOUTUBE, void(401, "invalid_client"), None, R.APP_NOT_APPROVED),
    (YOUTUBE, answer(401, {"error": "deleted_client"}), None, R.APP_NOT_APPROVED),
    (YOUTUBE, answer(401, "<html>"), None, R.APP_NOT_APPROVED),
    (YOUTUBE, answer(400, {"error": "new_word"}), None, R.UNKNOWN_PROVIDER_ERROR),
    (YOUTUBE, answer(429, "<html>"), None, R.RATE_LIMITED),
    *((YOUTUBE, ok(body), None, R.PROVIDER_OUTAGE) for body in ({"access_token": ""}, [])),
]  # fmt: skip


@pytest.mark.parametrize(("on", "given", "expires_at", "reason"), REFUSED_RENEWALS)
async def test_a_failed_renewal_reports_whether_the_grant_is_dead(
    on: Network, given: httpx.Response, expires_at: Any, reason: Reason
) -> None:
    error = await error_of(
        on.bench(renew=given, **(APP if on is FACEBOOK else {})).channel.refresh(on.known(expires_at=expires_at))
    )
    assert error.reason is reason
    if reason in (R.PROVIDER_OUTAGE, R.UNKNOWN_PROVIDER_ERROR):
        assert error.effect is S.UNKNOWN


@pytest.mark.parametrize("on", [TIKTOK, YOUTUBE])
async def test_without_a_refresh_token_only_a_new_login_helps(on: Network) -> None:
    built = on.bench()
    assert (await error_of(built.channel.refresh(on.known(refresh_token=None)))).reason is R.TOKEN_REVOKED
    assert built.network.requests == []


@pytest.mark.parametrize(("on", "reason"), [(TIKTOK, R.INTERNAL_ERROR), (YOUTUBE, R.APP_NOT_APPROVED)])
@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
async def test_without_an_app_no_account_is_lost(on: Network, reason: Reason, missing: str) -> None:
    built = on.bench(**{missing: None})
    error = await error_of(built.channel.refresh(on.account))
    assert (error.reason, missing.upper() in error.message, built.network.requests) == (reason, True, [])


@pytest.mark.parametrize(
    ("on", "change", "refresh"),
    [
        *((TIKTOK, {"refresh_token": "", "expires_in": odd}, REFRESH) for odd in (None, "7200")),
        (YOUTUBE, {"refresh_token": "another", "expires_in": "soon"}, "another"),
    ],
)
async def test_an_odd_renewal_keeps_the_old_values(on: Network, change: dict[str, Any], refresh: str) -> None:
    fresh = await on.bench(renew=ok({**on.renewed, **change})).channel.refresh(on.account)
    assert (fresh.refresh_token, fresh.expires_at) == (SecretStr(refresh), None)


@pytest.mark.parametrize(("settings", "extended"), [({}, REFRESH), (APP, "longer")])
async def test_a_persons_token_gets_a_token_of_the_page(settings: dict[str, str], extended: str) -> None:
    built = FACEBOOK.bench(**settings)
    built.network.on("GET", f"/v26.0/{PAGE}", ok({"id": PAGE, "access_token": "fresh"}))
    found = await built.channel.refresh(FACEBOOK.account)
    assert found == Credentials(access_token=SecretStr("fresh"), refresh_token=SecretStr(extended))
    assert built.network.requests[-1].headers["authorization"] == f"Bearer {extended}"
    built.network.on("GET", f"/v26.0/{PAGE}", ok({"id": PAGE}))  # the person lost the role
    assert (await error_of(built.channel.refresh(FACEBOOK.account))).reason is R.ROLE_OR_2FA_REQUIRED


async def test_a_pages_token_alone_is_only_checked() -> None:
    alone = FACEBOOK.known(refresh_token=None)
    assert await FACEBOOK.bench().channel.refresh(alone) == alone.credentials
    for subcode in (463, 458):
        assert (await error_of(FACEBOOK.bench(graph(190, subcode)).channel.refresh(alone))).reason is R.TOKEN_REVOKED


@pytest.mark.parametrize(("seconds", "ends"), [(None, None), (3600, NOW + timedelta(hours=1))])
async def test_googles_grant_is_dead_only_if_the_answer_says_so(seconds: int | None, ends: Any) -> None:
    built = YOUTUBE.bench(renew=ok({**YOUTUBE.renewed, "refresh_token_expires_in": seconds}))
    fresh = await built.channel.refresh(YOUTUBE.account)
    assert (fresh.grant_expires_at, fresh.is_final) == (ends, ends is not None)
