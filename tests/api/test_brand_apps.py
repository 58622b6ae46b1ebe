"""Apps of brands: consents and renewals go to the brand's own app, and its secret is never shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from munadi.accounts.tokens import AccountTokens
from munadi.channels.registry import with_app
from munadi.db.accounts.apps import AppStore
from munadi.db.tables import BrandAppRow
from munadi.domain.account import Profile
from munadi.domain.brand_app import AppCredentials
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.domain.key import Scope
from munadi.ports import Channels, Connection
from munadi.ports.sandboxed import Sandboxed
from munadi.publishing import account_changes
from tests.api.harness import ApiHarness
from tests.api.owner import form_of, path_of
from tests.api.problems import expect_errors, expect_problem
from tests.db.seeding import START, RefreshingNetwork, token

SECRET = "CANARY-app-secret"
APP = {"clientId": "acme-app", "clientSecret": SECRET}


async def put(api: ApiHarness, channel: str = "x", brand: str = "acme", key: str | None = None, **body: Any) -> Any:
    return await api.client.put(
        f"/v1/brands/{brand}/apps/{channel}",
        json=APP | body,
        headers={"Authorization": f"Bearer {key or api.admin_key}"},
    )


async def asked(api: ApiHarness, brand: str, **fields: Any) -> dict[str, list[str]]:
    """What the consent page of a new link is asked."""
    link = await api.create(f"/v1/brands/{brand}/accounts/connect", {"channel": "x", **fields})
    transport = httpx.ASGITransport(app=api.app)
    async with httpx.AsyncClient(transport=transport, base_url=str(api.client.base_url)) as browser:
        left = await browser.post(path_of(link), data=await form_of(browser, path_of(link)))
    assert left.status_code == 303, left.text
    return parse_qs(urlsplit(left.headers["location"]).query)


@pytest.mark.each_database
async def test_an_app_is_set_read_replaced_and_removed(api: ApiHarness) -> None:
    made = await put(api, review="approved")
    view = made.json()
    assert made.status_code == 200, made.text
    assert (view["clientId"], view["review"], view["login"], view["accounts"]) == ("acme-app", "approved", None, 0)
    assert view["redirectUri"].endswith("/v1/oauth/x/callback")
    assert SECRET not in made.text
    assert await api.read_list("/v1/brands/acme/apps") == [view]
    assert (await put(api, clientId="other")).json()["clientId"] == "other"
    assert [row["clientId"] for row in await api.read_list("/v1/brands/acme/apps")] == ["other"]
    assert await api.count(BrandAppRow) == 1  # no account is connected through the first one
    assert (await api.delete("/v1/brands/acme/apps/x")).status_code == 204
    expect_problem(await api.get("/v1/brands/acme/apps/x"), 404, "NOT_FOUND")
    expect_problem(await api.delete("/v1/brands/acme/apps/x"), 404, "NOT_FOUND")
    audited = [each["action"] for each in await api.read_list("/v1/audit?target=x")]
    assert sorted(audited) == ["app.removed", "app.set", "app.set"]


async def test_the_consent_of_a_brand_goes_to_its_own_app(api: ApiHarness) -> None:
    problem = await api.post("/v1/brands/rival/accounts/connect", {"channel": "x"})
    expect_errors(problem, ("/channel", "APP_NOT_CONFIGURED"))
    await put(api)
    await put(api, brand="rival", clientId="rival-app")
    assert (await asked(api, "acme"))["client_id"] == ["acme-app"]
    assert (await asked(api, "rival"))["client_id"] == ["rival-app"]


@pytest.mark.each_database
async def test_an_account_stays_with_the_app_that_its_owner_consented_to(api: ApiHarness) -> None:
    await put(api)
    database, keyring = api.services.database, api.services.keyring
    first = await AppStore(database, keyring).current("acme", ChannelName.X, None)
    assert first is not None
    granted = Connection(Profile(external_id="1", handle="acme"), token("stale", "r", expires_at=START), first.id)
    async with database.write() as session:
        account = await account_changes.connect(session, keyring, "acme", ChannelName.X, granted, login=None, now=START)
    await put(api, clientId="second", clientSecret="2")
    await put(api, clientId="third", clientSecret="3")
    assert await api.count(BrandAppRow) == 2  # the second one has no account
    network, shared = (RefreshingNetwork(token("fresh", "r")) for _ in range(2))
    used: list[tuple[ChannelName, str, str]] = []

    def rebuilt(name: ChannelName, app: Any) -> Any:
        used.append((name, app.client_id, app.client_secret.get_secret_value()))
        return network

    channels = Channels({ChannelName.X: shared}, rebuild=rebuilt)
    tokens = AccountTokens(api.services.accounts._store, channels, api.clock, "w")
    assert (await tokens.account(account.id)).token == "fresh"
    assert (used, shared.refreshed) == ([(ChannelName.X, "acme-app", SECRET)], [])
    await api.delete(f"/v1/accounts/{account.id}")
    assert (await api.delete("/v1/brands/acme/apps/x")).status_code == 204
    assert await api.count(BrandAppRow) == 0


async def test_no_other_app_renews_tokens_of_an_app_that_is_gone(api: ApiHarness) -> None:
    granted = Connection(Profile(external_id="1", handle="acme"), token("stale", "r", expires_at=START), "app_gone")
    database, keyring = api.services.database, api.services.keyring
    async with database.write() as session:
        account = await account_changes.connect(session, keyring, "acme", ChannelName.X, granted, login=None, now=START)
    network = RefreshingNetwork(token("fresh", "r"))
    tokens = AccountTokens(api.services.accounts._store, Channels({ChannelName.X: network}), api.clock, "w")
    with pytest.raises(ChannelError, match="connected through is gone"):
        await tokens.account(account.id)
    assert network.refreshed == []


async def test_an_app_for_another_log_in_leaves_the_usual_one(api: ApiHarness) -> None:
    made = (await put(api, "linkedin", login="page")).json()
    assert made["login"] == "page"
    assert (await put(api, "linkedin", login="member")).json()["login"] is None
    refused = await put(api, "linkedin", login="x")
    expect_errors(refused, ("/login", "INVALID_FIELD"))


@pytest.mark.parametrize(
    ("channel", "body", "error"),
    [
        ("bluesky", {}, ("", "APP_NOT_SUPPORTED")),
        ("telegram", {}, ("", "APP_NOT_SUPPORTED")),
        ("x", {"clientId": ""}, ("/clientId", "INVALID_FIELD")),
        ("x", {"clientId": "with space"}, ("/clientId", "INVALID_FIELD")),
        ("x", {"clientSecret": None}, ("/clientSecret", "INVALID_FIELD")),
        ("x", {"review": "maybe"}, ("/review", "INVALID_FIELD")),
        ("x", {"login": "page"}, ("/login", "INVALID_FIELD")),
    ],
)
async def test_a_malformed_app_names_the_field(
    api: ApiHarness, channel: str, body: dict[str, Any], error: tuple[str, str]
) -> None:
    refused = await put(api, channel, **body)
    expect_errors(refused, error)
    assert SECRET not in refused.text


async def test_a_key_sets_apps_of_its_own_brands_alone(api: ApiHarness) -> None:
    key = await api.key(Scope.ACCOUNTS_WRITE, brand_ref="acme")
    assert (await put(api, key=key)).status_code == 200
    expect_problem(await put(api, brand="rival", key=key), 404, "NOT_FOUND")
    reader = await api.key(Scope.ACCOUNTS_READ, brand_ref="acme")
    expect_problem(await put(api, key=reader), 403, "SCOPE_MISSING")


@pytest.mark.parametrize(
    ("channel", "login", "names"),
    [
        (ChannelName.X, None, ("client_id", "client_secret")),
        (ChannelName.INSTAGRAM, None, ("client_id", "client_secret")),
        (ChannelName.INSTAGRAM, "facebook", ("fb_client_id", "fb_client_secret")),
        (ChannelName.LINKEDIN, "page", ("page_client_id", "page_client_secret")),
    ],
)
def test_an_app_replaces_the_settings_of_its_log_in(
    channel: ChannelName, login: str | None, names: tuple[str, str]
) -> None:
    own = AppCredentials(id="app_1", login=login, client_id="own", client_secret=SecretStr("own-secret"))
    installed = {"client_id": "i", "client_secret": "i", "version": "202609"}
    assert with_app(channel, installed, own) == installed | dict(zip(names, ("own", "own-secret"), strict=True))


async def test_a_test_brand_calls_the_sandbox_whatever_app_it_has() -> None:
    shared, own = (RefreshingNetwork(token("fresh", "r")) for _ in range(2))
    shared.sandboxed = Sandboxed(shared, "http://sandbox.example")
    channels = Channels({ChannelName.X: shared}, rebuild=lambda _, __: own)
    app = AppCredentials(id="app_1", client_id="own", client_secret=SecretStr("own-secret"))
    assert channels.of_app("x", app) is own
    assert own.sandboxed is shared.sandboxed
