"""Containers, publishing, quota and reads of the emulated Instagram."""

from typing import Any

import pytest

from tests.sandbox.conftest import INSTAGRAM_ID, Instagram, MediaSite, Sandbox, picture, video

DAY = 86_400


def _error(answer: Any) -> tuple[int, int | None]:
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def _delay(sandbox: Sandbox, kind: str, seconds: float) -> None:
    sandbox.control("PUT", "/delays", {"channel": "instagram", "kind": kind, "seconds": seconds})


def test_an_image_is_published_and_reads_back(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    container = instagram.container(image_url=site.image(size=(400, 500)), caption="sea", alt_text="teal")
    assert instagram.finished(container)["status"].startswith("Finished")
    assert sandbox.posts("instagram") == []
    media = instagram.publish(container).json()["id"]
    assert media != container
    assert instagram.status(container)["status_code"] == "PUBLISHED"
    fields = "id,caption,media_type,media_product_type,permalink,timestamp"
    read = instagram.get(f"v26.0/{media}", fields=fields).json()
    assert (read["caption"], read["media_type"], read["media_product_type"]) == ("sea", "IMAGE", "FEED")
    assert read["timestamp"].endswith("+0000")
    (seen,) = sandbox.posts("instagram")
    assert (seen["id"], seen["text"], seen["kind"], seen["url"]) == (media, "sea", "image", read["permalink"])
    assert (seen["media"][0]["width"], seen["media"][0]["alt"]) == (400, "teal")


def test_publishing_early_is_refused_until_the_container_is_ready(
    sandbox: Sandbox, instagram: Instagram, site: MediaSite
) -> None:
    _delay(sandbox, "image", 60)
    container = instagram.container(image_url=site.image())
    assert instagram.status(container)["status_code"] == "IN_PROGRESS"
    assert _error(instagram.publish(container)) == (9007, 2207027)
    sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert instagram.publish(container).status_code == 200


def test_a_published_container_never_makes_a_second_post(
    sandbox: Sandbox, instagram: Instagram, site: MediaSite
) -> None:
    container = instagram.container(image_url=site.image())
    assert instagram.publish(container).status_code == 200
    assert _error(instagram.publish(container)) == (100, None)
    assert len(sandbox.posts("instagram")) == 1
    switch = {"channel": "instagram", "kind": "republishPublished", "enabled": True}
    sandbox.control("PUT", "/switches", switch)
    assert instagram.publish(container).status_code == 200
    assert len(sandbox.posts("instagram")) == 2


def test_a_container_expires_after_a_day(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    container = instagram.container(image_url=site.image())
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert instagram.status(container)["status_code"] == "EXPIRED"
    assert _error(instagram.publish(container)) == (24, 2207008)


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


@pytest.mark.parametrize(("body", "subcode"), [(video(1), 2207026), (b"not a video at all", 2207026), (None, 2207052)])
def test_a_bad_video_shows_late_in_the_status(
    instagram: Instagram, site: MediaSite, body: bytes | None, subcode: int
) -> None:
    site.files.pop("/bad.mp4", None)
    url = site.put("bad.mp4", body, "video/mp4") if body else site.image().replace("a.jpg", "bad.mp4")
    container = instagram.container(media_type="REELS", video_url=url)
    assert str(subcode) in instagram.finished(container, "ERROR")["status"]
    assert _error(instagram.publish(container)) == (9007, 2207027)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, (9004, 2207052)),
        (b"<html>", (9004, 2207052)),
        (picture((400, 400), "JPEG") + b"\0" * 8 * 1024 * 1024, (36000, 2207004)),
        (picture((400, 400), "GIF"), (36001, 2207005)),
        (picture((400, 1000), "JPEG"), (36003, 2207009)),
    ],
)
def test_a_bad_image_is_refused_at_creation(
    instagram: Instagram, site: MediaSite, body: bytes | None, error: tuple[int, int]
) -> None:
    site.files.pop("/bad.jpg", None)
    url = site.put("bad.jpg", body, "image/jpeg") if body else site.image().replace("a.jpg", "bad.jpg")
    assert _error(instagram.post(f"{INSTAGRAM_ID}/media", image_url=url)) == error


