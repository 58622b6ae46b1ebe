"""The log-in at the owner's server: the app is registered on first use, and the token has no end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from munadi.channels.registry import build_channels
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.ports import AnyChannel, ConsentRequest
from tests.channels.consent import BACK, Login, at
from tests.channels.making import FixedClock, error_of, tools
from tests.channels.network import Network, answer, form_of, ok

APPS, TOKENS = "/api/v1/apps", "/oauth/token"
SCOPES = "read:accounts read:statuses write:statuses write:media"


def server(hint: str | None = "social.example", **settings: Any) -> tuple[AnyChannel, Network, FixedClock, Any]:
    network, clock = Network(), FixedClock()
    network.on("POST", APPS, *(ok({"client_id": f"c{n}", "client_secret": "app-secret-0123456789"}) for n in range(9)))
    client = httpx.AsyncClient(transport=network)
    channels = build_channels({"mastodon": settings}, tools(client, clock))
    return channels[ChannelName.MASTODON], network, clock, ConsentRequest("s", BACK, hint=hint)


@pytest.mark.parametrize(
    ("hint", "page"),
    [
        ("social.example", "https://social.example"),
        ("https://social.example/", "https://social.example"),
        ("@acme@social.example", "https://social.example"),
        ("113500000000000001@social.example:8443", "https://social.example:8443"),
        ("http://127.0.0.1:9/mastodon/server", "http://127.0.0.1:9/mastodon/server"),
    ],
)
async def test_the_hint_names_the_server(hint: str, page: str) -> None:
    login, network, _, asked = server(hint)
    assert (await login.begin_consent(asked)).url.startswith(f"{page}/oauth/authorize?")
    assert str(network.requests[0].url) == f"{page}{APPS}"


@pytest.mark.parametrize(
    "hint", [None, "", "  ", "https://", "https://a.example/?x=1", "https://me:pw@a.example", "#", "http://[::1"]
)
async def test_without_a_server_there_is_no_consent(hint: str | None) -> None:
    login, network, _, asked = server(hint)
    error = await error_of(login.begin_consent(asked), Reason.INVALID_FIELD)
    assert "give its address as hint" in error.message
    assert network.requests == []


async def test_the_app_is_registered_once_for_each_server_and_address() -> None:
    login, network, clock, asked = server(client_name="Acme Publisher")
    ids = [(await login.begin_consent(asked)).kept["clientId"] for _ in range(2)]
    other = ConsentRequest("s", f"{BACK}/other", hint=asked.hint)
    elsewhere = ConsentRequest("s", BACK, hint="another.example")
    ids += [(await login.begin_consent(one)).kept["clientId"] for one in (other, elsewhere)]
    clock.forward(days=1, seconds=1)
    ids.append((await login.begin_consent(asked)).kept["clientId"])
    assert ids == ["c0", "c0", "c1", "c2", "c3"]
    assert form_of(network.requests[0]) == {"client_name": "Acme Publisher", "redirect_uris": BACK, "scopes": SCOPES}


async def test_a_server_that_forgot_the_app_gets_a_new_one() -> None:
    login, network, _, asked = server()
    kept = (await login.begin_consent(asked)).kept
    network.on("POST", TOKENS, answer(401, {"error": "invalid_client", "error_description": "unknown client"}))
    await error_of(login.exchange(asked, {"code": "x"}, kept), Reason.CONSENT_EXPIRED)
    assert (await login.begin_consent(asked)).kept["clientId"] == "c1"


@pytest.mark.parametrize(
    ("scope", "missing"),
    [(SCOPES, ""), ("read write", ""), ("", ""), ("read write:statuses", "write:media"), ("write", "read:accounts")],
)
async def test_a_wide_scope_covers_the_fine_ones(scope: str, missing: str) -> None:
    login, network, _, asked = server()
    kept = (await login.begin_consent(asked)).kept
    network.on("POST", TOKENS, ok({"access_token": "t", "scope": scope}))
    network.on("GET", "/api/v1/accounts/verify_credentials", ok({"id": "7"}))
    call = login.exchange(asked, {"code": "x"}, kept)
    if missing:
        assert f"not granted: {missing}" in (await error_of(call, Reason.MISSING_SCOPE)).message
        return
    (choice,) = (await call).choices
    assert (choice.external_id, choice.given.service_url) == ("7@social.example", "https://social.example")


@pytest.mark.parametrize("body", [{}, {"client_id": "x"}, {"client_id": "", "client_secret": "y"}, []])
async def test_a_server_that_registers_nothing(body: Any) -> None:
    login, network, _, asked = server()
    network.on("POST", APPS, ok(body))
    await error_of(login.begin_consent(asked), Reason.UNKNOWN_PROVIDER_ERROR)


@at("mastodon")
async def test_a_code_belongs_to_its_verifier(login: Login) -> None:
    await login.failure(await login.agreed(), verifier="x" * 64, reason=Reason.CONSENT_EXPIRED)


@at("mastodon")
async def test_revoking_ends_the_token_and_may_be_repeated(login: Login) -> None:
    (choice,) = (await login.granted()).choices
    found = await login.channel.verify(choice.given)
    account = login.account(credentials=found.credentials, service_url=found.profile.service_url)
    for _ in range(2):
        assert await login.server.revoke(account)
    await error_of(login.channel.verify(choice.given), Reason.TOKEN_EXPIRED)
    bare = found.credentials.model_copy(update={"extra": {}})
    assert not await login.server.revoke(account.model_copy(update={"credentials": bare}))
