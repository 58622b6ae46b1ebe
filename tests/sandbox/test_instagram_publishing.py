"""Containers, publishing, quota and reads of the emulated Instagram."""

from typing import Any

from tests.sandbox.conftest import INSTAGRAM_ID, Instagram, MediaSite, Sandbox, video

DAY = 86_400


def _error(answer: Any) -> tuple[int, int | None]:
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_an_image_is_published_and_reads_back(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    container = instagram.container(image_url=site.image(size=(400, 500)), caption="sea")
    assert instagram.finished(container)["status"].startswith("Finished")
    media = instagram.publish(container).json()["id"]
    read = instagram.get(f"v26.0/{media}", fields="caption,media_product_type").json()
    assert (read["caption"], read["media_product_type"]) == ("sea", "FEED")
    assert [seen["text"] for seen in sandbox.posts("instagram")] == ["sea"]


def test_a_reel_is_fetched_and_published(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    url = site.put("reel.mp4", video(3), "video/mp4")
    container = instagram.container(media_type="REELS", video_url=url, caption="waves")
    instagram.finished(container)
    media = instagram.publish(container).json()["id"]
    read = instagram.get(f"v26.0/{media}", fields="media_type,media_product_type,permalink").json()
    assert (read["media_type"], read["media_product_type"]) == ("VIDEO", "REELS")
    assert "/reel/" in read["permalink"]
    (seen,) = sandbox.posts("instagram")
    assert (seen["kind"], seen["media"][0]["mimeType"]) == ("reel", "video/mp4")


def test_a_reel_that_is_too_short_fails(instagram: Instagram, site: MediaSite) -> None:
    url = site.put("bad.mp4", video(1), "video/mp4")
    container = instagram.container(media_type="REELS", video_url=url)
    assert "2207026" in instagram.finished(container, "ERROR")["status"]


def test_a_carousel_uses_the_quota_once(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    children = [instagram.container(image_url=site.image(), is_carousel_item="true") for _ in range(2)]
    parent = instagram.container(media_type="CAROUSEL", children=",".join(children), caption="two")
    assert instagram.publish(parent).status_code == 200
    usage = instagram.get(f"v26.0/{INSTAGRAM_ID}/content_publishing_limit", fields="quota_usage,config").json()
    assert usage["data"] == [{"quota_usage": 1, "config": {"quota_total": 100, "quota_duration": DAY}}]


def test_a_story_is_listed_apart_from_the_feed(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    container = instagram.container(media_type="STORIES", image_url=site.image(size=(360, 640)))
    media = instagram.publish(container).json()["id"]
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/media").json()["data"] == []
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/stories").json()["data"] == [{"id": media}]
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/stories").json()["data"] == []


def test_the_quota_of_containers_is_enforced(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    sandbox.control("PUT", "/limits", {"channel": "instagram", "kind": "containersPerDay", "value": 1})
    instagram.container(image_url=site.image())
    assert _error(instagram.post(f"{INSTAGRAM_ID}/media", image_url=site.image())) == (4, None)


def test_comments_are_kept_with_their_post(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    media = instagram.publish(instagram.container(image_url=site.image())).json()["id"]
    comment = instagram.post(f"{media}/comments", message="#sale").json()["id"]
    listed = instagram.get(f"v26.0/{media}/comments", fields="id,text,username").json()["data"]
    assert listed == [{"id": comment, "text": "#sale", "username": "munadi.sandbox"}]
    assert sandbox.posts("instagram")[0]["comments"] == ["#sale"]


def test_unknown_types_and_long_captions_have_their_codes(instagram: Instagram, site: MediaSite) -> None:
    assert _error(instagram.post(f"{INSTAGRAM_ID}/media", media_type="HOLOGRAM")) == (100, 2207023)
    long = instagram.post(f"{INSTAGRAM_ID}/media", image_url=site.image(), caption="x" * 2201)
    assert _error(long) == (36004, 2207010)


def test_json_bodies_and_usage_headers_work(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    body = {"image_url": site.image(), "caption": "json", "access_token": "IGsandboxMunadiAccessToken"}
    answer = sandbox.http.post(f"/instagram/graph/v25.0/{INSTAGRAM_ID}/media", json=body)
    assert answer.status_code == 200, answer.text
    assert {"x-app-usage", "x-business-use-case-usage"} <= set(answer.headers)