def test_a_carousel_is_one_post_of_its_children(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    children = [instagram.container(image_url=site.image(), is_carousel_item="true") for _ in range(2)]
    assert _error(instagram.publish(children[0])) == (100, None)
    few = instagram.post(f"{INSTAGRAM_ID}/media", media_type="CAROUSEL", children=children[0])
    assert _error(few) == (100, 2207028)
    parent = instagram.container(media_type="CAROUSEL", children=",".join(children), caption="two")
    media = instagram.publish(parent).json()["id"]
    assert instagram.get(f"v26.0/{media}", fields="media_type").json()["media_type"] == "CAROUSEL_ALBUM"
    (seen,) = sandbox.posts("instagram")
    assert (seen["kind"], len(seen["media"])) == ("carousel", 2)
    usage = instagram.get(f"v26.0/{INSTAGRAM_ID}/content_publishing_limit", fields="quota_usage,config").json()
    assert usage["data"] == [{"quota_usage": 1, "config": {"quota_total": 100, "quota_duration": DAY}}]


def test_a_story_is_listed_apart_from_the_feed(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    container = instagram.container(media_type="STORIES", image_url=site.image(size=(360, 640)))
    media = instagram.publish(container).json()["id"]
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/media").json()["data"] == []
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/stories").json()["data"] == [{"id": media}]
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert instagram.get(f"v26.0/{INSTAGRAM_ID}/stories").json()["data"] == []


def test_the_feed_is_newest_first_and_knows_since(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    media = []
    for _ in range(3):
        media.append(instagram.publish(instagram.container(image_url=site.image())).json()["id"])
        sandbox.control("POST", "/clock", {"advanceSeconds": 100})
    newest = instagram.get(f"v26.0/{INSTAGRAM_ID}/media", limit=2).json()
    assert [found["id"] for found in newest["data"]] == [media[2], media[1]]
    rest = instagram.get(f"v26.0/{INSTAGRAM_ID}/media", after=newest["paging"]["cursors"]["after"]).json()
    assert [found["id"] for found in rest["data"]] == [media[0]]
    second = instagram.get(f"v26.0/{media[1]}", fields="timestamp").json()["timestamp"]
    assert second > instagram.get(f"v26.0/{media[0]}", fields="timestamp").json()["timestamp"]
    clock = sandbox.control("GET", "/clock")
    assert clock["shiftSeconds"] == 300


def test_quotas_of_posts_and_containers_are_enforced(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    for kind, value in (("postsPerDay", 1), ("containersPerDay", 2)):
        sandbox.control("PUT", "/limits", {"channel": "instagram", "kind": kind, "value": value})
    first, second = (instagram.container(image_url=site.image()) for _ in range(2))
    assert _error(instagram.post(f"{INSTAGRAM_ID}/media", image_url=site.image())) == (4, None)
    assert instagram.publish(first).status_code == 200
    assert _error(instagram.publish(second)) == (9, 2207042)
    assert instagram.status(second)["status_code"] == "FINISHED"


def test_comments_are_kept_with_their_post(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    media = instagram.publish(instagram.container(image_url=site.image())).json()["id"]
    comment = instagram.post(f"{media}/comments", message="#sale").json()["id"]
    listed = instagram.get(f"v26.0/{media}/comments", fields="id,text,username").json()["data"]
    assert listed == [{"id": comment, "text": "#sale", "username": "munadi.sandbox"}]
    assert sandbox.posts("instagram")[0]["comments"] == ["#sale"]


def test_unknown_objects_fields_types_and_long_captions_have_their_codes(instagram: Instagram, site: MediaSite) -> None:
    assert _error(instagram.get("v26.0/17900000000000000")) == (100, 33)
    assert _error(instagram.get("v26.0/me", fields="birthday")) == (100, None)
    assert _error(instagram.post(f"{INSTAGRAM_ID}/media", media_type="HOLOGRAM")) == (100, 2207023)
    long = instagram.post(f"{INSTAGRAM_ID}/media", image_url=site.image(), caption="x" * 2201)
    assert _error(long) == (36004, 2207010)


def test_json_bodies_and_usage_headers_work(sandbox: Sandbox, instagram: Instagram, site: MediaSite) -> None:
    body = {"image_url": site.image(), "caption": "json", "access_token": "IGsandboxMunadiAccessToken"}
    answer = sandbox.http.post(f"/instagram/graph/v25.0/{INSTAGRAM_ID}/media", json=body)
    assert answer.status_code == 200, answer.text
    assert {"x-app-usage", "x-business-use-case-usage"} <= set(answer.headers)
