"""graph.facebook.com of the emulated Instagram: other tokens and scopes, the same accounts and posts."""

from typing import Any

import httpx
import pytest

from munadi.sandbox.instagram import DEFAULT_PAGE_TOKEN, DEFAULT_PERSON_TOKEN
from tests.sandbox.conftest import INSTAGRAM_ID, INSTAGRAM_TOKEN, Instagram, MediaSite, Sandbox

PAGE_ID = "10" + INSTAGRAM_ID[-13:]
DAY = 86_400


class Page:
    """A client of the Page host."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.http = sandbox.http

    def get(self, path: str, token: str = DEFAULT_PAGE_TOKEN, **query: Any) -> httpx.Response:
        return self.http.get(f"/instagram/fbgraph/v26.0/{path}", params={"access_token": token, **query})

    def post(self, path: str, **form: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {DEFAULT_PAGE_TOKEN}"}
        return self.http.post(f"/instagram/fbgraph/v26.0/{path}", data=form, headers=headers)


@pytest.fixture
def page(sandbox: Sandbox) -> Page:
    return Page(sandbox)


def _code(answer: httpx.Response) -> int:
    assert answer.status_code in (400, 403), answer.text
    return int(answer.json()["error"]["code"])


def test_a_person_lists_the_page_and_its_account(page: Page) -> None:
    fields = "id,name,access_token,tasks,instagram_business_account"
    (listed,) = page.get("me/accounts", DEFAULT_PERSON_TOKEN, fields=fields).json()["data"]
    assert (listed["id"], listed["access_token"]) == (PAGE_ID, DEFAULT_PAGE_TOKEN)
    assert listed["instagram_business_account"] == {"id": INSTAGRAM_ID}
    assert "CREATE_CONTENT" in listed["tasks"]
    granted = page.get("me/permissions", DEFAULT_PERSON_TOKEN).json()["data"]
    assert {"permission": "instagram_content_publish", "status": "granted"} in granted


def test_each_token_is_of_its_own_kind_and_host(page: Page, instagram: Instagram) -> None:
    assert page.get("me", fields="id,instagram_business_account").json()["id"] == PAGE_ID
    assert page.get("me", DEFAULT_PERSON_TOKEN).json()["id"] != PAGE_ID
    assert _code(page.get("me", DEFAULT_PERSON_TOKEN, fields="instagram_business_account")) == 100
    assert _code(page.get("me/accounts")) == 100
    assert _code(page.get("me/permissions")) == 100
    assert _code(page.get("me", INSTAGRAM_TOKEN)) == 190
    assert _code(instagram.get("v26.0/me", access_token=DEFAULT_PAGE_TOKEN)) == 190


def test_the_account_is_read_by_its_own_id(page: Page) -> None:
    read = page.get(INSTAGRAM_ID, fields="id,username,name").json()
    assert read == {"id": INSTAGRAM_ID, "username": "munadi.sandbox", "name": "Munadi Sandbox"}
    assert _code(page.get(INSTAGRAM_ID, fields="account_type")) == 100
    assert _code(page.get("me/media")) == 100


def test_both_hosts_see_the_same_posts(sandbox: Sandbox, page: Page, instagram: Instagram, site: MediaSite) -> None:
    container = page.post(f"{INSTAGRAM_ID}/media", image_url=site.image(), caption="sea").json()["id"]
    assert page.get(container, fields="status_code").json()["status_code"] == "FINISHED"
    media = page.post(f"{INSTAGRAM_ID}/media_publish", creation_id=container).json()["id"]
    assert page.get(media, fields="caption").json()["caption"] == "sea"
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/media").json()["data"] == [{"id": media}]
    comment = page.post(f"{media}/comments", message="first").json()["id"]
    for listed in (page.get(f"{media}/comments"), instagram.get(f"v26.0/{media}/comments")):
        assert [found["id"] for found in listed.json()["data"]] == [comment]
    usage = page.get(f"{INSTAGRAM_ID}/content_publishing_limit").json()
    assert usage["data"] == [{"quota_usage": 1}]
    assert sandbox.posts("instagram")[0]["comments"] == ["first"]
    assert [call["visible"] for call in sandbox.calls("media_publish")] == [True]


def test_access_ends_at_both_hosts(sandbox: Sandbox, page: Page) -> None:
    sandbox.control("POST", "/clock", {"advanceSeconds": 61 * DAY})
    assert page.get("me").status_code == 200  # a Page's token has no end
    assert _code(page.get("me", DEFAULT_PERSON_TOKEN)) == 190
    profile = {"channel": "instagram", "profile": "munadi.sandbox"}
    sandbox.control("POST", "/tokens/revoke", profile | {"subcode": 460})
    assert _code(page.get(INSTAGRAM_ID)) == 190
    renewed = sandbox.control("POST", "/profiles/instagram/munadi.sandbox/credentials")
    (listed,) = page.get("me/accounts", renewed["personToken"]).json()["data"]
    assert listed["access_token"] == renewed["pageToken"]
    assert page.get(INSTAGRAM_ID, renewed["pageToken"]).status_code == 200


def test_a_persons_token_is_extended(page: Page) -> None:
    query = {"grant_type": "fb_exchange_token", "client_id": "1", "client_secret": "x"}
    fresh = page.get("oauth/access_token", fb_exchange_token=DEFAULT_PERSON_TOKEN, **query).json()
    assert fresh["expires_in"] == 60 * DAY
    assert page.get("me/accounts", fresh["access_token"]).status_code == 200
    assert _code(page.get("oauth/access_token", fb_exchange_token=DEFAULT_PAGE_TOKEN, **query)) == 190
    assert _code(page.get("oauth/access_token", fb_exchange_token=DEFAULT_PERSON_TOKEN)) == 100
