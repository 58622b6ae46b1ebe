"""A Page's token is imported and looked at; only its person's token can bring another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from munadi.domain.account import Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport
from tests.channels.making import REFRESH, TOKEN, Bench, account, bench
from tests.channels.network import answer, ok

PAGE = "100000000000001"
APP = {"client_id": "4711", "client_secret": "app-secret-0123456789"}
ME = {"id": PAGE, "name": "Acme Shop", "username": "acme", "category": "Shop", "link": "https://www.facebook.com/acme"}
WHO = account("facebook", PAGE)
ALONE = WHO.model_copy(update={"credentials": Credentials(access_token=SecretStr(TOKEN))})


def given(**changes: Any) -> AccountImport:
    return AccountImport(**{"access_token": SecretStr(TOKEN), "external_id": PAGE, **changes})


def over(settings: dict[str, Any] | None = None, me: Any = None) -> Bench:
    built = bench("facebook", settings)
    built.network.on("GET", "/me", me or ok(ME))
    return built


def error(code: int, subcode: int | None = None, message: str = "no") -> Any:
    return answer(400, {"error": {"code": code, "error_subcode": subcode, "message": message}})


async def refused(built: Bench, what: AccountImport) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await built.channel.verify(what)
    return caught.value


async def test_whose_it_is() -> None:
    built = over()
    found = await built.channel.verify(given(refresh_token=SecretStr(REFRESH)))
    assert (found.profile.external_id, found.profile.handle, found.profile.display_name) == (PAGE, "acme", "Acme Shop")
    assert found.profile.facts == {"category": "Shop", "link": "https://www.facebook.com/acme"}
    assert found.credentials.expires_at is None
    assert found.credentials.refresh_token == SecretStr(REFRESH)
    (request,) = built.network.requests
    assert (request.url.path, request.url.params["fields"]) == ("/v26.0/me", "id,name,username,link,category")


async def test_a_page_without_a_username_goes_by_its_name() -> None:
    found = await over(me=ok({"id": PAGE, "name": "Acme Shop"})).channel.verify(given())
    assert found.profile.handle == "Acme Shop"


async def test_another_pages_token_is_refused() -> None:
    found = await refused(over(me=ok({**ME, "id": "2"})), given())
    assert (found.reason, found.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


async def test_a_persons_token_is_refused() -> None:
    found = await refused(over(me=error(100, message="Tried accessing nonexisting field (category)")), given())
    assert (found.reason, found.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)
    assert "/me/accounts" in found.message


@pytest.mark.parametrize(
    ("me", "reason"),
    [
        (error(190, 463), Reason.TOKEN_EXPIRED),
        (error(190, 458), Reason.TOKEN_REVOKED),
        (error(190, 492), Reason.ROLE_OR_2FA_REQUIRED),
        (ok({}), Reason.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_token_that_does_not_work(me: Any, reason: Reason) -> None:
    assert (await refused(over(me=me), given())).reason is reason


async def test_a_login_that_there_is_not() -> None:
    assert (await refused(over(), given(login="instagram"))).reason is Reason.INVALID_FIELD


async def test_with_the_apps_credentials_scopes_and_end_are_known() -> None:
    built = over(APP)
    data = {"scopes": ["pages_manage_posts", 7], "expires_at": 1_800_000_000, "profile_id": PAGE}
    built.network.on("GET", "/debug_token", ok({"data": data}))
    found = await built.channel.verify(given())
    assert found.profile.scopes == ("pages_manage_posts",)
    assert found.credentials.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)
    params = built.network.requests[1].url.params
    assert (params["input_token"], params["access_token"]) == (TOKEN, "4711|app-secret-0123456789")


@pytest.mark.parametrize("answered", [error(190), ok([]), ok({"data": {"scopes": None, "expires_at": 0}})])
async def test_what_the_app_cannot_tell_is_not_known(answered: Any) -> None:
    built = over(APP)
    built.network.on("GET", "/debug_token", answered)
    found = await built.channel.verify(given())
    assert (found.profile.scopes, found.credentials.expires_at) == ((), None)


async def test_a_refusal_keeps_no_secret() -> None:
    built = bench("facebook", APP)
    built.network.on("GET", "/oauth/access_token", answer(400, {"error": {"message": f"{APP} {REFRESH}", "code": 1}}))
    with pytest.raises(ChannelError) as caught:
        await built.channel.refresh(WHO)
    kept = f"{caught.value.raw} {caught.value.provider_message}"
    assert REFRESH not in kept
    assert APP["client_secret"] not in kept


async def test_a_pages_token_alone_is_only_looked_at() -> None:
    assert await over().channel.refresh(ALONE) == ALONE.credentials


@pytest.mark.parametrize(("subcode", "reason"), [(463, "TOKEN_REVOKED"), (458, "TOKEN_REVOKED")])
async def test_a_dead_token_cannot_be_renewed(subcode: int, reason: str) -> None:
    with pytest.raises(ChannelError) as caught:
        await over(me=error(190, subcode)).channel.refresh(ALONE)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("settings", "extended"), [(None, REFRESH), (APP, "longer")])
async def test_a_persons_token_brings_another(settings: dict[str, Any] | None, extended: str) -> None:
    built = bench("facebook", settings)
    built.network.on("GET", "/oauth/access_token", ok({"access_token": "longer", "expires_in": 5_183_944}))
    built.network.on("GET", f"/v26.0/{PAGE}", ok({"id": PAGE, "access_token": "fresh"}))
    found = await built.channel.refresh(WHO)
    assert found == Credentials(access_token=SecretStr("fresh"), refresh_token=SecretStr(extended))
    assert built.network.requests[-1].headers["authorization"] == f"Bearer {extended}"


async def test_a_person_who_lost_the_role_brings_none() -> None:
    built = bench("facebook")
    built.network.on("GET", f"/v26.0/{PAGE}", ok({"id": PAGE}))
    with pytest.raises(ChannelError) as caught:
        await built.channel.refresh(WHO)
    assert caught.value.reason is Reason.ROLE_OR_2FA_REQUIRED
