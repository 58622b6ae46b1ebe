"""What only the emulated Instagram has: reels, stories, options, quotas, comments, and the host of the Page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import DAY, Client, MediaSite, Sandbox, refusal, video
from tests.sandbox.containers import Flow

ID, TOKEN = "17841400000000001", "IGsandboxMunadiAccessToken"
PAGE_ID, PAGE_TOKEN, PERSON_TOKEN = "10" + ID[-13:], "EAAsandboxInstagramPageToken", "EAAsandboxInstagramPersonToken"
PLACED, UNPLACED = '[{"username": "a", "x": 0.5, "y": 1}]', '[{"username": "a"}]'
MANUAL = '{"graduation_strategy": "MANUAL"}'


@pytest.fixture
def instagram(sandbox: Sandbox) -> Flow:
    return Flow(sandbox, "instagram")


def media(site: MediaSite, kind: str) -> dict[str, Any]:
    """The parameters that a container of this kind must have."""
    if kind == "REELS":
        return {"media_type": kind, "video_url": site.put("v.mp4", video(3), "video/mp4")}
    return {"media_type": kind, "children": "1,2"} if kind == "CAROUSEL" else {"image_url": site.image()}


@pytest.mark.parametrize(
    ("kind", "form", "refused"),
    [
        ("IMAGE", {"user_tags": PLACED}, None),
        ("REELS", {"user_tags": UNPLACED}, None),
        ("IMAGE", {"collaborators": '["a", "b", "c"]'}, None),
        ("REELS", {"audio_name": "Monsoon", "trial_params": MANUAL, "thumb_offset": "10"}, None),
        ("REELS", {"cover_url": "http://127.0.0.1:1/none.jpg"}, (9004, 2207052)),
        ("IMAGE", {"cover_url": "http://127.0.0.1:1/none.jpg"}, (100, None)),
        ("IMAGE", {"audio_name": "Monsoon"}, (100, None)),
        ("IMAGE", {"trial_params": MANUAL}, (100, None)),
        ("IMAGE", {"media_type": "HOLOGRAM"}, (100, 2207023)),
        ("IMAGE", {"caption": "x" * 2201}, (36004, 2207010)),
    ],
)
def test_parameters_are_checked(
    instagram: Flow, site: MediaSite, kind: str, form: dict[str, str], refused: tuple[int, int | None] | None
) -> None:
    answer = instagram.create(**{**media(site, kind), **form})
    assert (None if answer.status_code == 200 else refusal(answer)) == refused


def test_a_carousel_uses_the_quota_once(instagram: Flow, site: MediaSite) -> None:
    children = [instagram.picture(site, is_carousel_item="true") for _ in range(2)]
    instagram.published(instagram.container(media_type="CAROUSEL", children=",".join(children), caption="two"))
    usage = instagram.get(f"{ID}/content_publishing_limit", fields="quota_usage,config").json()
    assert usage["data"] == [{"quota_usage": 1, "config": {"quota_total": 100, "quota_duration": DAY}}]


def test_a_story_is_listed_apart_from_the_feed(instagram: Flow, site: MediaSite) -> None:
    story = instagram.picture(site, media_type="STORIES", image_url=site.image(size=(360, 640)))
    post = instagram.published(story)
    assert instagram.get(f"{ID}/media").json()["data"] == []
    assert instagram.get(f"{ID}/stories").json()["data"] == [{"id": post}]
    instagram.sandbox.advance(DAY + 1)
    assert instagram.get(f"{ID}/stories").json()["data"] == []


def test_a_token_may_be_a_parameter_and_answers_have_usage_headers(instagram: Flow, site: MediaSite) -> None:
    form = {"image_url": site.image(), "caption": "form", "access_token": TOKEN}
    answer = instagram.call("POST", f"/instagram/graph/v25.0/{ID}/media", "", data=form)
    assert answer.status_code == 200, answer.text
    assert {"x-app-usage", "x-business-use-case-usage"} <= set(answer.headers)


# graph.facebook.com: other tokens and scopes, the same accounts and posts


class Page(Client):
    channel, base, token = "instagram", "/instagram/fbgraph/v26.0", PAGE_TOKEN


@pytest.fixture
def page(sandbox: Sandbox) -> Page:
    return Page(sandbox)


def test_each_token_is_of_its_own_kind_and_host(page: Page, instagram: Flow) -> None:
    assert page.get("me", fields="id,instagram_business_account").json()["id"] == PAGE_ID
    assert page.get("me", PERSON_TOKEN).json()["id"] != PAGE_ID
    refused = [
        page.get("me", PERSON_TOKEN, fields="instagram_business_account"),
        page.get("me/accounts"),
        page.get("me/permissions"),
        page.get("me/media"),
        page.get(ID, fields="account_type"),
        page.get("me", TOKEN),
        instagram.get("me", PAGE_TOKEN),
    ]
    assert [refusal(one)[0] for one in refused] == [100] * 5 + [190] * 2
    assert page.get(ID, fields="id,username,name").json() == {
        "id": ID, "username": "munadi.sandbox", "name": "Munadi Sandbox",
    }  # fmt: skip


def test_both_hosts_see_the_same_posts_and_comments(page: Page, instagram: Flow, site: MediaSite) -> None:
    container = page.post(f"{ID}/media", image_url=site.image(), caption="sea").json()["id"]
    assert page.get(container, fields="status_code").json()["status_code"] == "FINISHED"
    post = page.post(f"{ID}/media_publish", creation_id=container).json()["id"]
    assert page.get(post, fields="caption").json()["caption"] == "sea"
    assert instagram.get(f"{ID}/media").json()["data"] == [{"id": post}]
    comment = page.post(f"{post}/comments", message="first").json()["id"]
    for host in (page, instagram):
        listed = host.get(f"{post}/comments", fields="id,text,username").json()["data"]
        assert listed == [{"id": comment, "text": "first", "username": "munadi.sandbox"}]
    assert page.get(f"{ID}/content_publishing_limit").json()["data"] == [{"quota_usage": 1}]
    assert page.posts()[0]["comments"] == ["first"]
    assert [call["visible"] for call in page.sandbox.calls("media_publish")] == [True]


def test_access_ends_at_both_hosts(sandbox: Sandbox, page: Page) -> None:
    sandbox.advance(61 * DAY)
    assert page.get("me").status_code == 200  # a Page's token has no end
    assert refusal(page.get("me", PERSON_TOKEN))[0] == 190
    profile = {"channel": "instagram", "profile": "munadi.sandbox"}
    sandbox.control("POST", "/tokens/revoke", profile | {"subcode": 460})
    assert refusal(page.get(ID)) == (190, 460)
    renewed = sandbox.control("POST", "/profiles/instagram/munadi.sandbox/credentials")
    (listed,) = page.get("me/accounts", renewed["personToken"]).json()["data"]
    assert listed["access_token"] == renewed["pageToken"]
    assert page.get(ID, renewed["pageToken"]).status_code == 200
