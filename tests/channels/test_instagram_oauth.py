"""Instagram's direct log-in at the sandbox: consent, code, tokens; what is refused, and what it says then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Authorizer, Channel, Granted
from tests.channels.conftest import Oracle
from tests.channels.consent import APP, BACK, asking, decide, over
from tests.channels.making import account

ROLES = {"graph": "graph", "token": "token", "auth": "www", "fb_graph": "fbgraph", "fb_auth": "fbwww"}
SCOPES = ("instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments")


class Login:
    def __init__(self, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.oracle, self.client = oracle, client
        self.profile = oracle.call("POST", "/profiles", channel="instagram", name="acme")["externalId"]
        hosts = {role: f"{oracle.url}/instagram/{path}" for role, path in ROLES.items()}
        built: tuple[Channel, Authorizer] = over("instagram", {"hosts": hosts}, client)
        self.channel, self.server = built

    async def agreed(self, **decision: str) -> dict[str, str]:
        return await decide(self.client, (await self.server.begin(asking())).url, approve=self.profile, **decision)

    async def granted(self, login: str | None = None, **decision: str) -> Granted:
        return await self.server.exchange(asking(login=login), await self.agreed(**decision), {})

    async def failure(self, answered: dict[str, str], **changes: str) -> ChannelError:
        with pytest.raises(ChannelError) as caught:
            await self.server.exchange(asking(**changes), answered, {})
        told = f"{caught.value} {caught.value.provider_message} {caught.value.raw}"
        assert APP["client_secret"] not in told
        assert answered.get("code", "no code") not in told
        return caught.value


@pytest.fixture
async def login(oracle: Oracle) -> AsyncIterator[Login]:
    async with httpx.AsyncClient() as client:
        yield Login(oracle, client)


@pytest.mark.parametrize("name", [None, "instagram"])
async def test_the_consent_page_is_asked_for_every_scope_that_we_can_use(login: Login, name: str | None) -> None:
    url = (await login.server.begin(asking(login=name))).url
    assert urlsplit(url).path == "/instagram/www/oauth/authorize"
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "client_id": "app-1",
        "redirect_uri": BACK,
        "scope": ",".join(SCOPES),
        "response_type": "code",
        "state": "state-1",
    }


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", [None, "instagram"])
async def test_a_consent_becomes_a_token_of_sixty_days(login: Login, name: str | None, flat: bool) -> None:
    login.oracle.call("PUT", "/switches", channel="instagram", kind="flatCodeAnswer", enabled=flat)
    granted = await login.granted(name)
    assert granted.scopes == SCOPES
    (choice,) = granted.choices
    assert (choice.external_id, choice.name) == (login.profile, "acme")
    assert choice.given.expires_at is not None
    assert timedelta(days=59) < choice.given.expires_at - datetime.now(UTC) <= timedelta(days=60)
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, connection.profile.handle) == (login.profile, "acme")
    assert not await login.server.revoke(account("instagram", login.profile, credentials=connection.credentials))
    await login.channel.verify(choice.given)


@pytest.mark.parametrize("told", [list(SCOPES), ",".join(SCOPES), None])
async def test_permissions_may_be_a_list_or_untold(login: Login, told: object) -> None:
    answered = await login.agreed()
    connected = login.oracle.call("POST", f"/profiles/instagram/{login.profile}/credentials")["accessToken"]
    short = {"access_token": "IGshort", "user_id": 1, "permissions": told}
    login.oracle.plant("instagram", "exchange_code", "error", status=200, body={"data": [short]})
    long = {"access_token": connected, "token_type": "bearer", "expires_in": 5_183_944}
    login.oracle.plant("instagram", "exchange_token", "error", status=200, body=long)
    granted = await login.server.exchange(asking(), answered, {})
    assert granted.scopes == (SCOPES if told else ())
    assert granted.choices[0].external_id == login.profile  # not the first answer's user_id


async def test_a_code_works_once(login: Login) -> None:
    answered = await login.agreed()
    await login.server.exchange(asking(), answered, {})
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


async def test_a_code_ages(login: Login) -> None:
    answered = await login.agreed()
    login.oracle.call("POST", "/clock", advanceSeconds=3601)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


async def test_a_code_belongs_to_its_redirect_address(login: Login) -> None:
    error = await login.failure(await login.agreed(), redirect_uri=f"{BACK}/other")
    assert error.reason is Reason.CONSENT_EXPIRED
    assert (error.provider_message or "").startswith("Error validating verification code")


async def test_a_code_of_one_login_is_none_of_the_other(login: Login) -> None:
    assert (await login.failure(await login.agreed(), login="facebook")).reason is Reason.CONSENT_EXPIRED


async def test_an_owner_may_decline(login: Login) -> None:
    error = await login.failure(await login.agreed(deny="1"))
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


async def test_a_scope_that_was_not_granted_is_named(login: Login) -> None:
    error = await login.failure(await login.agreed(untick=",".join(SCOPES[1:])))
    assert error.reason is Reason.MISSING_SCOPE
    assert SCOPES[1] in str(error)
    assert SCOPES[2] not in str(error)  # only first comments need it
    assert (await login.granted(untick=SCOPES[2])).scopes == SCOPES[:2]


async def test_a_login_that_there_is_not(login: Login) -> None:
    with pytest.raises(ChannelError, match="use instagram or facebook") as caught:
        await login.server.begin(asking(login="threads"))
    assert caught.value.reason is Reason.INVALID_FIELD


DIRECT = {"client_id": "a", "client_secret": "b"}
NONE = {"client_id": "", "client_secret": ""}
THROUGH_PAGES = {"fb_client_id": "c", "fb_client_secret": "d"}
PREFIX = "MUNADI_CHANNELS__INSTAGRAM__"


@pytest.mark.parametrize(
    ("settings", "missing", "refused"),
    [
        (DIRECT | THROUGH_PAGES, (), None),
        (DIRECT, (), "facebook"),
        (NONE | THROUGH_PAGES, (), "instagram"),
        (NONE, (f"{PREFIX}CLIENT_ID", f"{PREFIX}CLIENT_SECRET"), "instagram"),
        (DIRECT | {"client_secret": ""}, (f"{PREFIX}CLIENT_SECRET",), "facebook"),
    ],
)
async def test_what_is_not_set_is_named(
    settings: dict[str, str], missing: tuple[str, ...], refused: str | None
) -> None:
    async with httpx.AsyncClient() as client:
        _, server = over("instagram", settings, client)
    assert server.missing_settings == missing
    for name in ("instagram", "facebook"):
        if name != refused and not missing:
            assert (await server.begin(asking(login=name))).url
    if refused is not None:
        variable = f"{PREFIX}FB_CLIENT_ID" if refused == "facebook" else f"{PREFIX}CLIENT_ID"
        with pytest.raises(ChannelError, match=variable) as caught:
            await server.begin(asking(login=refused))
        assert caught.value.reason is Reason.INVALID_FIELD
