"""Instagram connected through a Page: another host, the Page's token, and no renewal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport
from tests.channels.containers import graph_error
from tests.channels.making import NOW, TOKEN, Bench, account, bench, error_of
from tests.channels.network import answer, ok

IG, OTHER, PAGE = "17841400000000001", "17841400000000002", "100200300"
HOSTS = {"hosts": {"graph": "https://never.example", "fb_graph": "https://graph.example/fb/"}, "read_quota": False}
WHO = account("instagram", IG, login="facebook")
STATUSES = {
    "instagram_basic": "granted",
    "instagram_content_publish": "granted",
    "instagram_manage_comments": "declined",
}
GRANTED = ok({"data": [{"permission": name, "status": status} for name, status in STATUSES.items()]})
NOT_A_PERSON = graph_error(100)


def page(ig: str | None = IG, **changes: Any) -> dict[str, Any]:
    facts = {"id": PAGE, "name": "Acme", "access_token": "page-token-of-acme", "tasks": ["CREATE_CONTENT"]}
    return facts | ({"instagram_business_account": {"id": ig}} if ig else {}) | changes


def over(*pages: Any, permissions: httpx.Response = GRANTED) -> Bench:
    built = bench("instagram", HOSTS)
    built.network.on("GET", "/me/accounts", *(pages or (ok({"data": [page(None), page()]}),)))
    built.network.on("GET", "/me/permissions", permissions)
    built.network.on("GET", f"/{IG}", ok({"id": IG, "username": "acme", "name": "Acme"}))
    return built


def given(**changes: Any) -> AccountImport:
    return AccountImport(**{"access_token": SecretStr(TOKEN), "login": "facebook", **changes})


async def refused(built: Bench, what: AccountImport) -> ChannelError:
    return await error_of(built.channel.verify(what))


@pytest.mark.parametrize("external_id", [IG, None])
async def test_a_persons_token_leads_to_the_pages(external_id: str | None) -> None:
    built = over()
    found = await built.channel.verify(given(external_id=external_id, expires_at=NOW))
    read = [str(request.url.copy_with(query=None)) for request in built.network.requests]
    base = "https://graph.example/fb/v26.0"
    assert built.channel.spec.hosts == ("https://never.example", "https://graph.example/fb/")
    assert read == [f"{base}/me/accounts", f"{base}/me/permissions", f"{base}/{IG}"]
    assert built.network.requests[0].url.params["fields"] == "id,name,access_token,tasks,instagram_business_account"
    assert built.network.requests[-1].headers["authorization"] == "Bearer page-token-of-acme"
    profile, credentials = found.profile, found.credentials
    assert (profile.external_id, profile.handle, profile.display_name) == (IG, "acme", "Acme")
    assert profile.facts == {"page_id": PAGE, "page_name": "Acme"}
    assert profile.scopes == ("instagram_basic", "instagram_content_publish")
    assert credentials.access_token.get_secret_value() == "page-token-of-acme"
    assert (credentials.refresh_token, credentials.expires_at) == (None, None)


async def test_a_pages_own_token_is_kept() -> None:
    built = over(NOT_A_PERSON)
    built.network.on("GET", "/me", ok({"id": PAGE, "name": "Acme", "instagram_business_account": {"id": IG}}))
    found = await built.channel.verify(given(external_id=IG, expires_at=NOW))
    assert found.credentials.access_token.get_secret_value() == TOKEN
    assert (found.credentials.expires_at, found.profile.scopes) == (NOW, ())


async def test_every_list_of_pages_is_read() -> None:
    more = {"cursors": {"after": "c1"}, "next": "https://elsewhere.example/never-called"}
    built = over(ok({"data": [page(OTHER)], "paging": more}), ok({"data": [page()], "paging": {"cursors": {}}}))
    assert (await built.channel.verify(given(external_id=IG))).profile.external_id == IG
    first, second = built.network.sent("/me/accounts")
    assert ("after" in first.url.params, second.url.params["after"]) == (False, "c1")


@pytest.mark.parametrize(
    ("pages", "external_id", "reason", "words"),
    [
        ([page(), page(OTHER, name="Beta")], None, Reason.MISSING_FIELD, f"{OTHER} (Beta)"),
        ([page()], OTHER, Reason.INVALID_FIELD, f"{IG} (Acme)"),
        ([page(None)], IG, Reason.INVALID_FIELD, "no Page"),
        ([], None, Reason.INVALID_FIELD, "no Page"),
        ([page(access_token=None)], IG, Reason.INVALID_FIELD, "no Page"),
        ([page(tasks=["ADVERTISE", "ANALYZE"])], IG, Reason.ROLE_OR_2FA_REQUIRED, "Acme"),
        (["junk", {"instagram_business_account": 7}], IG, Reason.INVALID_FIELD, "no Page"),
    ],
)
async def test_the_account_is_never_guessed(
    pages: list[Any], external_id: str | None, reason: Reason, words: str
) -> None:
    error = await refused(over(ok({"data": pages})), given(external_id=external_id))
    assert error.reason is reason
    assert words in str(error)


@pytest.mark.parametrize("tasks", [["MANAGE"], None])
async def test_a_role_that_allows_publishing_or_is_unknown_is_accepted(tasks: Any) -> None:
    built = over(ok({"data": [page(tasks=tasks)]}))
    assert (await built.channel.verify(given())).profile.external_id == IG


async def test_a_permission_that_was_not_granted_is_missing_and_an_unreadable_one_is_unknown() -> None:
    some = ok({"data": [{"permission": "instagram_basic", "status": "granted"}]})
    assert (await refused(over(permissions=some), given())).reason is Reason.MISSING_SCOPE
    found = await over(permissions=answer(500, "<html>")).channel.verify(given())
    assert found.profile.scopes == ()


@pytest.mark.parametrize(
    ("listed", "reason"), [(graph_error(190), Reason.TOKEN_EXPIRED), (graph_error(190, 458), Reason.TOKEN_REVOKED)]
)
async def test_a_token_that_does_not_work(listed: httpx.Response, reason: Reason) -> None:
    error = await refused(over(listed), given())
    assert error.reason is reason
    assert TOKEN not in f"{error.raw}{error.provider_message}"


@pytest.mark.parametrize(
    ("expires_at", "kept"),
    [(None, None), (NOW + timedelta(days=3), NOW + timedelta(days=3)), (NOW - timedelta(days=1), None)],
)
async def test_a_working_token_is_kept_without_a_renewal(expires_at: Any, kept: Any) -> None:
    who = WHO.model_copy(update={"credentials": WHO.credentials.model_copy(update={"expires_at": expires_at})})
    built = over()
    fresh = await built.channel.refresh(who)
    assert fresh == who.credentials.model_copy(update={"expires_at": kept})
    assert [request.method for request in built.network.requests] == ["GET"]


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (graph_error(190), Reason.TOKEN_REVOKED),
        (graph_error(190, 463), Reason.TOKEN_REVOKED),
        (graph_error(190, 460), Reason.TOKEN_REVOKED),
        (graph_error(190, 459), Reason.LOGIN_CHECKPOINT),
        (graph_error(4), Reason.RATE_LIMITED),
        (answer(503, "<html>"), Reason.PROVIDER_OUTAGE),
    ],
)
async def test_only_a_dead_token_needs_a_reconnect(answered: httpx.Response, reason: Reason) -> None:
    built = over()
    built.network.on("GET", f"/{IG}", answered)
    error = await error_of(built.channel.refresh(WHO))
    assert error.reason is reason
