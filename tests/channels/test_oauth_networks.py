"""Log-ins of single networks: a choice of several accounts, the end of a grant, odd answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import Credentials
from munadi.domain.failure import Reason
from munadi.domain.renewal import renewal_plan_of
from tests.channels.consent import Login, asking, at, decide, missing_of, over
from tests.channels.making import error_of

PAGES = ("facebook", "instagram page")
GOOGLES = ("google_business", "youtube")
RENEWED = ("pinterest", "tiktok", "x", "youtube")


@at(*PAGES)
async def test_every_account_behind_a_shared_page_is_a_choice(login: Login) -> None:
    others = [login.another(name) for name in ("second", "third")]
    granted = await login.granted()
    assert [one.name for one in granted.choices] == ["acme", "second", "third"]
    for choice in granted.choices:
        assert (await login.channel.verify(choice.given)).profile.external_id == choice.external_id
    shared = await login.granted(page=",".join(one.get("pageId", one["externalId"]) for one in others))
    assert [one.external_id for one in shared.choices] == [one["externalId"] for one in others]


@at("facebook")
async def test_the_pages_of_every_list_are_choices(login: Login) -> None:
    ids = [login.profile, *(login.another(f"p{n}")["externalId"] for n in range(102))]
    choices = (await login.granted()).choices
    assert [choice.external_id for choice in choices] == ids
    assert [call["operation"] for call in login.oracle.call("GET", "/calls")].count("accounts") == 2
    assert (await login.channel.verify(choices[-1].given)).profile.external_id == ids[-1]


def row(name: str, *tasks: str, ig: str | None = None) -> dict[str, Any]:
    linked = {"instagram_business_account": {"id": ig}} if ig else {}
    return {"id": f"1{name}", "name": name, "access_token": f"EAA{name}", "tasks": list(tasks), **linked}


READER, UNLINKED = row("read", "ANALYZE", ig="17"), row("bare", "CREATE_CONTENT")
LEADER = row("led", "MANAGE", "CREATE_CONTENT")


@at(*PAGES)
async def test_a_page_without_the_task_or_an_account_is_no_choice(login: Login) -> None:
    rows, operation = [READER, LEADER], "accounts"
    if login.scene.channel == "instagram":
        rows, operation = [READER, UNLINKED, row("led", "MANAGE", ig="18")], "list_pages"
    login.oracle.plant(login.scene.channel, operation, "error", status=200, body={"data": rows})
    (choice,) = (await login.granted()).choices
    assert choice.name == "led"  # the Page's name, when the account has none


@pytest.mark.parametrize(
    ("login", "operation", "body", "reason", "advice"),
    [
        ("facebook", "accounts", {"data": [READER, row("x")]}, Reason.TARGET_NOT_ACCESSIBLE,
         "ask the owner of read, x"),
        ("facebook", "accounts", {"data": []}, Reason.TARGET_NOT_ACCESSIBLE, "choose one at the consent page"),
        ("facebook", "accounts", {"success": True}, Reason.PROVIDER_OUTAGE, ""),
        ("instagram page", "list_pages", {"data": []}, Reason.TARGET_NOT_ACCESSIBLE, "no Page was shared"),
        ("instagram page", "list_pages", {"data": [UNLINKED]}, Reason.TARGET_NOT_ACCESSIBLE,
         "is linked to bare: link one"),
        ("instagram page", "list_pages", {"data": [READER, row("x")]}, Reason.TARGET_NOT_ACCESSIBLE,
         "ask the owner of read"),
    ],
    indirect=["login"],
)  # fmt: skip
async def test_without_an_account_the_error_says_what_to_do(
    login: Login, operation: str, body: Any, reason: Reason, advice: str
) -> None:
    login.oracle.plant(login.scene.channel, operation, "error", status=200, body=body)
    error = await login.failure(await login.agreed(), reason=reason)
    assert advice in str(error)
    assert (await login.failure(await login.agreed(page=""))).reason is Reason.TARGET_NOT_ACCESSIBLE


@at(*PAGES)
async def test_ending_one_connection_leaves_the_others(login: Login) -> None:
    login.another("second")
    first, other = (await login.granted()).choices
    connected = await login.channel.verify(first.given)
    assert not await login.server.revoke(login.account(credentials=connected.credentials))
    assert (await login.channel.verify(other.given)).profile.handle == "second"


@at("instagram", "threads")
async def test_a_network_without_a_revocation_leaves_the_token_alive(login: Login) -> None:
    one = await login.connected()
    assert not await login.server.revoke(one)
    await login.channel.verify((await login.granted()).choices[0].given)


async def dead(login: Login, credentials: Credentials) -> bool:
    """Whether both tokens are refused."""
    refreshing = await error_of(login.channel.refresh(login.account(credentials=credentials)))
    token = {"authorization": f"Bearer {credentials.access_token.get_secret_value()}"}
    path, params = {
        "pinterest": ("v5/user_account", {}),
        "tiktok": ("v2/user/info/", {"fields": "open_id"}),
        "x": ("2/users/me", {}),
        "youtube": ("youtube/v3/channels", {"part": "id", "mine": "true"}),
    }[login.scene.channel]
    answer = await login.client.get(
        f"{login.oracle.url}/{login.scene.channel}/api/{path}", params=params, headers=token
    )
    return refreshing.reason is Reason.TOKEN_REVOKED and answer.status_code == 401


@at(*RENEWED)
async def test_after_a_revocation_both_tokens_are_dead_and_another_revocation_succeeds(login: Login) -> None:
    one = await login.connected()
    assert await login.server.revoke(one) is True
    assert await dead(login, one.credentials)
    assert await login.server.revoke(one) is True


@at(*RENEWED)
@pytest.mark.parametrize("body", [{"error": "server_error"}, "<html>a proxy's page</html>"], ids=["error", "proxy"])
async def test_a_revocation_that_failed_is_reported(login: Login, body: Any) -> None:
    one = await login.connected()
    operation, status = "revoke", 200
    if login.scene.channel == "youtube":
        operation, status = "revoke_token", 503 if isinstance(body, dict) else 200
    login.oracle.plant(login.scene.channel, operation, "error", status=status, body=body)
    await error_of(login.server.revoke(one), Reason.PROVIDER_OUTAGE)
    assert (await login.channel.refresh(one)).access_token != one.credentials.access_token


@at("facebook", "google_business", *RENEWED)
async def test_the_refresh_token_of_a_grant_renews_the_access_token(login: Login) -> None:
    one = await login.connected()
    login.oracle.call("POST", "/clock", advanceSeconds=2 * 3600)  # a token of hours would be dead by now
    fresh = await login.channel.refresh(one)
    assert fresh.access_token != one.credentials.access_token
    assert fresh.refresh_token is not None
    assert (fresh.refresh_token != one.credentials.refresh_token) is (login.scene.channel not in GOOGLES)


@at("instagram")
@pytest.mark.parametrize("flat", [False, True])
async def test_instagram_may_answer_a_code_flat_or_as_a_list(login: Login, flat: bool) -> None:
    login.oracle.call("PUT", "/switches", channel="instagram", kind="flatCodeAnswer", enabled=flat)
    assert (await login.granted()).choices[0].external_id == login.profile


@at("instagram")
@pytest.mark.parametrize("shape", ["list", "text", None])
async def test_instagrams_permissions_may_be_a_list_a_text_or_missing(login: Login, shape: str | None) -> None:
    answered, scopes = await login.agreed(), login.scene.scopes
    given = login.oracle.call("POST", f"/profiles/instagram/{login.profile}/credentials")
    permissions = {"list": list(scopes), "text": ",".join(scopes)}.get(shape or "")
    short = {"access_token": "IGshort", "user_id": 1, "permissions": permissions}
    login.oracle.plant("instagram", "exchange_code", "error", status=200, body={"data": [short]})
    long = {"access_token": given["accessToken"], "token_type": "bearer", "expires_in": 5_183_944}
    login.oracle.plant("instagram", "exchange_token", "error", status=200, body=long)
    granted = await login.server.exchange(login.asking(), answered, {})
    assert granted.scopes == (scopes if shape else ())
    assert granted.choices[0].external_id == login.profile  # not the first answer's user_id


DIRECT, THROUGH_PAGES = {"client_id": "a", "client_secret": "b"}, {"fb_client_id": "c", "fb_client_secret": "d"}
NONE, PREFIX = {"client_id": "", "client_secret": ""}, "MUNADI_CHANNELS__INSTAGRAM__"


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
async def test_either_app_of_instagram_is_enough(
    settings: dict[str, str], missing: tuple[str, ...], refused: str | None
) -> None:
    async with httpx.AsyncClient() as client:
        _, server = over("instagram", settings, client)
    assert missing_of(server) == missing
    for name in ("instagram", "facebook"):
        if name != refused and not missing:
            assert (await server.begin_consent(asking(login=name))).url
    if refused:
        variable = f"{PREFIX}FB_CLIENT_ID" if refused == "facebook" else f"{PREFIX}CLIENT_ID"
        assert variable in str(await error_of(server.begin_consent(asking(login=refused)), Reason.INVALID_FIELD))


@pytest.mark.parametrize(
    ("channel", "login", "more"),
    [
        ("threads", None, ["threads_delete", "threads_read_replies"]),
        ("instagram", "facebook", ["instagram_manage_contents"]),
        ("instagram", "instagram", []),
    ],
)
async def test_the_permission_to_remove_posts_is_asked_for_by_a_setting_alone(
    channel: str, login: str | None, more: list[str]
) -> None:
    asked = []
    async with httpx.AsyncClient() as client:
        for withdrawals in (False, True):
            _, server = over(channel, {**THROUGH_PAGES, "withdrawals": withdrawals}, client)
            consent = await server.begin_consent(asking(login=login))
            asked.append(dict(parse_qsl(urlsplit(consent.url).query))["scope"].split(","))
    assert asked[1] == asked[0] + more


@at("instagram page")
async def test_access_to_a_persons_data_ends_and_a_new_consent_extends_it(login: Login) -> None:
    (choice,) = (await login.granted()).choices
    connected = await login.channel.verify(choice.given)
    ends = connected.credentials.grant_expires_at
    assert connected.profile.facts["page_id"] == login.made["pageId"]
    assert ends is not None
    assert timedelta(days=89, hours=23) < ends - datetime.now(UTC) <= timedelta(days=90)
    life = login.channel.spec.token_life("facebook")
    ahead = renewal_plan_of(life, connected.credentials, granted_at=datetime.now(UTC), renewed_at=None)
    assert (ahead.renew_at, ahead.ends_at) == (None, ends)
    assert await login.channel.refresh(login.account(credentials=connected.credentials)) == connected.credentials
    unknown, _ = login.build(fb_client_id=None, fb_client_secret=None)
    assert (await unknown.verify(choice.given)).credentials.grant_expires_at is None


@at("tiktok")
async def test_tiktok_refuses_a_code_with_http_200_too(login: Login) -> None:
    login.oracle.call("PUT", "/switches", channel="tiktok", kind="oauthErrorsWith200", enabled=True)
    answered = await login.agreed()
    await login.server.exchange(login.asking(), answered, login.kept)
    await login.failure(answered, reason=Reason.CONSENT_EXPIRED, code="invalid_grant")
    error = await login.failure(await login.agreed(grant="none"))
    assert "not granted: user.info.basic, video" in str(error)


@pytest.mark.parametrize(
    ("login", "status", "body"),
    [
        ("tiktok", 200, {"error": "invalid_client", "log_id": "1"}),
        *((name, 401, {"error": "deleted_client"}) for name in GOOGLES),
        *((name, 401, "nothing to read") for name in GOOGLES),
    ],
    indirect=["login"],
)
async def test_an_app_that_the_network_does_not_know_is_reported_as_such(login: Login, status: int, body: Any) -> None:
    login.oracle.plant(login.scene.channel, "token", "error", status=status, body=body)
    assert (await login.failure(await login.agreed())).reason is Reason.APP_NOT_APPROVED


@at("tiktok")
@pytest.mark.parametrize("change", ["expired", "refused"])
async def test_tiktok_ends_a_grant_whose_access_token_is_over(login: Login, change: str) -> None:
    """A refused access token alone does not pass for the end of the grant."""
    one = await login.connected()
    changes: dict[str, Any] = {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}
    if change == "refused":
        changes = {"access_token": SecretStr("act.never")}
    credentials = one.credentials.model_copy(update=changes)
    assert await login.server.revoke(one.model_copy(update={"credentials": credentials})) is True
    assert await dead(login, one.credentials)


@at("youtube")
async def test_youtube_ends_a_grant_by_its_access_token_alone(login: Login) -> None:
    one = await login.connected()
    alone = one.credentials.model_copy(update={"refresh_token": None})
    assert await login.server.revoke(one.model_copy(update={"credentials": alone})) is True
    assert await dead(login, one.credentials)


@at("youtube")
async def test_youtube_suggests_an_account_by_email_alone(login: Login) -> None:
    for hint, sent in (("ann@acme.example", "ann@acme.example"), ("@acme", None), ("acme", None)):
        consent = await login.consent(hint=hint)
        assert dict(parse_qsl(urlsplit(consent.url).query)).get("login_hint") == sent


@at("youtube")
async def test_youtube_needs_every_scope_a_refresh_token_and_a_channel(login: Login) -> None:
    for scope in login.scene.scopes:
        error = await login.failure(await login.agreed(untick=scope))
        assert f"not granted: {scope}; publishing needs it" in str(error)
    url = str(httpx.URL((await login.consent()).url).copy_merge_params({"access_type": "online"}))
    error = await login.failure(await decide(login.client, url, approve=login.profile), reason=Reason.MISSING_SCOPE)
    assert "no refresh token" in str(error)
    assert "myaccount.google.com/permissions" in (error.provider_message or "")
    first, second = await login.connected(), await login.connected()
    assert first.credentials.refresh_token != second.credentials.refresh_token
    login.oracle.call("PATCH", f"/profiles/youtube/{login.profile}", status="no_channel")
    error = await login.failure(await login.agreed())
    assert (error.reason, "no channel" in str(error)) == (Reason.TARGET_NOT_ACCESSIBLE, True)
