"""Facebook Login at the sandbox: a person consents and shares Pages; what is refused, and what it says then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.channels.facebook.oauth import ASKED
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Authorizer, Channel, Granted
from tests.channels.conftest import Oracle
from tests.channels.consent import APP, BACK, asking, decide, over
from tests.channels.making import account

ROLES = {"graph": "graph", "auth": "www", "upload": "upload", "video": "video"}


class Login:
    """A person with the Page `acme`; `share` gives them another."""

    def __init__(self, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.oracle, self.client = oracle, client
        self.page = oracle.call("POST", "/profiles", channel="facebook", name="acme")["externalId"]
        hosts = {role: f"{oracle.url}/facebook/{path}" for role, path in ROLES.items()}
        built: tuple[Channel, Authorizer] = over("facebook", {"hosts": hosts}, client)
        self.channel, self.server = built

    def another(self, name: str) -> str:
        made: dict[str, str] = self.oracle.call("POST", "/profiles", channel="facebook", name=name, beside=self.page)
        return made["externalId"]

    async def agreed(self, **decision: str) -> dict[str, str]:
        return await decide(self.client, (await self.server.begin(asking())).url, approve=self.page, **decision)

    async def granted(self, **decision: str) -> Granted:
        return await self.server.exchange(asking(), await self.agreed(**decision), {})

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


async def test_the_dialog_is_asked_for_every_scope_that_we_can_use(login: Login) -> None:
    url = (await login.server.begin(asking(login="facebook"))).url
    assert urlsplit(url).path == "/facebook/www/v26.0/dialog/oauth"
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "client_id": "app-1",
        "redirect_uri": BACK,
        "scope": "pages_show_list,pages_read_engagement,pages_manage_posts,pages_manage_engagement",
        "response_type": "code",
        "auth_type": "rerequest",
        "state": "state-1",
    }


async def test_a_consent_becomes_a_page_token_without_an_end(login: Login) -> None:
    granted = await login.granted()
    assert granted.scopes == ASKED
    (choice,) = granted.choices
    assert (choice.external_id, choice.name) == (login.page, "acme")
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, connection.profile.scopes) == (login.page, ASKED)
    login.oracle.call("POST", "/clock", advanceSeconds=300 * 86_400)
    assert (await login.channel.verify(choice.given)).credentials.expires_at is None


async def test_the_persons_token_renews_the_pages(login: Login) -> None:
    connection = await login.channel.verify((await login.granted()).choices[0].given)
    login.oracle.call("POST", "/clock", advanceSeconds=2 * 3600)  # the token of hours would be dead by now
    renewed = await login.channel.refresh(account("facebook", login.page, credentials=connection.credentials))
    assert renewed.access_token != connection.credentials.access_token
    assert renewed.refresh_token is not None


async def test_every_shared_page_is_a_choice_over_all_lists(login: Login) -> None:
    ids = [login.page, *(login.another(f"p{n}") for n in range(102))]
    granted = await login.granted()
    assert [choice.external_id for choice in granted.choices] == ids
    assert len([call for call in login.oracle.call("GET", "/calls") if call["operation"] == "accounts"]) == 2
    assert (await login.channel.verify(granted.choices[-1].given)).profile.external_id == ids[-1]


async def test_a_page_that_was_not_shared_is_none(login: Login) -> None:
    second = login.another("second")
    assert [one.external_id for one in (await login.granted(page=second)).choices] == [second]


async def test_a_page_without_the_task_is_none(login: Login) -> None:
    def row(page_id: str, *tasks: str) -> dict[str, Any]:
        return {"id": page_id, "name": f"Page {page_id}", "access_token": f"EAA{page_id}", "tasks": list(tasks)}

    rows = [row("1", "ANALYZE"), row("2", "MANAGE", "CREATE_CONTENT"), row("3", "MODERATE")]
    login.oracle.plant("facebook", "accounts", "error", status=200, body={"data": rows})
    assert [one.external_id for one in (await login.granted()).choices] == ["2"]
    login.oracle.plant("facebook", "accounts", "error", status=200, body={"data": [rows[0], rows[2]]})
    error = await login.failure(await login.agreed())
    assert error.reason is Reason.TARGET_NOT_ACCESSIBLE
    assert "ask the owner of Page 1, Page 3 for a role" in str(error)


async def test_without_a_page_it_says_what_to_do(login: Login) -> None:
    error = await login.failure(await login.agreed(page=""))
    assert error.reason is Reason.TARGET_NOT_ACCESSIBLE
    assert "choose one at the consent page" in str(error)


async def test_what_is_no_list_of_pages_is_not_an_empty_one(login: Login) -> None:
    login.oracle.plant("facebook", "accounts", "error", status=200, body={"success": True})
    assert (await login.failure(await login.agreed())).reason is Reason.PROVIDER_OUTAGE


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
    assert "redirect_uri" in (error.provider_message or "")


async def test_a_code_of_another_app_is_refused(login: Login) -> None:
    url = httpx.URL((await login.server.begin(asking())).url).copy_merge_params({"client_id": "app-2"})
    answered = await decide(login.client, str(url), approve=login.page)
    assert (await login.failure(answered)).reason is Reason.CONSENT_EXPIRED


async def test_an_outage_says_nothing_about_the_code(login: Login) -> None:
    answered = await login.agreed()
    login.oracle.plant("facebook", "access_token", "error", error={"code": 2})
    assert (await login.failure(answered)).reason is Reason.PROVIDER_OUTAGE
    await login.server.exchange(asking(), answered, {})


async def test_a_person_may_decline(login: Login) -> None:
    error = await login.failure(await login.agreed(deny="1"))
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


async def test_a_scope_that_was_not_granted_is_named(login: Login) -> None:
    error = await login.failure(await login.agreed(untick="pages_manage_posts"))
    assert error.reason is Reason.MISSING_SCOPE
    assert "pages_manage_posts" in str(error)
    assert "pages_manage_engagement" not in str(error)


async def test_a_first_comment_can_be_done_without(login: Login) -> None:
    granted = await login.granted(untick="pages_manage_engagement")
    assert granted.scopes == ASKED[:-1]


async def test_there_is_one_login_only(login: Login) -> None:
    with pytest.raises(ChannelError) as caught:
        await login.server.begin(asking(login="instagram"))
    assert caught.value.reason is Reason.INVALID_FIELD


async def test_ending_one_connection_leaves_the_others(login: Login) -> None:
    second = login.another("second")
    first, other = (await login.granted()).choices
    connected = await login.channel.verify(first.given)
    assert not await login.server.revoke(account("facebook", login.page, credentials=connected.credentials))
    assert (await login.channel.verify(other.given)).profile.external_id == second


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
async def test_what_is_not_set_is_named(name: str) -> None:
    async with httpx.AsyncClient() as client:
        _, server = over("facebook", {name: ""}, client)
    assert server.missing_settings == (f"MUNADI_CHANNELS__FACEBOOK__{name.upper()}",)
