"""Instagram through a person's Pages at the sandbox: what is shared, what can be chosen, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.domain.failure import ChannelError, Reason
from munadi.domain.keeping import keeping_of
from munadi.ports import Authorizer, Channel, Granted
from tests.channels.conftest import Oracle
from tests.channels.consent import APP, BACK, asking, decide, over
from tests.channels.making import account
from tests.channels.test_instagram_oauth import ROLES

META = {"fb_client_id": "meta-1", "fb_client_secret": "m3ta-secret"}
SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
    "instagram_manage_comments",
)
ASKING = asking(login="facebook")


class Login:
    """A person with the account `acme` behind a Page; `another` gives them one more."""

    def __init__(self, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.oracle, self.client = oracle, client
        made = oracle.call("POST", "/profiles", channel="instagram", name="acme")
        self.profile, self.page = made["externalId"], made["pageId"]
        hosts = {role: f"{oracle.url}/instagram/{path}" for role, path in ROLES.items()}
        built: tuple[Channel, Authorizer] = over("instagram", {"hosts": hosts, **META}, client)
        self.channel, self.server = built

    def another(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = self.oracle.call(
            "POST", "/profiles", channel="instagram", name=name, beside=self.profile
        )
        return made

    async def agreed(self, **decision: str) -> dict[str, str]:
        return await decide(self.client, (await self.server.begin(ASKING)).url, approve=self.profile, **decision)

    async def granted(self, **decision: str) -> Granted:
        return await self.server.exchange(ASKING, await self.agreed(**decision), {})

    async def failure(self, answered: dict[str, str], **changes: str) -> ChannelError:
        with pytest.raises(ChannelError) as caught:
            await self.server.exchange(asking(login="facebook", **changes), answered, {})
        told = f"{caught.value} {caught.value.provider_message} {caught.value.raw}"
        for secret in (APP["client_secret"], META["fb_client_secret"], answered.get("code", "no code")):
            assert secret not in told
        return caught.value


@pytest.fixture
async def login(oracle: Oracle) -> AsyncIterator[Login]:
    async with httpx.AsyncClient() as client:
        yield Login(oracle, client)


async def test_the_dialog_is_asked_as_the_other_app(login: Login) -> None:
    url = (await login.server.begin(ASKING)).url
    assert urlsplit(url).path == "/instagram/fbwww/v26.0/dialog/oauth"
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "client_id": "meta-1",
        "redirect_uri": BACK,
        "scope": ",".join(SCOPES),
        "response_type": "code",
        "auth_type": "rerequest",
        "state": "state-1",
    }


async def test_a_consent_becomes_a_page_token_without_an_end(login: Login) -> None:
    granted = await login.granted()
    assert granted.scopes == SCOPES
    (choice,) = granted.choices
    assert (choice.external_id, choice.name, choice.given.login) == (login.profile, "acme", "facebook")
    login.oracle.call("POST", "/clock", advanceSeconds=300 * 86_400)
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, connection.profile.handle) == (login.profile, "acme")
    assert connection.profile.facts["page_id"] == login.page
    assert connection.credentials.expires_at is None


async def test_our_access_to_the_persons_data_ends_and_a_new_consent_extends_it(login: Login) -> None:
    (choice,) = (await login.granted()).choices
    connected = (await login.channel.verify(choice.given)).credentials
    assert connected.grant_expires_at is not None
    left = connected.grant_expires_at - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
    life = login.channel.spec.token_life("facebook")
    ahead = keeping_of(life, connected, granted_at=datetime.now(UTC), renewed_at=None)
    assert (ahead.renew_at, ahead.ends_at) == (None, connected.grant_expires_at)
    one = account("instagram", login.profile, login="facebook", credentials=connected)
    assert await login.channel.refresh(one) == connected


async def test_without_the_apps_credentials_no_end_is_known(login: Login, oracle: Oracle) -> None:
    (choice,) = (await login.granted()).choices
    hosts = {role: f"{oracle.url}/instagram/{path}" for role, path in ROLES.items()}
    channel, _ = over("instagram", {"hosts": hosts}, login.client)
    assert (await channel.verify(choice.given)).credentials.grant_expires_at is None


async def test_every_account_behind_a_shared_page_is_a_choice(login: Login) -> None:
    second, third = login.another("second"), login.another("third")
    granted = await login.granted()
    assert [one.name for one in granted.choices] == ["acme", "second", "third"]
    for choice in granted.choices:
        connection = await login.channel.verify(choice.given)
        assert (connection.profile.external_id, connection.profile.handle) == (choice.external_id, choice.name)
    shared = await login.granted(page=f"{second['pageId']},{third['pageId']}")
    assert [one.external_id for one in shared.choices] == [second["externalId"], third["externalId"]]


async def test_ending_one_connection_leaves_the_others(login: Login) -> None:
    login.another("second")
    first, other = (await login.granted()).choices
    connected = await login.channel.verify(first.given)
    one = account("instagram", login.profile, login="facebook", credentials=connected.credentials)
    assert not await login.server.revoke(one)
    await login.channel.verify(other.given)


def row(name: str, ig: str | None, *tasks: str) -> dict[str, Any]:
    linked = {} if ig is None else {"instagram_business_account": {"id": ig}}
    return {"id": f"1{name}", "name": name, "access_token": f"EAA{name}", "tasks": list(tasks), **linked}


async def test_a_page_without_an_account_or_the_task_is_none(login: Login) -> None:
    rows = [row("unlinked", None, "CREATE_CONTENT"), row("read", "17", "ANALYZE"), row("led", "18", "MANAGE")]
    login.oracle.plant("instagram", "list_pages", "error", status=200, body={"data": rows})
    (choice,) = (await login.granted()).choices
    assert (choice.external_id, choice.name) == ("18", "led")  # the Page's name, when the account's is not told


@pytest.mark.parametrize(
    ("rows", "advice"),
    [
        ([], "no Page was shared"),
        ([row("unlinked", None, "CREATE_CONTENT")], "is linked to unlinked: link one in the Page's settings"),
        ([row("read", "17", "ANALYZE"), row("x", None)], "ask the owner of read for a role"),
    ],
)
async def test_without_an_account_it_says_what_to_do(login: Login, rows: list[Any], advice: str) -> None:
    login.oracle.plant("instagram", "list_pages", "error", status=200, body={"data": rows})
    error = await login.failure(await login.agreed())
    assert error.reason is Reason.TARGET_NOT_ACCESSIBLE
    assert advice in str(error)
    assert advice in (error.provider_message or "")


async def test_no_page_may_be_shared(login: Login) -> None:
    assert (await login.failure(await login.agreed(page=""))).reason is Reason.TARGET_NOT_ACCESSIBLE


async def test_a_code_works_once(login: Login) -> None:
    answered = await login.agreed()
    await login.server.exchange(ASKING, answered, {})
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


async def test_a_code_ages(login: Login) -> None:
    answered = await login.agreed()
    login.oracle.call("POST", "/clock", advanceSeconds=3601)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


async def test_a_code_belongs_to_its_redirect_address(login: Login) -> None:
    error = await login.failure(await login.agreed(), redirect_uri=f"{BACK}/other")
    assert error.reason is Reason.CONSENT_EXPIRED
    assert "redirect_uri" in (error.provider_message or "")


async def test_a_code_of_the_other_login_is_refused(login: Login) -> None:
    direct = await decide(login.client, (await login.server.begin(asking())).url, approve=login.profile)
    assert (await login.failure(direct)).reason is Reason.CONSENT_EXPIRED


async def test_a_person_may_decline(login: Login) -> None:
    error = await login.failure(await login.agreed(deny="1"))
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


async def test_a_scope_that_was_not_granted_is_named(login: Login) -> None:
    error = await login.failure(await login.agreed(untick="instagram_content_publish"))
    assert error.reason is Reason.MISSING_SCOPE
    assert "instagram_content_publish" in str(error)
    assert (await login.granted(untick="instagram_manage_comments")).scopes == SCOPES[:-1]
